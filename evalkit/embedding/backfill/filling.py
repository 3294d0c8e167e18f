"""Filling: texts without a vector are embedded request by request, and become shards."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from evalkit import figures
from evalkit.arrays import Array
from evalkit.digests import digest_text
from evalkit.embedding.backfill.checkpoint import Checkpoint, Inventory, WantedText
from evalkit.embedding.backfill.documents import Document, Source
from evalkit.embedding.backfill.pacing import Pace, tokens_of
from evalkit.embedding.backfill.question import BackfillPlan, BackfillProgress, Filled, Told
from evalkit.embedding.backfill.shards import (
    Shard,
    read_shard,
    remove_drafts,
    shard_path,
    write_shard,
)
from evalkit.embedding.backfill.space import check_kept, in_the_same_space, may_be_asked, stamp
from evalkit.embedding.encoder import Encoder, Fingerprint, Piecemeal, TextError
from evalkit.embedding.encoding import checked
from evalkit.errors import GoldenSetError
from evalkit.findings import Finding, Severity, place
from evalkit.output import check_folder

_CHUNK = 1_000
DIGEST = 32  # hexadecimal digits: 128 bits


def backfill(
    source: Source,
    encoder: Encoder,
    plan: BackfillPlan,
    *,
    progress: Told | None = None,
    pace: Pace | None = None,
) -> Filled:
    """Embed every text of a corpus that has no vector yet; stopped at any point, it goes on from there.

    Each answer is kept before the next request is sent, so that a killed process loses no more than the
    request that was on its way. A shard is complete or absent.

    Args:
        source: The documents, which are read twice: once to see what lacks, once to embed it.
        encoder: The model.
        plan: Where to, and how fast.
        progress: Called after each request.
        pace: Who keeps requests apart; None for one that follows the plan's limits.

    Raises:
        ModelError: The folder holds vectors of another space, or the model gave something else than vectors.
        GoldenSetError: A document stands twice, or cannot be read.
        OutputError: The folder cannot be written, or another process is at it.
        ProviderError: The provider failed after retries; everything that was answered is kept.
    """
    check_folder(plan.folder)
    plan.folder.mkdir(parents=True, exist_ok=True)
    encoder = in_the_same_space(encoder, plan.folder)
    checkpoint = Checkpoint(plan.folder)
    try:
        remove_drafts(plan.folder)
        check_kept(checkpoint, plan)
        lost = checkpoint.reconcile()
        before = _noted(source, encoder.fingerprint, plan, checkpoint)
        # One that is asked request by request tells its dimensions by its first answer.
        if before.lacking and may_be_asked(encoder) and not isinstance(encoder, Piecemeal):
            encoder = encoder.settled(encoder.probe())
        if encoder.fingerprint.dims:
            stamp(encoder.fingerprint, plan.folder)
        filling = _Filling(encoder, plan, checkpoint, pace or Pace(plan.limits), before, progress)
        embedded = filling.fill(source)
        filling.write(final=True)
        return Filled(
            fingerprint=filling.encoder.fingerprint,
            before=before,
            embedded=embedded,
            left=before.lacking - embedded,
            tokens=checkpoint.spent,
            shards=checkpoint.shards,
            findings=_findings(plan.folder, lost, before),
        )
    finally:
        checkpoint.close()


def _noted(source: Source, fingerprint: Fingerprint, plan: BackfillPlan, checkpoint: Checkpoint) -> Inventory:
    """Note every text of the corpus, and return what lacks."""
    prompt = fingerprint.prompt(plan.role)
    for chunk in _chunks(source()):
        wanted = [
            WantedText(item.id, text_digest(item.body), tokens_of(prompt + item.body), item.line)
            for item in chunk
        ]
        with checkpoint.transaction():
            repeated = checkpoint.want(wanted)
        if repeated:
            identity, first = repeated
            again = next(item.line for item in chunk if item.id == identity and item.line != first)
            raise GoldenSetError(
                f"the id {identity!r} stands twice",
                places=(place("lines", [first, again]),),
                hint="each document has an id of its own",
                code="EK724",
            )
    return checkpoint.inventory()


@dataclass(slots=True)
class _Filling:
    """One pass over a corpus; its encoder's dimensions may be learned on the way."""

    encoder: Encoder
    plan: BackfillPlan
    checkpoint: Checkpoint
    pace: Pace
    before: Inventory
    told: Told | None

    def fill(self, source: Source) -> int:
        """Embed what lacks, and return how many texts that were; the budget may stop it before the end."""
        done, begun = 0, time.monotonic()
        if not self.before.lacking:
            return 0
        for batch in self._batches(source()):
            tokens = sum(tokens_of(text) for text in {item.body for item in batch})
            if not self.plan.limits.allows(self.checkpoint.spent + tokens):
                break
            self.pace.wait(tokens)
            self.checkpoint.spend(tokens)
            done += self._embed(batch)
            if self.checkpoint.waiting() >= self.plan.shard_rows:
                self.write(final=False)
            if self.told is not None:
                spent = self.checkpoint.spent
                cost = self.plan.limits.cost(spent)
                self.told(BackfillProgress(done, self.before.lacking, time.monotonic() - begun, spent, cost))
        return done

    def _batches(self, documents: Iterator[Document]) -> Iterator[list[Document]]:
        """Yield the documents that lack a vector, as many as fit into one request."""
        batch: list[Document] = []
        tokens = 0
        for chunk in _chunks(documents):
            lacking = self.checkpoint.lacking([item.id for item in chunk])
            for item in chunk:
                if item.id not in lacking:
                    continue
                more = tokens_of(item.body)
                if batch and (len(batch) >= self.plan.batch or tokens + more > self.plan.limits.most_tokens):
                    yield batch
                    batch, tokens = [], 0
                batch.append(item)
                tokens += more
        if batch:
            yield batch

    def _embed(self, batch: Sequence[Document]) -> int:
        """Embed the distinct texts of one request, keep what comes, and return how many documents have it."""
        role = self.plan.role
        owners: dict[str, list[Document]] = {}
        for item in batch:
            owners.setdefault(item.body, []).append(item)
        bodies, kept = list(owners), 0
        try:
            for rows, made in self._pieces(bodies):
                vectors = checked(made, len(rows), self.encoder.fingerprint)
                mine = [(item, row) for row, at in enumerate(rows) for item in owners[bodies[at]]]
                self.checkpoint.keep(
                    [item.id for item, _ in mine],
                    [text_digest(item.body) for item, _ in mine],
                    vectors[[row for _, row in mine]],
                )
                kept += len(mine)
        except TextError as error:
            at_fault = [item for row in error.rows for item in owners[bodies[row]]]
            raise error.naming([place(role, [item.line], [item.id]) for item in at_fault]) from None
        return kept

    def _pieces(self, bodies: list[str]) -> Iterator[tuple[list[int], Array]]:
        if isinstance(self.encoder, Piecemeal):
            pieces = self.encoder.pieces(bodies, self.plan.role)
            yield from self._learned(list(pieces)) if may_be_asked(self.encoder) else pieces
        else:
            yield list(range(len(bodies))), np.asarray(self.encoder.encode(bodies, self.plan.role))

    def _learned(self, pieces: list[tuple[list[int], Array]]) -> list[tuple[list[int], Array]]:
        """Take the dimensions from the first answers, and give empty texts the zero vector of as many."""
        if not may_be_asked(self.encoder):
            return pieces
        dims = max(vectors.shape[1] for _, vectors in pieces) or self.encoder.probe()
        self.encoder = self.encoder.settled(dims)
        stamp(self.encoder.fingerprint, self.plan.folder)
        return [
            (rows, vectors if vectors.shape[1] else np.zeros((len(rows), dims), dtype=np.float32))
            for rows, vectors in pieces
        ]

    def write(self, *, final: bool) -> None:
        """Write what waits into shards: full ones; at the end the rest, and new vectors for older texts."""
        fingerprint, plan = self.encoder.fingerprint, self.plan
        while (found := self.checkpoint.next_shard(plan.shard_rows, fingerprint.dims)) is not None:
            number, shard = found
            if len(shard.ids) < plan.shard_rows and not final:
                return
            self._settled(number, shard, shard)
        for number in self.checkpoint.outdated() if final else ():
            fresh = self.checkpoint.replacements(number, fingerprint.dims)
            self._settled(number, _replaced(read_shard(shard_path(plan.folder, number)), fresh), fresh)

    def _settled(self, number: int, whole: Shard, fresh: Shard) -> None:
        path = shard_path(self.plan.folder, number)
        size = write_shard(path, whole, fingerprint=self.encoder.fingerprint.digest, half=self.plan.half)
        self.checkpoint.settle(number, size, fresh)


