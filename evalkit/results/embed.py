"""The result of embedding a corpus into shards, as a frozen record."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from evalkit.embedding.backfill.question import BackfillPlan, Filled
from evalkit.results.origin import ProvenancePart
from evalkit.results.parts import FindingPart
from evalkit.results.record import Number, Record, json_text

SCHEMA = 1


class EmbedResult(Record):
    """What one run of a backfill did, and what is left; queries beside the corpus have their own part.

    `tokens` is what was ever sent for this folder, estimated; `cost` what that comes to, None where nobody
    said what a token costs; `price_date` the day on which the price was read, "" where nobody said.
    """

    schema_version: int = Field(SCHEMA, alias="schema")
    kind: Literal["embed"] = "embed"
    folder: str
    fingerprint: dict[str, Any]
    texts: int
    kept: int
    embedded: int
    changed: int
    left: int
    strangers: int
    tokens: int
    cost: Number | None
    price: Number | None
    price_date: str
    shards: int
    complete: bool
    queries: int
    findings: tuple[FindingPart, ...]
    provenance: ProvenancePart

    def text(self) -> str:
        """Return the JSON text."""
        return json_text(self.to_json())


def result_of_filling(
    found: Filled,
    plan: BackfillPlan,
    provenance: Mapping[str, object],
    *,
    queries: Filled | None = None,
    price_date: str = "",
) -> EmbedResult:
    """Return the record of a backfill.

    Args:
        found: What was done for the documents.
        plan: How they were to be embedded.
        provenance: How, when and with which versions.
        queries: What was done for the queries beside them.
        price_date: The day on which the price was read.
    """
    before = found.before
    told = (*found.findings, *(queries.findings if queries else ()))
    return EmbedResult.of(
        {
            "schema": SCHEMA,
            "kind": "embed",
            "folder": str(plan.folder),
            "fingerprint": found.fingerprint.to_settings(),
            "texts": before.texts,
            "kept": before.texts - before.lacking,
            "embedded": found.embedded,
            "changed": before.changed,
            "left": found.left,
            "strangers": before.strangers,
            "tokens": found.tokens,
            "cost": plan.limits.cost(found.tokens),
            "price": plan.limits.price,
            "price_date": price_date,
            "shards": found.shards,
            "complete": not found.left and not (queries.left if queries else 0),
            "queries": queries.before.texts if queries else 0,
            "findings": [dataclasses.asdict(finding) for finding in told],
            "provenance": dict(provenance),
        }
    )
