"""The drill-down: which queries are shown, what is said of each, and how it is ordered."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_studies import AFTER, BEFORE, RR, golden, outcome

from evalkit.decision.policy import Policy
from evalkit.experiment import Outcome
from evalkit.golden.goldenset import GoldenSet
from evalkit.results import drilldown as module
from evalkit.results.drilldown import Pair, chosen, drilldown


def pair_of(made: Outcome, *, use_weights: bool = False) -> Pair:
    """Return baseline and first candidate with the differences of their primary measure."""
    (candidate, *_), primary = made.candidates, made.experiment.policy.primary
    deltas = candidate.scores.row(primary) - made.baseline.scores.row(primary)
    return Pair(made.baseline, candidate, deltas, made.experiment.golden, use_weights)


def crowd(ranks: list[int], *, critical: tuple[int, ...] = ()) -> Outcome:
    """Return a comparison in which query n finds its one document first before, and at ranks[n] after."""
    names = [f"q{n:03d}" for n in range(len(ranks))]
    filler = [f"x{n:02d}" for n in range(20)]
    known = GoldenSet.of(
        "crowd",
        queries={name: name for name in names},
        corpus={name: name for name in (*(f"d{name}" for name in names), *filler)},
        qrels={name: {f"d{name}": 1} for name in names},
    )
    known = replace(known, critical=np.isin(np.arange(len(names)), critical))
    before: dict[str, Any] = {name: [f"d{name}"] for name in names}
    after: dict[str, Any] = {
        name: [*filler[: rank - 1], f"d{name}"] for name, rank in zip(names, ranks, strict=True)
    }
    return outcome(after, before=before, on=known)


@pytest.fixture(scope="module")
def parts() -> dict[str, Any]:
    return drilldown(outcome())


def query(parts: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = (item for item in parts["queries"] if item["id"] == name)
    return dict(found)


def test_all_counted_queries_are_told_with_both_scores_the_worst_first(parts: dict[str, Any]) -> None:
    assert parts["deltas"]["new"] == {
        "measure": "MRR@10",
        "ids": ["lost", "later", "sooner"],
        "deltas": [-1.0, -0.5, 0.5],
        "baseline": [1.0, 1.0, 0.5],
        "candidate": [0.0, 0.5, 1.0],
    }


def test_a_query_in_full_says_what_it_is(parts: dict[str, Any]) -> None:
    told = query(parts, "later")
    assert (told["text"], told["candidate"], told["delta"]) == ("what of later?", "new", -0.5)
    assert (told["weight"], told["critical"], told["segments"]) == (2.0, False, ["short"])
    assert (told["baseline_score"], told["candidate_score"]) == (1.0, 0.5)
    assert query(parts, "lost")["segments"] == []
    assert query(parts, "lost")["critical"] is True


def test_a_hit_has_its_rank_in_both_systems_and_its_grade_where_somebody_gave_one(
    parts: dict[str, Any],
) -> None:
    told = query(parts, "lost")
    assert told["baseline_top"] == [
        {"document": "a", "rank": 1, "other_rank": 11, "grade": 2},
        {"document": "b", "rank": 2, "other_rank": None, "grade": 1},
        {"document": "c", "rank": 3, "other_rank": 1, "grade": None},
    ]
    assert query(parts, "sooner")["baseline_top"][0] == {
        "document": "e",
        "rank": 1,
        "other_rank": 2,
        "grade": 0,
    }


def test_a_short_list_of_results_is_as_long_as_it_is(parts: dict[str, Any]) -> None:
    told = query(parts, "later")
    assert [item["document"] for item in told["baseline_top"]] == ["c", "a"]
    assert [item["other_rank"] for item in told["baseline_top"]] == [2, 1]


def test_a_top_ten_has_ten_documents(parts: dict[str, Any]) -> None:
    shown = query(parts, "lost")["candidate_top"]
    assert [item["document"] for item in shown] == list("cdefghijkl")
    assert [item["rank"] for item in shown] == list(range(1, 11))


def test_relevant_documents_that_one_top_ten_lacks_are_told_best_grade_first(parts: dict[str, Any]) -> None:
    assert query(parts, "lost")["missing"] == [
        {"document": "a", "grade": 2, "baseline_rank": 1, "candidate_rank": 11},
        {"document": "b", "grade": 1, "baseline_rank": 2, "candidate_rank": None},
    ]
    assert query(parts, "later")["missing"] == []
    assert query(parts, "sooner")["missing"] == []  # the document of grade 0 is not missed


@pytest.mark.parametrize(("rank", "missing"), [(10, []), (11, ["dq000"])])
def test_the_tenth_document_is_in_a_top_ten_and_the_eleventh_is_not(rank: int, missing: list[str]) -> None:
    (told,) = drilldown(crowd([rank]))["queries"]
    assert [item["document"] for item in told["missing"]] == missing
    assert len(told["candidate_top"]) == 10


def test_no_more_than_ten_missing_documents_are_told() -> None:
    names = [f"r{n:02d}" for n in range(15)]
    known = GoldenSet.of(
        "many",
        queries={"q": "q"},
        corpus=dict.fromkeys(["x", *names], ""),
        qrels={"q": dict.fromkeys(names, 1)},
    )
    (told,) = drilldown(outcome({"q": "x"}, before={"q": [names[0]]}, on=known))["queries"]  # type: ignore[dict-item]
    assert [item["document"] for item in told["missing"]] == names[:10]


def test_every_document_that_is_named_has_its_beginning_once(parts: dict[str, Any]) -> None:
    named = {
        item["document"]
        for told in parts["queries"]
        for part in ("baseline_top", "candidate_top", "missing")
        for item in told[part]
    }
    assert parts["documents"] == {name: f"title of {name} words of {name}" for name in sorted(named)}
    assert list(parts["documents"]) == sorted(named)


def test_a_judged_document_that_the_corpus_lacks_has_no_beginning() -> None:
    whole = golden()
    without = GoldenSet.of(
        "small",
        queries=dict(zip(whole.queries.ids, whole.queries.bodies, strict=True)),
        corpus={name: "words" for name in whole.corpus.ids if name != "l"},
        qrels={},
    )
    kept = replace(whole.qrels, doc_rows=np.where(whole.qrels.doc_rows == 1, 11, whole.qrels.doc_rows))
    lacking = replace(
        without, qrels=type(kept).ordered(kept.query_rows, kept.doc_rows, kept.grades), missing=("gone",)
    )
    results = {name: found.replace("l", "").replace("b", "") for name, found in AFTER.items()}
    told = drilldown(outcome(results, before=BEFORE, on=lacking))
    assert "gone" in [item["document"] for item in query(told, "lost")["missing"]]
    assert "gone" not in told["documents"]


def test_queries_that_do_not_change_are_shown_only_where_they_are_critical() -> None:
    assert [item["id"] for item in drilldown(outcome(BEFORE))["queries"]] == ["lost", "sooner"]


@given(
    ranks=st.lists(st.sampled_from([1, 2, 5, 12]), min_size=1, max_size=14),
    critical=st.sets(st.integers(0, 13), max_size=5),
)
@settings(max_examples=25)
def test_every_loss_and_every_critical_query_is_shown_once_and_the_worst_come_first(
    ranks: list[int], critical: set[int]
) -> None:
    made = crowd(ranks, critical=tuple(critical))
    rows = chosen(pair_of(made), 1).tolist()
    losing = [row for row, rank in enumerate(ranks) if rank > 1]
    assert len(rows) == len(set(rows))
    assert set(rows) == set(losing) | {row for row in critical if row < len(ranks)}
    assert rows[: len(losing)] == sorted(losing, key=lambda row: (-min(ranks[row], 11), row))


def test_of_critical_queries_those_that_lost_everything_come_first() -> None:
    """The two weightiest losses are shown; of the critical ones the lighter was lost, the heavier not."""
    made = pair_of(crowd([12, 12, 2, 12, 2, 2], critical=(3, 5)), use_weights=True)
    weighted = replace(made, golden=replace(made.golden, weights=np.array([1.0, 1, 9, 1, 8, 7])))
    assert chosen(weighted, module.WORST // 2).tolist() == [2, 4, 3, 5]


@pytest.mark.parametrize(("pairs", "worst", "best"), [(1, 100, 25), (4, 25, 6), (1000, 1, 1)])
def test_candidates_share_the_room_of_a_page(pairs: int, worst: int, best: int) -> None:
    """120 queries get worse and 40 better."""
    down = crowd([2] * 120)
    assert len(chosen(pair_of(down), pairs)) == worst
    up = pair_of(crowd([2] * 40))
    turned = replace(up, deltas=-up.deltas, baseline=up.candidate, candidate=up.baseline)
    assert len(chosen(turned, pairs)) == best


def test_of_gains_the_largest_come_first() -> None:
    made = pair_of(crowd([2] * 20 + [12] * 20))
    turned = replace(made, deltas=-made.deltas, baseline=made.candidate, candidate=made.baseline)
    assert sorted(chosen(turned, 1).tolist()[:20]) == list(range(20, 40))
    assert len(chosen(turned, 1)) == module.BEST


@pytest.mark.parametrize(("pairs", "shown"), [(1, 200), (10, 20), (1000, 1)])
def test_critical_queries_share_the_room_too(pairs: int, shown: int) -> None:
    made = crowd([1] * 230, critical=tuple(range(230)))
    assert len(chosen(pair_of(made), pairs)) == shown


def test_weights_order_what_is_shown_where_the_policy_says_so_and_never_the_deltas() -> None:
    heavy = np.where(np.array(golden().queries.ids) == "later", 9.0, 1.0)
    made = outcome(on=golden(weights=heavy), policy=Policy(primary=RR, guardrails=(), use_weights=True))
    told = drilldown(made)
    assert told["queries"][0]["id"] == "later"  # 9 × −0.5 against −1
    assert told["deltas"]["new"]["ids"] == ["lost", "later", "sooner"]
    assert pair_of(made).shares.tolist() == pair_of(made).deltas.tolist()
