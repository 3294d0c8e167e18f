"""The runbook: the steps of a path, each with a check, what that should show and when to go back."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass

from evalkit.planning.paths import BRIDGE, CASCADE, DUAL, IN_PLACE, LAZY, REBUILD


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
    """

    golden: str
    old: str
    new: str
    engine: str
    backfill_hours: float | None
    canary_hours: float
    rollback_hours: float
    sweep_hours: float | None = None

    def evalkit(self, command: str, *arguments: str) -> str:
        """Return a command of evalkit on this golden set, as a shell takes it."""
        return shlex.join(["evalkit", command, *arguments])

    @property
    def compare(self) -> str:
        """The command that decides on the model itself."""
        models = ("--baseline", self.old, "--candidate", self.new)
        return self.evalkit("compare", self.golden, *models, "--no-mix", "-o", "migration/compare")

    @property
    def diff(self) -> str:
        """The command that tells how much will look different."""
        return self.evalkit("diff", self.golden, "--old", self.old, "--new", self.new)

    def gate(self, model: str, *, update: bool = False) -> str:
        """Return the command that guards a model, or stores its baseline."""
        return self.evalkit("gate", self.golden, "--model", model, *(["--update"] if update else []))


def preconditions(scope: Scope) -> tuple[Step, ...]:
    """Return what has to hold before the first step of any path."""
    return (
        Step(
            title="The golden set is sound",
            action="Look at every error; warnings are yours to judge.",
            check=scope.evalkit("golden", "check", scope.golden),
            expected="exit code 0",
        ),
        Step(
            title="The new model may replace the old one",
            action="No path is worth a loss.",
            check=scope.compare,
            expected="exit code 0: GO; 3 asks for more judged queries",
        ),
        Step(
            title="What runs now has a baseline",
            action="Store it, and commit the file.",
            check=scope.gate(scope.old, update=True),
            expected="exit code 0; the same without --update says PASS",
        ),
    )


def steps_of(path: str, scope: Scope) -> tuple[Step, ...]:
    """Return the steps of a path, in order."""
    return _STEPS[path](scope)


def _rebuild(scope: Scope) -> tuple[Step, ...]:
    return (_index(scope), _backfill(scope), _counted(scope), _swap(scope), _kept(scope), _dropped(scope))


def _dual(scope: Scope) -> tuple[Step, ...]:
    writes = Step(
        title="Turn on dual writes",
        action="Every write goes to both indexes, with the model that belongs to each.",
        check=_sql("SELECT count(*) FROM documents_new WHERE written_at > now() - interval '10 minutes'"),
        expected="as many as in the old index",
        back="writes to the old index fail or slow down: turn the new side off; nothing is lost",
    )
    canary = Step(
        title="Canary",
        hours=scope.canary_hours,
        action="5 % of the queries go to the new index, then 25 %.",
        check=scope.diff,
        expected="changes as large as people were told; no errors in the logs of the search",
        back="complaints, errors or latency: all queries to the old index",
    )
    return (
        *(_index(scope), writes, _backfill(scope), _counted(scope), canary, _swap(scope)),
        *(_kept(scope), _dropped(scope)),
    )


def _in_place(scope: Scope) -> tuple[Step, ...]:
    return (_versioned(), _moved(scope), _counted(scope), _guarded(scope))


def _bridge(scope: Scope) -> tuple[Step, ...]:
    bridge = Step(
        title="Fit the bridge",
        action="Fit it on documents of both models; queries of the new model go through it to old vectors.",
        check=scope.evalkit(
            "mix", scope.golden, "--old", scope.old, "--new", scope.new, "--strategy", "bridged,stay-old"
        ),
        expected="bridged stays above stay-old at every share",
        back="it does not: take another path",
    )
    return (bridge, _versioned(), _moved(scope), _counted(scope), _guarded(scope))


def _cascade(scope: Scope) -> tuple[Step, ...]:
    return (_reranking(scope), _guarded(scope))


def _lazy(scope: Scope) -> tuple[Step, ...]:
    keep = Step(
        title="Keep what is embedded on demand",
        hours=scope.sweep_hours,
        action="Every vector made inside a request is stored with its model; watch how many are still made.",
        check=_sql("SELECT embedding_model, count(*) FROM documents GROUP BY 1"),
        expected="the share that the plan tells for this hour, or more",
        back="latency of requests: lower the candidates, or turn the re-ranking off",
    )
    sweep = Step(
        title="Sweep the tail",
        action="Embed what no query has touched, least recently written first.",
        check=_sql("SELECT count(*) FROM documents WHERE embedding_model <> 'new'"),
        expected="0",
        back="limits of the provider: pause the sweep; the old index serves",
    )
    return (_reranking(scope), keep, sweep, _swap(scope), _kept(scope), _dropped(scope))


def _index(scope: Scope) -> Step:
    return Step(
        title="Make the new index beside the old one",
        action=f"An empty index in {scope.engine}, its name versioned; the model on every record.",
        check=_sql("SELECT count(*) FROM documents_new"),
        expected="0",
        back="drop it",
    )


def _backfill(scope: Scope) -> Step:
    return Step(
        title="Backfill",
        hours=scope.backfill_hours,
        action="Embed every document with the new model, newest first; resume where it stopped.",
        check=_sql(
            "SELECT count(*) FROM documents d LEFT JOIN documents_new n USING (id) WHERE n.id IS NULL"
        ),
        expected="0, and falling as the plan says",
        back="live queries slow down: raise the headroom; the old index serves throughout",
    )


