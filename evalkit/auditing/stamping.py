"""Stamping: what records that state no model have for vectors, before anybody writes a name beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from evalkit.auditing.attribution import Attribution, attribute
from evalkit.auditing.census import Census
from evalkit.auditing.evidence import check_unique, join_texts
from evalkit.auditing.question import AuditQuestion
from evalkit.auditing.sampling import Bound, bound_of
from evalkit.auditing.stores.store import Store, Stratum


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Unstated:
    """Records that state no model, and what their vectors show.

    Attributes:
        count: How many there are.
        bound: The share of them that is of another model, among those that were drawn.
        attribution: Whose vectors these are; None where none could be made again.
    """

    count: int
    bound: Bound
    attribution: Attribution | None


def examine_unstated(store: Store, question: AuditQuestion) -> Unstated:
    """Draw from the records that state no model, evenly, and return whose vectors they have.

    Raises:
        EvalkitError: The store or the model failed, or texts do not belong to the store.
    """
    census = Census(store.census())
    total = census.unstated
    wanted = question.drawn(total)
    sizes = _spread({g.stratum: g.count for g in census.groups if not g.stratum.version}, wanted)
    drawn = store.sample(sizes, question.seed) if sizes else {}
    ids = [identity for some in drawn.values() for identity in some]
    if not ids or not store.describe().exact:
        return Unstated(count=total, bound=bound_of(0, 0, total), attribution=None)
    check_unique(store, ids)
    records = store.fetch(ids)
    store.close()  # which is not kept waiting while a model works
    _, sampled = join_texts(records, question.texts, "")
    if not len(sampled):
        return Unstated(count=total, bound=bound_of(0, 0, total), attribution=None)
    # Whatever records state elsewhere: these are held against the one model they are to be stamped with.
    found = attribute(sampled, replace(question, window=None, old=None).bench)
    bound = bound_of(int(found.foreign.sum()), len(sampled), total if len(sampled) == len(ids) else None)
    return Unstated(count=total, bound=bound, attribution=found)


def _spread(counts: Mapping[Stratum, int], wanted: int) -> dict[Stratum | None, int]:
    """Return how many to draw from each group so that its share is kept, at least one from each."""
    total = sum(counts.values())
    return {stratum: min(count, int(np.ceil(wanted * count / total))) for stratum, count in counts.items()}
