"""The fewest judgements: how many documents of the worklist could settle an open verdict, and as what."""

from __future__ import annotations

from evalkit import figures
from evalkit.results.parts import SettlingPart


def fewest_judgements(known: SettlingPart) -> str:
    """Return how many documents to judge and what that could show, "" where it was not looked for."""
    if not known.listed:
        return ""
    if known.fewest is None:
        documents = figures.counted(known.listed, "document")
        return (
            f"Judge more queries: even grades for all {documents} of the worklist could not settle it, as GO "
            "or as NO-GO."
        )
    least = figures.counted(known.fewest, "document")
    return (
        f"Judge the first {least} of the worklist (of {figures.count(known.listed)}), the fewest that could "
        f"settle it: {_could(known)}. Then compare again."
    )


def _could(known: SettlingPart) -> str:
    """Return what grades could make of it, either way where they differ."""
    if known.go == known.no_go:
        return "as GO or as NO-GO"
    if known.go is None or known.no_go is None:
        can, cannot = ("NO-GO", "GO") if known.go is None else ("GO", "NO-GO")
        return f"as {can}; no grades of these documents could make it {cannot}"
    ways = sorted(((known.go, "GO"), (known.no_go, "NO-GO")))
    return " and ".join(f"{figures.count(number)} as {verdict}" for number, verdict in ways)
