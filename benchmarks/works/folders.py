"""Golden sets and vectors as folders, for the commands that read them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from clock import Clock, peak_mb
from worlds import Ints, judged

SCRATCH = Path(os.environ.get("EVALKIT_BENCH_SCRATCH", "."))
CARD = """\
name = "{name}"
version = "1"
license = "CC0-1.0"
language = "en"
judgments = "sparse"
"""


def write_golden(folder: Path, queries: int, documents: int) -> Ints:
    """Write a golden set of short texts, three relevant documents a query; return their rows."""
    (folder / "qrels").mkdir(parents=True, exist_ok=True)
    relevant = judged(queries, documents)
    (folder / "golden.toml").write_text(CARD.format(name=folder.name))
    with (folder / "corpus.jsonl").open("w") as file:
        file.writelines(f'{{"_id": "d{row:08}", "text": "text {row}"}}\n' for row in range(documents))
    with (folder / "queries.jsonl").open("w") as file:
        file.writelines(f'{{"_id": "q{row:05}", "text": "question {row}"}}\n' for row in range(queries))
    with (folder / "qrels" / "test.tsv").open("w") as file:
        file.write("query-id\tcorpus-id\tscore\n")
        for query, rows in enumerate(relevant.tolist()):
            file.writelines(f"q{query:05}\td{row:08}\t1\n" for row in rows)
    return relevant


def write_ids(folder: Path, queries: int, documents: int) -> None:
    """Write the ids that belong to the vectors of a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "queries.ids").write_text("".join(f"q{row:05}\n" for row in range(queries)))
    with (folder / "corpus.ids").open("w") as file:
        file.writelines(f"d{row:08}\n" for row in range(documents))


def command(clock: Clock, *arguments: str) -> dict[str, object]:
    """Run an evalkit command, note its largest resident size, and return its JSON, if it prints any."""
    started = [sys.executable, "-m", "evalkit.cli.main", "-q", *arguments]
    # A file, since a pipe that nobody empties stops whoever fills it.
    with tempfile.TemporaryFile("w+", encoding="utf-8") as told:
        with clock:
            process = subprocess.Popen(started, stdout=told, text=True)  # noqa: S603 - our own
            peak = 0.0
            # Its largest size is known while it runs; the last look is a moment before its end.
            while process.poll() is None:
                peak = max(peak, peak_mb(str(process.pid)))
                time.sleep(0.02)
        told.seek(0)
        printed = told.read()
    clock.note(peak_mb=peak, exit_code=float(process.returncode))
    try:
        found: dict[str, object] = json.loads(printed)
    except ValueError:
        return {}
    return found
