"""Requests: the documents that lack a vector, as many at a time as one request holds, and their vectors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from evalkit.arrays import Array, Vectors
from evalkit.digests import digest_text
from evalkit.embedding.backfill.documents import Document
from evalkit.embedding.backfill.pacing import tokens_of
from evalkit.embedding.backfill.question import BackfillPlan
from evalkit.embedding.encoder import Encoder, Piecemeal, Role, TextError
from evalkit.embedding.encoding import checked
from evalkit.findings import place

DIGEST = 32  # hexadecimal digits: 128 bits
CHUNK = 1_000

Learn = Callable[[list[tuple[list[int], Array]]], list[tuple[list[int], Array]]]


def batches(
    documents: Iterator[Document],
    lacking: Callable[[list[str]], set[str]],
    plan: BackfillPlan,
    *,
    places: int | None = None,
) -> Iterator[list[Document]]:
    """Yield the documents that lack a vector, as many as fit into one request.

    Args:
        documents: The corpus.
        lacking: Which of some ids lack one.
        plan: How many texts and tokens a request may have, how many documents a shard.
        places: How many documents the shard that is begun takes; a request never reaches from one shard into
            the next. None where these documents make no shards.
    """
    batch: list[Document] = []
    tokens, left = 0, places
    for chunk in chunks(documents):
        wanted = lacking([item.id for item in chunk])
        for item in chunk:
            if item.id not in wanted:
                continue
            more = tokens_of(item.body)
            if batch and (len(batch) >= plan.batch or tokens + more > plan.limits.most_tokens or left == 0):
                yield batch
                batch, tokens = [], 0
                left = plan.shard_rows if left == 0 else left
            batch.append(item)
            tokens += more
            left = None if left is None else left - 1
    if batch:
        yield batch


def tokens_in(batch: Sequence[Document]) -> int:
    """Return the estimated tokens of the distinct texts of a request."""
    return sum(tokens_of(text) for text in {item.body for item in batch})


def vectors_of(
    batch: Sequence[Document], encoder: Callable[[], Encoder], role: Role, learn: Learn | None = None
) -> Iterator[tuple[list[Document], Vectors]]:
    """Yield the documents of one request with their vectors, each distinct text embedded once.

    Args:
        batch: The documents.
        encoder: Gives the model, which may have learned its dimensions since the request was sent.
        role: What the texts are to it.
        learn: What the first answers are told to, where they tell the model's dimensions.

    Raises:
        TextError: The model refuses a text; its documents are named.
    """
    owners: dict[str, list[Document]] = {}
    for item in batch:
        owners.setdefault(item.body, []).append(item)
    bodies = list(owners)
    try:
        for rows, made in _pieces(bodies, encoder(), role, learn):
            vectors = checked(made, len(rows), encoder().fingerprint)
            mine = [(item, row) for row, at in enumerate(rows) for item in owners[bodies[at]]]
            yield [item for item, _ in mine], vectors[[row for _, row in mine]]
    except TextError as error:
        at_fault = [item for row in error.rows for item in owners[bodies[row]]]
        raise error.naming([place(role, [item.line], [item.id]) for item in at_fault]) from None


def _pieces(
    bodies: list[str], encoder: Encoder, role: Role, learn: Learn | None
) -> Iterator[tuple[list[int], Array]]:
    if isinstance(encoder, Piecemeal):
        pieces = encoder.pieces(bodies, role)
        yield from learn(list(pieces)) if learn is not None else pieces
    else:
        yield list(range(len(bodies))), np.asarray(encoder.encode(bodies, role))


def text_digest(body: str) -> str:
    """Return the digest of a text without its prompt, which is of the space: stores of two models agree."""
    return digest_text(body)[:DIGEST]


def chunks(documents: Iterator[Document]) -> Iterator[list[Document]]:
    """Yield documents a thousand at a time."""
    chunk: list[Document] = []
    for item in documents:
        chunk.append(item)
        if len(chunk) >= CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
