"""Foreign text, safe to read."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.quoting import shortened, visible, visible_throughout


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x00b\x1b[31mc", "a\\x00b\\x1b[31mc"),
        ("evil\u202etxt.exe", "evil\\u202etxt.exe"),
        ("half \ud83d pair", "half \\ud83d pair"),
        ("two\nlines\tand a tab", "two lines and a tab"),
        ("no character \ufffe", "no character \\ufffe"),
        ("family 👨‍👩‍👧 and عربي stay", "family 👨‍👩‍👧 and عربي stay"),
    ],
)
def test_what_would_be_invisible_or_steer_the_line_is_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text())
def test_visible_text_has_no_control_and_no_half_of_a_pair(text: str) -> None:
    assert not {unicodedata.category(character) for character in visible(text)} & {"Cc", "Cs", "Zl", "Zp"}


@given(st.text())
def test_making_text_visible_twice_changes_nothing_more(text: str) -> None:
    assert visible(visible(text)) == visible(text)


def test_every_text_of_a_json_value_is_made_visible() -> None:
    value: Any = {"a\x07": ["\x07", {"b": "\x07"}, 1, None]}
    assert visible_throughout(value) == {"a\\x07": ["\\x07", {"b": "\\x07"}, 1, None]}


def test_no_text_of_a_json_value_is_longer_than_a_thousand_characters() -> None:
    value = visible_throughout({"k" * 5000: "\x00" * 5000})
    assert [(len(key), len(item)) for key, item in value.items()] == [(1000, 1000)]


def test_a_cut_is_marked() -> None:
    assert shortened("abcdef", 4) == "abc…"
    assert shortened("abcd", 4) == "abcd"
