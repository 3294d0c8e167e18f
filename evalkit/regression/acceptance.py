"""Acceptance: what a system scores now, to be stored as its baseline."""

from __future__ import annotations

from evalkit.comparison.assay import check_above_chance
from evalkit.embedding.encoder import VectorSource
from evalkit.embedding.encoding import Progress, settled
from evalkit.evaluation import Evaluation, evaluate
from evalkit.regression.baseline import Baseline
from evalkit.regression.canary import sketches
from evalkit.regression.noise import measure_noise
from evalkit.regression.question import Gate


def make_baseline(
    gate: Gate, *, noise_runs: int | None = None, progress: Progress | None = None
) -> tuple[Baseline, Evaluation]:
    """Return what a system scores now, and the evaluation that shows it.

    Args:
        gate: What is guarded.
        noise_runs: How often it is repeated to measure its noise; None for what is cheap, 0 for not at all.
        progress: Called with role, texts done and texts to do while a model encodes.

    Raises:
        ModelError: It finds no more than chance would: nothing could be told from later results.
    """
    evaluation = evaluate(gate.system, gate.setting, progress=progress)
    check_above_chance(evaluation.judged, gate.golden, gate.system.name, provider=gate.system.spec.provider)
    encoder, embedded = gate.open(), evaluation.embedded
    if encoder is not None and not isinstance(encoder, VectorSource):
        encoder = settled(encoder, gate.cache)
    made_here = embedded is not None and not isinstance(encoder, VectorSource)
    baseline = Baseline(
        system=gate.system.name,
        stamp=gate.stamp(evaluation, encoder),
        noise=measure_noise(evaluation, gate.setting, encoder, runs=noise_runs, seed=gate.seed),
        measures=evaluation.scores.measures,
        query_ids=gate.golden.queries.ids,
        values=evaluation.scores.values,
        canaries=sketches(gate.golden, embedded) if embedded is not None and made_here else (),
    )
    return baseline, evaluation
