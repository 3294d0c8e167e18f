"""The opening: the verdict, the question, one sentence why and what to do next."""

from __future__ import annotations

from dataclasses import dataclass

from evalkit import figures
from evalkit.decision.policy import PLANNED_GAIN
from evalkit.decision.reading import CLAIM
from evalkit.reporting.charts import Interval, IntervalChart, tone_of_interval
from evalkit.reporting.sections.glossary import measure_entry
from evalkit.reporting.sections.headline import headline
from evalkit.reporting.sections.source import (
    baseline_of,
    confidence,
    coverage_measure,
    primary_row,
)
from evalkit.reporting.tables import Fact
from evalkit.results.parts import DecisionPart, UnjudgedPart
from evalkit.results.result import Result

TONES = {"GO": "good", "NO-GO": "bad", "INCONCLUSIVE": "open"}


@dataclass(frozen=True, slots=True)
class NextStep:
    """What to do, and the part of the page that shows where."""

    words: str
    anchor: str
    see: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateVerdict:
    """The verdict on one candidate, short enough to be read at a glance."""

    candidate: str
    verdict: str
    tone: str
    headline: str
    sentence: str
    next_step: NextStep
    without_critical: str
    notes: tuple[str, ...]

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
    next_step: NextStep
    measure: str
    facts: tuple[Fact, ...]
    chart: IntervalChart | None
    decisions: tuple[CandidateVerdict, ...]
    notes: tuple[str, ...]


def opening(result: Result) -> Opening | None:
    """Return the opening, None where nothing was to be decided."""
    if not result.decisions:
        return None
    decisions = tuple(_decision(result, decision) for decision in result.decisions)
    return Opening(
        verdict=result.verdict or "",
        tone=TONES[result.verdict or ""],
        asked=_asked(result),
        question=result.comparing.sentence,
        summary=_summary(result, decisions),
        next_step=_leading(result, decisions).next_step,
        measure=result.primary,
        facts=_facts(result, decisions[0].candidate) if len(decisions) == 1 else (),
        chart=_chart(result, decisions),
        decisions=decisions,
        notes=tuple(result.notes),
    )


def next_step(result: Result, decision: DecisionPart) -> NextStep:
    """Return what to do next after a decision."""
    baseline, reason = baseline_of(result), _leading_reason(result, decision)
    unjudged = result.unjudged.get(decision.candidate, UnjudgedPart()).unjudged
    keep = f"Keep {baseline}."
    steps = {
        "OK": _replace(result, baseline, decision.candidate),
        "CRITICAL": NextStep(
            f"{keep} Look at each lost query; accept a loss by a waiver with its reason, if you can.",
            "critical",
            "the queries lost",
        ),
        "GUARDRAIL_HARM": NextStep(f"{keep} Look at where it gets worse.", "segments", "the segments"),
        "NO_WORTHWHILE_GAIN": NextStep(
            f"{keep} If you must move for other reasons (price, size, an end of support), ask whether "
            "quality is kept: --objective maintain.",
            "measures",
            "the measures",
        ),
        "PRIMARY_HARM": NextStep(f"{keep} Look at what was lost.", "queries", "the queries"),
        "UNJUDGED": NextStep(
            f"Judge the {figures.counted(unjudged, 'unjudged document')} that the systems rank highest, "
            "those on the worklist first, and compare again.",
            "trust",
            "what the doubt is",
        ),
        "PROVENANCE": NextStep(
            _other_answers(result),
            "trust",
            "what the doubt is",
        ),
    }
    return _mend_input(result, decision) or steps.get(reason) or _judge_more(result, decision)


def _other_answers(result: Result) -> str:
    """Return what to do where known answers come from the baseline, or where nobody says where from."""
    if result.golden.pooled_from:
        return "Add known answers from another source than the baseline's results, and compare again."
    return (
        "Say in golden.toml where the known answers come from (pooled_from); where that is the baseline, add "
        "answers from another source. Then compare again."
    )


def _leading_reason(result: Result, decision: DecisionPart) -> str:
    """Return the reason that the next step answers: of a NO-GO the primary measure's, where it has one."""
    rules = (rule for rule in result.rules if rule.candidate == decision.candidate)
    primary = next((rule.reason for rule in rules if rule.row in ("3i", "3m") and rule.verdict), "")
    return primary if primary and decision.verdict == "NO-GO" else decision.reason


