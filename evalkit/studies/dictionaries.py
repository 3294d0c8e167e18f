"""The door for judgements and runs that are dictionaries, as pytrec_eval and ranx take them."""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from evalkit.decision.policy import Policy
from evalkit.defaults import SEED
from evalkit.embedding.modelspec import RUN_FILE, ModelSpec
from evalkit.errors import RunError, UsageError
from evalkit.evaluation import DEFAULT_MEASURES, Evaluation, Setting, System, scored
from evalkit.experiment import Experiment, Outcome, conclude
from evalkit.findings import Finding, Severity, place
from evalkit.golden.goldenset import GoldenSet
from evalkit.retrieval.run import Run
from evalkit.scoring.judged import Retrieved
from evalkit.scoring.measure import Measure, parse_measures
from evalkit.scoring.scores import Scores, depth_findings, score, threshold_findings

MOST_MISSING = 0.01
MISSING = ("error", "zero")
MEASURES = tuple(measure for measure in DEFAULT_MEASURES if measure.cutoff == 10)  # noqa: PLR2004 - a first page

Judged = Mapping[str, Mapping[str, int]]
Ranked = Mapping[str, Mapping[str, float]]


def score_run(
    qrels: Judged | Any,
    run: Ranked | Any,
    measures: Sequence[Measure | str] = MEASURES,
    *,
    missing_queries: str = "error",
) -> Scores:
    """Score a run that is a dictionary, without texts, folders or files.

    Args:
        qrels: Query id → document id → grade, a whole number ≥ 0; or a `ranx.Qrels`.
        run: Query id → document id → score, larger scores first, ties by document id, descending; or a
            `ranx.Run`. Queries that nobody judged are left out.
        measures: Measures or their names, "nDCG@10".
        missing_queries: "zero" where a judged query without results is meant: it scores 0. "error" refuses
            a run that lacks more than one in a hundred.

    Returns:
        One value in [0, 1] for each measure and judged query; a query without a relevant document is not
        counted. `scores.mean("nDCG@10")` is the mean, `scores.to_frame()` the table.

    Raises:
        InvalidValueError: A grade is no whole number ≥ 0.
        NothingToEvaluateError: No query has a relevant document.
        RunError: A score is no number, or the run lacks judged queries.
        UsageError: Something is not a dictionary of dictionaries with texts as ids.

    Examples:
        >>> qrels = {"q1": {"d1": 1}, "q2": {"d3": 2}}
        >>> score_run(qrels, {"q1": {"d2": 0.9, "d1": 0.5}, "q2": {"d3": 1.0}}, ["MRR@10"]).mean("MRR@10")
        0.75
    """
    judged, found = _nested(qrels, "qrels"), _nested(run, "run")
    golden = _golden(judged, [found])
    made = _run(_name(run, "run"), found, golden, missing_queries)
    return score(made, golden, parse_measures(measures))


def compare_runs(  # noqa: PLR0913 - options, all of them named
    qrels: Judged | Any,
    a: Ranked | Any,
    b: Ranked | Any,
    *,
    policy: Policy | None = None,
    measures: Sequence[Measure | str] = MEASURES,
    missing_queries: str = "error",
    seed: int = SEED,
) -> Outcome:
    """Decide whether run `b` may replace run `a`, both dictionaries, without texts, folders or files.

    Args:
        qrels: Query id → document id → grade, a whole number ≥ 0; or a `ranx.Qrels`.
        a: The baseline: query id → document id → score; or a `ranx.Run`, whose name is kept.
        b: The candidate, in the same form.
        policy: The question; does it improve nDCG@10, when left out.
        measures: What is measured beside what the policy asks.
        missing_queries: As for `score_run`.
        seed: What every random number is addressed by.

    Returns:
        The outcome: `outcome.conclusion.verdict`, `outcome.primaries[0].delta`, `show(outcome)`. How large
        the corpus is is not known, so that a baseline at chance level is not told.

    Raises:
        InvalidValueError: A grade is no whole number ≥ 0.
        NothingToEvaluateError: No query has a relevant document.
        RunError: A score is no number, or a run lacks judged queries.
        UsageError: Something is not a dictionary of dictionaries with texts as ids.

    Examples:
        >>> qrels = {f"q{n}": {f"d{n}": 1} for n in range(40)}
        >>> worse = {query: {"d-": 2.0, document: 1.0} for query, (document,) in qrels.items()}
        >>> best = {query: {document: 1.0} for query, (document,) in qrels.items()}
        >>> outcome = compare_runs(qrels, worse, best)
        >>> str(outcome.conclusion.verdict), round(outcome.primaries[0].delta, 3)
        ('GO', 0.369)
    """
    judged, found = _nested(qrels, "qrels"), [_nested(a, "a"), _nested(b, "b")]
    golden = _golden(judged, found)
    names = [_name(a, "a"), _name(b, "b")]
    if names[0] == names[1]:
        names = ["a", "b"]
    runs = [_run(name, item, golden, missing_queries) for name, item in zip(names, found, strict=True)]
    systems = [System(name=run.system, spec=ModelSpec(RUN_FILE, run.system)) for run in runs]
    experiment = Experiment(
        golden=golden,
        baseline=systems[0],
        candidates=(systems[1],),
        policy=policy or Policy(),
        measures=parse_measures(measures),
        seed=seed,
    )
    baseline, candidate = (
        _evaluation(system, run, experiment.setting) for system, run in zip(systems, runs, strict=True)
    )
    return conclude(experiment, baseline, [candidate])


