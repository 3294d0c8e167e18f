"""The runbook as Markdown: scope, preconditions, numbered steps with checks, the way back, afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evalkit import figures
from evalkit.quoting import visible_throughout
from evalkit.results.planpart import StepOfPlan
from evalkit.results.result import Result

_OPEN = "________"


def runbook(result: Result) -> str:
    """Return the runbook of a plan."""
    known = result.readable()
    return "\n".join(_lines(known)) + "\n"


def checklist(model: str, steps: Sequence[StepOfPlan]) -> str:
    """Return the plan that is written before an index is filled for the first time."""
    shown = visible_throughout(model)
    lines = [
        f"# Before the launch of `{shown}`",
        "",
        "Each decision below costs an hour now. Without it, leaving the model later costs weeks.",
        "",
    ]
    for step in steps:
        lines += [f"- [ ] **{step.title}.** {step.action}", *_checked(step, indent="  ", otherwise="Why"), ""]
    return "\n".join(lines)


def _lines(result: Result) -> Iterator[str]:
    plan = result.plan
    path = next((item for item in result.strategies if item.recommended), None)
    old, new = result.systems
    yield f"# Runbook: {result.golden.name}, from `{old}` to `{new}`"
    yield ""
    if path is None:
        yield plan.reason
        return
    yield f"Path: **{path.name}**. {plan.reason}"
    yield ""
    engine = plan.storage.engine if plan.storage else figures.ABSENT
    yield f"- Scope: {figures.count(plan.documents)} documents in {engine}"
    ends = f"{told_hours(path.hours_low)} to {told_hours(path.hours_high)}"
    yield f"- Window: {told_hours(path.hours)} ({ends})"
    yield f"- Owner: {_OPEN} · Reviewer: {_OPEN} · Approved by: {_OPEN} on {_OPEN}"
    yield ""
    yield "Commands of evalkit say by their exit code whether a step is done. Statements in SQL are for"
    yield "a table `documents` with the columns `id`, `embedding_model` and `written_at`; name yours."
    yield ""
    yield from _part("Preconditions", plan.preconditions)
    yield from _part("Steps", plan.steps)
    yield "## The way back"
    yield ""
    yield f"{path.way_back[:1].upper()}{path.way_back[1:]}."
    yield ""
    yield "## Communication"
    yield ""
    yield "- Before: who searches is told that results will change, and by how much (`evalkit diff`)."
    yield "- At the swap: support knows the hour, and whom to call."
    yield "- After: the measures before and after, in one sentence."
    yield ""
    yield "## Afterwards"
    yield ""
    yield "- [ ] The gate of the new model runs every night."
    yield "- [ ] The old model's baseline, credentials and index are gone."
    yield "- [ ] What took longer than planned is written into plan.toml for the next time."


def _part(title: str, steps: Sequence[StepOfPlan]) -> Iterator[str]:
    yield f"## {title}"
    yield ""
    for number, step in enumerate(steps, start=1):
        hours = f" · {told_hours(step.hours)}" if step.hours is not None else ""
        final = " · **point of no return**" if step.final else ""
        yield f"{number}. **{step.title}**{hours} · owner {_OPEN}{final}"
        yield f"   {step.action}"
        yield from _checked(step, indent="   ")
        yield ""


def _checked(step: StepOfPlan, *, indent: str, otherwise: str = "If not") -> Iterator[str]:
    if step.check:
        language = "sql" if step.check.endswith(";") else "console"
        prompt = "" if language == "sql" else "$ "
        yield ""
        yield f"{indent}```{language}"
        yield f"{indent}{prompt}{step.check}"
        yield f"{indent}```"
        yield ""
    if step.expected:
        yield f"{indent}Expected: {step.expected}."
    if step.back:
        yield f"{indent}{otherwise}: {step.back}."


def told_hours(hours: float | None) -> str:
    """Return a time as people say it: seconds to days."""
    if hours is None:
        return "never"
    seconds = 3600 * hours
    if seconds < 90:  # noqa: PLR2004 - below it minutes say too little
        return f"{figures.count(max(1, seconds))} s" if seconds else "at once"
    return figures.plain(figures.duration(seconds))
