"""Orders: which documents move first, as the share of the corpus that has moved once each of them has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime

import numpy as np

from evalkit.arrays import Floats, Ints, Vectors, check_shape, read_only
from evalkit.embedding.embeddedset import EmbeddedSet
from evalkit.errors import GoldenSetError, InvalidValueError, UnknownNameError, UsageError
from evalkit.golden.goldenset import GoldenSet
from evalkit.indexing.faiss import build_index
from evalkit.retrieval.run import retrieve
from evalkit.spaces.kmeans import nearest_centres
from evalkit.streams import stream

RANDOM, LAZY = "random", "lazy"
HOT_DEPTH = 10
DATE_FIELDS = ("updated_at", "date", "created_at", "published_at", "timestamp")


@dataclass(frozen=True, slots=True, eq=False)
class Order:
    """Which documents move first.

    Attributes:
        name: What users call it.
        positions: (D,) in (0, 1]: document j has moved when the share is at least positions[j]. None for
            the random order, in which every document moves independently with probability share.
    """

    name: str
    positions: Floats | None = None

    def __post_init__(self) -> None:
        """Check that positions are shares of the corpus."""
        if self.positions is None:
            return
        check_shape("positions", self.positions, (None,))
        if not np.all((self.positions > 0) & (self.positions <= 1)):
            raise InvalidValueError(
                "positions must lie in (0, 1]", hint="make them with Order.of_ranking", code="EK571"
            )
        object.__setattr__(self, "positions", read_only(self.positions))

    @classmethod
    def of_ranking(cls, name: str, first_to_last: Ints) -> Order:
        """Return the order in which document rows move one by one."""
        positions = np.empty(first_to_last.size)
        positions[first_to_last] = np.arange(1, first_to_last.size + 1) / first_to_last.size
        return cls(name, positions)


def make_order(name: str, golden: GoldenSet, old: EmbeddedSet, new: EmbeddedSet, *, seed: int) -> Order:
    """Return the order that a name stands for.

    Args:
        name: "random"; "id" (as jobs walk ids); "date", "date:FIELD" or "date:FIELD:newest" (oldest first
            unless said otherwise); "field:NAME" (value by value: tenant by tenant); "hot" (most retrieved
            by the old index first, queries counting by their weight) or "hot:FIELD" (largest number
            first, for example from a log); "cluster" or "cluster:COUNT" (k-means of the new vectors).
            Equal documents go by id; those without a value go last.
        golden: Whose documents move.
        old: Vectors of the index in production.
        new: Vectors of the index to come.
        seed: What the order of clusters is addressed by.

    Raises:
        UnknownNameError: No order, or no document field, is called so.
        GoldenSetError: A document field holds no date, or no number.
    """
    check_order(name)
    kind, _, detail = name.partition(":")
    if kind == RANDOM:
        return Order(RANDOM)
    if kind == LAZY:
        raise UsageError(
            f"the order {name} needs a model that asks the queries of the log",
            hint="evalkit mix … --order lazy:LOG; or hand on Order.of_ranking of a replay",
            code="EK757",
        )
    return Order.of_ranking(name, _MAKERS[kind](detail, golden, old, new, seed))


def check_order(name: str) -> None:
    """Raise where no order is called so; whether its field exists is known with the golden set.

    Raises:
        UnknownNameError: None is; the nearest is offered.
        UsageError: What stands behind the colon cannot stand there.
    """
    kind, _, detail = name.partition(":")
    bare = kind in {RANDOM, "id"}
    alone = kind in {"field", LAZY} and not detail
    if kind not in {RANDOM, LAZY, *_MAKERS} or (bare and detail) or alone:
        known = [RANDOM, "id", "date", "field:NAME", "hot", "cluster", "lazy:LOG"]
        raise UnknownNameError.among("order", name, known)
    if kind == "cluster" and detail and not (detail.isascii() and detail.isdigit() and int(detail) > 0):
        raise UsageError(f"cluster:{detail} states no number of clusters", hint="cluster:20, for example")
    if kind == "date" and detail.partition(":")[2] not in {"", "oldest", "newest"}:
        end = detail.partition(":")[2]
        raise UsageError(f"date order {end!r} is unknown", hint="date:FIELD:newest or date:FIELD:oldest")


def _by_id(detail: str, golden: GoldenSet, old: EmbeddedSet, new: EmbeddedSet, seed: int) -> Ints:
    del detail, old, new, seed
    return np.arange(len(golden.corpus))


def _by_date(detail: str, golden: GoldenSet, old: EmbeddedSet, new: EmbeddedSet, seed: int) -> Ints:
    del old, new, seed
    name, _, end = detail.partition(":")
    if name in {"newest", "oldest"} and not end:
        name, end = "", name
    field = name or next((known for known in DATE_FIELDS if known in golden.document_fields), DATE_FIELDS[0])
    sign = -1.0 if end == "newest" else 1.0
    return _ascending(sign * _numbers(golden, field, _time, "date", missing=sign * np.inf))


def _by_field(detail: str, golden: GoldenSet, old: EmbeddedSet, new: EmbeddedSet, seed: int) -> Ints:
    del old, new, seed
    values = _field(golden, detail)
    if all(isinstance(value, int | float) for value in values if value is not None):
        return _ascending(_numbers(golden, detail, _number, "number"))
    texts = [None if value is None else str(value) for value in values]
    names = {text: place for place, text in enumerate(sorted({text for text in texts if text is not None}))}
    return _ascending(np.array([np.inf if text is None else names[text] for text in texts], dtype=np.float64))


def _by_heat(detail: str, golden: GoldenSet, old: EmbeddedSet, new: EmbeddedSet, seed: int) -> Ints:
    del new, seed
    if detail:
        return _ascending(-_numbers(golden, detail, _number, "number", missing=-np.inf))
    run = retrieve(old, build_index(old.corpus), depth=HOT_DEPTH)
    seen = run.rows >= 0
    weights = np.broadcast_to(golden.weights[:, None], run.rows.shape)[seen]
    heat = np.bincount(run.rows[seen], weights=weights, minlength=len(golden.corpus))
    return _ascending(-heat.astype(np.float64))


def _by_cluster(detail: str, golden: GoldenSet, old: EmbeddedSet, new: EmbeddedSet, seed: int) -> Ints:
    del old
    documents = len(golden.corpus)
    count = min(int(detail) if detail else max(2, round(np.sqrt(documents / 10))), documents)
    vectors: Vectors = new.corpus.vectors
    labels = nearest_centres(vectors, count, stream(seed, "clusters"))
    turns = stream(seed, "cluster-order").permutation(count)
    return _ascending(turns[labels].astype(np.float64))


_MAKERS: dict[str, Callable[[str, GoldenSet, EmbeddedSet, EmbeddedSet, int], Ints]] = {
    "id": _by_id,
    "date": _by_date,
    "field": _by_field,
    "hot": _by_heat,
    "cluster": _by_cluster,
}


def _ascending(keys: Floats) -> Ints:
    return np.argsort(keys, kind="stable")


def _field(golden: GoldenSet, name: str) -> tuple[object, ...]:
    if name not in golden.document_fields:
        raise UnknownNameError.among("field of the documents", name, golden.document_fields)
    return golden.document_fields[name]


def _numbers(
    golden: GoldenSet, name: str, read: Callable[[object], float], kind: str, *, missing: float = np.inf
) -> Floats:
    """Return (D,) the values of a document field as numbers."""
    numbers = np.full(len(golden.corpus), missing)
    for row, value in enumerate(_field(golden, name)):  # values of any type: nothing to vectorise over
        if value is None or value == "":
            continue
        try:
            numbers[row] = read(value)
        except (TypeError, ValueError) as error:
            raise GoldenSetError(
                f"{name} of document {golden.corpus.ids[row]} is {value!r}, which is no {kind}",
                hint="ISO dates such as 2024-05-01" if kind == "date" else "numbers only",
                code="EK273",
            ) from error
    return numbers


def _number(value: object) -> float:
    return float(str(value))


def _time(value: object) -> float:
    """Return seconds since 1970; a date without a time zone is read as UTC."""
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=UTC)
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