def _nested(theirs: Any, role: str) -> dict[str, dict[str, Any]]:
    """Return a dictionary of dictionaries with texts as ids, or say what is there instead."""
    found = theirs.to_dict() if hasattr(theirs, "to_dict") and not isinstance(theirs, Mapping) else theirs
    if not isinstance(found, Mapping):
        raise _not_nested(role, f"is {_kind(found)}")
    for query, inner in found.items():
        if not isinstance(query, str):
            raise _not_nested(role, f"has the query id {query!r}, {_kind(query)}")
        if not isinstance(inner, Mapping):
            raise _not_nested(role, f"holds {_kind(inner)} for query {query!r}")
        for document in inner:
            if not isinstance(document, str):
                raise _not_nested(role, f"has the document id {document!r}, {_kind(document)}")
    return {query: dict(inner) for query, inner in found.items()}


def _not_nested(role: str, found: str) -> UsageError:
    return UsageError(
        f"{role} {found}",
        hint="pass a dictionary of dictionaries: query id → document id → grade or score, every id a text",
        code="EK187",
    )


def _kind(value: object) -> str:
    return f"of type {type(value).__name__}"


def _name(theirs: object, otherwise: str) -> str:
    """Return the name that a ranx.Run bears."""
    name = getattr(theirs, "name", None)
    return name if isinstance(name, str) and name else otherwise


def _golden(
    judged: Mapping[str, Mapping[str, int]], runs: Sequence[Mapping[str, Mapping[str, float]]]
) -> GoldenSet:
    """Return the golden set that has these judgements; of its documents only the ids are known."""
    documents = {
        name
        for inner in (*judged.values(), *(run.get(query, {}) for run in runs for query in judged))
        for name in inner
    }
    return GoldenSet.of(
        "qrels",
        queries=dict.fromkeys(judged, ""),
        corpus=dict.fromkeys(documents, ""),
        qrels=judged,
    )


def _run(name: str, results: Mapping[str, Mapping[str, Any]], golden: GoldenSet, missing_queries: str) -> Run:
    """Return the run of judged queries, with findings on those that only one side has."""
    if missing_queries not in MISSING:
        raise UsageError(
            f"missing_queries is {missing_queries!r}", hint=f"choose from {', '.join(MISSING)}", code="EK101"
        )
    for query, inner in results.items():
        for document, value in inner.items():
            if not _is_finite_number(value):
                raise RunError(
                    f"{name}: the score of {document!r} for query {query!r} is {value!r}",
                    hint="scores are finite numbers, larger ones first",
                    code="EK432",
                )
    counted = [query for row, query in enumerate(golden.queries.ids) if golden.counted[row]]
    missing = [query for query in counted if query not in results]
    findings = []
    if missing:
        problem = f"{name} lacks {len(missing)} of {len(counted)} judged queries"
        where = (place(name, (), missing),)
        if missing_queries == "error" and len(missing) > MOST_MISSING * len(counted):
            hint = 'run all queries, or say missing_queries="zero" where nothing was found: they score 0'
            raise RunError(problem, places=where, hint=hint, code="EK435")
        findings.append(Finding("EK435", Severity.WARNING, problem, where, "they score 0"))
    return replace(Run.of(name, results, golden), findings=tuple(findings))


def _evaluation(system: System, run: Run, setting: Setting) -> Evaluation:
    golden = setting.golden
    told = (
        *run.findings,
        *depth_findings(run, golden, setting.measures),
        *threshold_findings(golden, setting.measures),
    )
    retrieved = Retrieved.of(run, golden)
    return Evaluation(
        system=system,
        run=replace(run, findings=told),
        retrieved=retrieved,
        scores=scored(retrieved, setting),
    )


def _is_finite_number(value: object) -> bool:
    return not isinstance(value, bool) and isinstance(value, numbers.Real) and math.isfinite(value)
