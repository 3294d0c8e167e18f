"""The story: what a gate's views say, chosen, rounded and worded once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evalkit import figures
from evalkit.quoting import quoted, shortened
from evalkit.reporting.sections.source import confidence, is_coverage
from evalkit.reporting.tables import Fact
from evalkit.results.gatepart import DriftPart, NoisePart
from evalkit.results.parts import ComparisonPart, QueryPart
from evalkit.results.result import Result

TONES = {"PASS": "good", "WARN": "warn", "FAIL": "bad"}
COLUMNS = ("", "baseline", "now", "Δ", "interval", "p", "won/tied/lost")
_WORST = 3
_TEXT = 80
_DIGEST = 6
_HEX = frozenset("0123456789abcdef")
_LONG = 40
_CRITICAL = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckLine:
    """One check in words; `verdict` is "" where it holds."""

    name: str
    verdict: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What a gate has to say, ready to be laid out; all text in it is safe to show.

    Attributes:
        system: Name of the system.
        golden: Name and version of the golden set.
        verdict: PASS, WARN or FAIL.
        tone: good, open or bad.
        sentence: Why.
        notes: What a reader should know beside that.
        facts: Sizes and digests.
        drift: What is no longer as it was, "depth 100 → 50" each.
        rows: The measures as cells of `COLUMNS`; the interval's level stands in `confidence`.
        confidence: "98 %".
        critical: The critical queries that were lost, "" for none.
        worst: The three worst queries: id and values, then text.
        missed: What the gate cannot see.
        checks: Every check.
        noise: What is known of the noise.
        reproduce: The command that gives the same again.
        numbers: Name → number, for those who collect them.
    """

    system: str
    golden: str
    verdict: str
    tone: str
    sentence: str
    notes: tuple[str, ...]
    facts: tuple[str, ...]
    drift: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    confidence: str
    critical: str
    worst: tuple[Fact, ...]
    missed: str
    checks: tuple[CheckLine, ...]
    noise: str
    reproduce: str
    numbers: Mapping[str, Any]

    @classmethod
    def of(cls, result: Result) -> Story:
        """Return what the views of a gate's result say."""
        known = result.readable()
        decision, golden, gate = known.decisions[0], known.golden, known.gate
        system = decision.candidate
        return cls(
            system=system,
            golden=f"{golden.name} {golden.version}".strip(),
            verdict=known.verdict or "",
            tone=TONES[known.verdict or ""],
            sentence=decision.sentence,
            notes=tuple(decision.notes),
            facts=_facts(known, system),
            drift=tuple(drift_words(item) for item in gate.drift),
            rows=_rows(known),
            confidence=confidence(known),
            critical=_critical(known),
            worst=tuple(_query(query) for query in known.queries[:_WORST]),
            missed=_missed(known, system),
            checks=tuple(
                CheckLine(name=rule.name, verdict=rule.verdict or "", words=rule.words)
                for rule in known.rules
            ),
            noise=noise_words(gate.noise),
            reproduce=gate.reproduce,
            numbers=_numbers(known, system),
        )

    @property
    def objections(self) -> tuple[CheckLine, ...]:
        """The checks that do not hold."""
        return tuple(check for check in self.checks if check.verdict)


def drift_words(item: DriftPart) -> str:
    """Return one drift, "depth 100 → 50"; digests are shortened and texts are quoted."""
    name = item.field.removeprefix("fingerprint.").removeprefix("golden.")
    return f"{name} {_value(item.before)} → {_value(item.after)}"


def noise_words(noise: NoisePart) -> str:
    """Return what is known of a system's noise."""
    if not noise.runs:
        return str(noise.repeated)
    largest = max((value or 0.0 for value in noise.variance.values()), default=0.0)
    found = (
        "no value moved" if not largest else f"variance within queries up to {figures.significant(largest)}"
    )
    if noise.first:
        measure, mean = next(iter(noise.first.measures.items()))
        among = "agree with each other" if not largest else found
        apart = figures.counted(len(noise.first.queries), "query")
        before = f"the run before them had {measure} {figures.number(mean)}"
        found = f"{among}; {before} and differs on {apart}"
    return f"{noise.runs} runs ({noise.repeated}): {found}"


