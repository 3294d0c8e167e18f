"""Explaining: what vectors of no expected model are, by trying what may have been done to their texts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from evalkit.arrays import Bools, Floats, Ints
from evalkit.auditing.causes import Cause, gather, unexplained
from evalkit.auditing.expectation import Expectation
from evalkit.auditing.making import Ruler, Sampled, cosines_of, make_by, make_vectors
from evalkit.auditing.variants import variants_of
from evalkit.embedding.encoder import Encoder, VectorSource
from evalkit.embedding.encoding import Progress

_PROBED = 4  # records on which every way is tried; a way that fits one of them is tried on all
_ROUNDS = 5
_OLDER = "of an older text, as the record's own date or digest says"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class References:
    """What vectors are held against.

    Attributes:
        expectations: The models that are expected, at least one, each with what makes its vectors.
        suspects: Models that may have made the others.
        ruler: When two vectors are the same.
        progress: Called while a model encodes.
    """

    expectations: tuple[Expectation, ...]
    suspects: tuple[Expectation, ...] = ()
    ruler: Ruler = Ruler()  # noqa: RUF009 - frozen
    progress: Progress | None = None


@dataclass(frozen=True, slots=True)
class _Way:
    """What may have been done, and what makes (n, E) vectors so, with (n,) where it does anything unusual."""

    name: str
    make: Callable[[Sampled], tuple[Floats, Bools]]


class Explaining:
    """The search for what foreign vectors are; a cause that was shown is final."""

    def __init__(self, sampled: Sampled, cosines: Floats, bench: References) -> None:
        """Take the foreign vectors, and their cosines with what was expected."""
        self._sampled, self._cosines, self._bench = sampled, cosines, bench
        self._names = [""] * len(sampled)
        self._shown = np.zeros(len(sampled), dtype=np.bool_)
        self._nearest: dict[str, float] = {}
        self.tried = 0

    def by_themselves(self, expected: Sequence[Floats], every: Sequence[Floats]) -> None:
        """Look for what the vectors at hand show, without another one being made.

        Args:
            expected: (n,) vectors that the foreign ones ought to be.
            every: Those that all sampled records ought to have.
        """
        width = self._sampled.vectors.shape[1]
        others = _unit(np.array([vector for vector in every if len(vector) == width] or np.zeros((0, width))))
        for row, (stored, wanted) in enumerate(zip(self._sampled.vectors, expected, strict=True)):
            held = stored.astype(np.float64)
            if not np.isfinite(held).all():
                self._settle(row, "no vector of the store's width")
            elif not held.any():
                self._settle(row, "a vector of zeros")
            elif width != len(wanted):
                self._settle(row, self._by_width(held, wanted))
            elif self._bench.ruler.lengths and self._same(held, wanted):
                self._settle(row, "of another length")
            elif (others @ _unit(held[None])[0] >= self._bench.ruler.same).any():
                self._settle(row, "the vector of another record")

    def by_trying(self) -> None:
        """Make vectors in every other way that is known, until no further vector is explained."""
        ways = list(self._ways())
        self.tried = len(ways)
        probed = np.zeros(len(self._sampled), dtype=np.bool_)
        for turn in range(_ROUNDS):
            left = np.flatnonzero(~self._shown & ~probed)
            if not left.size:
                return
            probe = left[np.unique(np.linspace(0, len(left) - 1, min(_PROBED, len(left))).astype(np.int64))]
            probed[probe] = True
            fitting = [(int(self._tried(way, probe, note=not turn).sum()), way) for way in ways]
            for count, way in sorted(
                fitting, key=lambda pair: -pair[0]
            ):  # the way that explains most goes first
                rows = self._left()
                for row in rows[self._tried(way, rows)].tolist() if count else ():
                    self._settle(row, way.name)

    def causes(self) -> tuple[Cause, ...]:
        """Return what was found, with what can be said of vectors that nothing explains."""
        rows = self._left().tolist()
        expected = self._bench.expectations[0].name
        told = unexplained(self._cosines[rows], expected, self._nearest)
        for row, words in zip(rows, told, strict=True):
            self._names[row] = _OLDER if self._sampled.outdated[row] and self._cosines[row] > 0 else words
        return gather(self._names, self._sampled.ids, self._cosines, self._shown)

    def _ways(self) -> Iterator[_Way]:
        if self._sampled.held:
            yield _Way("of an older text, which the store still holds beside it", self._make_of_held)
        several = len(self._bench.expectations) > 1
        for model in self._bench.expectations:
            if model.encoder is not None and not isinstance(model.encoder, VectorSource):
                for variant in variants_of(model.encoder):
                    name = f"{model.name} {variant.name}" if several else variant.name
                    yield _Way(name, partial(make_by, variant=variant))
        width = self._sampled.vectors.shape[1]
        for model in self._bench.suspects:
            if model.encoder is not None and model.encoder.fingerprint.dims in (0, width):
                yield _Way(f"of the model {model.name}", partial(_make_by_model, model=model.encoder))

    def _make_of_held(self, sampled: Sampled) -> tuple[Floats, Bools]:
        model = self._bench.expectations[0].encoder
        held = [old or now for old, now in zip(sampled.held, sampled.texts, strict=True)]
        changed = np.array([old != now for old, now in zip(held, sampled.texts, strict=True)], dtype=np.bool_)
        if model is None or isinstance(model, VectorSource):
            return np.zeros((len(sampled), 0)), changed
        return make_vectors(replace(sampled, texts=tuple(held)), model), changed

    def _tried(self, way: _Way, rows: Ints, *, note: bool = False) -> Bools:
        """Return (n,) which of some rows a way makes as they are stored."""
        some = self._sampled.rows(rows)
        made, changed = way.make(some)
        alike = self._bench.ruler.compare(some.vectors, made)
        if note and changed.any() and np.isfinite(alike.cosines[changed]).any():
            self._nearest[way.name] = float(np.nanmedian(alike.cosines[changed]))
        return np.asarray(alike.same & changed, dtype=np.bool_)

    def _left(self) -> Ints:
        return np.flatnonzero(~self._shown)

    def _settle(self, row: int, name: str) -> None:
        self._names[row], self._shown[row] = name, True

    def _same(self, held: Floats, wanted: Floats) -> bool:
        return bool(cosines_of(held[None], wanted[None])[0] >= self._bench.ruler.same)

    def _by_width(self, held: Floats, wanted: Floats) -> str:
        few, many = len(held), len(wanted)
        if few < many and self._same(held, wanted[:few]):
            return f"the first {few} of {many} dimensions"
        return f"of {few} dimensions, not {many}"


def _make_by_model(sampled: Sampled, model: Encoder | VectorSource) -> tuple[Floats, Bools]:
    return make_vectors(sampled, model), np.ones(len(sampled), dtype=np.bool_)


def _unit(vectors: Floats) -> Floats:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1.0), dtype=np.float64)
