"""Corpus size: how gain and break-even depend on how many documents compete, by sub-sampling the corpus."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from evalkit import figures
from evalkit.arrays import Bools, Floats, Ints
from evalkit.embedding.distance import lifted_documents, lifted_queries
from evalkit.embedding.embeddedset import EmbeddedSet
from evalkit.golden.goldenset import GoldenSet
from evalkit.mixing.expected import expected_curve
from evalkit.mixing.summary import break_even
from evalkit.streams import stream

PARTS = (0.25, 0.5, 1.0)
DRAWS = 5
MOST_CELLS = 40_000_000  # queries × documents of a matrix of scores
_SHARES = np.linspace(0.0, 1.0, 21)
_UNSETTLED_DELTA, _UNSETTLED_SHARE = 0.02, 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeStep:
    """What the two models are worth where only a part of the other documents competes.

    Attributes:
        part: Share of the documents that compete.
        documents: How many these are.
        old: Mean of the old model.
        new: Mean of the new one.
        delta: new − old.
        sd: Standard deviation of the delta over the draws; 0 for all documents.
        break_even: Share moved from which the moved half alone is as good as the old index; None for never.
    """

    part: float
    documents: int
    old: float
    new: float
    delta: float
    sd: float
    break_even: float | None


def size_steps(
    golden: GoldenSet, old: EmbeddedSet, new: EmbeddedSet, *, measure: str, seed: int
) -> tuple[SizeStep, ...]:
    """Return gain and break-even at 25, 50 and 100 % of the competing documents.

    A part of the corpus is drawn, and every query keeps its own relevant documents beside it: so the same
    queries are asked throughout, and only the number of rivals changes. Smaller parts are means over five
    draws.

    Args:
        golden: Queries, corpus and judgements.
        old: Its vectors in the model in production.
        new: Its vectors in the model to come.
        measure: What is measured, with a cutoff.
        seed: What the draws are addressed by.

    Returns:
        Nothing where the matrix of scores would not fit: queries × documents above 40 million.
    """
    queries, documents = len(golden.queries), len(golden.corpus)
    if queries * documents > MOST_CELLS:
        return ()
    grades = np.full((queries, documents), -1, dtype=np.int64)
    here = golden.qrels.doc_rows < documents
    grades[golden.qrels.query_rows[here], golden.qrels.doc_rows[here]] = golden.qrels.grades[here]
    before, after = _scores(old), _scores(new)
    if golden.card.self_hits == "remove":
        asked = np.flatnonzero(golden.self_hits >= 0)
        for scores in (before, after):
            scores[asked, golden.self_hits[asked]] = -np.inf
    weights = np.where((grades >= 1).any(axis=1), golden.weights, 0.0)
    curve = partial(expected_curve, measure=measure, gains=golden.gains)
    return tuple(
        _step(part, _draws(part, documents, seed), (before, after, grades), weights, curve) for part in PARTS
    )


def unsettled(steps: Sequence[SizeStep]) -> str:
    """Return what has not settled between half of the corpus and all of it; "" where all has."""
    if len(steps) < len(PARTS):
        return ""
    _, half, whole = steps
    told = []
    if abs(whole.delta - half.delta) > max(_UNSETTLED_DELTA, 2 * half.sd) or whole.delta * half.delta < 0:
        told.append(f"the gain goes from {figures.signed(half.delta)} to {figures.signed(whole.delta)}")
    first, last = half.break_even, whole.break_even
    if (first is None) != (last is None):
        told.append("there is a break-even at one of them alone")
    elif first is not None and last is not None and abs(last - first) > _UNSETTLED_SHARE:
        shares = (figures.plain(figures.percent(share)) for share in (first, last))
        told.append(f"the break-even from {' to '.join(shares)}")
    return " and ".join(told)


def _scores(embedded: EmbeddedSet) -> Floats:
    queries, documents = embedded.queries.vectors, embedded.corpus.vectors
    if embedded.fingerprint.by_distance:
        queries, documents = lifted_queries(queries), lifted_documents(documents)
    scores: Floats = np.asarray(queries, dtype=np.float64) @ np.asarray(documents, dtype=np.float64).T
    return scores


def _draws(part: float, documents: int, seed: int) -> list[Bools]:
    """Return (D,) whether each document competes, for each draw."""
    if part == 1:
        return [np.ones(documents, dtype=np.bool_)]
    drawn = []
    for draw in range(DRAWS):
        rows = stream(seed, "plan", "corpus", f"{figures.as_set(part)}", str(draw)).permutation(documents)
        drawn.append(np.isin(np.arange(documents), rows[: round(part * documents)]))
    return drawn


def _step(
    part: float,
    draws: list[Bools],
    world: tuple[Floats, Floats, Ints],
    weights: Floats,
    curve: Callable[..., Floats],
) -> SizeStep:
    """Return the mean over the draws of one part."""
    before, after, grades = world
    weight = weights / weights.sum()
    curves, olds = [], []
    absent = np.full_like(before, -np.inf)
    for kept in draws:
        competes = kept | (grades >= 1)
        old, new = np.where(competes, before, -np.inf), np.where(competes, after, -np.inf)
        curves.append(curve(absent, new, grades, shares=_SHARES) @ weight)
        olds.append(float(curve(old, old, grades, shares=[0.0])[0] @ weight))
    means = np.mean(curves, axis=0)
    deltas = [float(curve[-1]) - old for curve, old in zip(curves, olds, strict=True)]
    old_mean = float(np.mean(olds))
    return SizeStep(
        part=part,
        documents=int(draws[0].sum()),
        old=old_mean,
        new=float(means[-1]),
        delta=float(np.mean(deltas)),
        sd=float(np.std(deltas, ddof=1)) if len(deltas) > 1 else 0.0,
        break_even=break_even(_SHARES, np.asarray(means), old_mean),
    )
