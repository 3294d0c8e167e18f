"""One valid line for every command: what it reads, what it writes, how it ends. A new command is one more."""

from __future__ import annotations

import shlex
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """A command that works in a furnished place.

    Attributes:
        line: What follows `evalkit`.
        code: How it ends.
        writes: What it leaves in the place beside the cache; empty where it writes nothing.
        afresh: What is put back as it was before the command starts again after a kill, because its second
            run asks something else.
        before: The line that must have run once, "" for none.
        other: A line that leaves another outcome in the same place, "" for none.
        same: A further line whose numbers say whether what was written is right, "" where files can be
            compared as they are.
    """

    line: str
    code: int = 0
    writes: tuple[str, ...] = ()
    afresh: tuple[str, ...] = ()
    before: str = ""
    other: str = ""
    same: str = ""

    @property
    def words(self) -> tuple[str, ...]:
        """The line as arguments."""
        return tuple(shlex.split(self.line))


EMBED = "embed set --model hash/64 -o shards --shard-rows 20"
LINES = {
    "golden import": Line(
        "golden import grown -o imported --force",
        writes=("imported",),
        other="golden import set -o imported --force",
    ),
    "golden import --into": Line("golden import graded.csv --into set", writes=("set",), afresh=("set",)),
    "golden export": Line(
        "golden export set -o exported --format trec --force",
        writes=("exported",),
        other="golden export grown -o exported --format trec --force",
    ),
    "golden from-log": Line(
        "golden from-log asked.txt --size 5 --corpus set/corpus.jsonl -o drawn --force",
        writes=("drawn",),
        other="golden from-log asked.txt --size 7 --corpus set/corpus.jsonl -o drawn --force",
    ),
    "golden judge": Line(
        "golden judge judged --system hash/64 --endpoint http://127.0.0.1:9/v1 --model m --dry-run"
    ),
    "golden pool": Line(
        "golden pool set --system hash/64,run/old.trec -o page.html --force",
        writes=("page.html",),
        other="golden pool set --system hash/16 --seed 5 -o page.html --force",
    ),
    "golden merge": Line(
        "golden merge judged ann.csv bo.csv",
        writes=("judged",),
        afresh=("judged",),
        other="golden merge judged ann.csv --senior ann",
    ),
    "golden check --fix": Line("golden check broken --fix all", writes=("broken",), afresh=("broken",)),
    "golden check": Line("golden check set"),
    "golden stats": Line("golden stats set"),
    "golden lock": Line("golden lock set", writes=("set/golden.lock",)),
    "compare": Line(
        "compare set --baseline hash/16 --candidate hash/64 -o rep --force",
        code=3,
        writes=("rep",),
        other="compare set --baseline hash/64 --candidate hash/8 -o rep --force",
    ),
    "mix": Line(
        "mix set --old hash/16 --new hash/64 --align pad --shares 3 --strategy new-query -o mixed --force",
        writes=("mixed",),
        other="mix set --old hash/64 --new hash/16 --align pad --shares 5 -o mixed --force",
    ),
    "plan": Line(
        "plan set --old hash/16 --new hash/64 --align pad --plan plan.toml -o planned --force",
        writes=("planned",),
        other="plan set --old hash/64 --new hash/16 --align pad --plan plan.toml -o planned --force",
    ),
    "diff": Line(
        "diff set asked.txt --old hash/16 --new hash/64 -o diffed --force",
        writes=("diffed",),
        other="diff set asked.txt --old hash/8 --new hash/16 -o diffed --force",
    ),
    "gate": Line(
        "gate set --model hash/64 -o gated --force",
        writes=("gated",),
        before="gate --update",
        other="gate set --model hash/64 --tolerance 0.05 -o gated --force",
    ),
    "gate --update": Line(
        "gate set --model hash/64 --update --noise-runs 2",
        writes=("baselines",),
        other="gate set --model hash/64 --update --noise-runs 3",
    ),
    "run": Line("run set --model hash/64 --json"),
    "run -o": Line(
        "run set --model hash/64 -o found.trec.gz --force",
        writes=("found.trec.gz",),
        other="run set --model hash/16 -o found.trec.gz --force",
    ),
    "embed": Line(
        EMBED,
        writes=("shards",),
        other=f"{EMBED} --budget 0.001 --price 1",
        same="run set --model vectors/shards --json",
    ),
    "parity": Line(
        "parity shards shards --corpus set -o parity.json",
        writes=("parity.json",),
        before="embed",
        other="parity shards shards -o parity.json",
    ),
    "audit": Line(
        "audit shards --expect hash/64 --golden set --sample 20 --today 2026-11-29 -o audited --force",
        writes=("audited",),
        before="embed",
        other="audit shards --expect hash/64 --sample 0 --today 2026-11-29 -o audited --force",
    ),
    "stamp": Line("stamp shards --model hash/64 --golden set --sample 20", before="embed"),
    "canary": Line(
        "canary events.csv --margin 0.02 --ramp ramp.toml --state canary.state -o watched",
        code=1,
        writes=("canary.state", "watched"),
        other="canary events.csv --margin 0.9 --share 0.5 -o watched",
    ),
    "interleave draft": Line(
        "interleave draft set --old run/old.trec --new run/new.trec -o drafted.jsonl",
        writes=("drafted.jsonl",),
        other="interleave draft set --old run/old.trec --new run/new.trec --seed 5 -o drafted.jsonl",
    ),
    "interleave score": Line("interleave score lists.jsonl clicks.csv"),
    "report": Line("report rep", writes=("rep/report.html",), before="compare"),
    "init": Line("init started --force", writes=("started",)),
    "cache ls": Line("cache ls"),
    "cache prune": Line("cache prune --all", before="compare"),
    "doctor": Line("doctor"),
}
WRITING = {name: line for name, line in LINES.items() if line.writes or name == "cache prune"}
