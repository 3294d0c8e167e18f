"""The rules: what each saw and said, those that fail first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from evalkit import figures
from evalkit.decision.reading import reading_order
from evalkit.reporting.blocks import Check, Checks
from evalkit.reporting.sections.headline import headline
from evalkit.reporting.sections.locks import locks
from evalkit.reporting.sections.source import baseline_of
from evalkit.reporting.tables import Column
from evalkit.results.parts import DecisionPart, RulePart
from evalkit.results.result import Result
from evalkit.ruling.rule import Unit

_SPECIAL = {str(unit) for unit in (Unit.QUERIES, Unit.WORTH, Unit.SHARE)}  # no values of a measure

_REFUSED_BY_PROOF = ("2", "3i", "3m")  # these fail where harm, or that no gain is left, is shown

_COLUMNS = (
    Column("Observed", numeric=True),
    Column("Interval", numeric=True, term="interval"),
    Column("Limit", numeric=True),
)


def rules(result: Result) -> tuple[Checks, ...]:
    """Return the rules of each candidate: failing, then silent, then holding, each group in its order."""
    return tuple(_of(result, decision) for decision in result.decisions)


def _of(result: Result, decision: DecisionPart) -> Checks:
    told = [rule for rule in result.rules if rule.candidate == decision.candidate]
    spoke = next((rule for rule in told if _decides(rule, decision)), None)
    lines = [_line(rule, result, decides=rule is spoke) for rule in told]
    order = ("fails", "open", "silent", "holds")
    ranked = sorted(
        zip(told, lines, strict=True), key=lambda pair: (order.index(pair[1].state), reading_order(pair[0]))
    )
    return Checks(
        subject=f"{decision.candidate} against {baseline_of(result)}",
        title=f"Rules for {decision.candidate}",
        checks=_explained_once([line for _, line in ranked]),
        columns=_COLUMNS,
        numbers=(("verdict", decision.verdict), ("why", headline(result, decision))),
    )


def _explained_once(lines: Sequence[Check]) -> tuple[Check, ...]:
    """Return the lines with each term linked where it is first met."""
    known: set[str] = set()
    told = []
    for line in lines:
        told.append(replace(line, term="") if line.term in known else line)
        known.add(line.term)
    return tuple(told)


def _decides(rule: RulePart, decision: DecisionPart) -> bool:
    return bool(rule.reason == decision.reason and rule.passed is False)


def _line(rule: RulePart, result: Result, *, decides: bool) -> Check:
    more = locks(result, rule)
    interval = "" if rule.low is None else _effect(rule).interval
    return Check(
        name=rule.name,
        term=rule.term,
        state=_state(rule),
        decides=decides,
        cells=(_observed(rule), interval, _limit(rule)),
        says=rule.verdict or "",
        words=f"{rule.words} {more}".strip(),
        beside=f"{_without_numbers(rule)} {more}".strip() if rule.seen else "",
    )


def _state(rule: RulePart) -> str:
    """Return what became of a rule; one that holds although what it guards against is possible is open."""
    possible = rule.low is not None and rule.limit is not None and rule.low < rule.limit
    if rule.passed and possible and rule.row in _REFUSED_BY_PROOF:
        return "open"
    return {True: "holds", False: "fails", None: "silent"}[rule.passed]


def _without_numbers(rule: RulePart) -> str:
    """Return the words of a rule without the numbers that stand in the cells beside them."""
    rest = rule.words.removeprefix(rule.seen).lstrip(" :;,")
    return f"{rest[:1].upper()}{rest[1:]}"


def _observed(rule: RulePart) -> str:
    if rule.unit == Unit.SHARE and rule.observed is None:
        return "no rate"
    return _in_unit(rule, rule.observed) if rule.unit in _SPECIAL else _effect(rule).delta


def _effect(rule: RulePart) -> figures.ShownEffect:
    return figures.effect(rule.observed, rule.low, rule.high, limit=rule.limit)


def _limit(rule: RulePart) -> str:
    return _in_unit(rule, rule.limit) if rule.unit in _SPECIAL else figures.setting(rule.limit)


def _in_unit(rule: RulePart, value: float | None) -> str:
    if rule.unit == Unit.QUERIES:
        return figures.count(value)
    return figures.number(value, 1) if rule.unit == Unit.WORTH else figures.percent(value)
