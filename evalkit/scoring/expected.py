"""Expected values: what measures are on average over every order of results that nothing tells apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.special import gammaln

from evalkit.arrays import Floats, Ints
from evalkit.errors import UsageError
from evalkit.golden.goldenset import GoldenSet
from evalkit.retrieval.run import Run
from evalkit.scoring.copies import orders_of_copies
from evalkit.scoring.formulas import looked_at, normalised_gain, ratio
from evalkit.scoring.judged import JudgedRun, exponential_gains, judge
from evalkit.scoring.measure import Measure, parse_measures
from evalkit.scoring.scores import Scores, score


@dataclass(frozen=True, slots=True, eq=False)
class Orders:
    """A judged run whose results are in classes; within one, every order is as likely as any other.

    Attributes:
        judged: The run in the order it is in.
        classes: (Q, K) numbers of classes, no class in two queries.
    """

    judged: JudgedRun
    classes: Ints

    @classmethod
    def of(cls, run: Run, golden: GoldenSet) -> Orders:
        """Return the classes of a run: results of equal scores, and identical documents that nearly tie."""
        seen = run.without(golden.self_hits) if golden.card.self_hits == "remove" else run
        queries, depth = seen.rows.shape
        tied = (seen.scores[:, 1:] == seen.scores[:, :-1]) & (seen.rows[:, 1:] >= 0)
        query, rank = np.nonzero(tied)
        left, right = [query * depth + rank], [query * depth + rank + 1]
        for row, ranks in orders_of_copies(seen, golden):
            left.append(row * depth + ranks[:-1])
            right.append(row * depth + ranks[1:])
        ends = np.concatenate(left), np.concatenate(right)
        size = queries * depth
        links = coo_array((np.ones(len(ends[0]), dtype=bool), ends), shape=(size, size))
        _, found = connected_components(links, directed=False)
        return cls(judge(seen, golden), found.astype(np.int64).reshape(queries, depth))

    def mean(self, values: Floats) -> Floats:
        """Return (Q, K) values with the mean of its class in place of each."""
        flat = self.classes.ravel()
        return np.asarray((np.bincount(flat, values.ravel()) / np.bincount(flat))[self.classes])

    @property
    def relevant(self) -> Floats:
        """(Q, K) 1 where a relevant document stands."""
        return (self.judged.grades >= 1).astype(np.float64)

    @property
    def earlier(self) -> Ints:
        """(Q, K) how many of its class stand before each."""
        flat = self.classes.ravel()
        order = np.argsort(flat, kind="stable")
        starts = np.flatnonzero(np.diff(flat[order], prepend=-1))
        sizes = np.diff(starts, append=flat.size)
        place = np.empty(flat.size, dtype=np.int64)
        place[order] = np.arange(flat.size) - np.repeat(starts, sizes)
        return place.reshape(self.classes.shape)

    def chance_of_none(self, cutoff: int | None) -> Floats:
        """Return (Q,) the chance that no relevant result stands at the first ranks.

        Of a class of n with R relevant ones, m of whose places are looked at, it is C(n − R, m) ÷ C(n, m).
        """
        flat = self.classes.ravel()
        inside = np.zeros(self.classes.shape)
        inside[:, :cutoff] = 1.0
        sizes, found = np.bincount(flat), np.bincount(flat, self.relevant.ravel())
        looked = np.bincount(flat, inside.ravel())
        others = sizes - found
        possible = looked <= others
        spare = np.where(possible, others - looked, 0.0)
        with_none = gammaln(others + 1) - gammaln(spare + 1)
        any_of_all = gammaln(sizes + 1.0) - gammaln(sizes - looked + 1)
        chance = np.where(possible, np.exp(np.minimum(with_none - any_of_all, 0.0)), 0.0)
        owner = np.zeros(len(sizes), dtype=np.int64)
        owner[flat] = np.repeat(np.arange(len(self.classes)), self.classes.shape[1])
        none = np.ones(len(self.classes))
        np.multiply.at(none, owner, chance)
        return none


def score_expected(run: Run, golden: GoldenSet, measures: Sequence[Measure | str]) -> Scores:
    """Score a run by the mean over every order of results that nothing tells apart.

    Exact, without drawing any order: for sums over ranks by the mean of each class, for Hit and MRR by the
    chance that none of the first ranks is relevant, for MAP by the chances of pairs.

    Args:
        run: What a system retrieved.
        golden: Queries, corpus and judgements.
        measures: Measures or their names.

    Returns:
        Scores as `score` gives them; the same ones where no results tie.

    Raises:
        UsageError: A measure has no such formula, or looks beyond the depth that was retrieved.
    """
    wanted = parse_measures(measures)
    plain = score(run, golden, wanted)
    absent = [measure for measure in wanted if measure.name not in EXPECTED]
    if absent:
        raise UsageError(
            f"{absent[0]} has no expected value over the orders of ties",
            hint=f"leave --ties out, or ask for {', '.join(EXPECTED)}",
            code="EK164",
        )
    if not run.rows.size or not wanted:
        return plain
    orders = Orders.of(run, golden)
    moved = np.bincount(orders.classes.ravel())[orders.classes].max(axis=1) > 1
    values = np.stack([EXPECTED[measure.name](orders, measure.cutoff) for measure in wanted])
    values = np.where(moved, np.clip(values, 0.0, 1.0), plain.values)
    return Scores(plain.system, wanted, values, plain.counted, plain.query_ids)


def _ndcg(orders: Orders, cutoff: int | None) -> Floats:
    gains = orders.mean(np.maximum(orders.judged.grades, 0).astype(np.float64))
    return normalised_gain(gains, orders.judged.ideal, cutoff)


def _ndcg_exponential(orders: Orders, cutoff: int | None) -> Floats:
    grades, ideal = np.maximum(orders.judged.grades, 0), orders.judged.ideal
    top = ideal[:, :1] if ideal.shape[1] else np.zeros((len(grades), 1), dtype=np.int64)
    gains = orders.mean(np.asarray(exponential_gains(grades, top), dtype=np.float64))
    return normalised_gain(gains, exponential_gains(ideal, top), cutoff)


def _found(orders: Orders, cutoff: int | None) -> Floats:
    return np.asarray(orders.mean(orders.relevant)[:, :cutoff].sum(axis=1))


def _recall(orders: Orders, cutoff: int | None) -> Floats:
    return ratio(_found(orders, cutoff), orders.judged.relevant)


def _recall_capped(orders: Orders, cutoff: int | None) -> Floats:
    judged = orders.judged
    return ratio(_found(orders, cutoff), np.minimum(looked_at(judged, cutoff), judged.relevant))


def _precision(orders: Orders, cutoff: int | None) -> Floats:
    return ratio(_found(orders, cutoff), looked_at(orders.judged, cutoff))


def _judged_share(orders: Orders, cutoff: int | None) -> Floats:
    seen = orders.mean((orders.judged.grades >= 0).astype(np.float64))[:, :cutoff].sum(axis=1)
    return ratio(seen, np.minimum(looked_at(orders.judged, cutoff), orders.judged.returned))


def _hit(orders: Orders, cutoff: int | None) -> Floats:
    return np.asarray(1.0 - orders.chance_of_none(cutoff))


def _reciprocal_rank(orders: Orders, cutoff: int | None) -> Floats:
    depth = orders.classes.shape[1] if cutoff is None else min(cutoff, orders.classes.shape[1])
    value, before = np.zeros(len(orders.classes)), np.ones(len(orders.classes))
    for rank in range(1, depth + 1):
        none = orders.chance_of_none(rank)
        value += (before - none) / rank
        before = none
    return value


def _average_precision(orders: Orders, cutoff: int | None) -> Floats:
    """Return (Q,) the sum over ranks of the chances of pairs ÷ rank ÷ all relevant documents."""
    flat = orders.classes.ravel()
    sizes, found = np.bincount(flat), np.bincount(flat, orders.relevant.ravel())
    both = np.where(sizes > 1, found * (found - 1) / np.maximum(sizes * (sizes - 1), 1), 0.0)[orders.classes]
    chance, earlier = orders.mean(orders.relevant), orders.earlier
    elsewhere = np.cumsum(chance, axis=1) - chance - earlier * chance
    at_rank = chance + chance * elsewhere + earlier * both
    terms = at_rank / np.arange(1, chance.shape[1] + 1)
    return ratio(np.asarray(terms[:, :cutoff].sum(axis=1)), orders.judged.relevant)


EXPECTED: dict[str, Callable[[Orders, int | None], Floats]] = {
    "nDCG": _ndcg,
    "nDCG(exp)": _ndcg_exponential,
    "Recall": _recall,
    "RecallCap": _recall_capped,
    "Precision": _precision,
    "MRR": _reciprocal_rank,
    "MAP": _average_precision,
    "Hit": _hit,
    "Judged": _judged_share,
}
