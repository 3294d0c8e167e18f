"""The sizing: hours and bytes of a corpus, computed from what was measured on one machine."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Rates", "size_of"]

HOUR_S = 3600
GIGABYTE = 1_000_000_000
MILLION = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """What one core does, as it was measured.

    Attributes:
        texts_per_second: Texts that one core embeds in a second.
        search_seconds: Seconds of one core for 1,000 queries against a million documents, reading included.
    """

    texts_per_second: float
    search_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """What a corpus takes.

    Attributes:
        embed_core_hours: Hours of one core for embedding it.
        embed_hours: Hours by the clock on so many workers of one core: whole shards, shared out evenly.
        gigabytes: Of its vectors.
        search_core_hours: Hours of one core for 1,000 queries, exact.
    """

    embed_core_hours: float
    embed_hours: float
    gigabytes: float
    search_core_hours: float


def size_of(
    documents: int, workers: int, rates: Rates, *, row_bytes: int = 768, shard_rows: int = 10_000
) -> Size:
    """Return what a corpus takes, linear in its documents; on a cluster it is a bound from below.

    Args:
        documents: D, how many there are.
        workers: Workers of one core each.
        rates: What was measured.
        row_bytes: Bytes of one vector; 768 are 384 numbers in float16.
        shard_rows: Documents in a shard; the clock runs in whole shards.

    Examples:
        >>> size = size_of(1_000_000, 16, Rates(texts_per_second=50.0, search_seconds=48.0))
        >>> round(size.embed_core_hours, 2), round(size.embed_hours, 3), size.gigabytes
        (5.56, 0.389, 0.768)
    """
    per_shard = min(shard_rows, documents) / rates.texts_per_second
    shards = -(-documents // shard_rows)
    return Size(
        embed_core_hours=documents / rates.texts_per_second / HOUR_S,
        embed_hours=-(-shards // workers) * per_shard / HOUR_S,
        gigabytes=documents * row_bytes / GIGABYTE,
        search_core_hours=documents / MILLION * rates.search_seconds / HOUR_S,
    )
