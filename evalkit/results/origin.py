"""The origin: how, when and with which versions a result came about, and what it took."""

from __future__ import annotations

from evalkit.results.record import Number, Record


class CostPart(Record):
    """What one system took, measured: no two runs give the same."""

    encoded: int | None = None
    documents_per_second: Number | None = None
    index_bytes: Number | None = None
    searches: int | None = None
    search_p50_ms: Number | None = None
    search_p95_ms: Number | None = None
    tokens: Number | None = None
    tokens_counted: bool | None = None


class ScalePart(Record):
    """For how many documents, and at which price of a million tokens, costs are told beside the corpus's."""

    documents: Number | None = None
    price: Number | None = None
    price_date: str = ""


class ProvenancePart(Record):
    """How, when and with which versions a result came about: the one part in which equal runs differ."""

    command: str = ""
    created: str | None = None
    versions: dict[str, str] = {}
    platform: str | None = None
    seal: str | None = None
    costs: dict[str, CostPart] = {}
    scale: ScalePart = ScalePart()
