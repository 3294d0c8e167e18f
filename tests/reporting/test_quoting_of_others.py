"""Foreign text for build logs, JSON and spreadsheets: no command, no formula, and always read back."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.quoting import (
    EXCERPT,
    LONGEST,
    excerpt,
    harmless,
    json_ascii,
    json_lines,
    lines,
    one_line,
    original,
    quoted,
    shortened,
    visible,
    visible_throughout,
)

starts = st.sampled_from(
    ["", "'", "''", " ", "\t", "\ufeff", "=", "+", "-", "@", "\uff1d", "\u2212", "::", "##[", "##vso["]
)
texts = st.builds("{}{}{}".format, starts, starts, st.text(max_size=12))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("::error title=x::y", "\\::error title=x::y"),
        ("  ::group::", "  \\::group::"),
        ("see ::error", "see ::error"),
        ("##[error]x", "#\\#[error]x"),
        ("a ##vso[task.setvariable]b", "a #\\#vso[task.setvariable]b"),
        ("## heading", "## heading"),
        ("a\x1b[2Kb", "a\\x1b[2Kb"),
    ],
)
def test_a_line_is_no_command_to_a_build_server(text: str, shown: str) -> None:
    assert one_line(text) == shown


@settings(max_examples=40)
@given(texts)
def test_no_line_of_any_text_is_a_command(text: str) -> None:
    for line in lines(text).split("\n"):
        assert not re.match(r"\s*::", line)
        assert not re.search(r"##[\w.-]*\[", line)
    assert lines(text).count("\n") == text.count("\n")
    assert "\n" not in one_line(text)


@settings(max_examples=40)
@given(
    st.recursive(
        st.one_of(texts, st.integers(), st.none()), lambda inner: st.dictionaries(texts, inner, max_size=3)
    )
)
def test_json_says_the_same_without_what_logs_obey_and_in_ascii(value: Any) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=1)
    tame = json_lines(text)
    assert json.loads(tame) == value
    assert not re.search(r"##[\w.-]*\[", tame)
    assert not re.search("[\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b\ufeff]", tame)
    assert json_ascii(tame).isascii()
    assert json.loads(json_ascii(text)) == value


@settings(max_examples=40)
@given(texts)
def test_what_a_spreadsheet_would_run_is_read_back_as_it_was(text: str) -> None:
    written = harmless(text)
    assert isinstance(written, str)
    assert original(written) == text
    assert not re.match(r"[\s\ufeff\u200b-\u200f\u2060]*[=+\-@\uff1d\uff0b\uff0d\uff20]", written)


@pytest.mark.parametrize("start", "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u2212")
def test_every_start_of_a_formula_gets_an_apostrophe(start: str) -> None:
    assert harmless(f"{start}1") == f"'{start}1"
    assert harmless(f"'{start}1") == f"''{start}1"


@pytest.mark.parametrize("cell", [-1, 0.5, None, True, "plain", "'plain", "1+1", ""])
def test_numbers_and_plain_texts_stay_as_they_are(cell: object) -> None:
    assert harmless(cell) is cell
    if isinstance(cell, str):
        assert original(cell) == cell


@settings(max_examples=40)
@given(st.text(), st.integers(1, 20))
def test_a_shortened_text_is_no_longer_than_asked_and_its_cut_is_marked(text: str, longest: int) -> None:
    found = shortened(text, longest)
    assert len(found) <= longest
    assert found == text if len(text) <= longest else found == text[: longest - 1] + "…"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("one\n two\t three ", "one two three"),
        ("x" * EXCERPT, "x" * EXCERPT),
        ("x" * (EXCERPT + 1), "x" * (EXCERPT - 1) + "…"),
        ("a " * 400, ("a " * 400)[: EXCERPT - 1] + "…"),
        (" " * 1000 + "far", ""),
        ("", ""),
    ],
)
def test_an_excerpt_is_one_line_of_the_beginning(text: str, shown: str) -> None:
    assert excerpt(text) == shown


def test_a_quoted_text_stands_in_quotation_marks_and_none_where_there_is_none() -> None:
    assert quoted("some words", 6) == '"some …"'
    assert quoted("", 6) == ""


@pytest.mark.parametrize("sign", "\u200e\u200f\u061c\u2028\u180e\u206a\ufff9\ufdd0")
def test_every_mark_that_steers_or_hides_is_written_out_or_becomes_a_space(sign: str) -> None:
    shown = visible(f"a{sign}b")
    assert shown in (f"a\\u{ord(sign):04x}b", "a b")


def test_joiners_and_variation_selectors_stay() -> None:
    assert visible("a\u200d\u200cb\ufe0f") == "a\u200d\u200cb\ufe0f"


def test_a_text_of_the_longest_length_is_whole_and_a_longer_one_is_cut() -> None:
    whole, cut = visible_throughout(["x" * LONGEST, "x" * (LONGEST + 1)])
    assert whole == "x" * LONGEST
    assert cut == "x" * (LONGEST - 1) + "…"
    assert visible_throughout(("a\x07", 1)) == ["a\\x07", 1]
