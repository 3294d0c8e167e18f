"""The result of interleaving: votes and the evidence in them, as a frozen record."""

from __future__ import annotations

import dataclasses
from typing import Literal

from pydantic import Field

from evalkit.results.parts import FindingPart
from evalkit.results.record import Number, Record, json_text
from evalkit.rollout.clicks import Votes


class InterleaveResult(Record):
    """Which of two systems people prefer; `verdict` is NEW, OLD or GO ON."""

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
    findings: tuple[FindingPart, ...]

    def text(self) -> str:
        """Return the JSON text."""
        return json_text(self.to_json())


def result_of_votes(votes: Votes) -> InterleaveResult:
    """Return the record of votes."""
    names = ("verdict", "e_new", "e_old", "wins", "losses", "ties", "clicks", "credits")
    return InterleaveResult.of(
        {
            "schema": 1,
            "kind": "interleave",
            **{name: getattr(votes, name) for name in names},
            "findings": [dataclasses.asdict(finding) for finding in votes.findings],
        }
    )
