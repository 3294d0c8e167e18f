"""The gauges of a canary: what a monitoring system collects after each look."""

from __future__ import annotations

from evalkit.reporting.gauges import Gauge
from evalkit.results.canary import CanaryResult

_VERDICTS = ("OK", "GO ON", "ROLL BACK")
_ARMS = ("control", "canary", "both")


def canary_gauges(known: CanaryResult) -> tuple[Gauge, ...]:
    """Return the gauges of one look."""
    means = {"control": known.counted.control_mean, "canary": known.counted.canary_mean}
    return (
        Gauge(
            "evidence",
            "Largest e-value so far; 20 decides.",
            (('{side="ok"}', known.e_ok), ('{side="harm"}', known.e_harm)),
        ),
        Gauge("sample_ratio_evidence", "E-value of a wrong division.", (("", known.e_sample_ratio),)),
        Gauge(
            "users",
            "Users seen.",
            tuple((f'{{arm="{arm}"}}', getattr(known.users, arm)) for arm in _ARMS),
        ),
        Gauge(
            "mean",
            "Mean over counted users.",
            tuple((f'{{arm="{arm}"}}', value) for arm, value in means.items()),
        ),
        Gauge(
            "verdict",
            "1 for the verdict that holds.",
            tuple((f'{{verdict="{word}"}}', int(known.verdict == word)) for word in _VERDICTS),
        ),
        Gauge("share", "The canary's share.", (("", known.ramp.share),)),
        Gauge("may_advance", "1 where the next stage may begin.", (("", int(known.ramp.advance)),)),
    )
