"""The gauge: one number, or one for each label, that a monitoring system collects."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Gauge:
    """A number that may rise and fall.

    Attributes:
        name: Its name, after that of the page.
        told: What it is, in one sentence.
        samples: Labels, such as '{arm="control"}' or "", and the value; None for no sample.
    """

    name: str
    told: str
    samples: tuple[tuple[str, float | None], ...]
