"""P13: `evalkit golden check` on 100,000 documents and 10,000 queries, as a whole process."""

from __future__ import annotations

from clock import Clock, run
from folders import SCRATCH, command, write_golden
from sizes import scaled

QUERIES, DOCUMENTS = scaled(10_000), scaled(100_000)
HOME = SCRATCH / "p13"


def prepare(clock: Clock) -> None:
    """Write the golden set."""
    with clock:
        write_golden(HOME / "golden", QUERIES, DOCUMENTS)


def evalkit(clock: Clock) -> None:
    """Check it."""
    command(clock, "golden", "check", str(HOME / "golden"))


if __name__ == "__main__":
    run({"prepare": prepare, "evalkit": evalkit})
