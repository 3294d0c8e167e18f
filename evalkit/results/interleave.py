"""The result of interleaving: votes and the evidence in them, as a frozen record."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from evalkit.quoting import visible_throughout
from evalkit.results.origin import ProvenancePart
from evalkit.results.parts import FindingPart
from evalkit.results.record import Number, Record, json_text
from evalkit.rollout.clicks import Votes
from evalkit.rollout.sequential import ENOUGH


class InterleaveResult(Record):
    """Which of two systems people prefer; `verdict` is NEW, OLD or GO ON.

    `win_share` is the new system's share of the users who prefer one, `low` and `high` the ends of its
    confidence sequence, which holds at every look; None where nobody prefers either.
    """

    schema_version: int = Field(1, alias="schema")
    kind: Literal["interleave"] = "interleave"
    verdict: str
    e_new: Number
    e_old: Number
    wins: int
    losses: int
    ties: int
    clicks: int
    credits: int
    users: int
    lists: int
    win_share: Number | None
    low: Number | None
    high: Number | None
    enough: Number
    findings: tuple[FindingPart, ...]
    provenance: ProvenancePart

    def text(self) -> str:
        """Return the JSON text."""
        return json_text(self.to_json())

    def readable(self) -> InterleaveResult:
        """Return the result with all foreign text in it safe to read."""
        return self.of(visible_throughout(self.to_json()))


def result_of_votes(votes: Votes, provenance: Mapping[str, object]) -> InterleaveResult:
    """Return the record of votes."""
    names = ("verdict", "e_new", "e_old", "wins", "losses", "ties", "clicks", "credits", "users", "lists")
    low, high = votes.band
    return InterleaveResult.of(
        {
            "schema": 1,
            "kind": "interleave",
            **{name: getattr(votes, name) for name in names},
            "win_share": votes.win_share,
            "low": low,
            "high": high,
            "enough": ENOUGH,
            "findings": [dataclasses.asdict(finding) for finding in votes.findings],
            "provenance": dict(provenance),
        }
    )
