"""The result of a comparison: everything that a report says about an outcome."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from itertools import zip_longest

import numpy as np

from evalkit import figures
from evalkit.comparison.table import Comparison
from evalkit.decision.critical import critical_gains
from evalkit.decision.evidence import Sensitivity
from evalkit.decision.policy import Policy
from evalkit.decision.verdict import Decision
from evalkit.evaluation import BY_ID, Evaluation, Setting
from evalkit.experiment import Experiment, Outcome
from evalkit.figures import as_set
from evalkit.judging.settling import Settling
from evalkit.mixing.curve import MixCurve
from evalkit.quoting import excerpt
from evalkit.results.curves import describe_curves
from evalkit.results.description import (
    Json,
    describe_counts,
    describe_finding,
    describe_golden,
    describe_system,
)
from evalkit.results.drilldown import drilldown
from evalkit.results.origin import ProvenancePart
from evalkit.results.result import Result
from evalkit.results.rules import describe_rule
from evalkit.selftest import DamageStep
from evalkit.studies.comparison import Study
from evalkit.studies.scale import Scale

COMPARISON_KEYS = tuple(
    """
    segment baseline candidate queries effective_queries baseline_mean candidate_mean delta low high
    p_two_sided p_greater p_less p_adjusted wins ties losses nonzero share_better relative_change
    sd d_z ci_t detectable provable limit exact descriptive status
    """.split()  # noqa: SIM905 - a list of names reads best as a paragraph
)
DECISION_KEYS = (
    "candidate",
    "verdict",
    "reason",
    "sentence",
    "queries_needed",
    "verdict_without_critical",
    "reason_without_critical",
    "notes",
)
REASON_KEYS = ("row", "name", "reason", "passed", "words", "segment")


def result_of(
    outcome: Outcome,
    provenance: Mapping[str, object],
    *,
    steps: Sequence[DamageStep] = (),
    curves: Sequence[MixCurve] = (),
) -> Result:
    """Return everything that a report says about an outcome; numbers are not rounded.

    Args:
        outcome: What an experiment found.
        provenance: How, when and with which versions: the only part that two runs of one experiment may
            differ in.
        steps: What a self-test found, where one was made.
        curves: What the lab says of the way there, where it was asked.

    Returns:
        A JSON object; an absent number is None, never NaN.
    """
    experiment, decisions = outcome.experiment, outcome.conclusion.decisions
    values = {
        "verdict": outcome.conclusion.verdict,
        "recommended": outcome.conclusion.recommended,
        "notes": list(outcome.conclusion.notes),
        "question": describe_question(experiment),
        "golden": describe_golden(experiment.golden),
        "systems": {
            item.system.name: describe_system(item, _role(item, outcome)) for item in outcome.evaluations
        },
        "comparisons": [describe_comparison(row) for rows in outcome.comparisons for row in rows],
        "rules": [describe_rule(rule, item.candidate) for item in decisions for rule in item.rules],
        "critical": _critical(outcome),
        "unjudged": {
            decision.candidate: _unjudged(decision, known)
            for decision, known in zip_longest(decisions, outcome.settling)
        },
        "power": {
            row.candidate: _power(row, item) for row, item in zip(outcome.primaries, decisions, strict=True)
        },
        "counts": describe_counts(outcome.baseline, experiment.setting),
        "ceiling": _ceiling(outcome),
        "decisions": [_decision(*pair, outcome) for pair in zip(decisions, outcome.candidates, strict=True)],
        **describe_curves(curves),
        "self_test": [dataclasses.asdict(step) for step in steps],
        "findings": [describe_finding(finding) for finding in outcome.findings],
        **drilldown(outcome),
        "provenance": dict(provenance),
    }
    return Result.found(**values)


def result_of_study(study: Study, provenance: Mapping[str, object]) -> Result:
    """Return everything that a report says about a study; what it cost stands with where it was run."""
    tokens = {
        name: {"tokens": found.number, "tokens_counted": found.counted}
        for name, found in study.tokens.items()
    }
    measured = {
        name: {**dataclasses.asdict(cost), **tokens.get(name, {})} for name, cost in study.costs.items()
    }
    origin = {**provenance, "costs": measured, **_scale(study.scale)}
    return result_of(study.outcome, origin, steps=study.steps, curves=study.curves)


def _scale(scale: Scale) -> Json:
    """Return the size and the price that were asked for, nothing where neither was."""
    size, price = scale.documents, scale.price
    told: Json = {"documents": size.value} if size else {}
    told |= {"price": price.value, "price_date": price.date} if price else {}
    return {"scale": told} if told else {}


def result_of_run(evaluation: Evaluation, setting: Setting, provenance: Mapping[str, object]) -> Result:
    """Return the result of one system alone: its scores, and no verdict."""
    return Result.found(
        golden=describe_golden(setting.golden),
        systems={evaluation.system.name: describe_system(evaluation, "alone")},
        counts=describe_counts(evaluation, setting),
        findings=[describe_finding(item) for item in (*setting.golden.findings, *evaluation.findings)],
        provenance=ProvenancePart.of(provenance),
    )


def _role(evaluation: Evaluation, outcome: Outcome) -> str:
    return "baseline" if evaluation is outcome.baseline else "candidate"


def describe_question(experiment: Experiment) -> Json:
    """Return what an experiment asks, as a sentence and number by number."""
    policy = experiment.policy
    asked = {
        "improve": f"does it improve {policy.primary}"
        + (f" by at least {as_set(policy.min_gain)}?" if policy.min_gain else "?"),
        "maintain": f"does it keep {policy.primary}, a loss of up to {as_set(policy.margin)} accepted?",
    }
    return {
        "objective": policy.objective,
        "primary": str(policy.primary),
        "min_gain": policy.min_gain,
        "margin": policy.margin,
        "alpha": policy.alpha,
        "power": policy.power,
        "use_weights": policy.use_weights,
        "critical_losses_allowed": policy.critical_losses_allowed,
        "seed": experiment.seed,
        "depth": experiment.depth,
        **({"ties": experiment.ties} if experiment.ties != BY_ID else {}),
        **_judging(experiment),
        "measures": [str(measure) for measure in experiment.setting.measures],
        "sentence": asked[policy.objective] + _judged_by(experiment),
    }


def _judging(experiment: Experiment) -> Json:
    """Return whose grades decide, where not people's alone do."""
    grades = experiment.model_grades
    if grades is None:
        return {}
    told = {"model": grades.model, "prompt": grades.prompt, "grades": len(grades.qrels)}
    return {"judge": experiment.policy.judge, "model_grades": {**told, "without": grades.without}}


