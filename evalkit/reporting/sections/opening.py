"""The opening: the verdict, the question, one sentence why and what to do next."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from evalkit import figures
from evalkit.reporting.charts import Interval, IntervalChart, tone_of_interval
from evalkit.reporting.sections.glossary import measure_entry
from evalkit.reporting.sections.headline import headline
from evalkit.reporting.sections.nextstep import NextStep, next_step
from evalkit.reporting.sections.people import people
from evalkit.reporting.sections.source import (
    baseline_of,
    confidence,
    coverage_measure,
    primary_row,
)
from evalkit.reporting.tables import Fact
from evalkit.results.parts import DecisionPart
from evalkit.results.result import Result

_LINES = 4
TONES = {"GO": "good", "NO-GO": "bad", "INCONCLUSIVE": "open"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateVerdict:
    """The verdict on one candidate, short enough to be read at a glance."""

    candidate: str
    verdict: str
    tone: str
    headline: str
    next_step: NextStep
    without_critical: str
    notes: tuple[str, ...]
    reasons: tuple[str, ...]

    @property
    def summary(self) -> str:
        """The headline as a sentence; a measure that opens it keeps its spelling, nDCG."""
        first = self.headline.partition(" ")[0]
        start = first.capitalize() if first.islower() else first
        return f"{start}{self.headline.removeprefix(first)}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """The first screen of the report."""

    verdict: str
    tone: str
    asked: str
    question: str
    summary: str
    people: str
    next_step: NextStep
    measure: str
    facts: tuple[Fact, ...]
    chart: IntervalChart | None
    decisions: tuple[CandidateVerdict, ...]
    notes: tuple[str, ...]


def opening(result: Result) -> Opening:
    """Return the opening of a result in which something is decided."""
    decisions = tuple(_decision(result, decision) for decision in result.decisions)
    return Opening(
        verdict=result.verdict or "",
        tone=TONES[result.verdict or ""],
        asked=_asked(result),
        question=result.comparing.sentence,
        summary=_summary(result, decisions),
        people=people(result, decisions[0].candidate) if len(decisions) == 1 else "",
        next_step=leading(result, decisions).next_step,
        measure=result.primary,
        facts=_facts(result, decisions[0].candidate) if len(decisions) == 1 else (),
        chart=_chart(result, decisions),
        decisions=decisions,
        notes=tuple(result.notes),
    )


def _asked(result: Result) -> str:
    names = [decision.candidate for decision in result.decisions]
    who = names[0] if len(names) == 1 else f"one of {len(names)} candidates"
    return f"May {who} replace {baseline_of(result)}: {result.comparing.sentence}"


def _summary(result: Result, decisions: tuple[CandidateVerdict, ...]) -> str:
    if len(decisions) == 1:
        return decisions[0].summary
    if [decision.verdict for decision in decisions].count("GO") == 1:
        return f"Take {result.recommended}: the only candidate for which every rule holds."
    if result.recommended:
        return f"Take {result.recommended}: the largest gain among the candidates for which every rule holds."
    if result.verdict == "NO-GO":
        return "None of the candidates may replace it."
    return "No candidate is shown to be fit to replace it, and not all are shown to be unfit."


def _decision(result: Result, decision: DecisionPart) -> CandidateVerdict:
    other = decision.verdict_without_critical
    without = "" if other == decision.verdict else f"Without the rule on critical queries: {other}."
    return CandidateVerdict(
        candidate=decision.candidate,
        verdict=decision.verdict,
        tone=TONES[decision.verdict],
        headline=headline(result, decision),
        next_step=next_step(result, decision),
        without_critical=without,
        notes=tuple(decision.notes),
        reasons=_reasons(decision, without),
    )


def _reasons(decision: DecisionPart, without: str) -> tuple[str, ...]:
    """Return what speaks against and for it in at most four lines, what is against it first."""
    told = sorted(decision.reasons, key=lambda reason: reason.passed is True)
    lines = [reason.words for reason in told] or [decision.sentence]
    room = _LINES - bool(without)
    if len(lines) > room:
        rest = len(lines) - room + 1
        lines = [*lines[: room - 1], f"{figures.counted(rest, 'more reason')} among the rules below."]
    return (*lines, *filter(None, (without,)))


def _facts(result: Result, candidate: str) -> tuple[Fact, ...]:
    row = primary_row(result, candidate)
    if row is None:
        return ()
    before, after, delta, interval = figures.comparison(
        row.baseline_mean, row.candidate_mean, row.delta, row.low, row.high
    )
    ends = interval.strip("[]").replace(", ", " to ")
    numbers = ((row.wins, "won"), (row.ties, "tied"), (row.losses, "lost"))
    record = ", ".join(f"{figures.count(number)} {word}" for number, word in numbers)
    return (
        Fact(row.measure, f"{before} → {after}", "baseline → candidate", measure_entry(row.measure)),
        Fact("Difference", delta, f"{confidence(result)} interval {ends}", "interval"),
        Fact("Queries", figures.count(row.queries), record, "record"),
        *_kept(result, candidate),
    )


def _kept(result: Result, candidate: str) -> Iterator[Fact]:
    """Yield how many critical queries are lost, and how much of what was returned is judged."""
    lost = sum(loss.stands for loss in result.critical if loss.candidate == candidate)
    coverage = coverage_measure(result)
    if result.counts.critical:
        words = "no relevant document in the top ten"
        yield Fact("Critical queries lost", f"{lost} of {result.counts.critical}", words, "critical")
    share = result.systems[candidate].measures.get(coverage)
    if share is not None:
        words = "of what the candidate returned first"
        yield Fact("Judged", figures.percent(share), words, measure_entry(coverage))


def leading(result: Result, decisions: tuple[CandidateVerdict, ...]) -> CandidateVerdict:
    """Return the decision whose next step stands for all: the one recommended, else the first that agrees."""
    recommended = (decision for decision in decisions if decision.candidate == result.recommended)
    agreeing = (decision for decision in decisions if decision.verdict == result.verdict)
    return next(recommended, None) or next(agreeing, decisions[0])


def _chart(result: Result, decisions: tuple[CandidateVerdict, ...]) -> IntervalChart | None:
    question, alone = result.comparing, len(decisions) == 1
    drawn = []
    for decision in decisions:
        row = primary_row(result, decision.candidate)
        if row is not None:
            drawn.append(
                Interval(
                    label=row.measure if alone else f"{decision.candidate}: {decision.verdict}",
                    estimate=row.delta,
                    low=row.low,
                    high=row.high,
                    tone=tone_of_interval(row.low, row.high),
                    text=figures.told_effect(row.delta, row.low, row.high),
                )
            )
    if not drawn:
        return None
    told = "; ".join(f"{row.label} {row.text}" for row in drawn)
    limit = question.min_gain if question.objective == "improve" else -question.margin
    return IntervalChart.of(drawn, limit=limit, summary=f"Candidate minus baseline: {told}")
