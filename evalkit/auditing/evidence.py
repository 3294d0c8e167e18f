"""The evidence: records drawn from a store, joined with the texts that their vectors ought to be of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from evalkit.arrays import Bools, Ints
from evalkit.auditing.attribution import Attribution, attribute
from evalkit.auditing.grids import grids_of
from evalkit.auditing.making import Sampled
from evalkit.auditing.question import AuditQuestion, CurrentTexts
from evalkit.auditing.sampling import Bound, bound_of
from evalkit.auditing.stores.counting import strata_of
from evalkit.auditing.stores.store import Description, Records, Store, Stratum
from evalkit.digests import digest_texts
from evalkit.embedding.backfill.filling import text_digest
from evalkit.embedding.encoder import VectorSource
from evalkit.errors import ModelError, UsageError
from evalkit.findings import place

_SPARE = 16  # records that stand in for those that go between drawing and reading


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Forensics:
    """What holding vectors against models showed.

    Attributes:
        drawn: How many records were drawn.
        digest: One digest of their ids, by which the same draw is known again.
        without_text: How many of them could not be held against anything, as no text of theirs is there.
        gone: How many were gone when they were read.
        attribution: Whose vectors they are; None where none could be held against a model.
        bound: The share of foreign vectors, with its bounds among all records.
        strata: The same for each group of records.
        grids: How many vectors lie on which grid of rounded numbers.
        lacking: Why nothing could be held against a model; "" where it could.
    """

    drawn: int = 0
    digest: str = ""
    without_text: int = 0
    gone: int = 0
    attribution: Attribution | None = None
    bound: Bound = Bound(0, 0, 0.0, 1.0)  # noqa: RUF009 - frozen
    strata: Mapping[Stratum, Bound] = field(default_factory=dict)
    grids: Mapping[str, int] = field(default_factory=dict)
    lacking: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Draw:
    """Records that were drawn from a store: their ids, and those that were still there when read."""

    ids: tuple[str, ...]
    records: Records

    @property
    def gone(self) -> int:
        """How many were not."""
        return len(self.ids) - len(self.records)


def draw_records(store: Store, question: AuditQuestion, total: int) -> Draw | None:
    """Return as many records of a store as the question takes, by its seed; None where it takes none.

    Whoever deletes records meanwhile changes no promise: the next ones of the same draw stand in for them.

    Raises:
        ModelError: Records share an id.
    """
    count = question.drawn(total)
    if not count:
        return None
    ids = store.sample({None: count + max(_SPARE, count // 10)}, question.seed)[None]
    check_unique(store, ids)
    records = store.fetch(ids).first(count)
    looked_at = ids.index(records.ids[-1]) + 1 if len(records) == count else len(ids)
    return Draw(ids[:looked_at], records)


def check_unique(store: Store, ids: Sequence[str]) -> None:
    """Raise where records share an id: one of them would be looked at and pass for the other.

    They have one place in the order of a draw, and are drawn together.

    Raises:
        ModelError: They do.
    """
    twice = sorted(identity for identity, times in Counter(ids).items() if times > 1)
    if twice:
        name = store.describe().name
        raise ModelError(
            f"{len(twice)} of {len(set(ids))} ids that were drawn stand more than once in {name}",
            places=(place(name, (), twice),),
            hint="which column tells records apart? --map id=COLUMN; else remove the older ones",
            code="EK557",
        )


def gather_evidence(
    draw: Draw | None, described: Description, question: AuditQuestion, total: int, claim: str
) -> Forensics:
    """Return what holding drawn records against the expected models shows; the store is not asked again.

    Args:
        draw: The records; None where none were to be looked at.
        described: The store that they are of.
        question: What is asked.
        total: How many records there are.
        claim: What the store as a whole states of its model, for records that state nothing.
    """
    if draw is None:
        return Forensics(lacking="no vector was looked at")
    ids, records = draw.ids, draw.records
    by_id = isinstance(question.expected.encoder, VectorSource)
    rows, sampled = join_texts(records, question.texts, claim, needs_text=not by_id)
    found = Forensics(
        drawn=len(ids),
        digest=digest_texts(sorted(ids)),
        gone=draw.gone,
        without_text=len(records) - len(sampled),
        grids=grids_of(records.vectors[records.sound]).names() if records.sound.size else {},
        lacking=_lacking(described, question, sampled),
    )
    if found.lacking:
        return found
    attribution = attribute(sampled, question.bench)
    whole = total - draw.gone if len(sampled) == len(records) else None
    return replace(
        found,
        attribution=attribution,
        bound=bound_of(int(attribution.foreign.sum()), len(sampled), whole),
        strata=_by_stratum([strata_of(records)[row] for row in rows.tolist()], attribution.foreign),
    )


def _by_stratum(groups: Sequence[Stratum], foreign: Bools) -> dict[Stratum, Bound]:
    """Return the bounds of each group of records."""
    found: dict[Stratum, Bound] = {}
    for stratum in sorted(set(groups)):
        inside = np.array([group == stratum for group in groups])
        found[stratum] = bound_of(int(foreign[inside].sum()), int(inside.sum()))
    return found


def join_texts(
    records: Records, current: CurrentTexts | None, claim: str, *, needs_text: bool = True
) -> tuple[Ints, Sampled]:
    """Return the rows that have a text, and these records joined with theirs.

    Args:
        records: Records that were drawn.
        current: The texts as they are now; None for those that the store holds.
        claim: What the store as a whole states of its model.
        needs_text: Whether records without a text are left out.

    Raises:
        UsageError: Texts were named, and not one record is among them.
    """
    found = [current.bodies.get(name) for name in records.ids] if current else list(records.texts)
    rows = np.array([row for row, text in enumerate(found) if text or not needs_text], dtype=np.int64)
    if current is not None and len(records) and not rows.size:
        raise UsageError(
            f"no record that was drawn has a text in {current.source}",
            places=(place("ids there", (), sorted(current.bodies)), place("ids here", (), records.ids)),
            hint="name the texts of this store, or which column holds its ids: --map id=COLUMN",
            code="EK644",
        )
    texts = tuple(found[row] or "" for row in rows.tolist())
    held = tuple(records.texts[row] or "" for row in rows.tolist())
    return rows, Sampled(
        ids=tuple(records.ids[row] for row in rows.tolist()),
        vectors=records.vectors[rows],
        texts=texts,
        claims=tuple(records.versions[row] or claim for row in rows.tolist()),
        outdated=np.array(
            [_is_outdated(records, row, found[row] or "", current) for row in rows.tolist()], dtype=np.bool_
        ),
        held=held if current is not None and any(held) else (),
    )


def _is_outdated(records: Records, row: int, text: str, current: CurrentTexts | None) -> bool:
    """Return whether a record says that its vector is of another text than the one there is now."""
    stated = records.digests[row]
    if stated and stated != text_digest(text):
        return True
    changed = current.updated.get(records.ids[row]) if current else None
    return bool(changed is not None and records.updated[row] < changed)


def _lacking(described: Description, question: AuditQuestion, sampled: Sampled) -> str:
    """Return why vectors cannot be held against the expected model; "" where they can."""
    if not described.exact:
        return (
            f"the store gives approximations of its vectors ({described.stored}), which tell no model apart"
        )
    if not len(sampled):
        return "no record that was drawn has a text to make its vector from again"
    lacking = [model.name for model in question.allowed if model.encoder is None]
    return f"nothing here encodes with {lacking[0]}" if lacking else ""
