"""Golden sets and run files for the command line, with verdicts known beforehand."""

from __future__ import annotations

import json
from pathlib import Path

QUERIES = 60
DOCUMENTS = 120

# Code of strangers: it leaves a file where it has run.
EVIL = """from pathlib import Path
Path("ran").touch()

def encode(texts):
    return [[1.0, float(len(text))] for text in texts]

def find(queries, depth):
    return [[("d000", 2.0), ("d001", 1.0)] for _ in queries]
"""


def write_golden(folder: Path, *, queries: int = QUERIES, relevant: bool = True) -> Path:
    """Write a golden set in which document dNNN answers query qNNN."""
    (folder / "qrels").mkdir(parents=True)
    asked = [
        {
            "_id": f"q{n:03}",
            "text": f"question about topic{n} and thing{n % 7}",
            "metadata": {"segment": "even" if n % 2 == 0 else "odd", "source": "mail", "critical": n == 3},
        }
        for n in range(queries)
    ]
    corpus = [
        {
            "_id": f"d{n:03}",
            "title": f"Topic{n}",
            "text": f"answer on topic{n} with thing{n % 7} and word{n % 11}",
        }
        for n in range(DOCUMENTS)
    ]
    (folder / "queries.jsonl").write_text("\n".join(map(json.dumps, asked)))
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, corpus)))
    grades = [f"q{n:03}\td{n:03}\t{int(relevant)}" for n in range(queries)]
    (folder / "qrels" / "test.tsv").write_text("\n".join(["query-id\tcorpus-id\tscore", *grades]))
    (folder / "golden.toml").write_text(f'name = "{folder.name}"\nversion = "7"\n')
    return folder


def write_run(path: Path, ranks: dict[int, int], *, queries: int = QUERIES, default: int = 1) -> Path:
    """Write a run in which query n finds its answer at rank ranks[n]; 0 means never."""
    lines = []
    for n in range(queries):
        wanted = ranks.get(n, default)
        others = [f"d{(n + step) % DOCUMENTS:03}" for step in range(1, 13)]
        found = others if wanted == 0 else [*others[: wanted - 1], f"d{n:03}", *others[wanted - 1 :]]
        lines += [
            f"q{n:03} Q0 {document} {rank} {100 - rank} {path.stem}" for rank, document in enumerate(found, 1)
        ]
    path.write_text("\n".join(lines) + "\n")
    return path
