"""Making vectors again: from the texts of records, in one way, and holding them against what is stored."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evalkit.arrays import Bools, Floats, Ints, Vectors
from evalkit.auditing.grids import agrees_on_grid
from evalkit.auditing.variants import Rewrite, Variant
from evalkit.embedding.encoder import Encoder, Role, VectorSource
from evalkit.embedding.encoding import Progress, encode, finished, settled
from evalkit.golden.texts import Texts

SAME = 0.9999  # of the cosine: one pipeline, whatever the batch and the half precision of what is stored
_LENGTH = 1e-3  # by which lengths may differ where they count


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Sampled:
    """Records that were drawn, and what their vectors are to be held against.

    Attributes:
        ids: (n,) their ids.
        vectors: (n, E) as they are stored; a row that is not finite has no vector, or one of another width.
        texts: (n,) what they are of now.
        held: (n,) the texts that the store itself holds, where others are newer; () where there are none.
        claims: (n,) what each states of its model.
        outdated: (n,) whether a record says by its date or digest that its text has changed since.
    """

    ids: tuple[str, ...]
    vectors: Vectors
    texts: tuple[str, ...]
    claims: tuple[str, ...]
    outdated: Bools
    held: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.ids)

    def rows(self, rows: Ints) -> Sampled:
        """Return some of them."""
        at = rows.tolist()
        return Sampled(
            ids=tuple(self.ids[row] for row in at),
            vectors=self.vectors[rows],
            texts=tuple(self.texts[row] for row in at),
            claims=tuple(self.claims[row] for row in at),
            outdated=self.outdated[rows],
            held=tuple(self.held[row] for row in at) if self.held else (),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Remade:
    """(n,) cosines of stored vectors with made ones, and whether they are the same; NaN, False for none."""

    cosines: Floats
    same: Bools


@dataclass(frozen=True, slots=True)
class Ruler:
    """When two vectors are the same.

    Attributes:
        same: From which cosine on; records on coarse grids are held against the grid as well.
        lengths: Whether another length makes another vector, as it does under the inner product.
    """

    same: float = SAME
    lengths: bool = False

    def compare(self, stored: Vectors, made: Floats) -> Remade:
        """Return how (n, E) stored vectors are like (n, E) made ones."""
        if stored.shape[1] != made.shape[1]:
            return Remade(np.full(len(stored), np.nan), np.zeros(len(stored), dtype=np.bool_))
        held = stored.astype(np.float64)
        cosines = cosines_of(held, made)
        same = cosines >= self.same
        rest = np.flatnonzero(~same & (cosines > 0))
        same[rest] = agrees_on_grid(stored[rest], made[rest])
        if self.lengths:
            same &= ~self.other_length(held, made)
        return Remade(cosines, same)

    def other_length(self, held: Floats, made: Floats) -> Bools:
        """Return (n,) whether lengths differ."""
        lengths = np.linalg.norm(held, axis=1), np.linalg.norm(made, axis=1)
        return np.asarray(np.abs(lengths[0] - lengths[1]) > _LENGTH * lengths[1], dtype=np.bool_)


def cosines_of(first: Floats, second: Floats) -> Floats:
    """Return (n,) cosines of two (n, E) arrays; two zero vectors are alike, one is like nothing else."""
    lengths = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        cosines = np.einsum("ne,ne->n", first, second) / lengths
    nothing = ~first.any(axis=1) & ~second.any(axis=1)
    cosines[lengths == 0] = 0.0
    cosines[nothing] = 1.0
    return np.asarray(cosines, dtype=np.float64)


def make_vectors(
    sampled: Sampled,
    model: Encoder | VectorSource,
    *,
    role: Role = Role.document,
    rewrite: Rewrite = str,
    progress: Progress | None = None,
) -> Floats:
    """Return (n, E) vectors of the records' texts, made now and kept nowhere.

    Args:
        sampled: The records.
        model: What makes the vectors, or has made them and knows them by id.
        role: What texts are to the model.
        rewrite: What becomes of a text before.
        progress: Called while the model encodes.
    """
    if not len(sampled):
        return np.zeros((0, model.fingerprint.dims))
    if isinstance(model, VectorSource):
        return _known_vectors(sampled, model)
    bodies = tuple(map(rewrite, sampled.texts))
    texts = Texts(tuple(f"{row:09}" for row in range(len(bodies))), bodies)
    made = encode(settled(model, None), texts, role, progress=progress)
    return np.asarray(made.matrix.vectors, dtype=np.float64)


def _known_vectors(sampled: Sampled, source: VectorSource) -> Floats:
    order = sorted(range(len(sampled)), key=lambda row: sampled.ids[row])
    texts = Texts(tuple(sampled.ids[row] for row in order), tuple(sampled.texts[row] for row in order))
    held = np.asarray(finished(source.vectors(texts, Role.document), source.fingerprint), dtype=np.float64)
    made = np.empty_like(held)
    made[order] = held
    return made


def make_by(sampled: Sampled, variant: Variant) -> tuple[Floats, Bools]:
    """Return vectors that a variant makes, and (n,) for which records it does anything else than usual."""
    made = make_vectors(sampled, variant.encoder, role=variant.role, rewrite=variant.rewrite)
    changed = [variant.rewrite(text) != text for text in sampled.texts]
    return made, np.array(changed, dtype=np.bool_) | (variant.rewrite is str)
