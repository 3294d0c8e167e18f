"""TREC markup: what is read between tags that are seldom XML, and that writing and reading are inverse."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.golden.reading.markup import (
    escaped,
    read_marked_documents,
    read_topics,
    topics_text,
    unescaped,
)
from evalkit.golden.reading.records import Sheet, TextRecord

TEXTS = st.text(alphabet="ab &<>\"'\n\t;#x\u00a0é", max_size=12)


def topics(folder: Path, text: str) -> Sheet:
    return read(folder, text, read_topics)


def documents(folder: Path, text: str) -> Sheet:
    return read(folder, text, read_marked_documents)


def read(folder: Path, text: str, reader: object) -> Sheet:
    path = folder / "file.xml"
    path.write_bytes(text.encode())
    sheet = Sheet(path)
    reader(sheet)  # type: ignore[operator]
    return sheet


def told(sheet: Sheet) -> list[str]:
    return [f"{finding.code} {finding.problem}" for finding in sheet.findings()]


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("R&amp;D", "R&D"),
        ("&lt;b&gt; &quot;x&quot; &apos;", '<b> "x" \''),
        ("&#233;&#xe9;&#XE9;", "ééé"),
        ("&eacute;", "&eacute;"),  # a name that XML does not know
        ("&amp;lt;", "&lt;"),  # resolved once
        ("&#1114111;", "\U0010ffff"),
        ("&#1114112;", "&#1114112;"),
        ("&#xD800;", "&#xD800;"),
        ("&#xDFFF;", "&#xDFFF;"),
        ("&#xE000;", "\ue000"),
        ("&#0000000065;", "&#0000000065;"),  # ten digits
        ("&#000000065;", "A"),
        ("& ; &#; &#x;", "& ; &#; &#x;"),
    ],
)
def test_references_are_resolved_where_they_mean_a_character(written: str, text: str) -> None:
    assert unescaped(written) == text


@given(text=TEXTS)
def test_what_is_escaped_holds_no_markup_and_comes_back(text: str) -> None:
    written = escaped(text)

    assert unescaped(written) == text
    assert not set(written) & set("<>\"'\n\t")
    assert written == written.strip(" ")
    assert "  " not in written


@given(
    topics=st.lists(st.tuples(st.text(alphabet="ab1&<\" '", min_size=1, max_size=5), TEXTS), max_size=4),
    segment=st.none() | TEXTS,
)
def test_topics_that_are_written_are_read_alike(
    topics: list[tuple[str, str]], segment: str | None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    fields = {} if segment is None else {"segment": segment}
    records = [TextRecord(f"q{name}", body, fields, 0) for name, body in topics]
    sheet = read(tmp_path_factory.getbasetemp(), topics_text(records), read_topics)

    assert [(record.identity, record.body, record.fields) for record in sheet.records] == [
        (record.identity, record.body, fields) for record in records
    ]


def test_a_classic_topic_is_read_without_the_words_that_repeat_its_tags(tmp_path: Path) -> None:
    text = "<top>\n<num> Number: 301\n<title> Topic:  pay\n late \n<desc> Description: long\n</top>\n"

    (record,) = topics(tmp_path, text).records

    assert (record.identity, record.body, record.line) == ("301", "pay late", 1)


@pytest.mark.parametrize(
    ("inner", "body"),
    [
        ("<title>t<query>q<desc>d", "t"),
        ("<query>q<desc>d", "q"),
        ("<desc>Description: d", "d"),
        ("<title> <desc>d", "d"),
        ("<title>first<title>second", "first"),
        ("<title><title>second", "second"),
        ("<title>a <b>bold</b> word", "a"),
    ],
)
def test_the_text_of_a_topic_is_its_title_else_its_query_else_its_description(
    tmp_path: Path, inner: str, body: str
) -> None:
    (record,) = topics(tmp_path, f"<top><num>1{inner}</top>").records

    assert record.body == body


@pytest.mark.parametrize(
    "topic",
    [
        '<topic number="7"><query>x</query></topic>',
        "<TOPIC id='7'>x</TOPIC>",
        "<topic><qid>7</qid><text>x</topic>",
    ],
)
def test_a_topic_is_numbered_by_an_attribute_or_a_tag(tmp_path: Path, topic: str) -> None:
    (record,) = topics(tmp_path, topic).records

    assert (record.identity, record.body) == ("7", "x")


def test_topics_without_a_number_or_a_text_are_told_and_the_others_read(tmp_path: Path) -> None:
    sheet = topics(tmp_path, "<top><title>x</top>\n<top><num>2</top>\n<top><num>3<title>y</top>\n")

    assert [record.identity for record in sheet.records] == ["3"]
    assert told(sheet) == ["EK288 1 topic without a number", "EK288 1 topic without a text"]


def test_an_empty_title_is_a_text_that_is_empty(tmp_path: Path) -> None:
    (record,) = topics(tmp_path, "<top><num>1<title></top>").records

    assert record.body == ""


def test_a_topic_that_is_not_closed_is_told_and_does_not_swallow_the_next(tmp_path: Path) -> None:
    sheet = topics(tmp_path, "<top><num>1<title>x\n<top><num>2<title>y</top>\n")

    assert [record.identity for record in sheet.records] == ["2"]
    assert any("<top> not closed" in line for line in told(sheet))


def test_a_file_without_a_block_is_told_and_an_empty_one_says_nothing(tmp_path: Path) -> None:
    assert told(topics(tmp_path, "pay late\n")) == ["EK289 no block that could be read"]
    assert told(topics(tmp_path, " \n")) == []


def test_lines_are_those_of_the_file_with_any_line_end(tmp_path: Path) -> None:
    sheet = topics(tmp_path, "\r\n<top>\r\n<num>1<title>x\r\n</top>\r\n<top><num>2<title>y</top>\r\n")

    assert [record.line for record in sheet.records] == [2, 5]


def test_a_document_is_its_title_and_all_its_texts_without_tags(tmp_path: Path) -> None:
    head = "<DOCNO> d1 </DOCNO><HEADLINE>Pay  late</HEADLINE>"
    text = f"<DOC>\n{head}\n<TEXT>one <b>two</b></TEXT>x<TEXT>R&amp;D</TEXT>\n</DOC>\n"

    (record,) = documents(tmp_path, text).records

    assert (record.identity, record.title) == ("d1", "Pay late")
    assert record.text.replace("  ", " ") == "one two \nR&D".replace(" \n", "\n")


def test_a_document_without_a_text_is_what_is_left_of_it(tmp_path: Path) -> None:
    text = "<doc><docno>d1</docno><title>T</title>Some words<dochdr>http</dochdr></doc>"

    (record,) = documents(tmp_path, text).records

    assert record.body.split() == ["T", "Some", "words"]


def test_a_document_without_a_number_is_told(tmp_path: Path) -> None:
    sheet = documents(tmp_path, "<doc><text>x</text></doc><doc><docno>d2</docno>y</doc>")

    assert [record.identity for record in sheet.records] == ["d2"]
    assert told(sheet) == ["EK288 1 document without a DOCNO"]


@pytest.mark.parametrize("metadata", ["[1]", "{broken", "7", ""])
def test_metadata_that_are_no_table_are_none(tmp_path: Path, metadata: str) -> None:
    (record,) = topics(tmp_path, f"<top><num>1<title>x<metadata>{metadata}</metadata></top>").records

    assert record.fields == {}
