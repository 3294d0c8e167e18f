"""What a report says of a mixed index."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import workshop
from workshop import html_page

from evalkit.mixing.strategies import SEARCHES
from evalkit.reporting.sections.mixture import MixedWay, mixture
from evalkit.reporting.sections.mixwords import blackout
from evalkit.reporting.sections.strategies import listed, strategy_of
from evalkit.results.result import Result

NBSP = "\N{NO-BREAK SPACE}"


@pytest.fixture(scope="module")
def stored() -> Any:
    return workshop.mixed()


@pytest.fixture
def mixed(stored: Any) -> Any:
    return copy.deepcopy(stored)


def way_of(result: Any) -> MixedWay:
    """Return the only migration of a result, its spaces made plain."""
    (way,) = mixture(Result.of(result).readable())
    return way


def said(result: Any) -> str:
    return " ".join(way_of(result).sentences).replace(NBSP, " ")


def line_of(result: Any, strategy: str) -> Any:
    lines = result["mix_summary"][0]["lines"]
    return next(line for line in lines if (line["strategy"], line["measure"]) == (strategy, "nDCG@10"))


def without(result: Any, *strategies: str) -> Any:
    """Return the result as if the lab had not looked at some strategies."""
    result["mix"] = [row for row in result["mix"] if row["strategy"] not in strategies]
    for curve in result["mix_summary"]:
        curve["lines"] = [line for line in curve["lines"] if line["strategy"] not in strategies]
    return result


def test_nothing_is_said_where_the_lab_was_not_asked() -> None:
    result = workshop.worse()
    page = html_page(Result.of(result))
    assert mixture(Result.of(result)) == ()
    assert 'id="mixed"' not in page
    assert '#mixed"' not in page


def test_carelessness_is_told_from_its_lowest_mean_to_where_it_is_made_good(mixed: Any) -> None:
    line_of(mixed, "new-query").update(old=0.612, start=0.031, worst=0.08, break_even=0.55, blackout=0.5)
    assert said(mixed).startswith(
        "If queries switch to hash/256 before its documents are ready, nDCG@10 falls from 0.612 to 0.031 and "
        "is back only when 55 % of the documents have moved. Half way, 50 % of the relevant documents"
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"break_even": None}, "is still below that when everything has moved"),
        ({"break_even": 1.0}, "is back only when everything has moved"),
        ({"worst": None}, "falls from 0.888 to 0.744"),
        ({"worst": 0.5}, "falls from 0.888 to 0.500"),
        ({"never_below": True}, "is shown never to fall below the old index (0.888) by more than 0.02"),
        ({"start": 0.8884, "worst": 0.9}, "these queries cannot exclude a loss of more than 0.02"),
    ],
)
def test_a_fall_is_told_as_deep_and_as_long_as_it_is(mixed: Any, changes: Any, words: str) -> None:
    line_of(mixed, "new-query").update(changes)
    assert words in said(mixed)


def test_what_is_safe_is_named_in_words_and_by_its_name(mixed: Any) -> None:
    line_of(mixed, "dual-raw")["never_below"] = True
    assert (
        "“search both, merge” (dual-raw) is shown never to fall below the old index by more than 0.02."
        in said(mixed)
    )
    assert way_of(mixed).short.endswith(
        "dual-raw and stay-old never fall below the old index by more than 0.02"
    )


def test_where_nothing_is_safe_the_old_index_is_and_only_if_it_was_looked_at(mixed: Any) -> None:
    assert "safe is to keep the old index whole" in said(mixed)
    assert "safe is" not in said(without(mixed, "stay-old"))
    assert way_of(mixed).short.endswith(
        "no strategy is shown never to fall below the old index by more than 0.02"
    )


def test_models_that_cannot_share_a_column_are_told_with_the_lengths_of_their_vectors(mixed: Any) -> None:
    way = way_of(without(mixed, "new-query", "old-query"))
    assert way.sentences[0].startswith("The vectors of hash/512 have 512 numbers, those of hash/256 256")
    assert way.halves is None
    assert "new-query" not in way.short


@pytest.mark.parametrize(
    ("moved", "unmoved", "words"),
    [
        (0.5, 0.0, "that have not moved are found almost never: the average hides a blackout"),
        (0.01, 0.5, "that have moved are found almost never: the average hides a blackout"),
        (0.5, 0.2, "that have not moved are found far less often than those that have moved"),
        (0.5, 0.4, "that have not moved are found less often"),
        (0.5, 0.49, "about equally well"),
        (0.0, 0.0, "Neither kind of document is found"),
        (None, 0.3, "beside those that have not"),
    ],
)
def test_the_halves_are_told_by_how_unlike_they_fare(
    moved: float | None, unmoved: float | None, words: str
) -> None:
    assert words in blackout(moved, unmoved)


def test_every_strategy_of_the_lab_has_words_and_a_line_of_its_own() -> None:
    known = [strategy_of(name) for name in SEARCHES]
    assert len({item.label for item in known}) == len({item.look for item in known}) == len(SEARCHES)
    assert all(item.about for item in known)


def test_a_strategy_that_is_not_known_keeps_its_name() -> None:
    assert strategy_of("home-made").label == "home-made"


def test_the_old_index_is_a_level_line_whether_or_not_it_was_looked_at(mixed: Any) -> None:
    for result in (mixed, without(copy.deepcopy(mixed), "stay-old")):
        chart = way_of(result).overview.chart
        (old,) = (curve for curve in chart.curves if curve.of.label == "the old index")
        assert len(set(old.of.values)) == 1
        assert chart.level == pytest.approx(float(old.path.split(",")[-1]), abs=0.1)


def test_only_the_emphasised_line_has_a_band(mixed: Any) -> None:
    banded = [curve.of.label for curve in way_of(mixed).overview.chart.curves if curve.band]
    assert banded == ["switch queries first"]


def test_the_pictures_are_tables_too_with_a_row_for_each_share(mixed: Any) -> None:
    way = way_of(mixed)
    assert way.halves is not None
    rows = {row.cells[0].replace(NBSP, " "): row.cells[1:] for row in way.overview.table.rows}
    assert list(rows) == ["0 %", "25 %", "50 %", "75 %", "100 %"]
    assert rows["0 %"][0] == f"{line_of(mixed, 'new-query')['start']:.3f}"
    first, *_, last = (row.cells for row in way.halves.table.rows)
    assert (first[2], last[3]) == ("–", "–")


def test_cohorts_by_a_field_stand_in_the_table_of_the_halves(mixed: Any) -> None:
    halves = [row for row in mixed["mix"] if row["cohort"] == "moved"]
    mixed["mix"] += [{**row, "cohort": "tenant=acme"} for row in halves]
    way = way_of(mixed)
    assert way.halves is not None
    headings = [column.heading for column in way.halves.table.columns]
    assert headings == ["Moved", "average", "have moved", "have not moved", "tenant=acme"]
    assert len(way.halves.chart.curves) == 3


@pytest.mark.long
def test_many_shares_are_thinned_and_both_ends_kept(mixed: Any) -> None:
    mixed["mix"] = [
        {**row, "share": (row["share"] + step / 1000) / 1.249}
        for step in range(250)
        for row in mixed["mix"]
        if row["new"] == "hash/256"
    ]
    mixed["mix_summary"] = mixed["mix_summary"][:1]
    rows = [row.cells[0].replace(NBSP, " ") for row in way_of(mixed).overview.table.rows]
    assert len(rows) == 41
    assert (rows[0], rows[-1]) == ("0 %", "100 %")


def test_a_flat_line_has_no_worst_place(mixed: Any) -> None:
    worst = {row.code: row.cells[3] for row in way_of(mixed).strategies.rows}
    assert " at " in worst["new-query"]
    assert " at " not in worst["stay-old"]


@pytest.mark.parametrize(
    ("kind", "words"), [("float16", "should cost nothing"), ("rotated", "to mixing alone")]
)
def test_a_control_stands_beside_the_way_whose_model_it_is_made_of(mixed: Any, kind: str, words: str) -> None:
    for row in (*mixed["mix"], *mixed["mix_summary"]):
        row["new"] = row["new"].replace("float16", kind)
    (control,) = way_of(mixed).controls
    assert words in control.words
    assert len(control.chart.curves) == 3


@pytest.mark.parametrize(
    ("names", "words"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_names_are_listed_as_people_list_them(names: list[str], words: str) -> None:
    assert listed(names) == words
