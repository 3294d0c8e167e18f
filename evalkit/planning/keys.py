"""The keys: every input that a plan knows, with what it is, its unit and what is assumed of it."""

from __future__ import annotations

from dataclasses import dataclass

from evalkit.defaults import MARGIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A number that a plan can be told.

    Attributes:
        table: The table of plan.toml in which it stands.
        unit: What it counts.
        meaning: What it is, for the template and the page.
        least: The smallest it can be.
        most: The largest.
        whole: Whether it is a whole number.
        assumed: What stands for it where nobody says, with its range; None where nothing may.
        why: What the assumption rests on.
        dated: Whether it is a price, which needs its date.
    """

    table: str
    unit: str
    meaning: str
    least: float = 0.0
    most: float = float("inf")
    whole: bool = False
    assumed: tuple[float, float, float] | None = None
    why: str = ""
    dated: bool = False


OPENAI = "limits of OpenAI's embeddings, as documented"
KEYS: dict[str, Key] = {
    "documents": Key(table="corpus", unit="documents", meaning="corpus to plan for", least=1, whole=True),
    "tokens_per_document": Key(table="corpus", unit="tokens", meaning="mean of a document", least=0.01),
    "tokens_per_character": Key(
        table="corpus",
        unit="tokens",
        meaning="mean of a character",
        least=0.001,
        most=10,
        assumed=(0.25, 0.22, 0.29),
        why="four characters a token, which was off by −13 % to +9 % where it was measured",
    ),
    "tpm": Key(
        table="provider",
        unit="tokens a minute",
        meaning="limit of the provider, or the speed of a model of one's own",
        least=1,
        assumed=(1e6, 3e5, 3e6),
        why="usual for paid accounts; your provider's page of limits says yours",
    ),
    "tokens_per_s": Key(
        table="provider", unit="tokens a second", meaning="speed of a model of one's own", least=1e-6
    ),
    "rpm": Key(
        table="provider",
        unit="requests a minute",
        meaning="limit of the provider",
        least=1,
        assumed=(3000, 1000, 5000),
        why="usual for paid accounts",
    ),
    "headroom": Key(
        table="provider",
        unit="share",
        meaning="part of both limits that is left to live traffic",
        most=0.99,
        assumed=(0.3, 0.2, 0.4),
        why="live queries come in bursts",
    ),
    "retry_share": Key(
        table="provider",
        unit="share",
        meaning="requests that are sent again",
        most=0.99,
        assumed=(0.01, 0.0, 0.05),
        why="usual under a limit that is kept",
    ),
    "batch": Key(
        table="provider",
        unit="documents",
        meaning="most in one request",
        least=1,
        whole=True,
        assumed=(2048, 2048, 2048),
        why=OPENAI,
    ),
    "request_tokens": Key(
        table="provider",
        unit="tokens",
        meaning="most in one request",
        least=1,
        assumed=(300_000, 300_000, 300_000),
        why=OPENAI,
    ),
    "input_tokens": Key(
        table="provider",
        unit="tokens",
        meaning="most in one document",
        least=1,
        assumed=(8192, 8192, 8192),
        why=OPENAI,
    ),
    "latency_s": Key(
        table="provider",
        unit="seconds",
        meaning="time of a request",
        assumed=(1.0, 0.3, 3.0),
        why="full requests take about a second",
    ),
    "concurrency": Key(
        table="provider",
        unit="requests",
        meaning="under way at the same time",
        least=1,
        whole=True,
        assumed=(8, 4, 16),
        why="usual for one process",
    ),
    "live_qps": Key(
        table="traffic",
        unit="queries a second",
        meaning="searches that go on meanwhile",
        assumed=(1.0, 0.1, 10.0),
        why="nobody said",
    ),
    "live_tokens": Key(table="traffic", unit="tokens", meaning="mean of a query", least=0.01),
    "writes_per_s": Key(
        table="traffic",
        unit="documents a second",
        meaning="documents written or changed",
        assumed=(0.0, 0.0, 0.1),
        why="nobody said: a corpus at rest",
    ),
    "updates_per_hour": Key(
        table="traffic",
        unit="an hour",
        meaning="changes of one document",
        assumed=(0.0, 0.0, 0.001),
        why="nobody said: a corpus at rest",
    ),
    "price": Key(table="price", unit="a million tokens", meaning="price of embedding", dated=True),
    "batch_discount": Key(
        table="price", unit="share", meaning="discount of the provider's batches", most=0.95
    ),
    "storage_price": Key(table="price", unit="a GB and month", meaning="price of storage", dated=True),
    "replicas": Key(
        table="store",
        unit="copies",
        meaning="further copies of the index",
        whole=True,
        most=100,
        assumed=(0, 0, 0),
        why="one copy",
    ),
    "m": Key(
        table="store",
        unit="links",
        meaning="links of the graph for each vector",
        least=2,
        most=256,
        whole=True,
        assumed=(16, 16, 16),
        why="what engines take where nobody says",
    ),
    "bytes_per_vector": Key(table="store", unit="bytes", meaning="one vector in the index", least=0.01),
    "storage_limit_gb": Key(
        table="store", unit="GB", meaning="most that may be stored at a time", least=1e-9
    ),
    "window_hours": Key(
        table="migration",
        unit="hours",
        meaning="over which running costs and delay are counted",
        least=0.01,
        assumed=(720, 720, 720),
        why="a month",
    ),
    "canary_hours": Key(
        table="migration",
        unit="hours",
        meaning="of canary before a flag is turned",
        assumed=(24, 24, 72),
        why="one day of traffic",
    ),
    "rollback_hours": Key(
        table="migration",
        unit="hours",
        meaning="for which the old index is kept current after the swap",
        assumed=(72, 72, 72),
        why="a long weekend",
    ),
    "margin": Key(
        table="migration",
        unit="of the measure",
        meaning="loss against the old index that is accepted",
        most=1,
        assumed=(MARGIN, MARGIN, MARGIN),
        why="what evalkit compare accepts",
    ),
    "zipf": Key(
        table="lazy",
        unit="exponent",
        meaning="how unevenly documents are shown",
        most=3,
        assumed=(0.8, 0.6, 1.0),
        why="usual for search; a log says yours",
    ),
    "candidates": Key(
        table="lazy",
        unit="documents",
        meaning="touched by a query",
        least=1,
        most=10_000,
        whole=True,
        assumed=(50, 50, 50),
        why="what the lab's cascade takes",
    ),
    "sweep_from": Key(
        table="lazy",
        unit="share",
        meaning="of the traffic that is new when the sweep of the tail begins",
        most=0.9999,
        assumed=(0.95, 0.95, 0.95),
        why="beyond it queries hardly touch anything",
    ),
}
