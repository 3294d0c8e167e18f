"""Load: how large a report becomes, how much memory and time a comparison needs, by queries and documents."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

EXE = "import sys; from evalkit.cli.main import main; main()"
SMALL = ((100, 1_000),)
SIZES = (
    (100, 1_000),
    (1_000, 10_000),
    (1_000, 100_000),
    (5_000, 100_000),
    (20_000, 100_000),
    (1_000, 1_000_000),
)
FOUND = 20


@dataclass(frozen=True, slots=True)
class Load:
    """A comparison of two runs, and what it needed."""

    queries: int
    documents: int
    code: int
    report: int
    result: int
    memory: int
    seconds: float

    def __str__(self) -> str:
        sizes = [f"{size / 1e6:,.1f}" for size in (self.report, self.result, self.memory)]
        return f"| {self.queries:,} | {self.documents:,} | {' | '.join(sizes)} | {self.seconds:,.0f} |"


def measured(queries: int, documents: int) -> Load:
    """Compare two runs of a set of that size in a process of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write(folder, queries, documents)
        words = ["compare", "set", "--baseline", "run/old.trec", "--candidate", "run/new.trec", "-o", "rep"]
        started = time.monotonic()
        silent = [(os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_WRONLY, 0) for stream in (1, 2)]
        number = os.posix_spawn(
            sys.executable,
            [sys.executable, "-c", f"import os; os.chdir({name!r}); {EXE}", *words],
            {**os.environ, "EVALKIT_CACHE": str(folder / "kept")},
            file_actions=silent,
        )
        _, status, used = os.wait4(number, 0)
        seconds = time.monotonic() - started
        report, result = (
            path.stat().st_size if path.exists() else 0
            for path in (folder / "rep" / "report.html", folder / "rep" / "result.json")
        )
        code = os.waitstatus_to_exitcode(status)
        return Load(queries, documents, code, report, result, used.ru_maxrss * 1024, seconds)


def _write(folder: Path, queries: int, documents: int) -> None:
    (folder / "set" / "qrels").mkdir(parents=True)
    rng = np.random.default_rng(5)
    with (folder / "set" / "queries.jsonl").open("w") as file:
        file.writelines(
            json.dumps({"_id": f"q{n}", "text": f"what of topic {n}?"}) + "\n" for n in range(queries)
        )
    with (folder / "set" / "corpus.jsonl").open("w") as file:
        file.writelines(
            json.dumps({"_id": f"d{n}", "text": f"all about topic {n}, and some more words on it " * 4})
            + "\n"
            for n in range(documents)
        )
    with (folder / "set" / "qrels" / "test.tsv").open("w") as file:
        file.write("query-id\tcorpus-id\tscore\n")
        file.writelines(f"q{n}\td{n % documents}\t1\n" for n in range(queries))
    for name, best in (("old", 0.5), ("new", 0.6)):
        with (folder / f"{name}.trec").open("w") as file:
            for query in range(queries):
                found = (query % documents + rng.choice(documents - 1, FOUND, replace=False) + 1) % documents
                if rng.random() < best:
                    found[int(rng.integers(0, 5))] = query % documents
                file.writelines(
                    f"q{query} Q0 d{document} {rank} {FOUND - rank} {name}\n"
                    for rank, document in enumerate(found)
                )
