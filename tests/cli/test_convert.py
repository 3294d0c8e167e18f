"""golden import and golden export at the command line: what is written, what is told, what is left alone."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support_sets import write_golden

from evalkit.cli import main
from evalkit.golden.folder import read_golden

CLICKS = """\
question,page_id,label,segment
how do I reset my password,007,2,account
"invoice, wrong",009,1,money
how do I reset my password,008,0,account
"""
PAGES = """\
page_id;title;body
007;Password;"Open settings; choose a new one"
008;Login;"Log in ""here"" now"
009;;Write to billing
"""
JUDGED = "question,page_id,label\nx1,007,2\n"


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, with the files that people bring."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "clicks.csv").write_text(CLICKS)
    (tmp_path / "pages.csv").write_text(PAGES)
    return tmp_path


def cli(*arguments: object) -> int:
    return main.run([str(argument) for argument in arguments])


def snapshot(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_one_table_and_a_corpus_become_a_golden_set(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    maps = "query=question,doc=page_id,grade=label"

    assert cli("golden", "import", "clicks.csv", "--map", maps, "--corpus", "pages.csv", "-o", "pages") == 0

    golden = read_golden(work / "pages")
    assert golden.queries.ids == ("q1", "q2")
    assert golden.queries.bodies == ("how do I reset my password", "invoice, wrong")
    assert golden.corpus.ids == ("007", "008", "009")
    assert golden.corpus.bodies[:2] == (
        "Password\nOpen settings; choose a new one",
        'Login\nLog in "here" now',
    )
    assert golden.qrels.grades.tolist() == [2, 0, 1]
    told = capsys.readouterr().out
    assert "read 2 queries from clicks.csv" in told
    assert list(golden.segments) == ["account", "money"]
    assert f"pages · golden {golden.digest[:6]}" in told


def test_more_than_nine_questions_are_numbered_with_leading_zeros(work: Path) -> None:
    rows = "".join(f"question {number},007\n" for number in range(12))
    (work / "clicks.csv").write_text("question,page_id\n" + rows)

    assert cli("golden", "import", "clicks.csv", "--corpus", "pages.csv", "-o", "out") == 0

    golden = read_golden(work / "out")
    assert golden.queries.ids[:2] == ("q01", "q02")
    assert golden.queries.bodies[-1] == "question 11"


def test_three_files_with_columns_of_their_own_in_four_forms(work: Path) -> None:
    (work / "asked.tsv").write_text("nr\twording\n01\tfirst\n02\tsecond\n")
    judged = [{"nr": "01", "site": 7, "mark": 2.0}, {"nr": "02", "site": 8, "mark": 1}]
    (work / "judged.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in judged))
    sites = {"nr": [7, 8], "head": ["A", None], "content": ["a", "b"]}
    pq.write_table(pa.table(sites), work / "sites.parquet")
    arguments = {
        "--queries": "asked.tsv", "--queries-map": "id=nr,text=wording",
        "--corpus": "sites.parquet", "--corpus-map": "id=nr,title=head",
        "--qrels": "judged.jsonl", "--map": "query=nr,doc=site,grade=mark",
        "--name": "sites", "-o": "out",
    }  # fmt: skip

    assert cli("golden", "import", *(word for pair in arguments.items() for word in pair)) == 0

    golden = read_golden(work / "out")
    assert golden.name == "sites"
    assert golden.queries.bodies == ("first", "second")
    assert golden.corpus.bodies == ("A\na", "b")
    assert golden.qrels.grades.tolist() == [2, 1]


def test_files_are_told_apart_by_their_names(work: Path) -> None:
    (work / "queries.csv").write_text("id,text\nx1,first\n")
    (work / "corpus.csv").write_text(PAGES.replace("page_id", "id"))
    (work / "mine.csv").write_text(JUDGED.replace("question", "qid"))

    assert cli("golden", "import", "queries.csv", "mine.csv", "corpus.csv", "-o", "out") == 0
    assert read_golden(work / "out").queries.ids == ("x1",)


def test_a_folder_may_lack_what_an_option_names(work: Path) -> None:
    write_golden(work / "support")
    corpus = (work / "support" / "corpus.jsonl").rename(work / "texts.jsonl")

    assert cli("golden", "import", "support", "--corpus", corpus, "-o", "out") == 0
    assert len(read_golden(work / "out").corpus) > 0


def test_the_options_of_the_card_are_written_into_it(work: Path) -> None:
    folder = write_golden(work / "support")
    (folder / "golden.toml").write_text('language = "en"\n[segments]\neven = "every second"\n')
    (folder / "qrels" / "test.tsv").rename(folder / "qrels" / "dev.tsv")
    with (folder / "qrels" / "dev.tsv").open("a") as file:
        file.write("\nq001\tgone\t1\n")
    options = ("--split", "dev", "--self-hits", "keep", "--missing-documents", "drop", "--name", "s")

    assert cli("golden", "import", "support", *options, "-o", "out") == 0

    card = read_golden(work / "out").card
    assert (card.name, card.split, card.self_hits, card.missing_documents) == ("s", "dev", "keep", "drop")
    assert (card.language, dict(card.segments)) == ("en", {"even": "every second"})


@pytest.mark.parametrize("form", ["native", "beir", "trec", "csv"])
def test_what_is_exported_can_be_imported_and_keeps_its_digest(
    work: Path, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    golden = read_golden(write_golden(work / "support"))

    assert cli("golden", "export", "support", "-o", "there", "--format", form) == 0
    assert golden.digest[:6] in capsys.readouterr().out
    assert read_golden(work / "there").digest == golden.digest
    assert cli("golden", "check", "there") == 0
    assert cli("golden", "import", "there", "-o", "back") == 0
    assert read_golden(work / "back").digest == golden.digest


def test_a_corpus_built_at_run_time_is_written_out(work: Path) -> None:
    assert cli("golden", "export", "python-stdlib", "-o", "there") == 0

    there, here = read_golden(work / "there"), read_golden("there")
    assert there.card.corpus == ""
    assert there.digest == here.digest
    assert (work / "there" / "corpus.jsonl").stat().st_size > 1_000_000


def test_a_folder_that_is_there_is_left_alone_and_kept_under_force(work: Path) -> None:
    write_golden(work / "out")
    before = snapshot(work / "out")
    arguments = ("golden", "import", "clicks.csv", "--corpus", "pages.csv", "-o", "out")

    assert cli(*arguments) == 2
    assert snapshot(work / "out") == before
    assert cli(*arguments, "--force") == 0
    assert len(read_golden(work / "out").queries) == 2
    assert snapshot(work / "out.before-1") == before
    assert cli(*arguments, "--force") == 0
    assert sorted(path.name for path in work.glob("out*")) == ["out", "out.before-1", "out.before-2"]


def test_a_folder_that_cannot_be_written_is_told_and_nothing_is_left(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (work / "file").write_text("in the way")

    assert cli("golden", "import", "clicks.csv", "--corpus", "pages.csv", "-o", "file/out") == 2
    assert "error[EK611]" in capsys.readouterr().err
    assert sorted(path.name for path in work.iterdir()) == ["clicks.csv", "file", "pages.csv"]


def spoilt(name: str, content: str, *arguments: str) -> tuple[dict[str, str], tuple[str, ...]]:
    return {name: content}, (*arguments, "-o", "out")


ONE = ("clicks.csv", "--corpus", "pages.csv")
BROKEN = {
    "no source": (*spoilt("x", ""), "EK276", "nothing names the corpus"),
    "no corpus": (*spoilt("x", "", "clicks.csv"), "EK276", "nothing names the corpus"),
    "a file that is not there": (*spoilt("x", "", "click.csv"), "EK276", "click.csv does not exist"),
    "two tables of judgements": (
        *spoilt("x.csv", "", *ONE, "x.csv"),
        "EK276",
        "would both be the judgements",
    ),
    "an unknown role": (
        *spoilt("x", "", *ONE, "--map", "qury=question"),
        "EK290",
        "did you mean query=question",
    ),
    "a role said twice": (*spoilt("x", "", *ONE, "--map", "doc=a,document=b"), "EK290", "each once"),
    "no pair": (*spoilt("x", "", *ONE, "--map", "question"), "EK290", "ROLE=COLUMN"),
    "a column that is not there": (
        *spoilt("x", "", *ONE, "--map", "query=questoin"),
        "EK291",
        "clicks.csv:2,3,4",
    ),
    "no column that could be meant": (
        *spoilt("clicks.csv", "frage,page_id\nx,007\n", *ONE),
        "EK291",
        "clicks.csv:2",
    ),
    "a corpus without a column of ids": (
        *spoilt("pages.csv", "url,body\n007,x\n", *ONE),
        "EK291",
        "pages.csv:2",
    ),
    "a table of unknown kind": (
        *spoilt("clicks.xlsx", "PK", "clicks.xlsx", *ONE[1:]),
        "EK282",
        "clicks.xlsx",
    ),
    "a float grade": (
        *spoilt("clicks.csv", CLICKS.replace(",2,", ",2.5,"), *ONE),
        "EK209",
        "clicks.csv:2   2.5",
    ),
    "an unknown page": (*spoilt("clicks.csv", CLICKS.replace("009", "9"), *ONE), "EK203", "clicks.csv:3   9"),
    "an empty question": (*spoilt("clicks.csv", CLICKS + ",007,1,\n", *ONE), "EK212", "clicks.csv:5"),
    "the same row again": (
        *spoilt("clicks.csv", CLICKS + '"invoice, wrong",009,1,money\n', *ONE),
        "EK211",
        "clicks.csv:5   q2 009 (first on line 3)",
    ),
    "one id for two questions": (
        *spoilt("clicks.csv", "qid,question,page_id\n1,a,007\n1,b,008\n", *ONE),
        "EK274",
        "clicks.csv:3   1 (first on line 2)",
    ),
    "a question that is a page": (
        *spoilt("clicks.csv", "qid,question,page_id\n009,Write to billing,007\n", *ONE),
        "EK214",
        "clicks.csv:2   009",
    ),
    "a table without rows": (*spoilt("clicks.csv", "question,page_id\n", *ONE), "EK213", "clicks.csv"),
    "neither output nor set": ({}, ("clicks.csv",), "EK276", "either -o or --into"),
    "both output and set": ({}, ("clicks.csv", "-o", "out", "--into", "x"), "EK276", "either -o or --into"),
    "two worklists": ({}, ("clicks.csv", "pages.csv", "--into", "x"), "EK276", "one worklist, not 2"),
}


@pytest.mark.parametrize(("files", "arguments", "code", "told"), BROKEN.values(), ids=BROKEN.keys())
def test_each_broken_import_exits_with_2_names_its_place_and_writes_nothing(
    work: Path,
    capsys: pytest.CaptureFixture[str],
    files: Mapping[str, str],
    arguments: tuple[str, ...],
    code: str,
    told: str,
) -> None:
    for name, content in files.items():
        (work / name).write_text(content)
    before = snapshot(work)

    assert cli("golden", "import", *arguments) == 2

    error = capsys.readouterr().err
    assert f"error[{code}]" in error
    assert told in error
    assert "hint: " in error
    assert "Traceback" not in error
    assert snapshot(work) == before


def graded(work: Path, rows: list[tuple[str, str, str]]) -> Path:
    """Write a worklist as evalkit does, with the grades that people filled in."""
    path = work / "worklist.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["query", "document", "weight", "text", "grade"])
        writer.writerows([query, document, 0.5, "a, text", grade] for query, document, grade in rows)
    return path


def test_the_grades_of_a_worklist_are_added_and_the_old_judgements_kept(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_golden(work / "support")
    path = folder / "qrels" / "test.tsv"
    before = path.read_bytes()
    graded(
        work, [("q000", "d001", "0"), ("q000", "d002", " 2 "), ("q001", "d001", "1"), ("q001", "d005", "")]
    )

    assert cli("golden", "import", "worklist.csv", "--into", "support") == 0

    assert path.read_bytes() == before + b"\nq000\td001\t0\nq000\td002\t2\n"
    assert (work / "support.before-1" / "qrels" / "test.tsv").read_bytes() == before
    told = capsys.readouterr().out
    assert "2 judgements added, 1 there already, 1 rows without a grade" in told
    assert read_golden(folder).digest[:6] in told


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"q000\td000\t1\r\n", b"q001\td001\t1\r\n"),
        (b"q000\td000\t1", b"\nq001\td001\t1\n"),
        (b"q000 0 d000 1\n", b"q001 0 d001 1\n"),
        (b"score\tquery-id\tcorpus-id\n1\tq000\td000\n", b"1\tq001\td001\n"),
    ],
)
def test_new_judgements_follow_in_the_form_of_the_file(work: Path, content: bytes, line: bytes) -> None:
    path = write_golden(work / "support") / "qrels" / "test.tsv"
    path.write_bytes(content)
    graded(work, [("q001", "d001", "1")])

    assert cli("golden", "import", "worklist.csv", "--into", "support") == 0
    assert path.read_bytes() == content + line
    assert len(read_golden(work / "support").qrels) == 2


def test_a_worklist_without_any_grade_changes_nothing(work: Path) -> None:
    folder = write_golden(work / "support")
    before = snapshot(folder)
    graded(work, [("q000", "d001", "")])

    assert cli("golden", "import", "worklist.csv", "--into", "support") == 0
    assert snapshot(folder) == before
    assert not (work / "support.before-1").exists()


def packed(folder: Path) -> None:
    path = folder / "qrels" / "test.tsv"
    rows = [line.split("\t") for line in path.read_text().splitlines()[1:]]
    objects = [{"qid": query, "docid": doc, "rel": int(grade)} for query, doc, grade in rows]
    (folder / "qrels.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in objects))
    path.unlink()


GRADED: dict[str, tuple[list[tuple[str, str, str]], Callable[[Path], None] | None, str, str]] = {
    "a grade that contradicts": (
        [("q001", "d001", "0")],
        None,
        "EK295",
        "worklist.csv:2   q001 d001 0, 1 in test.tsv:3",
    ),
    "an unknown query": ([("q1", "d001", "0")], None, "EK294", "worklist.csv:2   q1"),
    "an unknown document": ([("q001", "1", "0")], None, "EK294", "worklist.csv:2   1"),
    "a broken grade": ([("q000", "d001", "1.5")], None, "EK209", "worklist.csv:2   1.5"),
    "a negative grade": ([("q000", "d001", "-1")], None, "EK210", "worklist.csv:2   -1"),
    "graded twice": ([("q000", "d001", "1"), ("q000", "d001", "2")], None, "EK211", "worklist.csv:3"),
    "judgements in a table": ([("q000", "d001", "1")], packed, "EK299", "qrels.jsonl"),
}


@pytest.mark.parametrize(("rows", "prepare", "code", "told"), GRADED.values(), ids=GRADED.keys())
def test_a_worklist_that_cannot_be_taken_back_changes_nothing(
    work: Path,
    capsys: pytest.CaptureFixture[str],
    rows: list[tuple[str, str, str]],
    prepare: Callable[[Path], None] | None,
    code: str,
    told: str,
) -> None:
    folder = write_golden(work / "support")
    if prepare:
        prepare(folder)
    before = snapshot(work)
    graded(work, rows)

    assert cli("golden", "import", "worklist.csv", "--into", "support") == 2

    error = capsys.readouterr().err
    assert f"error[{code}]" in error
    assert told in error
    (work / "worklist.csv").unlink()
    assert snapshot(work) == before
