"""A canary as gauges that Prometheus collects."""

from __future__ import annotations

from collections.abc import Mapping

from evalkit.results.canary import CanaryResult

_VERDICTS = ("OK", "GO ON", "ROLL BACK")


def canary_gauges(result: CanaryResult, now: float) -> str:
    """Return gauges for a textfile collector, without times on samples.

    Args:
        result: One look.
        now: Seconds since 1970, for the gauge that says when the last look was.
    """
    lines: list[str] = []
    _gauge(
        lines,
        "evidence",
        "Largest e-value so far; 20 decides.",
        {'{side="ok"}': result.e_ok, '{side="harm"}': result.e_harm},
    )
    _gauge(lines, "sample_ratio_evidence", "E-value of a wrong division.", {"": result.e_sample_ratio})
    users = {f'{{arm="{arm}"}}': getattr(result.users, arm) for arm in ("control", "canary", "both")}
    _gauge(lines, "users", "Users seen.", users)
    means = {"control": result.counted.control_mean, "canary": result.counted.canary_mean}
    _gauge(
        lines, "mean", "Mean over counted users.", {f'{{arm="{arm}"}}': value for arm, value in means.items()}
    )
    verdicts = {f'{{verdict="{word}"}}': int(result.verdict == word) for word in _VERDICTS}
    _gauge(lines, "verdict", "1 for the verdict that holds.", verdicts)
    _gauge(lines, "share", "The canary's share.", {"": result.ramp.share})
    _gauge(lines, "may_advance", "1 where the next stage may begin.", {"": int(result.ramp.advance)})
    _gauge(lines, "last_success_timestamp_seconds", "When the last look was.", {"": now})
    return "\n".join(lines) + "\n"


def _gauge(lines: list[str], name: str, told: str, samples: Mapping[str, float | None]) -> None:
    lines += [f"# HELP evalkit_canary_{name} {told}", f"# TYPE evalkit_canary_{name} gauge"]
    lines += [
        f"evalkit_canary_{name}{labels} {value}" for labels, value in samples.items() if value is not None
    ]
