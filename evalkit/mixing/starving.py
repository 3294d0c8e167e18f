"""Starving: strategies under which re-embedding on demand gets nowhere, or somewhere it should not."""

from __future__ import annotations

from collections.abc import Iterable

from evalkit.errors import UsageError

STARVING = {
    "filter-new": "it shows no document that has not moved, so none is ever touched",
    "new-query": "new queries do not see documents that have not moved, so these are hardly ever touched",
}
FUSION = {
    "dual-rrf": "plain rank fusion fills half of the first results, and so re-embeds, with what hardly fits",
    "dual-rrf-share": "rank fusion by share stops at exactly k/(k+1) of the corpus",
}


def check_starvation(strategies: Iterable[str]) -> None:
    """Raise where documents are to be re-embedded on demand under a strategy that never touches them.

    Raises:
        UsageError: One of the strategies starves.
    """
    for name in strategies:
        if name in STARVING:
            raise UsageError(
                f"lazy re-embedding starves under {name}: {STARVING[name]}",
                hint="cascade re-embeds what the old index finds; or move documents by a sweep",
                code="EK746",
            )
