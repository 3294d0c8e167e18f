"""The redaction: a result without any text of a golden set, for readers who may see ids alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from evalkit.decision.worklist import WorkItem
from evalkit.reporting.description import Result


def redacted(result: Mapping[str, Any]) -> Result:
    """Return a result that names queries and documents by id and holds no text of either.

    Args:
        result: The result, as `result.json` holds it; one that is redacted already stays as it is.

    Returns:
        The same numbers and ids; every view of it shows ids alone, and says so.
    """
    return {
        **result,
        "redacted": True,
        "documents": {},
        "queries": _without_text(result["queries"]),
        "critical": _without_text(result["critical"]),
        "reranking": {
            name: {**changed, "queries": _without_text(changed.get("queries", []))}
            for name, changed in result["reranking"].items()
        },
    }


def _without_text(items: Sequence[Mapping[str, Any]]) -> list[Result]:
    return [{**item, "text": ""} for item in items]


def redacted_worklist(items: Sequence[WorkItem]) -> tuple[WorkItem, ...]:
    """Return a worklist that names documents by id alone."""
    return tuple(replace(item, text="") for item in items)
