"""P2: the paired sign-flip test of 5,000 queries with 100,000 resamples, 20 columns at once."""

from __future__ import annotations

import numpy as np
from clock import Clock, run
from sizes import scaled

QUERIES, COLUMNS, RESAMPLES = scaled(5_000), 20, 100_000
SOME = 100  # resamples that scipy is timed with; the rest is scaled, as its cost is linear
SOME_OF_RANX = 1_000
CHANGED = 0.4


def deltas() -> np.ndarray:
    """Return (Q, 20) differences, of which two in five are not zero."""
    rng = np.random.default_rng(1)
    shape = (QUERIES, COLUMNS)
    return np.where(rng.random(shape) < CHANGED, rng.uniform(-0.5, 0.52, shape), 0.0)


def evalkit(clock: Clock) -> None:
    """Test all columns against the same random signs."""
    from evalkit.comparison.signflip import sign_flip_columns  # noqa: PLC0415 - loaded before the clock starts

    sums = deltas()
    with clock:
        found = sign_flip_columns(sums, resamples=RESAMPLES, seed=1)
    clock.note(p=found[0].two_sided)


def scipy(clock: Clock) -> None:
    """Test all columns with `scipy.stats.permutation_test`, vectorised, some of the resamples."""
    from scipy.stats import permutation_test  # noqa: PLC0415 - loaded before the clock starts

    sums = deltas()
    clock.scale(RESAMPLES / SOME)
    with clock:
        found = permutation_test(
            (sums,), np.mean, permutation_type="samples", n_resamples=SOME, vectorized=True, rng=1
        )
    clock.note(p=float(found.pvalue[0]))


def ranx(clock: Clock) -> None:
    """Test one column with ranx's Fisher test, compiled before, scaled to twenty."""
    from ranx.statistical_tests.fisher_randomization_test import fisher_randomization_test  # noqa: PLC0415 - not in all the works

    sums = deltas()
    column, nothing = sums[:, 0] + 0.5, np.full(QUERIES, 0.5)
    fisher_randomization_test(nothing, column, 10)
    clock.scale(COLUMNS * RESAMPLES / SOME_OF_RANX)
    with clock:
        fisher_randomization_test(nothing, column, SOME_OF_RANX)


if __name__ == "__main__":
    run({"evalkit": evalkit, "scipy": scipy, "ranx": ranx})