def _counted(scope: Scope) -> Step:
    return Step(
        title="All documents are there, each with the new model",
        action="Count by the model that is written on each record.",
        check=_sql("SELECT embedding_model, count(*) FROM documents_new GROUP BY 1"),
        expected=f"one row: {scope.new}",
        back="other rows: embed those documents again",
    )


def _swap(scope: Scope) -> Step:
    return Step(
        title="Swap",
        action="Turn the flag, or the alias: query model and index at the same moment.",
        check=scope.gate(scope.new, update=True),
        expected="exit code 0: the baseline of the new model, with the measures of the comparison",
        back="the gate or people object: turn the flag back",
    )


def _kept(scope: Scope) -> Step:
    return Step(
        title="Keep the old index current",
        hours=scope.rollback_hours,
        action="Dual writes to the old index go on until this window ends.",
        check=scope.gate(scope.new),
        expected="exit code 0: PASS, every night",
        back="turn the flag back; the old index is current. Then check it:  " + scope.gate(scope.old),
    )


def _dropped(scope: Scope) -> Step:
    del scope
    return Step(
        title="Drop the old index",
        action="Stop dual writes, drop the index, delete the old model's credentials.",
        expected="one index",
        back="none: this is the point of no return",
        final=True,
    )


def _versioned() -> Step:
    return Step(
        title="Every record says which model made its vector",
        action="Without that nobody can tell which half a document is in.",
        check=_sql("SELECT count(*) FROM documents WHERE embedding_model IS NULL"),
        expected="0",
        back="fill it in before anything moves",
    )


def _moved(scope: Scope) -> Step:
    return Step(
        title="Move the documents",
        hours=scope.backfill_hours,
        action="Each document's vector is replaced; queries are answered as the plan says.",
        check=_sql("SELECT embedding_model, count(*) FROM documents GROUP BY 1"),
        expected="the share that the plan says for this hour",
        back="none but embedding again with the old model: there is no return from the first document on",
        final=True,
    )


def _reranking(scope: Scope) -> Step:
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


def _guarded(scope: Scope) -> Step:
    return Step(
        title="Guard the new model",
        action="Store its baseline, commit the file, and run the gate every night.",
        check=scope.gate(scope.new, update=True),
        expected="exit code 0; without --update PASS",
        back="the gate fails: look at what it names",
    )


def _sql(query: str) -> str:
    return f"{query};"


_STEPS: dict[str, Callable[[Scope], tuple[Step, ...]]] = {
    REBUILD: _rebuild,
    DUAL: _dual,
    IN_PLACE: _in_place,
    BRIDGE: _bridge,
    CASCADE: _cascade,
    LAZY: _lazy,
}


def before_launch(model: str) -> tuple[Step, ...]:
    """Return what to decide before an index is filled for the first time, so that it can be left again.

    Args:
        model: The model that is to be launched.
    """
    gate = shlex.join(["evalkit", "gate", "search-golden", "--model", model])
    run = shlex.join(["evalkit", "run", "search-golden", "--model", model, "-o", "launch.trec"])
    return (
        Step(
            title="Every record says which model made its vector",
            action="Two columns beside the vector: provider/model@revision, and the day.",
            check=_sql("SELECT embedding_model, count(*) FROM documents GROUP BY 1"),
            expected=f"one row: {model}",
            back="a record without one cannot be told from a record of another model",
        ),
        Step(
            title="The search asks an alias, never an index by its name",
            action="An alias, a view or a flag names the index and the query model together.",
            check=_sql("CREATE VIEW documents_live AS SELECT * FROM documents_v1"),
            expected="the search names documents_live alone",
            back="a name in the code makes every swap a deployment",
        ),
        Step(
            title="There is a path on which writes go to two indexes",
            action="One function embeds and writes; it takes a list of (model, index), with one entry today.",
            check=_sql("SELECT count(*) FROM documents_v1 WHERE written_at > now() - interval '10 minutes'"),
            expected="what the source of truth wrote in that time",
            back="without it every backfill ends stale",
        ),
        Step(
            title="The texts stay, as they were embedded",
            action="Keep the text of every document, or how it is made: vectors cannot be turned back.",
            expected="a document can be embedded again from what is stored",
            back="without texts there is no migration, only a new start",
        ),
        Step(
            title="There is a golden set",
            action="Fifty judged queries are a beginning; evalkit init writes an example to change.",
            check="evalkit init search-golden-example",
            expected="a folder with queries, documents and judgements; golden check finds no error in yours",
            back="without it every model looks fine",
        ),
        Step(
            title="What is launched has a baseline",
            action="Store it on the day of the launch, and commit the file.",
            check=f"{gate} --update",
            expected="exit code 0",
            back="without it nobody can tell later whether search became worse",
        ),
        Step(
            title="A job looks every night",
            action="The gate in CI or cron; its exit code is the alarm.",
            check=gate,
            expected="exit code 0: PASS",
            back="a provider that changes its model in silence is noticed by nobody else",
        ),
        Step(
            title="What it finds today is kept",
            action="The run of the first day is what every later model is compared with.",
            check=run,
            expected="a run file",
            back="without it the comparison needs the old model to be still there",
        ),
    )
