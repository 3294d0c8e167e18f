"""The limits of a backfill: what may be stated, what a request may hold, and what tokens cost."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.embedding.backfill.pacing import Limits, Pace, tokens_of
from evalkit.errors import UsageError


class Clock:
    """A clock that only sleeping moves on."""

    def __init__(self) -> None:
        """Begin at noon, as a monotonic clock may."""
        self.time = 43_200.0
        self.slept: list[float] = []

    def now(self) -> float:
        """Return the time."""
        return self.time

    def sleep(self, seconds: float) -> None:
        """Let so many seconds pass."""
        self.slept.append(seconds)
        self.time += seconds


@pytest.mark.parametrize(
    ("text", "tokens"),
    [("", 1), ("a", 1), ("abc", 1), ("abcd", 2), ("é", 1), ("éé", 2), ("語", 1), ("語語", 2), ("\ud800", 1)],
)
def test_a_token_is_counted_for_every_three_bytes_begun(text: str, tokens: int) -> None:
    assert tokens_of(text) == tokens


@pytest.mark.parametrize("name", ["rpm", "tpm", "price", "headroom"])
@pytest.mark.parametrize("value", [0.0, -1.0, math.nan, math.inf])
def test_a_rate_or_price_is_a_number_above_nought(name: str, value: float) -> None:
    with pytest.raises(UsageError, match=f"--{name} .* is not above 0") as error:
        Limits(**{name: value})
    assert error.value.findings[0].code == "EK727"


def test_headroom_is_at_most_all() -> None:
    assert Limits(headroom=1.0).headroom == 1
    with pytest.raises(UsageError, match="more than all"):
        Limits(headroom=1.01)


def test_a_budget_needs_a_price() -> None:
    assert Limits(budget=0.0, price=1.0).allows(0)
    with pytest.raises(UsageError, match="a budget needs the price"):
        Limits(budget=5.0)


@pytest.mark.parametrize("budget", [-0.01, math.nan])
def test_a_budget_that_is_no_sum_is_refused_as_such(budget: float) -> None:
    with pytest.raises(UsageError, match=r"--budget .* is not a sum of 0 or more"):
        Limits(budget=budget, price=1.0)


def test_tokens_cost_their_price_by_the_million() -> None:
    assert Limits(price=0.02).cost(5_000_000) == pytest.approx(0.1)
    assert Limits().cost(5_000_000) is None


@pytest.mark.parametrize(("tokens", "allowed"), [(0, True), (2_000_000, True), (2_000_001, False)])
def test_a_budget_is_spent_to_its_last_token(tokens: int, *, allowed: bool) -> None:
    assert Limits(budget=1.0, price=0.5).allows(tokens) is allowed
    assert Limits(price=0.5).allows(tokens)


def test_a_request_holds_as_many_tokens_as_a_minute_with_its_headroom() -> None:
    assert Limits(tpm=1_000, headroom=0.5).most_tokens == 500
    assert Limits(rpm=1).most_tokens == math.inf


@pytest.mark.parametrize(
    ("limits", "gap"),
    [
        (Limits(rpm=60, headroom=1.0), 1.0),
        (Limits(rpm=60, headroom=0.5), 2.0),
        (Limits(tpm=600, headroom=1.0), 10.0),  # 100 tokens of 600
        (Limits(rpm=60, tpm=600, headroom=1.0), 10.0),
        (Limits(rpm=3, tpm=600, headroom=1.0), 20.0),
    ],
)
def test_the_stricter_of_two_limits_keeps_requests_apart(limits: Limits, gap: float) -> None:
    clock = Clock()
    pace = Pace(limits, now=clock.now, sleep=clock.sleep)

    pace.wait(100)
    pace.wait(100)

    assert clock.slept == pytest.approx([gap])


def test_without_limits_nobody_waits() -> None:
    clock = Clock()
    pace = Pace(Limits(), now=clock.now, sleep=clock.sleep)

    for _ in range(3):
        pace.wait(10**9)

    assert clock.slept == []


@given(passed=st.floats(0, 5))
def test_time_that_passed_between_requests_is_not_waited_for_again(passed: float) -> None:
    clock = Clock()
    pace = Pace(Limits(rpm=30, headroom=1.0), now=clock.now, sleep=clock.sleep)
    pace.wait(1)
    clock.time += passed

    pace.wait(1)

    assert sum(clock.slept) == pytest.approx(max(0.0, 2 - passed), abs=1e-6)
