"""The page of a new baseline: what it holds, and what is different from the one before."""

from __future__ import annotations

from evalkit import figures
from evalkit.reporting.blocks import Facts, Sentences, Verdict
from evalkit.reporting.page import Page, Section
from evalkit.reporting.sections.drift import drift_words, noise_words
from evalkit.reporting.sections.heading import facts_of, name_of
from evalkit.reporting.sections.source import aliases_of
from evalkit.reporting.tables import Fact
from evalkit.results.gatepart import ChangePart, UpdatePart
from evalkit.results.result import Result


def update_page(result: Result) -> Page:
    """Return what `--update` says; all text in it is safe to show."""
    known = result.readable()
    updated = known.gate.updated or UpdatePart(file="", new=True)
    parts = (_drift(known, updated), _measures(known, updated), _queries(known, updated))
    kept = "stored" if updated.new else "replaced"
    told = Verdict(word=f"Baseline {kept}", tone="", headline=f"{updated.file}: commit it")
    return Page(
        what="evalkit gate --update",
        title=f"Baseline {kept}: {name_of(known)}",
        name=name_of(known),
        facts=facts_of(known),
        sections=(Section("verdict", "Baseline", (told, *parts)),),
        brief=(
            *map(Section.untitled, parts),
            Section.untitled(Sentences((f"{kept} {updated.file}: commit it",))),
        ),
    )


def _drift(result: Result, updated: UpdatePart) -> Facts:
    systems = [Fact("system", alias) for alias in aliases_of(result)]
    return Facts((*systems, *(Fact("drift", drift_words(item)) for item in updated.drift)))


def _measures(result: Result, updated: UpdatePart) -> Facts:
    (system,) = result.systems.values()
    everywhere = not updated.queries.words
    told = {
        name: _words(change, everywhere=everywhere) if (change := updated.measures.get(name)) else ""
        for name in system.measures
    }
    means = system.measures
    return Facts(tuple(Fact(name, figures.number(means[name]), words) for name, words in told.items()))


def _queries(result: Result, updated: UpdatePart) -> Facts:
    changed = [Fact("queries", words) for words in updated.queries.words]
    return Facts((*changed, Fact("noise", noise_words(result.gate.noise))))


def _words(change: ChangePart, *, everywhere: bool) -> str:
    where = "" if everywhere else f" on the {figures.counted(change.queries, 'query')} that both hold"
    if not change.better and not change.worse:
        return f"unchanged{where}"
    told = f"{change.better} better, {change.worse} worse than before{where}"
    return f"{figures.signed(change.delta)}  {told}"