def _facts(result: Result, system: str) -> tuple[str, ...]:
    golden, own = result.golden, result.systems[system]
    index = own.index
    return (
        figures.counted(golden.queries, "query"),
        figures.counted(golden.documents, "document"),
        f"golden {golden.digest[:_DIGEST]}",
        f"{system}: {own.spec}" if own.spec != system else system,
        *((("exact search" if index == "Flat" else index),) if index else ()),
    )


def _rows(result: Result) -> tuple[tuple[str, ...], ...]:
    objected = {rule.name for rule in result.rules if rule.verdict}
    rows = []
    for row in result.comparisons:
        label = row.measure if row.segment is None else f"{row.measure} in {row.segment}"
        if is_coverage(row.measure) or (row.segment is not None and label not in objected):
            continue
        rows.append(
            (
                label,
                *_numbers_of(row),
                f"{row.wins}/{row.ties}/{row.losses}",
            )
        )
    return tuple(rows)


def _numbers_of(row: ComparisonPart) -> tuple[str, ...]:
    """Return means, difference, interval and p-value; dashes where no query changed, which shows nothing.

    An interval is about other queries. Here the same ones were asked again and answered as before.
    """
    if not row.wins and not row.losses and not row.delta:
        means = figures.change(row.baseline_mean, row.candidate_mean, row.delta)
        return *means, figures.ABSENT, figures.ABSENT
    shown = figures.comparison(row.baseline_mean, row.candidate_mean, row.delta, row.low, row.high)
    return *shown, figures.p_value(row.p_less)


def _critical(result: Result) -> str:
    lost = [loss for loss in result.critical if not loss.waiver]
    waived = [loss for loss in result.critical if loss.waiver]
    shown = [f"{loss.query} {quoted(loss.text, _TEXT)}".strip() for loss in lost[:_CRITICAL]]
    more = f" and {len(lost) - _CRITICAL} more" if len(lost) > _CRITICAL else ""
    parts = [f"{len(lost)} of {result.counts.critical} lost: {', '.join(shown)}{more}"] if lost else []
    parts += [f"{loss.query} lost, waived: {loss.waiver}" for loss in waived]
    return "; ".join(parts)


def _query(query: QueryPart) -> Fact:
    values = f"{figures.number(query.baseline_score)} → {figures.number(query.candidate_score)}"
    critical = "critical" if query.critical else ""
    return Fact(shortened(query.id, _TEXT), f"{values} {critical}".strip(), shortened(query.text, _TEXT))


def _missed(result: Result, system: str) -> str:
    size, primary = result.power[system], result.primary
    assumed = ", if it spreads as between two models" if result.gate.unchanged else ""
    return (
        f"a drop in {primary} below {figures.number(size.missed_below)} would be missed more often than "
        f"one time in {figures.count(1 / (1 - result.power_asked))}{assumed}"
    )


def _numbers(result: Result, system: str) -> dict[str, Any]:
    primary = result.primary
    row = next(r for r in result.comparisons if r.segment is None and r.measure == primary)
    return {
        "verdict": result.verdict,
        "measure": primary,
        "baseline": row.baseline_mean,
        "now": row.candidate_mean,
        "delta": row.delta,
        "p_less": row.p_less,
        "tolerance": result.gate.tolerance,
        "missed_below": result.power[system].missed_below,
        "critical_lost": sum(loss.stands for loss in result.critical),
        "drift": len(result.gate.drift),
    }


def _value(value: object) -> str:
    if value is None or value == "":
        return "none"
    text = str(value)
    if len(text) >= _LONG and set(text) <= _HEX:
        return text[:_DIGEST]
    return f'"{shortened(text, _TEXT)}"' if isinstance(value, str) and " " in text else shortened(text, _TEXT)
