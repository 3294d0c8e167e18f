"""Run columns: a good file is read at once, any other with care; nobody can tell which it was."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evalkit.errors import EvalkitError
from evalkit.golden.goldenset import GoldenSet
from evalkit.retrieval import runcolumns, trec
from evalkit.retrieval.runcolumns import plain_listing
from evalkit.retrieval.trec import RunReading, read_run

QUIET = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
QUERIES, DOCUMENTS = ("q1", "q2", "q3"), ("a", "b", "c_1", "d", "é")
SCORES = st.one_of(
    st.floats(-9, 9).map(repr),
    st.sampled_from(["0.5", "1", "-0.0", "1e3", "0", "3.25", "+2"]),
)


def golden_set() -> GoldenSet:
    return GoldenSet.of(
        "set",
        queries=dict.fromkeys(QUERIES, "text"),
        corpus=dict.fromkeys(DOCUMENTS, "text"),
        qrels={query: {"a": 1} for query in QUERIES},
    )


def told(path: Path, golden: GoldenSet, reading: RunReading) -> object:
    """Return everything that reading a file gives: the run and its findings, or the words of the error."""
    try:
        run = read_run(path, golden, reading=reading)
    except EvalkitError as error:
        return str(error)
    return run.rows.tolist(), run.scores.tolist(), [str(item) for item in run.findings]


def agree(path: Path, reading: RunReading | None = None) -> bool:
    """Hold both readers against each other; return whether the file was a good one."""
    golden, asked = golden_set(), reading or RunReading(missing_queries="zero")
    here = told(path, golden, asked)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trec, "plain_listing", lambda *_: None)
        assert here == told(path, golden, asked)
    return plain_listing(path, golden) is not None


@st.composite
def lines(draw: st.DrawFn) -> list[list[str]]:
    """Draw results with ranks that count, stand still, or go anywhere."""
    found = []
    for query in draw(st.lists(st.sampled_from(QUERIES), unique=True, min_size=1)):
        documents = draw(st.lists(st.sampled_from(DOCUMENTS[:4]), unique=True, min_size=1))
        ranks = draw(st.sampled_from(["count", "same", "any"]))
        for place, document in enumerate(documents, 1):
            rank = {"count": place, "same": 1, "any": draw(st.integers(-2, 4))}[ranks]
            found.append([query, "Q0", document, str(rank), draw(SCORES), "sys"])
    return draw(st.permutations(found))


@pytest.mark.long
@QUIET
@given(rows=lines(), mark=st.sampled_from([" ", "\t"]), end=st.sampled_from(["", "\n"]))
def test_good_files_give_what_the_careful_reader_gives(
    tmp_path: Path, rows: list[list[str]], mark: str, end: str
) -> None:
    """Ids, scores to the last bit, the order of equal ones, and every finding on the order."""
    path = tmp_path / "run.trec"
    path.write_text("\n".join(mark.join(row) for row in rows) + end)
    agree(path)
    agree(path, RunReading(missing_queries="zero", order="rank"))
    agree(path, RunReading())


@QUIET
@given(
    rows=lines(),
    at=st.integers(0, 99),
    column=st.integers(0, 5),
    cell=st.sampled_from(
        [
            "",
            "x",
            "é",
            "nan",
            "inf",
            "1_000",
            "1,5",
            "1.5",
            "-3",
            "#",
            "#a",
            "1e999",
            "q1",
            "a",
            "{",
            '"a"',
            "__no_results__",
            "x y",
            "\x0b",
            "\x00",
            "\u00a0",
            "٣",
            "0x1",
            "a\r",
            "NaN",
            "Infinity",
            "d01",
        ]
    ),
)
def test_one_odd_cell_is_told_in_the_same_words(
    tmp_path: Path, rows: list[list[str]], at: int, column: int, cell: str
) -> None:
    """Whatever the careful reader refuses, warns of or lets pass, it still does."""
    path = tmp_path / "run.trec"
    rows = [list(row) for row in rows]
    rows[at % len(rows)][column] = cell
    path.write_bytes("\n".join(" ".join(row) for row in rows).encode())
    agree(path)


ODD = {
    "empty": b"",
    "blank lines": b"q1 Q0 a 1 2 s\n\nq1 Q0 b 2 1 s\n",
    "a line end of Windows": b"q1 Q0 a 1 2 s\r\nq1 Q0 b 2 1 s\r\n",
    "of old Macs": b"q1 Q0 a 1 2 s\rq1 Q0 b 2 1 s\r",
    "a byte-order mark": b"\xef\xbb\xbfq1 Q0 a 1 2 s\nq1 Q0 b 2 1 s\n",
    "five and seven": b"q1 Q0 a 1 2\nq1 Q0 b 2 1 s s\n",
    "two blanks": b"q1  Q0 a 1 2 s\nq1 Q0 b 2 1 s\n",
    "a blank before": b" q1 Q0 a 1 2 s\nq1 Q0 b 2 1 s\n",
    "a blank after": b"q1 Q0 a 1 2 s \nq1 Q0 b 2 1 s\n",
    "two systems": b"q1 Q0 a 1 2 s\nq1 Q0 b 2 1 t\n",
    "a header": b"query Q0 document rank score system\nq1 Q0 a 1 2 s\n",
    "twice": b"q1 Q0 a 1 2 s\nq1 Q0 a 2 1 s\n",
    "another query": b"q9 Q0 a 1 2 s\nq1 Q0 a 1 2 s\nq1 Q0 b 2 1 s\n",
    "another document": b"q1 Q0 z 1 2 s\nq1 Q0 b 2 1 s\n",
    "not UTF-8": b"q1 Q0 \xe9 1 2 s\nq1 Q0 b 2 1 s\n",
    "a comment": b"# made today\nq1 Q0 a 1 2 s\nq1 Q0 b 2 1 s\n",
    "commas and points": b"q1 Q0 a 1 2,5 s\nq1 Q0 b 2 1.5 s\n",
    "one result each": b"q1 Q0 a 1 2 s\nq2 Q0 b 1 1 s\n",
    "nothing found": b"q1 Q0 __no_results__ 1 0 s\nq2 Q0 b 1 1 s\nq2 Q0 a 2 0 s\n",
}


@pytest.mark.parametrize("name", ODD)
def test_odd_files_are_read_with_care(tmp_path: Path, name: str) -> None:
    """None of them counts as good, and each ends as it did."""
    path = tmp_path / "run.trec"
    path.write_bytes(ODD[name])
    assert not agree(path)
    assert not agree(path, RunReading())


def test_a_good_file_is_seen_as_one_wherever_its_blocks_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Blocks of any size cut lines anywhere; the last line may lack its end."""
    path = tmp_path / "run.trec"
    rows = [
        f"{query} Q0 {name} {place} {4 - place}.5 s"
        for query in QUERIES
        for place, name in enumerate("abd", 1)
    ]
    for end in ("", "\n"):
        path.write_text("\n".join(rows) + end)
        for size in (20, 21, 33, 64, 2**22):
            monkeypatch.setattr(runcolumns, "AT_ONCE", size)
            assert agree(path)
