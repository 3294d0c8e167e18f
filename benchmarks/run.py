"""Times pieces of work beside the tools that also do them, each in a process of its own, in turn.

Every figure is the median of five runs; a ratio below 1 means that evalkit is faster.
"""

from __future__ import annotations

import platform
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROUNDS = 5
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Work:
    """One piece of work, done by evalkit and by a peer: two scripts that print their seconds."""

    name: str
    ours: str
    peer: str
    peer_name: str


WORKS = (
    Work(
        "score 5,000 queries × 100 ranks from dicts, import included",
        "score_evalkit",
        "score_pytrec",
        "pytrec_eval",
    ),
    Work(
        "sign-flip, 5,000 queries, 100,000 resamples",
        "signflip_evalkit",
        "signflip_scipy",
        "scipy (9,999 × 10)",
    ),
    Work(
        "exact top 100 of 1,000 queries in 100,000 × 384",
        "search_evalkit",
        "search_product",
        "matrix product",
    ),
    Work("evalkit --help", "help_evalkit", "help_python", "python -c ''"),
)


def main() -> None:
    """Print the table."""
    print(f"{platform.machine()}, Python {platform.python_version()}, median of {ROUNDS}\n")
    print(f"{'work':<62}{'evalkit':>9}{'peer':>9}{'ratio':>7}  peer")
    for work in WORKS:
        pairs = [(_seconds(work.ours), _seconds(work.peer)) for _ in range(ROUNDS)]
        ours, peer = (statistics.median(times) for times in zip(*pairs, strict=True))
        print(f"{work.name:<62}{ours:>8.2f}s{peer:>8.2f}s{ours / peer:>7.2f}  {work.peer_name}")


def _seconds(script: str) -> float:
    command = [sys.executable, str(HERE / "works.py"), script]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)  # noqa: S603 - our own


if __name__ == "__main__":
    main()
