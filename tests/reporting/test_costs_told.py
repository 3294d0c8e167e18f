"""The costs: for the corpus as it is, and for as many documents as somebody asked for."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import workshop

from evalkit.cli import main
from evalkit.evaluation import Setting, System, evaluate
from evalkit.figures import plain
from evalkit.reporting.blocks import Grid
from evalkit.reporting.sections.cost import cost, cost_sentences
from evalkit.reporting.tables import Row
from evalkit.results.reading import read_result
from evalkit.results.result import Result
from evalkit.studies.scale import corpus_tokens


@pytest.fixture(scope="module")
def worse() -> Any:
    result = workshop.worse()
    known = result["provenance"]["costs"]["hash/24"]
    known |= {"documents_per_second": 8.0, "tokens": 640.0, "tokens_counted": True}
    return result


def plainly(row: Row) -> tuple[str, ...]:
    return tuple(map(plain, row.cells))


def scaled(result: Any, **scale: object) -> Result:
    told = copy.deepcopy(result)
    told["provenance"]["scale"] = scale
    return Result.of(told)


def test_the_corpus_as_it_is_has_its_tokens_time_and_room(worse: Any) -> None:
    told = list(cost_sentences(Result.of(worse), "hash/24"))
    assert told[1] == (
        "32 documents with hash/24 take about 640 tokens, under a minute of embedding on this machine and "
        "3.1 kB of index."
    )


def test_what_scales_is_scaled_and_what_was_scaled_is_said(worse: Any) -> None:
    result = scaled(worse, documents=32e6, price=0.05, price_date="2026-11-01")
    *_, told = cost_sentences(result, "hash/24")
    assert told == (
        "32,000,000 documents with hash/24 would take about 640,000,000 tokens, 46 days of embedding on this "
        "machine, 3.1 GB of index and 32.00 USD at 0.05 USD a million tokens, read 2026-11-01. Scaled by "
        "1,000,000: tokens, time on this machine, room and price; documents are taken to be as long as these."
    )
    grids = [block.table for block in cost(result).blocks if isinstance(block, Grid)]
    assert plainly(grids[-1].rows[1]) == (
        "hash/24",
        "640,000,000",
        "46 days",
        "3.1 GB",
        "32.00 USD",
    )
    assert plainly(grids[-1].rows[0])[1:] == ("–", "7 hours", "65.5 GB", "–")
    assert "has to be measured" in grids[-1].caption


def test_searches_of_a_small_corpus_are_said_to_tell_nothing_of_a_large_one(worse: Any) -> None:
    small = copy.deepcopy(worse)
    (table,) = [block.table for block in cost(Result.of(small)).blocks if isinstance(block, Grid)]
    assert table.caption.endswith("over 32 documents in memory, which says nothing of an index of millions")
    small["counts"]["documents"] = 100_000
    (table,) = [block.table for block in cost(Result.of(small)).blocks if isinstance(block, Grid)]
    assert "millions" not in table.caption


def test_without_a_tokenizer_four_characters_are_a_token_and_said_to_be() -> None:
    golden = workshop.workshop()
    found = corpus_tokens(evaluate(System.parse("hash/24"), Setting(golden=golden)), golden, seed=0)
    assert found is not None
    assert found.number == sum(map(len, golden.corpus.bodies)) / 4
    assert not found.counted


@pytest.mark.parametrize("words", [("--documents", "0"), ("--documents", "-4"), ("--price", "cheap")])
def test_a_size_or_a_price_that_is_none_is_refused_before_any_work(
    words: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    models = ("--baseline", "vectors/absent", "--candidate", "vectors/absent2")
    assert main.run(["-q", "compare", "helpdesk", *models, *words]) == 2


@pytest.mark.long
def test_the_size_asked_for_is_kept_beside_the_costs_and_is_no_other_question(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    asked = (
        "-q",
        "compare",
        "helpdesk",
        "--baseline",
        "hash/64",
        "--candidate",
        "hash/32",
        "--no-mix",
        "-o",
        "out",
    )
    assert main.run([*asked]) in {0, 1, 3}
    assert main.run([*asked, "--documents", "4e7", "--price", "0.02@2026-11-01"]) in {0, 1, 3}
    scale = read_result(tmp_path / "out").provenance.scale
    assert (scale.documents, scale.price, scale.price_date) == (4e7, 0.02, "2026-11-01")
