"""TREC run files: what goes out comes in again; what is broken is told with its line."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.errors import RunError
from evalkit.golden.goldenset import GoldenSet
from evalkit.retrieval.run import Run
from evalkit.retrieval.trec import read_run, trec_lines

QUERIES, DOCUMENTS = 200, 12


def golden_set() -> GoldenSet:
    queries = [f"q{number:03}" for number in range(QUERIES)]
    corpus = [f"d{number:02}" for number in range(DOCUMENTS)]
    return GoldenSet.of(
        "set",
        queries=dict.fromkeys(queries, "text"),
        corpus=dict.fromkeys(corpus, "text"),
        qrels={query: {"d00": 1} for query in queries},
    )


def full_run(seed: int = 0) -> Run:
    rng = np.random.default_rng(seed)
    rows = np.stack([rng.permutation(DOCUMENTS)[:5] for _ in range(QUERIES)])
    return Run.ranked("my model", rows, rng.choice([0.1, 1 / 3, 0.5, -2e-9], size=rows.shape))


@given(st.integers(0, 2**32 - 1))
def test_a_written_run_reads_back_to_the_last_bit(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    golden, run = golden_set(), full_run(seed)
    path = tmp_path_factory.mktemp("runs") / "run.trec.gz"
    path.write_bytes(gzip.compress("".join(trec_lines(run, golden)).encode()))

    again = read_run(path, golden)

    assert again.rows.tolist() == run.rows.tolist()
    assert again.scores.tolist() == run.scores.tolist()


def test_ties_in_a_file_are_ordered_by_id_whatever_its_ranks_say(tmp_path: Path) -> None:
    golden = GoldenSet.of("s", queries={"q": "x"}, corpus={"a": "x", "b": "y"}, qrels={"q": {"a": 1}})
    path = tmp_path / "run"
    path.write_text("q Q0 a 1 0.5 s\nq Q0 b 2 0.5 s\n")

    assert read_run(path, golden).rows.tolist() == [[1, 0]]


@pytest.mark.parametrize(
    ("line", "code", "told"),
    [
        ("q000 Q0 d01 1 0.5", "EK431", ":1"),
        ("q000 Q0 d01 1 high s", "EK432", "high"),
        ("q000 Q0 d01 1 nan s", "EK432", "nan"),
        ("q000 Q0 d01 1 inf s", "EK432", "inf"),
        ("q000 Q0 elsewhere 1 0.5 s", "EK433", "elsewhere"),
        ("q001 Q0 d03 1 0.5 s\nq001 Q0 d03 2 0.4 s", "EK434", "first on line 1"),
    ],
)
def test_a_broken_line_names_its_code_and_place(tmp_path: Path, line: str, code: str, told: str) -> None:
    path = tmp_path / "run"
    path.write_text(line + "\n")

    with pytest.raises(RunError, match=told) as caught:
        read_run(path, golden_set())

    assert code in [finding.code for finding in caught.value.findings]


def test_one_query_in_a_hundred_may_be_missing_and_is_told(tmp_path: Path) -> None:
    golden = golden_set()
    lines = [line for line in trec_lines(full_run(), golden) if not line.startswith(("q000", "q001"))]
    path = tmp_path / "run"
    path.write_text("".join(lines))

    run = read_run(path, golden)

    assert run.returned[:3].tolist() == [0, 0, 5]
    assert [finding.code for finding in run.findings] == ["EK435"]


def test_more_missing_queries_are_an_error(tmp_path: Path) -> None:
    golden = golden_set()
    lines = [line for line in trec_lines(full_run(), golden) if not line.startswith(("q000", "q001", "q002"))]
    path = tmp_path / "run"
    path.write_text("".join(lines))

    with pytest.raises(RunError, match="the run lacks 3 of 200 judged queries"):
        read_run(path, golden)


def test_queries_of_another_set_are_left_out_and_told(tmp_path: Path) -> None:
    golden = golden_set()
    path = tmp_path / "run"
    path.write_text("".join([*trec_lines(full_run(), golden), "x1 Q0 d01 1 0.5 s\n"]))

    assert [finding.code for finding in read_run(path, golden).findings] == ["EK436"]


def test_an_absent_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="is not a file"):
        read_run(tmp_path / "nothing", golden_set())
