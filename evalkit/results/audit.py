"""The result of an audit, as a frozen record that JSON, page, gauges and history are views of."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from pydantic import Field

from evalkit.auditing.audit import Audit
from evalkit.auditing.causes import Cause
from evalkit.auditing.census import tenant_name
from evalkit.auditing.history import Night
from evalkit.auditing.sampling import CONFIDENCE
from evalkit.auditing.window import share_of
from evalkit.digests import digest_text
from evalkit.quoting import visible_throughout
from evalkit.results.auditparts import (
    AuditAsked,
    AuditedStore,
    AuditRulePart,
    CensusPart,
    ForensicPart,
    NightPart,
    VersionPart,
)
from evalkit.results.origin import ProvenancePart
from evalkit.results.parts import FindingPart
from evalkit.results.record import Number, Record, json_text

SCHEMA = 1
_NIGHTS = 400
METHOD = "re-embedding"
UNSEEN = (
    "a fine-tune or a rounding so slight that the cosine stays at or above the limit",
    "records without a text, and records written after they were drawn",
    "query vectors and caches, unless they are audited as stores of their own",
)


class AuditResult(Record):
    """Whether the vectors of a store are of the model that is expected; SOUND, DRIFT or UNKNOWN."""

    schema_version: int = Field(SCHEMA, alias="schema")
    kind: Literal["audit"] = "audit"
    verdict: str
    sentence: str
    store: AuditedStore
    question: AuditAsked
    census: tuple[CensusPart, ...]
    versions: tuple[VersionPart, ...]
    share: Number
    forensic: ForensicPart
    rules: tuple[AuditRulePart, ...]
    hints: tuple[str, ...]
    history: tuple[NightPart, ...]
    findings: tuple[FindingPart, ...]
    provenance: ProvenancePart

    def text(self) -> str:
        """Return the JSON text."""
        return json_text(self.to_json())

    def readable(self) -> AuditResult:
        """Return the result with all foreign text in it safe to read."""
        return self.of(visible_throughout(self.to_json()))


def result_of_audit(
    audit: Audit,
    provenance: Mapping[str, object],
    *,
    history: Sequence[Night] = (),
    hash_ids: bool = False,
) -> AuditResult:
    """Return the record of an audit.

    Args:
        audit: What was found.
        provenance: How, when and with which versions.
        history: What earlier nights found.
        hash_ids: Whether records are named by digests of their ids.
    """
    total = audit.census.total
    return AuditResult.of(
        {
            "schema": SCHEMA,
            "kind": "audit",
            "verdict": audit.verdict,
            "sentence": audit.sentence,
            "store": _store(audit),
            "question": _asked(audit),
            "census": _census(audit),
            "versions": [
                {
                    "fingerprint": version or None,
                    "count": count,
                    "share": count / total,
                    "reads": str(audit.question.expected.reads(version)),
                }
                for version, count in audit.census.versions.items()
            ],
            "share": share_of(audit.census, audit.question.expected),
            "forensic": _forensic(audit, hash_ids=hash_ids),
            "rules": [dataclasses.asdict(rule) for rule in audit.rules],
            "hints": list(audit.hints),
            "history": [_night(night) for night in history[-_NIGHTS:]],
            "findings": [dataclasses.asdict(finding) for finding in audit.findings],
            "provenance": dict(provenance),
        }
    )


def night_of(audit: Audit, time: str) -> Night:
    """Return the line of the history that an audit adds."""
    bound = audit.evidence.bound
    return Night(
        time=time,
        verdict=str(audit.verdict),
        expect=audit.question.expected.name,
        store=audit.store.name,
        total=audit.census.total,
        versions=audit.census.versions,
        share=share_of(audit.census, audit.question.expected),
        examined=bound.examined,
        foreign=bound.found,
        high=bound.high if bound.examined else None,
    )


def _store(audit: Audit) -> dict[str, Any]:
    names = ("name", "kind", "software", "width", "metric", "index", "stored", "exact", "normalised")
    told = {name: getattr(audit.store, name) for name in names}
    return {
        **told,
        "count": audit.census.total,
        "snapshot": audit.store.snapshot,
        "columns": dict(audit.store.columns),
        "fingerprint": audit.store.space,
    }


def _asked(audit: Audit) -> dict[str, Any]:
    asked = audit.question
    window = dataclasses.asdict(asked.window) if asked.window else {}
    return {
        "expect": asked.expected.name,
        "allowed": [model.name for model in asked.allowed],
        "claims": list(asked.expected.claims),
        "suspects": [model.name for model in asked.suspects],
        "sample": asked.sample,
        "at_most": asked.at_most,
        "confidence": CONFIDENCE,
        "same": asked.ruler.same,
        "lengths": asked.ruler.lengths,
        "seed": asked.seed,
        "today": asked.today.isoformat(),
        "texts": asked.texts.source if asked.texts else "the store",
        "window": {
            name: value.isoformat() if name in ("starts", "ends") else value for name, value in window.items()
        },
    }


def _census(audit: Audit) -> list[dict[str, Any]]:
    shown = audit.census.with_tenants(most=audit.question.tenants, hashed=audit.question.hashed)
    return [
        {
            "fingerprint": group.stratum.version or None,
            "month": group.stratum.month or None,
            "tenant": group.stratum.tenant or None,
            "width": group.width if group.width >= 0 else None,
            "count": group.count,
        }
        for group in shown.groups
    ]


def _forensic(audit: Audit, *, hash_ids: bool) -> dict[str, Any]:
    evidence, found = audit.evidence, audit.evidence.attribution
    known = found.cosines[np.isfinite(found.cosines)] if found else np.zeros(0)
    return {
        "method": METHOD if found else "none",
        "drawn": evidence.drawn,
        "examined": evidence.bound.examined,
        "foreign": evidence.bound.found,
        "share": evidence.bound.share,
        "low": evidence.bound.low,
        "high": evidence.bound.high,
        "causes": [_cause(cause, hash_ids=hash_ids) for cause in (found.causes if found else ())],
        "models": _models(audit),
        "strata": [
            {
                "fingerprint": stratum.version or None,
                "month": stratum.month or None,
                "tenant": tenant_name(stratum.tenant, hashed=audit.question.hashed) or None,
                "examined": bound.examined,
                "foreign": bound.found,
                "low": bound.low,
                "high": bound.high,
            }
            for stratum, bound in evidence.strata.items()
        ],
        "grids": dict(evidence.grids),
        "cosine_least": float(known.min()) if known.size else None,
        "cosine_median": float(np.median(known)) if known.size else None,
        "tried": found.tried if found else 0,
        "without_text": evidence.without_text,
        "gone": evidence.gone,
        "sampled": evidence.digest,
        "lacking": evidence.lacking,
        "cannot_see": list(UNSEEN),
    }


def _models(audit: Audit) -> dict[str, int]:
    """Return how many of the examined vectors are of which expected model."""
    found = audit.evidence.attribution
    allowed = audit.question.allowed
    return {model.name: int((found.models == n).sum()) for n, model in enumerate(allowed)} if found else {}


def _cause(cause: Cause, *, hash_ids: bool) -> dict[str, Any]:
    ids = [digest_text(name)[:16] for name in cause.ids] if hash_ids else list(cause.ids)
    return {
        "name": cause.name,
        "count": cause.count,
        "shown": cause.shown,
        "cosine": cause.cosine,
        "ids": ids,
    }


def _night(night: Night) -> dict[str, Any]:
    names = ("time", "verdict", "total", "share", "examined", "foreign", "high", "versions")
    return {name: getattr(night, name) for name in names}
