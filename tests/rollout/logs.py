"""Logs of invented users, for the tests of the rollout."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

START = 1_770_000_000
Row = tuple[str, str, float, float]  # arm, user, metric, seconds


def visits(  # noqa: PLR0913 - one line of a simulation
    users: int,
    *,
    delta: float = 0.0,
    share: float = 0.05,
    p: float = 0.3,
    seed: int = 1,
    gap_s: float = 4.0,
    each: int = 1,
) -> list[Row]:
    """Return rows of users who come one after the other, each with some events."""
    rng = np.random.default_rng(seed)
    rows: list[Row] = []
    for user in range(users):
        arm = "canary" if rng.random() < share else "control"
        for event in range(each):
            hit = rng.random() < (p + delta if arm == "canary" else p)
            rows.append((arm, f"u{user}", float(hit), START + gap_s * user + 7.0 * event))
    return rows


def iso(seconds: float) -> str:
    """Return seconds as ISO 8601 in UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def write(path: Path, rows: Iterable[Sequence[object]], *, seconds: bool = False) -> Path:
    """Write rows as CSV."""
    lines = ["arm,user,metric,timestamp"]
    for arm, user, metric, time in rows:
        when = time if seconds or not isinstance(time, float | int) else iso(time)
        lines.append(f"{arm},{user},{metric},{when}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
