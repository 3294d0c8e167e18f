"""What people bring in odd forms is read where one reading is possible, and named where none is."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from evalkit.cli import main
from evalkit.errors import InvalidValueError
from evalkit.golden.folder import read_golden
from evalkit.golden.reading.likeness import likeness
from evalkit.golden.texts import Texts

UUID = "3f2504e0-4f89-11d3-9a0c-0305e82c33"


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, with documents."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "docs.csv").write_text("id,text\nd1,Patch the tube\nd2,Clean the pads\n")
    return tmp_path


def cli(*arguments: object) -> int:
    return main.run([str(argument) for argument in arguments])


def folder(name: str = "set", **files: str | bytes) -> Path:
    """Write a small set of two queries and two documents, some files in another form."""
    told: dict[str, str | bytes] = {
        "queries.jsonl": '{"_id": "q1", "text": "flat tyre"}\n{"_id": "q2", "text": "brake"}\n',
        "corpus.jsonl": '{"_id": "d1", "text": "Patch"}\n{"_id": "d2", "text": "Pads"}\n',
        "qrels/test.tsv": "query-id\tcorpus-id\tscore\nq1\td1\t2\nq2\td2\t1\n",
        **files,
    }
    for inner, content in told.items():
        path = Path(name) / inner
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return Path(name)


def test_a_weight_beside_no_grade_may_be_the_grade(capsys: pytest.CaptureFixture[str]) -> None:
    Path("t.csv").write_text("query,doc_id,weight\nflat tyre,d1,3\nflat tyre,d2,0\n")

    assert cli("golden", "import", "t.csv", "--corpus", "docs.csv", "-o", "OUT") == 2
    told = capsys.readouterr().err
    assert "EK278" in told
    assert "--map grade=weight" in told
    assert "--map weight=weight" in told
    assert "EK275" not in told  # what was shown as a doubt is not told as left out, too
    assert cli("golden", "import", "t.csv", "--corpus", "docs.csv", "--map", "grade=weight", "-o", "OUT") == 0
    assert sorted(read_golden("OUT").qrels.grades) == [0, 3]


@pytest.mark.parametrize("ids", [("q1", "q2"), ("KB-7", "KB-8"), (f"{UUID}01", f"{UUID}02"), ("7", "8")])
def test_ids_are_not_taken_for_questions(ids: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    Path("t.csv").write_text(f"query,doc_id,grade\n{ids[0]},d1,1\n{ids[1]},d2,1\n")

    assert cli("golden", "import", "t.csv", "--corpus", "docs.csv", "-o", "OUT") == 2
    assert "--queries FILE" in capsys.readouterr().err
    as_said = ("--map", "query=query")
    assert cli("golden", "import", "t.csv", "--corpus", "docs.csv", *as_said, "-o", "OUT") == 0
    assert read_golden("OUT").queries.bodies == ids


@pytest.mark.parametrize("question", ["iphone", "2024年の税金", "iPhone 15"])
def test_short_questions_are_questions(question: str) -> None:
    Path("t.csv").write_text(f"query,doc_id,grade\n{question},d1,1\n{question}s,d2,1\n")

    assert cli("golden", "import", "t.csv", "--corpus", "docs.csv", "-o", "OUT") == 0


@pytest.mark.parametrize("name", ["query_id", "qid", "query", "topic"])
def test_a_table_with_the_documents_texts_and_a_file_of_queries_is_read(name: str) -> None:
    Path("q.csv").write_text("query_id,query\nq2,flat tyre\nq1,brake\n")
    Path("t.csv").write_text(f"{name},doc_id,text,grade\nq1,d2,Pads,1\nq2,d1,Patch,2\nq2,d2,Pads,0\n")

    assert cli("golden", "import", "t.csv", "--queries", "q.csv", "-o", "OUT") == 0
    golden = read_golden("OUT")
    assert golden.corpus.ids == ("d1", "d2")
    judged = [golden.queries.bodies[row] for row in golden.qrels.query_rows]
    assert sorted(zip(judged, golden.qrels.grades, strict=True)) == [
        ("brake", 1),
        ("flat tyre", 0),
        ("flat tyre", 2),
    ]


def test_questions_beside_a_file_of_queries_are_not_numbered_anew() -> None:
    Path("q.csv").write_text("query_id,query\nq1,brake\nq2,flat tyre\n")
    Path("t.csv").write_text(
        "query,text,grade\nflat tyre,Patch,1\nbrake,Pads,1\n"
    )  # q1 would be the wrong one

    assert cli("golden", "import", "t.csv", "--queries", "q.csv", "-o", "OUT") == 2


def test_a_first_line_that_is_judged_is_no_header(capsys: pytest.CaptureFixture[str]) -> None:
    lines = {
        "queries.tsv": "intro\tWelcome page\nq2\tbrake\nq3\tchain\n",
        "corpus.tsv": "home\tWelcome\nd2\tx\nd3\ty\n",
    }
    for name, text in {**lines, "qrels.tsv": "intro\thome\t1\nq2\td2\t1\n"}.items():
        (Path("set") / name).parent.mkdir(exist_ok=True)
        (Path("set") / name).write_text(text)

    assert cli("golden", "check", "set") == 0
    Path("set/qrels.tsv").write_text("q3\td3\t1\nq2\td2\t1\n")
    assert cli("golden", "check", "set") == 2
    assert capsys.readouterr().err.count("look like names of columns") == 2


FORMS = {
    "CSV": ("corpus.jsonl", 'id,text\nd1,"Patch, tube"\nd2,Pads\n', "parted by commas"),
    "semicolons": ("queries.jsonl", "id;text\nq1;flat\nq2;brake\n", "parted by semicolons"),
    "TSV": ("queries.jsonl", "q1\tflat\nq2\tbrake\n", "parted by tabs"),
    "YAML": ("queries.jsonl", "- id: q1\n  text: flat\n- id: q2\n  text: brake\n", "YAML"),
    "Python": (
        "corpus.jsonl",
        "{'_id': 'd1', 'text': 'Patch'}\n{'_id': 'd2', 'text': 'Pads'}\n",
        "Python's print",
    ),
    "commas": ("corpus.jsonl", '{"_id":"d1","text":"a"},\n{"_id":"d2","text":"b"},\n', "a comma after each"),
    "markup": ("corpus.jsonl", "<DOC>\n<DOCNO>d1</DOCNO>\nx\n</DOC>\n", "markup"),
    "CSV of judgements": ("qrels/test.tsv", "query-id,corpus-id,score\nq1,d1,2\n", "parted by commas"),
    "spaces": ("qrels/test.tsv", "q1 d1 2\nq2 d2 1\n", "parted by spaces"),
    "run": ("qrels/test.tsv", "q1 Q0 d1 1 3.0 x\nq2 Q0 d2 1 3.0 x\n", "a run file"),
}


@pytest.mark.parametrize(("name", "content", "told"), FORMS.values(), ids=FORMS.keys())
def test_a_file_wrong_at_every_line_is_one_error_that_names_its_form(
    name: str, content: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli("golden", "check", folder(**{name: content})) == 2
    said = capsys.readouterr().err
    assert said.count("error[EK247]") == said.count("error[") == 1
    assert told in said


@pytest.mark.parametrize(
    "lines", ['{"_id": "d1", "text": "it, cut\n{"_id": "d2", "text": "is, cut\n', "{\n[\n"]
)
def test_cut_json_is_not_called_a_table(lines: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli("golden", "check", folder(**{"corpus.jsonl": lines})) == 2
    assert "parted by" not in capsys.readouterr().err


SETTINGS = {
    "UTF-16": ("x = 1\n".encode("utf-16"), "UTF-16LE"),
    "gzip": (gzip.compress(b"x = 1\n"), "packed by gzip"),
    "JSON": (b'{"x": 1}', "it is JSON"),
    "HTML": (b"<!DOCTYPE html>", "HTML page"),
}


@pytest.mark.parametrize(("content", "told"), SETTINGS.values(), ids=SETTINGS.keys())
@pytest.mark.parametrize("name", ["set/golden.toml", "evalkit.toml"])
def test_settings_in_disguise_are_named(
    name: str, content: bytes, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder()
    Path(name).write_bytes(content)

    assert cli("run", "set", "--model", "hash/64", "--measure", "MRR@2") == 2
    assert told in capsys.readouterr().err


KEYS = {
    "option of others": ("[models.m]\nspec = 'hash/8'\nquery_prompt = 'x'\n", "it is an option of st/"),
    "policy in a model": (
        "[models.m]\nspec = 'hash/8'\nobjective = 'improve'\n",
        "policy.objective, under [policy]",
    ),
    "depth in a model": ("[models.m]\nspec = 'hash/8'\ndepth = 3\n", "depth at the top of the file"),
    "option at the top": ("query_prompt = 'x'\n", "it belongs in [models.NAME]"),
    "option in the policy": ("[policy]\nquery_prompt = 'x'\n", "it belongs in [models.NAME]"),
    "spec in the policy": ("[policy]\nspec = 'hash/8'\n", "it belongs in [models.NAME]"),
    "margin among models": ("[models]\nmargin = 0.1\n", "policy.margin, under [policy]"),
    "depth among sets": ("[goldensets]\ndepth = 10\n", "depth at the top of the file"),
    "truth as a margin": ("[policy]\nmargin = true\n", "policy.margin = true is no number"),
    "truth as looks": ("[policy]\nlooks = true\n", "policy.looks = true is no number"),
    "truth as a limit": (
        "[[policy.guardrails]]\nmeasure = 'MRR@2'\nlimit = true\n",
        "policy.guardrails.0.limit",
    ),
    "truth as a depth": ("depth = true\n", "depth = true is no number"),
    "misspelt and in a model": (
        "[models.m]\nspec = 'hash/8'\nmargn = 0.1\n",
        "policy.margin, under [policy]",
    ),
    "misspelt spec": ("[models.m]\nspce = 'hash/8'\n", "is spce meant for it?"),
    "spec among models": ("[models]\nspec = 'hash/8'\n", "[models.NAME]"),
    "a model as a text": ("[models]\nm = 'hash/8'\n", "[models.m]  and below it  spec"),
    "a table of another tool": ("[tool.evalkit]\ndepth = 3\n", "without [tool.evalkit]"),
    "a table that is none of ours": ("[mix]\nshares = 3\n", "known tables: goldensets, models, policy"),
    "a table in place of a text": ("[cache]\ndir = 'x'\n", 'write a text:  cache = "…"'),
    "a set as a table": ("[goldensets.x]\npath = 'set'\n", 'write a text:  x = "…"'),
    "a dash in a key": ("[policy]\nmin-gain = 0.1\n", "did you mean min_gain?"),
    "a capital": ("[policy]\nObjective = 'improve'\n", "did you mean objective?"),
    "misspelt table": ("[goldenset]\nx = 'set'\n", "did you mean goldensets?"),
    "margin in a guardrail": (
        "[[policy.guardrails]]\nmeasure = 'MRR@2'\nmargin = 0.1\n",
        "policy.margin, under [policy]",
    ),
}


@pytest.mark.parametrize(("text", "told"), KEYS.values(), ids=KEYS.keys())
def test_a_key_in_the_wrong_table_names_the_right_one(
    text: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder()
    Path("evalkit.toml").write_text(text)

    assert cli("run", "set", "--model", "hash/64", "--measure", "MRR@2") == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    ("stranger", "known"),
    [
        (f"{UUID}01".replace("-", ""), f"{UUID}01"),
        (f"urn:uuid:{UUID}01", f"{UUID}01"),
        (f"{{{UUID}01}}".upper(), f"{UUID}01"),
        (f"{UUID}01".replace("-", "").upper(), f"{UUID}01"),
        ('ObjectId("507f1f77bcf86cd799439011")', "507f1f77bcf86cd799439011"),
        ("b'KB77'", "KB77"),
        ("('KB77',)", "KB77"),
        ("KB77\\n", "KB77"),
        ("7.1", "7.10"),
        ("http://www.x.org/a/", "https://x.org/a"),
        ("https://x.org/a#top", "https://x.org/a"),
    ],
)
def test_ids_in_two_spellings_are_told(stranger: str, known: str) -> None:
    told = likeness([stranger], [known, f"{UUID}99", "other-1"])

    assert told is not None
    assert known in str(told)


def test_a_run_without_any_query_of_the_set_is_refused_even_where_missing_ones_score_zero(
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder()
    Path("r.trec").write_text("Q1 Q0 d1 1 3.0 x\nQ2 Q0 d2 1 1 x\n")

    command = ("run", "set", "--model", "run/r.trec", "--measure", "MRR@2", "--missing-queries", "zero")
    assert cli(*command) == 2
    assert "upper and lower case" in capsys.readouterr().err
    Path("r.trec").write_text("q1 Q0 d1 1 3.0 x\nQ2 Q0 d2 1 1 x\n")
    assert cli(*command) == 0
    assert "Q2 → q2" in capsys.readouterr().err


@pytest.mark.parametrize("number", ["Infinity", "-Infinity", "[NaN]", '{"a": NaN}'])
def test_metadata_that_no_json_can_carry_are_an_error(
    number: str, capsys: pytest.CaptureFixture[str]
) -> None:
    line = f'{{"_id": "q1", "text": "x", "metadata": {{"price": {number}}}}}\n{{"_id": "q2", "text": "y"}}\n'
    assert cli("golden", "check", folder(**{"queries.jsonl": line})) == 2
    assert "price" in capsys.readouterr().err


def test_a_blank_that_pandas_wrote_as_nan_says_nothing() -> None:
    line = '{"_id": "q1", "text": "x", "price": NaN}\n{"_id": "q2", "text": "y", "price": 3.5}\n'
    golden = read_golden(folder(**{"queries.jsonl": line}))

    assert golden.query_fields["price"] == (None, 3.5)


@pytest.mark.parametrize("texts", [{"q\ud800": "x"}, {"q": "x\udfff"}])
def test_half_a_character_is_no_text(texts: dict[str, str]) -> None:
    with pytest.raises(InvalidValueError, match="half of a character pair"):
        Texts.of(texts)


ARGUMENT = "Cycling to work is healthy and saves money."
SAME = {
    "as it is": ARGUMENT,
    "spaces": "  Cycling to  work is\nhealthy and saves money. ",
    "no-break": ARGUMENT.replace(" ", "\u00a0"),
}


@pytest.mark.parametrize("text", SAME.values(), ids=SAME.keys())
def test_queries_that_are_documents_are_told_whatever_the_white_space(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    corpus = json.dumps({"_id": "a0", "text": ARGUMENT}) + '\n{"_id": "a1", "text": "A reply."}\n'
    asked = json.dumps({"_id": "a0", "text": text}) + "\n"
    folder(**{"queries.jsonl": asked, "corpus.jsonl": corpus, "qrels/test.tsv": "a0\ta1\t1\n"})
    assert cli("golden", "check", "set") == 2
    assert "EK214" in capsys.readouterr().err

    Path("set/queries.jsonl").write_text(json.dumps({"_id": "a0", "text": "something else"}) + "\n")
    assert cli("golden", "check", "set") == 0  # two numberings that collide
