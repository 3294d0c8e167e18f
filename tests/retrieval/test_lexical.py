"""Lexical search: other people's BM25, words of any script, chunks, and queries that share no word."""

from __future__ import annotations

from dataclasses import replace

import bm25s
import numpy as np
import pytest

from evalkit.golden.folder import read_golden
from evalkit.golden.goldenset import GoldenSet
from evalkit.golden.texts import Chunks, Texts
from evalkit.retrieval.lexical import lexical_run, words


def small(corpus: dict[str, str], *queries: str) -> GoldenSet:
    asked = {f"q{n}": text for n, text in enumerate(queries)}
    return GoldenSet.of("small", queries=asked, corpus=corpus, qrels={"q0": {next(iter(corpus)): 1}})


def test_scores_are_those_of_bm25s_in_lucenes_form() -> None:
    golden = read_golden("helpdesk")
    run = lexical_run(golden, 10)
    oracle = bm25s.BM25(method="lucene", k1=1.2, b=0.75, dtype="float64")
    oracle.index([words(body) for body in golden.corpus.bodies], show_progress=False)
    asked = [row for row, text in enumerate(golden.queries.bodies) if words(text)]

    for row in asked[::7]:
        said = [word for word in words(golden.queries.bodies[row]) if word in oracle.vocab_dict]
        scores = oracle.get_scores(said) if said else np.zeros(len(golden.corpus))
        wanted = np.sort(scores[scores > 0])[::-1][:10]
        found = run.scores[row][run.rows[row] >= 0]
        assert found == pytest.approx(wanted, abs=1e-6)


def test_a_query_that_shares_no_word_finds_nothing_and_ties_stand_by_id() -> None:
    golden = small({"a": "red ink", "b": "red ink", "c": "blue ink paper"}, "red", "green", "ink ink")
    run = lexical_run(golden, 2)

    assert run.rows.tolist()[:2] == [[1, 0], [-1, -1]]
    assert run.system == "bm25"
    assert (run.rows[2] >= 0).all()


def test_scripts_without_blanks_share_signs() -> None:
    assert words("Straße ÉTÉ 42") == ["strasse", "été", "42"]
    golden = small({"a": "東京の天気", "b": "京都の寺"}, "東京")

    assert lexical_run(golden, 5).rows[0].tolist() == [0, 1, -1, -1, -1]


def test_a_document_stands_where_its_best_chunk_does() -> None:
    golden = small({"a": "x", "b": "y"}, "red ink")
    parts = Texts.of({"a1": "red", "a2": "blue", "b1": "red ink", "b2": "red"})
    run = lexical_run(replace(golden, chunks=Chunks(parts, np.array([0, 0, 1, 1]))), 5)

    assert run.rows[0].tolist() == [1, 0, -1, -1, -1]


def test_empty_texts_are_no_fault() -> None:
    golden = small({"a": " ", "b": ""}, "red", "")

    assert (lexical_run(golden, 3).rows < 0).all()
