"""Run files in the forms people have: each gives the run that it states, or says what it holds."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from evalkit.cli import main
from evalkit.errors import EvalkitError
from evalkit.golden.folder import read_golden
from evalkit.golden.goldenset import GoldenSet
from evalkit.packing import packed_again
from evalkit.retrieval.run import Run
from evalkit.retrieval.trec import RunReading, read_run, trec_lines

RIGHT = [["b", "a", "c"], ["c", "b"], ["a"]]
QUERY_IDS = ("1", "2", "3")
RECORDS = [
    {"qid": query, "doc_id": document, "score": 3.0 - place, "rank": place + 1}
    for query, found in zip(QUERY_IDS, RIGHT, strict=True)
    for place, document in enumerate(found)
]


@pytest.fixture
def golden() -> GoldenSet:
    return GoldenSet.of(
        "set",
        queries=dict.fromkeys(QUERY_IDS, "text"),
        corpus=dict.fromkeys("abc", "text"),
        qrels={query: {"a": 1} for query in QUERY_IDS},
    )


def table(separator: str, names: tuple[str, ...] = ("qid", "doc_id", "score", "rank")) -> str:
    keys = ("qid", "doc_id", "score", "rank")
    lines = [separator.join(str(record[key]) for key in keys[: len(names)]) for record in RECORDS]
    return "\n".join([separator.join(names), *lines]) + "\n"


def rows(template: str) -> str:
    return "".join(template.format(**record) + "\n" for record in RECORDS)


FORMS = {
    "trec.trec": rows("{qid} Q0 {doc_id} {rank} {score} s"),
    "blanks.trec": rows("{qid}   Q0\t{doc_id} \t {rank}  {score}\ts  "),
    "msmarco.tsv": rows("{qid}\t{doc_id}\t{rank}"),
    "msmarco.txt": rows("{qid} {doc_id} {rank}"),
    "scored.txt": rows("{qid} {doc_id} {score}"),
    "comma.csv": table(","),
    "semicolon.csv": table(";"),
    "tab.tsv": table("\t"),
    "marked.csv": "\ufeff" + table(",", ("Query ID", "Document-ID", "Score", "Rank")),
    "without_rank.csv": table(",", ("query_id", "docno", "similarity")),
    "pyterrier.tsv": table("\t", ("qid", "docno", "score", "rank")),
    "blanks_and_header.txt": table(" ", ("qid", "docno", "score", "rank")),
    "ranks.csv": "query_id,doc_id,rank\n" + rows("{qid},{doc_id},{rank}"),
    "ranx.json": json.dumps(
        {q: {r["doc_id"]: r["score"] for r in RECORDS if r["qid"] == q} for q in QUERY_IDS}
    ),
    "pairs.json": json.dumps(
        {q: [[r["doc_id"], r["score"]] for r in RECORDS if r["qid"] == q] for q in QUERY_IDS}
    ),
    "ids.json": json.dumps(dict(zip(QUERY_IDS, RIGHT, strict=True))),
    "hits.json": json.dumps(
        {q: [{"_id": r["doc_id"], "_score": r["score"]} for r in RECORDS if r["qid"] == q] for q in QUERY_IDS}
    ),
    "records.json": json.dumps(RECORDS),
    "records.jsonl": "\n".join(map(json.dumps, RECORDS)),
    "nested.jsonl": "\n".join(
        json.dumps({"query_id": int(q), "results": [{"doc_id": d} for d in found]})
        for q, found in zip(QUERY_IDS, RIGHT, strict=True)
    ),
}


def ids(run: Run, golden: GoldenSet) -> list[list[str]]:
    return [[golden.corpus.ids[row] for row in found if row >= 0] for found in run.rows]


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("packed", ["", ".gz", ".bz2", ".xz", ".zst"])
def test_every_form_gives_the_run_that_it_states(
    golden: GoldenSet, tmp_path: Path, name: str, packed: str
) -> None:
    path = tmp_path / f"{name}{packed}"
    path.write_bytes(packed_again(FORMS[name].encode(), packed))

    run = read_run(path, golden)

    assert ids(run, golden) == RIGHT
    assert run.findings == ()


@pytest.mark.parametrize("names", [("query_id", "doc_id"), ("qid", "docno"), ("query", "document")])
def test_a_parquet_table_is_read_by_its_columns(
    golden: GoldenSet, tmp_path: Path, names: tuple[str, str]
) -> None:
    columns = {
        names[0]: [int(str(record["qid"])) for record in RECORDS],
        names[1]: [record["doc_id"] for record in RECORDS],
        "score": [record["score"] for record in RECORDS],
    }
    pq.write_table(pa.table(columns), tmp_path / "run.parquet")

    assert ids(read_run(tmp_path / "run.parquet", golden), golden) == RIGHT


def test_of_two_columns_the_one_with_ids_of_the_set_is_meant(golden: GoldenSet, tmp_path: Path) -> None:
    """PyTerrier's frames hold an internal docid beside docno, and the query's text beside qid."""
    lines = rows("{qid},900{rank},{doc_id},{rank},{score},some text")
    (tmp_path / "r.csv").write_text("qid,docid,docno,rank,score,query\n" + lines)

    assert ids(read_run(tmp_path / "r.csv", golden), golden) == RIGHT


def test_a_column_of_distances_is_read_as_their_negatives_and_told(golden: GoldenSet, tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("query_id,doc_id,distance\n" + rows("{qid},{doc_id},0.{rank}"))

    run = read_run(tmp_path / "r.csv", golden)

    assert ids(run, golden) == RIGHT
    assert [finding.code for finding in run.findings] == ["EK452"]


@pytest.mark.parametrize(
    ("content", "code", "told"),
    [
        (rows("{qid} Q0 {doc_id} {rank} {score}"), "EK431", "--run-columns query,-,document,rank,score"),
        (rows("{qid} {doc_id} {rank} {score} s"), "EK431", "--run-columns query,document,rank,score,-"),
        (rows("{qid} {doc_id} {rank} {score}"), "EK431", "--run-columns query,document,rank,score"),
        ("1 0 a 1\n2 0 b 1\n", "EK431", "judgements"),
        ("1 a\n", "EK431", "2 columns"),
        ("1 a 42\n1 b 17\n2 a 3\n", "EK451", "--run-columns query,document,score"),
        ("query_id,doc_id,docno,score\n1,a,a,2\n2,b,b,1\n", "EK453", "doc_id and docno"),
        ("query_id,doc_id,score,sim\n1,a,1,2\n", "EK453", "score and sim"),
        ("query_id,doc_id,points\n1,a,1\n", "EK453", "score or rank"),
        ('{"1": {"a": "high"}}', "EK432", "high"),
        ('{"1": {"a": null}}', "EK432", "not a finite number"),
        ('{"1": {"a": 1}, "1": {"b": 1}}', "EK434", "1"),
        ('{"1": 5}', "EK455", "no form of run"),
        ("[1, 2]", "EK455", "no form of run"),
        ('{"1": {"a": 1}', "EK454", "not valid JSON"),
        ("[" * 100_000, "EK454", "nested deeper"),
    ],
)
def test_what_could_be_read_in_two_ways_or_in_none_is_named(
    golden: GoldenSet, tmp_path: Path, content: str, code: str, told: str
) -> None:
    path = tmp_path / "run"
    path.write_text(content)

    with pytest.raises(EvalkitError) as caught:
        read_run(path, golden)

    assert code in [finding.code for finding in caught.value.findings]
    assert told in str(caught.value)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("content", "columns"),
    [
        (rows("{qid} Q0 {doc_id} {rank} {score}"), "query,-,document,rank,score"),
        (rows("{doc_id} {score} {qid}"), "doc,score,query"),
        ("1 a 17\n1 b 42\n1 c 3\n2 b 5\n2 c 7\n3 a 1\n", "query,document,score"),
        ("topic,page,bm25,x\n" + rows("{qid},{doc_id},{score},9"), "query=topic,document=page,score=bm25"),
    ],
)
def test_the_user_says_what_the_columns_hold(
    golden: GoldenSet, tmp_path: Path, content: str, columns: str
) -> None:
    (tmp_path / "run").write_text(content)

    assert ids(read_run(tmp_path / "run", golden, reading=RunReading(columns=columns)), golden) == RIGHT


@pytest.mark.parametrize(
    "columns", ["query", "query,document,points", "query,query,document", "query=a,document"]
)
def test_what_the_user_says_of_columns_is_checked(golden: GoldenSet, tmp_path: Path, columns: str) -> None:
    (tmp_path / "run").write_text(FORMS["trec.trec"])

    with pytest.raises(EvalkitError, match="does not say what the columns hold"):
        read_run(tmp_path / "run", golden, reading=RunReading(columns=columns))


def test_a_search_that_finds_nothing_is_written_so_that_it_reads_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_set(tmp_path / "set", queries=10)
    (tmp_path / "strict.py").write_text(
        "def find(queries, depth):\n"
        "    return [[] if n in (2, 5) else [(f'd{n}', 1.0), ('d0', .5)][: 1 if n == 0 else 2]\n"
        "            for n, _ in enumerate(queries)]\n"
    )
    monkeypatch.chdir(tmp_path)

    assert (
        main.run(["run", "set", "--model", "search/strict:find", "-o", "out.trec", "--measure", "MRR@2"]) == 0
    )
    assert "nothing was found for 2 of 10 judged queries" in capsys.readouterr().err
    assert (
        main.run(["run", "set", "--model", "search/strict:find", "-o", "out.trec", "--measure", "MRR@2"]) == 0
    )
    first = capsys.readouterr().out
    assert main.run(["run", "set", "--model", "run/out.trec", "--measure", "MRR@2"]) == 0

    told = capsys.readouterr()
    assert told.out.splitlines()[1:] == first.splitlines()[1:]
    assert told.out.splitlines()[1:] == ["MRR@2         0.8000", "Judged@2      0.4500"]
    assert "nothing was found for 2 of 10 judged queries" in told.err
    golden = read_golden(tmp_path / "set")
    again = read_run(tmp_path / "out.trec", golden, system="search/strict:find")
    assert "".join(trec_lines(again, golden)) == (tmp_path / "out.trec").read_text()


def test_queries_that_a_run_lacks_score_nothing_where_the_user_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_set(tmp_path / "set", queries=10)
    (tmp_path / "some.trec").write_text("".join(f"q{n} Q0 d{n} 1 1.0 s\n" for n in range(7)))
    (tmp_path / "evalkit.toml").write_text(
        '[models.lenient]\nspec = "run/some.trec"\nmissing_queries = "zero"\n'
    )
    monkeypatch.chdir(tmp_path)
    command = ["run", "set", "--measure", "MRR@1"]

    assert main.run([*command, "--model", "run/some.trec"]) == 2
    assert "--missing-queries zero" in capsys.readouterr().err
    for model in (["run/some.trec", "--missing-queries", "zero"], ["lenient"]):
        assert main.run([*command, "--model", *model]) == 0
        assert "MRR@1         0.7000" in capsys.readouterr().out


def write_set(folder: Path, *, queries: int) -> None:
    (folder / "qrels").mkdir(parents=True)
    numbers = range(queries)
    for name, key in (("queries", "q"), ("corpus", "d")):
        lines = [json.dumps({"_id": f"{key}{n}", "text": f"text of {key}{n}"}) + "\n" for n in numbers]
        (folder / f"{name}.jsonl").write_text("".join(lines))
    judged = "".join(f"q{n}\td{n}\t1\n" for n in numbers)
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\n" + judged)
