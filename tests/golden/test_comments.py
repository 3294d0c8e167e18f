"""Lines that begin with #: a comment where it is no row, a header or an id where it may be one."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.findings import Severity
from evalkit.golden.reading.comments import is_remark, without_comments, without_remarks
from evalkit.golden.reading.records import Sheet

BODY = ["id,text\n", "1,pay late\n"]


def bare(lines: list[str]) -> tuple[list[str], list[str]]:
    """Return the lines without comments, and what is told of them."""
    sheet = Sheet(Path("a.csv"))
    kept = without_comments(sheet, lines)
    return kept, [finding.problem for finding in sheet.findings()]


def remarked(lines: list[str], *, is_id: bool = False) -> list[int]:
    """Return the numbers of the lines of a run that are kept."""
    numbered = iter(list(enumerate(lines, 1)))
    return [number for number, _ in without_remarks(Sheet(Path("a.run")), numbered, is_id=is_id)]


@pytest.mark.parametrize("above", ["# made by hand\n", "#made, by, hand\n", "\ufeff# made by hand\n", "#\n"])
def test_a_comment_above_a_header_becomes_a_blank_line(above: str) -> None:
    kept, told = bare([above, *BODY])

    assert kept == ["\n", *BODY]
    assert told == ["1 line that begins with # passed over as comments"]


@pytest.mark.parametrize(
    "lines",
    [
        BODY,
        ["\n", *BODY],
        ["#,text\n", "1,pay late\n"],  # as many cells as the row below: the header itself
        ["#id;text\n", "1;pay late\n"],
        ["# a\n", "# b\n"],  # nothing but such lines
        ["# words\n", "words\n"],  # one column: any line may be a row
        [*BODY, "# 3\n"],  # below the header, a row
        [],
    ],
)
def test_a_line_that_may_be_a_row_or_the_header_is_kept(lines: list[str]) -> None:
    assert bare(lines) == (lines, [])


def test_a_comment_above_a_header_that_begins_with_the_mark_is_told_apart_from_it() -> None:
    kept, told = bare(["# made by hand\n", "#id\ttext\n", "1\tpay\n"])

    assert kept == ["\n", "#id\ttext\n", "1\tpay\n"]
    assert len(told) == 1


@given(above=st.lists(st.sampled_from(["# a\n", "#,b\n", "\n", "# c, d, e\n"]), max_size=5))
def test_every_line_keeps_its_number(above: list[str]) -> None:
    kept, _ = bare([*above, *BODY])

    assert len(kept) == len(above) + 2
    assert kept[-2:] == BODY
    assert all(line in ("\n", before) for line, before in zip(kept, above, strict=False))


def test_comments_are_notices_with_their_lines() -> None:
    sheet = Sheet(Path("a.csv"))

    without_comments(sheet, ["# a\n", "\n", "# b\n", *BODY])

    (told,) = sheet.findings()
    assert (told.code, told.severity) == ("EK190", Severity.NOTICE)
    assert told.problem == "2 lines that begin with # passed over as comments"
    assert "1" in told.places[0]
    assert "3" in told.places[0]


@pytest.mark.parametrize(
    ("line", "is_comment"),
    [
        ("# judged in May", True),  # four words, the first of them # alone, and no grade at the end
        ("# 0 d1 1", False),
        ("# 0 d1 -1", False),
        ("#q1 0 d1 1", False),
        ("#q1 0 d1 high", False),  # four cells; what the grade is worth is told elsewhere
        ("#judged in May by two people", True),
        ("#q1\td1\t1", False),
        ("# q1\td1 and more\t1", False),
        ("q1 0 d1 1 2", False),
    ],
)
def test_a_remark_among_judgements_is_no_row_of_three_or_four(line: str, *, is_comment: bool) -> None:
    assert is_remark(line, (3, 4)) is is_comment


def test_where_no_row_has_a_width_every_marked_line_is_a_remark() -> None:
    assert is_remark("#id text", ())
    assert not is_remark("id text", ())


def test_a_run_loses_its_comments_wherever_they_stand() -> None:
    row = "q1 Q0 d1 1 0.5 x"

    assert remarked(["# BM25, k1 = 0.9", row, "# half way", row, "#end"]) == [2, 4]
    assert remarked(["# a", "# b"]) == []
    assert remarked([]) == []
    assert remarked([row, row]) == [1, 2]


@pytest.mark.parametrize(("is_id", "kept"), [(False, [2]), (True, [1, 2])])
def test_the_mark_alone_is_an_id_only_where_it_is_said_to_be(*, is_id: bool, kept: list[int]) -> None:
    assert remarked(["# Q0 d1 1 0.5 x", "q1 Q0 d1 1 0.5 x"], is_id=is_id) == kept


def test_an_id_that_begins_with_the_mark_is_an_id_in_a_row_of_the_usual_width() -> None:
    assert remarked(["#q1 Q0 d1 1 0.5 x", "q2 Q0 d1 1 0.5 x"]) == [1, 2]


def test_the_cells_of_a_run_may_be_parted_by_a_mark_in_place_of_blanks() -> None:
    assert remarked(["#made by hand", "q1,d1,0.5", "#q2,d1,0.5", "#end"]) == [2, 3]
