"""Foreign text changes nothing but itself: every view keeps its shape, and every text can be read back."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from typing import Any

import pytest
from filled_blocks import KINDS, every_text, filled, page_of
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.quoting import visible
from evalkit.reporting.blocks import (
    Beside,
    Check,
    Checks,
    Drilldown,
    Excerpts,
    Facts,
    Folded,
    Glossary,
    Grid,
    Items,
    Notes,
    Sentences,
)
from evalkit.reporting.page import Page, Section
from evalkit.reporting.tables import Column, Row, Table
from evalkit.reporting.views.columns import GAP, aligned, cell_widths
from evalkit.reporting.views.escaping import code, code_in_cell, escaped
from evalkit.reporting.views.github import workflow_commands
from evalkit.reporting.views.html import html
from evalkit.reporting.views.junit import junit
from evalkit.reporting.views.markdown import markdown
from evalkit.reporting.views.terminal import terminal
from evalkit.reporting.words import Code, Strong, marked, parts_of, unmarked

HOSTILE = (
    '"><script>alert(1)</script>',
    "'><img src=x onerror=alert(1)>",
    "</style></title></table><iframe src=//evil.example>",
    "[link](http://evil.example) ![i](http://evil.example/i.png) <a href=x>",
    "`` ` `code` **bold** ~~gone~~ # | cell | \\| @everyone #1 www.evil.example",
    "- one",
    "+ two",
    "12. three",
    "===",
    "---",
    "{{ 7 * 7 }} {% raw %} &amp; &lt; %0A ]]> <!-- <![CDATA[",
)
WORD = "plain"
texts = st.text(max_size=30).map(visible)
words = st.text("abcdefghijkl", min_size=1, max_size=12)
sentences = st.lists(words, min_size=1, max_size=25).map(" ".join)


class Shape(HTMLParser):
    """The tags of a page with the names of their attributes, and what a reader sees."""

    def __init__(self, page: str) -> None:
        """Parse the page."""
        super().__init__()
        self.shape: list[tuple[str, ...]] = []
        self.seen: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag and the names of its attributes."""
        self.shape.append((tag, *(name for name, _ in attrs)))
        self.seen += [value or "" for _, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        """Note that a tag ends."""
        self.shape.append((f"/{tag}",))

    def handle_data(self, data: str) -> None:
        """Note what a reader sees."""
        self.seen.append(data)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_page_has_the_same_tags_whatever_its_texts_say(text: str, kind: type[Any]) -> None:
    hostile = Shape(html(page_of(filled(kind, lambda _: text))))
    assert hostile.shape == Shape(html(page_of(filled(kind, lambda _: WORD)))).shape
    assert text in "\n".join(hostile.seen)


def kind_of(line: str) -> str:
    """Return what makes a line of Markdown a heading, an item, a row, a rule or a tag; "" for a paragraph."""
    found = re.match(r"#+ |\s*(?:[-+*]|\d+[.)]) |[|]|<|=+$|-+$", line)
    return found.group() if found else ""


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_summary_neither_formats_nor_links_whatever_its_texts_say(text: str, kind: type[Any]) -> None:
    summary = markdown(page_of(filled(kind, lambda _: text)))
    plain = markdown(page_of(filled(kind, lambda _: WORD)))
    outside = re.sub(r"(?<![\\`])(`+)(?!`).*?(?<!`)\1(?!`)", "", summary)
    for sign in (
        r"(?<!\\)<(?!/?(?:details|summary)>)",
        r"(?<!\\)\[",
        r"https?://|www\.",
        r"(?<!\w)@\w",
        "(?<!\\\\)~",
    ):
        assert not re.search(sign, outside), sign
    assert len(summary.splitlines()) == len(plain.splitlines())
    assert [kind_of(line) for line in summary.splitlines()] == [kind_of(line) for line in plain.splitlines()]


@pytest.mark.long
@settings(max_examples=40)
@given(
    headings=st.lists(texts, min_size=2, max_size=3),
    cells=st.lists(st.lists(texts, min_size=3, max_size=3), max_size=4),
    says=texts,
    named=texts,
)
def test_every_row_of_a_table_has_as_many_cells_as_its_head(
    headings: list[str], cells: list[list[str]], says: str, named: str
) -> None:
    rows = tuple(Row(tuple(row[: len(headings)]), says=says, code=named) for row in cells)
    table = Table("", tuple(map(Column, headings)), rows)
    lines = markdown(page_of(Grid(table))).split("\n")
    lines = [line for line in lines if line.startswith("|")]
    assert len(lines) == 2 + len(rows)
    bars = {
        len(re.findall(r"(?<!\\)(?:\\\\)*\|", re.sub(r"`+.*?`+", "", line)))
        for line in lines
        if "`" not in line
    }
    assert bars <= {len(headings) + 1 + table.speaks}


@settings(max_examples=40)
@given(name=texts, words_=texts, says=texts, place=texts, again=texts)
def test_every_text_of_a_check_is_read_back_out_of_its_test_case(
    name: str, words_: str, says: str, place: str, again: str
) -> None:
    check = Check(name=name, state="errs", words=words_, says=says, places=(place,))
    root = ET.fromstring(junit(page_of(Checks(subject=name, checks=(check,), again=again))))  # noqa: S314 - our own output
    (error,) = root.iter("error")
    assert (error.get("message"), error.get("type")) == (words_, says)
    assert error.text == f"{place}\n{again}"
    assert next(root.iter("testcase")).get("name") == name


@settings(max_examples=40)
@given(title=st.text(max_size=20), told=st.text(max_size=40))
def test_an_annotation_is_one_line_whose_texts_are_read_back(title: str, told: str) -> None:
    check = Check(name="c", state="fails", words=told)
    (command,) = workflow_commands(page_of(Checks(subject="s", title=title, checks=(check,))))
    assert not set(command) & set("\r\n")
    found = re.fullmatch(r"::error title=([^:,]*)::(.*)", command, re.DOTALL)
    assert found

    def read(text: str) -> str:
        return re.sub("%(..)", lambda match: chr(int(match.group(1), 16)), text)

    assert [read(part) for part in found.groups()] == [f"evalkit: {title}", told]


@settings(max_examples=40)
@given(st.text("`ab |\\", max_size=12))
def test_a_code_span_is_read_back_as_a_reader_of_markdown_does(text: str) -> None:
    """Source: CommonMark 0.31, code spans: one space goes from both ends where both are spaces, not all."""
    span = code(text)
    fence = re.match("`+", span)
    assert fence
    inner = span[len(fence.group()) : -len(fence.group())]
    assert fence.group() not in re.findall("`+", inner)
    read = inner[1:-1] if inner.startswith(" ") and inner.endswith(" ") and inner.strip() else inner
    assert read == (text or " ")
    assert not re.search(r"(?<!\\)\|", code_in_cell(text))


@settings(max_examples=40)
@given(texts)
def test_an_escaped_text_is_itself_without_its_escapes(text: str) -> None:
    shown = re.sub(r"\\([\\`*_{}\[\]#|~<>&/.)=+-])", r"\1", escaped(text))
    assert shown.replace("@\N{WORD JOINER}", "@") == text
    assert not re.search(r"(?<!\w)@\w", escaped(text))


def line_of(kind: type[Any], told: str, name: str) -> Page:
    """Return a page of one block whose names are short and whose other texts are long."""
    short = (
        "label",
        "id",
        "document",
        "term",
        "name",
        "delta",
        "baseline_score",
        "candidate_score",
        "heading",
    )
    return page_of(filled(kind, lambda path: name if path.rpartition(".")[2] in short else told))


@settings(max_examples=40)
@given(
    kind=st.sampled_from([Beside, Checks, Drilldown, Excerpts, Facts, Folded, Glossary, Items, Sentences]),
    told=sentences,
    name=words,
    width=st.integers(80, 120),
)
def test_no_line_of_sentences_is_wider_than_the_terminal(
    kind: type[Any], told: str, name: str, width: int
) -> None:
    lines = terminal(line_of(kind, told, name), width=width).splitlines()
    assert max(map(len, lines)) <= width
    assert lines == [line.rstrip() for line in lines]


@settings(max_examples=40)
@given(told=sentences, label=st.text("abc", min_size=81, max_size=200))
def test_a_label_wider_than_the_terminal_pushes_no_other_line_aside(told: str, label: str) -> None:
    """The line that holds it cannot be folded; all behind it can, and use the room that there is."""
    block = filled(Facts, lambda path: label if path.endswith("label") else told)
    lines = terminal(page_of(block), width=80).splitlines()
    assert all(len(line) <= 80 for line in lines if label not in line)
    assert all(line.startswith("  ") and line[2] != " " for line in lines[2:] if line and label not in line)


@settings(max_examples=40)
@given(
    rows=st.lists(
        st.tuples(sentences, words, st.floats(-1, 1).map(lambda x: f"{x:+.3f}")), min_size=1, max_size=5
    ),
    width=st.integers(60, 120),
)
def test_a_table_fits_the_terminal_and_its_numbers_stand_whole_below_each_other(
    rows: list[tuple[str, str, str]], width: int
) -> None:
    columns = (Column("query"), Column("kind"), Column("delta", numeric=True))
    lines = terminal(page_of(Grid(Table.of("", columns, rows))), width=width).splitlines()[2:]
    assert len(lines) == len(rows) + 1
    assert len({len(line) for line in lines}) == 1
    assert len(lines[0]) <= width
    assert all(line.endswith(row[2]) for line, row in zip(lines[1:], rows, strict=True))


def test_the_widest_text_gives_room_first_and_none_gives_more_than_it_must() -> None:
    columns = (Column("a"), Column("b"), Column("n", numeric=True))
    table = Table.of("", columns, [("x" * 50, "y" * 30, "1" * 15)])
    assert cell_widths(table) == [50, 30, 15]
    assert cell_widths(table, most=50 + 30 + 15 + 2 * len(GAP)) == [50, 30, 15]
    assert cell_widths(table, most=89) == [40, 30, 15]
    assert cell_widths(table, most=70) == [25, 26, 15]
    assert cell_widths(table, most=10) == [20, 20, 15]
    assert cell_widths(table, labels=60) == [60, 30, 15]


def test_numbers_stand_to_the_right_but_for_the_first_column_and_an_interval_has_no_comma() -> None:
    columns = (Column("n", numeric=True), Column("interval", numeric=True), Column("words"))
    line = aligned(("1", "[0.1, 0.2]", "a, b"), columns, (3, 12, 6))
    assert line == "1       [0.1 0.2]  a, b  "
    table = Table.of("", columns, [("1", "[0.001, 0.002]", "a, b")])
    assert cell_widths(table) == [1, len("[0.001 0.002]"), 5]


def test_a_row_that_lacks_cells_asks_for_no_room_in_the_columns_that_it_lacks() -> None:
    table = Table("", (Column("a"), Column("b")), (Row(("long name",), says="words"),))
    assert cell_widths(table) == [9, 1]


@settings(max_examples=40)
@given(st.lists(st.one_of(texts, texts.map(Strong), texts.map(Code)), max_size=6).map(tuple))
def test_words_without_their_marks_are_their_parts_one_after_the_other(
    parts: tuple[str | Strong | Code, ...],
) -> None:
    plain = "".join(part if isinstance(part, str) else part.text for part in parts)
    assert unmarked(parts) == plain
    assert marked(parts, {str: str, Strong: str, Code: str}) == plain
    assert parts_of(plain) == (plain,)
    signs = marked(parts, {str: lambda _: "s", Strong: lambda _: "b", Code: lambda _: "c"})
    assert signs == "".join({str: "s", Strong: "b", Code: "c"}[type(part)] for part in parts)


@pytest.mark.parametrize(
    ("block", "told"),
    [
        (Facts(()), ""),
        (Sentences(()), ""),
        (Items((), title="a title"), ""),
        (Checks(subject="s", checks=()), ""),
        (Drilldown(title="t", caption="c", lines=()), ""),
        (Excerpts(()), ""),
        (Notes(()), ""),
        (Glossary(()), ""),
        (Beside((), "pair"), ""),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_empty_block_says_nothing_in_short_and_stands_well_formed_on_a_page(block: Any, told: str) -> None:
    page = Page(what="w", title="t", name="n", facts=(), sections=(Section.untitled(block),))
    assert markdown(page).strip() == told
    assert terminal(page) == told
    shape = Shape(html(page)).shape
    for tag in ("table", "ul", "dl", "div", "section"):
        assert shape.count((f"/{tag}",)) == sum(part[0] == tag for part in shape)


def test_an_empty_table_keeps_its_head_and_an_empty_page_says_nothing() -> None:
    page = page_of(Grid(Table.of("", (Column("a"), Column("b", numeric=True)), [])))
    assert "| a | b |\n|---|--:|" in markdown(page)
    assert terminal(page).splitlines()[-1] == "a  b"
    assert not page_of().shown
    assert (terminal(page_of()), markdown(page_of())) == ("", "\n")
    assert not list(every_text(Facts(())))