def _replaced(old: Shard, fresh: Shard) -> Shard:
    rows = {identity: row for row, identity in enumerate(fresh.ids)}
    vectors = np.array(old.vectors, dtype=np.float32)
    digests = list(old.digests)
    for at, identity in enumerate(old.ids):
        if identity in rows:
            vectors[at], digests[at] = fresh.vectors[rows[identity]], fresh.digests[rows[identity]]
    return Shard(old.ids, vectors, tuple(digests))


def text_digest(body: str) -> str:
    """Return the digest of a text without its prompt, which is of the space: stores of two models agree."""
    return digest_text(body)[:DIGEST]


def _chunks(documents: Iterator[Document]) -> Iterator[list[Document]]:
    chunk: list[Document] = []
    for item in documents:
        chunk.append(item)
        if len(chunk) >= _CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _findings(folder: Path, lost: int, before: Inventory) -> tuple[Finding, ...]:
    found = []
    if lost:
        problem = (
            f"something in {folder} was missing or changed: {figures.count(lost)} texts were embedded again"
        )
        found.append(Finding("EK725", Severity.WARNING, problem, (), "nothing, if that is meant"))
    if before.strangers:
        problem = f"{figures.count(before.strangers)} vectors are of documents that the corpus no longer has"
        hint = "delete these documents in the store, too; to begin anew, name another folder with -o"
        places = (place(folder, (), before.some_strangers),)
        found.append(Finding("EK728", Severity.NOTICE, problem, places, hint))
    return tuple(found)
