"""A place to attack: a folder with everything that the lines of `lines.py` name, and its cache."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from children import Child, Told
from support_sets import write_golden, write_run

QUERIES = 12
BROKEN = "\nq000\td000\t1\nq000\tnowhere\t1\n"


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
    """A folder with sets, runs, vectors, events and lists, and its cache.

    Attributes:
        folder: The folder.
        chance: What is random.
        some: How many lines, files or kinds are tried, drawn by chance; 0 for all.
    """

    folder: Path
    chance: random.Random
    some: int = 0

    def drawn(self, names: Sequence[str]) -> list[str]:
        """Return all of some names, or as many as are tried."""
        return list(names) if not self.some else self.chance.sample(names, min(self.some, len(names)))

    @property
    def cache(self) -> Path:
        """The cache."""
        return self.folder / "kept"

    def child(self, *arguments: str, cache: Path | None = None, **limits: int) -> Child:
        """Return a command that is ready to start."""
        return Child(
            self.folder,
            arguments,
            cache or self.cache,
            largest_file=limits.get("largest_file"),
            memory=limits.get("memory"),
        )

    def run(self, *arguments: str) -> Told:
        """Return how a command ends undisturbed."""
        return self.child(*arguments).run()

    def clear(self, *names: str) -> None:
        """Take files and folders away."""
        for name in names:
            path = self.folder / name
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)

    def take_away(self, name: str) -> None:
        """Let a file or a folder be gone at one moment, as a disk goes, and then delete it."""
        away = self.folder.with_name("away")
        with contextlib.suppress(FileNotFoundError):
            (self.folder / name).rename(away)
        shutil.rmtree(away, ignore_errors=True)
        away.unlink(missing_ok=True)

    def again(self) -> None:
        """Make everything that people bring anew, and take away what a command wrote; the cache stays."""
        for path in self.folder.iterdir():
            if path != self.cache:
                self.clear(path.name)
        furnish(self.folder)


def furnish(folder: Path) -> None:
    """Write what the lines name: sets, runs, vectors, events, clicks, settings."""
    for name in ("set", "broken", "grown", "judged"):
        write_golden(folder / name, queries=QUERIES + (name == "grown"))
    with (folder / "broken" / "qrels" / "test.tsv").open("a") as file:
        file.write(BROKEN)
    for name in ("old", "new"):
        write_run(folder / f"{name}.trec", {1: 2, 2: 3} if name == "old" else {}, queries=QUERIES)
    (folder / "graded.csv").write_text(
        "query_id,document_id,grade\n" + "".join(f"q{n:03},d{n + 1:03},0\n" for n in range(QUERIES))
    )
    for judge in ("ann", "bo"):
        rows = (f"q{n:03},d{n + 1:03},0\n" for n in range(QUERIES))
        (folder / f"{judge}.csv").write_text("query_id,document_id,grade\n" + "".join(rows))
    (folder / "asked.txt").write_text("".join(f"what of topic{n}\n" for n in range(QUERIES)))
    (folder / "ramp.toml").write_text("[[stages]]\nshare = 0.5\n")
    # An engine without a graph, since what small graphs take to build is measured, and so differs.
    (folder / "plan.toml").write_text('documents = 1000000\n[store]\nengine = "faiss-flat"\n')
    _events(folder / "events.csv")
    drafted = [
        {"list": f"l{n}", "query": f"q{n:03}", "documents": [f"d{n:03}", "d100"], "teams": "BA"}
        for n in range(QUERIES)
    ]
    (folder / "lists.jsonl").write_text("".join(json.dumps(item) + "\n" for item in drafted))
    (folder / "clicks.csv").write_text(
        "list,user,document\n" + "".join(f"l{n % QUERIES},u{n},d{n % QUERIES:03}\n" for n in range(60))
    )


def _events(path: Path) -> None:
    chance = random.Random(3)  # noqa: S311 - a log that is always the same
    lines = ["arm,user,metric,timestamp"]
    for user in range(600):
        arm = chance.choice(("control", "canary"))
        hit = chance.random() < (0.5 if arm == "control" else 0.1)
        lines.append(f"{arm},u{user},{int(hit)},{1_770_000_000 + 20 * user}")
    path.write_text("\n".join(lines) + "\n")


@contextlib.contextmanager
def attacked(folder: Path, seed: int) -> Iterator[Place]:
    """Give a place for the attacks."""
    os.umask(0o022)
    place = Place(folder, random.Random(seed))  # noqa: S311 - chance that can be repeated
    place.again()
    yield place
