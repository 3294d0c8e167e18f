"""Every combination of outcomes is read in one order: primary measure, guardrails, segments, then doubts."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from functools import cache
from typing import Any, NamedTuple

import pytest
from test_decide import SHAKY, component, decided, evidence, rail

from evalkit.decision.evidence import Component, CriticalLoss, Evidence
from evalkit.decision.policy import Kind, Objective, Policy
from evalkit.decision.verdict import Decision, Reason, Verdict
from evalkit.reporting.sections.headline import headline
from evalkit.reporting.sections.nextstep import next_step
from evalkit.results.compare import DECISION_KEYS, REASON_KEYS
from evalkit.results.result import Result
from evalkit.results.rules import describe_rule
from evalkit.scoring.measure import Measure

ORDER = ("primary", "queries", "guardrail", "segment", "critical", "unjudged", "source")
PRIMARY = {
    "improved": {},
    "not shown": {"delta": 0.004, "low": -0.02, "p_superior": 0.4, "p_non_inferior": 0.3},
    "worse": {
        "delta": -0.4,
        "low": -0.5,
        "high": -0.3,
        "p_superior": 1.0,
        "p_non_inferior": 1.0,
        "p_harm": 1e-9,
    },
}
RAILS = {
    "fine": {},
    "unproven": {"delta": 0.0, "low": -0.1, "p_non_inferior": 0.5},
    "harmed": {"delta": -0.3, "low": -0.4, "high": -0.2, "p_non_inferior": 1.0, "p_harm": 1e-9},
}
HOLES = {"none": None, "turning": SHAKY}
COUNTED = re.compile(r"more quer(?:y|ies)\b(?! are not the cure)|queries there")
EFFECT = re.compile(r"true change|truly|if nothing is lost")


class Told(NamedTuple):
    """One combination of outcomes."""

    primary: str
    guardrail: str
    segment: str
    critical: bool
    holes: str
    sparse: bool
    few: bool

    @property
    def harmed(self) -> bool:
        """Whether anything is shown to be worse."""
        return self.primary == "worse" or "harmed" in (self.guardrail, self.segment) or self.critical

    @property
    def evidence(self) -> Evidence:
        """What is known, as the combination says."""
        size = 12.0 if self.few else 300.0
        primary = component(**PRIMARY[self.primary], effective_queries=size, queries=int(size))
        whole = rail("", Kind.PROVEN, **RAILS[self.guardrail])
        part = rail("faq", Kind.PROVEN, **RAILS[self.segment])
        rails: tuple[Component, ...] = (
            part,
            replace(whole, segment=None, measure=Measure("Recall", 10)),
        )
        return evidence(
            primary,
            *rails,
            losses=(CriticalLoss(query="q7"),) * self.critical,
            sensitivity=HOLES[self.holes],
            source_doubtful=self.sparse,
            source_stated=True,
        )

    def expected(self, verdict: Verdict) -> list[str]:
        """Return what a decision is about, in reading order."""
        refusing = {
            "guardrail": self.guardrail == "harmed",
            "segment": self.segment == "harmed",
            "critical": self.critical,
        }
        failing = {
            "queries": self.few,
            **{
                name: refusing[name] or getattr(self, name) == "unproven" for name in ("guardrail", "segment")
            },
            "critical": self.critical,
            "unjudged": self.holes == "turning",
            "source": self.sparse,
        }
        chosen = {Verdict.GO: {}, Verdict.NO_GO: refusing}.get(verdict, failing)
        return ["primary", *(name for name in ORDER if chosen.get(name))]


def result_of(decision: Decision, policy: Policy) -> Result:
    """Return as much of a result as its opening reads."""
    told: dict[str, Any] = {name: getattr(decision, name) for name in DECISION_KEYS}
    told["reasons"] = [
        {"about": str(rule.about), **{name: getattr(rule, name) for name in REASON_KEYS}}
        for rule in decision.reasons
    ]
    known = decision.evidence
    return Result.found(
        verdict=decision.verdict,
        question={"objective": policy.objective, "primary": str(policy.primary)},
        golden={"pooled_from": ["old"]},
        systems={
            known.baseline: {"spec": "run/old", "role": "baseline"},
            known.candidate: {"spec": "run/new", "role": "candidate"},
        },
        rules=[describe_rule(rule, decision.candidate) for rule in decision.rules],
        power={decision.candidate: {"queries": known.primary.queries, "effective_queries": 1.0}},
        decisions=[told],
    )


def sentences(text: str) -> list[str]:
    return re.split(r"(?<=[.!?]) (?=[A-Z])", text.replace("\N{NO-BREAK SPACE}", " "))


COMBINATIONS = [
    Told(*values, sparse=sparse, few=few)
    for values in itertools.product(PRIMARY, RAILS, RAILS, (False, True), HOLES)
    for sparse, few in ((False, False), (True, False), (False, True))
]


@cache
def decision_on(told: Told, objective: Objective) -> Decision:
    return decided(told.evidence, Policy(objective=objective))


ASKED = [Policy(objective=objective) for objective in Objective]


@pytest.mark.parametrize("primary", PRIMARY)
@pytest.mark.parametrize("policy", ASKED, ids=lambda policy: str(policy.objective))
def test_every_combination_is_read_in_one_order(primary: str, policy: Policy) -> None:
    for told in (item for item in COMBINATIONS if item.primary == primary):
        decision = decision_on(told, policy.objective)
        seen = [str(rule.about) for rule in decision.reasons]

        assert seen == told.expected(decision.verdict), told
        places = [decision.sentence.find(rule.words) for rule in decision.reasons]
        if decision.reason not in (Reason.OK, Reason.UNJUDGED, Reason.PROVENANCE):
            assert -1 not in places, told
            assert places == sorted(places), told


PHRASES = {
    "queries": "too few queries",
    "guardrail": "Recall@10",
    "segment": "nDCG@10 in faq",
    "critical": "1 critical query lost every relevant document",
    "unjudged": "unjudged documents could turn the verdict",
    "source": "the known answers come from the baseline",
}


@pytest.mark.parametrize("primary", PRIMARY)
@pytest.mark.parametrize("policy", ASKED, ids=lambda policy: str(policy.objective))
def test_every_headline_gives_the_primary_outcome_and_then_what_else_is_open(
    primary: str, policy: Policy
) -> None:
    first = {
        "improved": "nDCG@10 improves (+0.05" if policy.improving else "nDCG@10 is kept (+0.05",
        "not shown": "these queries cannot settle the question about nDCG@10 (+0.004",
        "worse": "a worthwhile gain in nDCG@10 is out of reach (\N{MINUS SIGN}0.4"
        if policy.improving
        else "nDCG@10 gets worse by more than is accepted (\N{MINUS SIGN}0.4",
    }[primary]
    for told in (item for item in COMBINATIONS if item.primary == primary):
        decision = decision_on(told, policy.objective)
        result = result_of(decision, policy)
        said = headline(result, result.decisions[0]).replace("\N{NO-BREAK SPACE}", " ")
        if decision.verdict == Verdict.GO:
            assert said == "every rule holds"
            continue
        assert said.startswith(first), (told, said)
        rest = said.removeprefix(first)
        named = told.expected(decision.verdict)[1:]
        if told.harmed:  # what refuses is named, not what is merely open beside it
            named = [
                name
                for name in named
                if name in ("critical", "unjudged", "source") or getattr(told, name, "") == "harmed"
            ]
        places = [rest.find(PHRASES[name]) for name in named]
        assert -1 not in places, (told, said)
        assert places == sorted(places), (told, said)
        unnamed = [name for name in PHRASES if name not in named]
        assert not [name for name in unnamed if PHRASES[name] in rest], (told, said)


@pytest.mark.parametrize("policy", ASKED, ids=lambda policy: str(policy.objective))
def test_no_number_of_queries_is_promised_under_harm_and_none_without_its_true_effect(policy: Policy) -> None:
    promised = 0
    for told in COMBINATIONS:
        decision = decision_on(told, policy.objective)
        result = result_of(decision, policy)
        step = next_step(result, result.decisions[0]).words
        texts = [decision.sentence, step, *(rule.words for rule in decision.rules)]
        counted = [part for text in texts for part in sentences(text) if COUNTED.search(part)]
        promised += len(counted)

        assert not (told.harmed and counted), (told, counted)
        assert not (told.harmed and decision.queries_needed), told
        for part in counted:
            assert EFFECT.search(part) or part.startswith("Judge at least"), (told, part)
    assert promised


def test_a_number_of_queries_that_is_only_the_least_is_not_said_to_settle_it() -> None:
    """Of one query no spread is known, so that thirty are the least and nobody knows whether they do."""
    alone = component(p_superior=0.4, queries=1, effective_queries=1.0, sd=None)
    decision = decided(evidence(alone))
    result = result_of(decision, Policy())

    words = next_step(result, result.decisions[0]).words.replace("\N{NO-BREAK SPACE}", " ")

    assert words.startswith("Judge at least 29 more queries (30 in all) and compare again")
    assert "chance" not in words


def test_a_guardrail_that_is_open_is_settled_at_no_loss_there() -> None:
    told = Told("improved", "unproven", "fine", critical=False, holes="none", sparse=False, few=False)
    decision = decided(told.evidence)
    result = result_of(decision, Policy())

    assert decision.reason == Reason.GUARDRAIL_UNPROVEN
    assert "if nothing is lost there" in next_step(result, result.decisions[0]).words


def test_the_reasons_of_a_result_stand_in_reading_order_and_are_kept() -> None:
    told = Told("worse", "harmed", "harmed", critical=True, holes="none", sparse=False, few=False)
    result = result_of(decided(told.evidence), Policy())
    written = result.to_json()["decisions"][0]["reasons"]

    assert [item["about"] for item in written] == ["primary", "guardrail", "segment", "critical"]
    assert Result.of(result.to_json()).decisions[0].reasons == result.decisions[0].reasons
