"""A retrieval simulator whose truth is known: queries, relevant documents, two or more systems.

The latent quality of relevant document j of query i in system s is
x = mu + N(0, 2²) per query + N(0, .7²) per document + shift of the system + N(0, 1);
it stands at rank 1 + floor(exp(-x)), ranks within a system made distinct. Query and document are
shared by all systems, which is what makes their values correlated, as those of real models are.
"""

from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
CUTOFF = 10
_NEVER = 10**6


@dataclass(frozen=True)
class Design:
    """How hard queries are, how many relevant documents they have, and how the candidate differs.

    `disaster` of the candidate's queries get a shift of -4 instead of `shift`.
    """

    name: str
    mean: float = 0.5
    extra_relevant: float = 0.0
    shift: float = 0.0
    disaster: float = 0.0


KNOWN = Design("known")
MULTI = Design("multi", extra_relevant=2.0)
EASY = Design("easy", mean=3.5)
SHIFTED = Design("shifted", shift=0.25)
SKEW = Design("skew", shift=0.1, disaster=0.05)
DESIGNS = (KNOWN, MULTI, EASY, SHIFTED, SKEW)


class Values(NamedTuple):
    """(S, Q) values of S systems on Q queries; system 0 is the baseline."""

    hit: Floats
    mrr: Floats
    ndcg: Floats


def simulate(
    rng: np.random.Generator, design: Design, queries: int, shifts: tuple[float, ...] | None = None
) -> Values:
    """Return the values of a baseline and one candidate, or of one system for each shift."""
    relevant = 1 + rng.poisson(design.extra_relevant, queries)
    width = int(relevant.max())
    shared = design.mean + rng.normal(0, 2, (queries, 1)) + rng.normal(0, 0.7, (queries, width))
    systems = (0.0, design.shift) if shifts is None else shifts
    ranks = [_ranks(rng, shared + _shift(rng, design, system, queries), relevant) for system in systems]
    return Values(*(np.stack(values) for values in zip(*(_values(r, relevant) for r in ranks), strict=True)))


@cache
def truth(design: Design) -> Values:
    """Return (1, 1) the true mean of candidate minus baseline in each measure, to about .0004."""
    rng, sums, blocks = np.random.default_rng(99), np.zeros(3), 10
    for _ in range(blocks):
        sums += [np.mean(v[1] - v[0]) for v in simulate(rng, design, 50_000)]
    return Values(*(np.full((1, 1), total / blocks) for total in sums))


@cache
def shift_for(delta: float) -> float:
    """Return the shift that changes nDCG of the known-item design by `delta`."""
    low, high = -2.0, 2.0
    for _ in range(20):
        middle = (low + high) / 2
        values = simulate(np.random.default_rng(98), KNOWN, 200_000, (0.0, middle)).ndcg
        low, high = (middle, high) if np.mean(values[1] - values[0]) < delta else (low, middle)
    return (low + high) / 2


def _shift(rng: np.random.Generator, design: Design, system: float, queries: int) -> Floats:
    shift = np.full((queries, 1), system)
    if system and design.disaster:
        shift[rng.random(queries) < design.disaster] = -4.0
    return shift


def _ranks(rng: np.random.Generator, quality: Floats, relevant: npt.NDArray[np.int64]) -> Floats:
    x = quality + rng.normal(0, 1, quality.shape)
    ranks = 1 + np.floor(np.exp(-x))
    ranks[np.arange(quality.shape[1]) >= relevant[:, None]] = _NEVER
    ranks.sort(axis=1)
    for column in range(1, ranks.shape[1]):
        ranks[:, column] = np.maximum(ranks[:, column], ranks[:, column - 1] + 1)
    return ranks


def _values(ranks: Floats, relevant: npt.NDArray[np.int64]) -> tuple[Floats, Floats, Floats]:
    gains = np.where(ranks <= CUTOFF, 1 / np.log2(ranks + 1), 0.0).sum(axis=1)
    ideal = np.cumsum(1 / np.log2(np.arange(2, CUTOFF + 2)))[np.minimum(relevant, CUTOFF) - 1]
    first = ranks[:, 0]
    hit = (first <= CUTOFF).astype(np.float64)
    return hit, hit / first, np.minimum(gains / ideal, 1.0)