def _judged_by(experiment: Experiment) -> str:
    grades, golden = experiment.model_grades, experiment.golden
    if grades is None:
        return ""
    people = len(np.unique(golden.qrels.query_rows))
    return (
        f" Judged by the model {grades.model} and corrected by people, who judged {figures.count(people)} of "
        f"{figures.count(len(golden.queries))} queries (ppi)."
    )


def describe_comparison(row: Comparison) -> Json:
    """Return a comparison as a JSON object."""
    return {"measure": str(row.measure), **{name: getattr(row, name) for name in COMPARISON_KEYS}}


def _decision(decision: Decision, candidate: Evaluation, outcome: Outcome) -> Json:
    golden, policy, baseline = outcome.experiment.golden, outcome.experiment.policy, outcome.baseline
    before, after = (first_relevant(item, policy) for item in (baseline, candidate))
    gained = critical_gains(baseline.judged, candidate.judged, golden, policy)
    rows = {query: golden.queries.row(query) for query in gained}
    return {
        **{name: getattr(decision, name) for name in DECISION_KEYS},
        "critical_gained": [
            {"query": query, "baseline_rank": before.get(row), "candidate_rank": after.get(row)}
            for query, row in rows.items()
        ],
        "reasons": [
            {"about": rule.about, **{name: getattr(rule, name) for name in REASON_KEYS}}
            for rule in decision.reasons
        ],
    }


def _critical(outcome: Outcome) -> list[Json]:
    golden = outcome.experiment.golden
    policy = outcome.experiment.policy
    first = {item.system.name: first_relevant(item, policy) for item in outcome.evaluations}
    return [
        {
            "candidate": decision.candidate,
            "query": loss.query,
            "text": excerpt(golden.queries.bodies[golden.queries.row(loss.query)]),
            "baseline_rank": first[outcome.baseline.system.name].get(golden.queries.row(loss.query)),
            "candidate_rank": first[decision.candidate].get(golden.queries.row(loss.query)),
            "confirmed": loss.confirmed,
            "waiver": loss.waiver,
            "stands": loss.stands,
        }
        for decision in outcome.conclusion.decisions
        for loss in decision.evidence.losses
    ]


def first_relevant(evaluation: Evaluation, policy: Policy) -> dict[int, int]:
    """Return the rank of the first relevant document by query row, where there is one within the depth.

    Relevant is what the primary measure of the policy takes for it.
    """
    relevant = evaluation.judged.grades >= policy.primary.rel
    return {int(row): int(relevant[row].argmax()) + 1 for row in np.flatnonzero(relevant.any(axis=1))}


def _unjudged(decision: Decision, settling: Settling | None) -> Json:
    sensitivity: Sensitivity | None = decision.evidence.sensitivity
    if sensitivity is None:
        return {}
    told = {} if settling is None else {"settling": dataclasses.asdict(settling)}
    return {**dataclasses.asdict(sensitivity), "gap": sensitivity.gap, **told}


def _power(row: Comparison, decision: Decision) -> Json:
    return {
        "queries": row.queries,
        "effective_queries": row.effective_queries,
        "sd": row.sd,
        "detectable": row.detectable,
        "provable": row.provable,
        "queries_needed": decision.queries_needed,
    }


def _ceiling(outcome: Outcome) -> dict[str, float]:
    """Return the best mean that any order of the judged documents could reach."""
    baseline = outcome.baseline
    judged, scores = baseline.judged, baseline.scores
    relevant = judged.relevant
    depth = outcome.experiment.depth
    best = dataclasses.replace(judged, grades=judged.ideal[:, :depth], returned=np.minimum(relevant, depth))
    return {str(m): float(m.values(best)[scores.counted_in(m)].mean()) for m in scores.measures}
