"""Queries that share their answers: told where they are threads, and not where one document is popular."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.evaluation import System
from evalkit.experiment import Experiment, run_experiment
from evalkit.golden.checks.threads import find_threads
from evalkit.golden.examination import examine
from evalkit.golden.folder import read_golden
from evalkit.golden.goldenset import GoldenSet
from evalkit.golden.writing.repair import chosen, repaired_files

WORDS = "amber birch cedar delta ember flint grove harbor island juniper kettle lantern meadow nectar".split()  # noqa: SIM905 - a list of words


def golden(queries: dict[str, tuple[str, list[str]]], documents: int = 60) -> GoldenSet:
    # Documents hold the words that ask for them, so that a search of words finds them.
    said: dict[str, list[str]] = {f"d{row:03d}": [] for row in range(documents)}
    for text, docs in queries.values():
        for doc in docs:
            said[doc].append(text)
    return GoldenSet.of(
        "threads",
        queries={name: text for name, (text, _) in queries.items()},
        corpus={name: " ".join([f"document {name}", *texts]) for name, texts in said.items()},
        qrels={name: dict.fromkeys(docs, 1) for name, (_, docs) in queries.items()},
    )


def threads(count: int, size: int, answers: int) -> dict[str, tuple[str, list[str]]]:
    """Return `count` threads of `size` queries in words of their own, each with its own documents."""
    return {
        f"q{thread:03d}-{number}": (
            f"{WORDS[(thread + number) % 14]} {thread} {WORDS[(3 * number + thread) % 14]} {number}{thread}",
            [f"d{thread * answers + place:03d}" for place in range(answers)],
        )
        for thread in range(count)
        for number in range(size)
    }


@pytest.mark.parametrize(("size", "answers"), [(4, 2), (10, 1), (3, 1), (2, 3)])
def test_blocks_of_queries_with_the_same_answers_are_threads(size: int, answers: int) -> None:
    found = find_threads(golden(threads(12, size, answers)))

    assert found.matter
    assert (found.blocks, found.queries) == (12, 12 * size)
    assert found.before == pytest.approx(12 * size)
    assert found.after == pytest.approx(12)


def test_a_popular_answer_is_no_thread() -> None:
    """Ten different questions are answered by the page on prices; thirty others by pages of their own."""
    popular = {f"p{row}": (f"{WORDS[row]} {WORDS[row + 3]} {row}", ["d059"]) for row in range(10)}
    others = {f"q{row}": (f"what of {WORDS[row % 14]} {row}", [f"d{row:03d}"]) for row in range(30)}

    assert not find_threads(golden({**popular, **others})).matter


def test_rewordings_with_one_answer_are_threads() -> None:
    asked = {
        f"q{row}{word}": (f"{word} can I return parcel {row}", [f"d{row:03d}"])
        for row in range(3)
        for word in ("how", "where", "when")
    }
    found = find_threads(golden(asked))

    assert (found.blocks, found.queries) == (3, 9)


def test_overlapping_answers_are_not_the_same_answers() -> None:
    asked = {f"q{row}": (f"{WORDS[row]} {row}", [f"d{row:03d}", f"d{row + 1:03d}"]) for row in range(12)}

    assert not find_threads(golden(asked)).blocks


@settings(max_examples=20)
@given(st.lists(st.sets(st.integers(0, 5), min_size=1, max_size=3), min_size=1, max_size=25))
def test_threads_never_add_independent_queries(sets: list[set[int]]) -> None:
    asked = {
        f"q{row:02d}": (f"{WORDS[row % 14]} {row}", [f"d{doc:03d}" for doc in docs])
        for row, docs in enumerate(sets)
    }
    found = find_threads(golden(asked))

    assert 1 <= found.after <= found.before + 1e-9 <= len(sets) + 1e-6


def folder_of(queries: dict[str, tuple[str, list[str]]], folder: Path) -> Path:
    (folder / "qrels").mkdir(parents=True)
    lines = [json.dumps({"_id": name, "text": text}) for name, (text, _) in queries.items()]
    (folder / "queries.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    documents = [
        json.dumps({"_id": f"d{row:03d}", "text": f"document {row} {WORDS[row % 14]}"}) for row in range(60)
    ]
    (folder / "corpus.jsonl").write_text("\n".join(documents) + "\n", encoding="utf-8")
    rows = [f"{name}\t{doc}\t1" for name, (_, docs) in queries.items() for doc in docs]
    (folder / "qrels" / "test.tsv").write_text(
        "query-id\tcorpus-id\tscore\n" + "\n".join(rows) + "\n", encoding="utf-8"
    )
    return folder


def test_the_repair_writes_the_groups_and_the_check_is_content(tmp_path: Path) -> None:
    folder = folder_of(threads(12, 4, 2), tmp_path / "set")
    told = [finding for finding in examine(folder).findings if finding.code == "EK228"]
    assert "worth 12 independent ones, not 48" in told[0].problem
    assert "2.0 times as wide" in told[0].problem

    for path, content in repaired_files(folder, ["groups"]).items():
        path.write_bytes(content)

    assert not [finding for finding in examine(folder).findings if finding.code == "EK228"]
    assert len(set(read_golden(folder).groups.tolist())) == 12
    assert not repaired_files(folder, ["EK228"])


def test_everything_repairs_all_but_the_groups() -> None:
    assert "groups" not in chosen(["all"])
    assert chosen(["groups"]) == ["groups"]


def test_a_comparison_names_the_interval_that_groups_would_give() -> None:
    baseline, candidate = System.parse("hash/64"), System.parse("hash/16")
    outcome = run_experiment(
        Experiment(golden=golden(threads(12, 4, 2)), baseline=baseline, candidates=(candidate,))
    )
    (told,) = [finding for finding in outcome.findings if finding.code == "EK568"]

    assert "would be [" in told.problem
    assert "48 queries share their relevant documents in 12 blocks" in told.problem


@pytest.mark.parametrize("name", ["helpdesk"])
def test_shipped_sets_have_no_threads(name: str) -> None:
    assert not find_threads(read_golden(name)).matter
