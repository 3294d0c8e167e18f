"""Qdrant's names: which vectors of a collection are meant, what ids of points are, where a scroll goes on."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from evalkit.auditing.stores.cells import VECTOR
from evalkit.auditing.stores.faults import no_numbers, several_vectors
from evalkit.errors import UsageError


def vectors_meant(shown: str, stated: Any, asked: Mapping[str, str]) -> tuple[str, Any]:
    """Return the name of the vectors that are meant, "" for unnamed ones, and what is said of them."""
    named = stated if isinstance(stated, Mapping) else {"": stated}
    wanted = asked.get(VECTOR, "")
    if stated is None or not named:
        raise no_numbers(shown, "its points", "sparse vectors", "a collection of dense vectors")
    if wanted and wanted not in named:
        raise UsageError(
            f"{shown} has no vectors called {wanted!r}", hint=f"it has {', '.join(named)}", code="EK618"
        )
    if not wanted and len(named) > 1:
        raise several_vectors(shown, sorted(named))
    vector = wanted or next(iter(named))
    if getattr(named[vector], "multivector_config", None) is not None:
        raise no_numbers(shown, vector or "vectors", "several vectors a point", "one vector for each point")
    return vector, named[vector]


def point_id(name: str) -> int | str | None:
    """Return an id as Qdrant has it: a whole number or a UUID; None where it is neither."""
    if name.isdigit():
        return int(name)
    try:
        return str(uuid.UUID(name))
    except ValueError:
        return None


def checkpoint_at(offset: Any) -> str:
    """Return the id that follows; behind the last one nothing is left, which an id beyond all says."""
    return "ffffffff-ffff-ffff-ffff-ffffffffffff" if offset is None else str(offset)
