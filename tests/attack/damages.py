"""Damages: every stored file is cut and has bits flipped; the same answer or an error, never another."""

from __future__ import annotations

import itertools
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from children import Told, numbers, told
from lines import EMBED, LINES
from place import Place, Tally

RUN = LINES["run"].line
SAID = ("fingerprint.json",)  # says in words which model it was, as people write it, too
SHARDS = "run set --model vectors/shards --json"


@dataclass(frozen=True, slots=True)
class Stored:
    """Files of one kind: the lines that store them, which they are, and the lines that read them again.

    `told` says that a warning is enough: the file is told not to be what was locked, or written.
    """

    made: tuple[str, ...]
    files: str
    read: tuple[str, ...]
    told: str = ""


STORED = {
    "cache": Stored((RUN, f"{RUN} --index HNSW8"), "kept", (RUN, f"{RUN} --index HNSW8")),
    "locked set": Stored(("golden lock set", RUN), "set", (RUN,), told="golden.lock"),
    "baseline": Stored((LINES["gate --update"].line,), "baselines", ("gate set --model hash/64 --json",)),
    "result": Stored((LINES["compare"].line,), "rep/result.json", ("report rep -o -",), told="EK123"),
    "plan": Stored((LINES["plan"].line,), "planned/plan.json", ("report planned -o -",), told="EK123"),
    "shards": Stored((EMBED,), "shards", (SHARDS, "parity shards shards --json", EMBED, SHARDS)),
    "half a backfill": Stored((f"{EMBED} --budget 0.001 --price 1",), "shards", (EMBED, SHARDS)),
    "state of a canary": Stored(
        ("canary events.csv --margin 0.02 --share 0.5 --state canary.state",),
        "canary.state",
        ("canary events.csv --margin 0.02 --share 0.5 --state canary.state --json",),
    ),
    "packed run": Stored(
        (LINES["run -o"].line,), "found.trec.gz", ("run set --model run/found.trec.gz --json",)
    ),
    "page": Stored((LINES["compare"].line,), "rep/report.html", (LINES["report"].line, "report rep -o -")),
}


def damages(place: Place, count: int) -> Tally:
    """Cut and flip `count` times in every file of every kind."""
    tally = Tally()
    for name in place.drawn(list(STORED)):
        stored = STORED[name]
        for file, what, outcomes in _damaged(place, stored, count):
            wrong = [said for held, said in outcomes if not held]
            tally.note(not wrong, f"{name}: {file} {what}: {wrong[:1]}")
    return tally


def _damaged(place: Place, stored: Stored, count: int) -> Iterator[tuple[str, str, list[tuple[bool, str]]]]:
    place.again()
    place.clear(place.cache.name)
    for line in stored.made:
        place.run(*line.split())
    sound = place.folder.with_name("sound")
    shutil.copytree(place.folder, sound)
    right = [place.run(*line.split()) for line in stored.read]
    for file, turn in itertools.product(_files(sound, stored), range(count)):
        for path in place.folder.iterdir():
            place.clear(path.name)
        shutil.copytree(sound, place.folder, dirs_exist_ok=True)
        what = spoil(place.folder / file, place.chance, cut=turn % 2 == 0)
        found = [place.run(*line.split()) for line in stored.read]
        yield str(file), what, [_held(stored, one, other) for one, other in zip(found, right, strict=True)]
    shutil.rmtree(sound)


def _files(sound: Path, stored: Stored) -> list[Path]:
    top = sound / stored.files
    found = [top] if top.is_file() else [path for path in sorted(top.rglob("*")) if path.is_file()]
    return [path.relative_to(sound) for path in found if path.stat().st_size and path.name not in SAID]


def _held(stored: Stored, found: Told, right: Told) -> tuple[bool, str]:
    same = found.code == right.code and _answer(found) == _answer(right)
    warned = bool(stored.told) and found.code == right.code and stored.told in found.err
    return same or warned or found.is_clear_error, f"{found.code} {found.err[-300:]}"


def _answer(found: Told) -> object:
    """Return the numbers; of an embedding line nothing, since the next line reads what it has made."""
    if "embedded" in found.out and "shard" in found.out:
        return None
    return numbers(found.out) or told(found.out)


def spoil(path: Path, chance: random.Random, *, cut: bool) -> str:
    """Cut a file off or flip one bit of it, and say which."""
    data = bytearray(path.read_bytes())
    at = chance.randrange(len(data))
    if cut:
        path.write_bytes(data[:at])
        return f"cut at {at}"
    data[at] ^= 1 << (bit := chance.randrange(8))
    path.write_bytes(data)
    return f"bit {bit} of byte {at}"
