"""Grading: what people wrote into a worklist is taken back whole, and nothing that was there is changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from evalkit.errors import GoldenSetError
from evalkit.golden.folder import read_draft
from evalkit.golden.reading.records import Draft, Judgement
from evalkit.judging.grading import count_grades, read_graded, with_judgements

HEADER = "query-id\tcorpus-id\tscore\n"
ROWS = "q1\td1\t1\nq2\td2\t0\n"


def draft_with(folder: Path, judgements: str = HEADER + ROWS, name: str = "qrels/test.tsv") -> Draft:
    (folder / "qrels").mkdir(parents=True, exist_ok=True)
    (folder / "queries.jsonl").write_text('{"_id": "q1", "text": "a"}\n{"_id": "q2", "text": "b"}\n')
    lines = (f'{{"_id": "d{n}", "text": "text {n}"}}\n' for n in range(1, 5))
    (folder / "corpus.jsonl").write_text("".join(lines))
    (folder / name).write_bytes(judgements.encode())
    return read_draft(folder)


def worklist(folder: Path, *rows: str, header: str = "query,query_text,document,grade") -> Path:
    path = folder / "worklist.csv"
    path.write_text("".join(f"{row}\n" for row in (header, *rows)))
    return path


def refused(path: Path, draft: Draft) -> tuple[str, str]:
    with pytest.raises(GoldenSetError) as told:
        read_graded(path, draft)
    [finding] = told.value.findings
    return finding.code, finding.places[0]


def test_rows_are_fresh_known_or_blank(tmp_path: Path) -> None:
    draft = draft_with(tmp_path / "set")
    path = worklist(tmp_path, "q1,a,d3,2", "q1,a,d1,1", "q2,b,d3,", "q2,b,d4,0", "q2,b,d1,  ")

    graded = read_graded(path, draft)

    assert graded.fresh == (Judgement("q1", "d3", 2, 2), Judgement("q2", "d4", 0, 5))
    assert (graded.known, graded.blank) == (1, 2)
    assert count_grades(path) == 3


@pytest.mark.parametrize("grade", ["x", "0.5", "-1", "1e3"])
def test_a_cell_that_is_no_grade_is_told_with_its_file_and_line(tmp_path: Path, grade: str) -> None:
    path = worklist(tmp_path, "q1,a,d1,1", f"q1,a,d3,{grade}")

    _, place = refused(path, draft_with(tmp_path / "set"))

    assert place.startswith(f"{path}:3 ")


@pytest.mark.parametrize(("row", "stranger"), [("q9,a,d1,1", "q9"), ("q1,a,d9,1", "d9"), ("q1,a,D1,1", "D1")])
def test_an_id_that_the_set_does_not_have_is_told_by_line(tmp_path: Path, row: str, stranger: str) -> None:
    path = worklist(tmp_path, row)

    assert refused(path, draft_with(tmp_path / "set")) == ("EK294", f"{path}:2   {stranger}")


def test_a_grade_against_a_judgement_is_told_with_both_places(tmp_path: Path) -> None:
    path = worklist(tmp_path, "q1,a,d3,1", "q2,b,d2,1")

    told = refused(path, draft_with(tmp_path / "set"))

    assert told == ("EK295", f"{path}:3   q2 d2 1, 0 in test.tsv:3")


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    path = worklist(tmp_path, "q1,a,d9,1", "q2,b,d2,1", "q9,b,d2,1")

    with pytest.raises(GoldenSetError) as told:
        read_graded(path, draft_with(tmp_path / "set"))

    assert [finding.code for finding in told.value.findings] == ["EK294", "EK295"]
    assert told.value.findings[0].places == (f"{path}:2,4   d9, q9",)


def test_a_table_without_a_column_of_grades_is_refused(tmp_path: Path) -> None:
    path = worklist(tmp_path, "q1,d3", header="query,document")

    with pytest.raises(GoldenSetError, match="grade"):
        read_graded(path, draft_with(tmp_path / "set"))


def test_no_table_holds_no_grade(tmp_path: Path) -> None:
    assert count_grades(tmp_path / "none.csv") == 0


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("last", [True, False], ids=["ended", "open"])
def test_lines_that_are_there_keep_their_bytes_and_new_ones_end_alike(
    tmp_path: Path, end: str, *, last: bool
) -> None:
    before = (HEADER + ROWS).replace("\n", end)
    before = before if last else before.removesuffix(end)
    draft = draft_with(tmp_path / "set", before)
    graded = read_graded(worklist(tmp_path, "q1,a,d3,2", "q2,b,d4,0"), draft)

    _, after = with_judgements(draft, graded)

    new = [line for line in after.removeprefix(before.encode()).splitlines() if line]
    assert after.startswith(before.encode())
    assert new == [b"q1\td3\t2", b"q2\td4\t0"]
    assert after.endswith(end.encode() if last else b"\n")


def test_what_is_taken_back_is_read_again_and_is_fresh_no_more(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    draft = draft_with(folder)
    path = worklist(tmp_path, "q1,a,d3,2", "q2,b,d4,0")

    told, content = with_judgements(draft, read_graded(path, draft))
    (folder / "qrels" / "test.tsv").write_bytes(content)
    again = read_draft(folder)

    key = [(item.query, item.document, item.grade) for item in again.qrels.judgements]
    assert key == [(item.query, item.document, item.grade) for item in told.qrels.judgements]
    assert read_graded(path, again).fresh == ()
    assert read_graded(path, again).known == 2


def test_columns_in_trec_order_get_lines_in_trec_order(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    draft_with(folder)
    (folder / "qrels" / "test.tsv").unlink()
    draft = draft_with(folder, "q1 0 d1 1\nq2 0 d2 0\n", "qrels.txt")

    _, content = with_judgements(draft, read_graded(worklist(tmp_path, "q1,a,d3,2"), draft))

    assert content == b"q1 0 d1 1\nq2 0 d2 0\nq1 0 d3 2\n"
