"""Measuring: works done in processes of their own, in turn, and what came of it."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

WORKS = Path(__file__).parent / "works"
LONGEST_S = 900

Facts = dict[str, Any]
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Contender:
    """One who does the work: a function of the item's script, by the name that the page shows.

    Attributes:
        name: How the page calls it.
        function: The name that the script knows it by.
        rounds: How often it takes part at most; slow peers once.
        environment: Variables that its process sees.
        python: The interpreter that runs it; "" for this one.
    """

    name: str
    function: str
    rounds: int = 100
    environment: dict[str, str] = field(default_factory=dict)
    python: str = ""


@dataclass(slots=True)
class Outcome:
    """What the rounds of one item gave: for each contender the facts of its rounds, and what failed."""

    rounds: dict[str, list[Facts]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def all(self, contender: str, fact: str = "seconds") -> list[Any]:
        """Return a fact of every round of a contender."""
        return [found[fact] for found in self.rounds.get(contender, []) if fact in found]

    def median(self, contender: str, fact: str = "seconds") -> float:
        """Return the median of a fact.

        Raises:
            LookupError: The contender gave none.
        """
        values = self.all(contender, fact)
        if not values:
            raise LookupError(f"{contender} gave no {fact}")
        return float(statistics.median(values))

    def ratio(self, contender: str, *peers: str, fact: str = "seconds") -> float:
        """Return the median over rounds of contender ÷ the sum of peers; neighbours in time are paired."""
        rows = [self.all(name, fact) for name in (contender, *peers)]
        if not all(rows):
            raise LookupError(f"{contender} or {', '.join(peers)} gave no {fact}")
        # A peer that took part less often is compared with by its last round.
        longest = max(map(len, rows))
        full = [row + row[-1:] * (longest - len(row)) for row in rows]
        return float(statistics.median(ours / sum(theirs) for ours, *theirs in zip(*full, strict=True)))


def measure(script: str, contenders: Sequence[Contender], rounds: int, tell: Tell) -> Outcome:
    """Let every contender do the work in turn, round by round; one that fails is told and left out.

    Args:
        script: File in `works/`; where it has a function `prepare`, that is done first.
        contenders: Who takes part, in the order of a round.
        rounds: How many rounds.
        tell: Called with a line of progress.
    """
    outcome, out = Outcome({contender.name: [] for contender in contenders}), set()
    if '"prepare"' in (WORKS / script).read_text(encoding="utf-8"):
        _one(script, Contender("prepare", "prepare"), outcome, tell)
    for turn in range(rounds):
        for contender in contenders:
            if turn >= contender.rounds or contender.name in out:
                continue
            facts = _one(script, contender, outcome, tell)
            if facts is None:
                out.add(contender.name)
            else:
                outcome.rounds[contender.name].append(facts)
    return outcome


def _one(script: str, contender: Contender, outcome: Outcome, tell: Tell) -> Facts | None:
    """Do the work once; None, and a failure noted, where that does not succeed."""
    command = [contender.python or sys.executable, str(WORKS / script), contender.function]
    environment, started = {**os.environ, **contender.environment}, time.perf_counter()
    try:
        done = subprocess.run(  # noqa: S603 - our own scripts
            command, capture_output=True, text=True, check=False, timeout=LONGEST_S, env=environment
        )
        facts: Facts = json.loads(done.stdout.strip().splitlines()[-1])
    except (subprocess.TimeoutExpired, ValueError, IndexError) as error:
        last = getattr(error, "stderr", None) or (done.stderr if "done" in locals() else "") or str(error)
        outcome.failures.append(f"{contender.name}: {_last_line(last)}")
        tell(f"  {contender.name}: failed: {_last_line(last)}")
        return None
    took = time.perf_counter() - started
    tell(f"  {contender.name}: {facts.get('seconds', 0):.3f} s, whole process {took:.1f} s")
    return facts


def _last_line(text: str | bytes) -> str:
    plain = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    lines = [line for line in plain.strip().splitlines() if line.strip()]
    return lines[-1].strip()[:200] if lines else "no answer"
