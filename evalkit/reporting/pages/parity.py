"""The page of a parity check: whether two stores hold the same documents, and which ones differ."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit import figures
from evalkit.reporting.blocks import Block, Command, Folded, Grid, Items, Sentences, Verdict
from evalkit.reporting.page import Page, Section
from evalkit.reporting.tables import Column, Fact, Row, Table
from evalkit.results.parity import DifferingPart, ParityResult, StorePart

PARTS = {
    "missing_in_new": ("missing in the new store", "evalkit embed embeds them, and no other"),
    "missing_in_old": (
        "missing in the old store",
        "written to the new one alone, or deleted in the old",
    ),
    "stale": ("stale in the new store", "their text changed after they were embedded: embed them again"),
    "foreign": ("foreign in the new store", "made by another model than the rest: embed them again"),
}
_FEW, _LISTED = 5, 100


def parity_page(result: ParityResult) -> Page:
    """Return how two stores differ; all text in it is safe to show."""
    known = result.readable()
    command = known.provenance.command
    verdict = _verdict(known)
    return Page(
        what="evalkit parity",
        title=f"{known.verdict}: {known.old.store} and {known.new.store}",
        name=known.new.store,
        facts=tuple(_side(name, side) for name, side in (("old", known.old), ("new", known.new))),
        sections=(
            Section("verdict", "Verdict", (verdict,)),
            Section("differences", "What differs", tuple(_differences(known))),
            Section("stores", "Both stores", (Grid(_sides(known), captioned=False), _told_by(known))),
            Section("reproduce", "Reproduce", (Command(command),) if command else ()),
        ),
        brief=(
            Section.untitled(Grid(_sides(known))),
            Section.untitled(Grid(_counts(known, examples=True)), *_behind(known)),
            Section.untitled(_told_by(known)),
            Section.untitled(Verdict(word=verdict.word, tone=verdict.tone, headline=verdict.headline)),
        ),
    )


def _verdict(known: ParityResult) -> Verdict:
    equal = known.verdict == "EQUAL"
    found = [
        f"{figures.count(part.count)} {words}"
        for name, (words, _) in PARTS.items()
        if (part := _part(known, name)).count
    ]
    return Verdict(
        word=known.verdict,
        tone="good" if equal else "bad",
        headline="Nothing differs." if equal else f"{', '.join(found)}.",
        next_step="Go on to the canary."
        if equal
        else "Mend these, then look again; no query goes there before.",
        facts=tuple(
            Fact(words[:1].upper() + words[1:], figures.count(_part(known, name).count), why)
            for name, (words, why) in PARTS.items()
        ),
        notes=_lag(known),
    )


def _part(known: ParityResult, name: str) -> DifferingPart:
    part: DifferingPart = getattr(known, name)
    return part


def _lag(known: ParityResult) -> tuple[str, ...]:
    if not known.lag_s:
        return ()
    return (f"The new store is up to {figures.plain(figures.duration(known.lag_s))} behind.",)


def _behind(known: ParityResult) -> tuple[Block, ...]:
    return (Sentences(_lag(known)),) if known.lag_s else ()


def _differences(known: ParityResult) -> Iterator[Block]:
    yield Grid(_counts(known, examples=False), captioned=False)
    for name, (words, _) in PARTS.items():
        part = _part(known, name)
        if part.ids:
            more = part.count - min(len(part.ids), _LISTED)
            title = f"{figures.count(part.count)} {words}"
            rest = f"and {figures.count(more)} more, in the JSON" if more > 0 else ""
            items = (*part.why[:_LISTED], *part.ids[:_LISTED], *((rest,) if rest else ()))
            yield Folded(title, (Items(items),))


def _counts(known: ParityResult, *, examples: bool) -> Table:
    columns = [Column("Documents"), Column("Number", numeric=True)]
    rows = []
    for name, (words, why) in PARTS.items():
        part = _part(known, name)
        few = ", ".join(part.ids[:_FEW])
        more = f" and {figures.count(part.count - _FEW)} more" if part.count > _FEW else ""
        reasons = f" ({'; '.join(part.why[:_FEW])})" if part.why else ""
        last = f"{few}{more}{reasons}" if examples else why if part.count else ""
        tone = "bad" if part.count else "good"
        rows.append(Row((words, _number(part), last), tone=tone))
    columns.append(Column("Among them" if examples else "What to do"))
    return Table("What differs", tuple(columns), tuple(rows))


def _number(part: DifferingPart) -> str:
    """Return a count, with its interval where documents were sampled."""
    if part.low == part.high:
        return figures.count(part.count)
    return f"{figures.count(part.count)} ({figures.count(part.low)} to {figures.count(part.high)})"


def _side(name: str, side: StorePart) -> str:
    return f"{name} {side.store} · {figures.plain(figures.counted(side.documents, 'document'))}"


def _sides(known: ParityResult) -> Table:
    columns = (
        *(Column("Side"), Column("Store"), Column("Documents", numeric=True)),
        *(Column("Dimensions", numeric=True), Column("Fingerprint")),
    )
    rows = [
        (name, side.store, figures.count(side.documents), str(side.dims), _space(side))
        for name, side in (("old", known.old), ("new", known.new))
    ]
    return Table.of("Both stores", columns, rows)


def _space(side: StorePart) -> str:
    return side.fingerprint[:6] if side.fingerprint else "not stated"


def _told_by(known: ParityResult) -> Block:
    return Sentences((f"Told by: {'; '.join(known.checked)}.",))
