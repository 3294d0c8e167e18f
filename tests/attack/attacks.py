"""The attacks: each tries a number of misfortunes, and gives those that did not hold."""

from __future__ import annotations

import itertools
import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from children import Child, Told, numbers
from endpoint_by_hand import Payload, Reply, endpoint, reply
from hostile_texts import STEERING, harms
from support_sets import write_golden

MODEL = "hash/64"
RUN = ("run", "set", "--model", MODEL, "--json")
COMPARE = (
    "compare",
    "set",
    "--baseline",
    "hash/16",
    "--candidate",
    MODEL,
    "--no-mix",
    "-o",
    "rep",
    "--force",
)
MIX = ("mix", "set", "--old", "hash/16", "--new", MODEL, "--shares", "3", "--strategy", "new-query")
WRITING: dict[str, tuple[str, ...]] = {
    "golden import": ("golden", "import", "source", "-o", "imported", "--force"),
    "golden check --fix": ("golden", "check", "broken", "--fix", "all"),
    "golden lock": ("golden", "lock", "set"),
    "compare": COMPARE,
    "gate --update": ("gate", "set", "--model", MODEL, "--update", "--noise-runs", "2"),
    "mix -o": (*MIX, "-o", "mixed", "--force"),
    "report": ("report", "rep"),
    "cache prune": ("cache", "prune", "--all"),
}  # fmt: skip
EXE = "import sys; from evalkit.cli.main import main; main()"
VERDICTS = ("INCONCLUSIVE", "NO-GO", "GO")


@dataclass
class Tally:
    """What was tried, and what did not hold."""

    tried: int = 0
    fallen: list[str] = field(default_factory=list)

    def note(self, held: object, what: str) -> None:
        """Count one misfortune."""
        self.tried += 1
        if not held:
            self.fallen.append(what)


