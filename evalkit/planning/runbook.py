"""The runbook: which steps lead along a path, in which order, and what to decide before launch."""

from __future__ import annotations

import shlex
from collections.abc import Callable

from evalkit.planning.steps import (
    Scope,
    Step,
    backfilled,
    counted_by_model,
    current,
    guarded,
    index_beside,
    loaded,
    moved_in_place,
    old_dropped,
    old_kept,
    reranked,
    sql,
    swapped,
    versioned,
    watched,
)
from evalkit.planning.ways import BRIDGE, CASCADE, DUAL, IN_PLACE, LAZY, REBUILD


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
            title="People know how much will look different",
            action="Tell them before the first of them sees it.",
            check=scope.diff,
            expected="exit code 0: the share of the results that stay",
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
    return (
        index_beside(scope),
        backfilled(scope),
        current(scope),
        loaded(),
        counted_by_model(scope),
        swapped(scope),
        old_kept(scope),
        old_dropped(),
    )


def _dual(scope: Scope) -> tuple[Step, ...]:
    writes = Step(
        title="Turn on dual writes",
        action="Every write goes to both indexes, with the model that belongs to each.",
        check=sql("SELECT count(*) FROM documents_new WHERE written_at > now() - interval '10 minutes'"),
        expected="as many as in the old index",
        back="writes to the old index fail or slow down: turn the new side off; nothing is lost",
    )
    return (
        *(index_beside(scope), writes, backfilled(scope), current(scope), loaded(), counted_by_model(scope)),
        *(watched(scope), swapped(scope), old_kept(scope), old_dropped()),
    )


def _in_place(scope: Scope) -> tuple[Step, ...]:
    return (versioned(), moved_in_place(scope), counted_by_model(scope, "documents"), guarded(scope))


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
    return (bridge, versioned(), moved_in_place(scope), counted_by_model(scope, "documents"), guarded(scope))


def _cascade(scope: Scope) -> tuple[Step, ...]:
    return (reranked(scope), guarded(scope))


def _lazy(scope: Scope) -> tuple[Step, ...]:
    new = scope.new.replace("'", "''")
    keep = Step(
        title="Keep what is embedded on demand",
        hours=scope.sweep_hours,
        action="Every vector made inside a request is stored with its model; watch how many are still made.",
        check=sql("SELECT embedding_model, count(*) FROM documents GROUP BY 1"),
        expected="the share that the plan tells for this hour, or more",
        back="latency of requests: lower the candidates, or turn the re-ranking off",
    )
    sweep = Step(
        title="Sweep the tail",
        action="Embed what no query has touched, least recently written first.",
        check=sql(f"SELECT count(*) FROM documents WHERE embedding_model IS DISTINCT FROM '{new}'"),  # noqa: S608 - it is printed
        expected="0",
        back="limits of the provider: pause the sweep; the old index serves",
    )
    return (reranked(scope), keep, sweep, swapped(scope), old_kept(scope), old_dropped())


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
            check=sql("SELECT embedding_model, count(*) FROM documents GROUP BY 1"),
            expected=f"one row: {model}",
            back="a record without one cannot be told from a record of another model",
        ),
        Step(
            title="The search asks an alias, never an index by its name",
            action="An alias, a view or a flag names the index and the query model together.",
            check=sql("CREATE VIEW documents_live AS SELECT * FROM documents_v1"),
            expected="the search names documents_live alone",
            back="a name in the code makes every swap a deployment",
        ),
        Step(
            title="There is a path on which writes go to two indexes",
            action="One function embeds and writes; it takes a list of (model, index), with one entry today.",
            check=sql("SELECT count(*) FROM documents_v1 WHERE written_at > now() - interval '10 minutes'"),
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
