"""The schemas: what `result.json` of each kind may hold, generated from the records."""

from __future__ import annotations

from typing import Any

from pydantic import create_model

from evalkit.results.questions import KINDS
from evalkit.results.result import SCHEMA, Result

FOLDER = "docs/reference/schemas"
DRAFT = "https://json-schema.org/draft/2020-12/schema"


def schema_of(kind: str) -> dict[str, Any]:
    """Return the JSON schema of a kind of result: "compare", "mix", "diff", "gate" or "run"."""
    asked = KINDS[kind]
    question = (asked, asked()) if kind == "run" else (asked, ...)
    record = create_model(Result.__name__, __base__=Result, question=question)
    return {
        "$schema": DRAFT,
        "title": f"result.json of evalkit {kind}, schema {SCHEMA}",
        **{key: value for key, value in record.model_json_schema().items() if key != "title"},
    }
