"""The seal: what shows that a result is as it was written, touched by no failing disk and no hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from evalkit.digests import digest_text
from evalkit.findings import Finding, Severity

KEY = "seal"
CHANGED = "EK123"


def sealed(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a JSON object with the digest of all the rest in its provenance, where that has a place for it.

    Of an object that an earlier version wrote there is none, and it stays as it is.
    """
    provenance = value.get("provenance")
    if not isinstance(provenance, Mapping) or KEY not in provenance:
        return value
    return {**value, "provenance": {**provenance, KEY: _digest(value, provenance)}}


def seal_findings(value: object, place: str) -> tuple[Finding, ...]:
    """Return the warning that an object is not what was written; nothing where it is, or says nothing of it.

    Args:
        value: What its file holds.
        place: The file.
    """
    provenance = value.get("provenance") if isinstance(value, Mapping) else None
    stated = provenance.get(KEY) if isinstance(provenance, Mapping) else None
    if not isinstance(value, Mapping) or not isinstance(provenance, Mapping) or stated is None:
        return ()
    if stated == _digest(value, provenance):
        return ()
    problem = "the result has changed since it was written: a number, a name or a sentence of it is another"
    hint = f'run the command again; whoever changed it by hand takes "{KEY}" out of its provenance'
    return (Finding(CHANGED, Severity.WARNING, problem, places=(place,), hint=hint),)


def _digest(value: Mapping[str, Any], provenance: Mapping[str, Any]) -> str:
    bare = {**value, "provenance": {key: item for key, item in provenance.items() if key != KEY}}
    return digest_text(json.dumps(bare, sort_keys=True, separators=(",", ":")))
