"""Noise runs: the same system again and again, no cache asked, to see how much its values move."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from evalkit.arrays import Floats, Vectors
from evalkit.comparison.noise import noise_floor
from evalkit.comparison.paired import TIE
from evalkit.embedding.embeddedset import EmbeddedSet
from evalkit.embedding.embeddings import Embeddings
from evalkit.embedding.encoder import Encoder, Role, VectorSource
from evalkit.embedding.encoding import finished
from evalkit.errors import UsageError
from evalkit.evaluation import Evaluation, Setting, System, evaluate, scored, search
from evalkit.figures import counted, plain
from evalkit.golden.texts import Texts
from evalkit.regression.baseline import FirstRun, Noise
from evalkit.retrieval.run import Run
from evalkit.scoring.judged import Retrieved
from evalkit.scoring.measure import Measure
from evalkit.scoring.scores import Scores
from evalkit.streams import stream

RUNS = 5
DOCUMENTS = 1_000
BATCH = 64
FEWEST = 2
FAR = 3


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Repetitions:
    """A system evaluated again and again.

    Attributes:
        noise: How much its values moved.
        values: (M, Q) what it scores: the mean over the repetitions, the first run's where there are none.
        run: What it retrieves: the first run, a repetition where the first is apart from them.
        everything: Whether every text was embedded afresh, so that nothing of the cache is in the values.
    """

    noise: Noise
    values: Floats
    run: Run
    everything: bool


def measure_noise(
    evaluation: Evaluation,
    setting: Setting,
    encoder: Encoder | VectorSource | None,
    *,
    runs: int | None = None,
    seed: int,
) -> Repetitions:
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
        The noise, zero where nothing can vary, which `repeated` then says; and the means. The first run is
        one draw like any other, and a poor one where it came from a cold replica or from stale vectors.

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
    first = evaluation.scores
    if reason:
        noise = Noise(runs=0, repeated=reason, variance=dict.fromkeys(first.measures, 0.0))
        return Repetitions(noise=noise, values=first.values, run=evaluation.run, everything=False)
    again, repeated, everything = _repetition(evaluation, setting, encoder, stated=runs is not None)
    count = RUNS if runs is None else runs
    repeats = [again(stream(seed, "noise", str(number))) for number in range(count)]
    values = np.stack([repeat.values for _, repeat in repeats])
    variance = {
        measure: _variance(values[:, row, first.counted_in(measure)].T)
        for row, measure in enumerate(first.measures)
    }
    apart = _first_run(first, values, variance)
    return Repetitions(
        noise=Noise(runs=count, repeated=repeated, variance=variance, first=apart),
        values=np.where(np.ptp(values, axis=0) > TIE, np.clip(values.mean(axis=0), 0.0, 1.0), values[0]),
        run=evaluation.run if apart is None else repeats[-1][0],
        everything=everything,
    )


def _first_run(first: Scores, values: Floats, variance: Mapping[Measure, float]) -> FirstRun | None:
    """Return what the first run had to itself; None where it is one of the repetitions as any other.

    Args:
        first: Its scores.
        values: (R, M, Q) values of the repetitions.
        variance: Mean variance within queries between these.
    """
    alone = (first.values < values.min(axis=0) - TIE) | (first.values > values.max(axis=0) + TIE)
    queries = np.flatnonzero(alone.any(axis=0) & first.counted)
    apart = first.values - values.mean(axis=0)
    rows = list(zip(apart, map(first.counted_in, first.measures), strict=True))
    gaps = np.array([np.abs(row)[members].mean() for row, members in rows])
    means = np.array([np.abs(row[members].mean()) for row, members in rows])
    errors = [
        np.sqrt(variance[measure] * (1 + 1 / len(values)) / members.sum())
        for measure, (_, members) in zip(first.measures, rows, strict=True)
    ]
    still = not any(variance.values()) and bool((gaps > TIE).any())
    if not len(queries) or not (still or bool((means > FAR * np.array(errors) + TIE).any())):
        return None
    return FirstRun(
        means=tuple(first.mean(measure) for measure in first.measures),
        queries=tuple(first.query_ids[row] for row in queries),
    )


def _variance(values: Floats) -> float:
    """Return the mean over queries of the variance of (Q, R) values, 0 where all agree."""
    if np.ptp(values, axis=1).max(initial=0.0) <= TIE:
        return 0.0
    return noise_floor(values, queries=len(values)).variance


def _why_none(evaluation: Evaluation, encoder: Encoder | VectorSource | None) -> str:
    """Return why a system gives the same results every time, "" where it may not."""
    retriever = evaluation.system.retriever
    if retriever is not None and retriever.fixed:
        return "none: a run file holds the same results every time"
    return "none: the vectors are read from files" if isinstance(encoder, VectorSource) else ""


def _repetition(
    evaluation: Evaluation, setting: Setting, encoder: Encoder | VectorSource | None, *, stated: bool
) -> tuple[Callable[[np.random.Generator], tuple[Run, Scores]], str, bool]:
    """Return a function that gives one more run with its scores, what it makes afresh, and whether all."""
    system, golden, measures = evaluation.system, setting.golden, evaluation.scores.measures
    kept, fresh = evaluation.embedded, replace(setting, fresh_index=True)
    if kept is None or encoder is None or isinstance(encoder, VectorSource):
        return lambda _: _evaluated(system, fresh), "the whole search", True
    both = stated or len(golden.searched) <= DOCUMENTS

    def again(rng: np.random.Generator) -> tuple[Run, Scores]:
        embedded = _embedded_afresh(kept, encoder, (golden.queries, golden.searched if both else None), rng)
        run = search(system, embedded, fresh, factory=system.factory)
        return run, scored(Retrieved.of(run, golden), replace(fresh, measures=measures))

    if both:
        return again, "all texts embedded, the index built", True
    kept_back = f"{plain(counted(len(golden.searched), 'document'))} from the cache"
    return again, f"the queries embedded, the index built; {kept_back}", False


def _evaluated(system: System, setting: Setting) -> tuple[Run, Scores]:
    found = evaluate(system, setting)
    return found.run, found.scores


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
