"""The headline: why, in a few words that follow a verdict and answer the question asked first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evalkit import figures
from evalkit.decision.reading import CLAIM, REFUSING, as_read
from evalkit.reporting.sections.source import primary_row
from evalkit.results.parts import DecisionPart, RulePart
from evalkit.results.result import Result

_NAMES_SHOWN = 3
_WORDS = {"OK": "every rule holds"}


def headline(result: Result, decision: DecisionPart) -> str:
    """Return why, in a few words that follow the verdict.

    What the primary measure says comes first. Then comes what refuses, of guardrails, their segments and
    critical queries; where nothing does, what else is open; last what withholds it all.
    """
    rules = as_read([rule for rule in result.rules if rule.candidate == decision.candidate])
    if decision.verdict == "GO" or not rules:
        return _WORDS.get(decision.reason, str(decision.reason))
    first, others = (rules[0], rules[1:]) if rules[0].row in (*REFUSING, CLAIM) else (None, rules)
    said = "" if first is None else _outcome(result, first)
    refusing = "; also ".join(_refusing([rule for rule in others if rule.verdict == "NO-GO"]))
    doubts = [] if decision.verdict == "NO-GO" else list(_doubts(result, others))
    if refusing or decision.verdict == "NO-GO" or (first is not None and first.row in REFUSING):
        also = "; also " if first is not None and first.row in REFUSING else ", but "
        refused = also.join(filter(None, (said, refusing)))
        return ", but ".join(filter(None, (refused, " and ".join(doubts))))
    also = ", but " if first is not None and first.passed else "; also open: "
    still = " and ".join([*_open(result, others), *doubts])
    return also.join(filter(None, (said, still))) or _WORDS.get(decision.reason, str(decision.reason))


def _outcome(result: Result, rule: RulePart) -> str:
    """Return what the primary measure says, whether or not it is what refuses."""
    primary, change = result.primary, _change(result, rule)
    if rule.row == "3i":
        return f"a worthwhile gain in {primary} is out of reach{change}"
    if rule.row == "3m":
        return f"{primary} gets worse by more than is accepted{change}"
    if not rule.passed:
        return f"these queries cannot settle the question about {primary}{change}"
    kept = "improves" if result.comparing.objective == "improve" else "is kept"
    return f"{primary} {kept}{change}"


def _change(result: Result, rule: RulePart) -> str:
    """Return the change in brackets, with the digits that the table of measures shows."""
    row = primary_row(result, rule.candidate)
    if row is not None:
        shown = figures.comparison(row.baseline_mean, row.candidate_mean, row.delta, row.low, row.high)
        return f" ({shown[2]})"
    return "" if rule.observed is None else f" ({figures.effect(rule.observed, None, None).delta})"


def _refusing(rules: Sequence[RulePart]) -> Iterator[str]:
    """Return what refuses: guardrails, their segments, then critical queries."""
    names = [rule.name.removeprefix("guardrail ") for rule in rules if rule.row == "2"]
    if names:
        verb = "gets" if len(names) == 1 else "get"
        yield f"{_few(names)} {verb} worse by more than is accepted"
    lost = next((int(rule.observed or 0) for rule in rules if rule.row == "1"), 0)
    if lost:
        yield f"{figures.counted(lost, 'critical query')} lost every relevant document"


def _open(result: Result, rules: Sequence[RulePart]) -> Iterator[str]:
    """Return what is open: the size of a gain, the number of queries, guardrails and their segments."""
    rows = {rule.row for rule in rules}
    if "6" in rows:
        yield f"the gain in {result.primary} is smaller than is worth it"
    if "4" in rows:
        yield "these are too few queries to tell"
    names = [rule.name.removeprefix("proven guardrail ") for rule in rules if rule.row == "7"]
    if names:
        yield f"{_few(names)} {'is' if len(names) == 1 else 'are'} not shown to be safe"


def _doubts(result: Result, rules: Sequence[RulePart]) -> Iterator[str]:
    """Return what withholds a verdict."""
    rows = {rule.row for rule in rules}
    if "8" in rows:
        yield "unjudged documents could turn the verdict"
    if "8c" in rows:
        yield "the order of identical documents that are judged differently makes it"
    if "8b" in rows:
        stated = result.golden.pooled_from
        yield (
            "the known answers come from the baseline"
            if stated
            else "nobody says where the known answers come from"
        )


def _few(names: Sequence[str]) -> str:
    rest = len(names) - _NAMES_SHOWN
    return ", ".join(names[:_NAMES_SHOWN]) + (f" and {rest} more" if rest > 0 else "")
