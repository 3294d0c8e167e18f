"""The campaign: runs every attack and prints the table of docs/reliability.md.

python tests/attack/campaign.py                 the big form, some minutes
python tests/attack/campaign.py --small         what every build runs
python tests/attack/campaign.py --write         … and keep the table in docs/reliability.md
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
sys.path[:0] = [str(ROOT / "tests" / name) for name in ("attack", "cli", "embedding")]

from attacks import ATTACKS, Tally, attacked  # noqa: E402 - found by the line above
from children import load  # noqa: E402 - the same

PAGE = ROOT / "docs" / "reliability.md"
BEGIN, END = "<!-- figures: begin -->\n", "<!-- figures: end -->\n"
SEED = 22
SHOWN = 20


@dataclass(frozen=True, slots=True)
class Row:
    """One attack: what was tried, what held, and what did not."""

    attack: str
    tally: Tally
    seconds: float

    def __str__(self) -> str:
        held = self.tally.tried - len(self.tally.fallen)
        return f"| {self.attack} | {self.tally.tried:,} | {held:,} | {self.seconds:.0f} |"


def run(*, small: bool, seed: int = SEED, only: str = "") -> Iterator[Row]:
    """Yield a row for each attack, made in a folder of its own.

    Args:
        small: Whether only a few misfortunes are tried.
        seed: Where chance begins.
        only: Part of the name of the attacks that are wanted, "" for all.
    """
    os.environ["OMP_NUM_THREADS"] = "1"
    os.environ["OPENAI_API_KEY"] = "none"
    load()
    for name, (attack, few, many) in ATTACKS.items():
        if only not in name:
            continue
        with tempfile.TemporaryDirectory() as folder, attacked(Path(folder).resolve(), seed) as place:
            started = time.monotonic()
            yield Row(name, attack(place, few if small else many), time.monotonic() - started)


def table(rows: list[Row]) -> str:
    """Return the rows as a table of Markdown, with what it was made on."""
    heads = ("| attack | tried | held | seconds |", "|---|---:|---:|---:|")
    made = f"Python {platform.python_version()}, {platform.system()}, {os.cpu_count()} cores, seed {SEED}"
    return "\n".join([*heads, *map(str, rows), "", f"Made with {made}, on {time.strftime('%Y-%m-%d')}.", ""])


def main() -> int:
    """Run the campaign; exit with 1 where anything did not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--only", default="", metavar="WORDS")
    asked = parser.parse_args()
    rows = []
    for row in run(small=asked.small, only=asked.only):
        rows.append(row)
        print(row, flush=True)
        for fallen in row.tally.fallen[:SHOWN]:
            print(f"    {fallen!r}", flush=True)
    if asked.write:
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
        after = rest.partition(END)[2]
        PAGE.write_text(f"{before}{BEGIN}{table(rows)}{END}{after}", encoding="utf-8")
    return int(any(row.tally.fallen for row in rows))


if __name__ == "__main__":
    sys.exit(main())
