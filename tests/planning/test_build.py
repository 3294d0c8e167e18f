"""Build time from small builds: both laws are found again, and what tells nothing is refused."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.errors import InvalidValueError
from evalkit.planning.build import build_time

SIZES = (1000.0, 2000.0, 5000.0)


@given(scale=st.floats(1e-6, 1), exponent=st.floats(1.0, 2.0), vectors=st.floats(5e3, 1e8))
def test_a_power_law_is_found_again(scale: float, exponent: float, vectors: float) -> None:
    found = build_time(SIZES, [scale * size**exponent for size in SIZES], vectors)
    assert found.exponent == pytest.approx(exponent, abs=1e-6)
    assert found.low <= found.high
    truth = scale * vectors**exponent
    assert truth == pytest.approx(found.low, rel=1e-5) or truth == pytest.approx(found.high, rel=1e-5)


def test_a_build_in_n_log_n_is_told_by_one_end() -> None:
    found = build_time(SIZES, [1e-6 * size * math.log(size) for size in SIZES], 1e6)
    truth = 1e-6 * 1e6 * math.log(1e6)
    assert found.low <= truth * (1 + 1e-9)
    assert truth <= found.high * (1 + 1e-9)


@pytest.mark.parametrize(
    ("sizes", "seconds", "vectors"),
    [
        ([1000], [1], 1e6),
        ([1000, 1000], [1, 2], 1e6),
        ([1000, 2000], [1], 1e6),
        ([1000, 2000], [0, 1], 1e6),
        ([1, 2000], [1, 1], 1e6),
        ([1000, 2000], [1, 2], 1),
    ],
)
def test_builds_that_tell_nothing_are_refused(
    sizes: list[float], seconds: list[float], vectors: float
) -> None:
    with pytest.raises(InvalidValueError):
        build_time(sizes, seconds, vectors)
