"""Counting and drawing from the claims of records, for stores that do neither by themselves."""

from __future__ import annotations

import hashlib
import heapq
from collections import Counter
from collections.abc import Iterable, Mapping

from evalkit.auditing.stores.cells import month_of
from evalkit.auditing.stores.store import Group, Records, Stratum

_DIGEST_BITS = 128
_ALL = 2**_DIGEST_BITS


def rank(seed: int, identity: str) -> str:
    """Return where an id stands in the order by which samples are drawn: SQL's md5(seed || ':' || id)."""
    return hashlib.md5(
        f"{seed}:{identity}".encode("utf-8", "surrogatepass"), usedforsecurity=False
    ).hexdigest()


def strata_of(records: Records) -> list[Stratum]:
    """Return (n,) the stratum of each record."""
    months = [month_of(seconds) for seconds in records.updated.tolist()]
    return [Stratum(*row) for row in zip(records.versions, months, records.tenants, strict=True)]


def counted(batches: Iterable[Records]) -> tuple[Group, ...]:
    """Return the census of a stream of records."""
    counts: Counter[tuple[Stratum, int]] = Counter()
    for records in batches:
        counts.update(zip(strata_of(records), records.widths.tolist(), strict=True))
    return groups_of(counts)


def groups_of(counts: Mapping[tuple[Stratum, int], int]) -> tuple[Group, ...]:
    """Return counts by stratum and width as groups, sorted."""
    return tuple(Group(stratum, width, counts[stratum, width]) for stratum, width in sorted(counts))


def drawn(
    batches: Iterable[Records], sizes: Mapping[Stratum | None, int], seed: int
) -> dict[Stratum | None, tuple[str, ...]]:
    """Return the ids that stand first within each stratum, in one pass that holds no more than they are."""
    heaps: dict[Stratum | None, list[tuple[int, str]]] = {stratum: [] for stratum in sizes}
    for records in batches:
        for identity, stratum in zip(records.ids, strata_of(records), strict=True):
            entry = (_ALL - int(rank(seed, identity), 16), identity)
            for key in (stratum, None):
                if key in heaps:
                    _keep(heaps[key], entry, sizes[key])
    return {key: tuple(name for _, name in sorted(heap, reverse=True)) for key, heap in heaps.items()}


def _keep(heap: list[tuple[int, str]], entry: tuple[int, str], size: int) -> None:
    if len(heap) < size:
        heapq.heappush(heap, entry)
    elif heap and entry > heap[0]:
        heapq.heappushpop(heap, entry)
