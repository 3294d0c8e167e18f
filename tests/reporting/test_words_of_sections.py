"""Words of small sections, by hand: drift, noise, the fewest judgements, headlines, settings and sources."""

from __future__ import annotations

from typing import Any

import pytest

from evalkit.figures import plain
from evalkit.reporting.blocks import Command, Folded, Grid
from evalkit.reporting.sections.drift import drift_words, noise_words
from evalkit.reporting.sections.fewest import fewest_judgements
from evalkit.reporting.sections.gatewords import critical_words, measures_table, query_names, query_values
from evalkit.reporting.sections.heading import facts_of, name_of
from evalkit.reporting.sections.headline import headline
from evalkit.reporting.sections.reproduce import reproduce
from evalkit.reporting.sections.source import (
    aliases_of,
    baseline_of,
    candidates_of,
    confidence,
    coverage_measure,
    primary_row,
)
from evalkit.results.gatepart import DriftPart, FirstRunPart, NoisePart
from evalkit.results.parts import QueryPart, SettlingPart
from evalkit.results.result import Result

DIGEST = "0123456789abcdef" * 3
ASKED = {"objective": "improve", "primary": "nDCG@10", "alpha": 0.05, "measures": ["nDCG@10", "Judged@5"]}


def row(measure: str = "nDCG@10", **more: Any) -> dict[str, Any]:
    told = {
        "measure": measure,
        "baseline": "old",
        "candidate": "new",
        "queries": 40,
        "effective_queries": 40.0,
        "baseline_mean": 0.5,
        "candidate_mean": 0.6,
        "delta": 0.1,
        "low": 0.05,
        "high": 0.15,
        "wins": 9,
        "ties": 30,
        "losses": 1,
        "p_less": 0.9,
    }
    return {**told, **more}


def rule(number: str, name: str = "nDCG@10", **more: Any) -> dict[str, Any]:
    said = {"passed": False, "words": "w", "reason": "R", "about": "primary"}
    return {"candidate": "new", "row": number, "name": name, **said, **more}


def found(**values: Any) -> Result:
    systems = {
        "old": {"spec": "lsa/8", "role": "baseline", "index": "Flat", "measures": {"Judged@10": 1.0}},
        "new": {"spec": "new", "role": "candidate", "index": "Flat"},
    }
    golden = {"name": "desk", "version": "3", "digest": DIGEST, "queries": 40, "documents": 1}
    return Result.found(**{"systems": systems, "golden": golden, "question": ASKED, **values})


@pytest.mark.parametrize(
    ("field", "before", "after", "told"),
    [
        ("depth", 100, 50, "depth 100 → 50"),
        ("fingerprint.prompts.query", None, "query: ", 'prompts.query none → "query: "'),
        ("golden.corpus_digest", DIGEST, DIGEST[::-1], "corpus_digest 012345 → fedcba"),
        ("spec", "", "a/b", "spec none → a/b"),
        ("spec", "x" * 99, 0, f"spec {'x' * 79}… → 0"),
        ("use_weights", False, True, "use_weights False → True"),
        ("revision", "abc", "0123", "revision abc → 0123"),
    ],
)
def test_drift_is_told_in_short_with_texts_in_quotation_marks(
    field: str, before: object, after: object, told: str
) -> None:
    assert drift_words(DriftPart(field=field, before=before, after=after)) == told


def test_noise_is_told_by_its_largest_variance_or_why_nobody_looked() -> None:
    assert noise_words(NoisePart(runs=0, repeated="run files repeat nothing")) == "run files repeat nothing"
    still = NoisePart(runs=3, repeated="vectors", variance={"MRR@10": 0.0, "nDCG@10": None})
    assert noise_words(still) == "3 runs (vectors): no value moved"
    moved = still.with_values(variance={"MRR@10": 0.00123, "nDCG@10": 0.01})
    assert noise_words(moved) == "3 runs (vectors): variance within queries up to 0.010"


def test_a_first_run_that_differs_is_told_beside_the_others() -> None:
    first = FirstRunPart(measures={"nDCG@10": 0.5}, queries=("a", "b"))
    noise = NoisePart(runs=3, repeated="vectors", variance={"nDCG@10": 0.0}, first=first)
    assert plain(noise_words(noise)) == (
        "3 runs (vectors): agree with each other; the run before them had nDCG@10 0.500 "
        "and differs on 2 queries"
    )


