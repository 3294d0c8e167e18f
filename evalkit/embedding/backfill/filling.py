"""Filling: texts without a vector are embedded request by request, and become shards."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from evalkit import figures
from evalkit.arrays import Array
from evalkit.embedding.backfill.checkpoint import Checkpoint, Inventory, WantedText, unusable
from evalkit.embedding.backfill.documents import Document, Source
from evalkit.embedding.backfill.pacing import Pace, tokens_of
from evalkit.embedding.backfill.places import Place, check_writable, is_gone, remove_drafts
from evalkit.embedding.backfill.question import BackfillPlan, BackfillProgress, Filled, Told
from evalkit.embedding.backfill.requests import batches, chunks, text_digest, tokens_in, vectors_of
from evalkit.embedding.backfill.shards import (
    Shard,
    read_shard,
    shard_path,
    write_shard,
)
from evalkit.embedding.backfill.sharing import Sharing
from evalkit.embedding.backfill.space import check_kept, in_the_same_space, may_be_asked, stamp
from evalkit.embedding.encoder import Encoder, Fingerprint, Piecemeal
from evalkit.embedding.sqlitefaults import SQLITE_FAULTS
from evalkit.errors import GoldenSetError
from evalkit.findings import Finding, Severity, place

__all__ = ["text_digest"]


def backfill(
    source: Source,
    encoder: Encoder,
    plan: BackfillPlan,
    *,
    progress: Told | None = None,
    pace: Pace | None = None,
    sharing: Sharing | None = None,
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
        sharing: Who embeds whole shards of new texts; None: this process embeds all.

    Raises:
        ModelError: The folder holds vectors of another space, or the model gave something else than vectors.
        GoldenSetError: A document stands twice, or cannot be read.
        OutputError: The folder cannot be written, or another process is at it.
        ProviderError: The provider failed after retries; everything that was answered is kept.
    """
    check_writable(plan.folder)
    encoder = in_the_same_space(encoder, plan.folder)
    checkpoint = Checkpoint(plan.folder)
    try:
        remove_drafts(plan.folder)
        if is_gone(plan.folder):
            checkpoint.forget()
        check_kept(checkpoint, plan)
        lost = checkpoint.reconcile()
        before = _noted(source, encoder.fingerprint, plan, checkpoint)
        # One that is asked request by request tells its dimensions by its first answer.
        if before.lacking and may_be_asked(encoder) and (sharing or not isinstance(encoder, Piecemeal)):
            encoder = encoder.settled(encoder.probe())
        if encoder.fingerprint.dims:
            stamp(encoder.fingerprint, plan.folder)
        filling = _Filling(encoder, plan, checkpoint, pace or Pace(plan.limits), before, progress)
        embedded = filling.fill(source, sharing)
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
    except SQLITE_FAULTS as error:  # damage is met wherever it lies
        raise unusable(plan.folder, checkpoint.path, error) from error
    finally:
        checkpoint.close()


def _noted(source: Source, fingerprint: Fingerprint, plan: BackfillPlan, checkpoint: Checkpoint) -> Inventory:
    """Note every text of the corpus, and return what lacks."""
    prompt = fingerprint.prompt(plan.role)
    for chunk in chunks(source()):
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
    _done: int = 0
    _spent: bool = False
    _begun: float = field(default_factory=time.monotonic)

    def fill(self, source: Source, sharing: Sharing | None = None) -> int:
        """Embed what lacks, and return how many texts that were; the budget may stop it before the end.

        New texts come first, since they fill shards of their own; then those that have changed.
        """
        if not self.before.lacking:
            return 0
        places = self.plan.shard_rows - self.checkpoint.waiting() % self.plan.shard_rows
        new = batches(source(), self.checkpoint.new_ones, self.plan, places=places)
        if sharing is not None:
            begun = places if places < self.plan.shard_rows else 0
            self._here(new, at_most=begun)  # a shard that another run began is filled up
            self._elsewhere(new, sharing)
        self._here(new)
        if self._done < self.before.lacking and not self._spent:
            self._here(batches(source(), self.checkpoint.lacking, self.plan))
        return self._done

    def _here(self, requests: Iterator[list[Document]], *, at_most: int | None = None) -> None:
        """Embed requests in this process, as many documents as a shard still takes where that is stated."""
        until = None if at_most is None else self._done + at_most
        while (until is None or self._done < until) and (batch := self._next(requests)):
            self.pace.wait(tokens_in(batch))
            self.checkpoint.spend(tokens_in(batch))
            self._embed(batch)
            if self.checkpoint.waiting() >= self.plan.shard_rows:
                self.write(final=False)
            self._tell()

    def _elsewhere(self, requests: Iterator[list[Document]], sharing: Sharing) -> None:
        """Have whole shards embedded and written by others."""
        fingerprint, numbers = self.encoder.fingerprint, self.checkpoint.free_numbers()
        for number, written in sharing.embedded(self._groups(requests), numbers, self.plan, fingerprint):
            shard = Shard(written.ids, np.zeros((0, fingerprint.dims), dtype=np.float32), written.digests)
            self.checkpoint.settle(number, written.mark, shard)
            self._done += len(written.ids)
            self._tell()

    def _groups(self, requests: Iterator[list[Document]]) -> Iterator[list[list[Document]]]:
        """Yield the requests of one shard after another; their tokens count from here on."""
        group: list[list[Document]] = []
        while batch := self._next(requests):
            self.checkpoint.spend(tokens_in(batch))
            group.append(batch)
            if sum(map(len, group)) >= self.plan.shard_rows:
                yield group
                group = []
        if group:
            yield group

    def _next(self, requests: Iterator[list[Document]]) -> list[Document] | None:
        """Return the next request; None where there is none, or the budget does not allow it."""
        batch = None if self._spent else next(requests, None)
        if batch is None or self.plan.limits.allows(self.checkpoint.spent + tokens_in(batch)):
            return batch
        self._spent = True
        return None

    def _tell(self) -> None:
        if self.told is not None:
            spent = self.checkpoint.spent
            seconds, cost = time.monotonic() - self._begun, self.plan.limits.cost(spent)
            self.told(BackfillProgress(self._done, self.before.lacking, seconds, spent, cost))

    def _embed(self, batch: Sequence[Document]) -> None:
        """Embed one request, and keep what comes."""
        learn = self._learned if may_be_asked(self.encoder) else None
        for items, vectors in vectors_of(batch, lambda: self.encoder, self.plan.role, learn):
            digests = [text_digest(item.body) for item in items]
            self.checkpoint.keep([item.id for item in items], digests, vectors)
            self._done += len(items)

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
        mark = write_shard(path, whole, fingerprint=self.encoder.fingerprint.digest, half=self.plan.half)
        self.checkpoint.settle(number, mark, fresh)


def _replaced(old: Shard, fresh: Shard) -> Shard:
    rows = {identity: row for row, identity in enumerate(fresh.ids)}
    vectors = np.array(old.vectors, dtype=np.float32)
    digests = list(old.digests)
    for at, identity in enumerate(old.ids):
        if identity in rows:
            vectors[at], digests[at] = fresh.vectors[rows[identity]], fresh.digests[rows[identity]]
    return Shard(old.ids, vectors, tuple(digests))


def _findings(folder: Place, lost: int, before: Inventory) -> tuple[Finding, ...]:
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
