"""Runs of chunks without the chunks' texts: cut at a separator or mapped, each document by its best chunk."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.cli import main
from evalkit.embedding.modelspec import ModelSpec
from evalkit.errors import EvalkitError, RunError, UsageError
from evalkit.golden.goldenset import GoldenSet
from evalkit.retrieval.callable import FunctionSearch
from evalkit.retrieval.chunknames import ChunkNames, heads, likely_separator, read_chunk_map
from evalkit.retrieval.run import Run
from evalkit.retrieval.trec import RunReading, read_run
from evalkit.studies.dictionaries import compare_runs, score_run

DOCUMENTS = ("KB-1", "KB-2", "KB-3")
RESULTS = [("q1", "KB-2#0", 3.0), ("q1", "KB-1#4", 2.5), ("q1", "KB-2#1", 2.0), ("q1", "KB-1#0", 2.5),
           ("q2", "KB-3#0", 1.0), ("q2", "KB-1#1", 1.0), ("q2", "KB-3#7", 4.0)]  # fmt: skip
RIGHT = {"q1": ["KB-2", "KB-1"], "q2": ["KB-3", "KB-1"]}
MAP = {name: name.split("#")[0] for _, name, _ in RESULTS}


def golden_of(*documents: str) -> GoldenSet:
    return GoldenSet.of(
        "set",
        queries=dict.fromkeys(RIGHT, "text"),
        corpus=dict.fromkeys(documents, "text"),
        qrels={query: {documents[0]: 1} for query in RIGHT},
    )


def ids(run: Run, golden: GoldenSet) -> dict[str, list[str]]:
    return {
        query: [golden.corpus.ids[row] for row in run.rows[place] if row >= 0]
        for place, query in enumerate(golden.queries.ids)
    }


def written(path: Path, results: Sequence[tuple[str, str, float]]) -> Path:
    """Write a run whose ranks are those of its scores."""
    lines = []
    for query in dict.fromkeys(query for query, _, _ in results):
        own = sorted((item for item in results if item[0] == query), key=lambda item: -item[2])
        lines += [f"{q} Q0 {name} {rank} {score} s\n" for rank, (q, name, score) in enumerate(own, 1)]
    path.write_text("".join(lines))
    return path


def test_a_documents_score_is_that_of_its_best_chunk(tmp_path: Path) -> None:
    golden = golden_of(*DOCUMENTS)

    run = read_run(written(tmp_path / "run", RESULTS), golden, reading=RunReading(chunk_separator="#"))

    assert ids(run, golden) == RIGHT
    np.testing.assert_array_equal(run.scores, np.array([[3.0, 2.5, -np.inf], [4.0, 1.0, -np.inf]]))
    told = next(finding for finding in run.findings if finding.code == "EK380")
    assert told.problem.startswith("7 of 7 results name chunks; 4 documents are left")


@given(st.data())
def test_cutting_is_the_greatest_score_by_document_in_the_order_of_every_run(data: st.DataObject) -> None:
    """Scores are few, so that many tie: ties stand by document id, descending."""
    parts = st.tuples(st.sampled_from(DOCUMENTS), st.integers(0, 30))
    chunks = data.draw(st.lists(parts, unique=True, min_size=1, max_size=20))
    scores = [data.draw(st.sampled_from([0.0, 0.5, 1.0])) for _ in chunks]
    found = {f"{name}#{n}": score for (name, n), score in zip(chunks, scores, strict=True)}
    best = {
        name: max(score for (own, _), score in zip(chunks, scores, strict=True) if own == name)
        for name, _ in chunks
    }

    by_document = ChunkNames("#").best({"q1": found}, DOCUMENTS)

    assert by_document == {"q1": best}
    golden = golden_of(*DOCUMENTS)
    ranked = sorted(best, key=lambda name: (best[name], name), reverse=True)
    assert ids(Run.of("s", by_document, golden), golden)["q1"] == ranked


def csv(path: Path) -> Path:
    target = path / "map.csv"
    target.write_text("chunk_id,doc_id\n" + "".join(f"{chunk},{name}\n" for chunk, name in MAP.items()))
    return target


def swapped(path: Path) -> Path:
    target = path / "map.csv"
    target.write_text("parent;passage\n" + "".join(f"{name};{chunk}\n" for chunk, name in MAP.items()))
    return target


def bare(path: Path) -> Path:
    target = path / "map.txt"
    target.write_text("".join(f"{chunk}\t{name}\n" for chunk, name in MAP.items()))
    return target


def jsonl(path: Path) -> Path:
    target = path / "map.jsonl"
    rows = [{"chunk": chunk, "document": name} for chunk, name in MAP.items()]
    target.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return target


def whole(path: Path) -> Path:
    target = path / "map.json"
    target.write_text(json.dumps(MAP, indent=1))
    return target


def parquet(path: Path) -> Path:
    target = path / "map.parquet"
    pq.write_table(pa.table({"chunk_id": list(MAP), "document_id": list(MAP.values())}), target)
    return target


@pytest.mark.parametrize("form", [csv, swapped, bare, jsonl, whole, parquet])
def test_a_map_does_as_a_separator_does(form: Callable[[Path], Path], tmp_path: Path) -> None:
    golden, path = golden_of(*DOCUMENTS), form(tmp_path)

    run = read_run(written(tmp_path / "run", RESULTS), golden, reading=RunReading(chunk_map=str(path)))

    assert read_chunk_map(path) == MAP
    assert ids(run, golden) == RIGHT


def test_documents_are_not_cut_and_are_told(tmp_path: Path) -> None:
    golden = golden_of("KB#1", "KB#2", "KB")
    results = [("q1", "KB#1", 3.0), ("q1", "KB#2#9", 2.0), ("q1", "KB", 1.0), ("q2", "KB#1", 1.0)]

    with pytest.raises(RunError, match="EK699"):  # KB#2#9 may be of KB#2 or of KB
        read_run(written(tmp_path / "run", results), golden, reading=RunReading(chunk_separator="#"))

    sure = [item for item in results if item[1] != "KB#2#9"]
    run = read_run(written(tmp_path / "run", sure), golden, reading=RunReading(chunk_separator="#"))
    assert ids(run, golden) == {"q1": ["KB#1", "KB"], "q2": ["KB#1"]}
    told = next(finding for finding in run.findings if finding.code == "EK381")
    assert (told.severity, "KB#1" in told.places[0]) == ("warning", True)


def test_the_longest_known_head_is_taken_where_it_is_the_only_one(tmp_path: Path) -> None:
    golden = golden_of("KB#1", "KB#2")
    results = [("q1", "KB#2#0", 3.0), ("q1", "KB#1#0", 2.0), ("q2", "KB#1", 2.0)]

    run = read_run(written(tmp_path / "run", results), golden, reading=RunReading(chunk_separator="#"))

    assert ids(run, golden) == {"q1": ["KB#2", "KB#1"], "q2": ["KB#1"]}


def test_a_map_that_calls_a_document_a_chunk_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "map.json").write_text(json.dumps({"KB-1": "KB-2"}))
    reading = RunReading(chunk_map=str(tmp_path / "map.json"))

    with pytest.raises(RunError, match="EK699"):
        read_run(written(tmp_path / "run", [("q1", "KB-1", 1.0), ("q2", "KB-2", 1.0)]),
                 golden_of(*DOCUMENTS), reading=reading)  # fmt: skip


@pytest.mark.parametrize("mark", ["#", "::", "_", "/", "|"])
def test_without_the_option_the_error_names_it(mark: str, tmp_path: Path) -> None:
    results = [(query, name.replace("#", mark), score) for query, name, score in RESULTS]

    with pytest.raises(RunError, match="EK433") as caught:
        read_run(written(tmp_path / "run", results), golden_of(*DOCUMENTS))

    said = mark if mark in "_::/" else f"'{mark}'"
    assert f"--chunk-separator {said}" in str(caught.value)


def test_another_separator_than_the_one_that_was_said_is_named(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="--chunk-separator '#'"):
        read_run(
            written(tmp_path / "run", RESULTS), golden_of(*DOCUMENTS), reading=RunReading(chunk_separator="@")
        )


def test_chunks_of_unknown_documents_stay_an_error(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="EK433"):
        read_run(written(tmp_path / "run", [("q1", "KB-9#1", 1.0), ("q2", "KB-1#1", 1.0)]),
                 golden_of(*DOCUMENTS), reading=RunReading(chunk_separator="#"))  # fmt: skip


def test_ranks_may_count_and_the_best_chunk_is_the_first(tmp_path: Path) -> None:
    golden, path = golden_of(*DOCUMENTS), tmp_path / "run"
    lines = ["q1 Q0 KB-2#1 1 0.1 s", "q1 Q0 KB-1#1 2 0.9 s", "q1 Q0 KB-2#0 3 1.5 s", "q2 Q0 KB-1#1 1 1 s"]
    path.write_text("\n".join(lines))

    run = read_run(path, golden, reading=RunReading(chunk_separator="#", order="rank"))

    assert ids(run, golden)["q1"] == ["KB-2", "KB-1"]


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ("chunk,document\na#1,a\na#1,b\n", "map.csv"),
        ("", "map.csv"),
        ("x,y,z\n1,2,3\n", "map.csv"),
        ("chunk,document\na#1,\n", "map.csv"),
        ('{"a#1": ["a"]}', "map.json"),
    ],
)
def test_a_map_that_is_none_is_told(content: str, name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(content)

    with pytest.raises(EvalkitError):
        read_chunk_map(tmp_path / name)


def test_dictionaries_of_chunks_are_scored_by_document() -> None:
    qrels = {"q1": {"KB-1": 1}, "q2": {"KB-3": 1}}
    results: dict[str, dict[str, float]] = {}
    for query, name, score in RESULTS:
        results.setdefault(query, {})[name] = score

    for said in ({"chunk_separator": "#"}, {"chunk_map": MAP}):
        assert score_run(qrels, results, ["MRR@10"], **said).values[0].tolist() == [0.5, 1.0]
        outcome = compare_runs(qrels, results, results, **said)
        assert outcome.primaries[0].delta == 0.0
    with pytest.raises(UsageError, match="both"):
        score_run(qrels, results, chunk_separator="#", chunk_map=MAP)
    with pytest.raises(RunError, match="may be a chunk of"):
        score_run({"q1": {"a": 1, "a#b": 1}}, {"q1": {"a#b#c": 1.0}}, chunk_separator="#")


def test_heads_and_likely_separators() -> None:
    assert list(heads("a#b#3", "#")) == ["a#b", "a"]
    assert list(heads("#3", "#")) == []
    assert likely_separator(["KB-1-0", "KB-2-9"], DOCUMENTS) == "-"
    assert likely_separator(["x", "KB-2-9"], DOCUMENTS) == ""


def test_a_set_is_run_and_compared_by_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One run names documents and the other chunks: the option holds for both."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    home = tmp_path / "set"
    (home / "qrels").mkdir(parents=True)
    names = [f"d{n}" for n in range(30)]
    (home / "queries.jsonl").write_text(
        "\n".join(json.dumps({"_id": f"q{n}", "text": f"ask {n}"}) for n in range(30))
    )
    (home / "corpus.jsonl").write_text("\n".join(json.dumps({"_id": n, "text": f"on {n}"}) for n in names))
    rows = [f"q{n}\td{n}\t1" for n in range(30)]
    (home / "qrels" / "test.tsv").write_text("\n".join(["query-id\tcorpus-id\tscore", *rows]))
    whole_run = [(f"q{n}", f"d{m}", -abs(n - m)) for n in range(30) for m in range(30)]
    written(tmp_path / "whole.trec", whole_run)
    written(
        tmp_path / "parts.trec",
        [(q, f"{name}#{part}", s - part) for q, name, s in whole_run for part in (0, 1)],
    )
    models = "--baseline", "run/whole.trec", "--candidate", "run/parts.trec"

    assert main.run(["run", "set", "--model", "run/parts.trec"]) == 2
    assert main.run(["run", "set", "--model", "run/parts.trec", "--chunk-separator", "#"]) == 0
    asked = ["compare", "set", *models, "--chunk-separator", "#", "--objective", "maintain", "-o", "report"]
    assert main.run(asked) == 3

    systems = json.loads((tmp_path / "report" / "result.json").read_text())["systems"]
    assert systems["run/whole.trec"]["measures"] == systems["run/parts.trec"]["measures"]


def test_a_search_may_give_chunks_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    found = {query: [(name, score) for q, name, score in RESULTS if q == query] for query in RIGHT}
    ranked = [sorted(results, key=lambda pair: -pair[1]) for results in found.values()]
    (tmp_path / "chunky.py").write_text(f"def find(queries, depth):\n    return {ranked!r}\n")
    golden = golden_of(*DOCUMENTS)
    spec = ModelSpec.parse("search/chunky:find")

    run = FunctionSearch(spec, {"chunk_separator": "#"}).search(golden, depth=10, system="s")

    assert ids(run, golden) == RIGHT
    with pytest.raises(RunError, match="--chunk-separator '#'"):
        FunctionSearch(spec, {}).search(golden, depth=10, system="s")
    with pytest.raises(UsageError, match="both"):
        FunctionSearch(spec, {"chunk_separator": "#", "chunk_map": "x"}).check()
