"""The rules: what each saw and said, those that fail first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from evalkit import figures
from evalkit.decision.reading import reading_order
from evalkit.results.parts import DecisionPart, RulePart
from evalkit.results.result import Result

_COUNTED_ROWS = {"1"}
_SIZED_ROWS = {"4"}
_RATED_ROWS = {"8"}
_TERMS = {
    "1": "critical",
    "2": "guardrail",
    "3i": "delta",
    "3m": "margin",
    "4": "effective",
    "5": "delta",
    "6": "delta",
    "7": "guardrail",
    "8": "unjudged",
    "8b": "judging",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleLine:
    """One rule as a reader sees it; `state` is "fails", "holds" or "silent"."""

    name: str
    term: str
    state: str
    decides: bool
    observed: str
    interval: str
    limit: str
    says: str
    words: str


@dataclass(frozen=True, slots=True)
class CandidateRules:
    """The rules for one candidate."""

    candidate: str
    rules: tuple[RuleLine, ...]

    @property
    def failing(self) -> tuple[RuleLine, ...]:
        """The rules that fail."""
        return tuple(rule for rule in self.rules if rule.state == "fails")


def rules(result: Result) -> tuple[CandidateRules, ...]:
    """Return the rules of each candidate: failing, then silent, then holding, each group in its order."""
    return tuple(_of(result, decision) for decision in result.decisions)


def _of(result: Result, decision: DecisionPart) -> CandidateRules:
    told = [rule for rule in result.rules if rule.candidate == decision.candidate]
    spoke = next((rule for rule in told if _decides(rule, decision)), None)
    lines = [_line(rule, decides=rule is spoke) for rule in told]
    order = ("fails", "silent", "holds")
    ranked = sorted(
        zip(told, lines, strict=True), key=lambda pair: (order.index(pair[1].state), reading_order(pair[0]))
    )
    return CandidateRules(decision.candidate, _explained_once([line for _, line in ranked]))


def _explained_once(lines: Sequence[RuleLine]) -> tuple[RuleLine, ...]:
    """Return the lines with each term linked where it is first met."""
    known: set[str] = set()
    told = []
    for line in lines:
        told.append(replace(line, term="") if line.term in known else line)
        known.add(line.term)
    return tuple(told)


def _decides(rule: RulePart, decision: DecisionPart) -> bool:
    return bool(rule.reason == decision.reason and rule.passed is False)


def _line(rule: RulePart, *, decides: bool) -> RuleLine:
    state = {True: "holds", False: "fails", None: "silent"}[rule.passed]
    return RuleLine(
        name=rule.name,
        term=_TERMS.get(rule.row, ""),
        state=state,
        decides=decides,
        observed=_observed(rule),
        interval="" if rule.low is None else _effect(rule).interval,
        limit=_limit(rule),
        says=rule.verdict or "",
        words=rule.words,
    )


def _observed(rule: RulePart) -> str:
    if rule.row in _RATED_ROWS and rule.observed is None:
        return "no rate"
    special = rule.row in _COUNTED_ROWS | _SIZED_ROWS | _RATED_ROWS
    return _in_unit(rule, rule.observed) if special else _effect(rule).delta


def _effect(rule: RulePart) -> figures.Effect:
    return figures.effect(rule.observed, rule.low, rule.high, limit=rule.limit)


def _limit(rule: RulePart) -> str:
    special = rule.row in _COUNTED_ROWS | _SIZED_ROWS | _RATED_ROWS
    return _in_unit(rule, rule.limit) if special else figures.setting(rule.limit)


def _in_unit(rule: RulePart, value: float | None) -> str:
    if rule.row in _COUNTED_ROWS:
        return figures.count(value)
    if rule.row in _SIZED_ROWS:
        return figures.number(value, 1)
    return figures.percent(value)
