"""The page of a gate that could not be asked: why, and no verdict on the system."""

from __future__ import annotations

from evalkit.reporting.blocks import Check, Checks, Command, Notes, Sentences, Verdict
from evalkit.reporting.page import Page, Section
from evalkit.reporting.words import Code
from evalkit.results.parts import FindingPart
from evalkit.results.result import Result

_UNKNOWN = "Nothing is known about the system: this is no verdict on it."


def failure_page(result: Result) -> Page:
    """Return why a gate could not be asked; all text in it is safe to show."""
    known = result.readable()
    what, again = f"{known.gate.system} on {known.golden.name}", known.gate.reproduce
    checks = Checks(subject=what, title=what, checks=tuple(map(_check, known.findings)), again=again)
    short, notes = (
        Verdict(word=known.verdict or "", tone="error", headline="", about=what),
        Notes(known.findings),
    )
    none = Sentences(("No verdict: the gate could not be asked.",))
    return Page(
        what="evalkit gate",
        title=f"{known.verdict}: {what}",
        name=known.golden.name,
        facts=(known.gate.system,),
        sections=(
            Section("verdict", "Verdict", (_verdict(known),)),
            Section("findings", "Why", (checks,)),
            Section("reproduce", "Reproduce", (Command(again),)),
        ),
        summary=(Section.untitled(short, none, notes, Sentences((("Again: ", Code(again)),))),),
        brief=(Section.untitled(notes, short),),
        tool="evalkit gate",
    )


def _verdict(known: Result) -> Verdict:
    first = next(iter(known.findings), None)
    return Verdict(
        word=known.verdict or "",
        tone="error",
        headline=first.problem if first else "The gate could not be asked.",
        notes=(_UNKNOWN,),
        next_step=first.hint if first else "",
    )


def _check(item: FindingPart) -> Check:
    places = (*item.places, *([f"hint: {item.hint}"] if item.hint else []))
    return Check(name=item.code, state="errs", words=item.problem, says=item.code, places=places)
