"""The formulas: each a function from a judged run and a cutoff to one number per query.

All are vectorised over queries and ranks. `cutoff` is the number of ranks looked at, None for the whole run;
where a formula divides by the cutoff, None stands for the number of results that the query got.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from evalkit.arrays import Bools, Floats, Ints, row_counts
from evalkit.scoring.judged import JudgedRun, exponential_gains

GDEVAL_TOP = 4  # the highest grade that TREC's gdeval takes

Formula = Callable[[JudgedRun, int | None], Floats]


def ndcg(judged: JudgedRun, cutoff: int | None) -> Floats:
    """Return (Q,) nDCG with linear gain, discount log2(rank + 1) and an ideal cut at the cutoff.

    The gain of a grade is the grade, or what the golden set says that it is worth.

    Source: Järvelin and Kekäläinen, ACM TOIS 20(4), 2002, with the discount of trec_eval's ndcg_cut.
    """
    return normalised_gain(judged.worth(judged.grades), judged.worth(judged.ideal), cutoff)


def ndcg_exponential(judged: JudgedRun, cutoff: int | None) -> Floats:
    """Return (Q,) nDCG with gain 2^grade − 1.

    Source: Burges et al., Learning to rank using gradient descent, ICML 2005.
    """
    grades = np.maximum(judged.grades, 0)
    top = judged.ideal[:, :1] if judged.ideal.shape[1] else np.zeros((len(grades), 1), dtype=np.int64)
    gains, ideal = (exponential_gains(given, top) for given in (grades, judged.ideal))
    return normalised_gain(gains, ideal, cutoff)


def recall(judged: JudgedRun, cutoff: int | None) -> Floats:
    """Return (Q,) relevant results up to the cutoff ÷ all relevant documents."""
    return ratio(_found(judged, cutoff), judged.relevant)


def recall_capped(judged: JudgedRun, cutoff: int | None) -> Floats:
    """Return (Q,) relevant results up to the cutoff ÷ min(cutoff, all relevant documents)."""
    return ratio(_found(judged, cutoff), np.minimum(looked_at(judged, cutoff), judged.relevant))


def precision(judged: JudgedRun, cutoff: int | None) -> Floats:
    """Return (Q,) relevant results up to the cutoff ÷ cutoff, even when fewer were returned."""
    return ratio(_found(judged, cutoff), looked_at(judged, cutoff))


def reciprocal_rank(judged: JudgedRun, cutoff: int | None) -> Floats:
    """Return (Q,) 1 ÷ rank of the first relevant result, 0 when none stands up to the cutoff."""
    relevant = _relevant(judged, cutoff)
    if not relevant.size:
        return np.zeros(relevant.shape[0])
    first = relevant.argmax(axis=1).astype(np.float64)
    reciprocal: Floats = 1.0 / (1.0 + first)
    reciprocal[~relevant.any(axis=1)] = 0.0
    return reciprocal


def average_precision(judged: JudgedRun, cutoff: int | None) -> Floats:
    """Return (Q,) precision at each relevant result up to the cutoff, summed, ÷ all relevant documents."""
    relevant = _relevant(judged, cutoff)
    ranks = np.arange(1, relevant.shape[1] + 1)
    at_relevant = np.where(relevant, np.cumsum(relevant, axis=1) / ranks, 0.0)
    return ratio(np.asarray(at_relevant.sum(axis=1)), judged.relevant)


def r_precision(judged: JudgedRun, cutoff: int | None) -> Floats:
    """Return (Q,) relevant results among the first R ÷ R, where R is the number of all relevant documents."""
    relevant = _relevant(judged, cutoff)
    within = np.arange(relevant.shape[1]) < judged.relevant[:, None]
    return ratio(row_counts(relevant & within), judged.relevant)


def bpref(judged: JudgedRun, cutoff: int | None) -> Floats:
    """Return (Q,) over relevant results, 1 less the share of known irrelevant ones above, ÷ all relevant.

    The share is min(n, R) ÷ min(N, R) for n documents judged not relevant above, of N in all, and R relevant
    ones; unjudged results are passed over.

    Source: Buckley and Voorhees, Retrieval evaluation with incomplete information, SIGIR 2004; trec_eval's
    bpref.
    """
    relevant, known = _relevant(judged, cutoff), judged.relevant
    above = np.minimum(np.cumsum(judged.grades[:, :cutoff] == 0, axis=1), known[:, None])
    most = np.maximum(np.minimum(judged.not_relevant, known), 1)[:, None]
    return ratio(np.asarray(np.where(relevant, 1.0 - above / most, 0.0).sum(axis=1)), known)


def expected_reciprocal_rank(judged: JudgedRun, cutoff: int | None) -> Floats:
    """Return (Q,) the expectation of 1 ÷ rank at which a reader stops, satisfied by (2^grade − 1) ÷ 2^top.

    The top is the highest grade of the scale: 4, as in TREC's gdeval, or the highest that was given where
    that is more.

    Source: Chapelle, Metzler, Zhang and Grinspan, Expected reciprocal rank for graded relevance, CIKM 2009.
    """
    top = max(GDEVAL_TOP, int(judged.ideal.max(initial=0)))
    grades = np.maximum(judged.grades[:, :cutoff], 0).astype(np.float64)
    stops = np.exp2(grades - top) - np.exp2(-float(top))
    stops[grades == 0] = 0.0
    goes_on = np.cumprod(1.0 - stops, axis=1)
    arrives = np.hstack([np.ones((len(stops), 1)), goes_on])[:, : stops.shape[1]]
    ranks = np.arange(1, stops.shape[1] + 1)
    return np.asarray(np.minimum((arrives * stops / ranks).sum(axis=1), 1.0))


def rank_biased_precision(judged: JudgedRun, cutoff: int | None, *, p: float) -> Floats:
    """Return (Q,) (1 − p) · Σ p^(rank − 1) over relevant results, for a reader who goes on with chance p.

    Source: Moffat and Zobel, Rank-biased precision, ACM TOIS 27(1), 2008.
    """
    relevant = _relevant(judged, cutoff)
    worth = (1.0 - p) * np.power(p, np.arange(relevant.shape[1], dtype=np.float64))
    return np.asarray(np.minimum((relevant * worth).sum(axis=1), 1.0))


def hit(judged: JudgedRun, cutoff: int | None) -> Floats:
    """Return (Q,) 1 where any relevant result stands up to the cutoff, else 0."""
    return np.asarray(_relevant(judged, cutoff).any(axis=1), dtype=np.float64)


def silent(judged: JudgedRun, cutoff: int | None) -> Floats:
    """Return (Q,) 1 where nothing is returned up to the cutoff, else 0.

    What a search leaves out below a limit of its own is not returned. The mean is taken over the queries
    whose right answer is nothing, and over no others.
    """
    return np.asarray(np.minimum(looked_at(judged, cutoff), judged.returned) == 0, dtype=np.float64)


def judged_share(judged: JudgedRun, cutoff: int | None) -> Floats:
    """Return (Q,) judged results up to the cutoff ÷ min(cutoff, results); 0 when nothing was returned."""
    seen = row_counts(judged.grades[:, :cutoff] >= 0)
    return ratio(seen, np.minimum(looked_at(judged, cutoff), judged.returned))


def _relevant(judged: JudgedRun, cutoff: int | None) -> Bools:
    return judged.grades[:, :cutoff] >= 1


def _found(judged: JudgedRun, cutoff: int | None) -> Ints:
    return row_counts(_relevant(judged, cutoff))


def looked_at(judged: JudgedRun, cutoff: int | None) -> Ints:
    """Return (Q,) how many ranks are looked at: the cutoff, else as many as there are results."""
    return judged.returned if cutoff is None else np.full(judged.returned.shape, cutoff, dtype=np.int64)


def normalised_gain(gains: Floats | Ints, ideal_gains: Floats | Ints, cutoff: int | None) -> Floats:
    """Return (Q,) the discounted sum of gains up to the cutoff ÷ that of the ideal."""
    return ratio(_discounted(gains[:, :cutoff]), _discounted(ideal_gains[:, :cutoff]))


def _discounted(gains: Floats | Ints) -> Floats:
    discounts = 1.0 / np.log2(np.arange(2, gains.shape[1] + 2))
    # Summed rank by rank from the first: two runs with equal grades get equal bits, which a matrix
    # product, free to choose its order of summation by shape, does not promise.
    terms = gains * discounts
    return np.cumsum(terms, axis=1)[:, -1] if terms.shape[1] else np.zeros(terms.shape[0])


def ratio(numerator: Floats | Ints, denominator: Floats | Ints) -> Floats:
    """Return numerator ÷ denominator, 0 where the denominator is 0, held to at most 1."""
    safe = np.where(denominator > 0, denominator, 1)
    return np.minimum(np.where(denominator > 0, numerator / safe, 0.0), 1.0)
