"""Tables that people bring: a role is read where one reading is possible, and else asked for."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support_sets import write_golden

from evalkit.cli import main
from evalkit.golden.folder import read_golden
from evalkit.golden.goldenset import GoldenSet

DOCS = "id,title,text\nd1,Tyres,Patch the tube\nd2,Brakes,Clean the pads\nd3,Oil,What it costs\n"
QUERIES = "query_id,query\n1,flat tyre\n2,noisy brake\n"
ROWS = (("1", "d1", 3), ("1", "d2", 0), ("2", "d2", 2), ("2", "d3", 0))
GRADES = [grade for _, _, grade in ROWS]
NAMED_OTHERWISE = [
    "rating", "Rating", "gain", "relevance_score", "relevancy", "is_relevant", "isRelevant", "label_id",
    "esci_label", "Relevanz", "pertinence", "stars", "Bewertung", "vote", "value", "RELEVANCE SCORE",
    "rank", "weight", "annotation", "y", "target", "judge's mark", "{n}",
]  # fmt: skip
NAMED_AS_USUAL = [
    "score", "Score", "GRADE", "relevance", "rel", "label", "judgement", "Judgment", " Relevance ", '"grade"',
]  # fmt: skip


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, with documents and queries."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "docs.csv").write_text(DOCS)
    (tmp_path / "asked.csv").write_text(QUERIES)
    return tmp_path


def cli(*arguments: object) -> int:
    return main.run([str(argument) for argument in arguments])


def imported(*arguments: object) -> GoldenSet:
    """Import into OUT and return what stands there."""
    assert cli("golden", "import", *arguments, "-o", "OUT", "--force") == 0
    return read_golden("OUT")


def judged(path: Path, header: tuple[str, str, str]) -> Path:
    """Write the judgements under three names, in the form that the file's name says."""
    rows = [dict(zip(header, row, strict=True)) for row in ROWS]
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    elif path.suffix == ".jsonl":
        path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    else:
        separator = {".tsv": "\t"}.get(path.suffix, ",")
        lines = [header, *((query, document, str(grade)) for query, document, grade in ROWS)]
        path.write_text("".join(separator.join(line) + "\n" for line in lines))
    return path


@pytest.mark.long
@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".parquet", ".jsonl"])
@pytest.mark.parametrize("name", NAMED_OTHERWISE)
def test_a_grade_by_another_name_is_asked_for_on_import_and_in_a_folder(
    work: Path, capsys: pytest.CaptureFixture[str], name: str, suffix: str
) -> None:
    path = judged(work / f"qrels{suffix}", ("query_id", "doc_id", name))
    sources = ("--qrels", path.name, "--queries", "asked.csv", "--corpus", "docs.csv")

    assert cli("golden", "import", *sources, "-o", "OUT") == 2
    error = capsys.readouterr().err
    assert "error[EK278]" in error
    assert shlex.quote(f"grade={name}") in error
    assert f"{name} (3, 0, 2)" in error
    assert not (work / "OUT").exists()
    assert imported(*sources, "--map", f"grade={name}").qrels.grades.tolist() == GRADES

    folder = work / "set"
    folder.mkdir()
    path.rename(folder / path.name)
    (folder / "corpus.csv").write_text(DOCS)
    (folder / "queries.csv").write_text(QUERIES)
    capsys.readouterr()
    assert cli("run", "set", "--model", "hash/64") == 2
    error = capsys.readouterr().err
    assert "error[EK278]" in error
    assert shlex.quote(f"grade={name}") in error
    assert "evalkit golden import" in error
    assert imported("set", "--map", f"grade={name}").qrels.grades.tolist() == GRADES


@pytest.mark.long
@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".parquet", ".jsonl"])
@pytest.mark.parametrize("name", NAMED_AS_USUAL)
@pytest.mark.parametrize(
    "ids", [("query_id", "doc_id"), ("queryId", "docID"), ("Query ID", "Doc ID"), ("qid", "PID")]
)
def test_names_in_common_use_are_read_however_they_are_written(
    work: Path, name: str, ids: tuple[str, str], suffix: str
) -> None:
    if suffix in (".csv", ".tsv") and '"' in name:
        name = name.strip('"')
    path = judged(work / f"x{suffix}", (*ids, name))

    golden = imported("--qrels", path.name, "--queries", "asked.csv", "--corpus", "docs.csv")

    assert golden.qrels.grades.tolist() == GRADES
    assert not golden.card.grades


