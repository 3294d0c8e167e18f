"""Queries on a page: ten of each end unasked, the answer that moved, those that went dark, those left out."""

from __future__ import annotations

from typing import Any

import pytest
import workshop

from evalkit.reporting.blocks import Drilldown, Folded, Grid, Sentences
from evalkit.reporting.sections.people import people
from evalkit.reporting.sections.queries import queries
from evalkit.reporting.words import unmarked
from evalkit.results.redaction import redacted
from evalkit.results.result import Result

CANDIDATE = "c"


def hit(document: str, rank: int, other: int | None, grade: int | None) -> dict[str, Any]:
    return {"document": document, "rank": rank, "other_rank": other, "grade": grade}


def query(number: int, delta: float, *, critical: bool = False, **parts: Any) -> dict[str, Any]:
    before, after = (0.5, 0.5 + delta) if delta < 0 else (0.5 - delta, 0.5)
    scores = {"delta": delta, "baseline_score": before, "candidate_score": after}
    return {
        "id": f"q-{number}",
        "text": f"question {number}",
        "candidate": CANDIDATE,
        "critical": critical,
        **scores,
        **parts,
    }


def result_of(shown: list[dict[str, Any]], *, others: int = 0, primary: str = "nDCG@10") -> Result:
    """Return a result that shows some queries in full and knows the scores of more that changed."""
    told = [(item["id"], item["delta"], item["baseline_score"], item["candidate_score"]) for item in shown]
    told += [(f"other-{number}", 0.25, 0.0, 0.25) for number in range(others)]
    ids, deltas, before, after = zip(*told, strict=True)
    written = workshop.worse()
    written["systems"] = {
        "b": {"spec": "b", "role": "baseline"},
        CANDIDATE: {"spec": CANDIDATE, "role": "candidate"},
    }
    written["question"]["primary"] = primary
    columns = {"ids": ids, "deltas": deltas, "baseline": before, "candidate": after}
    written["deltas"] = {CANDIDATE: {"measure": primary, **{name: list(v) for name, v in columns.items()}}}
    written["queries"] = shown
    written["documents"] = {"d1": "How to refund a double charge", "d2": "Opening hours"}
    return Result.of(written)


def drilldown_of(result: Result) -> Drilldown:
    (found,) = [block for block in queries(result).blocks if isinstance(block, Drilldown)]
    return found


def told(result: Result) -> str:
    blocks = queries(result).blocks
    return " ".join(unmarked(text) for b in blocks if isinstance(b, Sentences) for text in b.texts)


def dark_of(result: Result) -> list[Grid]:
    folds = [block for block in queries(result).blocks if isinstance(block, Folded)]
    inner = [block for fold in folds for block in fold.blocks]
    return [block for block in inner if isinstance(block, Grid) and "went dark" in block.table.caption]


def test_ten_of_each_end_and_every_critical_query_are_shown_unasked_and_none_is_lost() -> None:
    shown = [query(number, -0.4 + number / 100) for number in range(15)]
    shown += [query(99, -0.01, critical=True), *(query(100 + number, 0.4) for number in range(15))]
    found = drilldown_of(result_of(shown))
    ahead = [line.id for line in found.lines[: found.first]]

    assert ahead == [
        *(f"q-{number}" for number in range(10)),
        "q-99",
        *(f"q-{100 + number}" for number in range(10)),
    ]
    assert sorted(line.id for line in found.lines) == sorted(item["id"] for item in shown)


@pytest.mark.parametrize(
    ("before", "after", "ranks", "title"),
    [
        ([("d1", 1, 13, 1)], [("d2", 1, None, 0)], "1 → 13", "How to refund a double charge"),
        ([("d2", 1, None, 0)], [("d1", 2, None, 2)], "not in 20 → 2", "How to refund a double charge"),
        ([("d1", 3, None, 1)], [("d2", 1, 9, 1)], "9 → 1", "Opening hours"),
    ],
)
def test_a_query_names_the_relevant_document_that_stands_highest_with_both_ranks(
    before: Any, after: Any, ranks: str, title: str
) -> None:
    tops: dict[str, Any] = {
        "baseline_top": [hit(*item) for item in before],
        "candidate_top": [hit(*item) for item in after],
    }
    (line,) = drilldown_of(result_of([query(1, -0.3, **tops)])).lines
    assert line.answer is not None
    assert (line.answer.ranks, line.answer.title) == (ranks, title)


def test_a_query_without_a_known_answer_claims_none() -> None:
    (line,) = drilldown_of(result_of([query(1, -0.3, baseline_top=[hit("d1", 1, 2, None)])])).lines
    assert line.answer is None


def test_a_query_goes_dark_where_an_answer_stood_in_the_old_top_ten_and_none_in_the_new() -> None:
    lost: dict[str, Any] = {"baseline_top": [hit("d1", 1, 13, 1)], "candidate_top": [hit("d2", 1, 5, 0)]}
    kept: dict[str, Any] = {"baseline_top": [hit("d1", 1, 9, 1)], "candidate_top": [hit("d1", 9, 1, 1)]}
    (grid,) = dark_of(result_of([query(1, -0.5, **lost), query(2, -0.2, **kept)]))

    (row,) = grid.table.rows
    assert row.cells == ("question 1", "1 → 13", "How to refund a double charge", "Opening hours")
    assert row.link == "q0"
    assert dark_of(result_of([query(2, -0.2, **kept)])) == []


def test_without_texts_ids_stand_where_titles_stood() -> None:
    lost: dict[str, Any] = {"baseline_top": [hit("d1", 1, 13, 1)], "candidate_top": [hit("d2", 1, 5, 0)]}
    result = redacted(result_of([query(1, -0.5, **lost)]))

    (grid,) = dark_of(result)
    assert grid.table.rows[0].cells == ("q-1", "1 → 13", "d1", "d2")
    assert drilldown_of(result).lines[0].opens == "q-1"


def test_the_page_says_how_many_changed_queries_it_leaves_out_and_where_they_are() -> None:
    shown = [query(1, -0.3), query(2, 0.2)]
    assert "3 of the 5 whose score changed are not on this page" in told(result_of(shown, others=3))
    assert "per_query" in told(result_of(shown, others=3))
    assert "not on this page" not in told(result_of(shown))


@pytest.mark.parametrize("primary", ["nDCG@10", "Recall@10", "MRR@10"])
def test_people_are_told_for_how_many_queries_an_answer_is_found(primary: str) -> None:
    shown = [query(1, -0.5), query(2, 0.25), query(3, 0.5)]
    result = result_of(shown, others=1, primary=primary)
    assert people(result, CANDIDATE).replace("\N{NO-BREAK SPACE}", " ") == (
        "An answer stands among the first 10 results for 3 of 4 queries (75 %); with b it does for 2 (50 %)."
    )


@pytest.mark.parametrize("primary", ["Judged@10", "Mine@10", "MRR", "nDCG@x"])
def test_people_are_told_nothing_by_a_measure_that_cannot_tell(primary: str) -> None:
    assert people(result_of([query(1, -0.5)], primary=primary), CANDIDATE) == ""
