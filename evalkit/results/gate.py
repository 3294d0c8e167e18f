"""The result of a gate: its outcome, or a new baseline, as an object in the schema of `result.json`."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from evalkit.evaluation import BY_ID, Evaluation
from evalkit.findings import Severity
from evalkit.regression.baseline import Baseline
from evalkit.regression.changes import Changes
from evalkit.regression.checks import LARGE_DROP, LEVEL, Check, GateReason, verdict_of
from evalkit.regression.gate import Gate
from evalkit.regression.newcomers import Unjudged
from evalkit.regression.outcome import GateOutcome
from evalkit.regression.stamp import Drift
from evalkit.results.compare import describe_comparison
from evalkit.results.description import (
    Json,
    describe_counts,
    describe_finding,
    describe_golden,
    describe_system,
)
from evalkit.results.gatequeries import describe_deltas, describe_documents, describe_losses, describe_worst
from evalkit.results.result import Result
from evalkit.results.rules import describe_rule

WITHHELD = (GateReason.UNJUDGED, GateReason.COPIES)


def result_of_gate(outcome: GateOutcome, provenance: Mapping[str, object], *, reproduce: str) -> Result:
    """Return everything that is said about what a gate found; numbers are not rounded.

    Args:
        outcome: What it found.
        provenance: How, when and with which versions.
        reproduce: The command that gives the same again.
    """
    gate, evaluation = outcome.gate, outcome.look.evaluation
    name, worst = gate.system.name, describe_worst(outcome)
    values = {
        "verdict": outcome.verdict,
        "question": _question(gate),
        "golden": describe_golden(gate.golden),
        "systems": {
            outcome.before.system: _before(outcome),
            name: describe_system(evaluation, "candidate"),
        },
        "comparisons": [describe_comparison(row) for row in outcome.look.comparisons],
        "rules": [_rule(check, name) for check in outcome.checks],
        "critical": describe_losses(outcome),
        "unjudged": {} if outcome.unjudged is None else {name: _unjudged(outcome.unjudged)},
        "power": {name: {**_size(outcome), "missed_below": outcome.missed_below}},
        "counts": describe_counts(evaluation, gate.setting),
        "deltas": {name: describe_deltas(outcome)},
        "queries": worst,
        **describe_documents(outcome, worst),
        "decisions": [_decision(outcome)],
        "gate": {
            "unchanged": outcome.look.unchanged,
            "drift": describe_drift(outcome.drift),
            "noise": describe_noise(outcome.baseline),
            "tolerance": outcome.tolerance,
            "looks": 1 if outcome.first is None else 2,
            "first_look": []
            if outcome.first is None
            else [_rule(check, name) for check in outcome.first.checks],
            "changes": describe_changes(outcome.changes),
            "canaries": dataclasses.asdict(outcome.watched) if outcome.watched else {},
            "reproduce": reproduce,
        },
        "findings": [describe_finding(item) for item in (*gate.golden.findings, *evaluation.findings)],
        "provenance": dict(provenance),
    }
    return Result.found(**values)


def result_of_update(
    gate: Gate,
    evaluation: Evaluation,
    stored: Baseline,
    provenance: Mapping[str, object],
    *,
    changes: Mapping[str, object],
) -> Result:
    """Return what was stored as a baseline, without any verdict.

    Args:
        gate: What is guarded.
        evaluation: The evaluation that was accepted.
        stored: The new baseline.
        provenance: How, when and with which versions.
        changes: What differs from the baseline before: file, drift, measures and how many queries.
    """
    values = {
        "question": _question(gate),
        "golden": describe_golden(gate.golden),
        "systems": {
            gate.system.name: {
                **describe_system(evaluation, "alone"),
                "measures": {str(m): stored.scores(gate.golden).mean(m) for m in stored.measures},
            }
        },
        "counts": describe_counts(evaluation, gate.setting),
        "gate": {"noise": describe_noise(stored), "updated": dict(changes)},
        "findings": [describe_finding(item) for item in (*gate.golden.findings, *evaluation.findings)],
        "provenance": dict(provenance),
    }
    return Result.found(**values)


def describe_drift(drift: Sequence[Drift]) -> list[Json]:
    """Return drift as JSON objects."""
    return [dataclasses.asdict(item) for item in drift]


def describe_changes(changes: Changes) -> Json:
    """Return what has become of queries and documents as a JSON object."""
    names = ("added", "gone", "reworded", "rejudged", "words")
    return {
        **{name: list(getattr(changes, name)) for name in names},
        "vanished": [dataclasses.asdict(item) for item in changes.vanished],
    }


def describe_noise(baseline: Baseline) -> Json:
    """Return the noise block of a baseline."""
    noise = baseline.noise
    variance = {str(measure): value for measure, value in noise.variance.items()}
    first = noise.first
    means = dict(zip(map(str, baseline.measures), first.means, strict=True)) if first else {}
    return {
        "runs": noise.runs,
        "repeated": noise.repeated,
        "variance": variance,
        **({"first": {"measures": means, "queries": list(first.queries)}} if first else {}),
    }


def _question(gate: Gate) -> Json:
    policy = gate.policy
    return {
        "objective": "gate",
        "primary": str(policy.primary),
        "tolerance": gate.tolerance,
        "level": LEVEL,
        "large_drop": LARGE_DROP,
        "alpha": policy.alpha,
        "power": policy.power,
        "use_weights": policy.use_weights,
        "seed": gate.seed,
        "depth": gate.depth,
        **({"ties": gate.setting.ties} if gate.setting.ties != BY_ID else {}),
        "measures": [str(measure) for measure in gate.setting.measures],
        "sentence": f"is {policy.primary} as good as when the baseline was stored?",
    }


def _before(outcome: GateOutcome) -> Json:
    stamp, scores = outcome.baseline.stamp, outcome.before
    return {
        **dict.fromkeys(describe_system(outcome.look.evaluation, "baseline")),
        "spec": stamp["spec"],
        "role": "baseline",
        "fingerprint": stamp["fingerprint"],
        "measures": {str(measure): scores.mean(measure) for measure in scores.measures},
        "exact_measures": {},
        "index": stamp["index"],
        "dims": stamp["fingerprint"].get("dims"),
    }


def _rule(check: Check, candidate: str) -> Json:
    """Return a check as it is known in files: by its reason, which is OK where it holds."""
    known = "OK" if check.verdict is None else check.reason
    return {**describe_rule(check, candidate), "row": str(check.reason), "reason": known}


def _unjudged(found: Unjudged) -> Json:
    looked = max(1, found.cutoff)
    before, now = 1 - found.before / looked, 1 - found.now / looked
    return {
        "cutoff": found.cutoff,
        "judged_baseline": before,
        "judged_candidate": now,
        "unjudged": found.pairs,
        "relevant_share": found.relevant_share,
        "agreement": [list(item) for item in found.agreement],
        "tipping": None,
        "stable": found.stands,
        "gap": now - before,
    }


def _size(outcome: GateOutcome) -> Json:
    row = outcome.primary
    return {
        "queries": row.queries,
        "effective_queries": row.effective_queries,
        "sd": row.sd,
        "detectable": row.detectable,
        "provable": row.provable,
        "queries_needed": None,
    }


def _decision(outcome: GateOutcome) -> Json:
    speaking = outcome.speaking
    unchanged = "no value of any query differs from the baseline"
    words = speaking.words if speaking else unchanged if outcome.look.unchanged else "no check objects"
    notes: list[Any] = []
    if outcome.first is not None:
        again = any(check.verdict == "FAIL" or check.reason in WITHHELD for check in outcome.checks)
        notes.append(
            "looked at twice, over a fresh index the second time: it failed both times"
            if again
            else "the first look failed and the second did not: what was seen is not reproducible"
        )
    changes = outcome.changes
    if changes.any:
        notes.append(
            f"{len(changes.common)} queries are compared, {changes.left_out} are left out by --common"
        )
    notes += changes.words
    holes = outcome.unjudged
    if holes is not None and (speaking is not None or holes.fresh):
        notes.append(holes.words)
        first = ", ".join(f"{item.document} for {item.query}" for item in holes.items[:3])
        notes += (
            [f"to judge first, of {len(holes.items)}: {first}; -o FOLDER writes worklist.csv"]
            if first
            else []
        )
    if speaking is not None:
        seen = outcome.look.evaluation.findings
        notes += [item.problem for item in seen if item.severity is not Severity.NOTICE]
    without = [check for check in outcome.checks if check.reason != "CRITICAL" and check.verdict]
    return {
        "candidate": outcome.gate.system.name,
        "verdict": outcome.verdict,
        "reason": outcome.reason,
        "sentence": _sentence(words),
        "queries_needed": None,
        "verdict_without_critical": str(verdict_of(without)),
        "reason_without_critical": without[0].reason if without else "OK",
        "notes": notes,
    }


def _sentence(words: str) -> str:
    """Return words as a sentence; a measure that opens it keeps its spelling, nDCG."""
    first = words.partition(" ")[0]
    return f"{first.capitalize() if first.islower() else first}{words.removeprefix(first)}."
