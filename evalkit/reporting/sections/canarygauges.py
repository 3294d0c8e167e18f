"""A canary as gauges that a monitor collects."""

from __future__ import annotations

from evalkit.reporting.gauges import Gauge, seconds_of
from evalkit.results.canary import CanaryResult

_VERDICTS = ("OK", "GO ON", "ROLL BACK")
_ARMS = ("control", "canary")


def canary_gauges(result: CanaryResult) -> tuple[Gauge, ...]:
    """Return the gauges of one look; the last says when it was."""
    means = (result.counted.control_mean, result.counted.canary_mean)
    looked = seconds_of(result.provenance.created)
    return tuple(
        Gauge.of(f"evalkit_canary_{name}", meaning, samples)
        for name, meaning, samples in (
            (
                "evidence",
                "Largest e-value so far; 20 decides.",
                [({"side": "ok"}, result.e_ok), ({"side": "harm"}, result.e_harm)],
            ),
            ("sample_ratio_evidence", "E-value of a wrong division.", [({}, result.e_sample_ratio)]),
            (
                "users",
                "Users seen.",
                [({"arm": arm}, getattr(result.users, arm)) for arm in (*_ARMS, "both")],
            ),
            (
                "mean",
                "Mean over counted users.",
                [({"arm": arm}, mean) for arm, mean in zip(_ARMS, means, strict=True)],
            ),
            (
                "verdict",
                "1 for the verdict that holds.",
                [({"verdict": word}, int(result.verdict == word)) for word in _VERDICTS],
            ),
            ("share", "The canary's share.", [({}, result.ramp.share)]),
            ("may_advance", "1 where the next stage may begin.", [({}, int(result.ramp.advance))]),
            ("last_success_timestamp_seconds", "When the last look was.", [({}, looked)]),
        )
    )
