"""Sharing: whole shards embedded and written by workers, each a task of its own."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from evalkit.embedding.backfill.documents import Document
from evalkit.embedding.backfill.pacing import Limits, Pace
from evalkit.embedding.backfill.places import mark_of
from evalkit.embedding.backfill.question import BackfillPlan
from evalkit.embedding.backfill.requests import text_digest, tokens_in, vectors_of
from evalkit.embedding.backfill.shards import Shard, read_shard, shard_path, stamp_of, write_shard
from evalkit.embedding.encoder import Encoder, Fingerprint, Probing
from evalkit.errors import ModelError
from evalkit.scaling.executor import Executor
from evalkit.scaling.scratch import load

Opening = Callable[[], Encoder]
_OPEN: dict[str, tuple[Encoder, Pace]] = {}  # what this worker has opened


@dataclass(frozen=True, slots=True)
class Task:
    """One shard: its number, and the file that holds the requests it is made of."""

    number: int
    requests: str


@dataclass(frozen=True, slots=True)
class Written:
    """What a worker has written: the documents of a shard, the digests of their texts, and its mark."""

    ids: tuple[str, ...]
    digests: tuple[str, ...]
    mark: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Filler:
    """What all shards of one command share.

    Attributes:
        name: What no other command has.
        opening: Gives the encoder, where the worker is.
        fingerprint: The space that it must be of.
        plan: Where to, and how fast each worker may ask.
    """

    name: str
    opening: Opening
    fingerprint: Fingerprint
    plan: BackfillPlan


@dataclass(frozen=True, slots=True)
class Sharing:
    """Who embeds shards, and how a worker comes by the encoder: a picklable call."""

    executor: Executor
    opening: Opening

    def embedded(
        self,
        groups: Iterator[list[list[Document]]],
        numbers: Iterable[int],
        plan: BackfillPlan,
        fingerprint: Fingerprint,
    ) -> Iterator[tuple[int, Written]]:
        """Yield the number of each shard, once it is written, and what it holds.

        Args:
            groups: The requests of each shard; no more of them are held than workers are busy with.
            numbers: What the shards are called.
            plan: How one process would do it: rates are for all workers together.
            fingerprint: The space.
        """
        scratch, slots = self.executor.scratch, self.executor.slots
        limits = plan.limits
        there = dataclasses.replace(plan, folder=plan.folder.absolute(), limits=_part(limits, slots))
        filler = Filler(name=str(scratch.folder), opening=self.opening, fingerprint=fingerprint, plan=there)
        tasks = (Task(number, scratch.put(group)) for group, number in zip(groups, numbers, strict=False))
        ahead = slots if limits.rpm or limits.tpm else 2 * slots
        for task, written in self.executor.stream(embed_shard, scratch.put(filler), tasks, ahead=ahead):
            scratch.drop(task.requests)
            yield task.number, written


def embed_shard(filler: Filler, task: Task) -> Written:
    """Embed the requests of one shard and write it, whole or not at all; one that is there is left alone.

    Raises:
        ModelError: This worker's model is another than the driver's.
    """
    plan, path = filler.plan, shard_path(filler.plan.folder, task.number)
    requests: list[list[Document]] = load(task.requests)
    documents = [item for request in requests for item in request]
    wanted = {item.id: text_digest(item.body) for item in documents}
    if path.exists() and stamp_of(path) == filler.fingerprint.digest:  # of a worker that died after it
        held = read_shard(path)
        if dict(zip(held.ids, held.digests, strict=True)) == wanted:
            return Written(held.ids, held.digests, mark_of(path))
    encoder, pace = _opened(filler)
    ids: list[str] = []
    vectors = []
    for request in requests:
        pace.wait(tokens_in(request))
        for items, made in vectors_of(request, lambda: encoder, plan.role):
            ids += [item.id for item in items]
            vectors.append(made)
    shard = Shard(tuple(ids), np.concatenate(vectors), tuple(wanted[identity] for identity in ids))
    mark = write_shard(path, shard, fingerprint=filler.fingerprint.digest, half=plan.half)
    return Written(shard.ids, shard.digests, mark)


def _opened(filler: Filler) -> tuple[Encoder, Pace]:
    """Return the encoder and the pace of this worker, which outlive a shard."""
    if filler.name not in _OPEN:
        encoder = filler.opening()
        if isinstance(encoder, Probing) and not encoder.fingerprint.dims:
            encoder = encoder.settled(filler.fingerprint.dims)
        mine, theirs = encoder.fingerprint.to_settings(), filler.fingerprint.to_settings()
        if mine != theirs:
            changed = [key for key in {**theirs, **mine} if mine.get(key) != theirs.get(key)]
            raise ModelError(
                "a worker's model is another than that of the machine that the command was typed on",
                places=tuple(f"{key}   there {mine.get(key)!r}, here {theirs.get(key)!r}" for key in changed),
                hint="name its revision, or give all machines the same files",
                code="EK769",
            )
        _OPEN.clear()
        _OPEN[filler.name] = encoder, Pace(filler.plan.limits)
    return _OPEN[filler.name]


def _part(limits: Limits, slots: int) -> Limits:
    """Return what one of some workers may use of the limits of all."""
    rpm, tpm = (None if rate is None else rate / slots for rate in (limits.rpm, limits.tpm))
    return dataclasses.replace(limits, rpm=rpm, tpm=tpm)
