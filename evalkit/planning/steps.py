"""The steps: what is done on any path, each with a check, what that should show and when to go back."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from evalkit import figures
from evalkit.defaults import MARGIN

SHARDS, EVENTS = "migration/new", "events.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step.

    Attributes:
        title: What is done.
        hours: How long it takes; None for no time of its own.
        action: How.
        check: A command whose exit code says whether it is done; "" where only a person can tell.
        expected: What the check shows then.
        back: When to go back, and how.
        final: Whether there is no way back behind it.
    """

    title: str
    action: str
    check: str = ""
    expected: str = ""
    back: str = ""
    hours: float | None = None
    final: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a runbook is about.

    Attributes:
        golden: The golden set as it was named.
        old: The model in production as it was named.
        new: The model to come.
        engine: The store.
        backfill_hours: How long embedding takes.
        canary_hours: How long the canary.
        rollback_hours: For how long the old index is kept current after the swap.
        sweep_hours: After how many hours of lazy re-embedding the sweep begins.
        building: How long the graph of the new index is built, in words; "" where there is none.
        margin: Loss of the metric that the canary accepts.
    """

    golden: str
    old: str
    new: str
    engine: str
    backfill_hours: float | None
    canary_hours: float
    rollback_hours: float
    sweep_hours: float | None = None
    building: str = ""
    margin: float = MARGIN

    def evalkit(self, command: str, *arguments: str) -> str:
        """Return a command of evalkit on this golden set, as a shell takes it."""
        return shlex.join(["evalkit", command, *arguments])

    @property
    def compare(self) -> str:
        """The command that decides on the model itself."""
        models = ("--baseline", self.old, "--candidate", self.new)
        return self.evalkit("compare", self.golden, *models, "--no-mix", "-o", "migration/compare")

    @property
    def embed(self) -> str:
        """The command that embeds every document, goes on where it stopped, and is done with 0."""
        return self.evalkit("embed", self.golden, "--model", self.new, "-o", SHARDS)

    @property
    def parity(self) -> str:
        """The command that holds what was embedded against the texts as they are now."""
        return self.evalkit("parity", SHARDS, SHARDS, "--corpus", self.golden)

    @property
    def canary(self) -> str:
        """The command that says whether the canary may go on."""
        told = ("--margin", figures.as_set(self.margin), "--share", "0.05", "--window", "24h")
        return self.evalkit("canary", EVENTS, *told)

    @property
    def diff(self) -> str:
        """The command that tells how much will look different."""
        return self.evalkit("diff", self.golden, "--old", self.old, "--new", self.new)

    def gate(self, model: str, *, update: bool = False) -> str:
        """Return the command that guards a model, or stores its baseline."""
        return self.evalkit("gate", self.golden, "--model", model, *(["--update"] if update else []))


def index_beside(scope: Scope) -> Step:
    """Return the step in which the new index is made beside the old one."""
    built = f" {scope.building}" if scope.building else ""
    return Step(
        title="Make the new index beside the old one",
        action=f"An empty index in {scope.engine}, its name versioned; the model on every record.{built}",
        check=sql("SELECT count(*) FROM documents_new"),
        expected="0",
        back="drop it",
    )


def backfilled(scope: Scope) -> Step:
    """Return the step in which every document is embedded."""
    return Step(
        title="Backfill",
        hours=scope.backfill_hours,
        action="Embed every document with the new model; the same command goes on where it stopped.",
        check=scope.embed,
        expected="exit code 0: every text has a vector; 3 where a budget ended before",
        back="live queries slow down: raise the headroom; the old index serves throughout",
    )


def loaded() -> Step:
    """Return the step in which vectors are loaded into the new index."""
    return Step(
        title="Load the vectors",
        action="Load the shards into the new index, then write again what changed meanwhile.",
        check=sql("SELECT count(*) FROM documents d LEFT JOIN documents_new n USING (id) WHERE n.id IS NULL"),
        expected="0",
        back="some are missing: load them again; the old index serves throughout",
    )


def current(scope: Scope) -> Step:
    """Return the step in which vectors are held against the texts as they are now."""
    return Step(
        title="Nothing is missing, stale or foreign",
        action="Hold what was embedded against the texts as they are now; store against store works too.",
        check=scope.parity,
        expected="exit code 0: EQUAL",
        back="embed again what it names: the backfill embeds no other",
    )


def watched(scope: Scope) -> Step:
    """Return the step in which some of the queries go to the new index."""
    return Step(
        title="Canary",
        hours=scope.canary_hours,
        action=f"5 % of the queries go to the new index; {EVENTS} has arm, user, metric and timestamp.",
        check=scope.canary,
        expected="exit code 0: OK; 3 asks for more users, however often anyone looks",
        back="exit code 1: ROLL BACK; errors or latency: all queries to the old index",
    )


def counted_by_model(scope: Scope, table: str = "documents_new") -> Step:
    """Return the step in which documents of a table are counted by the model that made their vectors."""
    return Step(
        title="All documents are there, each with the new model",
        action="Count by the model that is written on each record.",
        check=sql(f"SELECT embedding_model, count(*) FROM {table} GROUP BY 1"),  # noqa: S608 - it is printed
        expected=f"one row: {scope.new}",
        back="other rows: embed those documents again",
    )


def swapped(scope: Scope) -> Step:
    """Return the step in which queries turn to the new model and index."""
    return Step(
        title="Swap",
        action="Turn the flag, or the alias: query model and index at the same moment.",
        check=scope.gate(scope.new, update=True),
        expected="exit code 0: the baseline of the new model, with the measures of the comparison",
        back="the gate or people object: turn the flag back",
    )


def old_kept(scope: Scope) -> Step:
    """Return the step in which the old index stays current after the swap."""
    return Step(
        title="Keep the old index current",
        hours=scope.rollback_hours,
        action="Dual writes to the old index go on until this window ends.",
        check=scope.gate(scope.new),
        expected="exit code 0: PASS, every night",
        back="turn the flag back; the old index is current. Then check it:  " + scope.gate(scope.old),
    )


def old_dropped() -> Step:
    """Return the step in which the old index goes."""
    return Step(
        title="Drop the old index",
        action="Stop dual writes, drop the index, delete the old model's credentials.",
        expected="one index",
        back="none: this is the point of no return",
        final=True,
    )


def versioned() -> Step:
    """Return the step in which every record says which model made its vector."""
    return Step(
        title="Every record says which model made its vector",
        action="Without that nobody can tell which half a document is in.",
        check=sql("SELECT count(*) FROM documents WHERE embedding_model IS NULL"),
        expected="0",
        back="fill it in before anything moves",
    )


def moved_in_place(scope: Scope) -> Step:
    """Return the step in which vectors are replaced where they stand."""
    return Step(
        title="Move the documents",
        hours=scope.backfill_hours,
        action="Each document's vector is replaced; queries are answered as the plan says.",
        check=sql("SELECT embedding_model, count(*) FROM documents GROUP BY 1"),
        expected="the share that the plan says for this hour",
        back="none but embedding again with the old model: there is no return from the first document on",
        final=True,
    )


def reranked(scope: Scope) -> Step:
    """Return the step in which candidates of the old index are re-ranked by the new model."""
    return Step(
        title="Re-rank the old index's candidates with the new model",
        hours=scope.canary_hours,
        action="Candidates of the old index are embedded inside the request; first for 5 % of the queries.",
        check=scope.evalkit(
            "mix", scope.golden, "--old", scope.old, "--new", scope.new, "--strategy", "cascade,stay-old"
        ),
        expected="cascade stays above stay-old",
        back="latency or limits of the provider: turn the re-ranking off",
    )


def guarded(scope: Scope) -> Step:
    """Return the step in which the new model gets a baseline."""
    return Step(
        title="Guard the new model",
        action="Store its baseline, commit the file, and run the gate every night.",
        check=scope.gate(scope.new, update=True),
        expected="exit code 0; without --update PASS",
        back="the gate fails: look at what it names",
    )


def sql(query: str) -> str:
    """Return a statement as it is typed."""
    return f"{query};"
