"""An audit as gauges that a monitor collects; they outlive a dead job, so the last says when it ran."""

from __future__ import annotations

from evalkit.reporting.gauges import Gauge, seconds_of
from evalkit.results.audit import AuditResult

_VERDICTS = ("SOUND", "DRIFT", "UNKNOWN")
_NONE = "none"


def audit_gauges(result: AuditResult) -> tuple[Gauge, ...]:
    """Return the gauges of one audit."""
    store = {"store": result.store.name}
    vectors = [
        ({**store, "fingerprint": part.fingerprint or _NONE, "tenant": part.tenant or _NONE}, part.count)
        for part in result.census
    ]
    shares = [({**store, "fingerprint": part.fingerprint or _NONE}, part.share) for part in result.versions]
    verdicts = [({**store, "verdict": word}, int(result.verdict == word)) for word in _VERDICTS]
    ran = seconds_of(result.provenance.created)
    return (
        Gauge.of("evalkit_index_vectors", "Records by the model version that they state.", vectors),
        Gauge.of("evalkit_index_version_share", "Share of the records that state a version.", shares),
        Gauge.of(
            "evalkit_index_foreign_upper_bound",
            "Upper bound, at 95 % confidence, of the share of vectors of another model.",
            [(store, result.forensic.high)],
        ),
        Gauge.of(
            "evalkit_audit_vectors_examined",
            "Vectors that were held against the expected model.",
            [(store, result.forensic.examined)],
        ),
        Gauge.of("evalkit_audit_verdict", "1 for the verdict that holds.", verdicts),
        Gauge.of(
            "evalkit_audit_last_success_timestamp_seconds",
            "When the audit last ran to its end.",
            [(store, ran)],
        ),
    )