TWO_READINGS = {
    "score and label": ("qid,docid,position,score,label\n1,d1,1,12,0\n", "grade=score", "grade=label"),
    "relevance and rating": ("qid,docid,relevance,rating\n1,d1,1,5\n", "grade=relevance", "grade=rating"),
    "a score beside a rank": ("qid,docid,rank,score\n1,d1,1,12\n", "grade=score", "beside 'rank'"),
    "two ids of documents": ("qid,doc_id,page_id,grade\n1,d1,x,1\n", "document=doc_id", "document=page_id"),
    "two ids of queries": ("qid,query_id,docid,grade\n1,9,d1,1\n", "query=qid", "query=query_id"),
    "one name written twice": (
        "qid,doc id,doc_id,grade\n1,d1,d2,1\n",
        "document='doc id'",
        "document=doc_id",
    ),
}


@pytest.mark.parametrize(("content", "one", "other"), TWO_READINGS.values(), ids=TWO_READINGS.keys())
def test_two_columns_for_one_role_are_asked_about(
    work: Path, capsys: pytest.CaptureFixture[str], content: str, one: str, other: str
) -> None:
    (work / "x.csv").write_text(content)

    assert (
        cli(
            "golden",
            "import",
            "--qrels",
            "x.csv",
            "--queries",
            "asked.csv",
            "--corpus",
            "docs.csv",
            "-o",
            "O",
        )
        == 2
    )

    error = capsys.readouterr().err
    assert "error[EK279]" in error
    assert one in error.replace("'document=doc id'", "document='doc id'")
    assert other in error


TEXTS = {
    "query and question": ("x.csv", "query,question,doc,label\n7,flat tyre,d1,3\n", "--map query=question"),
    "numbers for questions": ("x.csv", "query,doc,label\n7,d1,3\n8,d2,1\n", "query_id=query"),
    "a description for a text": (
        "docs.csv",
        "id,title,description\nd1,A,b\n",
        "--corpus-map text=description",
    ),
    "text and content": ("docs.csv", "id,text,content\nd1,A,b\n", "--corpus-map text=content"),
    "two ids": ("docs.csv", "id,doc_id,text\n1,d1,A\n", "--corpus-map id=doc_id"),
    "an unknown id": ("docs.csv", "url,text\nd1,A\n", "--corpus-map id=url"),
    "lines of JSON": ("docs.jsonl", '{"id": "d1", "description": "x"}\n', "--corpus-map text=description"),
    "a TSV with a header": ("docs.tsv", "docid\tabstract\nd1\tx\n", "--corpus-map text=abstract"),
    "no header at all": ("x.csv", "flat tyre,d1,3\nnoisy brake,d2,1\n", "put a line above it"),
}


@pytest.mark.parametrize(("name", "content", "told"), TEXTS.values(), ids=TEXTS.keys())
def test_texts_and_ids_are_asked_for_too(
    work: Path, capsys: pytest.CaptureFixture[str], name: str, content: str, told: str
) -> None:
    (work / "x.csv").write_text("question,docid,grade\nflat tyre,d1,1\n")
    (work / name).write_text(content)
    corpus = name if name.startswith("docs") else "docs.csv"

    assert cli("golden", "import", "x.csv", "--corpus", corpus, "-o", "OUT") == 2
    assert told in capsys.readouterr().err


