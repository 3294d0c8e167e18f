"""Judgements to and from the tools of search teams: exports are read back, doubts stop with an option."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evalkit.cli import main
from evalkit.golden.folder import read_golden

QUERIES = {"q1": "flat tyre", "q2": 'new, "loud" bell', "q3": "chain = slack"}
CORPUS = {"d1": "Mending a tyre.", "d2": "Bells & horns", "d3": "Tension of chains", "d4": "Opening hours"}
QRELS = {("q1", "d1"): 2, ("q1", "d2"): 0, ("q2", "d2"): 1, ("q3", "d3"): 2, ("q3", "d1"): 1}
BY_TEXT = {(QUERIES[query], document): grade for (query, document), grade in QRELS.items()}
UBI_GRADES = "grade_0=0,grade_1=1,grade_2=2"


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    home = tmp_path / "set"
    (home / "qrels").mkdir(parents=True)
    lines("set/queries.jsonl", [{"_id": name, "text": text} for name, text in QUERIES.items()])
    lines("set/corpus.jsonl", [{"_id": name, "text": text} for name, text in CORPUS.items()])
    rows = [f"{query}\t{document}\t{grade}" for (query, document), grade in QRELS.items()]
    (home / "qrels" / "test.tsv").write_text("\n".join(["query-id\tcorpus-id\tscore", *rows]))
    (home / "golden.toml").write_text('name = "bikes"\njudgments = "complete"\n')
    return tmp_path


def lines(name: str, rows: list[dict[str, Any]]) -> None:
    Path(name).write_text("".join(f"{json.dumps(row)}\n" for row in rows))


def cli(*arguments: object) -> int:
    return main.run([str(argument) for argument in arguments])


def judged(folder: str) -> dict[tuple[str, str], float]:
    """Return what a set says, by the words of its queries."""
    frame = read_golden(folder).to_frame()
    value = frame["gain"] if "gain" in frame else frame["grade"]
    return dict(zip(zip(frame["query"], frame["document_id"], strict=True), value, strict=True))


BACK: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "opensearch": ((), ("out/judgments.json",)),
    "elasticsearch": (("--index", "bikes"), ("out/rank_eval.json",)),
    "quepid": ((), ("out/ratings.csv",)),
    "label-studio": ((), ("out/tasks.json",)),
    "ubi": (
        (),
        ("--qrels", "out/ubi_events.jsonl", "--queries", "out/ubi_queries.jsonl", "--grades", UBI_GRADES),
    ),
}


@pytest.mark.parametrize("tool", BACK)
def test_what_a_tool_gets_is_read_back(tool: str) -> None:
    more, files = BACK[tool]
    assert cli("golden", "export", "set", "--to", tool, *more, "-o", "out") == 0

    assert cli("golden", "import", *files, "--corpus", "set/corpus.jsonl", "-o", "back") == 0

    assert judged("back") == BY_TEXT


@pytest.mark.parametrize("tool", ["elasticsearch", "label-studio"])
def test_forms_with_ids_keep_them(tool: str) -> None:
    more, files = BACK[tool]
    cli("golden", "export", "set", "--to", tool, *more, "-o", "out")
    texts = "--queries", "set/queries.jsonl", "--corpus", "set/corpus.jsonl"

    assert cli("golden", "import", *files, *texts, "-o", "back") == 0

    assert read_golden("back").judgements_digest == read_golden("set").judgements_digest


@pytest.mark.parametrize("tool", ["opensearch", "quepid", "label-studio", "ubi"])
def test_gains_go_there_and_back(tool: str) -> None:
    text = Path("set/qrels/test.tsv").read_text().replace("\t1\n", "\t0.25\n").replace("d1\t1", "d1\t0.25")
    Path("set/qrels/test.tsv").write_text(text)
    Path("set/golden.toml").write_text('judgments = "complete"\ngrades = "gains"\n')
    assert cli("golden", "export", "set", "--to", tool, "-o", "out") == 0

    _, files = BACK[tool]
    grades = "grade_0.0=0,grade_0.25=0.25,grade_2.0=2"
    files = tuple(grades if part == UBI_GRADES else part for part in files)
    assert cli("golden", "import", *files, "--corpus", "set/corpus.jsonl", "--gains", "-o", "back") == 0

    assert judged("back") == {pair: 0.25 if grade == 1 else grade for pair, grade in BY_TEXT.items()}


def test_exports_say_what_they_cannot(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli("golden", "export", "set", "--to", "elasticsearch", "-o", "out") == 2
    assert "--index NAME" in capsys.readouterr().err
    assert cli("golden", "export", "set", "--to", "quepid", "--format", "csv", "-o", "out") == 2
    assert cli("golden", "export", "set", "--index", "x", "-o", "out") == 2
    lines("set/queries.jsonl", [{"_id": name, "text": "the same"} for name in QUERIES])
    capsys.readouterr()

    assert cli("golden", "export", "set", "--to", "opensearch", "-o", "out") == 2
    assert "--to label-studio" in capsys.readouterr().err
    Path("set/golden.toml").write_text('grades = "gains"\n')
    assert cli("golden", "export", "set", "--to", "elasticsearch", "--index", "x", "-o", "out") == 2
    assert not Path("out").exists()


def task(number: int, document: str, *annotations: dict[str, Any], **data: Any) -> dict[str, Any]:
    shown = {"query": QUERIES["q1"], "doc_id": document, **data}
    return {"id": number, "data": shown, "annotations": list(annotations), "predictions": []}


def said(value: dict[str, Any], by: object = 1, *, name: str = "relevance", **more: Any) -> dict[str, Any]:
    result = {"from_name": name, "to_name": "text", "type": next(iter(value)), "value": value}
    return {"completed_by": by, "was_cancelled": False, "result": [result], **more}


def studio(tasks: list[dict[str, Any]], *more: str) -> int:
    Path("tasks.json").write_text(json.dumps(tasks))
    return cli("golden", "import", "tasks.json", "--corpus", "set/corpus.jsonl", *more, "-o", "back")


def test_choices_ratings_and_numbers_are_grades() -> None:
    values: list[dict[str, Any]] = [{"choices": ["2"]}, {"rating": 1}, {"number": 0}]

    assert studio([task(n, f"d{n}", said(value)) for n, value in enumerate(values, 1)]) == 0

    assert [grade for _, grade in sorted(judged("back").items())] == [2, 1, 0]


def test_labels_of_choices_need_their_grades(capsys: pytest.CaptureFixture[str]) -> None:
    tasks = [task(1, "d1", said({"choices": ["good"]})), task(2, "d2", said({"choices": ["bad"]}))]

    assert studio(tasks) == 2
    assert '--grades "good=…,bad=…"' in capsys.readouterr().err

    assert studio(tasks, "--grades", "good=1,bad=0") == 0
    assert sorted(judged("back").values()) == [0, 1]


def test_tasks_without_a_word_are_unjudged(capsys: pytest.CaptureFixture[str]) -> None:
    tasks = [
        task(1, "d1", said({"choices": ["1"]})),
        task(2, "d2"),
        task(3, "d3", said({"choices": ["1"]}, was_cancelled=True)),
        task(4, "d4", {"completed_by": 1, "result": []}),
    ]

    assert studio(tasks) == 0
    assert "3 tasks without an annotation" in capsys.readouterr().out
    assert len(judged("back")) == 1

    assert studio(tasks[1:], "--force") == 2
    assert "none that is annotated" in capsys.readouterr().err


def test_annotators_who_differ_stop_it_with_the_option(capsys: pytest.CaptureFixture[str]) -> None:
    both = said({"choices": ["1"]}, 7), said({"choices": ["0"]}, {"id": 8, "email": "bo@example.org"})
    tasks = [task(1, "d1", *both), task(2, "d2", said({"choices": ["1"]}, 7), said({"choices": ["1"]}, 8))]

    assert studio(tasks) == 2
    assert "--annotator 7" in capsys.readouterr().err

    for name, grade in (("7", 1), ("bo@example.org", 0)):
        assert studio(tasks[:1], "--annotator", name, "--force") == 0
        assert list(judged("back").values()) == [grade]
    assert studio(tasks, "--annotator", "7", "--force") == 0
    assert sorted(judged("back").values()) == [1, 1]
    assert studio(tasks[1:], "--force") == 0  # who agree count once


def test_two_controls_are_told_with_the_column(capsys: pytest.CaptureFixture[str]) -> None:
    annotation = said({"choices": ["1"]}, name="judged")
    annotation["result"] += said({"rating": 3}, name="clarity")["result"]

    assert studio([task(1, "d1", annotation), task(2, "d2", annotation)]) == 2
    told = capsys.readouterr().err
    assert "--map grade=judged" in told
    assert studio([task(1, "d1", annotation), task(2, "d2", annotation)], "--map", "grade=judged") == 0


def test_several_choices_at_once_are_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        studio([task(1, "d1", said({"choices": ["1", "2"]})), task(2, "d2", said({"choices": ["1"]}))]) == 2
    )
    assert "EK382" in capsys.readouterr().err


@pytest.mark.parametrize("header", ["query,docid,rating", "query,doc_id,rating"])
def test_ratings_of_quepid_are_read(header: str) -> None:
    Path("r.csv").write_text(f"{header}\nflat tyre,d1,3\nflat tyre,d2,0\nflat tyre,d3,\n")

    assert cli("golden", "import", "r.csv", "--corpus", "set/corpus.jsonl", "-o", "back") == 0

    assert judged("back") == {("flat tyre", "d1"): 3, ("flat tyre", "d2"): 0}


def test_a_detailed_case_of_quepid_is_read() -> None:
    Path("case.csv").write_text(
        "Team Name,Case Name,Case ID,Query Text,Doc ID,Title,Rating,score\n"
        "Shop,Bikes,4,flat tyre,d1,Mending,3,17\nShop,Bikes,4,flat tyre,d2,Bells,0,12\n"
        "Shop,Bikes,4,flat tyre,d3,Chains,,9\n"
    )

    assert cli("golden", "import", "case.csv", "--corpus", "set/corpus.jsonl", "-o", "back") == 0

    assert judged("back") == {("flat tyre", "d1"): 3, ("flat tyre", "d2"): 0}


def event(query: str | None, document: str | None, action: str) -> dict[str, Any]:
    attributes = {"object": {"object_id": document, "object_id_field": "_id"}} if document else {}
    return {"action_name": action, "query_id": query, "client_id": "c", "event_attributes": attributes}


def test_events_are_judgements_by_the_map_of_the_user(capsys: pytest.CaptureFixture[str]) -> None:
    """Searches for the same words are one query, and a pair takes the highest of what was done."""
    lines("ubi_queries.jsonl", [
        {"query_id": "u1", "user_query": "flat tyre", "query_response_hit_ids": ["d1", "d2"]},
        {"query_id": "u2", "user_query": " Flat  tyre", "query_response_hit_ids": ["d1"]},
        {"query_id": "u3", "user_query": "bell", "query_response_hit_ids": ["d2"]},
    ])  # fmt: skip
    lines("ubi_events.jsonl", [
        event("u1", "d1", "impression"), event("u1", "d2", "impression"), event("u1", "d1", "click"),
        event("u2", "d1", "purchase"), event("u2", "d1", "click"), event("u3", "d2", "click"),
        event(None, None, "login"),
    ])  # fmt: skip
    files = "ubi_events.jsonl", "--queries", "ubi_queries.jsonl", "--corpus", "set/corpus.jsonl"

    assert cli("golden", "import", *files, "-o", "back") == 2
    assert '--grades "impression=…,click=…,purchase=…"' in capsys.readouterr().err

    assert cli("golden", "import", *files, "--grades", "impression=0,click=1,purchase=3", "-o", "back") == 0
    told = capsys.readouterr().out
    assert "3 searches are 2 queries" in told
    assert "1 event without a search or an object" in told
    assert judged("back") == {("flat tyre", "d1"): 3, ("flat tyre", "d2"): 0, ("bell", "d2"): 1}
    assert read_golden("back").weights.tolist() == [2.0, 1.0]


def test_events_that_bring_their_words_need_no_queries() -> None:
    done = [{**event(f"u{n}", "d1", "click"), "user_query": "flat tyre"} for n in range(2)]
    lines("e.jsonl", done)

    assert (
        cli("golden", "import", "e.jsonl", "--corpus", "set/corpus.jsonl", "--grades", "click=1", "-o", "b")
        == 0
    )

    assert judged("b") == {("flat tyre", "d1"): 1}
    assert len(read_golden("b").queries) == 1


RATED = {
    "query": "flat tyre",
    "ratings": [{"docId": "d1", "rating": "2.000"}, {"docId": "d2", "rating": "0.0"}],
}


def hit(name: str) -> dict[str, Any]:
    source = {"id": name, "name": name, "type": "IMPORT_JUDGMENT", "judgmentRatings": [RATED]}
    return {"_index": "search-relevance-judgment", "_id": name, "_source": source}


def test_a_judgement_list_is_read_as_opensearch_answers_it(capsys: pytest.CaptureFixture[str]) -> None:
    Path("answer.json").write_text(json.dumps({"took": 1, "hits": {"hits": [hit("mine")]}}))
    assert cli("golden", "import", "answer.json", "--corpus", "set/corpus.jsonl", "-o", "back") == 0
    assert judged("back") == {("flat tyre", "d1"): 2, ("flat tyre", "d2"): 0}

    Path("answer.json").write_text(json.dumps({"took": 1, "hits": {"hits": [hit("mine"), hit("yours")]}}))
    assert cli("golden", "import", "answer.json", "--corpus", "set/corpus.jsonl", "-o", "two") == 2
    assert "several judgement lists: mine, yours" in capsys.readouterr().err


def test_records_of_stores_and_single_records_are_read(capsys: pytest.CaptureFixture[str]) -> None:
    search = {"query_id": "u1", "user_query": "flat tyre", "client_id": "c"}
    lines("q.jsonl", [{"_index": "ubi_queries", "_id": "x", "_source": search}])
    lines("e.jsonl", [{"_index": "ubi_events", "_id": "y", "_source": event("u1", "d1", "click")}] * 2)
    Path("e.json").write_text(json.dumps(event("u1", "d1", "click"), indent=1))
    more = "--queries", "q.jsonl", "--corpus", "set/corpus.jsonl", "--grades", "click=1"

    for name in ("e.jsonl", "e.json"):
        assert cli("golden", "import", name, *more, "-o", name.replace(".", "-")) == 0
        assert judged(name.replace(".", "-")) == {("flat tyre", "d1"): 1}
    assert cli("golden", "import", "e.jsonl", *more[2:], "-o", "without") == 2
    assert "--queries ubi_queries.jsonl" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", [lambda: studio([]), lambda: studio([{"data": {}, "annotations": []}])])
def test_nothing_is_an_error(wrong: Callable[[], int]) -> None:
    assert wrong() == 2
