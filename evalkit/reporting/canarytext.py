"""A canary as text: the lines of a terminal, and gauges that Prometheus collects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from evalkit import figures
from evalkit.reporting.canarywords import evidence_words, next_step, share_words, window_words
from evalkit.results.canary import CanaryPlan, CanaryResult

_VERDICTS = ("OK", "GO ON", "ROLL BACK")


def canary_lines(result: CanaryResult) -> Iterator[str]:
    """Yield what a canary shows; the last line says the verdict and what to do."""
    known = result.readable()
    asked, counted, users = known.question, known.counted, known.users
    yield (
        f"canary · margin {asked.margin:g} · share {share_words(known.ramp.share)} · "
        f"window {window_words(asked.window_s)} · until {known.until or 'no event'}"
    )
    yield f"  {'':<10}{'users seen':>12}{'counted':>12}{'mean':>10}"
    for arm, seen, number, mean in (
        ("control", users.control, counted.control, counted.control_mean),
        ("canary", users.canary, counted.canary, counted.canary_mean),
    ):
        yield f"  {arm:<10}{figures.count(seen):>12}{figures.count(number):>12}{figures.number(mean):>10}"
    yield (
        f"  difference {figures.told_effect(known.delta, known.low, known.high)} "
        "(holds at every look, decides nothing)"
    )
    ratio = evidence_words(known.e_sample_ratio)
    yield f"  sample ratio E {ratio} of a wrong division; {figures.count(users.both)} users in both arms"
    yield (
        f"  evidence: loss is smaller E {evidence_words(known.e_ok)}, loss is larger E "
        f"{evidence_words(known.e_harm)}; {asked.enough:g} is enough"
    )
    yield f"{known.verdict}  {known.sentence}.  next: {_lowered(next_step(known))}"


def canary_gauges(result: CanaryResult, now: float) -> str:
    """Return gauges for a textfile collector, without times on samples.

    Args:
        result: One look.
        now: Seconds since 1970, for the gauge that says when the last look was.
    """
    lines: list[str] = []
    _gauge(
        lines,
        "evidence",
        "Largest e-value so far; 20 decides.",
        {'{side="ok"}': result.e_ok, '{side="harm"}': result.e_harm},
    )
    _gauge(lines, "sample_ratio_evidence", "E-value of a wrong division.", {"": result.e_sample_ratio})
    users = {f'{{arm="{arm}"}}': getattr(result.users, arm) for arm in ("control", "canary", "both")}
    _gauge(lines, "users", "Users seen.", users)
    means = {"control": result.counted.control_mean, "canary": result.counted.canary_mean}
    _gauge(
        lines, "mean", "Mean over counted users.", {f'{{arm="{arm}"}}': value for arm, value in means.items()}
    )
    verdicts = {f'{{verdict="{word}"}}': int(result.verdict == word) for word in _VERDICTS}
    _gauge(lines, "verdict", "1 for the verdict that holds.", verdicts)
    _gauge(lines, "share", "The canary's share.", {"": result.ramp.share})
    _gauge(lines, "may_advance", "1 where the next stage may begin.", {"": int(result.ramp.advance)})
    _gauge(lines, "last_success_timestamp_seconds", "When the last look was.", {"": now})
    return "\n".join(lines) + "\n"


def plan_lines(plan: CanaryPlan) -> Iterator[str]:
    """Yield what a canary would take."""
    yield (
        f"canary plan · margin {plan.margin:g} · share {share_words(plan.share)} · the metric is "
        f"{plan.mean:g} now, and 0 or 1 for a user"
    )
    yield (
        f"  looked at once: {figures.count(plan.fixed_one_sided)} canary users "
        f"({figures.count(plan.fixed_one_sided_total)} of both arms) to show a loss below {plan.margin:g}, "
        f"{figures.count(plan.fixed_two_sided)} ({figures.count(plan.fixed_two_sided_total)}) for both sides"
    )
    yield "  watched all the time, until one side has evidence of 20:"
    yield f"  {'true difference':>16}{'canary users':>14}{'9 in 10':>10}{'days':>8}{'OK':>8}{'roll back':>11}"
    for row in plan.delays:
        days = figures.ABSENT if row.days is None else figures.significant(row.days)
        cells = (
            f"{figures.setting(row.delta):>16}{_beyond(row.users):>14}{_beyond(row.late):>10}{days:>8}"
            f"{figures.tight_percent(row.passed):>8}{figures.tight_percent(row.rolled_back):>11}"
        )
        yield cells


def _gauge(lines: list[str], name: str, told: str, samples: Mapping[str, float | None]) -> None:
    lines += [f"# HELP evalkit_canary_{name} {told}", f"# TYPE evalkit_canary_{name} gauge"]
    lines += [
        f"evalkit_canary_{name}{labels} {value:g}"
        if not isinstance(value, int)
        else f"evalkit_canary_{name}{labels} {value}"
        for labels, value in samples.items()
        if value is not None
    ]


def _beyond(users: int | None) -> str:
    return "> 60,000" if users is None else figures.count(users)


def _lowered(text: str) -> str:
    return text[:1].lower() + text[1:]
