"""Hours of a backfill: known answers, limits that leave nothing, and writes that are never caught up with."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.errors import EvalkitError, InvalidValueError, UsageError
from evalkit.planning.schedule import Schedule, catch_up_hours, catch_up_passes, stale_share, wall_hours

LIMITS: dict[str, Any] = {
    "tpm": 1e6,
    "rpm": 3000,
    "headroom": 0.3,
    "live_qps": 5,
    "live_tokens": 20,
    "retry_share": 0.01,
    "batch": 2048,
    "request_tokens": 300_000,
}


def of(documents: float = 1e6, tokens: float = 500, **changes: Any) -> Schedule:
    return wall_hours(documents, tokens, **{**LIMITS, **changes})


def test_a_million_documents_take_twelve_hours() -> None:
    found = of(latency_s=0.2)
    assert found.hours == pytest.approx(12.128975, abs=1e-6)
    assert (found.requests, found.binding, found.converges) == (1667, "tokens", True)
    assert found.constraints == pytest.approx(
        {"tokens": 12.007685, "requests": 0.015435, "latency": 0.092611}, abs=1e-6
    )
    assert found.rate == pytest.approx(82447.2, abs=0.05)


def test_writes_are_caught_up_with_or_never() -> None:
    assert of(writes_per_s=2).hours == pytest.approx(13.289531, abs=1e-6)
    never = of(writes_per_s=23)
    assert not never.converges
    assert math.isinf(never.hours)
    assert of(writes_per_s=22.9).converges


@pytest.mark.parametrize(
    ("changes", "binding"),
    [
        ({"rpm": 301 / 0.7}, "requests"),
        ({"latency_s": 300.0}, "latency"),
        ({"tpm": None, "batch": 1}, "requests"),
    ],
)
def test_the_limit_that_takes_longest_is_named(changes: dict[str, Any], binding: str) -> None:
    assert of(**changes).binding == binding


def test_nothing_takes_no_time() -> None:
    assert of(0).hours == 0
    assert of(tpm=None, rpm=None).hours == 0


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"tpm": 8000}, InvalidValueError, "tpm = 8000 leaves nothing"),
        ({"tpm": 6000 / 0.7}, InvalidValueError, "tpm"),
        ({"rpm": 400}, InvalidValueError, "rpm = 400 leaves nothing"),
        ({"tpm": 0}, InvalidValueError, "tpm"),
        ({"headroom": 1}, InvalidValueError, "headroom"),
        ({"headroom": -0.1}, InvalidValueError, "headroom"),
        ({"retry_share": 1}, InvalidValueError, "retry_share"),
        ({"batch": 0}, InvalidValueError, "batch"),
        ({"batch": 1.5}, InvalidValueError, "batch"),
        ({"request_tokens": 499}, UsageError, "larger than a request"),
        ({"writes_per_s": -1}, InvalidValueError, "writes_per_s"),
        ({"live_qps": float("inf")}, InvalidValueError, "live_qps"),
        ({"concurrency": 0}, InvalidValueError, "concurrency"),
    ],
)
def test_limits_that_cannot_be_are_named(
    changes: dict[str, Any], error: type[EvalkitError], words: str
) -> None:
    with pytest.raises(error, match=words):
        of(**changes)


@pytest.mark.parametrize(("documents", "tokens"), [(-1, 500), (math.nan, 500), (10, 0), (10, True)])
def test_sizes_that_cannot_be_are_refused(documents: float, tokens: float) -> None:
    with pytest.raises(InvalidValueError):
        of(documents, tokens)


def test_catching_up_takes_passes() -> None:
    assert catch_up_hours(1e6, 1e5, 3e4) == pytest.approx(14.285714, abs=1e-6)
    assert catch_up_passes(1e6, 1e5, 3e4) == 12
    with pytest.raises(InvalidValueError, match="above 30000"):
        catch_up_hours(1e6, 3e4, 3e4)


@given(
    documents=st.floats(1, 1e9), rate=st.floats(1, 1e6), share=st.floats(0, 0.99), passes=st.integers(1, 400)
)
def test_the_sum_of_the_passes_tends_to_the_closed_form(
    documents: float, rate: float, share: float, passes: int
) -> None:
    total, left = 0.0, documents
    for _ in range(passes):
        total += left / rate
        left *= share
    closed = catch_up_hours(documents, rate, share * rate)
    assert total <= closed * (1 + 1e-9)
    assert closed - total == pytest.approx(closed * share**passes, abs=1e-6 * closed)


def test_a_shadow_without_dual_writes_is_stale() -> None:
    assert stale_share(0.1, 1) == pytest.approx(0.048374, abs=1e-6)
    assert stale_share(1, 1) == pytest.approx(0.367879, abs=1e-6)
    assert stale_share(0, 10) == stale_share(10, 0) == 0


@given(changes=st.floats(1e-12, 1e6))
def test_a_stale_share_is_a_share_that_grows(changes: float) -> None:
    assert 0 <= stale_share(changes, 1) <= stale_share(changes, 1.01) <= 1
    assert stale_share(changes, 1) <= changes / 2


@given(
    documents=st.integers(1, 10**8),
    tokens=st.floats(1, 5000),
    tpm=st.floats(1e5, 1e8),
    more=st.floats(1, 10),
)
def test_more_documents_take_longer_and_more_tokens_a_minute_shorter(
    documents: int, tokens: float, tpm: float, more: float
) -> None:
    base = of(documents, tokens, tpm=tpm).hours
    assert of(documents * more, tokens, tpm=tpm).hours >= base
    assert of(documents, tokens, tpm=tpm * more).hours <= base
