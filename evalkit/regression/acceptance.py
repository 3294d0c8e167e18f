"""Acceptance: what a system scores now, to be stored as its baseline."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from evalkit.comparison.assay import check_above_chance
from evalkit.decision.wording import counted
from evalkit.embedding.encoder import Encoder, VectorSource
from evalkit.embedding.encoding import Progress, settled
from evalkit.errors import ModelError, UsageError
from evalkit.evaluation import Evaluation, evaluate
from evalkit.figures import change, permille
from evalkit.findings import Finding, Severity, place
from evalkit.regression.asked import describe_queries, remember_corpus
from evalkit.regression.baseline import Baseline
from evalkit.regression.baselinefile import read_baseline
from evalkit.regression.gate import Gate
from evalkit.regression.noise import Repetitions, measure_noise
from evalkit.spaces.sketches import Sketch, check_cached, sketches

SERVED = ("openai",)  # whose answers can change while nothing here does
DIGEST = 12


def make_baseline(
    gate: Gate, *, noise_runs: int | None = None, progress: Progress | None = None
) -> tuple[Baseline, Evaluation]:
    """Return what a system scores now, and the evaluation that shows it.

    Args:
        gate: What is guarded.
        noise_runs: How often it is repeated to measure its noise; None for what is cheap, 0 for not at all.
        progress: Called with role, texts done and texts to do while a model encodes.

    Returns:
        The baseline and the evaluation, whose findings tell a first run that is no repetition of the others,
        and vectors in the cache that the model does not give any more.

    Raises:
        ModelError: It finds no more than chance would, or its values come from vectors that the model does
            not give any more: nothing could be told from later results.
    """
    evaluation = evaluate(gate.system, gate.setting, progress=progress)
    check_above_chance(evaluation.judged, gate.golden, gate.system.name, provider=gate.system.spec.provider)
    encoder = evaluation.encoder
    if encoder is not None and not isinstance(encoder, VectorSource):
        encoder = settled(encoder, gate.cache)
    found = measure_noise(evaluation, gate.setting, encoder, runs=noise_runs, seed=gate.seed)
    canaries, findings = _canaries(gate, evaluation, encoder, found)
    baseline = Baseline(
        system=gate.system.name,
        stamp=gate.stamp(evaluation, encoder),
        noise=found.noise,
        measures=evaluation.scores.measures,
        query_ids=gate.golden.queries.ids,
        values=found.values,
        canaries=canaries,
        asked=describe_queries(gate.golden, found.run, gate.policy.primary.cutoff),
        corpus=remember_corpus(gate.golden),
    )
    findings += _first_run(gate, baseline)
    run = replace(evaluation.run, findings=(*evaluation.run.findings, *findings))
    return baseline, replace(evaluation, run=run)


def as_before(gate: Gate, path: Path) -> Gate:
    """Return the gate with the tie rule of the baseline that is going to be replaced, where none is stated.

    Args:
        gate: What is guarded.
        path: Where a baseline may stand; one that cannot be read says nothing.
    """
    if gate.ties is not None or not path.is_file():
        return gate
    try:
        before = read_baseline(path)
    except UsageError:
        return gate
    return replace(gate, ties=before.stamp["policy"].get("ties"))


def _canaries(
    gate: Gate, evaluation: Evaluation, encoder: Encoder | VectorSource | None, found: Repetitions
) -> tuple[tuple[Sketch, ...], tuple[Finding, ...]]:
    """Return the canaries, and a finding where the cache holds other vectors than the model gives."""
    embedded = evaluation.embedded
    if embedded is None or encoder is None or isinstance(encoder, VectorSource):
        return (), ()
    canaries = sketches(gate.golden, embedded)
    if not found.noise.runs and gate.system.spec.provider not in SERVED:
        return canaries, ()
    seen, now = check_cached(canaries, gate.golden, encoder)
    if not seen.moved:
        return canaries, ()
    problem = (
        f"{gate.system.name}: {seen.moved} of {seen.compared} texts embedded afresh have other vectors "
        f"than in the cache, by up to {permille(seen.farthest)}: the model changed under its name"
    )
    renew = f"evalkit cache prune --model {embedded.fingerprint.digest[:DIGEST]}"
    if not found.everything:
        raise ModelError(
            f"{problem}, and the values are of the old vectors",
            hint=f"drop these with  {renew}  and store the baseline again; a `revision` of your own in the "
            "config keeps both apart",
            code="EK160",
        )
    hint = f"the baseline is of the vectors of now; drop the old ones with  {renew}"
    return now, (Finding("EK160", Severity.WARNING, problem, hint=hint),)


def _first_run(gate: Gate, baseline: Baseline) -> tuple[Finding, ...]:
    """Return a finding where the first run is no repetition of the others."""
    first, primary = baseline.noise.first, gate.policy.primary
    if first is None:
        return ()
    row = baseline.measures.index(primary)
    mean = float(baseline.values[row, gate.golden.counted].mean())
    now, then, _ = change(first.means[row], mean, mean - first.means[row])
    problem = (
        f"{gate.system.name}: the first run differs from each of the {baseline.noise.runs} that repeat it, "
        f"on {counted(len(first.queries), 'query')}: {primary} {now}, not {then}"
    )
    return (
        Finding(
            "EK159",
            Severity.WARNING,
            problem,
            places=(place("queries", (), first.queries),),
            hint="the mean of the repetitions is stored; a cold replica, a cache, a state between calls?",
        ),
    )
