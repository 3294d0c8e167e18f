"""Golden sets, runs and vectors whose gate is known beforehand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

QUERIES = 60
DOCUMENTS = 120
CRITICAL = 3
VECTOR_DIMS = 16


def write_golden(folder: Path, *, queries: int = QUERIES, parts: int = 1, judged: int = 1) -> Path:
    """Write a golden set in which document dNNN answers query qNNN; with `parts`, documents are in chunks."""
    (folder / "qrels").mkdir(parents=True, exist_ok=True)
    asked = [
        {
            "_id": f"q{n:03}",
            "text": f"question topic{n} thing{n % 7} topic{n}",
            "metadata": {"critical": n == CRITICAL},
        }
        for n in range(queries)
    ]
    corpus: list[dict[str, object]] = []
    for n in range(DOCUMENTS):
        words = f"answer topic{n} thing{n % 7} word{n % 11}".split()
        if parts == 1:
            corpus.append({"_id": f"d{n:03}", "title": "", "text": " ".join(words)})
            continue
        for part in range(parts):
            text = " ".join(words[part::parts])
            corpus.append(
                {"_id": f"d{n:03}-{part}", "title": "", "text": text, "metadata": {"parent": f"d{n:03}"}}
            )
    (folder / "queries.jsonl").write_text("\n".join(map(json.dumps, asked)))
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, corpus)))
    grades = [f"q{n:03}\td{n:03}\t{judged}" for n in range(queries)]
    (folder / "qrels" / "test.tsv").write_text("\n".join(["query-id\tcorpus-id\tscore", *grades]))
    chunks = 'chunks_of = "parent"\n' if parts > 1 else ""
    (folder / "golden.toml").write_text(f'name = "{folder.name}"\nversion = "7"\n{chunks}')
    return folder


def write_run(path: Path, ranks: Mapping[int, int] | None = None, *, queries: int = QUERIES) -> Path:
    """Write a run in which query n finds its answer at rank ranks[n], else first; 0 means never."""
    lines = []
    for n in range(queries):
        wanted = (ranks or {}).get(n, 1)
        others = [f"d{(n + step) % DOCUMENTS:03}" for step in range(1, 13)]
        found = others if wanted == 0 else [*others[: wanted - 1], f"d{n:03}", *others[wanted - 1 :]]
        lines += [f"q{n:03} Q0 {doc} {rank} {100 - rank} any" for rank, doc in enumerate(found, 1)]
    path.write_text("\n".join(lines) + "\n")
    return path


def write_vectors(folder: Path, *, prompt: str = "", blur: float = 0.0) -> Path:
    """Write vectors of a model that states its prompt; `blur` is how far queries lie from their answers."""
    rng = np.random.default_rng(0)
    corpus = rng.normal(size=(DOCUMENTS, VECTOR_DIMS)).astype(np.float32)
    queries = corpus[:QUERIES] + blur * rng.normal(size=(QUERIES, VECTOR_DIMS)).astype(np.float32)
    folder.mkdir(exist_ok=True)
    for stem, letter, vectors in (("corpus", "d", corpus), ("queries", "q", queries)):
        np.save(folder / f"{stem}.npy", vectors)
        (folder / f"{stem}.ids").write_text("\n".join(f"{letter}{n:03}" for n in range(len(vectors))) + "\n")
    prompts = {"query": prompt} if prompt else {}
    stated = {"provider": "st", "model": "ours", "revision": "1", "prompts": prompts}
    (folder / "fingerprint.json").write_text(json.dumps(stated))
    return folder
