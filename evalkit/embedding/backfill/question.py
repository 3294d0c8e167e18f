"""What is asked of a backfill, how far it is, and what it did."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from evalkit.embedding.backfill.checkpoint import Inventory
from evalkit.embedding.backfill.pacing import Limits
from evalkit.embedding.backfill.places import Place
from evalkit.embedding.encoder import Fingerprint, Role
from evalkit.findings import Finding

SHARD_ROWS = 10_000
BATCH = 128


@dataclass(frozen=True, slots=True)
class BackfillProgress:
    """How far a backfill is: texts done, texts to do, seconds it took, tokens and what they cost."""

    done: int
    total: int
    seconds: float
    tokens: int
    cost: float | None


Told = Callable[[BackfillProgress], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class BackfillPlan:
    """How a corpus is embedded.

    Attributes:
        folder: Where shards go, on this machine or at a URL.
        role: What the texts are to the model.
        limits: Rates and budget.
        shard_rows: Documents in a shard.
        half: Whether numbers are kept as float16.
        batch: Texts in one request, at most.
    """

    folder: Place
    role: Role = Role.document
    limits: Limits = Limits()  # noqa: RUF009 - frozen
    shard_rows: int = SHARD_ROWS
    half: bool = False
    batch: int = BATCH


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """What a backfill did.

    Attributes:
        fingerprint: The space of the vectors.
        before: How things stood when it began.
        embedded: How many texts were embedded now.
        left: How many are still without a vector.
        tokens: Estimated tokens ever sent for this folder.
        shards: How many shards there are.
        findings: What was noticed.
    """

    fingerprint: Fingerprint
    before: Inventory
    embedded: int
    left: int
    tokens: int
    shards: int
    findings: tuple[Finding, ...] = ()
