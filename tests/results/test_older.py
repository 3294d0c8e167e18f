"""Results of earlier versions: what they left unsaid of a rule is told by its id, and nothing else moves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_studies import outcome

from evalkit.results.compare import result_of
from evalkit.results.older import completed
from evalkit.results.reading import read_result
from evalkit.results.result import Result

WRITTEN = Path(__file__).parent / "written"
SAID = ("about", "term", "unit", "measure", "segment")


def ruled(row: str, name: str, **more: Any) -> Result:
    """Return a result with one rule, as the first version wrote it."""
    rule = {
        "candidate": "new",
        "row": row,
        "name": name,
        "words": "w",
        "passed": False,
        "reason": "R",
        **more,
    }
    return Result.found(rules=[rule])


@pytest.mark.parametrize(
    ("row", "name", "told"),
    [
        ("1", "critical queries", ("critical", "critical", "queries", None, None)),
        ("2", "guardrail Recall@10", ("guardrail", "guardrail", "value", "Recall@10", None)),
        ("2", "guardrail nDCG@10 in short", ("segment", "guardrail", "value", "nDCG@10", "short")),
        (
            "2",
            "guardrail nDCG@10 in made in china",
            ("segment", "guardrail", "value", "nDCG@10", "made in china"),
        ),
        ("7", "proven MRR@10", ("guardrail", "guardrail", "value", "MRR@10", None)),
        ("7", "proven guardrail MRR@10 in a", ("segment", "guardrail", "value", "MRR@10", "a")),
        ("3i", "nDCG@10", ("primary", "delta", "value", None, None)),
        ("3m", "nDCG@10", ("primary", "margin", "value", None, None)),
        ("4", "independent queries", ("queries", "effective", "independent queries", None, None)),
        ("5", "nDCG@10", ("primary", "delta", "value", None, None)),
        ("6", "nDCG@10", ("primary", "delta", "value", None, None)),
        ("8", "unjudged", ("unjudged", "unjudged", "share", None, None)),
        ("8b", "judgements", ("source", "judging", "value", None, None)),
        ("8c", "copies", ("copies", "ties", "value", None, None)),
    ],
)
def test_a_rule_of_the_first_version_is_told_by_its_id(
    row: str, name: str, told: tuple[str | None, ...]
) -> None:
    (rule,) = completed(ruled(row, name)).rules
    assert tuple(getattr(rule, key) for key in SAID) == told
    assert (rule.name, rule.words, rule.reason, rule.passed) == (name, "w", "R", False)


@pytest.mark.parametrize("row", ["PRIMARY_DROP", "9", "", "2x"])
def test_a_rule_of_another_kind_stays_as_it_is(row: str) -> None:
    result = ruled(row, "guardrail Recall@10")
    assert completed(result) is result


def test_a_rule_that_says_what_it_is_about_stays_as_it_is_beside_one_that_does_not() -> None:
    old, new = ruled("2", "guardrail Recall@10").rules[0], ruled("2", "n", about="copies", term="t").rules[0]
    found = completed(Result.found().with_values(rules=(new, old))).rules
    assert found[0] is new
    assert found[1].about == "guardrail"


def test_what_this_version_finds_says_everything_itself() -> None:
    result = result_of(outcome(), {})
    assert completed(result) is result


def test_everything_but_the_rules_is_kept() -> None:
    written = read_result(WRITTEN / "compare.json")
    before = {key: value for key, value in written.to_json().items() if key != "rules"}
    found = completed(written)
    assert {key: value for key, value in found.to_json().items() if key != "rules"} == before
    assert all(rule.about for rule in found.rules)
    assert completed(found) is found


@settings(max_examples=40)
@given(st.text(min_size=1).filter(lambda name: " in " not in name), st.text(min_size=1))
def test_measure_and_segment_are_parted_where_the_first_in_stands(measure: str, segment: str) -> None:
    (rule,) = completed(ruled("2", f"guardrail {measure} in {segment}")).rules
    if not measure.startswith(("guardrail ", "proven ")) and not measure.endswith(" i"):
        assert (rule.measure, rule.segment) == (measure, segment)


def test_results_are_complete_json_after_it() -> None:
    found = completed(read_result(WRITTEN / "compare.json"))
    assert json.loads(found.text()) == found.to_json()