@pytest.mark.parametrize(
    ("listed", "go", "no_go", "told"),
    [
        (0, None, None, ""),
        (7, None, None, "even grades for all 7 documents of the worklist could not settle it"),
        (
            7,
            3,
            3,
            "Judge the first 3 documents of the worklist (of 7), the fewest that could settle it: as GO or",
        ),
        (
            7,
            3,
            None,
            "first 3 documents of the worklist (of 7), the fewest that could settle it: as GO; no grades",
        ),
        (
            7,
            None,
            1,
            "first 1 document of the worklist (of 7), the fewest that could settle it: as NO-GO; no",
        ),
        (
            7,
            5,
            2,
            "first 2 documents of the worklist (of 7), the fewest that could settle it: 2 as NO-GO and 5",
        ),
    ],
)
def test_the_fewest_judgements_are_told_with_what_they_could_show(
    listed: int, go: int | None, no_go: int | None, told: str
) -> None:
    shown = plain(fewest_judgements(SettlingPart(listed=listed, go=go, no_go=no_go)))
    assert told in shown
    assert bool(shown) == bool(listed)


def test_systems_are_looked_up_by_their_role_and_aliases_by_their_spec() -> None:
    result = found()
    assert (baseline_of(result), candidates_of(result), aliases_of(result)) == (
        "old",
        ["new"],
        ["old: lsa/8"],
    )
    nothing = Result.found()
    assert (baseline_of(nothing), candidates_of(nothing), aliases_of(nothing)) == ("", [], [])


def test_the_row_that_decides_is_the_primary_measure_on_the_whole_set() -> None:
    rows = [row(segment="a"), row("MRR@10"), row(delta=0.25), row(candidate="other")]
    result = found(comparisons=rows)
    decides = primary_row(result, "new")
    assert decides is not None
    assert (decides.delta, decides.segment) == (0.25, None)
    assert primary_row(result, "nobody") is None


@pytest.mark.parametrize(
    ("primary", "measures", "told"),
    [
        ("nDCG@10", ["nDCG@10", "Judged@5"], "Judged@10"),
        ("nDCG@5", ["Judged@5"], "Judged@5"),
        ("MAP", ["Judged@5"], "Judged@5"),
        ("nDCG@3", [], "Judged@10"),
    ],
)
def test_how_much_was_judged_is_told_at_the_primary_cutoff_where_that_is_known(
    primary: str, measures: list[str], told: str
) -> None:
    assert coverage_measure(found(question={**ASKED, "primary": primary, "measures": measures})) == told
    assert coverage_measure(Result.found()) == ""


def test_the_confidence_of_intervals_is_that_of_the_question() -> None:
    assert plain(confidence(found())) == "95 %"
    assert plain(confidence(found(question={**ASKED, "alpha": 0.2}))) == "80 %"
    assert confidence(Result.found()) == "–"


def test_the_heading_names_the_set_its_sizes_and_how_it_was_searched() -> None:
    told = [plain(fact) for fact in facts_of(found())]
    assert told == ["40 queries", "1 document", "golden 012345", "exact search", "old: lsa/8"]
    assert name_of(found()) == "desk 3"
    hidden = [plain(fact) for fact in facts_of(found(redacted=True))]
    assert hidden[-1] == "texts left out, ids only"
    systems = {name: {"spec": name, "role": "old", "index": name} for name in ("b", "a")}
    assert "a, b" in facts_of(found(systems=systems))
    assert facts_of(Result.found()) == ()


@pytest.mark.parametrize(
    ("verdict", "reason", "rules", "told"),
    [
        ("GO", "OK", [rule("3i", passed=True)], "every rule holds"),
        ("NO-GO", "PRIMARY_HARM", [rule("3m", verdict="NO-GO")], "nDCG@10 gets worse by more"),
        ("NO-GO", "NO_WORTHWHILE_GAIN", [rule("3i", verdict="NO-GO")], "in nDCG@10 is out of reach (+0.100)"),
        (
            "NO-GO",
            "CRITICAL",
            [rule("1", "critical", about="critical", observed=2, verdict="NO-GO")],
            "2 critical queries lost every relevant document",
        ),
        (
            "NO-GO",
            "GUARDRAIL_HARM",
            [rule("2", "guardrail Recall@10", about="guardrail", verdict="NO-GO")],
            "Recall@10 gets worse by more than is accepted",
        ),
        ("INCONCLUSIVE", "UNJUDGED", [rule("8", "unjudged", about="unjudged")], "unjudged documents could"),
    ],
)
def test_a_headline_says_what_decided(
    verdict: str, reason: str, rules: list[dict[str, Any]], told: str
) -> None:
    decision = {"candidate": "new", "verdict": verdict, "reason": reason, "sentence": "s"}
    result = found(comparisons=[row()], rules=rules, decisions=[decision])
    assert told in plain(headline(result, result.decisions[0]))


