"""The sizing: what the page tells is what the formula gives."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.scaling.sizing import Rates, size_of

PAGE = Path(__file__).parents[2] / "docs" / "how-to-scale.md"
MEASURED = Rates(texts_per_second=55.0, search_seconds=101.2)


def shown(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:,.2g}"


@pytest.mark.parametrize("power", [6, 7, 8, 9])
def test_the_table_of_the_page_is_what_the_formula_gives(power: int) -> None:
    sizes = [size_of(10**power, workers, MEASURED) for workers in (2, 16, 256, 1024)]
    hours = [shown(size.embed_hours) for size in sizes]
    row = [shown(sizes[0].embed_core_hours), shown(sizes[0].gigabytes), *hours]
    wanted = " | ".join([f"| 10^{power}", *row, shown(sizes[0].search_core_hours)]) + " |"
    assert wanted in PAGE.read_text("utf-8")


def test_the_rates_of_the_page_are_those_that_were_measured() -> None:
    measured = PAGE.with_name("benchmarks.md").read_text("utf-8")
    [texts] = re.findall(r"^\| openvino \| (\d+) \|", measured, re.MULTILINE)
    [seconds] = re.findall(r"^\| 10,000,000 \| \S+ s \| (\S+) s \|", measured, re.MULTILINE)
    assert float(texts) / 2 == MEASURED.texts_per_second
    assert float(seconds) * 2 == MEASURED.search_seconds


@given(
    documents=st.integers(1, 10**10),
    workers=st.integers(1, 10**4),
    shard_rows=st.sampled_from([1000, 10_000]),
)
def test_the_clock_is_never_below_an_even_share(documents: int, workers: int, shard_rows: int) -> None:
    size = size_of(documents, workers, MEASURED, shard_rows=shard_rows)
    assert size.embed_hours >= size.embed_core_hours / workers * (1 - 1e-9)
    more = size_of(documents, workers + 1, MEASURED, shard_rows=shard_rows)
    assert more.embed_hours <= size.embed_hours
    assert more.embed_core_hours == size.embed_core_hours