@dataclass
class Place:
    """A folder with a set, a source to import, a broken set and a report, and its cache."""

    folder: Path
    chance: random.Random

    @property
    def cache(self) -> Path:
        """The cache."""
        return self.folder / "kept"

    def child(self, *arguments: str, cache: Path | None = None, **more: int) -> Child:
        """Return a command that is ready to start."""
        return Child(self.folder, arguments, cache or self.cache, largest_file=more.get("largest_file"))

    def run(self, *arguments: str) -> Told:
        """Return how a command ends undisturbed."""
        return self.child(*arguments).run()

    def again(self) -> None:
        """Make everything anew but the cache."""
        for name in ("set", "source", "broken"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
            write_golden(self.folder / name, queries=12)
        with (self.folder / "broken" / "qrels" / "test.tsv").open("a") as file:
            file.write("\nq000\td000\t1\nq000\tnowhere\t1\n")


def kills(place: Place, count: int) -> Tally:
    """Kill every command that writes at random moments; what lies there is whole, the next run succeeds."""
    tally = Tally()
    for name, command in WRITING.items():
        place.again()
        place.run(*COMPARE)
        started = time.monotonic()
        wanted = place.run(*command).code
        took = time.monotonic() - started
        for _ in range(count):
            if name == "golden check --fix":
                place.again()
            place.child(*command).start().kill_after(place.chance.uniform(0.1, 1.1) * took)
            told = place.run(*RUN)
            whole = told.code == 0 and numbers(told.out) and _one_verdict(place.folder / "rep")
            if name == "golden import":
                whole = whole and place.run("golden", "check", "imported").code == 0
            tally.note(whole, f"{name}: {told.err[:200]}")
            code = place.run(*command).code
            tally.note(code == wanted, f"{name} again: {code}")
    return tally


def _one_verdict(folder: Path) -> bool:
    """Return whether no page tells another verdict than the result beside it."""
    if not (folder / "result.json").exists():
        return True
    verdict = json.loads((folder / "result.json").read_text())["verdict"]
    page = folder / "report.html"
    return not page.exists() or f"<title>{verdict}" in page.read_text() or verdict in page.read_text()


def together(place: Place, count: int) -> Tally:
    """Open one new cache with 2, 4 and 8 processes at once; all find the same."""
    tally = Tally()
    place.again()
    wanted = numbers(place.run(*RUN).out)
    for turn, size in itertools.product(range(count), (2, 4, 8)):
        cache = place.folder / f"new-{turn}-{size}" / "kept"
        cache.parent.mkdir()
        children = [place.child(*RUN, cache=cache).start() for _ in range(size)]
        for told in [child.wait() for child in children]:
            tally.note(told.code == 0 and numbers(told.out) == wanted, f"{size} at once: {told.err[:200]}")
        shutil.rmtree(cache.parent)
    return tally


def damages(place: Place, count: int) -> Tally:
    """Cut every stored file, and flip bits in it: the same numbers, or a clear error."""
    tally = Tally()
    place.again()
    place.run("golden", "lock", "set")
    warm = place.folder / "warm"
    shutil.rmtree(place.cache, ignore_errors=True)
    commands = (RUN, (*RUN, "--index", "HNSW8"))
    wanted = [numbers(place.run(*command).out) for command in commands]
    shutil.copytree(place.cache, warm, dirs_exist_ok=True)
    stored = [
        path.relative_to(warm) for path in sorted(warm.rglob("*")) if path.is_file() and path.stat().st_size
    ]
    for name, turn in itertools.product(stored, range(count)):
        shutil.rmtree(place.cache, ignore_errors=True)
        shutil.copytree(warm, place.cache)
        what = _spoil(place.cache / name, place.chance, cut=turn % 2 == 0)
        for command, right in zip(commands, wanted, strict=True):
            told = place.run(*command)
            held = told.is_clear_error or (told.code == 0 and numbers(told.out) == right)
            tally.note(held, f"{name} {what}: {told.code} {told.err[:200]}")
    shutil.rmtree(warm)
    shutil.rmtree(place.cache)
    return tally


def locked(place: Place, count: int) -> Tally:
    """Cut and flip the files of a locked set: the same numbers, a warning that it changed, a clear error."""
    tally = Tally()
    place.again()
    place.run("golden", "lock", "set")
    right = numbers(place.run(*RUN).out)
    for name, turn in itertools.product(
        ("queries.jsonl", "corpus.jsonl", "qrels/test.tsv", "golden.toml", "golden.lock"), range(count)
    ):
        path = place.folder / "set" / name
        before = path.read_bytes()
        what = _spoil(path, place.chance, cut=turn % 2 == 0)
        told = place.run(*RUN)
        same = told.code == 0 and numbers(told.out) == right
        warned = told.code == 0 and "golden.lock" in told.err
        tally.note(same or warned or told.is_clear_error, f"{name} {what}: {told.code} {told.err[:200]}")
        path.write_bytes(before)
    return tally


def _spoil(path: Path, chance: random.Random, *, cut: bool) -> str:
    data = bytearray(path.read_bytes())
    at = chance.randrange(len(data))
    if cut:
        path.write_bytes(data[:at])
        return f"cut at {at}"
    data[at] ^= 1 << (bit := chance.randrange(8))
    path.write_bytes(data)
    return f"bit {bit} of byte {at}"


def no_room(place: Place, count: int) -> Tally:
    """Let no file grow beyond some size, as on a full disk, and let the cache vanish on the way."""
    tally = Tally()
    place.again()
    place.run(*COMPARE)
    right = numbers(place.run(*RUN).out)
    for _ in range(count):
        shutil.rmtree(place.cache, ignore_errors=True)
        told = place.child(*COMPARE, largest_file=int(2 ** place.chance.uniform(14, 19))).run()
        held = told.is_clear_error or told.code in (0, 1, 3)
        tally.note(held and _one_verdict(place.folder / "rep"), f"full: {told.code} {told.err[:300]}")
        child = place.child(*RUN).start()
        time.sleep(place.chance.uniform(0.0, 0.3))
        shutil.rmtree(place.cache, ignore_errors=True)
        told = child.wait()
        held = told.is_clear_error or (told.code == 0 and numbers(told.out) == right)
        tally.note(held, f"vanished: {told.code} {told.err[:300]}")
    return tally


def texts(place: Place, count: int) -> Tally:
    """Let names and texts hold what steers terminals and commands build servers; nothing of it is printed."""
    tally = Tally()
    for name, text in list(STEERING.items())[: max(4, count)]:
        place.again()
        stated = json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
        (place.folder / "set" / "golden.toml").write_text(f"version = {stated}\n", encoding="utf-8")
        path = place.folder / "set" / "queries.jsonl"
        path.write_text(path.read_text().replace("question about", json.dumps(text)[1:-1]), encoding="utf-8")
        asked = (
            ("golden", "check", "set"),
            ("golden", "stats", "set"),
            RUN,
            COMPARE,
            ("report", "rep", "-o", "-"),
        )
        for command in (*asked, ("run", text, "--model", MODEL), ("run", "set", "--model", text), (text,)):
            told = place.run(*command)
            held = not harms(told.out) and not harms(told.err) and told.code in (0, 1, 2, 3)
            tally.note(held, f"{name} in {' '.join(command)[:60]!r}: {told.code}")
    return tally


def streams(place: Place, count: int) -> Tally:
    """Close, fill and narrow the streams, change locale and threads: exit code and numbers stay."""
    tally = Tally()
    place.again()
    right, verdict = numbers(place.run(*RUN).out), place.run(*COMPARE).code
    closings = (">&- 2>&-", "2>/dev/full", "| true", "2>&-", ">&-", "<&- >&- 2>&-")[:count]
    for closing, (arguments, wanted) in itertools.product(
        closings, ((COMPARE, verdict), (("run", "x", "--model", MODEL), 2))
    ):
        line = f"'{sys.executable}' -c '{EXE}' {' '.join(arguments)} {closing}"
        done = subprocess.run(
            ["/bin/bash", "-c", f"{line}; exit ${{PIPESTATUS[0]}}"],
            cwd=place.folder,
            env=_environment(place),
            capture_output=True,
            check=False,
        )
        tally.note(done.returncode == wanted, f"{closing} {arguments[0]}: {done.returncode}")
    settings = (
        {"LC_ALL": "C"},
        {"PYTHONIOENCODING": "latin-1"},
        {"OMP_NUM_THREADS": "1"},
        {"OMP_NUM_THREADS": "8"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    )[:count]
    for setting in settings:
        done = subprocess.run(
            [sys.executable, "-c", EXE, *RUN],
            cwd=place.folder,
            env={**_environment(place), **setting},
            capture_output=True,
            check=False,
        )
        tally.note(
            done.returncode == 0 and numbers(done.stdout.decode(errors="replace")) == right,
            f"{setting}: {done.returncode}",
        )
    return tally


def _environment(place: Place) -> dict[str, str]:
    return {**os.environ, "EVALKIT_CACHE": str(place.cache)}


def endpoints(place: Place, count: int) -> Tally:
    """Ask an endpoint that lies, cuts, drips, fails and redirects: right vectors, or a clear error."""
    tally = Tally()
    with endpoint() as served:
        (place.folder / "evalkit.toml").write_text(
            f'[models.m]\nspec = "openai/m"\nbase_url = "{served.url}"\nmax_retries = 0\ntimeout_s = 5\n'
        )
        asked = ("run", "set", "--model", "m", "--json")
        place.again()
        right = numbers(place.run(*asked).out)
        lies = _lies(served.well, place.chance)
        for name, lie in itertools.islice(itertools.cycle(lies.items()), count):
            shutil.rmtree(place.cache, ignore_errors=True)
            served.always = lie
            told = place.run(*asked)
            held = told.is_clear_error or (told.code == 0 and numbers(told.out) == right)
            tally.note(held and right is not None, f"{name}: {told.code} {told.err[:200]}")
    (place.folder / "evalkit.toml").unlink()
    return tally


def _lies(well: Callable[[Payload], Reply], chance: random.Random) -> dict[str, Callable[[Payload], Reply]]:
    def changed(change: Callable[[list[dict[str, object]]], object]) -> Callable[[Payload], Reply]:
        def lie(request: Payload) -> Reply:
            told = json.loads(well(request).body)
            change(told["data"])
            return reply(told["data"])

        return lie

    return {
        "cut": lambda request: Reply(body=well(request).body[: chance.randrange(1, 200)]),
        "one too few": changed(lambda data: data.pop()),
        "one twice": changed(lambda data: data.append(data[0])),
        "index as text": changed(lambda data: data[0].update(index="0")),
        "index beyond": changed(lambda data: data[0].update(index=10**9)),
        "two indexes alike": changed(lambda data: data[-1].update(index=0)),
        "another dimension": changed(lambda data: data[0].update(embedding=[1.0])),
        "null": changed(lambda data: data[0].update(embedding=None)),
        "text": changed(lambda data: data[0].update(embedding="not numbers")),
        "deep": lambda _: Reply(body=b"[" * 50_000),
        "empty": lambda _: Reply(),
        "a page": lambda _: Reply(body=b"<html>\x1b[31m::error::x</html>"),
        "refused": lambda _: Reply(400, b'{"error": {"message": "\\u001b]0;x\\u0007 ::error::x"}}'),
        "a fault": lambda _: Reply(500, b"", {"retry-after-ms": "1"}),
        "elsewhere": lambda _: Reply(308, b"", {"location": "http://127.0.0.2:9/v1/embeddings"}),
    }


ATTACKS: dict[str, tuple[Callable[[Place, int], Tally], int, int]] = {
    "kill −9 at random moments of every writing command": (kills, 1, 3),
    "2, 4 and 8 processes on one new cache": (together, 1, 3),
    "cuts and flipped bits in every file of the cache": (damages, 2, 5),
    "cuts and flipped bits in every file of a locked golden set": (locked, 2, 10),
    "full disks, and a cache that vanishes": (no_room, 3, 8),
    "escapes and build commands in names and texts": (texts, 4, 99),
    "closed, full and narrow streams, locales, threads": (streams, 1, 3),
    "endpoints that lie, cut, fail and redirect": (endpoints, 8, 30),
}


@contextmanager
def attacked(folder: Path, seed: int) -> Iterator[Place]:
    """Give a place for the attacks."""
    place = Place(folder, random.Random(seed))  # noqa: S311 - chance that can be repeated
    place.again()
    yield place