def test_rules_of_another_candidate_are_not_in_a_headline() -> None:
    other = {**rule("3m", verdict="NO-GO"), "candidate": "other"}
    decision = {"candidate": "new", "verdict": "NO-GO", "reason": "CRITICAL", "sentence": "s"}
    result = found(comparisons=[row()], rules=[other], decisions=[decision])
    assert headline(result, result.decisions[0]) == "CRITICAL"


def test_settings_are_told_by_dotted_names_without_what_is_absent() -> None:
    fingerprint = {"provider": "st", "prompts": {"query": "q: "}, "dims": 8, "truncation": None}
    systems = {"new": {"spec": "st/new", "role": "candidate", "fingerprint": fingerprint}}
    provenance = {"command": "evalkit compare", "created": "today", "costs": {"new": {"encoded": 1}}}
    question = {**ASKED, "use_weights": False, "sentence": "does it improve?"}
    section = reproduce(found(systems=systems, provenance=provenance, question=question))
    assert section.blocks[0] == Command("evalkit compare")
    told = {
        block.summary: {cells.cells[0]: cells.cells[1] for cells in grid.table.rows}
        for block in section.blocks
        if isinstance(block, Folded)
        for grid in block.blocks
        if isinstance(grid, Grid)
    }
    assert told["Fingerprint of new"] == {
        "spec": "st/new",
        "provider": "st",
        "prompts.query": "q: ",
        "dims": "8",
    }
    assert told["Where and when"] == {"created": "today"}
    asked = told["Question, fixed before any score was seen"]
    assert (asked["measures"], asked["use_weights"]) == ("nDCG@10, Judged@5", "no")
    assert "sentence" not in asked
    assert told["Golden set"]["digest"] == DIGEST


def test_a_result_of_nowhere_has_no_command() -> None:
    assert not any(isinstance(block, Command) for block in reproduce(found()).blocks)


def test_measures_of_a_gate_leave_out_coverage_and_segments_that_nobody_objected_to() -> None:
    rows = [
        row(),
        row("Judged@10"),
        row(segment="a"),
        row(segment="b"),
        row("MRR@10", wins=0, losses=0, delta=0.0),
    ]
    result = found(comparisons=rows, rules=[rule("2", "nDCG@10 in b", verdict="FAIL")])
    table = measures_table(result, "measure")
    assert [line.cells[0] for line in table.rows] == ["nDCG@10", "nDCG@10 in b", "MRR@10"]
    assert table.rows[0].cells[1:] == ("0.500", "0.600", "+0.100", "[+0.050, +0.150]", "0.90", "9/30/1")
    assert table.rows[2].cells[4:6] == ("–", "–")
    assert [plain(column.heading) for column in table.columns][4] == "95 % interval"


def test_of_lost_critical_queries_five_are_named_and_waived_ones_apart() -> None:
    lost = [{"candidate": "new", "query": f"q{n}", "text": "t" if n else ""} for n in range(7)]
    waived = {"candidate": "new", "query": "w", "text": "t", "waiver": "gone"}
    told = critical_words(found(critical=[*lost, waived], counts={"critical": 9}))
    assert told == '7 of 9 lost: q0, q1 "t", q2 "t", q3 "t", q4 "t" and 2 more; w lost, waived: gone'
    assert critical_words(found()) == ""


def test_a_query_is_told_with_its_scores_and_short_names() -> None:
    query = QueryPart.of(
        {
            "id": "q" * 99,
            "text": "t" * 99,
            "candidate": "new",
            "delta": -1,
            "baseline_score": 1,
            "candidate_score": 0,
        }
    )
    assert query_values(query) == "1.000 → 0.000"
    assert query_values(query.with_values(critical=True)) == "1.000 → 0.000 critical"
    assert query_names(query) == ("q" * 79 + "…", "t" * 79 + "…")
