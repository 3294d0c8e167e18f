"""Folders that people have are read by path alone, each in the layout that its file names show."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from golden_folders import CORPUS, QRELS, QUERIES, write_folder

from evalkit.errors import EvalkitError, GoldenSetError
from evalkit.golden.folder import read_golden
from evalkit.golden.goldenset import GoldenSet

Files = Mapping[str, str | bytes | None]
BEIR_HEADER = "query-id\tcorpus-id\tscore"
TOPICS = """\
<top>

<num> Number: 301
<title> Topic: International Organized
   Crime

<desc> Description:
Identify organizations that participate in AT&T or R&amp;D.

<narr> Narrative:
A relevant document must be < 5 pages.
</top>

<top>
<num> Number: 007 </num>
<title></title>
<desc> Description:
what the title
does not say
</desc>
</top>
"""
COVID = """\
<?xml version="1.0"?>
<topics task="COVIDSearch" batch="1">
<topic number="301"><query>International Organized Crime</query><question>who?</question></topic>
<topic number="007">
  what the title &#100;oes not say
</topic>
</topics>
"""
DOCUMENTS = """\
<DOC>
<DOCNO> FT911-1 </DOCNO>
<HEADLINE>
FT  14 MAY 91 / <P>Crime &amp; money</P>
</HEADLINE>
<TEXT>
<P>
First paragraph, a < b.
</P>
Second &hyph; paragraph.
</TEXT>
<TEXT>Third.</TEXT>
</DOC>
<DOC><DOCNO>0042</DOCNO><DATE>19910514</DATE>No text tag here.</DOC>
"""
ASKED = {"301": "International Organized Crime", "007": "what the title does not say"}
TREC_QRELS = "301 0 FT911-1 2\n301 0 0042 -1\n007\t0\t0042\t1\n"


def write(folder: Path, files: Files) -> Path:
    """Write files into a folder; None takes one away."""
    for name, content in files.items():
        path = folder / name
        if content is None:
            path.unlink()
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def lines(rows: object) -> str:
    return "".join(f"{json.dumps(row)}\n" for row in rows)  # type: ignore[attr-defined] # rows of any kind


def parquet(path: Path, columns: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(dict(columns)), path)


def qrels_tsv(header: str = BEIR_HEADER) -> str:
    rows = ["\t".join(map(str, row)) for row in QRELS]
    return "\n".join([header, *rows] if header else rows) + "\n"


def native(folder: Path) -> GoldenSet:
    return read_golden(write_folder(folder, card=""))


def trec(folder: Path, **changes: str | bytes | None) -> Path:
    files: Files = {"topics.txt": TOPICS, "docs.trec": DOCUMENTS, "qrels.txt": TREC_QRELS}
    return write(folder, {**files, **changes})


def codes(golden: GoldenSet) -> list[str]:
    return [finding.code for finding in golden.findings]


@pytest.mark.parametrize("header", [BEIR_HEADER, "", "query_id\tcorpus_id\tscore", "qid\tdocid\trelevance"])
def test_a_beir_folder_is_read_as_it_is_with_a_header_or_without(tmp_path: Path, header: str) -> None:
    folder = write(
        tmp_path / "beir",
        {
            "queries.jsonl": lines(QUERIES),
            "corpus.jsonl.gz": gzip.compress(lines(CORPUS).encode()),
            "qrels/test.tsv": qrels_tsv(header),
            "qrels/train.tsv": "query-id\tcorpus-id\tscore\n",
            "README.md": "# queries and corpus\n",
        },
    )

    assert read_golden(folder).digest == native(tmp_path / "native").digest


def test_columns_of_judgements_go_by_their_header(tmp_path: Path) -> None:
    turned = "\n".join(
        ["score\tcorpus-id\tquery-id", *(f"{grade}\t{doc}\t{query}" for query, doc, grade in QRELS)]
    )
    folder = write_folder(tmp_path / "a", card="")
    (folder / "qrels" / "test.tsv").write_text(turned)

    assert read_golden(folder).digest == native(tmp_path / "b").digest


def test_the_card_chooses_the_split(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, card='split = "dev"\n')
    (folder / "qrels" / "dev.tsv").write_text("q1\td1\t1\n")

    assert len(read_golden(folder).qrels) == 1


def test_a_hugging_face_folder_is_read_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "hf"
    metadata = [row.get("metadata") for row in QUERIES]
    segments = [
        [cell] if isinstance(cell := fields.get("segment"), str) else cell for fields in metadata if fields
    ]
    queries = {
        "_id": [row["_id"] for row in QUERIES],
        "text": [row["text"] for row in QUERIES],
        "segment": segments,
        "weight": [fields.get("weight") for fields in metadata if fields],
        "critical": [fields.get("critical") for fields in metadata if fields],
        "group": [fields.get("group") for fields in metadata if fields],
    }
    parquet(folder / "queries" / "queries-00000-of-00001.parquet", queries)
    for number, part in enumerate((CORPUS[:3], CORPUS[3:])):
        columns = {name: [row[name] for row in part] for name in ("_id", "title", "text")}
        parquet(folder / "corpus" / f"corpus-{number:05}-of-00002.parquet", columns)
    for split, rows in (("test", QRELS), ("train", QRELS[:1])):
        names = ("query-id", "corpus-id", "score")
        columns = {name: [row[place] for row in rows] for place, name in enumerate(names)}
        columns["score"] = [float(grade) for grade in columns["score"]]
        parquet(folder / "qrels" / f"{split}-00000-of-00001.parquet", columns)

    golden, same = read_golden(folder), native(tmp_path / "native")

    assert golden.judgements_digest == same.judgements_digest
    assert golden.corpus.digest == same.corpus.digest
    assert golden.groups.tolist() == same.groups.tolist()
    assert golden.weights.tolist() == same.weights.tolist()
    assert golden.critical.tolist() == same.critical.tolist()
    assert codes(golden) == ["EK521"]


@pytest.mark.parametrize(
    "name", ["default.parquet", "qrels/default.parquet", "default/test-00000-of-00001.parquet"]
)
def test_judgements_called_default_are_found(tmp_path: Path, name: str) -> None:
    folder = write_folder(tmp_path / "a", card="")
    (folder / "qrels" / "test.tsv").unlink()
    (folder / "qrels").rmdir()
    columns = ("query-id", "corpus-id", "score")
    parquet(folder / name, {column: [row[place] for row in QRELS] for place, column in enumerate(columns)})

    assert read_golden(folder).digest == native(tmp_path / "b").digest


def test_numbers_as_ids_in_parquet_become_texts(tmp_path: Path) -> None:
    parquet(tmp_path / "queries.parquet", {"id": [1, 2], "text": ["one", "two"]})
    parquet(tmp_path / "corpus.parquet", {"id": [10, 9], "text": ["ten", "nine"]})
    parquet(tmp_path / "qrels.parquet", {"query_id": [1, 2], "doc_id": [10, 9], "label": [1, 2]})

    golden = read_golden(tmp_path)

    assert golden.corpus.ids == ("10", "9")
    assert golden.qrels.grades.tolist() == [1, 2]


def test_a_trec_collection_is_read_as_it_is(tmp_path: Path) -> None:
    golden = read_golden(trec(tmp_path))

    assert golden.queries.ids == ("007", "301")
    assert golden.queries.bodies == ("what the title does not say", "International Organized Crime")
    assert golden.corpus.ids == ("0042", "FT911-1")
    assert golden.corpus.bodies[0] == "19910514 No text tag here."
    assert golden.corpus.bodies[1].splitlines()[0] == "FT 14 MAY 91 / Crime & money"
    assert "First paragraph, a < b." in golden.corpus.bodies[1]
    assert golden.corpus.bodies[1].endswith("Second &hyph; paragraph.\nThird.")
    assert golden.qrels.grades.tolist() == [1, 0, 2]


def test_the_judgements_of_cranfield_are_found_by_their_name(tmp_path: Path) -> None:
    folder = trec(tmp_path / "cranfield")
    (folder / "qrels.txt").rename(folder / "cranqrel")

    assert read_golden(folder).digest == read_golden(trec(tmp_path / "trec")).digest


def test_negative_grades_of_trec_are_read_as_0_and_told(tmp_path: Path) -> None:
    (finding,) = (found for found in read_golden(trec(tmp_path)).findings if found.code == "EK286")

    assert finding.severity == "notice"
    assert finding.places == (f"{tmp_path / 'qrels.txt'}:2   -1",)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("topics.xml", COVID),
        ("topics.covid.xml", COVID),
        ("robust.topics", COVID),
        ("queries.tsv", "".join(f"{name}\t{text}\n" for name, text in ASKED.items())),
        ("topics.tsv", "qid\tquery\n" + "".join(f"{name}\t{text}\n" for name, text in ASKED.items())),
        ("topics.jsonl", lines({"id": name, "query": text} for name, text in ASKED.items())),
        ("topics.gz", gzip.compress(TOPICS.encode())),
    ],
)
def test_topics_are_read_in_every_form(tmp_path: Path, name: str, content: str | bytes) -> None:
    expected = read_golden(trec(tmp_path / "a")).queries
    folder = trec(tmp_path / "b", **{name: content})
    (folder / "topics.txt").unlink()

    assert read_golden(folder).queries.digest == expected.digest


DOCS = {"FT911-1": "Crime and money", "0042": "No text"}
DOCUMENT_FORMS: dict[str, Files] = {
    "one file of blocks": {
        "docs.txt": "".join(
            f"<doc><docno>{name}</docno><text>{text}</text></doc>\n" for name, text in DOCS.items()
        )
    },
    "packed files in folders": {
        f"docs/part{number}/{name}.gz": gzip.compress(
            f"<DOC>\n<DOCNO>{name}</DOCNO>\n<TEXT>\n{text}\n</TEXT>\n</DOC>\n".encode()
        )
        for number, (name, text) in enumerate(DOCS.items())
    },
    "several files": {
        f"collection.{number}.tsv": f"{name}\t{DOCS[name]}\n" for number, name in enumerate(DOCS)
    },
    "id, tab, text": {"collection.tsv": "".join(f"{name}\t{text}\n" for name, text in DOCS.items())},
    "id and contents": {"corpus/a.jsonl": lines({"id": name, "contents": DOCS[name]} for name in DOCS)},
    "lines of JSON by their look": {"docs.txt": lines({"docno": name, "text": DOCS[name]} for name in DOCS)},
    "a table": {"documents.csv": "docno,text\nFT911-1,Crime and money\n0042,No text\n"},
}


@pytest.mark.parametrize("files", DOCUMENT_FORMS.values(), ids=DOCUMENT_FORMS.keys())
def test_documents_are_read_in_every_form(tmp_path: Path, files: Files) -> None:
    folder = trec(tmp_path, **files)
    (folder / "docs.trec").unlink()

    golden = read_golden(folder)

    assert dict(zip(golden.corpus.ids, golden.corpus.bodies, strict=True)) == DOCS


def test_tables_in_csv_are_read_as_they_are(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        {
            "queries.csv": 'qid,question,weight,critical,source\n01,"a, ""b""\nc",2.5,yes,\n02,x,,no,mail\n',
            "corpus.csv": "id;title;body\n1;T;one, two\n",
            "qrels.csv": "qid,doc,rel\n01,1,2\n",
        },
    )

    golden = read_golden(folder)

    assert golden.queries.ids == ("01", "02")
    assert golden.queries.bodies == ('a, "b"\nc', "x")
    assert golden.weights.tolist() == [2.5, 1.0]
    assert golden.critical.tolist() == [True, False]
    assert golden.query_fields["source"] == (None, "mail")
    assert golden.corpus.bodies == ("T\none, two",)


def test_a_cell_longer_than_python_likes_is_read(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, card="", corpus=CORPUS[1:])
    corpus = "_id,text\n" + "".join(f"{row['_id']},{'long ' * 40_000}\n" for row in CORPUS)
    write(folder, {"corpus.csv": corpus})
    (folder / "corpus.jsonl").unlink()

    assert len(read_golden(folder).corpus.bodies[0]) == 200_000


BROKEN: dict[str, tuple[Files, str, str]] = {
    "two topic files": ({"topics.b.txt": TOPICS}, "EK280", "topics.b.txt, topics.txt"),
    "two corpora": ({"corpus.jsonl": "{}\n", "corpus.csv": "id,text\n"}, "EK280", "corpus.csv, corpus.jsonl"),
    "documents in two places": (
        {"docs/a.txt": DOCUMENTS, "collection/b.txt": DOCUMENTS},
        "EK280",
        "docs/a.txt",
    ),
    "no documents": ({"docs.trec": None}, "EK201", "looked for corpus.jsonl"),
    "no topics": ({"topics.txt": None}, "EK201", "topics*"),
    "no judgements": ({"qrels.txt": None}, "EK201", "qrels*"),
    "another split": ({"qrels.txt": None, "qrels.dev.txt": TREC_QRELS}, "EK281", 'split = "dev"'),
    "a topic without a number": (
        {"topics.txt": "<top>\n<title> x\n</top>\n" + TOPICS},
        "EK288",
        "topics.txt:1",
    ),
    "a topic without a text": (
        {"topics.txt": TOPICS + "<top>\n<num> 9\n</top>"},
        "EK288",
        "topics.txt:22   9",
    ),
    "a topic that is cut": ({"topics.txt": TOPICS + "<top>\n<num> 9\n<title> x"}, "EK289", "topics.txt:22"),
    "no topic at all": ({"topics.txt": "<note>\n</note>\n"}, "EK289", "topics.txt:1"),
    "a document without a number": (
        {"docs.trec": DOCUMENTS + "<DOC>\n<TEXT>x</TEXT></DOC>"},
        "EK288",
        "docs.trec:15",
    ),
    "a document that is cut": (
        {"docs.trec": DOCUMENTS + "<DOC>\n<DOCNO>x</DOCNO><TE"},
        "EK289",
        "docs.trec:15",
    ),
    "a document without its end": (
        {"docs.trec": "<DOC>\n<DOCNO>x</DOCNO>\n" + DOCUMENTS},
        "EK289",
        "docs.trec:1",
    ),
    "lines without a tab": ({"topics.txt": "301 crime\n007 title\n"}, "EK292", "topics.txt:1,2"),
    "latin-1": ({"docs.trec": DOCUMENTS.encode() + b"<DOC>caf\xe9\n"}, "EK218", "docs.trec:15"),
    "a packed file that is cut": (
        {"docs.trec": None, "docs.trec.gz": gzip.compress(DOCUMENTS.encode())[:-9]},
        "EK201",
        "docs.trec.gz",
    ),
    "three columns of TREC": ({"qrels.txt": TREC_QRELS + "301 0 0042\n"}, "EK212", "qrels.txt:4"),
    "a broken grade in TREC": (
        {"qrels.txt": TREC_QRELS + "007 0 FT911-1 1.5\n"},
        "EK209",
        "qrels.txt:4   1.5",
    ),
    "a repeated judgement in TREC": ({"qrels.txt": TREC_QRELS + "007 1 0042 1\n"}, "EK211", "qrels.txt:4"),
    "a grade with an underscore": ({"qrels.txt": TREC_QRELS + "007 0 FT911-1 1_0\n"}, "EK209", "qrels.txt:4"),
    "a grade beyond reason": (
        {"qrels.txt": TREC_QRELS + f"007 0 FT911-1 {10**17}\n"},
        "EK209",
        "above 1,000,000",
    ),
    "an unknown query": ({"qrels.txt": TREC_QRELS + "7 0 0042 1\n"}, "EK204", "qrels.txt:4   7"),
    "a document in two files": ({"docs1.trec": DOCUMENTS}, "EK202", "FT911-1, 0042, FT911-1, 0042"),
    "a CSV that is cut": ({"queries.csv": 'id,text\n301,a\n007,"b\n'}, "EK283", "queries.csv:3"),
    "a CSV with a stray quote": ({"queries.csv": 'id,text\n301,a\n007,"b" c\n'}, "EK283", "queries.csv:3"),
    "a row with too many cells": (
        {"queries.csv": "id,text\n301,a\n007,b, c\n"},
        "EK284",
        "queries.csv:3   007",
    ),
    "two columns of one name": ({"queries.csv": "id,text,text\n301,a,b\n"}, "EK285", "queries.csv:1"),
    "no column for the text": ({"queries.csv": "id,utterance\n301,a\n007,b\n"}, "EK291", "queries.csv:2,3"),
    "metadata that are no object": (
        {"queries.csv": 'id,text,metadata\n301,a,\n007,b,"[1]"\n'},
        "EK206",
        "queries.csv:3   007",
    ),
    "metadata that are no JSON": (
        {"queries.csv": "id,text,metadata\n301,a,x\n007,b,\n"},
        "EK206",
        "csv:2   301",
    ),
    "no Parquet": ({"corpus.parquet": b"PAR1 and then nothing"}, "EK201", "corpus.parquet"),
    "a broken grade in JSON": (
        {"qrels.jsonl": '{"qid": "301", "docid": "0042", "rel": 0.5}\n'},
        "EK209",
        "qrels.jsonl:1   0.5",
    ),
    "a negative grade in JSON": (
        {"qrels.jsonl": '{"qid": "301", "docid": "0042", "rel": -1}\n'},
        "EK210",
        "qrels.jsonl:1   -1",
    ),
    "a judgement of nothing": ({"qrels.csv": "qid,docid,rel\n301,,1\n"}, "EK212", "qrels.csv:2"),
    "a float for an id": ({"queries.jsonl": '{"id": 301.5, "text": "x"}\n'}, "EK206", "queries.jsonl:1"),
}


@pytest.mark.parametrize(("spoilt", "code", "told"), BROKEN.values(), ids=BROKEN.keys())
def test_each_broken_collection_names_its_code_and_place(
    tmp_path: Path, spoilt: Files, code: str, told: str
) -> None:
    folder = write(trec(tmp_path), spoilt)

    with pytest.raises(EvalkitError) as caught:
        read_golden(folder)

    assert code in [finding.code for finding in caught.value.findings]
    assert told in str(caught.value)
    assert caught.value.exit_code == 2
    assert all(finding.hint for finding in caught.value.findings)


def test_all_pieces_that_are_missing_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(GoldenSetError) as caught:
        read_golden(tmp_path)

    problems = [finding.problem for finding in caught.value.findings]
    assert problems == [f"{tmp_path} holds no {piece}" for piece in ("queries", "corpus", "judgements")]


def test_rows_without_a_grade_count_as_relevant_and_are_told(tmp_path: Path) -> None:
    folder = trec(tmp_path, **{"qrels.csv": "qid,docid\n301,FT911-1\n007,0042\n"})
    (folder / "qrels.txt").unlink()

    golden = read_golden(folder)

    assert golden.qrels.grades.tolist() == [1, 1]
    assert codes(golden) == ["EK287", "EK521"]
