"""The heading: on what a result was found, as every page of a comparison says it."""

from __future__ import annotations

from evalkit import figures
from evalkit.quoting import shortened
from evalkit.reporting.sections.source import aliases_of
from evalkit.results.result import Result

_DIGEST_SHOWN = 6
_NAME_SHOWN = 100


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
