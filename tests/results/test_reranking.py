"""The re-ranking: what stays of people's results, told query by query, and written with its cutoff."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from small_studies import AFTER, BEFORE, DOCUMENTS, golden, run

from evalkit.results.changes import MOST, describe_reranking, first_results
from evalkit.results.diff import COLUMNS, changes_csv
from evalkit.results.reranking import ChangedQuery, RerankingPart

rankings = st.permutations(DOCUMENTS).flatmap(
    lambda order: st.integers(0, len(order)).map(lambda found: "".join(order[:found]))
)
results = st.fixed_dictionaries(dict.fromkeys(BEFORE, rankings))


def described(before: dict[str, str], after: dict[str, str], **options: Any) -> dict[str, Any]:
    known = golden()
    return describe_reranking(run("old", before, known), run("new", after, known), known, **options)


def part(changed: dict[str, Any]) -> RerankingPart:
    return RerankingPart.of(changed)


def test_overlaps_are_those_that_were_counted_by_hand() -> None:
    """Of three results before, ten after have c; two of two stay; two of two; none of one."""
    told = described(BEFORE, AFTER)
    assert {query["id"]: query["overlap@10"] for query in told["queries"]} == pytest.approx(
        {"lost": 1 / 10, "later": 1.0, "sooner": 1.0, "nothing": 0.0}
    )
    assert told["overlap@10"] == pytest.approx((0.1 + 1 + 1 + 0) / 4)
    assert (told["same_first"], told["same_order"]) == (0.0, 0.0)


def test_queries_that_change_most_come_first() -> None:
    told = described(BEFORE, AFTER)["queries"]
    assert [query["id"] for query in told][:2] == ["nothing", "lost"]
    biased = [query["rank_biased_overlap"] for query in told]
    assert biased == sorted(biased)


def test_a_query_is_told_with_both_lists_down_to_the_cutoff() -> None:
    told = {query["id"]: query for query in described(BEFORE, AFTER, cutoff=2)["queries"]}
    assert told["lost"] == {
        "id": "lost",
        "text": "what of lost?",
        "overlap@2": 0.0,
        "rank_biased_overlap": told["lost"]["rank_biased_overlap"],
        "old": ["a", "b"],
        "new": ["c", "d"],
    }
    assert told["nothing"]["new"] == ["g"]


@pytest.mark.parametrize(("most", "told"), [(None, 4), (0, 0), (2, 2), (MOST, 4)])
def test_as_many_queries_are_told_as_were_asked_for(most: int | None, told: int) -> None:
    assert len(described(BEFORE, AFTER, most=most)["queries"]) == told


@settings(max_examples=25)
@given(before=results)
def test_a_system_against_itself_keeps_everything(before: dict[str, str]) -> None:
    told = described(before, before)
    for key in ("overlap@10", "rank_biased_overlap", "same_first", "same_order"):
        assert told[key] == pytest.approx(1.0)
    assert all(query["old"] == query["new"] for query in told["queries"])


@settings(max_examples=25)
@given(before=results, after=results, cutoff=st.integers(1, 12))
def test_overlap_is_the_same_from_both_sides_and_a_share(
    before: dict[str, str], after: dict[str, str], cutoff: int
) -> None:
    there, back = described(before, after, cutoff=cutoff), described(after, before, cutoff=cutoff)
    name = f"overlap@{cutoff}"
    assert there[name] == pytest.approx(back[name])
    assert 0 <= there[name] <= 1
    assert there["same_order"] <= there["same_first"]


def test_the_documents_that_stand_first_before_or_after_are_told_by_their_beginning() -> None:
    told = first_results(described(BEFORE, AFTER), golden())
    assert list(told) == ["a", "c", "d", "e", "f", "g"]
    assert told["a"] == "title of a words of a"
    assert first_results(described(dict.fromkeys(BEFORE, ""), dict.fromkeys(BEFORE, "")), golden()) == {}


def test_only_of_the_queries_that_are_told_first_are_documents_shown() -> None:
    many = {"queries": [{"old": ["a"], "new": []}] * MOST + [{"old": ["b"], "new": ["c"]}]}
    assert list(first_results(many, golden())) == ["a"]


@pytest.mark.parametrize("cutoff", [1, 5, 10, 100])
def test_an_overlap_is_written_with_its_cutoff_and_read_back(cutoff: int) -> None:
    written = described(BEFORE, AFTER, cutoff=cutoff)
    record = part(written)
    assert record.overlap == written[f"overlap@{cutoff}"]
    assert record.queries[0].overlap == written["queries"][0][f"overlap@{cutoff}"]
    assert record.to_json() == written
    assert list(record.to_json()) == list(written)


def test_a_part_without_queries_is_written_without_them() -> None:
    written = {key: value for key, value in described(BEFORE, AFTER).items() if key != "queries"}
    assert part(written).to_json() == written


@pytest.mark.parametrize(
    "damage",
    [{"cutoff": 5}, {"overlap@10": "much"}, {"queries": [{"id": "q"}]}, {"queries": ["q"]}, {"cutoff": None}],
)
def test_an_overlap_of_another_cutoff_or_kind_is_refused(damage: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        part({**described(BEFORE, AFTER), **damage})


def test_the_table_of_changes_has_a_row_for_each_query_and_no_formula() -> None:
    query = ChangedQuery(
        id="=1+1", text="@all", overlap=0.5, rank_biased_overlap=0.25, old=("-a", "b"), new=()
    )
    told = part(described(BEFORE, AFTER)).with_values(
        queries=(query, query.with_values(id="q2", text="plain, words"))
    )
    text = changes_csv(told)
    assert text.endswith("\n")
    assert "\r" not in text
    rows = list(csv.reader(io.StringIO(text)))
    assert rows == [
        list(COLUMNS),
        ["'=1+1", "'@all", "0.5", "0.25", "'-a b", ""],
        ["q2", "plain, words", "0.5", "0.25", "'-a b", ""],
    ]
