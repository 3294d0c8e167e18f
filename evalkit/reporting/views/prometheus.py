"""The Prometheus view: the gauges of a page as a text that node_exporter's textfile collector reads.

Samples carry no times, as the collector refuses them; a gauge says when the last look was.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from evalkit.errors import UsageError
from evalkit.reporting.gauges import Gauge
from evalkit.reporting.page import Page


def prometheus(page: Page) -> str:
    """Return the gauges of a page.

    Raises:
        UsageError: It has none.
    """
    if not page.gauges:
        raise UsageError(
            f"what {page.what} found has no gauges",
            hint="audits and canaries have; name a .html, .md or .xml file",
            code="EK119",
        )
    return "".join(f"{line}\n" for gauge in page.gauges for line in _lines(gauge))


def _lines(gauge: Gauge) -> Iterator[str]:
    yield f"# HELP {gauge.name} {_escaped(gauge.meaning)}"
    yield f"# TYPE {gauge.name} gauge"
    for labels, value in gauge.samples:
        inside = ",".join(f'{name}="{_quoted(text)}"' for name, text in labels)
        yield f"{gauge.name}{f'{{{inside}}}' if inside else ''} {_number(value)}"


def _number(value: float) -> str:
    if isinstance(value, float) and math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return str(value)


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n")


def _quoted(text: str) -> str:
    return _escaped(text).replace('"', r"\"")
