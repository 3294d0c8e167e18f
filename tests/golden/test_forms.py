"""Files in the forms that people export: read where one reading is possible, else named in one error."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import pickle
import sqlite3
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from golden_folders import CORPUS, QRELS, QUERIES, write_folder
from hypothesis import given
from hypothesis import strategies as st

from evalkit.cli import main
from evalkit.errors import GoldenSetError
from evalkit.golden.folder import read_golden
from evalkit.golden.naming import wrong_with_name

LINES = "".join(json.dumps(row) + "\n" for row in CORPUS).encode()
BY_ID = {row["_id"]: {"title": row["title"], "text": row["text"]} for row in CORPUS}
HITS = [{"_index": "kb", "_id": row["_id"], "_score": 1.0, "_source": {**row}} for row in CORPUS]
COLUMNS = {name: [row[name] for row in CORPUS] for name in ("_id", "title", "text")}

READ: dict[str, bytes] = {
    "gzip under another name": gzip.compress(LINES),
    "bzip2 under another name": bz2.compress(LINES),
    "xz under another name": lzma.compress(LINES),
    "zstd under another name": zstandard.compress(LINES),
    "zstd in two frames": zstandard.compress(LINES[:50]) + zstandard.compress(LINES[50:]),
    "a byte-order mark": b"\xef\xbb\xbf" + LINES,
    "an array": json.dumps(CORPUS).encode(),
    "an array over many lines": json.dumps(CORPUS, indent=2).encode(),
    "an array after a byte-order mark": b"\xef\xbb\xbf" + json.dumps(CORPUS, indent=2).encode(),
    "objects over many lines": "\n".join(json.dumps(row, indent=2) for row in CORPUS).encode(),
    "records by id (BEIR)": json.dumps(BY_ID).encode(),
    "one list beside a version": json.dumps({"version": 3, "documents": CORPUS}).encode(),
    "hits of a search": json.dumps({"took": 2, "hits": {"total": 5, "hits": HITS}}).encode(),
    "lines of hits": "".join(json.dumps(hit) + "\n" for hit in HITS).encode(),
    "columns of pandas": json.dumps(
        {name: dict(zip("01234", values, strict=True)) for name, values in COLUMNS.items()}
    ).encode(),
    "columns as lists": json.dumps(COLUMNS).encode(),
    "ids of MongoDB": "".join(
        json.dumps({**row, "_id": {"$oid": row["_id"]}}) + "\n" for row in CORPUS
    ).encode(),
}


@pytest.mark.parametrize("content", READ.values(), ids=READ.keys())
def test_a_corpus_in_another_form_is_the_same_corpus(tmp_path: Path, content: bytes) -> None:
    wanted = read_golden(write_folder(tmp_path / "plain"))
    folder = write_folder(tmp_path / "other")
    (folder / "corpus.jsonl").write_bytes(content)

    found = read_golden(folder)

    assert found.corpus.ids == wanted.corpus.ids
    assert found.corpus.bodies == wanted.corpus.bodies


@pytest.mark.parametrize("suffix", [".gz", ".bz2", ".xz", ".zst"])
def test_every_piece_may_be_packed_and_says_so_by_its_name(tmp_path: Path, suffix: str) -> None:
    packers: dict[str, Callable[[bytes], bytes]] = {
        ".gz": gzip.compress,
        ".bz2": bz2.compress,
        ".xz": lzma.compress,
        ".zst": zstandard.compress,
    }
    folder = write_folder(tmp_path / "set")
    wanted = read_golden(folder).digest
    for path in (folder / "corpus.jsonl", folder / "queries.jsonl", folder / "qrels" / "test.tsv"):
        path.with_name(path.name + suffix).write_bytes(packers[suffix](path.read_bytes()))
        path.unlink()

    assert read_golden(folder).digest == wanted


GRADES = {
    query: {document: grade for name, document, grade in QRELS if name == query} for query, _, _ in QRELS
}
JUDGED = {
    "grades by query and document (BEIR)": GRADES,
    "records": [{"query-id": q, "corpus-id": d, "score": g} for q, d, g in QRELS],
    "records by query": {
        q: [{"doc_id": d, "grade": g} for d, g in found.items()] for q, found in GRADES.items()
    },
    "rank_eval": {
        "requests": [
            {"id": q, "request": {"query": {"match": {"text": q}}}, "ratings": rated}
            for q, rated in (
                (q, [{"_index": "kb", "_id": d, "rating": g} for d, g in found.items()])
                for q, found in GRADES.items()
            )
        ]
    },
}


@pytest.mark.parametrize("value", JUDGED.values(), ids=JUDGED.keys())
def test_judgements_in_another_form_are_the_same_judgements(tmp_path: Path, value: object) -> None:
    wanted = read_golden(write_folder(tmp_path / "plain"))
    folder = write_folder(tmp_path / "other")
    (folder / "qrels" / "test.tsv").unlink()
    (folder / "qrels.json").write_text(json.dumps(value, indent=1))

    assert read_golden(folder).judgements_digest == wanted.judgements_digest


@pytest.mark.parametrize("value", [{"q1": ["d1"], "q2": ["d2"], "q3": "d3", "q4": ["d3"]}])
def test_documents_without_a_grade_are_relevant_and_that_is_told(tmp_path: Path, value: object) -> None:
    folder = write_folder(tmp_path)
    (folder / "qrels" / "test.tsv").unlink()
    (folder / "qrels.json").write_text(json.dumps(value))

    golden = read_golden(folder)

    assert golden.qrels.grades.tolist() == [1, 1, 1, 1]
    assert "EK287" in [finding.code for finding in golden.findings]


def llama_index(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    whole = {
        "queries": {row["_id"]: row["text"] for row in QUERIES},
        "corpus": {row["_id"]: row["text"] for row in CORPUS},
        "relevant_docs": {"q1": ["d1"], "q2": ["d2", "d5"], "q3": ["d3"], "q4": ["d3"]},
        "mode": "text",
    }
    path = folder / "dataset.json"
    path.write_text(json.dumps(whole, indent=4))
    return path


def test_one_file_with_a_whole_set_is_read_from_its_folder_and_imported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = llama_index(tmp_path / "llama")

    golden = read_golden(path.parent)
    code = main.run(["golden", "import", str(path), "-o", str(tmp_path / "out"), "--name", "llama"])

    assert (len(golden.queries), len(golden.corpus), len(golden.qrels)) == (4, 5, 5)
    assert code == 0, capsys.readouterr().err
    assert read_golden(tmp_path / "out").judgements_digest == golden.judgements_digest


ASKED = {
    "match": {"query": {"match": {"text": "patch tube"}}},
    "match with options": {"query": {"match": {"text": {"query": "patch tube", "operator": "and"}}}},
    "multi_match": {"query": {"multi_match": {"query": "patch tube", "fields": ["title", "text"]}}},
    "a boolean query": {"query": {"bool": {"must": [{"match": {"text": "patch tube"}}]}}},
    "query_string": {"query": {"query_string": {"query": "patch tube"}}},
    "two fields, one text": {
        "query": {"bool": {"should": [{"match": {"a": "patch tube"}}, {"match": {"b": "patch tube"}}]}}
    },
}


@pytest.mark.parametrize("request_", ASKED.values(), ids=ASKED.keys())
def test_rank_eval_brings_queries_and_judgements(
    tmp_path: Path, request_: object, capsys: pytest.CaptureFixture[str]
) -> None:
    ratings = [{"_index": "kb", "_id": "11", "rating": 3}, {"_index": "kb", "_id": "12", "rating": 0}]
    (tmp_path / "eval.json").write_text(
        json.dumps({"requests": [{"id": "tube", "request": request_, "ratings": ratings}], "metric": {}})
    )
    (tmp_path / "docs.csv").write_text("id,title,text\n11,A,Patch the tube\n12,B,Clean the pads\n")
    command = ["golden", "import", str(tmp_path / "eval.json"), "--corpus", str(tmp_path / "docs.csv")]

    code = main.run([*command, "-o", str(tmp_path / "out")])

    assert code == 0, capsys.readouterr().err
    golden = read_golden(tmp_path / "out")
    assert golden.queries.bodies == ("patch tube",)
    assert golden.qrels.grades.tolist() == [3, 0]


def test_one_id_rated_in_two_indexes_is_refused(tmp_path: Path) -> None:
    ratings = [{"_index": "a", "_id": "d1", "rating": 1}, {"_index": "b", "_id": "d1", "rating": 0}]
    folder = write_folder(tmp_path)
    (folder / "qrels" / "test.tsv").unlink()
    (folder / "qrels.json").write_text(json.dumps({"requests": [{"id": "q1", "ratings": ratings}]}))

    with pytest.raises(GoldenSetError, match="two indexes"):
        read_golden(folder)


def _zipped(name: str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr(name, "<x/>")
    return held.getvalue()


def _parquet() -> bytes:
    held = io.BytesIO()
    pq.write_table(pa.table({"_id": ["d1"], "text": ["x"]}), held)
    return held.getvalue()


NAMED: dict[str, tuple[bytes, str]] = {
    **{f"text in {name}": (LINES.decode().encode(name), "in UTF-") for name in
       ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be")},
    "packed twice": (gzip.compress(bz2.compress(LINES)), "packed twice, the second time by bzip2"),
    "a cut gzip": (gzip.compress(LINES)[:-10], "its packing is damaged"),
    "a cut zstd": (zstandard.compress(LINES * 9)[:-10], "its packing is damaged"),
    "a workbook": (_zipped("xl/workbook.xml"), "an Excel workbook"),
    "a document": (_zipped("word/document.xml"), "a Word document"),
    "an archive": (_zipped("corpus.jsonl"), "a ZIP archive of 1 files"),
    "an old workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "an old Excel"),
    "Parquet": (_parquet(), "a Parquet file"),
    "a pickle": (pickle.dumps(CORPUS), "a Python pickle"),
    "an array of numbers": (b"\x93NUMPY\x01\0v\0{}", "a NumPy array"),
    "a page": (b"<!DOCTYPE html>\n<html><body>Please sign in</body></html>", "an HTML page"),
    "a page in small letters": (b"\n <html lang='en'>", "an HTML page"),
    "Git LFS": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "a Git LFS pointer"),
    "git-annex": (b"/annex/objects/SHA256E-s1--0.jsonl\n", "a git-annex pointer"),
    "DVC": (b"outs:\n- md5: 0\n  path: corpus.jsonl\n", "a DVC pointer"),
    "lost content": (b"\0" * 5000, "a file of NUL bytes"),
    "a cut array": (json.dumps(CORPUS, indent=1).encode()[:-30], "one JSON value that cannot be parsed"),
    "an unknown object": (b'{"a": [1], "b": {"c": [2]}, "d": 3}', "a form that is not read"),
    "one id twice": (b'{"d1": "x",\n "d1": "y"}', "'d1' stands twice"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "told"), NAMED.values(), ids=NAMED.keys())
def test_a_file_wrong_as_a_whole_is_one_error_that_names_its_form(
    tmp_path: Path, content: bytes, told: str
) -> None:
    folder = write_folder(tmp_path)
    (folder / "corpus.jsonl").write_bytes(content)

    with pytest.raises(GoldenSetError) as caught:
        read_golden(folder)

    [finding] = caught.value.findings
    assert told in finding.problem
    assert "corpus.jsonl" in finding.places[0]
    assert finding.hint


def test_a_database_is_named_and_parquet_under_csv(tmp_path: Path) -> None:
    folder = write_folder(tmp_path)
    (folder / "corpus.jsonl").unlink()
    with sqlite3.connect(folder / "corpus.csv") as database:
        database.execute("create table pages (id)")
    database.close()

    with pytest.raises(GoldenSetError, match="a SQLite database"):
        read_golden(folder)
    (folder / "corpus.csv").write_bytes(_parquet())
    with pytest.raises(GoldenSetError, match="a Parquet file"):
        read_golden(folder)


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_an_empty_corpus_says_nothing_of_the_judgements(tmp_path: Path, content: bytes) -> None:
    folder = write_folder(tmp_path)
    (folder / "corpus.jsonl").write_bytes(content)

    with pytest.raises(GoldenSetError) as caught:
        read_golden(folder)

    assert [finding.code for finding in caught.value.findings] == ["EK213"]


def test_two_files_that_are_wrong_as_wholes_are_told_at_once(tmp_path: Path) -> None:
    folder = write_folder(tmp_path)
    (folder / "corpus.jsonl").write_bytes(_parquet())
    (folder / "queries.jsonl").write_bytes(_zipped("xl/workbook.xml"))

    with pytest.raises(GoldenSetError) as caught:
        read_golden(folder)

    assert [finding.code for finding in caught.value.findings] == ["EK247", "EK247"]


WRONG_TYPES = [
    ('{"_id": 11.0, "text": "x"}', "whose _id is a float, not a text", "11.0"),
    ('{"_id": NaN, "text": "x"}', "whose _id is NaN, not a text", "nan"),
    ('{"_id": true, "text": "x"}', "whose _id is true or false, not a text", "True"),
    ('{"_id": ["a"], "text": "x"}', "whose _id is a list, not a text", "a"),
    ('{"_id": "", "text": "x"}', "without an _id", ""),
    ('{"text": "x"}', "without an _id", ""),
    ('{"_id": "n", "text": null}', "whose text is null", "n"),
    ('{"_id": "n", "text": NaN}', "whose text is NaN", "n"),
    ('{"_id": "n", "text": 7}', "whose text is a number", "n"),
    ('{"_id": "n", "text": ["x"]}', "whose text is a list", "n"),
    ('{"_id": "n", "text": {"en": "x"}}', "whose text is an object", "n"),
    ('{"_id": "n"}', "without a text", "n"),
    ('{"_id": "n", "title": NaN, "text": "x"}', "whose title is NaN", "n"),
    ('{"_id": "n", "title": 0, "text": "x"}', "whose title is a number", "n"),
    ('{"_id": "n", "text": "x \\ud800"}', "not valid JSON", "half of a character pair"),
    ('{"_id": "n", "_id": "m", "text": "x"}', "not valid JSON", "'_id' stands twice"),
    ('{"_id": "n", "text": "x", "n": ' + "7" * 5000 + "}", "not valid JSON", "thousands of digits"),
    ('{"_id": "n", "text": "x", "m": ' + "[" * 150 + "]" * 150 + "}", "not valid JSON", "nested deeper"),
]


@pytest.mark.parametrize(("line", "problem", "detail"), WRONG_TYPES, ids=lambda value: value[:40])
def test_a_wrong_type_is_not_absent(tmp_path: Path, line: str, problem: str, detail: str) -> None:
    folder = write_folder(tmp_path)
    with (folder / "corpus.jsonl").open("a") as file:
        file.write(line + "\n")

    with pytest.raises(GoldenSetError) as caught:
        read_golden(folder)

    [finding] = caught.value.findings
    assert problem in finding.problem
    assert finding.places[0].endswith(f"corpus.jsonl:6   {detail}") or detail in finding.places[0]


def test_a_null_title_is_no_title(tmp_path: Path) -> None:
    rows = [*CORPUS, {"_id": "n", "title": None, "text": "x"}]

    assert read_golden(write_folder(tmp_path, corpus=rows)).corpus.bodies[-1] == "x"


BREAKS = ["\t", "\n", "\r", "\x0b", "\x0c", "\x1c", "\x1f", "\x7f", "\x85", "\u2028", "\u2029", "\0"]


@pytest.mark.parametrize("char", BREAKS, ids=ascii)
@pytest.mark.parametrize("piece", ["queries", "corpus"])
def test_an_id_with_a_tab_or_a_line_break_is_an_error(tmp_path: Path, piece: str, char: str) -> None:
    more = {"_id": f"a{char}b", "text": "x"}
    folder = write_folder(
        tmp_path,
        queries=[*QUERIES, more] if piece == "queries" else QUERIES,
        corpus=[*CORPUS, more] if piece == "corpus" else CORPUS,
    )

    with pytest.raises(GoldenSetError) as caught:
        read_golden(folder)

    assert [finding.code for finding in caught.value.findings] == ["EK257"]


NO_NAMES = ["", " ", ".", "..", "...", "../../x", "a/b", "a\\b", "/", "a\tb", "a\nb", "a\0b", "CON",
            "nul.txt", "com1", "a.", " a", "a ", "\u202ea", "a\u200b", "a" * 500]  # fmt: skip


@pytest.mark.parametrize("name", NO_NAMES, ids=lambda name: ascii(name[:20]))
def test_a_name_that_is_none_is_refused_where_it_is_read(tmp_path: Path, name: str) -> None:
    with pytest.raises(GoldenSetError) as caught:
        read_golden(write_folder(tmp_path, card=f"name = {json.dumps(name)}\n"))

    assert [finding.code for finding in caught.value.findings] == ["EK248"]


@given(name=st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=40))
def test_words_of_any_language_are_names(name: str) -> None:
    assert wrong_with_name(f"x{name}") == ""


ODD: dict[str, Callable[[Path], object]] = {
    "a pipe": os.mkfifo,
    "a folder": Path.mkdir,
    "a device": lambda path: path.symlink_to("/dev/zero"),
    "a link that leads nowhere": lambda path: path.symlink_to("nowhere"),
}


@pytest.mark.parametrize("kind", ODD)
@pytest.mark.parametrize("piece", ["corpus.jsonl", "queries.jsonl", "qrels/test.tsv", "golden.toml"])
def test_what_is_no_file_is_named_and_never_waited_for(tmp_path: Path, kind: str, piece: str) -> None:
    folder = write_folder(tmp_path)
    (folder / piece).unlink()
    ODD[kind](folder / piece)

    with pytest.raises(GoldenSetError) as caught:
        read_golden(folder)

    assert piece.rpartition("/")[2] in str(caught.value)


@pytest.mark.parametrize("piece", ["corpus.jsonl", "queries.jsonl", "qrels/test.tsv", "golden.toml"])
def test_a_link_out_of_the_set_shows_nothing_of_what_it_leads_to(tmp_path: Path, piece: str) -> None:
    secret = tmp_path / "secret"
    secret.write_text("root:x:0:0\n")
    folder = write_folder(tmp_path / "set")
    (folder / piece).unlink()
    (folder / piece).symlink_to(secret)

    with pytest.raises(GoldenSetError) as caught:
        read_golden(folder)

    assert "EK249" in [finding.code for finding in caught.value.findings]
    assert "root:x" not in str(caught.value)


def test_links_inside_a_set_and_in_the_store_of_a_hub_are_followed(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "snapshots" / "abc")
    wanted = read_golden(folder).digest
    (folder / "corpus.jsonl").rename(folder / "all.jsonl")
    (folder / "corpus.jsonl").symlink_to("all.jsonl")
    (tmp_path / "blobs").mkdir()
    (folder / "queries.jsonl").rename(tmp_path / "blobs" / "0123")
    (folder / "queries.jsonl").symlink_to("../../blobs/0123")
    (tmp_path / "link").symlink_to(folder)

    assert read_golden(folder).digest == wanted
    assert read_golden(tmp_path / "link").digest == wanted


FLOODS = {
    "beginnings of texts": "<DOC><DOCNO>1</DOCNO>" + "<TEXT>a" * 40_000 + "</DOC>",
    "beginnings of ids": "<DOC>" + "<DOCNO>" * 40_000 + "</DOC>",
    "beginnings of titles": "<DOC><DOCNO>1</DOCNO>" + "<TITLE>a" * 40_000 + "</DOC>",
    "documents": "<DOC>" * 60_000,
    "tags without an end": "<doc " * 60_000,
    "texts without an end": "<DOC><DOCNO>1</DOCNO>" + "<text " * 60_000 + "</text></DOC>",
    "signs": "<DOC><DOCNO>1</DOCNO>" + "<" * 300_000 + "</DOC>",
}


@pytest.mark.parametrize("text", FLOODS.values(), ids=FLOODS.keys())
def test_markup_is_read_in_one_pass(tmp_path: Path, text: str, seconds: Callable[[], float]) -> None:
    folder = write_folder(tmp_path)
    (folder / "corpus.jsonl").unlink()
    (folder / "documents.trec").write_text(text)

    with pytest.raises(GoldenSetError):
        read_golden(folder)

    assert seconds() < 5


@pytest.fixture
def seconds() -> Callable[[], float]:
    """Return how long the test has run, as the processor counts."""
    start = time.process_time()
    return lambda: time.process_time() - start


def test_references_to_what_is_no_character_stay_as_they_are(tmp_path: Path) -> None:
    folder = write_folder(tmp_path)
    (folder / "queries.jsonl").unlink()
    topics = "".join(
        f'<topic number="q{number}"><query>&#xD800; &#{"1" * 5000}; é</query></topic>'
        for number in range(1, 5)
    )
    (folder / "topics.xml").write_text(topics)

    golden = read_golden(folder)

    assert golden.queries.bodies[0].startswith("&#xD800; &#111")


def test_columns_that_are_swapped_are_told(tmp_path: Path) -> None:
    swapped = [(document, query, grade) for query, document, grade in QRELS]

    with pytest.raises(GoldenSetError, match="the columns are swapped"):
        read_golden(write_folder(tmp_path, qrels=swapped))


@pytest.mark.parametrize(
    ("query", "document"),
    [
        ("same text", "same text"),
        ("same text \n", "same text"),
        ("Same  text", "Title\nsame text"),
        ("é", "e\u0301"),
    ],
)
def test_a_query_that_is_its_document_is_found_whatever_its_white_space(
    tmp_path: Path, query: str, document: str
) -> None:
    queries = [*QUERIES, {"_id": "x", "text": query}]
    folder = write_folder(tmp_path, queries=queries, corpus=[*CORPUS, {"_id": "x", "text": document}])

    with pytest.raises(GoldenSetError, match="EK214"):
        read_golden(folder)
    (folder / "golden.toml").write_text('self_hits = "remove"\n')
    golden = read_golden(folder)
    assert golden.self_hits[golden.queries.row("x")] == golden.corpus.row("x")


def test_the_lines_of_an_array_are_those_of_its_entries(tmp_path: Path) -> None:
    folder = write_folder(tmp_path)
    rows = [*CORPUS, {"_id": "n", "text": None}]
    text = "[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]"
    (folder / "corpus.jsonl").write_text(text)

    with pytest.raises(GoldenSetError, match=r"corpus.jsonl:7   n"):
        read_golden(folder)


def test_parquet_with_one_text_in_every_row_ends_in_an_error_that_states_the_limit(
    tmp_path: Path,
) -> None:
    folder = write_folder(tmp_path)
    (folder / "corpus.jsonl").unlink()
    text = pa.DictionaryArray.from_arrays(pa.array([0] * 400, pa.int32()), pa.array(["x" * 2_000_000]))
    table = pa.table({"_id": [str(number) for number in range(400)], "text": text})
    pq.write_table(table, folder / "corpus.parquet")

    with pytest.raises(GoldenSetError, match="unpacks to more than 536,870,912 bytes"):
        read_golden(folder)


def test_a_parquet_file_of_rows_that_say_nothing_ends_in_an_error(tmp_path: Path) -> None:
    folder = write_folder(tmp_path)
    (folder / "corpus.jsonl").unlink()
    nothing = pa.nulls(2_000_000, pa.string())
    pq.write_table(pa.table({"_id": nothing, "text": nothing}), folder / "corpus.parquet")

    with pytest.raises(GoldenSetError, match="rows"):
        read_golden(folder)


def test_texts_that_parquet_holds_as_bytes_are_texts(tmp_path: Path) -> None:
    folder = write_folder(tmp_path)
    (folder / "corpus.jsonl").unlink()
    columns = {name: [str(row[name]).encode() for row in CORPUS] for name in ("_id", "title", "text")}
    pq.write_table(pa.table(columns), folder / "corpus.parquet")

    assert read_golden(folder).corpus.ids == tuple(row["_id"] for row in CORPUS)


def test_a_folder_that_is_a_link_out_of_the_set_is_not_looked_through(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "set")
    (folder / "corpus.jsonl").unlink()
    (folder / "corpus").symlink_to("/")

    with pytest.raises(GoldenSetError, match="EK249"):
        read_golden(folder)
