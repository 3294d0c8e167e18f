"""The result of a parity check, as a frozen record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from evalkit.auditing.parity import Mismatch, Parity
from evalkit.auditing.side import Side
from evalkit.quoting import visible_throughout
from evalkit.results.origin import ProvenancePart
from evalkit.results.record import Number, Record, json_text


class DifferingPart(Record):
    """Documents that differ in one way: how many were found, and between which numbers there are.

    Where all were looked at, `low` and `high` are that count.
    """

    count: int
    low: int
    high: int
    ids: tuple[str, ...]
    why: tuple[str, ...]


class StorePart(Record):
    """One store: its documents, dimensions, and the digest of the space that it states."""

    store: str
    documents: int
    dims: int
    fingerprint: str


class ParityResult(Record):
    """How two stores of the same documents differ; `verdict` is EQUAL or DIFFERENT."""

    schema_version: int = Field(1, alias="schema")
    kind: Literal["parity"] = "parity"
    verdict: str
    old: StorePart
    new: StorePart
    missing_in_new: DifferingPart
    missing_in_old: DifferingPart
    stale: DifferingPart
    foreign: DifferingPart
    lag_s: Number | None
    checked: tuple[str, ...]
    provenance: ProvenancePart

    def text(self) -> str:
        """Return the JSON text."""
        return json_text(self.to_json())

    def readable(self) -> ParityResult:
        """Return the result with all foreign text in it safe to read."""
        return self.of(visible_throughout(self.to_json()))


def result_of_parity(parity: Parity, provenance: Mapping[str, object]) -> ParityResult:
    """Return the record of a parity check."""
    names = ("missing_in_new", "missing_in_old", "stale", "foreign")
    return ParityResult.of(
        {
            "schema": 1,
            "kind": "parity",
            "verdict": "EQUAL" if parity.holds else "DIFFERENT",
            "old": _store(parity.old),
            "new": _store(parity.new),
            **{name: _part(getattr(parity, name)) for name in names},
            "lag_s": parity.lag_s,
            "checked": list(parity.checked),
            "provenance": dict(provenance),
        }
    )


def _part(difference: Mismatch) -> dict[str, Any]:
    low, high = difference.low, difference.high
    return {"count": difference.count, "low": low, "high": high, "ids": difference.ids, "why": difference.why}


def _store(side: Side) -> dict[str, Any]:
    return {
        "store": side.name,
        "documents": len(side.ids),
        "dims": int(side.vectors.shape[1]),
        "fingerprint": side.space,
    }