def test_grade_1_is_assumed_of_ids_and_texts_alone_and_said_for_good(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (work / "x.csv").write_text(
        ",question,docid,url,title\n0,flat tyre,d1,https://a,A\n1,noisy brake,d2,https://b,B\n"
    )

    golden = imported("x.csv", "--corpus", "docs.csv")

    assert golden.qrels.grades.tolist() == [1, 1]
    assert golden.card.grades == "assumed"
    assert "2 judgements from x.csv, each read as grade 1" in capsys.readouterr().out
    assert "EK287" in [finding.code for finding in golden.findings]


@pytest.mark.parametrize("column", ["Unnamed: 0", "index"])
def test_a_column_of_row_numbers_is_none_of_grades_unless_it_counts_otherwise(
    work: Path, column: str
) -> None:
    arguments = ("golden", "import", "x.csv", "--corpus", "docs.csv", "-o", "OUT")
    (work / "x.csv").write_text(f"{column},question,docid\n3,flat tyre,d1\n0,noisy brake,d2\n")
    assert cli(*arguments) == 2
    (work / "x.csv").write_text(f"{column},question,docid\n7,flat tyre,d1\n8,noisy brake,d2\n")
    assert cli(*arguments) == 0


def test_a_line_of_json_without_the_grade_that_others_have_is_unjudged(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [
        {"qid": "1", "docid": "d1"},
        {"qid": "1", "docid": "d2", "grade": 2},
        {"qid": "2", "docid": "d2", "grade": 1},
    ]
    (work / "x.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))

    golden = imported("--qrels", "x.jsonl", "--queries", "asked.csv", "--corpus", "docs.csv")

    assert golden.qrels.grades.tolist() == [2, 1]
    assert "1 row without a grade, left out as unjudged" in capsys.readouterr().out


@given(order=st.permutations(["query_id", "doc_id", "score", "note", "annotator"]))
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_the_order_of_columns_says_nothing(work: Path, order: list[str]) -> None:
    cells = {"query_id": "1", "doc_id": "d2", "score": "2", "note": "7", "annotator": "4"}
    (work / "x.csv").write_text(f"{','.join(order)}\n{','.join(cells[name] for name in order)}\n")

    golden = imported("--qrels", "x.csv", "--queries", "asked.csv", "--corpus", "docs.csv")

    assert (golden.qrels.grades.tolist(), golden.corpus.ids[golden.qrels.doc_rows[0]]) == ([2], "d2")


LABELS = {
    "letters": ("E S C I", "E=3,S=2,C=1,I=0", [3, 2, 1, 0]),
    "words of two": ("very good|good|bad|very good", "very good=2,good=1,bad=0", [2, 1, 0, 2]),
    "another case": ("Good bad GOOD Bad", "good=1,bad=0", [1, 0, 1, 0]),
    "yes and no": ("yes no Yes NO", "", [1, 0, 1, 0]),
    "truths": ("true False TRUE false", "", [1, 0, 1, 0]),
    "floats": ("2.0 0.0 1. 3", "", [2, 0, 1, 3]),
    "decimal commas": ("2,0 0,0 1,00 3", "", [2, 0, 1, 3]),
    "numbers explained": ("1 2 3 4", "1=0,2=1,3=2,4=3", [0, 1, 2, 3]),
    "a label for nothing": ("E skip I E", "E=2,I=0,skip=", [2, 0, 2]),
}


@pytest.mark.parametrize(("cells", "labels", "grades"), LABELS.values(), ids=LABELS.keys())
def test_labels_become_grades(work: Path, cells: str, labels: str, grades: list[int]) -> None:
    values = cells.split("|") if "|" in cells else cells.split(" ")
    rows = zip(ROWS, values, strict=True)
    content = "".join(f'{query}\t{document}\t"{value}"\n' for (query, document, _), value in rows)
    (work / "x.tsv").write_text(f"query-id\tcorpus-id\tscore\n{content}")
    options = ("--grades", labels) if labels else ()

    golden = imported("--qrels", "x.tsv", "--queries", "asked.csv", "--corpus", "docs.csv", *options)

    assert golden.qrels.grades.tolist() == grades


def test_a_label_that_nothing_explains_is_named_with_its_line_and_the_option(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (work / "x.csv").write_text("qid,docid,label\n1,d1,E\n1,d2,?\n2,d2,S\n")
    sources = ("--qrels", "x.csv", "--queries", "asked.csv", "--corpus", "docs.csv", "-o", "OUT")

    assert cli("golden", "import", *sources) == 2
    error = capsys.readouterr().err
    assert "x.csv:2,3,4   E, ?, S\n" in error
    assert '--grades "E=…,?=…,S=…"' in error
    assert cli("golden", "import", *sources, "--grades", "E=3,S=2") == 2
    assert "x.csv:3   ?" in capsys.readouterr().err


@pytest.mark.parametrize("labels", ["E", "E=x", "E=-1", "E=1.5", "=1", "E=1,e=2", "E=99999999"])
def test_grades_that_say_nothing_are_refused(
    work: Path, capsys: pytest.CaptureFixture[str], labels: str
) -> None:
    judged(work / "x.csv", ("qid", "docid", "label"))

    sources = ("--qrels", "x.csv", "--queries", "asked.csv", "--corpus", "docs.csv", "-o", "OUT")
    assert cli("golden", "import", *sources, "--grades", labels) == 2
    assert "error[EK108]" in capsys.readouterr().err


def test_booleans_of_parquet_are_grades_and_nan_is_none(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pq.write_table(
        pa.table({"qid": ["1", "2"], "docid": ["d1", "d2"], "label": [True, False]}), work / "x.parquet"
    )
    sources = ("--queries", "asked.csv", "--corpus", "docs.csv")
    assert imported("--qrels", "x.parquet", *sources).qrels.grades.tolist() == [1, 0]

    columns = {"qid": ["1", "2"], "docid": ["d1", "d2"], "label": [2.0, float("nan")]}
    pq.write_table(pa.table(columns), work / "x.parquet")
    assert imported("--qrels", "x.parquet", *sources).qrels.grades.tolist() == [2]
    assert "1 row without a grade" in capsys.readouterr().out


def test_a_table_of_judged_questions_skips_the_row_that_nobody_rated(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (work / "x.csv").write_text(
        "query,docid,rating\nflat tyre,d1,3\nflat tyre,d3,0\nnever rated,,\nbrake,d2,\n"
    )

    golden = imported("x.csv", "--corpus", "docs.csv", "--map", "grade=rating")

    assert golden.queries.bodies == ("flat tyre",)
    assert "2 rows without a grade, left out as unjudged\n  x.csv:4,5" in capsys.readouterr().out


QUOTED = [
    '2\t"Open the valve\n3\tinner tube\n4\tand pump"\n',
    '2\t5" tyre\n3\t26" "fat" tyre\n4\t"""\n',
    '2\t"say ""hello"""\n3\t"a"\n4\t"two, three"\n',
    '2\t""\n3\tx"\n4\t" y\n',
]


@pytest.mark.parametrize("rows", QUOTED)
def test_a_tsv_says_the_same_with_a_header_and_without_in_import_and_in_folders(
    work: Path, rows: str
) -> None:
    (work / "x.tsv").write_text("query-id\tcorpus-id\tscore\n1\t2\t1\n2\t4\t1\n")
    read = []
    for header in ("", "id\ttext\n"):
        folder = work / f"set{len(header)}"
        (folder / "qrels").mkdir(parents=True)
        (folder / "corpus.tsv").write_text(header + rows)
        (folder / "queries.csv").write_text(QUERIES)
        (folder / "qrels" / "test.tsv").write_bytes((work / "x.tsv").read_bytes())
        sources = ("--corpus", folder / "corpus.tsv", "--queries", "asked.csv", "--qrels", "x.tsv")
        read += [read_golden(folder), imported(*sources)]

    assert {golden.digest for golden in read} == {read[0].digest}
    assert read[0].corpus.ids == ("2", "3", "4")


def test_a_cell_of_a_tsv_that_spans_lines_is_read_where_its_lines_are_no_rows(work: Path) -> None:
    (work / "docs.tsv").write_text('id\ttext\nd1\t"first line\nsecond ""line"""\nd2\tb\n')

    golden = imported("--corpus", "docs.tsv", "--queries", "asked.csv", "--qrels", judged_two(work))

    assert golden.corpus.bodies == ('first line\nsecond "line"', "b")


def judged_two(work: Path) -> str:
    (work / "two.tsv").write_text("query-id\tcorpus-id\tscore\n1\td1\t1\n2\td2\t1\n")
    return "two.tsv"


SHEETS = {
    "a line sep=": "\ufeffsep=;\r\nquestion;doc;grade\r\nflat tyre;d1;2\r\nnoisy brake;d2;0\r\n",
    "sep= among separators": "sep=;;;\r\nquestion;doc;grade\r\nflat tyre;d1;2\r\nnoisy brake;d2;0\r\n",
    "empty columns behind": "question;doc;grade;;\r\nflat tyre;d1;2;;\r\nnoisy brake;d2;0;;\r\n",
    "separators behind a row": "question,doc,grade\nflat tyre,d1,2,,\nnoisy brake,d2,0\n",
    "empty rows behind": "question,doc,grade\nflat tyre,d1,2\nnoisy brake,d2,0\n,,\n , ,\n",
    "separators in quotes": '"question";"doc";"grade, 0, 1, 2, 3"\nflat tyre;d1;2\nnoisy brake;d2;0\n',
    "bars": "question|doc|grade\nflat tyre|d1|2\nnoisy brake|d2|0\n",
    "floats": "question;doc;grade\nflat tyre;d1;2.0\nnoisy brake;d2;0.0\n",
}


@pytest.mark.parametrize("content", SHEETS.values(), ids=SHEETS.keys())
def test_tables_out_of_spreadsheets_are_read(work: Path, content: str) -> None:
    (work / "x.csv").write_text(content, newline="")
    options = ("--map", "doc=doc,grade=grade, 0, 1, 2, 3") if "grade, 0" in content else ()

    golden = imported("x.csv", "--corpus", "docs.csv", *options)

    assert golden.qrels.grades.tolist() == [2, 0]


def test_several_files_of_a_piece_are_read_as_one(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (work / "more.csv").write_text("id,text\nk1,inner tube\n")
    (work / "a.tsv").write_text("query-id\tcorpus-id\tscore\n1\tk1\t1\n")
    (work / "b.tsv").write_text("query-id\tcorpus-id\tscore\n2\td2\t1\n")
    files = ("--corpus", "docs.csv", "--corpus", "more.csv", "--qrels", "a.tsv", "--qrels", "b.tsv")

    golden = imported("--queries", "asked.csv", *files)

    assert golden.corpus.ids == ("d1", "d2", "d3", "k1")
    assert golden.qrels.grades.tolist() == [1, 1]
    assert "4 documents from docs.csv, more.csv" in capsys.readouterr().out


WIDE = """\
question,answer_title,body,label,segment,weight,critical,group,channel
flat tyre,Tyres,Patch the tube,2,wheels,3,yes,g1,mail
flat tyre,Oil,What it costs,0,wheels,3,yes,g1,mail
noisy brake,Brakes,"Clean, then oil",1,brakes,1.5,no,g2,phone
noisy brake,Tyres,Patch the tube,0,brakes,1.5,no,g2,phone
"""


def test_one_table_holds_everything(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (work / "all.csv").write_text(WIDE)

    golden = imported("all.csv", "--map", "title=answer_title,source=channel")

    assert golden.queries.ids == ("q1", "q2")
    assert golden.corpus.bodies == ("Tyres\nPatch the tube", "Oil\nWhat it costs", "Brakes\nClean, then oil")
    assert golden.qrels.grades.tolist() == [2, 0, 0, 1]
    assert golden.weights.tolist() == [3.0, 1.5]
    assert golden.critical.tolist() == [True, False]
    assert sorted(golden.segments) == ["brakes", "wheels"]
    assert golden.query_fields["source"] == ("mail", "phone")
    assert "EK275" not in capsys.readouterr().out


def test_what_differs_within_a_query_is_not_the_query_s_own(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (work / "all.csv").write_text(WIDE.replace("0,wheels", "0,prices"))
    assert cli("golden", "import", "all.csv", "--map", "title=answer_title,segment=segment", "-o", "OUT") == 2
    assert (
        "error[EK239]: 1 row with another segment for the same query\n  all.csv:3" in capsys.readouterr().err
    )
    assert imported("all.csv", "--map", "title=answer_title").segments == {}
    assert "the column 'segment' is left out" in capsys.readouterr().out


def test_a_document_id_with_two_texts_is_told(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (work / "all.csv").write_text("query,docid,text,label\na b,1,x,1\nc d,1,y,1\n")

    assert cli("golden", "import", "all.csv", "-o", "OUT") == 2
    assert "error[EK237]" in (told := capsys.readouterr().err)
    assert "all.csv:3   1 (first on line 2)" in told


def test_the_card_of_an_import_says_what_is_known_and_what_to_state(work: Path) -> None:
    (work / "all.csv").write_text(WIDE)

    golden = imported("all.csv", "--map", "title=answer_title", "--grades", "2=1,1=1,0=0")

    card = (work / "OUT" / "golden.toml").read_text()
    assert card.startswith("# imported from all.csv\n# --map title=answer_title\n# --grades 2=1,1=1,0=0\n")
    assert golden.card.name == "OUT"
    for key in ("version", "judgments", "pooled_from", "self_hits", "language", "license"):
        assert f"\n# {key} = " in card
    commented = "".join(line.removeprefix("# ") + "\n" for line in card.splitlines() if " = " in line)
    (work / "OUT" / "golden.toml").write_text(commented)
    assert read_golden("OUT").card.pooled_from == ("lsa/384",)  # what is proposed can be taken as it is


def test_import_repairs_what_check_repairs(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (work / "docs.csv").write_text(DOCS + "d1,Tyres,Patch the tube\n")
    (work / "x.tsv").write_text("1\td1\t2.0\n1\td1\t2\n9\td1\t1\n2\tgone\t1\n2\td2\t1\n")
    sources = ("--qrels", "x.tsv", "--queries", "asked.csv", "--corpus", "docs.csv")

    assert cli("golden", "import", *sources, "-o", "OUT") == 2
    assert "--fix repeats" in capsys.readouterr().err
    golden = imported(*sources, "--fix", "all")

    assert golden.qrels.grades.tolist() == [2, 1]
    assert golden.corpus.ids == ("d1", "d2", "d3")
    told = capsys.readouterr().out
    assert "repaired: 1 judgement of queries that are not in" in told
    assert "1 judgement repeated, kept once" in told


@pytest.mark.parametrize(
    ("content", "code"),
    [("1\td1\t1\n1\td1\t2\n", "EK211"), ("1\td1\t0.5\n", "EK209"), ("1\td1\tgood\n", "EK209")],
)
def test_what_no_repair_can_know_still_stops_an_import(
    work: Path, capsys: pytest.CaptureFixture[str], content: str, code: str
) -> None:
    (work / "x.tsv").write_text(content)
    sources = ("--qrels", "x.tsv", "--queries", "asked.csv", "--corpus", "docs.csv")

    assert cli("golden", "import", *sources, "-o", "OUT", "--fix", "all") == 2
    assert f"error[{code}]" in capsys.readouterr().err
    assert not (work / "OUT").exists()


FIRST_LINES = {
    "tabs above grades": (
        "qrels.tsv",
        "Anfrage\tDokument\tRelevanz\n1\td1\t3\n2\td2\t0\n",
        "--map grade=Relevanz",
    ),
    "tabs above texts": (
        "asked.tsv",
        "nr\twording\n1\tflat tyre\n2\tnoisy brake\n",
        "nr and wording look like",
    ),
    "a row of a CSV": ("qrels.csv", "1,d1,3\n2,d2,0\n", "is the first line a row?"),
    "all roles by other names": ("qrels.csv", "frage,seite,note\n1,d1,3\n", "--map query=frage"),
}


@pytest.mark.parametrize(("name", "content", "told"), FIRST_LINES.values(), ids=FIRST_LINES.keys())
def test_a_first_line_that_may_be_names_is_never_read_as_a_row(
    work: Path, capsys: pytest.CaptureFixture[str], name: str, content: str, told: str
) -> None:
    judged(work / "qrels.csv", ("qid", "docid", "grade"))
    (work / name).write_text(content)
    queries = name if name.startswith("asked") else "asked.csv"
    qrels = name if name.startswith("qrels") else "qrels.csv"

    assert (
        cli("golden", "import", "--queries", queries, "--qrels", qrels, "--corpus", "docs.csv", "-o", "O")
        == 2
    )
    assert "error[EK291]" in (error := capsys.readouterr().err)
    assert told in error


@pytest.mark.parametrize("header", ["", "query_id iter doc_id rel\n", "qid Q0 docno relevance\n"])
def test_four_columns_of_trec_are_read_with_their_names_and_without(work: Path, header: str) -> None:
    (work / "x.qrels").write_text(header + "1 0 d1 3\n1 0 d2 -1\n2 0 d2 1\n")

    golden = imported("--qrels", "x.qrels", "--queries", "asked.csv", "--corpus", "docs.csv")

    assert golden.qrels.grades.tolist() == [3, 0, 1]


def test_a_worklist_takes_labels_and_refuses_what_it_would_not_heed(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_golden(work / "support")
    (work / "list.csv").write_text(
        "query,document,score,rank,grade\nq000,d001,0.7,1,good\nq000,d002,0.6,2,\n"
    )

    assert cli("golden", "import", "list.csv", "--into", "support", "--map", "grade=score") == 2
    assert "--map says nothing of a worklist" in capsys.readouterr().err
    assert cli("golden", "import", "list.csv", "--into", "support", "--grades", "good=2") == 0
    assert "1 judgement added, 0 there already, 1 rows without a grade" in capsys.readouterr().out
    assert 2 in read_golden(folder).qrels.grades.tolist()


def test_a_map_of_documents_that_have_a_file_is_refused(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (work / "all.csv").write_text(WIDE)

    assert cli("golden", "import", "all.csv", "--corpus", "docs.csv", "--map", "title=body", "-o", "O") == 2
    assert "use --corpus-map" in capsys.readouterr().err


def test_products_with_text_labels_are_imported_by_a_map(work: Path) -> None:
    asked = {
        "query": ["pump", "pump", "tube"],
        "query_id": [5, 5, 6],
        "product_id": ["A", "B", "A"],
        "esci_label": ["E", "I", "S"],
    }
    products = {
        "product_id": ["A", "B"],
        "product_title": ["Track pump", "Bottle"],
        "product_description": ["Pumps", None],
    }
    pq.write_table(pa.table(asked), work / "asked.parquet")
    pq.write_table(pa.table(products), work / "products.parquet")
    maps = (
        "--map", "document=product_id,grade=esci_label", "--grades", "E=3,S=2,C=1,I=0",
        "--corpus-map", "id=product_id,title=product_title,text=product_description",
    )  # fmt: skip

    golden = imported("asked.parquet", "--corpus", "products.parquet", *maps)

    assert (golden.queries.ids, golden.qrels.grades.tolist()) == (("5", "6"), [3, 0, 2])


def test_the_two_names_of_beir_win_over_what_else_stands_beside_them(work: Path) -> None:
    rows = [
        {"_id": "d1", "title": "A", "text": "a", "content": "x", "id": 7},
        {"_id": "d2", "text": "b", "body": "y", "doc_id": "z"},
    ]
    (work / "docs.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    (work / "x.tsv").write_text("1\td1\t1\n")

    golden = imported("--corpus", "docs.jsonl", "--queries", "asked.csv", "--qrels", "x.tsv")

    assert golden.corpus.bodies == ("A\na", "b")
    assert golden.document_fields["content"] == ("x", None)


def test_columns_of_judgements_that_are_left_out_are_told(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (work / "x.csv").write_text(",qid,iter,docid,grade,annotator\n0,1,0,d1,2,ann\n1,1,0,d2,0,bob\n")

    imported("--corpus", "docs.csv", "--queries", "asked.csv", "--qrels", "x.csv")

    assert "further columns are left out\n  x.csv   annotator\n" in capsys.readouterr().out


MAPS: Mapping[str, tuple[str, str]] = {
    "a name of a role in common use": ("question=question,docid=page,label=mark", ""),
    "metadata with its prefix": ("document=page,grade=mark,metadata.source=channel", "source"),
    "metadata by its name alone": ("document=page,grade=mark,source=channel", "source"),
}


@pytest.mark.parametrize(("pairs", "kept"), MAPS.values(), ids=MAPS.keys())
def test_a_map_takes_roles_by_their_names_and_metadata(work: Path, pairs: str, kept: str) -> None:
    (work / "x.csv").write_text("question,page,mark,channel\nflat tyre,d1,2,mail\n")

    golden = imported("x.csv", "--corpus", "docs.csv", "--map", pairs)

    assert golden.qrels.grades.tolist() == [2]
    assert not kept or golden.query_fields[kept] == ("mail",)


def test_maps_of_queries_and_documents_take_metadata_too(work: Path) -> None:
    (work / "asked.csv").write_text(
        "query_id,query,kind,traffic\n1,flat tyre,wheels,3\n2,noisy brake,brakes,1\n"
    )
    judged(work / "x.csv", ("qid", "docid", "grade"))
    maps = ("--queries-map", "segment=kind,weight=traffic", "--corpus-map", "heading=title")

    golden = imported("--qrels", "x.csv", "--queries", "asked.csv", "--corpus", "docs.csv", *maps)

    assert sorted(golden.segments) == ["brakes", "wheels"]
    assert golden.weights.tolist() == [3.0, 1.0]
    assert golden.document_fields["heading"] == ("Tyres", "Brakes", "Oil")
