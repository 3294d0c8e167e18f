"""The heading: on what a result was found, as every page of a comparison says it."""

from __future__ import annotations

from datetime import date

from evalkit import figures
from evalkit.quoting import shortened
from evalkit.reporting.sections.source import aliases_of
from evalkit.results.result import Result

_DIGEST_SHOWN = 6
_NAME_SHOWN = 100
_DAY = 10


def name_of(result: Result) -> str:
    """Return the name and version of the golden set."""
    golden = result.golden
    return shortened(f"{golden.name} {golden.version}".strip(), _NAME_SHOWN)


def facts_of(result: Result) -> tuple[str, ...]:
    """Return its sizes and digest, how it was searched, and whether texts were left out."""
    golden = result.golden
    indexes = {system.index for system in result.systems.values() if system.index}
    exact = "exact search" if indexes == {"Flat"} else ", ".join(sorted(indexes))
    sizes = (
        (
            figures.counted(golden.queries, "query"),
            figures.counted(golden.documents, "document"),
            f"golden {golden.digest[:_DIGEST_SHOWN]}",
        )
        if golden
        else ()
    )
    left_out = "texts left out, ids only" if result.redacted else ""
    return tuple(filter(None, (*sizes, exact, *aliases_of(result), left_out)))


def date_of(result: Result) -> str:
    """Return the day on which a result was found, ISO; "" where its provenance was left out."""
    day = (result.provenance.created or "")[:_DAY]
    try:
        return date.fromisoformat(day).isoformat()
    except ValueError:
        return ""
