"""Files as people bring them: odd line ends, comments and exports are read or named, never guessed."""

from __future__ import annotations

import bz2
import gzip
import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evalkit.cli import main
from evalkit.golden.folder import read_golden
from evalkit.golden.goldenset import GoldenSet

DOCUMENTS = {"d1": "Patch the tube", "d2": "Clean the pads", "d3": "What oil costs"}
ASKED = {"1": "flat tyre", "2": "noisy brake"}
GRADES = {("1", "d1"): 3, ("1", "d2"): 0, ("2", "d2"): 2, ("2", "d3"): 1}
ROWS = [[query, document, str(grade)] for (query, document), grade in GRADES.items()]
HEADER = ["query_id", "doc_id", "grade"]
DOCS = "id,text\n" + "".join(f"{name},{text}\n" for name, text in DOCUMENTS.items())
QUESTIONS = "id,text\n" + "".join(f"{name},{text}\n" for name, text in ASKED.items())
JUDGED = "query-id\tcorpus-id\tscore\n" + "".join("\t".join(row) + "\n" for row in ROWS)
LINES = {
    "corpus.jsonl": "".join(json.dumps({"_id": n, "text": t}) + "\n" for n, t in DOCUMENTS.items()),
    "queries.jsonl": "".join(json.dumps({"_id": n, "text": t}) + "\n" for n, t in ASKED.items()),
}


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, with documents and queries."""
    monkeypatch.chdir(tmp_path)
    put({"docs.csv": DOCS, "asked.csv": QUESTIONS})
    return tmp_path


def put(files: Mapping[str, str | bytes], home: str = ".") -> None:
    for name, content in files.items():
        path = Path(home, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


def cli(*arguments: object) -> int:
    return main.run([str(argument) for argument in arguments])


def import_(name: str, *options: str, queries: str = "asked.csv", corpus: str = "docs.csv") -> int:
    given_ = [*(("--queries", queries) if queries else ()), *(("--corpus", corpus) if corpus else ())]
    return cli("golden", "import", name, *given_, "-o", "OUT", "--force", *options)


def grades_of(golden: GoldenSet) -> dict[tuple[str, str], int]:
    judged = golden.qrels
    rows = zip(judged.query_rows, judged.doc_rows, judged.grades, strict=True)
    return {(golden.queries.ids[q], golden.corpus.ids[d]): int(grade) for q, d, grade in rows}


def table(separator: str = ",", rows: list[list[str]] | None = None, header: list[str] | None = None) -> str:
    return "".join(separator.join(row) + "\n" for row in [header or HEADER, *(rows or ROWS)])


READ = {
    "old Mac line ends": {"j.csv": table().replace("\n", "\r")},
    "old Mac without the last end": {"j.csv": table().replace("\n", "\r").rstrip("\r")},
    "old Mac, a line feed at the end": {"j.csv": table().replace("\n", "\r") + "\n"},
    "old Mac documents": {"docs.csv": DOCS.replace("\n", "\r"), "j.csv": table()},
    "old Mac questions": {"asked.csv": QUESTIONS.replace("\n", "\r"), "j.csv": table()},
    "old Mac judgements, packed": {"j.csv": bz2.compress(table().replace("\n", "\r").encode())},
    "a comment above": {"j.csv": "# exported on Monday\n" + table()},
    "comments above, with commas": {"j.csv": "# by me, on Monday\n#\n\n" + table()},
    "a comment above the documents": {"docs.csv": "# all documents\n" + DOCS, "j.csv": table()},
    "a header with a #": {"j.csv": "#" + table()},
    "bars": {"j.csv": table("|")},
    "semicolons and decimal commas": {"j.csv": table(";", [[*row[:2], f"{row[2]},0"] for row in ROWS])},
    "semicolons and points that part no thousands": {
        "j.csv": table(";", [[*row[:2], f"{row[2]}.000"] for row in ROWS])
    },
}


@pytest.mark.parametrize("files", READ.values(), ids=READ)
def test_tables_in_odd_but_clear_forms_are_read(files: dict[str, str | bytes]) -> None:
    put(files)

    assert import_("j.csv") == 0
    assert grades_of(read_golden("OUT")) == GRADES


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("name", ["j.tsv", "j.txt", "j.csv", "j.jsonl"])
def test_every_line_end_gives_the_same_set(name: str, end: str) -> None:
    content = {
        "j.tsv": JUDGED,
        "j.txt": "".join(f"{query} 0 {document} {grade}\n" for query, document, grade in ROWS),
        "j.csv": table(),
        "j.jsonl": "".join(json.dumps(dict(zip(HEADER, row, strict=True))) + "\n" for row in ROWS),
    }[name]
    put({name: content.replace("\n", end), "docs.csv": DOCS.replace("\n", end)})

    assert import_(name) == 0
    assert grades_of(read_golden("OUT")) == GRADES


def test_old_mac_line_ends_are_told_and_repaired(capsys: pytest.CaptureFixture[str]) -> None:
    put({**LINES, "qrels/test.tsv": JUDGED.replace("\n", "\r")}, "set")

    assert cli("golden", "check", "set") == 0
    assert "5 lines end as on old Macs (CR)" in capsys.readouterr().out
    assert cli("golden", "check", "set", "--fix", "crlf") == 0
    assert Path("set/qrels/test.tsv").read_bytes() == JUDGED.encode()
    assert grades_of(read_golden("set")) == GRADES


@pytest.mark.parametrize("above", ["# judged by two people\n", "# qrels\n", "#\n", "# a b c d e\n\n"])
@pytest.mark.parametrize("name", ["qrels/test.tsv", "qrels.txt"])
def test_comments_above_judgements_are_passed_over_and_told(above: str, name: str) -> None:
    lines = JUDGED if name.endswith("tsv") else "".join(f"{q} 0 {d} {grade}\n" for q, d, grade in ROWS)
    put({**LINES, name: above + lines}, "set")

    golden = read_golden("set")

    assert grades_of(golden) == GRADES
    assert [finding.code for finding in golden.findings if finding.code == "EK190"] == ["EK190"]


ODD = {
    "^": "carets", "~": "tildes", "\x01": "U+0001", "\x1f": "U+001F", "¦": "broken bars",
    "::": "double colons", ":": "colons", " ": "spaces", "\uff0c": "fullwidth commas",
}  # fmt: skip


@pytest.mark.parametrize(("mark", "name"), ODD.items())
def test_a_table_parted_by_something_else_is_named_so(
    mark: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    put({"j.csv": table(mark)})

    assert import_("j.csv") == 2
    told = capsys.readouterr().err
    assert "EK247" in told
    assert name in told
    assert "--map" not in told


@pytest.mark.parametrize(("mark", "name"), {",": "commas", ";": "semicolons", "|": "bars"}.items())
def test_texts_named_tsv_and_parted_otherwise_are_named(
    mark: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    put({"asked.tsv": QUESTIONS.replace(",", mark), "j.csv": table()})

    assert import_("j.csv", queries="asked.tsv") == 2
    assert f"asked.tsv is a table parted by {name}" in capsys.readouterr().err


THOUSANDS = {
    "a point between semicolons": (";", "1.000"),
    "two points": (";", "1.000.000"),
    "a comma between semicolons": (";", "2,000"),
    "a quoted comma": (",", '"1,000"'),
    "a comma between tabs": ("\t", "12,345"),
}


@pytest.mark.parametrize(("mark", "cell"), THOUSANDS.values(), ids=THOUSANDS)
def test_what_may_be_one_or_a_thousand_is_asked_for(
    mark: str, cell: str, capsys: pytest.CaptureFixture[str]
) -> None:
    put({"j.csv": table(mark, [["1", "d1", cell], ["1", "d2", "0"], ["2", "d2", "2"]])})

    assert import_("j.csv") == 2
    assert "EK191" in capsys.readouterr().err


def test_whoever_explains_the_numbers_is_not_asked() -> None:
    put({"j.csv": table(";", [["1", "d1", "3.000"], ["1", "d2", "0"], ["2", "d2", "2"], ["2", "d3", "1"]])})

    assert import_("j.csv", "--grades", "3.000=3,2=2,1=1,0=0") == 0
    assert grades_of(read_golden("OUT")) == GRADES


def test_a_comma_in_a_label_is_explained_by_an_option_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    put({"j.csv": table(",", [["1", "d1", '"yes, very"'], ["1", "d2", "no"]])})

    assert import_("j.csv") == 2
    assert '--grades "yes, very=…"' in capsys.readouterr().err
    assert import_("j.csv", "--grades", "no=0", "--grades", "yes, very=3") == 0
    assert grades_of(read_golden("OUT")) == {("1", "d1"): 3, ("1", "d2"): 0}


@pytest.mark.parametrize("cell", ["nan", "NaN", "None", "null", "N/A", "-", "#N/A"])
def test_cells_that_say_nothing_are_offered_as_unjudged(
    cell: str, capsys: pytest.CaptureFixture[str]
) -> None:
    put({"j.csv": table(",", [["1", "d1", "3"], ["1", "d2", cell]])})

    assert import_("j.csv") == 2
    assert f'--grades "{cell}="' in capsys.readouterr().err
    assert import_("j.csv", "--grades", f"{cell}=") == 0
    assert grades_of(read_golden("OUT")) == {("1", "d1"): 3}


def test_fractions_are_explained_number_by_number(capsys: pytest.CaptureFixture[str]) -> None:
    put({"j.csv": table(",", [["1", "d1", "1.0"], ["1", "d2", "0.5"], ["2", "d2", "0"]])})

    assert import_("j.csv") == 2
    assert '--grades "0=…,1=…,0.5=…"' in capsys.readouterr().err


def test_a_label_that_no_cell_holds_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    put({"j.csv": table(",", [["1", "d1", "good"], ["1", "d2", "bad"]])})

    assert import_("j.csv", "--grades", "good=1,bad=0,goood=2") == 0
    assert "EK192" in (told := capsys.readouterr().out)
    assert "goood" in told


RIVALS = [
    "Bewertung",
    "annotation",
    "note",
    "nota",
    "vote",
    "valoración",
    "评分",
    "clicks",
    "оценка",
    "value",
]


@pytest.mark.parametrize("name", RIVALS)
def test_a_score_beside_small_whole_numbers_may_be_a_searchs(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [[*row[:2], str(90 - place), row[2]] for place, row in enumerate(ROWS)]
    put({"j.csv": table(",", rows, ["query_id", "doc_id", "score", name])})

    assert import_("j.csv") == 2
    told = capsys.readouterr().err
    assert "EK279" in told
    assert f"grade={name}" in told
    assert import_("j.csv", "--map", f"grade={name}") == 0
    assert grades_of(read_golden("OUT")) == GRADES


@pytest.mark.parametrize("other", ["split", "annotator_id", "url", "comment"])
def test_a_score_beside_other_columns_is_the_grade(other: str) -> None:
    rows = [[*row, "all the same"] for row in ROWS]
    put({"j.csv": table(",", rows, ["query_id", "doc_id", "score", other])})

    assert import_("j.csv") == 0
    assert grades_of(read_golden("OUT")) == GRADES


NESTED: dict[str, tuple[list[dict[str, object]], str]] = {
    "Label Studio without a label": (
        [{"id": 1, "data": {"query": "q", "doc": "d1"}, "annotations": [{"result": []}], "predictions": []}],
        "Label Studio",
    ),
    "Argilla": ([{"id": "u", "fields": {"query": "q"}, "responses": {"grade": [{"value": 1}]}}], "Argilla"),
    "Prodigy": ([{"text": "q", "meta": {"doc": "d1"}, "answer": "accept", "_task_hash": 1}], "Prodigy"),
    "a Quepid book": (
        [{"query_text": "q", "doc_id": "d1", "judgements": [{"rating": 1}]}],
        "Quepid",
    ),
    "UBI events without an object": (
        [{"query_id": "u", "action_name": "click", "event_attributes": {"object": {}}}],
        "EK",
    ),
    "UBI queries": (
        [{"query_id": "u", "user_query": "q", "query_response_hit_ids": ["d1"]}],
        "user_query",
    ),
    "Ragas": ([{"user_input": "q", "reference_contexts": ["d1"]}], "Ragas"),
    "MLflow": ([{"inputs": {"question": "q"}, "expectations": {"expected": ["d1"]}}], "MLflow"),
    "LangSmith": ([{"inputs": {"question": "q"}, "outputs": {"answer": "d1"}}], "LangSmith"),
    "triplets": ([{"query": "q", "pos": ["a"], "neg": ["b"]}], "triplets"),
    "MS MARCO": (
        [{"query": "q", "query_id": 1, "passages": [{"passage_text": "a", "is_selected": 1}]}],
        "MS MARCO",
    ),
    "another tool": (
        [{"turn": {"text": "q"}, "found": [{"doc": "d1"}]}],
        "turn, found hold objects or lists",
    ),
    "lists of documents": ([{"query": "q", "document": ["d1", "d2"], "grade": [1, 0]}], "object or a list"),
}


@pytest.mark.parametrize("corpus", ["docs.csv", ""])
@pytest.mark.parametrize(("records", "named"), NESTED.values(), ids=NESTED)
def test_records_that_nest_their_judgements_are_named_and_never_mapped(
    records: list[dict[str, object]], named: str, corpus: str, capsys: pytest.CaptureFixture[str]
) -> None:
    put({"x.json": json.dumps(records * 2)})

    assert import_("x.json", queries="", corpus=corpus) == 2
    told = capsys.readouterr().err
    assert named in told or (not corpus and "nothing names the corpus" in told)
    assert not any(
        f"={name}" in told for record in records for name, v in record.items() if isinstance(v, list)
    )


RATINGS = [{"1": {"d1": 3, "d2": 0}}, {"2": {"d2": 2, "d3": 1}}]
FORMS: dict[str, object] = {
    "judgments of OpenSearch": {
        "judgmentRatings": [
            {
                "query": query,
                "ratings": [{"docId": name, "rating": f"{grade}.000"} for name, grade in rated.items()],
            }
            for part in RATINGS
            for query, rated in part.items()
        ]
    },
    "a split table of pandas": {"columns": HEADER, "index": [0, 1, 2, 3], "data": ROWS},
    "records beside a schema": {
        "schema": {"fields": [{"name": "grade"}]},
        "data": [dict(zip(HEADER, row, strict=True)) for row in ROWS],
    },
    "rows of a viewer": {
        "features": [],
        "rows": [
            {"row_idx": place, "row": dict(zip(HEADER, row, strict=True)), "truncated_cells": []}
            for place, row in enumerate(ROWS)
        ],
        "num_rows_total": 4,
    },
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_judgements_in_the_json_of_tools_are_read(form: object) -> None:
    put({"x.json": json.dumps(form)})

    assert import_("x.json") == 0
    assert grades_of(read_golden("OUT")) == GRADES


def test_a_case_of_quepid_is_read_with_its_questions() -> None:
    rated = [
        {"query_text": "flat tyre", "ratings": {"d1": 3, "d2": "0", "d3": None}},
        {"query_text": "noisy brake", "ratings": {"d2": "2.0", "d3": 1}},
    ]
    put({"x.json": json.dumps({"case_id": 7, "queries": rated})})

    assert import_("x.json", queries="") == 0
    golden = read_golden("OUT")
    assert list(golden.queries.bodies) == ["flat tyre", "noisy brake"]
    assert {(q.removeprefix("q"), d): grade for (q, d), grade in grades_of(golden).items()} == GRADES


def test_one_page_of_a_viewer_is_no_whole_table(capsys: pytest.CaptureFixture[str]) -> None:
    page = {**FORMS["rows of a viewer"], "num_rows_total": 1000}  # type: ignore[dict-item] # it is an object
    put({"x.json": json.dumps(page)})

    assert import_("x.json") == 2
    assert "4 of 1000 rows" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--qrels", "--corpus", "--queries"])
def test_a_file_that_is_named_twice_is_refused(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    put({"j.csv": table()})
    file = {"--qrels": "j.csv", "--corpus": "docs.csv", "--queries": "asked.csv"}
    sources = [part for pair in file.items() for part in pair]

    assert cli("golden", "import", *sources, option, f"./{file[option]}", "-o", "OUT") == 2
    assert "named twice" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["", " ", "a/b", ".."])
def test_a_name_that_is_none_is_refused_before_anything_is_read(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    put({"j.csv": table()})

    assert import_("j.csv", f"--name={name}") == 2
    assert "EK248" in capsys.readouterr().err


HEADERLESS = {
    "commas": ("j.csv", "".join(",".join(row) + "\n" for row in ROWS)),
    "semicolons": ("j.csv", "".join(";".join(row) + "\n" for row in ROWS)),
    "four columns": ("j.csv", "".join(f"{q},0,{d},{grade}\n" for q, d, grade in ROWS)),
    "decimals": ("j.csv", "".join(f"{q},{d},{grade}.0\n" for q, d, grade in ROWS)),
}


@pytest.mark.parametrize(("name", "content"), HEADERLESS.values(), ids=HEADERLESS)
@pytest.mark.parametrize("options", [(), ("--map", "query=1,document=d1,grade=3")])
def test_a_first_line_that_is_a_row_is_never_read_as_names(
    name: str, content: str, options: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    put({name: content})

    assert import_(name, *options) == 2
    told = capsys.readouterr().err
    assert "put a line above it" in told


def test_columns_that_pandas_counted_may_be_mapped() -> None:
    put({"j.csv": table(",", None, ["0", "1", "2"])})

    assert import_("j.csv", "--map", "query=0,document=1,grade=2") == 0
    assert grades_of(read_golden("OUT")) == GRADES


OTHERS = {
    "Markdown": ("j.csv", "| query_id | doc_id | grade |\n|---|:-:|---|\n| 1 | d1 | 3 |\n", "Markdown"),
    "Markdown under another name": (
        "j.md",
        "| query_id | doc_id | grade |\n|---|---|---|\n| 1 | d1 | 3 |\n",
        "Markdown",
    ),
    "YAML": ("j.yaml", "- query_id: 1\n  doc_id: d1\n  grade: 3\n- query_id: 2\n  doc_id: d2\n", "YAML"),
    "grades in objects": ("j.jsonl", '{"query_id": "1", "relevance": {"d1": 3}}\n' * 2, "object or a list"),
    "swapped": ("j.txt", "".join(f"{d} 0 {q} {grade}\n" for q, d, grade in ROWS), "the columns are swapped"),
    "formulas of Excel": (
        "j.csv",
        table(",", [[f'="{q}"', f'="{d}"', "1"] for q, d, _ in ROWS]),
        "meet once",
    ),
    "apostrophes of Excel": ("j.csv", table(",", [[f"'{q}", f"'{d}", "1"] for q, d, _ in ROWS]), "meet once"),
}


@pytest.mark.parametrize(("name", "content", "told"), OTHERS.values(), ids=OTHERS)
def test_what_is_wrong_with_judgements_is_named(
    name: str, content: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    put({name: content})

    assert import_(name) == 2
    error = capsys.readouterr().err
    assert told in error
    assert "another version" not in error


@pytest.mark.parametrize("role", ["segment", "critical", "weight", "group", "metadata.kind", "text", "title"])
def test_a_field_of_queries_is_not_lost_where_they_have_a_file(
    role: str, capsys: pytest.CaptureFixture[str]
) -> None:
    put({"j.csv": table(",", [[*row, "a"] for row in ROWS], [*HEADER, "kind"])})

    assert import_("j.csv", "--map", f"{role}=kind") == 2
    assert "--queries-map" in capsys.readouterr().err


WIDE = ["query", "text", "grade", "critical", "weight"]


@pytest.mark.parametrize(
    ("cells", "told"),
    [(("ja", "1"), "true or false"), (("x", "1"), "true or false"), (("yes", "heavy"), "above 0")],
)
def test_marks_that_are_none_are_left_out_with_a_warning(
    cells: tuple[str, str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    put({"x.csv": table(",", [["flat tyre", "Patch", "1", *cells], ["noise", "Clean", "0", *cells]], WIDE)})

    assert import_("x.csv", queries="", corpus="") == 0
    said = capsys.readouterr().out
    assert "warning[EK275]" in said
    assert told in said


def test_a_weight_may_have_a_decimal_comma() -> None:
    put(
        {
            "x.csv": table(
                ";", [["flat tyre", "Patch", "1", "yes", "1,5"], ["noise", "Clean", "1", "no", "0,25"]], WIDE
            )
        }
    )

    assert import_("x.csv", queries="", corpus="") == 0
    golden = read_golden("OUT")
    assert golden.weights.tolist() == [1.5, 0.25]
    assert golden.critical.tolist() == [True, False]


JUDGEMENT_LINES = "".join(
    json.dumps({"query-id": query, "corpus-id": document, "score": int(grade)}) + "\n"
    for query, document, grade in ROWS
)
PLACES = [
    "default.jsonl",
    "default/test.jsonl",
    "data/test.jsonl",
    "test.jsonl",
    "judgments.jsonl",
    "my_judgements.jsonl",
]


@pytest.mark.parametrize("name", PLACES)
def test_judgements_are_found_under_further_names(name: str) -> None:
    put({**LINES, name: JUDGEMENT_LINES}, "set")

    assert grades_of(read_golden("set")) == GRADES


@pytest.mark.parametrize("name", ["labels.jsonl", "ground_truth.jsonl", "answers.jsonl"])
def test_a_folder_without_judgements_tells_what_it_holds(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    put({**LINES, name: JUDGEMENT_LINES}, "set")

    assert cli("golden", "check", "set") == 2
    assert f"--qrels set/{name}" in capsys.readouterr().err
    assert cli("golden", "import", "set", "--qrels", f"set/{name}", "-o", "OUT") == 0
    assert grades_of(read_golden("OUT")) == GRADES


def test_a_folder_around_the_set_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    put({**LINES, "qrels/test.tsv": JUDGED}, "set/v2")

    assert cli("golden", "check", "set") == 2
    assert "did you mean the folder set/v2?" in capsys.readouterr().err


@pytest.mark.parametrize("piece", ["corpus.jsonl", "queries.jsonl", "qrels/test.tsv"])
@pytest.mark.parametrize("same", [True, False])
def test_a_packed_file_beside_a_plain_one_must_hold_the_same(
    piece: str, *, same: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {**LINES, "qrels/test.tsv": JUDGED}
    put({**files, f"{piece}.gz": gzip.compress((files[piece] + ("" if same else "\n")).encode())}, "set")

    assert cli("golden", "check", "set") == (0 if same else 2)
    assert ("EK280" in capsys.readouterr().err) is not same


def test_a_header_alone_is_told_as_such(capsys: pytest.CaptureFixture[str]) -> None:
    put({"x.tsv": "flat tyre\tPatch the tube\tWhat oil costs\n"})

    assert import_("x.tsv", queries="", corpus="") == 2
    assert "no row below the one that is read as the names of columns" in capsys.readouterr().err


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=st.lists(
        st.text("ab ,;\t\"'#é\n", min_size=1).filter(str.strip), min_size=3, max_size=3, unique_by=str.strip
    ),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_texts_that_python_writes_as_csv_come_back_whole(texts: list[str], end: str) -> None:
    import csv  # noqa: PLC0415 - with its neighbours
    import io  # noqa: PLC0415 - the same

    written = io.StringIO(newline="")
    writer = csv.writer(written, lineterminator=end)
    writer.writerows([("id", "text"), *((f"d{place}", text) for place, text in enumerate(texts, 1))])
    put({"texts.csv": written.getvalue(), "j.csv": table()})

    assert (
        import_(
            "j.csv",
            corpus="texts.csv",
        )
        == 0
    )
    assert [body.strip() for body in read_golden("OUT").corpus.bodies] == [text.strip() for text in texts]
