"""canary: 150,000 events of 75,000 users, read, counted and judged by one command."""

from __future__ import annotations

import random
from datetime import UTC, datetime

from clock import Clock, run
from folders import SCRATCH, command
from sizes import scaled

USERS, EACH, SHARE, BEGUN = scaled(75_000), 2, 0.05, 1_770_000_000
HOME = SCRATCH / "canary"
EVENTS = HOME / "events.csv"


def prepare(clock: Clock) -> None:
    """Write the events."""
    draw = random.Random(1)  # noqa: S311 - a log of invented users
    with clock:
        HOME.mkdir(parents=True, exist_ok=True)
        lines = ["arm,user,metric,timestamp"]
        for user in range(USERS):
            arm = "canary" if draw.random() < SHARE else "control"
            for event in range(EACH):
                when = datetime.fromtimestamp(BEGUN + 4 * user + 7 * event, UTC).isoformat()
                lines.append(f"{arm},u{user},{int(draw.random() < 0.3)},{when}")  # noqa: PLR2004 - a rate of hits
        EVENTS.write_text("\n".join([*lines, ""]), encoding="utf-8")


def evalkit(clock: Clock) -> None:
    """Look once at all of them."""
    command(clock, "canary", str(EVENTS), "--margin", "0.02", "--share", str(SHARE), "--json")


if __name__ == "__main__":
    run({"prepare": prepare, "evalkit": evalkit})
