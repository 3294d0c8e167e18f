"""The rank of a relevant document as 1 + A + Binomial(B, f) + Binomial(C, 1 − f), and what it is worth."""

from __future__ import annotations

import numpy as np

from evalkit.arrays import Floats, Ints
from evalkit.mixing.rivals import Rivals

BLOCK_BYTES = 16_000_000
FEW = 12
LEAST = -1e300


def expected_worth(rivals: Rivals, shares: Floats, worth: Floats) -> Floats:
    """Return the expected worth of each relevant document's rank, for every share at once.

    Args:
        rivals: A, B and C of J relevant documents.
        shares: (S,) fractions of the corpus that have moved, in [0, 1].
        worth: (W, K) what ranks 1, 2, …, K are worth, in W ways; ranks after them are worth nothing.

    Returns:
        (W, J, S) expectations.
    """
    expected = np.zeros((len(worth), rivals.always.size, shares.size))
    # All rows with the same A read the worth from the same place: at most K turns, however many rows.
    for always in np.unique(rivals.always[rivals.always < worth.shape[1]]):
        tables = [_shifted(row[always:]) for row in worth]
        length = worth.shape[1] - int(always)
        rows = np.flatnonzero(rivals.always == always)
        step = max(1, BLOCK_BYTES // (8 * shares.size * length))
        for start in range(0, rows.size, step):
            block = rows[start : start + step]
            moved = _chances(rivals.if_moved[block], shares, length)
            unmoved = _chances(rivals.if_unmoved[block], 1.0 - shares, length)
            for row, table in enumerate(tables):
                ahead = (table @ unmoved.reshape(length, -1)).reshape(moved.shape)
                expected[row, block] = np.einsum("xjs,xjs->js", moved, ahead)
    return expected


def none_above(rivals: Rivals, shares: Floats) -> Floats:
    """Return (J, S) the probability that no rival stands above."""
    return np.asarray(expected_worth(rivals, shares, np.ones((1, 1)))[0])


def binomial(trials: Ints, shares: Floats, length: int) -> Floats:
    """Return (n, S, length) the probabilities of 0, 1, … successes among (n,) trials at each of S shares."""
    return np.moveaxis(_chances(trials, shares, length), 0, 2)


def _chances(trials: Ints, shares: Floats, length: int) -> Floats:
    """Return the same with the number of successes as the first axis, along which products are fast."""
    if length <= FEW:
        return _from_none(trials, shares, length)
    # Logarithms are added up from the first factor on, so that no probability underflows before it is
    # negligible and no factorial of a large number is ever taken.
    successes = np.arange(length)
    left = np.maximum(trials - successes[:, None], 0).astype(np.float64)
    with np.errstate(divide="ignore"):
        factors = np.log(left[:-1]) - np.log(successes[1:, None])
        # A logarithm of 0 may be multiplied by 0, which has to give 0.
        log_share, log_rest = (np.maximum(log, LEAST) for log in (np.log(shares), np.log1p(-shares)))
    ways = np.concatenate([np.zeros((1, trials.size)), np.cumsum(factors, axis=0)])
    logs = left[:, :, None] * log_rest
    logs += ways[:, :, None]
    logs += (successes[:, None] * log_share)[:, None, :]
    return np.asarray(np.exp(logs, out=logs))


def _from_none(trials: Ints, shares: Floats, length: int) -> Floats:
    """Return the same for few successes, each probability from the one before.

    Where that of no success underflows, those of so few successes are far below 1e-70 too.
    """
    chances = np.empty((length, trials.size, shares.size))
    odds = np.divide(shares, 1.0 - shares, out=np.zeros(shares.size), where=shares < 1)
    with np.errstate(divide="ignore"):
        log_rest = np.maximum(np.log1p(-shares), LEAST)
    np.exp(trials[:, None] * log_rest, out=chances[0])
    for count in range(1, length):
        ways = np.maximum(trials - (count - 1), 0) / count
        np.multiply(chances[count - 1], ways[:, None] * odds, out=chances[count])
    certain = shares >= 1
    if certain.any():
        chances[:, :, certain] = (trials == np.arange(length)[:, None])[:, :, None]
    return chances


def _shifted(worth: Floats) -> Floats:
    """Return the (K, K) table whose entry (z, x) is the worth of rank 1 + x + z, 0 beyond the last."""
    length = worth.size
    places = np.add.outer(np.arange(length), np.arange(length))
    return np.append(worth, 0.0)[np.minimum(places, length)]
