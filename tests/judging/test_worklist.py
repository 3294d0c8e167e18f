"""The worklist: unjudged documents by what they would move, worked out by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from evalkit import GoldenSet, Measure, Policy
from evalkit.judging.worklist import SNIPPET, moves_of, to_frame, worklist
from evalkit.retrieval.run import Run
from evalkit.scoring.judged import Retrieved

POLICY = Policy(guardrails=(), primary=Measure.parse("Recall@2"))
CORPUS = {f"d{n}": f"text {n}" for n in range(6)}
QRELS = {"q1": {"d0": 1, "d1": 0}, "q2": {"d1": 1}}


def golden_with(**texts: str) -> GoldenSet:
    return GoldenSet.of("made", queries={"q1": "one", "q2": "two"}, corpus=CORPUS | texts, qrels=QRELS)


def retrieved(golden: GoldenSet, name: str, **results: list[str]) -> Retrieved:
    """Return what a system shows: documents of each query, the best first."""
    scored = {
        query: {document: float(-rank) for rank, document in enumerate(documents)}
        for query, documents in results.items()
    }
    return Retrieved.of(Run.of(name, scored, golden), golden)


def told(systems: Sequence[Retrieved], golden: GoldenSet) -> list[tuple[str, str]]:
    return [(item.query, item.document) for item in worklist(systems, golden, POLICY)]


def test_only_what_is_unjudged_and_within_the_cutoff_is_listed() -> None:
    golden = golden_with()
    run = retrieved(golden, "a", q1=["d0", "d2", "d3"], q2=["d1", "d4", "d5"])

    assert told([run], golden) == [("q1", "d2"), ("q2", "d4")]


def test_where_all_is_judged_there_is_nothing_to_do() -> None:
    golden = golden_with()
    run = retrieved(golden, "a", q1=["d0", "d1"], q2=["d1"])

    assert worklist([run], golden, POLICY) == ()
    assert list(to_frame(()).columns) == [
        "query",
        "query_text",
        "document",
        "title",
        "text",
        "moves",
        "grade",
    ]


def test_of_one_run_it_is_its_own_mean_that_moves() -> None:
    golden = golden_with()
    run = retrieved(golden, "a", q1=["d0", "d2"], q2=["d4"])

    items = {item.document: item.moves for item in worklist([run], golden, POLICY)}

    assert items == pytest.approx({"d2": 0.0, "d4": 0.25})  # q2 would find one of two: half of one in two


def test_against_a_loss_those_come_first_that_would_raise_the_candidate() -> None:
    golden = golden_with()
    old = retrieved(golden, "old", q1=["d0"], q2=["d1"])
    new = retrieved(golden, "new", q1=["d0", "d2"], q2=["d4"])

    items = worklist([old, new], golden, POLICY)

    assert [(item.query, item.document) for item in items] == [("q2", "d4"), ("q1", "d2")]
    assert [item.moves for item in items] == pytest.approx([0.5, 0.25])


def test_against_a_gain_those_come_first_that_would_lower_the_candidate() -> None:
    golden = golden_with()
    old = retrieved(golden, "old", q1=["d0"], q2=["d4"])
    new = retrieved(golden, "new", q1=["d0", "d2"], q2=["d1"])

    items = worklist([old, new], golden, POLICY)

    assert [(item.query, item.document) for item in items] == [("q2", "d4"), ("q1", "d2")]
    assert [item.moves for item in items] == pytest.approx([-0.5, 0.25])


def test_what_a_pair_moves_is_the_candidate_s_gain_less_the_baseline_s() -> None:
    golden = golden_with()
    old = retrieved(golden, "old", q1=["d0"], q2=["d1", "d4"])
    new = retrieved(golden, "new", q1=["d0"], q2=["d4"])
    pairs = np.array([[1, 4], [0, 5]])

    ahead, back = moves_of((old, new), pairs, POLICY), moves_of((new, old), pairs, POLICY)

    assert ahead == pytest.approx([0.5, 0.0])  # d4 leaves the old recall whole and gives the new one half
    assert back == pytest.approx(-ahead)


def test_a_query_without_an_answer_asks_nobody_to_judge() -> None:
    golden = GoldenSet.of("made", queries={"q1": "one", "q2": "two"}, corpus=CORPUS, qrels={"q1": {"d0": 1}})
    run = retrieved(golden, "a", q1=["d0", "d2"], q2=["d3", "d4"])

    assert told([run], golden) == [("q1", "d2")]


def test_weights_move_a_mean_only_where_they_are_used() -> None:
    golden = replace(golden_with(), weights=np.array([1.0, 3.0]))
    run = retrieved(golden, "a", q1=["d0"], q2=["d4"])

    [plain] = worklist([run], golden, POLICY)
    [weighted] = worklist([run], golden, replace(POLICY, use_weights=True))

    assert (plain.moves, weighted.moves) == pytest.approx((0.25, 0.375))


@pytest.mark.parametrize("systems", [1, 2, 3])
def test_each_pair_stands_once_with_its_rank_in_every_system(systems: int) -> None:
    golden = golden_with()
    results = [["d4", "d1"], ["d1", "d4"], ["d1", "d0"]][:systems]
    runs = [retrieved(golden, f"s{n}", q1=["d0"], q2=found) for n, found in enumerate(results)]

    items = {(item.query, item.document): item.ranks for item in worklist(runs, golden, POLICY)}

    assert items["q2", "d4"] == (("s0", 1), ("s1", 2), ("s2", None))[:systems]


def test_the_order_of_candidates_changes_neither_the_pairs_nor_their_order() -> None:
    golden = golden_with()
    old = retrieved(golden, "old", q1=["d0"], q2=["d1"])
    candidates = [
        retrieved(golden, "a", q1=["d2", "d3"], q2=["d4"]),
        retrieved(golden, "b", q1=["d0"], q2=["d5", "d4"]),
    ]

    one, other = (told([old, *found], golden) for found in (candidates, candidates[::-1]))

    assert one == other


@pytest.mark.parametrize(
    ("body", "title", "text"),
    [
        ("Title\nand  the\nrest", "Title", "and the rest"),
        ("one line alone", "", "one line alone"),
        ("Title\n", "", "Title"),
        ("T\n" + "x" * SNIPPET, "T", "x" * SNIPPET),
        ("T\n" + "x" * (SNIPPET + 1), "T", "x" * (SNIPPET - 1) + "…"),
    ],
    ids=["titled", "plain", "empty rest", "just fits", "cut"],
)
def test_a_document_is_shown_by_its_title_and_the_beginning_of_its_text(
    body: str, title: str, text: str
) -> None:
    golden = golden_with(d9=body)

    [item] = worklist([retrieved(golden, "a", q1=["d9"], q2=["d1"])], golden, POLICY)

    assert (item.title, item.text, item.query_text) == (title, text, "one")


def test_a_table_has_a_row_for_each_item_and_an_empty_cell_for_each_grade() -> None:
    golden = golden_with()
    runs = [
        retrieved(golden, name, q1=["d0"], q2=found) for name, found in (("old", ["d1"]), ("new", ["d4"]))
    ]

    frame = to_frame(worklist(runs, golden, POLICY))

    assert frame["grade"].tolist() == [""]
    assert frame["rank in new"].tolist() == [1]
    assert frame["rank in old"].isna().tolist() == [True]
    assert frame["document"].tolist() == ["d4"]