def _mend_input(result: Result, decision: DecisionPart) -> NextStep | None:
    """Return the step where a candidate finds no more than chance would, None where it finds more."""
    about = f"{decision.candidate} finds "
    told = (item for item in result.findings if item.code == "EK520")
    hint = next((item.hint for item in told if item.problem.startswith(about)), "")
    words = f"Mend the input of {decision.candidate} and compare again: {hint.rstrip('.?')}."
    return NextStep(words, "trust", "what was found") if hint else None


def _replace(result: Result, baseline: str, candidate: str) -> NextStep:
    """Return the step after a GO; only where two models are known do their vectors have to be kept apart."""
    spaces = [(result.systems[name].fingerprint or {}).get("digest") for name in (baseline, candidate)]
    words = f"Replace {baseline} by {candidate}"
    if None in spaces or len(set(spaces)) == 1:
        return NextStep(f"{words}.", "measures", "the measures")
    return NextStep(
        f"{words}: embed the whole corpus anew before queries are switched over, since the two models' "
        "vectors do not mix.",
        "cost",
        "what it costs",
    )


def _judge_more(result: Result, decision: DecisionPart) -> NextStep:
    needed = decision.queries_needed
    have = power.queries if (power := result.power.get(decision.candidate)) else 0
    if needed is None or needed <= have:
        return NextStep(
            f"Keep {baseline_of(result)} for now: more queries of this kind are not known to be the cure.",
            "trust",
            "what this golden set can show",
        )
    chance, keep = figures.percent(result.power_asked), baseline_of(result)
    least = decision.reason == "SMALL_N" and _planned(result, decision) != needed
    settle = "" if least else f", which settle it with a chance of {chance} {_true_effect(result, decision)},"
    return NextStep(
        f"Judge {'at least ' if least else ''}{figures.counted(needed - have, 'more query')} "
        f"({figures.count(needed)} in all){settle} and compare again; until then keep {keep}.",
        "trust",
        "what this golden set can show",
    )


def _planned(result: Result, decision: DecisionPart) -> int | None:
    """Return how many queries settle the primary claim, where that is known and more than there are."""
    rules = (rule for rule in result.rules if rule.candidate == decision.candidate)
    return next((rule.queries_needed for rule in rules if rule.row == CLAIM), None)


def _true_effect(result: Result, decision: DecisionPart) -> str:
    """Return the effect at which so many queries settle the question, "if nDCG@10 truly rises by 0.02"."""
    asked = result.comparing
    if decision.reason == "GUARDRAIL_UNPROVEN":
        return "if nothing is lost there"
    if asked.objective != "improve":
        return f"if {asked.primary} truly does not change"
    effect = figures.setting(min(1.0, asked.min_gain + PLANNED_GAIN)).removeprefix("+")
    return f"if {asked.primary} truly rises by {effect}"


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
        sentence=decision.sentence,
        next_step=next_step(result, decision),
        without_critical=without,
        notes=tuple(decision.notes),
    )


def _facts(result: Result, candidate: str) -> tuple[Fact, ...]:
    row = primary_row(result, candidate)
    if row is None:
        return ()
    lost = sum(loss.stands for loss in result.critical if loss.candidate == candidate)
    critical, coverage = result.counts.critical or 0, coverage_measure(result)
    before, after, delta, interval = figures.comparison(
        row.baseline_mean, row.candidate_mean, row.delta, row.low, row.high
    )
    means = f"{before} → {after}"
    known = [
        Fact(row.measure, means, "baseline → candidate", measure_entry(row.measure)),
        Fact(
            "Difference",
            delta,
            f"{confidence(result)} interval {interval.strip('[]').replace(', ', ' to ')}",
            "interval",
        ),
        Fact(
            "Queries",
            figures.count(row.queries),
            ", ".join(
                f"{figures.count(getattr(row, key))} {word}"
                for key, word in (("wins", "won"), ("ties", "tied"), ("losses", "lost"))
            ),
            "record",
        ),
    ]
    if critical:
        words = "no relevant document in the top ten"
        known.append(Fact("Critical queries lost", f"{lost} of {critical}", words, "critical"))
    share = result.systems[candidate].measures.get(coverage)
    if share is not None:
        words = "of what the candidate returned first"
        known.append(Fact("Judged", figures.percent(share), words, measure_entry(coverage)))
    return tuple(known)


def _leading(result: Result, decisions: tuple[CandidateVerdict, ...]) -> CandidateVerdict:
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
