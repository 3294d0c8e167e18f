"""How many records to look at, and what is promised of all by what was found among them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import hypergeom

from evalkit.auditing.sampling import bound_of, needed_sample
from evalkit.errors import UsageError


@pytest.mark.parametrize(
    ("share", "confidence", "total", "needed"),
    [
        (0.05, 0.95, None, 59),
        (0.01, 0.95, None, 299),
        (0.005, 0.95, None, 598),
        (0.001, 0.95, None, 2_995),
        (0.01, 0.99, None, 459),
        (0.01, 0.95, 1_000, 258),
        (0.01, 1 - 0.05 / 12, None, 546),  # in each of twelve groups
        (0.01, 0.95, 1, 1),
        (1.0, 0.95, 1_000, 1),
    ],
)
def test_as_many_are_drawn_as_the_promise_takes(
    share: float, confidence: float, total: int | None, needed: int
) -> None:
    assert needed_sample(share, total=total, confidence=confidence) == needed


@given(total=st.integers(1, 3_000), share=st.sampled_from([0.002, 0.01, 0.05, 0.3]))
def test_a_draw_from_few_records_is_the_smallest_that_keeps_the_promise(total: int, share: float) -> None:
    needed = needed_sample(share, total=total)
    foreign = max(1, -int(-share * total // 1))

    def missed(drawn: int) -> float:
        return float(hypergeom.pmf(0, total, foreign, drawn))

    assert missed(needed) <= 0.05 + 1e-9
    assert needed == 1 or missed(needed - 1) > 0.05 - 1e-9


@pytest.mark.parametrize("share", [0, -0.1, 1.5])
def test_a_share_that_is_none_is_refused(share: float) -> None:
    with pytest.raises(UsageError, match="cannot be promised"):
        needed_sample(share)


def test_none_of_299_excludes_one_percent() -> None:
    bound = bound_of(0, 299)

    assert (bound.low, bound.share) == (0.0, 0.0)
    assert 0.0099 < bound.high < 0.01


def test_what_was_looked_at_whole_is_known_exactly() -> None:
    assert bound_of(3, 40, 40).low == bound_of(3, 40, 40).high == 3 / 40


@given(
    total=st.integers(2, 400), foreign=st.integers(0, 400), drawn=st.integers(1, 400), seed=st.integers(0, 99)
)
def test_bounds_hold_what_was_found(total: int, foreign: int, drawn: int, seed: int) -> None:
    foreign, drawn = min(foreign, total), min(drawn, total)
    found = int(hypergeom.rvs(total, foreign, drawn, random_state=seed))

    bound = bound_of(found, drawn, total)

    assert 0 <= bound.low <= bound.share <= bound.high <= 1
    assert bound.high * total >= found - 1e-9
    assert bound.low * total <= total - (drawn - found) + 1e-9


@pytest.mark.parametrize("foreign", [0, 1, 7, 40, 300])
def test_each_bound_is_wrong_in_at_most_one_of_twenty_draws(foreign: int) -> None:
    total, drawn = 300, 60
    missed_high = missed_low = 0.0
    for found in range(drawn + 1):
        chance = float(hypergeom.pmf(found, total, foreign, drawn))
        bound = bound_of(found, drawn, total)
        missed_high += chance * (bound.high < foreign / total - 1e-12)
        missed_low += chance * (bound.low > foreign / total + 1e-12)

    assert missed_high <= 0.05 + 1e-9
    assert missed_low <= 0.05 + 1e-9


def test_nothing_examined_promises_nothing() -> None:
    assert (bound_of(0, 0, 10).low, bound_of(0, 0, 10).high) == (0.0, 1.0)
