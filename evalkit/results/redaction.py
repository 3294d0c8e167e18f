"""The redaction: a result without any text of a golden set, for readers who may see ids alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from evalkit.judging.worklist import WorkItem
from evalkit.results.record import Record
from evalkit.results.result import Result


def redacted(result: Result) -> Result:
    """Return a result that names queries and documents by id and holds no text of either.

    Args:
        result: The result; one that is redacted already stays as it is.

    Returns:
        The same numbers and ids; every view of it shows ids alone, and says so.
    """
    changes = {
        name: part.with_values(queries=_without_text(part.queries)) for name, part in result.reranking.items()
    }
    return result.with_values(
        redacted=True,
        documents={},
        **({"titles": {}} if result.titles else {}),
        queries=_without_text(result.queries),
        critical=_without_text(result.critical),
        reranking=changes,
    )


def _without_text(items: Sequence[Record]) -> tuple[Record, ...]:
    return tuple(item.with_values(text="") for item in items)


def redacted_worklist(items: Sequence[WorkItem]) -> tuple[WorkItem, ...]:
    """Return a worklist that names documents by id alone."""
    return tuple(replace(item, query_text="", title="", text="") for item in items)
