"""Scores that contradict the order in which results are given: told, an error where nearly all queries do."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.errors import EvalkitError, RunError
from evalkit.findings import Severity
from evalkit.golden.goldenset import GoldenSet
from evalkit.retrieval.answers import Answers
from evalkit.retrieval.trec import RunReading, read_run

QUERIES, DOCUMENTS, DEPTH = 40, 60, 20
Scorer = Callable[[int, float], float]  # rank from 0 and similarity → score
SCORERS: dict[str, tuple[Scorer, str]] = {
    "cosine distance": (lambda _, similarity: 1 - similarity, "EK445"),
    "L2": (lambda _, similarity: (2 - 2 * similarity) ** 0.5, "EK445"),
    "negative inner product": (lambda _, similarity: -similarity, "EK445"),
    "ranks as scores": (lambda rank, _: rank + 1.0, "EK445"),
    "Hamming distance": (lambda _, similarity: float(round(40 * (1 - similarity))), "EK445"),
    "logits, then cosines": (lambda rank, s: 10 * s - 12 if rank < 5 else s, "EK446"),
    "logits of the first three": (lambda rank, s: s - 9 if rank < 3 else s, "EK446"),
}


@pytest.fixture(scope="module")
def golden() -> GoldenSet:
    queries = [f"q{number:02}" for number in range(QUERIES)]
    return GoldenSet.of(
        "set",
        queries={query: f"query {query}" for query in queries},
        corpus={f"d{number:02}": f"text {number}" for number in range(DOCUMENTS)},
        qrels={query: {f"d{number % DOCUMENTS:02}": 1} for number, query in enumerate(queries)},
    )


def lists(scorer: Scorer, queries: int = QUERIES) -> list[list[tuple[str, float]]]:
    """Return results from the most similar on, each with what `scorer` makes of its similarity."""
    rng = np.random.default_rng(7)
    return [
        [
            (f"d{document:02}", scorer(rank, float(similarity)))
            for rank, (document, similarity) in enumerate(
                zip(
                    rng.permutation(DOCUMENTS)[:DEPTH],
                    np.sort(rng.uniform(0.1, 0.9, DEPTH))[::-1],
                    strict=True,
                )
            )
        ]
        for _ in range(queries)
    ]


def written(folder: Path, found: list[list[tuple[str, float]]], rank: Callable[[int], object]) -> Path:
    path = folder / "run.trec"
    path.write_text(
        "".join(
            f"q{query:02} Q0 {document} {rank(place)} {score!r} s\n"
            for query, results in enumerate(found)
            for place, (document, score) in enumerate(results)
        )
    )
    return path


def findings_of(error: EvalkitError) -> list[str]:
    return [finding.code for finding in error.findings]


@pytest.mark.parametrize("name", SCORERS)
def test_scores_against_the_list_are_an_error_of_searches_and_run_files_alike(
    golden: GoldenSet, tmp_path: Path, name: str
) -> None:
    scorer, code = SCORERS[name]

    with pytest.raises(RunError, match=f"for {QUERIES} of {QUERIES} queries") as search:
        Answers("search/mine:find", golden, lists(scorer)).run("mine", DEPTH)
    with pytest.raises(RunError, match=f"for {QUERIES} of {QUERIES} queries") as file:
        read_run(written(tmp_path, lists(scorer), lambda place: place + 1), golden)

    assert findings_of(search.value) == findings_of(file.value) == [code]
    assert "--run-order rank" in search.value.hint
    assert "--run-order rank" in file.value.hint


@pytest.mark.parametrize("name", SCORERS)
def test_the_user_settles_which_counts(golden: GoldenSet, tmp_path: Path, name: str) -> None:
    found, right = lists(SCORERS[name][0]), Answers("s", golden, lists(lambda _, s: s)).run("s", DEPTH)

    by_rank = read_run(
        written(tmp_path, found, lambda place: place), golden, reading=RunReading(order="rank")
    )
    by_list = Answers("s", golden, found).run("s", DEPTH, "rank")
    by_score = Answers("s", golden, found).run("s", DEPTH, "score")

    assert by_rank.rows.tolist() == by_list.rows.tolist() == right.rows.tolist()
    assert by_score.rows.tolist() != right.rows.tolist()
    assert [finding.severity for finding in by_score.findings] == [Severity.NOTICE]


@pytest.mark.parametrize(
    "rank",
    [
        pytest.param(lambda place: place, id="from zero"),
        pytest.param(lambda place: place + 1, id="from one"),
        pytest.param(lambda place: 10 * place + 3, id="with gaps"),
        pytest.param(lambda _: 0, id="always zero"),
        pytest.param(lambda _: 1, id="always one"),
        pytest.param(lambda _: "-", id="none"),
        pytest.param(lambda place: place // 2, id="shared"),
    ],
)
def test_a_sound_run_is_told_nothing_whatever_its_ranks_and_lines(
    golden: GoldenSet, tmp_path: Path, rank: Callable[[int], object]
) -> None:
    path = written(tmp_path, lists(lambda _, similarity: round(similarity, 2)), rank)
    lines = path.read_text().splitlines(keepends=True)
    np.random.default_rng(1).shuffle(lines)
    path.write_text("".join(lines))

    assert read_run(path, golden).findings == ()


def test_distances_are_noticed_by_their_lines_alone_where_ranks_say_nothing(
    golden: GoldenSet, tmp_path: Path
) -> None:
    run = read_run(written(tmp_path, lists(lambda _, s: 1 - s), lambda _: 0), golden)

    (finding,) = run.findings
    assert (finding.code, finding.severity) == ("EK445", Severity.WARNING)
    assert "along the lines for 40 of 40 queries: distances?" in finding.problem


def test_scores_that_all_tie_are_a_warning_where_ranks_state_an_order(
    golden: GoldenSet, tmp_path: Path
) -> None:
    (finding,) = read_run(written(tmp_path, lists(lambda *_: 1.0), lambda place: place + 1), golden).findings

    assert (finding.code, finding.severity) == ("EK448", Severity.WARNING)
    assert "all scores tie for 40 of 40 queries" in finding.problem
    assert read_run(written(tmp_path, lists(lambda *_: 1.0), lambda _: 1), golden).findings == ()


@pytest.mark.parametrize(
    ("wrong", "severity"), [(1, Severity.NOTICE), (10, Severity.WARNING), (35, Severity.WARNING)]
)
def test_some_queries_are_told_with_their_number(
    golden: GoldenSet, tmp_path: Path, wrong: int, severity: Severity
) -> None:
    found = [*lists(lambda _, s: 1 - s, wrong), *lists(lambda _, s: s, QUERIES - wrong)]

    (finding,) = read_run(written(tmp_path, found, lambda place: place + 1), golden).findings

    assert (finding.code, finding.severity) == ("EK445", severity)
    assert f"for {wrong} of 40 queries" in finding.problem


def test_ranks_of_another_stage_are_an_error(golden: GoldenSet, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)

    with pytest.raises(RunError, match="up and down along the list of ranks for 40 of 40"):
        read_run(written(tmp_path, lists(lambda *_: float(rng.random())), lambda place: place + 1), golden)


@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.integers(2, 12))
def test_lists_in_no_order_are_never_an_error_of_a_search(
    golden: GoldenSet, seed: int, queries: int, depth: int
) -> None:
    rng = np.random.default_rng(seed)
    found: list[list[tuple[str, float]]] = [[] for _ in range(QUERIES)]
    for query in range(queries):
        found[query] = [(f"d{number:02}", float(rng.random())) for number in range(depth)]

    with contextlib.suppress(RunError):  # one in ten thousand
        assert not any(
            f.severity is Severity.ERROR for f in Answers("s", golden, found).run("s", depth).findings
        )
        return
    pytest.fail("a list in no order was an error")


def test_order_by_rank_needs_ranks(golden: GoldenSet, tmp_path: Path) -> None:
    path = written(tmp_path, lists(lambda _, s: s), lambda _: 0)

    with pytest.raises(RunError, match="states no ranks that could count"):
        read_run(path, golden, reading=RunReading(order="rank"))
