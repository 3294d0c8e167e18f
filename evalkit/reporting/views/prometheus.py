"""A page as gauges that Prometheus collects."""

from __future__ import annotations

from evalkit.reporting.gauges import Gauge
from evalkit.reporting.page import Page

_LOOKED = "last_success_timestamp_seconds"


def prometheus(page: Page, now: float) -> str:
    """Return the gauges of a page for a textfile collector, without times on samples.

    Args:
        page: Any page; one without gauges says no more than when it was made.
        now: Seconds since 1970, for the gauge that says so.
    """
    looked = Gauge(_LOOKED, "When the last look was.", (("", now),))
    lines = [line for gauge in (*page.gauges, looked) for line in _lines(gauge, page.what.replace(" ", "_"))]
    return "\n".join(lines) + "\n"


def _lines(gauge: Gauge, prefix: str) -> list[str]:
    name = f"{prefix}_{gauge.name}"
    samples = [f"{name}{labels} {value}" for labels, value in gauge.samples if value is not None]
    return [f"# HELP {name} {gauge.told}", f"# TYPE {name} gauge", *samples]
