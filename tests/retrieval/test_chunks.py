"""A corpus in chunks is searched by chunk, and judged, ranked and scored by document."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vectors_by_hand import embedded

from evalkit.arrays import Floats, Ints
from evalkit.cli import main
from evalkit.embedding.embeddedset import EmbeddedSet, embed
from evalkit.embedding.modelspec import ModelSpec, open_encoder
from evalkit.errors import GoldenSetError, InvalidValueError, RunError
from evalkit.golden.folder import read_golden
from evalkit.golden.goldenset import GoldenSet
from evalkit.golden.texts import Chunks, Texts
from evalkit.indexing.faiss import build_index
from evalkit.retrieval.run import retrieve
from evalkit.retrieval.trec import read_run, trec_lines
from evalkit.scoring.measure import Measure
from evalkit.scoring.scores import score

QUERIES = {"q1": "reset the password", "q2": "wrong invoice amount"}
CHUNKS = (
    ("guide#1", "guide", "Open the settings."),
    ("guide#2", "guide", "There you can reset the password."),
    ("bills#1", "bills", "We send invoices every month."),
    ("bills#2", "bills", "Is the amount of an invoice wrong? Write to billing."),
)
QRELS = (("q1", "guide", 1), ("q2", "bills", 1))


def write(
    folder: Path,
    *,
    corpus: list[dict[str, object]] | None = None,
    qrels: tuple[tuple[str, str, int], ...] = QRELS,
) -> Path:
    """Write a golden set whose corpus is in chunks, with one document that is in none."""
    if corpus is None:
        corpus = [
            {"_id": name, "text": text, "metadata": {"parent": parent}} for name, parent, text in CHUNKS
        ]
        corpus.append({"_id": "hours", "text": "The office opens at nine."})
    (folder / "qrels").mkdir(parents=True)
    queries = [{"_id": name, "text": text} for name, text in QUERIES.items()]
    for name, rows in (("queries", queries), ("corpus", corpus)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    lines = ["query-id\tcorpus-id\tscore", *("\t".join(map(str, row)) for row in qrels)]
    (folder / "qrels" / "test.tsv").write_text("\n".join(lines) + "\n")
    (folder / "golden.toml").write_text('chunks_of = "parent"\n')
    return folder


def chunk(name: str, parent: object, text: str = "Some text.") -> dict[str, object]:
    return {"_id": name, "text": text, "metadata": {"parent": parent}}


def best_first(found: EmbeddedSet, documents: Ints, depth: int) -> list[list[int]]:
    """Return the documents by the similarity of their best chunk, then by row, straight from the rule."""
    ranking = []
    for query in found.queries.vectors.astype(np.float64):
        similarities = np.round(found.corpus.vectors.astype(np.float64) @ query, 9)
        best = {
            int(document): float(similarities[documents == document].max())
            for document in np.unique(documents)
        }
        ranking.append(sorted(best, key=lambda document: (best[document], document), reverse=True)[:depth])
    return ranking


def random_chunks(seed: int, chunks: int, documents: int, copies: int) -> tuple[Floats, Ints]:
    """Return vectors, some of them alike, and the document of each; every document has a chunk."""
    rng = np.random.default_rng(seed)
    distinct = rng.normal(size=(max(1, chunks // copies), 6))
    owners = np.concatenate([np.arange(documents), rng.integers(0, documents, size=chunks - documents)])
    return distinct[rng.integers(0, len(distinct), size=chunks)], rng.permutation(owners)


@settings(max_examples=60)
@given(
    seed=st.integers(0, 2**32 - 1),
    documents=st.integers(1, 60),
    more=st.integers(0, 400),
    copies=st.integers(1, 40),
    depth=st.integers(1, 70),
)
def test_documents_stand_where_their_best_chunk_stands_and_ties_follow_the_one_order(
    seed: int, documents: int, more: int, copies: int, depth: int
) -> None:
    corpus, owners = random_chunks(seed, documents + more, documents, copies)
    queries = np.random.default_rng(seed + 1).normal(size=(4, 6))
    found = replace(embedded(queries, corpus), documents=owners)

    run = retrieve(found, build_index(found.corpus), depth=depth)

    assert run.rows.tolist() == best_first(found, owners, depth)
    assert run.findings == ()


def test_one_long_document_does_not_crowd_the_others_out() -> None:
    corpus = np.random.default_rng(7).normal(size=(905, 16))
    corpus[:900, 0] += 3
    corpus /= np.linalg.norm(corpus, axis=1, keepdims=True)
    owners = np.concatenate([np.zeros(900, dtype=np.int64), np.arange(1, 6)])
    found = replace(embedded(np.eye(1, 16), corpus), documents=owners)

    for factory in ("Flat", "SQ8"):
        run = retrieve(found, build_index(found.corpus, factory), depth=4)
        assert run.rows[0, 0] == 0, factory
        assert run.returned.tolist() == [4], factory


def test_a_zero_query_retrieves_nothing_of_a_corpus_in_chunks() -> None:
    found = replace(embedded(np.zeros((1, 2)), np.eye(2)), documents=np.array([0, 0]))

    assert retrieve(found, build_index(found.corpus), depth=3).returned.tolist() == [0]


def test_every_chunk_is_embedded_and_every_document_is_judged(tmp_path: Path) -> None:
    golden = read_golden(write(tmp_path))

    assert golden.corpus.ids == ("bills", "guide", "hours")
    assert golden.corpus.bodies[1] == "Open the settings.\n\nThere you can reset the password."
    assert golden.searched.ids == ("bills#1", "bills#2", "guide#1", "guide#2", "hours")
    assert golden.chunks is not None
    assert golden.chunks.documents.tolist() == [0, 0, 1, 1, 2]
    found = embed(golden, open_encoder(ModelSpec.parse("hash/256"), golden))
    assert found.corpus.vectors.shape == (5, 256)


@pytest.mark.parametrize("model", ["hash/256", "lsa/8"])
def test_a_new_chunking_is_scored_on_the_same_judgements(tmp_path: Path, model: str) -> None:
    words = [
        chunk(f"{name}.{number}", parent, f"{word} {text}")
        for name, parent, text in CHUNKS
        for number, word in enumerate(text.split())
    ]
    before, after = read_golden(write(tmp_path / "a")), read_golden(write(tmp_path / "b", corpus=words))
    values = []
    for golden in (before, after):
        found = embed(golden, open_encoder(ModelSpec.parse(model), golden))
        run = retrieve(found, build_index(found.corpus), depth=10)
        values.append(score(run, golden, [Measure.parse("MRR@10")]).values.tolist())

    assert values[0] == values[1] == [[1.0, 1.0]]
    assert before.judgements_digest == after.judgements_digest
    assert before.digest != after.digest


def test_a_parent_in_the_corpus_gives_its_text_and_is_not_searched(tmp_path: Path) -> None:
    corpus: list[dict[str, object]] = [
        {"_id": "guide", "title": "Guide", "text": "All of it.", "metadata": {"updated_at": "2026-01-01"}},
        {"_id": "guide#1", "text": "A part.", "metadata": {"parent": "guide"}},
        {"_id": "bills", "text": "Bills."},
    ]
    golden = read_golden(write(tmp_path, corpus=corpus))

    assert golden.corpus.bodies == ("Bills.", "Guide\nAll of it.")
    assert golden.searched.ids == ("bills", "guide#1")
    assert golden.document_fields["updated_at"] == (None, "2026-01-01")


def test_a_chunk_may_bear_the_id_of_its_document(tmp_path: Path) -> None:
    corpus: list[dict[str, object]] = [
        {"_id": "guide", "text": "First.", "metadata": {"parent": "guide", "tenant": "x", "page": 1}},
        {"_id": "guide#2", "text": "Second.", "metadata": {"parent": "guide", "tenant": "x", "page": 2}},
        {"_id": "bills", "text": "Bills."},
    ]
    golden = read_golden(write(tmp_path, corpus=corpus))

    assert golden.corpus.bodies == ("Bills.", "First.\n\nSecond.")
    assert golden.searched.ids == ("bills", "guide", "guide#2")
    assert golden.document_fields == {"tenant": (None, "x")}


BROKEN = {
    "a judged parent that is missing": ([chunk("guide#1", "guide")], QRELS, "EK203", "test.tsv:3   bills"),
    "a judged chunk": (
        [chunk("guide#1", "guide"), chunk("bills#1", "bills")],
        (*QRELS, ("q1", "guide#1", 1)),
        "EK298",
        "test.tsv:4   guide#1",
    ),
    "a parent that is a list": ([chunk("guide#1", ["guide"]), chunk("b", "bills")], QRELS, "EK296", ":1"),
    "a chunk of a chunk": (
        [chunk("bills", "guide"), chunk("bills#1", "bills")],
        QRELS,
        "EK297",
        "corpus.jsonl:2   bills#1",
    ),
    "two chunks of one id": (
        [chunk("x", "guide"), chunk("x", "bills")],
        QRELS,
        "EK202",
        "corpus.jsonl:1,2   x, x",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("corpus", "qrels", "code", "told"), BROKEN.values(), ids=BROKEN.keys())
def test_each_mistake_in_chunks_is_told_with_its_place(
    tmp_path: Path,
    corpus: list[dict[str, object]],
    qrels: tuple[tuple[str, str, int], ...],
    code: str,
    told: str,
) -> None:
    with pytest.raises(GoldenSetError) as caught:
        read_golden(write(tmp_path, corpus=corpus, qrels=qrels))

    assert code in [finding.code for finding in caught.value.findings]
    assert told in str(caught.value)


def test_a_field_called_parent_makes_no_chunks_and_the_card_key_is_offered(tmp_path: Path) -> None:
    folder = write(
        tmp_path, corpus=[chunk("guide", "root"), chunk("bills", "guide"), {"_id": "c", "text": "x"}]
    )
    (folder / "golden.toml").unlink()

    golden = read_golden(folder)

    assert golden.chunks is None
    assert golden.corpus.ids == ("bills", "c", "guide")
    [told] = [finding for finding in golden.findings if finding.code == "EK255"]
    assert told.problem.startswith("2 of 3 documents have a field 'parent'")
    assert 'chunks_of = "parent"' in told.hint


def test_judgements_of_what_documents_are_parts_of_name_the_card_key(tmp_path: Path) -> None:
    folder = write(tmp_path)
    (folder / "golden.toml").write_text("")

    with pytest.raises(GoldenSetError, match='say chunks_of = "parent" in'):
        read_golden(folder)


@pytest.mark.parametrize("field", ["document", "page-id", "of"])
def test_any_field_may_name_the_document(tmp_path: Path, field: str) -> None:
    corpus = [{"_id": name, "text": text, field: parent} for name, parent, text in CHUNKS]
    folder = write(tmp_path, corpus=corpus)  # type: ignore[arg-type] # dicts are invariant
    (folder / "golden.toml").write_text(f'chunks_of = "{field}"\n')

    golden = read_golden(folder)

    assert golden.corpus.ids == ("bills", "guide")
    assert golden.searched.ids == tuple(sorted(name for name, _, _ in CHUNKS))


def test_a_field_that_no_document_has_is_an_error(tmp_path: Path) -> None:
    folder = write(tmp_path)
    (folder / "golden.toml").write_text('chunks_of = "page"\n')

    with pytest.raises(GoldenSetError, match="no document has the field 'page'"):
        read_golden(folder)


def test_an_empty_chunk_is_a_warning(tmp_path: Path) -> None:
    corpus = [chunk("guide#1", "guide", " "), chunk("guide#2", "guide"), chunk("bills#1", "bills")]

    golden = read_golden(write(tmp_path, corpus=corpus))

    assert [(finding.code, finding.severity) for finding in golden.findings] == [
        ("EK208", "warning"),
        ("EK277", "notice"),
        ("EK521", "notice"),
    ]


def test_a_run_file_may_list_chunks_and_is_read_as_one_of_documents(tmp_path: Path) -> None:
    golden = read_golden(write(tmp_path / "golden"))
    path = tmp_path / "run.trec"
    results = ("guide#1 3.0", "bills#2 2.5", "guide#2 2.0", "hours 1.0")
    lines = [f"{query} Q0 {row.split()[0]} 1 {row.split()[1]} x\n" for query in QUERIES for row in results]
    path.write_text("".join(lines))

    run = read_run(path, golden)

    assert run.rows[0].tolist()[:3] == [golden.corpus.row(name) for name in ("guide", "bills", "hours")]
    assert run.scores[0].tolist()[:3] == [3.0, 2.5, 1.0]
    path.write_text("".join(trec_lines(run, golden)))
    assert read_run(path, golden).rows[:, :3].tolist() == run.rows[:, :3].tolist()


def test_a_chunk_that_stands_twice_in_a_run_file_is_an_error(tmp_path: Path) -> None:
    golden = read_golden(write(tmp_path / "golden"))
    path = tmp_path / "run.trec"
    path.write_text("q1 Q0 guide#1 1 2.0 x\nq1 Q0 guide#1 2 1.0 x\n")

    with pytest.raises(RunError, match=r"q1 guide#1 \(first on line 1\)"):
        read_run(path, golden)


def spoilt(documents: list[int]) -> Callable[[], GoldenSet]:
    texts = Texts.of({"a": "x", "b": "y"})
    golden = GoldenSet.of("g", queries={"q": "x"}, corpus={"d": "x y"}, qrels={"q": {"d": 1}})
    return lambda: replace(golden, chunks=Chunks(texts, np.array(documents)))


@pytest.mark.parametrize("documents", [[0], [0, -1], [0, 1]])
def test_chunks_without_a_document_are_refused(documents: list[int]) -> None:
    with pytest.raises(InvalidValueError):
        spoilt(documents)()


def test_a_set_in_chunks_is_compared_and_the_lab_says_that_it_leaves_it_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    write(tmp_path / "set")

    assert main.run(["compare", "set", "--baseline", "hash/64", "--candidate", "hash/256", "--json"]) == 3
    captured = capsys.readouterr()
    assert json.loads(captured.out)["mix"] == []
    assert main.run(["mix", "set", "--old", "hash/64", "--new", "hash/256"]) == 2
    assert "searched by chunk, which the lab does not mix" in capsys.readouterr().err
