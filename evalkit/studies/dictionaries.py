"""The door for judgements and runs that are dictionaries, as pytrec_eval and ranx take them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from evalkit.decision.policy import Policy
from evalkit.defaults import SEED
from evalkit.embedding.modelspec import RUN_FILE, ModelSpec
from evalkit.evaluation import DEFAULT_MEASURES, Evaluation, Setting, System, scored
from evalkit.experiment import Experiment, Outcome, conclude
from evalkit.golden.gains import card_with
from evalkit.retrieval.run import Run
from evalkit.scoring.fitting import gain_findings
from evalkit.scoring.judged import Retrieved
from evalkit.scoring.measure import Measure, parse_measures
from evalkit.scoring.scores import Scores, depth_findings, score, threshold_findings
from evalkit.studies.dictionaryinput import (
    by_document,
    chunk_names,
    golden_of,
    judged_of,
    name_of,
    nested,
    run_of,
    with_silent,
)

MEASURES = tuple(measure for measure in DEFAULT_MEASURES if measure.cutoff == 10)  # noqa: PLR2004 - a first page

Judged = Mapping[str, Mapping[str, float]]
Ranked = Mapping[str, Mapping[str, float]]


def score_run(  # noqa: PLR0913 - options, all of them named
    qrels: Judged | Any,
    run: Ranked | Any,
    measures: Sequence[Measure | str] = MEASURES,
    *,
    missing_queries: str = "error",
    gains: Mapping[int, float] | None = None,
    grades: str = "",
    chunk_separator: str | None = None,
    chunk_map: Mapping[str, str] | None = None,
    silent: Collection[str] = (),
) -> Scores:
    """Score a run that is a dictionary, without texts, folders or files.

    Args:
        qrels: Query id → document id → grade, a whole number ≥ 0 unless `grades` says otherwise; or a
            `ranx.Qrels`.
        run: Query id → document id → score, larger scores first, ties by document id, descending; or a
            `ranx.Run`. Queries that nobody judged are left out.
        measures: Measures or their names, "nDCG@10".
        missing_queries: "zero" where a judged query without results is meant: it scores 0. "error" refuses
            a run that lacks more than one in a hundred.
        gains: Grade → what it is worth to nDCG, `{1: 0.25, 2: 1.0}`; None: each grade is worth itself.
        grades: "gains" where the numbers of `qrels` are gains, decimals too.
        chunk_separator: Where results are chunks, "KB-77#1" of "KB-77": the "#"; each document takes the
            score of its best chunk. Documents that were judged are never cut.
        chunk_map: Id of a chunk → id of its document, in its place.
        silent: Queries whose right answer is nothing: in the mean of no measure but `Silent`.

    Returns:
        One value in [0, 1] for each measure and judged query; a query without a relevant document is not
        counted. `scores.mean("nDCG@10")` is the mean, `scores.to_frame()` the table.

    Raises:
        InvalidValueError: A grade is no whole number ≥ 0, or has no gain.
        NothingToEvaluateError: No query has a relevant document.
        RunError: A score is no number, or the run lacks judged queries.
        UsageError: Something is not a dictionary of dictionaries with texts as ids.

    Examples:
        >>> qrels = {"q1": {"d1": 1}, "q2": {"d3": 2}}
        >>> score_run(qrels, {"q1": {"d2": 0.9, "d1": 0.5}, "q2": {"d3": 1.0}}, ["MRR@10"]).mean("MRR@10")
        0.75
    """
    judged, named = judged_of(qrels, silent), chunk_names(chunk_separator, chunk_map)
    found = by_document(name_of(run, "run"), nested(run, "run"), judged, named)
    golden = with_silent(golden_of(judged, [found], card_with(gains, grades)), silent)
    made = run_of(name_of(run, "run"), found, golden, missing_queries)
    return score(made, golden, parse_measures(measures))


def compare_runs(  # noqa: PLR0913 - options, all of them named
    qrels: Judged | Any,
    a: Ranked | Any,
    b: Ranked | Any,
    *,
    policy: Policy | None = None,
    measures: Sequence[Measure | str] = MEASURES,
    missing_queries: str = "error",
    gains: Mapping[int, float] | None = None,
    grades: str = "",
    chunk_separator: str | None = None,
    chunk_map: Mapping[str, str] | None = None,
    silent: Collection[str] = (),
    seed: int = SEED,
) -> Outcome:
    """Decide whether run `b` may replace run `a`, both dictionaries, without texts, folders or files.

    Args:
        qrels: Query id → document id → grade, a whole number ≥ 0 unless `grades` says otherwise; or a
            `ranx.Qrels`.
        a: The baseline: query id → document id → score; or a `ranx.Run`, whose name is kept.
        b: The candidate, in the same form.
        policy: The question; does it improve nDCG@10, when left out.
        measures: What is measured beside what the policy asks.
        missing_queries: As for `score_run`.
        gains: Likewise.
        grades: Likewise.
        chunk_separator: Likewise, for both runs.
        chunk_map: Likewise.
        silent: Likewise.
        seed: What every random number is addressed by.

    Returns:
        The outcome: `outcome.conclusion.verdict`, `outcome.primaries[0].delta`, `show(outcome)`. How large
        the corpus is is not known, so that a baseline at chance level is not told.

    Raises:
        InvalidValueError: A grade is no whole number ≥ 0, or has no gain.
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
    judged, named = judged_of(qrels, silent), chunk_names(chunk_separator, chunk_map)
    found = [
        by_document(name_of(it, role), nested(it, role), judged, named) for it, role in ((a, "a"), (b, "b"))
    ]
    golden = with_silent(golden_of(judged, found, card_with(gains, grades)), silent)
    names = [name_of(a, "a"), name_of(b, "b")]
    if names[0] == names[1]:
        names = ["a", "b"]
    runs = [run_of(name, item, golden, missing_queries) for name, item in zip(names, found, strict=True)]
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


def _evaluation(system: System, run: Run, setting: Setting) -> Evaluation:
    golden = setting.golden
    told = (
        *run.findings,
        *depth_findings(run, golden, setting.measures),
        *threshold_findings(golden, setting.measures),
        *gain_findings(golden, setting.measures),
    )
    retrieved = Retrieved.of(run, golden)
    return Evaluation(
        system=system,
        run=replace(run, findings=told),
        retrieved=retrieved,
        scores=scored(retrieved, setting),
    )
