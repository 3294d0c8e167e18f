"""The gauges: numbers of a page that a monitor collects, each with what it means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from evalkit.quoting import visible

Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Gauge:
    """One number, or one for each set of labels.

    Attributes:
        name: Its name, "evalkit_canary_users".
        meaning: What it says, the same in every file.
        samples: (labels, value) pairs, no labels twice.
    """

    name: str
    meaning: str
    samples: tuple[tuple[Labels, float], ...]

    @classmethod
    def of(cls, name: str, meaning: str, samples: Iterable[tuple[Mapping[str, str], float | None]]) -> Gauge:
        """Return the gauge of samples that may repeat, which are added up; absent numbers are left out.

        What steers a terminal is written out in labels: files of gauges are looked at, too.
        """
        found: dict[Labels, float] = {}
        for labels, value in samples:
            if value is not None:
                key = tuple((label, visible(text)) for label, text in labels.items())
                found[key] = found.get(key, 0) + value
        return cls(name, meaning, tuple(found.items()))


def seconds_of(created: str | None) -> int | None:
    """Return a time of a result's provenance as seconds since 1970, None where there is none."""
    return int(datetime.fromisoformat(created).timestamp()) if created else None
