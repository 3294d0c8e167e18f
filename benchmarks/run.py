"""Runs the benchmarks side by side and writes docs/benchmarks.md: `run.py [--only P4,P5] [--quick]`.

With --only the items named replace theirs on the page; with --quick it stays as it is. The table is printed.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from items import Item, items  # noqa: E402 - a folder of scripts, no package
from machine import load, machine, versions  # noqa: E402 - the same
from measuring import Outcome, measure  # noqa: E402 - the same
from page import backends, line, missed, page, stages, table  # noqa: E402 - the same

PAGE = HERE.parent / "docs" / "benchmarks.md"
RESULTS = HERE / "results.json"
SECTIONS = {"P10": line, "compare": stages, "backends": backends}


def main() -> None:
    """Do what the command line asks for."""
    asked = _arguments()
    if asked.render:
        _write_page()
        return
    if asked.quick:
        os.environ["EVALKIT_BENCH_QUICK"] = "1"
    started = time.perf_counter()
    about, kept = _stored() if asked.only and RESULTS.exists() else ({}, {})
    outcomes: dict[str, Outcome] = {}
    with tempfile.TemporaryDirectory(
        prefix="evalkit-bench-", dir=asked.scratch, ignore_cleanup_errors=True
    ) as scratch:
        _settle(scratch)
        wanted = [item for item in items(scratch) if not asked.only or item.key in asked.only]
        for item in wanted:
            outcomes[item.key] = _measured(item, asked.quick, asked.rounds, started)
            if not asked.quick:  # whatever stops a long run, what was measured stays
                _store({**kept, **outcomes}, about or _about(started))
    print(table(wanted, outcomes))
    print(f"\nwhere the time goes of what misses an aim:\n{missed(wanted, outcomes)}")
    for key, section in SECTIONS.items():
        if key in outcomes:
            print(f"\n{section(outcomes[key])}", flush=True)
    if not asked.quick:
        _write_page()
        print(f"wrote {PAGE.relative_to(HERE.parent)} after {_about(started)['minutes']} minutes")


def _write_page() -> None:
    """Write the page from what is stored."""
    about, outcomes = _stored()
    PAGE.write_text(
        page([item for item in items("") if item.key in outcomes], outcomes, about), encoding="utf-8"
    )


def _stored() -> tuple[dict[str, str], dict[str, Outcome]]:
    """Return what was measured before, and what is to be said about it."""
    stored = json.loads(RESULTS.read_text(encoding="utf-8"))
    return stored["about"], {key: Outcome(**found) for key, found in stored["outcomes"].items()}


def _about(started: float) -> dict[str, str]:
    """Return what is to be said about a whole run: where, when, with what."""
    return {
        "machine": machine(),
        "versions": versions(),
        "date": datetime.now(UTC).date().isoformat(),
        "minutes": f"{(time.perf_counter() - started) / 60:.0f}",
        "load": f"{load():.1f}",
    }


def _store(outcomes: dict[str, Outcome], about: dict[str, str]) -> None:
    """Keep what was measured so far."""
    stored = {"about": about, "outcomes": {key: dataclasses.asdict(found) for key, found in outcomes.items()}}
    RESULTS.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    known = [item.key for item in items("")]
    parser.add_argument("--only", type=lambda text: text.split(","), default=[], help=", ".join(known))
    parser.add_argument("--quick", action="store_true", help="a tenth of the size, one round: does it run?")
    parser.add_argument("--rounds", type=int, help="at most so many rounds")
    parser.add_argument("--scratch", metavar="DIR", help="where 10 GB may lie for some minutes")
    parser.add_argument("--render", action="store_true", help="write the page again from results.json")
    asked = parser.parse_args()
    strangers = set(asked.only) - set(known)
    if strangers:
        parser.error(f"no item is called {', '.join(sorted(strangers))}; there are {', '.join(known)}")
    return asked


def _settle(scratch: str) -> None:
    """Give the works one folder, one cache of their own and this checkout's package."""
    os.environ["EVALKIT_BENCH_SCRATCH"] = scratch
    os.environ["EVALKIT_CACHE"] = f"{scratch}/cache"
    os.environ["PYTHONPATH"] = os.pathsep.join(
        part for part in (str(HERE.parent), os.environ.get("PYTHONPATH", "")) if part
    )
    os.environ["TOKENIZERS_PARALLELISM"] = "true"
    os.environ.pop("CI", None)  # a gate would not store its baseline


def _measured(item: Item, quick: bool, rounds: int | None, started: float) -> Outcome:  # noqa: FBT001 - the command's own option
    minutes = (time.perf_counter() - started) / 60
    print(f"[{minutes:4.1f} min] {item.key}: {item.work}", flush=True)
    most = 1 if quick else min(item.rounds, rounds or item.rounds)

    def tell(line: str) -> None:
        print(line, flush=True)

    return measure(item.script, item.contenders, most, tell)


if __name__ == "__main__":
    main()
