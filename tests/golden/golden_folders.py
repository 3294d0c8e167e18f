"""Golden-set folders written for a test, sound unless the test spoils them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

QUERIES: tuple[dict[str, Any], ...] = (
    {"_id": "q1", "text": "how do I reset my password", "metadata": {"segment": "account", "critical": True}},
    {"_id": "q2", "text": "invoice is wrong", "metadata": {"segment": ["billing", "money"], "weight": 2.5}},
    {"_id": "q3", "text": "cancel the direct debit", "metadata": {"segment": "billing", "group": "debit"}},
    {"_id": "q4", "text": "stop taking money from my bank", "metadata": {"group": "debit"}},
)
CORPUS: tuple[dict[str, Any], ...] = (
    {"_id": "d1", "title": "Password", "text": "Open settings and choose a new password."},
    {"_id": "d2", "title": "Invoices", "text": "Write to billing when an invoice shows a wrong amount."},
    {"_id": "d3", "title": "Direct debit", "text": "A direct debit is cancelled in the payment settings."},
    {"_id": "d4", "title": "", "text": "Our offices are closed on public holidays."},
    {"_id": "d5", "title": "Refunds", "text": "Money is returned to the bank account within five days."},
)
QRELS = (("q1", "d1", 2), ("q2", "d2", 2), ("q2", "d5", 1), ("q3", "d3", 2), ("q4", "d3", 1), ("q4", "d4", 0))


def write_folder(
    folder: Path,
    *,
    queries: Sequence[Mapping[str, Any]] = QUERIES,
    corpus: Sequence[Mapping[str, Any]] = CORPUS,
    qrels: Sequence[tuple[object, ...]] = QRELS,
    card: str = 'name = "support"\nversion = "1"\njudgments = "complete"\n',
) -> Path:
    """Write the files of a golden set and return their folder."""
    (folder / "qrels").mkdir(parents=True, exist_ok=True)
    _write_lines(folder / "queries.jsonl", [json.dumps(row) for row in queries])
    _write_lines(folder / "corpus.jsonl", [json.dumps(row) for row in corpus])
    rows = ["query-id\tcorpus-id\tscore", *("\t".join(map(str, row)) for row in qrels)]
    _write_lines(folder / "qrels" / "test.tsv", rows)
    if card:
        (folder / "golden.toml").write_text(card)
    return folder


def _write_lines(path: Path, lines: Sequence[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
