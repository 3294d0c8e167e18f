"""Tables that people open in spreadsheets: no cell of them runs as a formula, and every text comes back."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.golden.folder import read_draft
from evalkit.judging.grading import read_graded
from evalkit.quoting import harmless, original
from evalkit.reporting.files import _csv

STARTS = [
    "=1+1",
    "+49",
    "-a",
    "@SUM(A1)",
    "\t=x",
    "\r=x",
    "\n@x",
    "\tplain",
    " =x",
    "\ufeff=x",
    "\u200b=x",
    "\xa0=x",
]
WIDE = ["\uff1dx", "\uff0bx", "\uff0dx", "\uff20x", "\ufe66x", "\ufe62x", "\ufe63x", "\ufe6bx", "\u2212x"]
starting = st.text(alphabet="'=+-@\t\r\n \uff1dab", max_size=6)


@pytest.mark.parametrize("text", STARTS + WIDE)
def test_a_text_that_opens_as_a_formula_has_an_apostrophe_before_it(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("cell", ["plain", "a=b", "a-b", "'quoted'", "", " a", -0.5, 3, True, None])
def test_what_is_no_formula_stays_as_it_is(cell: object) -> None:
    assert harmless(cell) is cell


@given(text=starting | st.text())
def test_every_text_comes_back(text: str) -> None:
    assert original(str(harmless(text))) == text


@given(one=starting, other=starting)
def test_two_texts_never_become_one(one: str, other: str) -> None:
    assert (harmless(one) == harmless(other)) == (one == other)


def test_a_table_keeps_its_numbers_and_guards_its_texts_and_headers() -> None:
    frame = pd.DataFrame({"query": ["=a", "b"], "delta": [-0.5, 0.25], "@segment": [True, False]})

    header, first, second = csv.reader(io.StringIO(_csv(frame).decode()))

    assert header == ["query", "delta", "'@segment"]
    assert first == ["'=a", "-0.5", "True"]
    assert second == ["b", "0.25", "False"]


def test_ids_of_a_worklist_are_those_of_the_set_written_harmless_or_as_they_are(tmp_path: Path) -> None:
    """A set may hold both "=d" and "'=d"; a table of another hand may hold an id as it stands."""
    golden = tmp_path / "set"
    (golden / "qrels").mkdir(parents=True)
    (golden / "queries.jsonl").write_text('{"_id": "-q", "text": "a"}\n{"_id": "q2", "text": "b"}\n')
    documents = ["=d", "'=d", "'@e", "d"]
    (golden / "corpus.jsonl").write_text("".join(f'{{"_id": "{name}", "text": "t"}}\n' for name in documents))
    (golden / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq2\td\t1\n")
    path = tmp_path / "worklist.csv"
    rows = "'-q,'=d,1\n'-q,''=d,2\n-q,'@e,3\n"
    path.write_text(f"query,document,grade\n{rows}")

    graded = read_graded(path, read_draft(golden))

    found = [(item.query, item.document, item.grade) for item in graded.fresh]
    assert found == [("-q", "=d", 1), ("-q", "'=d", 2), ("-q", "'@e", 3)]
