"""The tied formulas: each the mean of a measure over every order of results that nothing tells apart."""

from __future__ import annotations

import numpy as np

from evalkit.arrays import Floats
from evalkit.scoring import formulas
from evalkit.scoring.formulas import looked_at, normalised_gain, ratio
from evalkit.scoring.judged import exponential_gains
from evalkit.scoring.orders import Orders


def ndcg(orders: Orders, cutoff: int | None) -> Floats:
    """Return (Q,) the expectation of nDCG with linear gain."""
    judged = orders.judged
    gains = orders.mean(judged.worth(judged.grades).astype(np.float64))
    return normalised_gain(gains, judged.worth(judged.ideal), cutoff)


def ndcg_exponential(orders: Orders, cutoff: int | None) -> Floats:
    """Return (Q,) the expectation of nDCG with gain 2^grade − 1."""
    grades, ideal = np.maximum(orders.judged.grades, 0), orders.judged.ideal
    top = ideal[:, :1] if ideal.shape[1] else np.zeros((len(grades), 1), dtype=np.int64)
    gains = orders.mean(np.asarray(exponential_gains(grades, top), dtype=np.float64))
    return normalised_gain(gains, exponential_gains(ideal, top), cutoff)


def _found(orders: Orders, cutoff: int | None) -> Floats:
    return np.asarray(orders.mean(orders.relevant)[:, :cutoff].sum(axis=1))


def recall(orders: Orders, cutoff: int | None) -> Floats:
    """Return (Q,) the expectation of relevant results up to the cutoff ÷ all relevant documents."""
    return ratio(_found(orders, cutoff), orders.judged.relevant)


def recall_capped(orders: Orders, cutoff: int | None) -> Floats:
    """Return (Q,) the expectation of relevant results ÷ min(cutoff, all relevant documents)."""
    judged = orders.judged
    return ratio(_found(orders, cutoff), np.minimum(looked_at(judged, cutoff), judged.relevant))


def precision(orders: Orders, cutoff: int | None) -> Floats:
    """Return (Q,) the expectation of relevant results up to the cutoff ÷ cutoff."""
    return ratio(_found(orders, cutoff), looked_at(orders.judged, cutoff))


def judged_share(orders: Orders, cutoff: int | None) -> Floats:
    """Return (Q,) the expectation of judged results up to the cutoff ÷ min(cutoff, results)."""
    seen = orders.mean((orders.judged.grades >= 0).astype(np.float64))[:, :cutoff].sum(axis=1)
    return ratio(seen, np.minimum(looked_at(orders.judged, cutoff), orders.judged.returned))


def silent(orders: Orders, cutoff: int | None) -> Floats:
    """Return (Q,) 1 where nothing is returned, which no order of ties changes."""
    return formulas.silent(orders.judged, cutoff)


def hit(orders: Orders, cutoff: int | None) -> Floats:
    """Return (Q,) the expectation of the chance of a relevant result up to the cutoff."""
    return np.asarray(1.0 - orders.chance_of_none(cutoff))


def reciprocal_rank(orders: Orders, cutoff: int | None) -> Floats:
    """Return (Q,) the expectation of 1 ÷ rank of the first relevant result up to the cutoff."""
    depth = orders.classes.shape[1] if cutoff is None else min(cutoff, orders.classes.shape[1])
    value, before = np.zeros(len(orders.classes)), np.ones(len(orders.classes))
    for rank in range(1, depth + 1):
        none = orders.chance_of_none(rank)
        value += (before - none) / rank
        before = none
    return value


def average_precision(orders: Orders, cutoff: int | None) -> Floats:
    """Return (Q,) the sum over ranks of the chances of pairs ÷ rank ÷ all relevant documents."""
    flat = orders.classes.ravel()
    sizes, found = np.bincount(flat), np.bincount(flat, orders.relevant.ravel())
    both = np.where(sizes > 1, found * (found - 1) / np.maximum(sizes * (sizes - 1), 1), 0.0)[orders.classes]
    chance, earlier = orders.mean(orders.relevant), orders.earlier
    elsewhere = np.cumsum(chance, axis=1) - chance - earlier * chance
    at_rank = chance + chance * elsewhere + earlier * both
    terms = at_rank / np.arange(1, chance.shape[1] + 1)
    return ratio(np.asarray(terms[:, :cutoff].sum(axis=1)), orders.judged.relevant)


def r_precision(orders: Orders, cutoff: int | None) -> Floats:
    """Return (Q,) the expectation of relevant results among the first R ÷ R."""
    found = orders.mean(orders.relevant)[:, :cutoff]
    within = np.arange(found.shape[1]) < orders.judged.relevant[:, None]
    return ratio(np.asarray((found * within).sum(axis=1)), orders.judged.relevant)


def rank_biased_precision(orders: Orders, cutoff: int | None, *, p: float) -> Floats:
    """Return (Q,) the expectation of rank-biased precision."""
    found = orders.mean(orders.relevant)[:, :cutoff]
    return np.asarray((found * (1.0 - p) * p ** np.arange(found.shape[1], dtype=np.float64)).sum(axis=1))
