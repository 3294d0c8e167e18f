"""Stores of known content for the tests of audits: texts, vectors of real models, and what records state."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from evalkit.arrays import Floats
from evalkit.auditing.expectation import Expectation
from evalkit.auditing.making import Sampled, make_vectors
from evalkit.embedding.modelspec import ModelSpec, open_encoder
from evalkit.golden.goldenset import GoldenSet

WORDS = tuple(
    """
    invoice refund ledger payment member branch receipt deposit mandate sweep bank card penalty cancel renew
    export import printer password screen teacher student lesson room key holiday report charge
    """.split()  # noqa: SIM905 - a list of words reads best as a paragraph
)
EXPECTED, OTHER = "hash/64", "lsa/64"


def texts_of(count: int, *, seed: int = 0, title: bool = True) -> dict[str, str]:
    """Return texts of different lengths by id, each with a title."""
    rng = np.random.default_rng(seed)
    found = {}
    for number in range(count):
        words = rng.choice(WORDS, size=int(rng.integers(8, 40)))
        heading = " ".join(rng.choice(WORDS, size=3)).title()
        body = f"{' '.join(words)} nr{number}."
        found[f"r{number:04}"] = f"{heading}\n{body}" if title else body
    return found


def golden_of(texts: dict[str, str]) -> GoldenSet:
    return GoldenSet.of("store", queries={}, corpus=texts, qrels={})


def expectation(spec: str, texts: dict[str, str] | None = None, **options: Any) -> Expectation:
    encoder = open_encoder(ModelSpec.parse(spec), golden_of(texts or texts_of(300)), options)
    return Expectation(name=spec, encoder=encoder, fingerprint=encoder.fingerprint)


def sampled_of(texts: dict[str, str], vectors: Any = None, claim: str = "", **fields: Any) -> Sampled:
    count = len(texts)
    return Sampled(
        ids=tuple(texts),
        vectors=np.zeros((count, 1), np.float32) if vectors is None else np.asarray(vectors, np.float32),
        texts=tuple(texts.values()),
        claims=fields.pop("claims", (claim,) * count),
        outdated=fields.pop("outdated", np.zeros(count, dtype=np.bool_)),
        **fields,
    )


def vectors_of(spec: str, texts: dict[str, str], fitted: dict[str, str] | None = None) -> Floats:
    encoder = expectation(spec, fitted or texts).encoder
    assert encoder is not None
    return make_vectors(sampled_of(texts), encoder)


def store(
    name: str, texts: dict[str, str], vectors: Any, versions: Sequence[str | None], **cells: Any
) -> str:
    """Write a folder with one Parquet file, and return what it is called."""
    rows = np.ascontiguousarray(vectors, dtype=np.float32)
    columns = {
        "id": list(texts),
        "vector": pa.FixedSizeListArray.from_arrays(pa.array(rows.reshape(-1)), rows.shape[1]),
        "text": list(texts.values()),
        "fingerprint": pa.array(list(versions), pa.string()),
        **cells,
    }
    folder = Path(name)
    folder.mkdir(exist_ok=True)
    written = {key: cell for key, cell in columns.items() if cell is not None}
    parquet.write_table(pa.table(written), folder / "corpus.parquet")
    return name


def golden_folder(name: str, texts: dict[str, str]) -> str:
    """Write a golden set whose documents are these texts."""
    import json  # noqa: PLC0415 - used here alone

    folder = Path(name)
    (folder / "qrels").mkdir(parents=True, exist_ok=True)
    first = next(iter(texts))
    rows = []
    for identity, text in texts.items():
        heading, _, body = text.rpartition("\n")
        rows.append(json.dumps({"_id": identity, "title": heading, "text": body}))
    (folder / "corpus.jsonl").write_text("\n".join(rows) + "\n")
    (folder / "queries.jsonl").write_text(json.dumps({"_id": "q1", "text": "how is a refund paid"}) + "\n")
    (folder / "qrels" / "test.tsv").write_text(f"query-id\tcorpus-id\tscore\nq1\t{first}\t1\n")
    return name
