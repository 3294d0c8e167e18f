"""A project with a golden set, run files and baselines, as a user of the plugin has it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

QUERIES, DOCUMENTS = 60, 80
CONFIG = """
[goldensets]
helpdesk = "sets/helpdesk"
[models.prod]
spec = "run/prod.trec"
[models.new]
spec = "run/new.trec"
[models.words]
spec = "hash/512"
"""


def write_project(folder: Path) -> None:
    """Write sixty queries, the first of them critical, and two runs that answer all of them first."""
    golden = folder / "sets" / "helpdesk"
    (golden / "qrels").mkdir(parents=True)
    asked = [
        {"_id": f"q{n:02}", "text": f"question topic{n}", "metadata": {"critical": n == 0}}
        for n in range(QUERIES)
    ]
    corpus = [{"_id": f"d{n:02}", "text": f"answer topic{n}"} for n in range(DOCUMENTS)]
    (golden / "queries.jsonl").write_text("\n".join(map(json.dumps, asked)))
    (golden / "corpus.jsonl").write_text("\n".join(map(json.dumps, corpus)))
    grades = [f"q{n:02}\td{n:02}\t1" for n in range(QUERIES)]
    (golden / "qrels" / "test.tsv").write_text("\n".join(["query-id\tcorpus-id\tscore", *grades]))
    (folder / "evalkit.toml").write_text(CONFIG)
    for name in ("prod", "new"):
        write_run(folder / f"{name}.trec")


def write_run(path: Path, ranks: Mapping[int, int] | None = None) -> None:
    """Write a run in which query n finds its answer at rank ranks[n], else first; 0 means never."""
    lines = []
    for n in range(QUERIES):
        wanted = (ranks or {}).get(n, 1)
        others = [f"d{(n + step) % DOCUMENTS:02}" for step in range(1, 13)]
        found = others if wanted == 0 else [*others[: wanted - 1], f"d{n:02}", *others[wanted - 1 :]]
        lines += [f"q{n:02} Q0 {doc} {rank} {100 - rank} any" for rank, doc in enumerate(found, 1)]
    path.write_text("\n".join(lines) + "\n")
