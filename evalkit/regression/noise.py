"""Noise runs: the same system again and again, no cache asked, to see how much its values move."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from evalkit.arrays import Floats, Vectors
from evalkit.comparison.noise import noise_floor
from evalkit.comparison.paired import TIE
from evalkit.embedding.embeddings import EmbeddedSet, Embeddings
from evalkit.embedding.encoder import Encoder, Role, VectorSource
from evalkit.embedding.encoding import finished
from evalkit.embedding.modelspec import RUN_FILE
from evalkit.errors import UsageError
from evalkit.evaluation import Evaluation, Setting, evaluate, search
from evalkit.golden.goldenset import Texts
from evalkit.regression.baseline import Noise
from evalkit.scoring.scores import score
from evalkit.streams import stream

RUNS = 5
DOCUMENTS = 1_000
BATCH = 64
FEWEST = 2


def measure_noise(
    evaluation: Evaluation,
    setting: Setting,
    encoder: Encoder | VectorSource | None,
    *,
    runs: int | None = None,
    seed: int,
) -> Noise:
    """Repeat an evaluation, everything that could vary made afresh each time.

    Unless told otherwise it stays cheap: five runs embed all queries, and the documents too where there are
    at most 1,000 texts of them. A number of runs that is stated embeds everything, whatever it costs. Texts
    are put into other batches each time, since that is what changes the last digits of a model.

    Args:
        evaluation: The system, once evaluated.
        setting: What on.
        encoder: What made its vectors, dimensions known; None for a run file or a function that searches.
        runs: How often, at least 2; 0 for not at all; None for what is cheap.
        seed: What the batches are addressed by.

    Returns:
        The noise; zero where nothing can vary, which `repeated` then says.

    Raises:
        UsageError: One run alone shows no noise.
    """
    if runs is not None and (runs < 0 or 0 < runs < FEWEST):
        raise UsageError(
            f"--noise-runs {runs} cannot show noise",
            hint="5 or more, at least 2, or 0 to leave it out",
            code="EK158",
        )
    reason = "not measured: --noise-runs 0" if runs == 0 else _why_none(evaluation, encoder)
    if reason:
        return Noise(runs=0, repeated=reason, variance=dict.fromkeys(evaluation.scores.measures, 0.0))
    again, repeated = _repetition(evaluation, setting, encoder, stated=runs is not None)
    count = RUNS if runs is None else runs
    values = np.stack([again(stream(seed, "noise", str(number))) for number in range(count)])
    counted = evaluation.scores.counted
    variance = {
        measure: _variance(values[:, row, counted].T)
        for row, measure in enumerate(evaluation.scores.measures)
    }
    return Noise(runs=count, repeated=repeated, variance=variance)


def _variance(values: Floats) -> float:
    """Return the mean over queries of the variance of (Q, R) values, 0 where all agree."""
    if np.ptp(values, axis=1).max(initial=0.0) <= TIE:
        return 0.0
    return noise_floor(values, queries=len(values)).variance


def _why_none(evaluation: Evaluation, encoder: Encoder | VectorSource | None) -> str:
    """Return why a system gives the same results every time, "" where it may not."""
    if evaluation.system.spec.provider == RUN_FILE:
        return "none: a run file holds the same results every time"
    return "none: the vectors are read from files" if isinstance(encoder, VectorSource) else ""


def _repetition(
    evaluation: Evaluation, setting: Setting, encoder: Encoder | VectorSource | None, *, stated: bool
) -> tuple[Callable[[np.random.Generator], Floats], str]:
    """Return a function that gives the (M, Q) values of one more run, and what it makes afresh."""
    system, golden, measures = evaluation.system, setting.golden, evaluation.scores.measures
    kept, fresh = evaluation.embedded, replace(setting, fresh_index=True)
    if kept is None or encoder is None or isinstance(encoder, VectorSource):
        return lambda _: evaluate(system, fresh).scores.values, "the whole search"
    both = stated or len(golden.searched) <= DOCUMENTS

    def again(rng: np.random.Generator) -> Floats:
        embedded = _embedded_afresh(kept, encoder, (golden.queries, golden.searched if both else None), rng)
        return score(search(system, embedded, fresh, factory=system.factory), golden, measures).values

    if both:
        return again, "all texts embedded, the index built"
    return again, f"the queries embedded, the index built; {len(golden.searched):,} documents from the cache"


def _embedded_afresh(
    kept: EmbeddedSet, encoder: Encoder, texts: tuple[Texts, Texts | None], rng: np.random.Generator
) -> EmbeddedSet:
    queries, documents = texts
    vectors = _vectors(encoder, queries, Role.query, rng)
    embedded = replace(
        kept, queries=Embeddings(fingerprint=kept.fingerprint, role=Role.query, vectors=vectors)
    )
    if documents is None:
        return embedded
    vectors = _vectors(encoder, documents, Role.document, rng)
    return replace(
        embedded, corpus=Embeddings(fingerprint=kept.fingerprint, role=Role.document, vectors=vectors)
    )


def _vectors(encoder: Encoder, texts: Texts, role: Role, rng: np.random.Generator) -> Vectors:
    """Return (n, E) vectors, encoded in batches of texts in random order."""
    order = rng.permutation(len(texts))
    made = [
        np.asarray(encoder.encode([texts.bodies[row] for row in order[start : start + BATCH]], role))
        for start in range(0, len(texts), BATCH)
    ]
    vectors = finished(np.concatenate(made), encoder.fingerprint)
    placed = np.empty_like(vectors)
    placed[order] = vectors
    return placed
