"""The schemas: what `result.json` of each kind may hold, generated from the records."""

from __future__ import annotations

from typing import Any

from pydantic import create_model

from evalkit.results.audit import AuditResult
from evalkit.results.canary import CanaryPlan, CanaryResult
from evalkit.results.embed import EmbedResult
from evalkit.results.interleave import InterleaveResult
from evalkit.results.parity import ParityResult
from evalkit.results.questions import KINDS
from evalkit.results.record import Record
from evalkit.results.result import SCHEMA, Result

FOLDER = "docs/reference/schemas"
RECORDS: dict[str, type[Record]] = {  # of what has no golden set
    "audit": AuditResult,
    "canary": CanaryResult,
    "canary-plan": CanaryPlan,
    "embed": EmbedResult,
    "interleave": InterleaveResult,
    "parity": ParityResult,
}
DRAFT = "https://json-schema.org/draft/2020-12/schema"


def schema_of(kind: str) -> dict[str, Any]:
    """Return the JSON schema of a kind of result: of `KINDS`, or of `RECORDS`."""
    if kind in RECORDS:
        return _schema(kind, RECORDS[kind])
    asked = KINDS[kind]
    question = (asked, asked()) if kind == "run" else (asked, ...)
    record = create_model(Result.__name__, __base__=Result, question=question)
    return _schema(kind, record)


def _schema(kind: str, record: type[Record]) -> dict[str, Any]:
    return {
        "$schema": DRAFT,
        "title": f"result.json of evalkit {kind}, schema {SCHEMA}",
        **{key: value for key, value in record.model_json_schema().items() if key != "title"},
    }
