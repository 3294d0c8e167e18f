"""The campaign: runs every attack and prints the tables of docs/reliability.md.

python tests/attack/campaign.py                    the big form, hours
python tests/attack/campaign.py --small            what every build runs
python tests/attack/campaign.py --part 0.1         a tenth of the big form's counts
python tests/attack/campaign.py --count 40         this count in place of each
python tests/attack/campaign.py --only kill        the attacks whose names hold these words
python tests/attack/campaign.py --write            … and keep the rows in docs/reliability.md
"""

from __future__ import annotations

import argparse
import functools
import os
import platform
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
sys.path[:0] = [str(ROOT / "tests" / name) for name in ("attack", "cli", "embedding")]

import load as loads  # noqa: E402 - found by the line above
from bombs import bombs  # noqa: E402 - the same
from children import load  # noqa: E402 - the same
from company import together  # noqa: E402 - the same
from damages import damages  # noqa: E402 - the same
from disks import full, read_only  # noqa: E402 - the same
from disturbances import disturbed, killed, vanishing  # noqa: E402 - the same
from endpoints import endpoints  # noqa: E402 - the same
from place import Place, Tally, attacked  # noqa: E402 - the same
from slips import slips  # noqa: E402 - the same
from streams import settings, streams  # noqa: E402 - the same
from texts import names, steering  # noqa: E402 - the same

PAGE = ROOT / "docs" / "reliability.md"
SEED = 22
SHOWN = 20
ALL = 10**6
AT_ONCE = 4  # lines and kinds of files that the small form draws
Attack = Callable[[Place, int], Tally]


@dataclass(frozen=True, slots=True)
class Form:
    """An attack, how many times it is tried in the small form and in the big one, and what is counted."""

    attack: Attack
    few: int
    many: int
    of: str


ATTACKS: dict[str, Form] = {
    "kill −9 at random moments": Form(
        functools.partial(disturbed, disturb=killed), 1, 200, "of each writing command"
    ),
    "the cache or what is written vanishes": Form(
        functools.partial(disturbed, disturb=vanishing, lost=True), 0, 50, "of each writing command"
    ),
    "a full disk": Form(full, 1, 50, "of each writing command"),
    "a read-only disk": Form(read_only, 0, 2, "of each writing command, and each reading one"),
    "2, 4 and 8 processes at once": Form(together, 1, 20, "rounds"),
    "cuts and flipped bits": Form(damages, 1, 500, "in each stored file"),
    "escapes and build commands in texts": Form(steering, 3, ALL, "texts"),
    "hostile names": Form(names, 30, ALL, "words of commands"),
    "bombs": Form(bombs, 2, ALL, "files"),
    "members and links that lead elsewhere": Form(slips, 1, 1, ""),
    "closed, full and narrow streams": Form(streams, 2, 9, "commands"),
    "locales, threads, kernels": Form(settings, 2, ALL, "settings"),
    "endpoints that lie, drip, fail, redirect": Form(endpoints, 4, 60, "answers"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One attack: what was tried, what held, and what did not."""

    attack: str
    tally: Tally
    count: str
    seconds: float

    def __str__(self) -> str:
        held = self.tally.tried - len(self.tally.fallen)
        made = f"{self.seconds:,.0f} | {time.strftime('%Y-%m-%d')} |"
        return f"| {self.attack} | {self.count} | {self.tally.tried:,} | {held:,} | {made}"


def run(*, small: bool, part: float = 1.0, only: str = "", stated: int = 0) -> Iterator[Row]:
    """Yield a row for each attack, made in a folder of its own.

    Args:
        small: Whether only a few misfortunes are tried.
        part: Which part of the big form's counts is tried.
        only: Part of the name of the attacks that are wanted, "" for all.
        stated: A count in place of the form's, 0 for none.
    """
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ["OPENAI_API_KEY"] = "none"
    load()
    for name, form in ATTACKS.items():
        many = form.many if form.many in (1, ALL) else max(1, round(form.many * part))
        count = stated or (form.few if small else many)
        if only not in name or not count:
            continue
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder).resolve() / "here"
            home.mkdir()
            with attacked(home, SEED) as place:
                place.some = AT_ONCE if small else 0
                started = time.monotonic()
                tally = form.attack(place, count)
            told = "all" if count == ALL else f"{count:,}" if form.of else ""
            yield Row(name, tally, f"{told} {form.of}".strip(), time.monotonic() - started)


def keep(block: str, lines: list[str]) -> None:
    """Put rows into a table of the page: each in the place of the row that begins as it does, else last."""
    begin, end = f"<!-- {block}: begin -->\n", f"<!-- {block}: end -->\n"
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(begin)
    inside, _, after = rest.partition(end)
    rows = inside.splitlines()
    for line in lines:
        name = line.split(" | ")[0] if block == "figures" else " | ".join(line.split(" | ")[:2])
        at = [number for number, row in enumerate(rows) if row.startswith(f"{name} |")]
        rows[at[0] if at else len(rows) : at[0] + 1 if at else len(rows)] = [line]
    PAGE.write_text(before + begin + "\n".join(rows) + "\n" + end + after, encoding="utf-8")


def _stamped() -> None:
    made = f"Python {platform.python_version()}, {platform.system()}, {os.cpu_count()} cores, seed {SEED}"
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(re.sub("(?m)^Made with Python .*$", f"Made with {made}.", text), encoding="utf-8")


def _measure(*, write: bool, most: int) -> int:
    fallen = 0
    for queries, documents in loads.SIZES[:most]:
        found = loads.measured(queries, documents)
        print(found, f"exit code {found.code}", flush=True)
        fallen += found.code not in (0, 1, 3)
        if write and not fallen:
            keep("load", [str(found)])
    return int(fallen > 0)


def main() -> int:
    """Run the campaign; exit with 1 where anything did not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--part", type=float, default=1.0, metavar="P")
    parser.add_argument("--count", type=int, default=0, metavar="N")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--only", default="", metavar="WORDS")
    parser.add_argument("--load", type=int, metavar="N", help="measure the first N sizes instead")
    asked = parser.parse_args()
    if asked.load:
        return _measure(write=asked.write, most=asked.load)
    fallen = 0
    for row in run(small=asked.small, part=asked.part, only=asked.only, stated=asked.count):
        print(row, flush=True)
        for told in row.tally.fallen[:SHOWN]:
            print(f"    {told!r}", flush=True)
        fallen += len(row.tally.fallen)
        if asked.write and not row.tally.fallen:
            keep("figures", [str(row)])
            _stamped()
    return int(fallen > 0)


if __name__ == "__main__":
    sys.exit(main())
