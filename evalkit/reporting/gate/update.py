"""The update in words: what a new baseline holds, and what is different from the one before."""

from __future__ import annotations

from evalkit import figures
from evalkit.reporting.gate.story import drift_words, noise_words
from evalkit.reporting.sections.source import aliases_of
from evalkit.results.gatepart import ChangePart
from evalkit.results.result import Result


def update_text(result: Result) -> str:
    """Return what `--update` prints."""
    known = result.readable()
    updated, (system,) = known.gate.updated, known.systems
    if updated is None:
        return ""
    lines = [f"system    {alias}" for alias in aliases_of(known)]
    lines += [f"drift     {drift_words(item)}" for item in updated.drift]
    for measure, mean in known.systems[system].measures.items():
        change = updated.measures.get(measure)
        told = "" if change is None else _words(change, everywhere=not updated.queries.words)
        lines.append(f"{measure:<14}{figures.number(mean)}{told}")
    lines += [f"queries   {words}" for words in updated.queries.words]
    lines.append(f"noise     {noise_words(known.gate.noise)}")
    kept = "stored" if updated.new else "replaced"
    lines.append(f"{kept} {updated.file}: commit it")
    return "\n".join(lines).replace("\N{NO-BREAK SPACE}", " ")


def _words(change: ChangePart, *, everywhere: bool) -> str:
    where = "" if everywhere else f" on the {figures.counted(change.queries, 'query')} that both hold"
    if not change.better and not change.worse:
        return f"  unchanged{where}"
    told = f"{change.better} better, {change.worse} worse than before{where}"
    return f"  {figures.signed(change.delta)}  {told}"
