"""Runs as other tools export them: separators, comments, decimal commas and nested JSON, read or named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evalkit.errors import EvalkitError
from evalkit.golden.goldenset import GoldenSet
from evalkit.retrieval.run import Run
from evalkit.retrieval.rundraft import number_of
from evalkit.retrieval.trec import RunReading, read_run

RIGHT = {"1": ["b", "a", "c"], "2": ["c", "b"], "3": ["a"]}
RESULTS = [
    (query, document, place + 1, 3.5 - place)
    for query, found in RIGHT.items()
    for place, document in enumerate(found)
]
TREC = "".join(f"{query} Q0 {name} {rank} {score} s\n" for query, name, rank, score in RESULTS)
IDS = {
    query: {"ids": found, "scores": [3.5 - n for n in range(len(found))]} for query, found in RIGHT.items()
}


def parted(mark: str, template: str = "q,d,s") -> str:
    cells = {"q": 0, "d": 1, "r": 2, "s": 3}
    return "".join(
        mark.join(str(result[cells[name]]) if name in cells else name for name in template.split(",")) + "\n"
        for result in RESULTS
    )


@pytest.fixture
def golden() -> GoldenSet:
    return GoldenSet.of(
        "set",
        queries=dict.fromkeys(RIGHT, "text"),
        corpus=dict.fromkeys("abc", "text"),
        qrels={query: {"a": 1} for query in RIGHT},
    )


def ids(run: Run, golden: GoldenSet) -> list[list[str]]:
    return [[golden.corpus.ids[row] for row in found if row >= 0] for found in run.rows]


def read(tmp_path: Path, golden: GoldenSet, name: str, content: str, **reading: str) -> Run:
    (tmp_path / name).write_bytes(content.encode())
    return read_run(tmp_path / name, golden, reading=RunReading(**reading))


MTEB = {query: {document: score for q, document, _, score in RESULTS if q == query} for query in RIGHT}
FORMS = {
    "commas, no header.csv": parted(","),
    "semicolons, no header.csv": parted(";"),
    "bars, no header.txt": parted("|"),
    "ranks between commas.csv": parted(",", "q,d,r"),
    "six cells between commas.csv": parted(",", "q,Q0,d,r,s,tag"),
    "six cells between semicolons.csv": parted(";", "q,Q0,d,r,s,tag"),
    "a header between bars.csv": "query_id|doc_id|score\n" + parted("|"),
    "decimal commas.csv": "query_id;doc_id;score\n" + parted(";").replace(".", ","),
    "decimal commas, no header.csv": parted(";").replace(".", ","),
    "decimal commas.trec": TREC.replace(".", ","),
    "old Mac.trec": TREC.replace("\n", "\r"),
    "old Mac.csv": "query_id,doc_id,score\r" + parted(",").replace("\n", "\r"),
    "a header with a #.tsv": "#query_id\tdoc_id\tscore\n" + parted("\t"),
    "Pyserini.json": json.dumps(
        {
            query: {
                "query": "its text",
                "hits": [{"docid": d, "rank": r, "score": s} for q, d, r, s in RESULTS if q == query],
            }
            for query in RIGHT
        }
    ),
    "predictions of MTEB.json": json.dumps(
        {"mteb_model_meta": {"model_name": "m"}, "default": {"test": MTEB}}
    ),
    "ranking.jsonl": "".join(
        json.dumps({"qid": query, "ranking": found}) + "\n" for query, found in RIGHT.items()
    ),
    "retrieved.jsonl": "".join(
        json.dumps({"query_id": query, "retrieved_doc_ids": found}) + "\n" for query, found in RIGHT.items()
    ),
    "ids and scores.json": json.dumps([{"query_id": query, **lists} for query, lists in IDS.items()]),
    "ids and distances.json": json.dumps(
        [
            {"query_id": query, "doc_ids": found, "distances": [0.1 * n for n in range(len(found))]}
            for query, found in RIGHT.items()
        ]
    ),
    "a line separator in a text.jsonl": "".join(
        json.dumps({"query_id": query, "text": "a\u2028b", "results": found}, ensure_ascii=False) + "\n"
        for query, found in RIGHT.items()
    ),
}


@pytest.mark.parametrize("name", FORMS)
def test_each_of_these_forms_gives_the_run_that_it_states(
    golden: GoldenSet, tmp_path: Path, name: str
) -> None:
    run = read(tmp_path, golden, name, FORMS[name])

    assert ids(run, golden) == list(RIGHT.values())
    assert run.findings == ()


COMMENTS = [
    "# a run",
    "# run of three words more",
    "#",
    "# evalkit bm25 k1=0.9 b=0.4",
    "#made by me",
    "# qid pid rank",
]


FILES = {
    "r.trec": TREC,
    "r.csv": "query_id,doc_id,score\n" + parted(","),
    "r.tsv": parted("\t", "q,d,r"),
}
AS_A_ROW = (
    "r.tsv",
    "#made by me",
)  # as many words as columns: it may be a result of a query that is called #made


@pytest.mark.parametrize("at", [0, 2, 6])
@pytest.mark.parametrize(
    ("name", "comment"),
    [(name, text) for name in FILES for text in COMMENTS if (name, text) != AS_A_ROW],
)
def test_comments_are_passed_over_and_told(
    golden: GoldenSet, tmp_path: Path, comment: str, at: int, name: str
) -> None:
    lines = FILES[name].splitlines(keepends=True)
    lines.insert(at, f"{comment}\n")

    run = read(tmp_path, golden, name, "".join(lines))

    assert ids(run, golden) == list(RIGHT.values())
    assert [finding.code for finding in run.findings] == ["EK190"]


@pytest.mark.parametrize("at", [0, 2, 6])
def test_a_comment_that_may_be_a_result_is_not_passed_over(
    golden: GoldenSet, tmp_path: Path, at: int
) -> None:
    name, comment = AS_A_ROW
    lines = FILES[name].splitlines(keepends=True)
    lines.insert(at, f"{comment}\n")

    with pytest.raises(EvalkitError, match=f"r.tsv:{at + 1}"):
        read(tmp_path, golden, name, "".join(lines))


def test_a_query_that_is_called_with_a_hash_is_one(tmp_path: Path) -> None:
    golden = GoldenSet.of(
        "set",
        queries={"#": "t", "#2": "t"},
        corpus=dict.fromkeys("abc", "t"),
        qrels={"#": {"a": 1}, "#2": {"b": 1}},
    )

    run = read(tmp_path, golden, "r.trec", "# Q0 a 1 2 s\n#2 Q0 b 1 2 s\n")

    assert ids(run, golden) == [["a"], ["b"]]
    assert run.findings == ()


NAMED = {
    "3, 2, 1 are scores, or ranks from below": ("r.tsv", "1\tb\t2\n1\ta\t1\n2\tc\t1\n3\ta\t1\n", "EK451"),
    "four cells between commas": ("r.csv", parted(",", "q,d,r,s"), "--run-columns query,document,rank,score"),
    "a comma that may part thousands": ("r.csv", "query_id;doc_id;score\n1;a;1,234\n", "decimal point"),
    "commas and points": ("r.csv", "query_id;doc_id;score\n1;a;0,9\n1;b;1.234\n", "EK189"),
    "commas after points that part thousands": ("r.csv", "query_id;doc_id;score\n1;a;12.345,6\n", "EK432"),
    "an underscore": ("r.csv", "query_id,doc_id,score\n1,a,1_0\n", "EK432"),
    "runs of two subsets": (
        "r.json",
        json.dumps({"mteb_model_meta": {}, "de": {"test": MTEB}, "en": {"test": MTEB}}),
        "de/test, en/test",
    ),
    "one search": (
        "r.json",
        json.dumps({"took": 3, "hits": {"hits": [{"_id": "a"}]}}),
        "does not name its query",
    ),
    "nested otherwise": ("r.json", json.dumps({"1": {"found": {"a": 1}}}), "EK455"),
    "lists of two lengths": ("r.json", json.dumps([{"qid": "1", "ids": ["a"], "scores": [1, 2]}]), "EK455"),
    "a query twice": ("r.jsonl", '{"qid": "1", "ids": ["a"]}\n{"qid": "1", "ids": ["b"]}\n', "EK434"),
    "nothing": ("r.trec", "", "no results at all"),
    "comments alone": ("r.trec", "# nothing\n# was found\n", "no results at all"),
}


@pytest.mark.parametrize(("name", "content", "told"), NAMED.values(), ids=NAMED)
def test_what_leaves_two_readings_or_none_is_named(
    golden: GoldenSet, tmp_path: Path, name: str, content: str, told: str
) -> None:
    with pytest.raises(EvalkitError) as caught:
        read(tmp_path, golden, name, content)

    assert told in str(caught.value)


def test_a_file_of_two_systems_is_told(golden: GoldenSet, tmp_path: Path) -> None:
    run = read(
        tmp_path, golden, "r.trec", "1 Q0 a 1 2 bm25\n1 Q0 b 1 1 dense\n2 Q0 a 1 1 bm25\n3 Q0 a 1 1 bm25\n"
    )

    assert [finding.code for finding in run.findings] == ["EK193"]
    with pytest.raises(EvalkitError, match="bm25, dense"):
        read(tmp_path, golden, "r.trec", "1 Q0 a 1 2 bm25\n1 Q0 a 1 1 dense\n")


def test_what_the_user_says_settles_cells_between_commas(golden: GoldenSet, tmp_path: Path) -> None:
    run = read(tmp_path, golden, "r.csv", parted(",", "q,d,r,s"), columns="query,document,rank,score")

    assert ids(run, golden) == list(RIGHT.values())


def test_lists_are_named_by_the_user_too(golden: GoldenSet, tmp_path: Path) -> None:
    lines = "".join(json.dumps({"frage": query, "treffer": found}) + "\n" for query, found in RIGHT.items())

    run = read(tmp_path, golden, "r.jsonl", lines, columns="query=frage,document=treffer")

    assert ids(run, golden) == list(RIGHT.values())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    scores=st.lists(st.integers(-99_999, 99_999), min_size=2, max_size=3, unique=True),
    places=st.sampled_from([1, 2, 4]),
)
def test_a_decimal_comma_is_a_decimal_point(
    golden: GoldenSet, tmp_path: Path, scores: list[int], places: int
) -> None:
    lines = [f"1;{name};{score / 10**places:.{places}f}" for name, score in zip("abc", scores, strict=False)]
    lines += ["2;a;0.5", "3;a;0.5"]
    content = "query_id;doc_id;score\n" + "\n".join(lines) + "\n"

    with_points = read(tmp_path, golden, "points.csv", content)
    with_commas = read(tmp_path, golden, "commas.csv", content.replace(".", ","))

    assert with_points.rows.tolist() == with_commas.rows.tolist()
    assert with_points.scores.tolist() == with_commas.scores.tolist()


@pytest.mark.parametrize("text", ["1_000", "_1", "1__0", "nan", "inf", "", " ", "0x10", "1,5"])
def test_what_python_alone_takes_for_a_number_is_none(text: str) -> None:
    assert number_of(text) is None
