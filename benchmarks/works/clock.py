"""The clock of a piece of work: what it took in this process, told to the parent as one line of JSON."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self

Work = Callable[["Clock"], None]


class Clock:
    """Measures one `with` block: seconds on the clock and of the processors, those of children included."""

    def __init__(self) -> None:
        """Start with nothing measured."""
        self.facts: dict[str, float | str] = {}
        self._scale = 1.0

    def __enter__(self) -> Self:
        self._started, self._worked = time.perf_counter(), _processor_s()
        return self

    def __exit__(self, *_: object) -> None:
        self.facts["seconds"] = time.perf_counter() - self._started
        self.facts["processor_s"] = _processor_s() - self._worked
        self.facts["peak_mb"] = peak_mb()

    def scale(self, factor: float) -> None:
        """Say that the block did 1 / factor of the work, because all of it would take too long."""
        self._scale = factor

    def note(self, **facts: float | str) -> None:
        """Tell something else that the page shows."""
        self.facts.update(facts)

    def told(self) -> str:
        """Return what was measured as JSON."""
        scaled = {name: float(self.facts[name]) * self._scale for name in ("seconds", "processor_s")}
        return json.dumps({**self.facts, **scaled})


def peak_mb(process: str = "self") -> float:
    """Return the largest resident size that a process has had, mapped pages included, in 10^6 bytes."""
    status = Path(f"/proc/{process}/status")
    if not status.exists():  # only Linux tells
        return 0.0
    found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text())
    return int(found[1]) * 1024 / 1e6 if found else 0.0


def run(works: Mapping[str, Work]) -> None:
    """Do the work that the command line names, and print what it took."""
    clock = Clock()
    works[sys.argv[1]](clock)
    print(clock.told())


def _processor_s() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
