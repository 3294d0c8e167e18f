"""Cells of stores: the columns that usually play a role, and what a cell says as text, time or digest."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import numpy as np

from evalkit.arrays import Array, Floats, Ints, Vectors
from evalkit.auditing.stores.store import UNKNOWN, Records
from evalkit.embedding.backfill.filling import text_digest
from evalkit.rollout.timestamps import parse_times

ID, VECTOR, TEXT, DIGEST = "id", "vector", "text", "digest"
VERSION, DATE, TENANT = "version", "date", "tenant"
# In the order in which they are looked for: the first that is there is taken, and the description names it.
USUAL = {
    TEXT: ("text", "document", "content", "page_content", "body", "chunk"),
    DIGEST: ("text_digest",),
    VERSION: (
        "fingerprint",
        "model_version",
        "embedding_version",
        "embedding_model",
        "model_name",
        "version",
        "model",
    ),
    DATE: ("updated_at", "updated", "modified_at", "embedded_at", "created_at", "created"),
    TENANT: ("tenant", "tenant_id", "organization_id", "org_id", "customer_id"),
}
CLAIMS = (VERSION, DATE, TENANT, DIGEST)


def dug(cell: Any, path: str) -> Any:
    """Return what lies at a dotted path inside nested objects, None where nothing does.

    A key that holds dots itself is found, too.
    """
    if not isinstance(cell, Mapping):
        return None
    if path in cell:
        return cell[path]
    head, dot, rest = path.partition(".")
    return dug(cell.get(head), rest) if dot else None


def way_to(name: str, held: Iterable[str]) -> tuple[str, ...]:
    """Return the column that a name leads into, and the keys inside it; a column of that very name wins."""
    return () if not name else (name,) if name in held else tuple(name.split("."))


def keys_of(objects: Iterable[Any]) -> list[str]:
    """Return the keys of objects, those of nested ones as dotted paths."""
    found: dict[str, None] = {}
    for item in objects:
        for key, value in (item or {}).items():
            found[key] = None
            if isinstance(value, Mapping):
                found |= dict.fromkeys(f"{key}.{inner}" for inner in value)
    return list(found)


def nested(usual: Mapping[str, tuple[str, ...]], under: str) -> dict[str, tuple[str, ...]]:
    """Return usual names with those that lie inside one object, as LangChain stores them."""
    return {role: (*names, *(f"{under}.{name}" for name in names)) for role, names in usual.items()}


def texts_of(cells: Iterable[object]) -> tuple[str, ...]:
    """Return cells as texts, "" for none."""
    return tuple("" if cell is None else cell if isinstance(cell, str) else str(cell) for cell in cells)


def seconds_of(cells: Sequence[object]) -> Floats:
    """Return (n,) cells as seconds since 1970, NaN where a cell is no time."""
    if not cells:
        return np.zeros(0)
    times = parse_times(["" if cell is None else _moment(cell) for cell in cells])
    seconds = np.array(times.seconds, dtype=np.float64)
    seconds[times.unreadable] = np.nan
    return seconds


def _moment(cell: object) -> object:
    return cell.isoformat() if isinstance(cell, date) and not isinstance(cell, datetime) else cell


def month_of(seconds: float) -> str:
    """Return the month of a time as "2026-03", "" for none."""
    return "" if math.isnan(seconds) else _month_of_day(int(seconds // 86_400))


@functools.cache
def _month_of_day(day: int) -> str:
    return datetime.fromtimestamp(day * 86_400, tz=UTC).strftime("%Y-%m")


def records_of(
    ids: Sequence[object],
    cells: Mapping[str, Sequence[Any]],
    *,
    vectors: Vectors | None = None,
    widths: Ints | None = None,
    checkpoint: str = "",
) -> Records:
    """Return records from the cells of each role; a role that is not there says nothing.

    Args:
        ids: (n,) ids, of whatever type the store has.
        cells: Role → (n,) cells.
        vectors: (n, E) numbers; None where nobody asked.
        widths: (n,) numbers in each vector; None where nobody looked.
        checkpoint: What the stream goes on from.
    """
    size = len(ids)
    none = (None,) * size
    texts = tuple(None if cell is None else str(cell) for cell in cells.get(TEXT, none))
    digests = texts_of(cells[DIGEST]) if DIGEST in cells else tuple(map(_digest, texts))
    return Records(
        ids=texts_of(ids),
        vectors=np.zeros((size, 0), dtype=np.float32) if vectors is None else vectors,
        widths=np.full(size, UNKNOWN, dtype=np.int64) if widths is None else widths,
        versions=texts_of(cells.get(VERSION, none)),
        updated=seconds_of(cells[DATE]) if DATE in cells else np.full(size, np.nan),
        tenants=texts_of(cells.get(TENANT, none)),
        texts=texts,
        digests=digests,
        checkpoint=checkpoint,
    )


def _digest(text: str | None) -> str:
    return "" if text is None else text_digest(text)


def rows_of(cells: Sequence[Any], width: int) -> tuple[Vectors, Ints]:
    """Return (n, width) float32 and (n,) widths of vectors that are arrays or lists, or None."""
    found = np.fromiter(
        (0 if cell is None else len(cell) for cell in cells), dtype=np.int64, count=len(cells)
    )
    vectors = np.full((len(cells), width), np.nan, dtype=np.float32)
    fitting = np.flatnonzero((found == width) & (width > 0))
    if fitting.size:
        held: Array = np.array([cells[row] for row in fitting.tolist()], dtype=np.float32)
        vectors[fitting] = held
    return vectors, found
