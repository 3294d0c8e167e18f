"""The rows of a log: each stands at its line, also behind cells that span lines."""

from __future__ import annotations

import csv
from collections.abc import Iterator

import pytest

from evalkit.parsing import NotationError, csv_cells, csv_rows, csv_table


@pytest.fixture(params=[10, 2**31 - 1])
def elsewhere(request: pytest.FixtureRequest) -> Iterator[int]:
    """What another reader allows in a cell: the module holds one limit for the process."""
    before = csv.field_size_limit(request.param)
    yield request.param
    csv.field_size_limit(before)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a,b\n1,2\n3,4\n", [1, 2, 3]),
        ('a,b\n"1\n1",2\n3,4\n', [1, 3, 4]),
        ('a,b\n1,2\n\n"3\n\n3",4\n5,6', [1, 2, 3, 6, 7]),
        ("", []),
    ],
)
def test_a_row_stands_where_it_ends_and_reads_as_it_does_row_by_row(text: str, lines: list[int]) -> None:
    where, rows = csv_table(text, ",")
    assert list(where) == lines
    assert list(zip(where, rows, strict=True)) == list(csv_rows(text.splitlines(keepends=True), ","))


@pytest.mark.usefixtures("elsewhere")
def test_a_cell_without_end_names_its_line() -> None:
    with pytest.raises(NotationError) as caught:
        csv_table('a,b\n1,"' + "x" * 140_000, ",")
    assert caught.value.line == 2


def test_what_a_reader_of_another_file_allows_changes_no_row_nor_is_changed(elsewhere: int) -> None:
    first, second = csv_rows(["a," + "x" * 100] * 2, ",", longest=100), csv_rows(["y" * 200] * 2, ",")
    assert next(first)[1][1] == "x" * 100
    assert next(second)[1] == ["y" * 200]
    assert next(first)[1][1] == "x" * 100
    with pytest.raises(NotationError):
        list(csv_rows(["a," + "x" * 101], ",", longest=100))
    assert csv_cells("a" * 20 + ",b", ",") == ["a" * 20, "b"]
    assert csv.field_size_limit() == elsewhere
