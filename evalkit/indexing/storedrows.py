"""Stored rows: the vectors inside a FAISS index, read a few at a time, as any store's."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from evalkit.arrays import Ints, Vectors
from evalkit.errors import RunError
from evalkit.indexing.faiss import COMPRESSED, _metric, _said, loaded
from evalkit.opening import leaves, refuse_irregular


@dataclass(frozen=True, slots=True, eq=False)
class IndexRows:
    """(n, E) vectors of a FAISS file in the order in which they were added, given back row by row.

    Attributes:
        path: Its file.
        native: The index, or the one inside a map of ids.
        owner: The map, which frees what is inside when it is let go; else the index.
        kind: What it is, as FAISS calls it.
        exact: Whether it gives back what was put in.
        ids: (n,) the ids that the file itself states; None where it states none.
        shape: (n, E).
    """

    path: Path
    native: Any
    owner: Any
    kind: str
    exact: bool
    ids: tuple[str, ...] | None
    shape: tuple[int, int]

    @property
    def metric(self) -> str:
        """By what it compares: "dot" or "l2"."""
        return "l2" if self.native.metric_type == _metric(by_distance=True) else "dot"

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice | Ints) -> Vectors:
        """Return the rows of a slice, or those with the given numbers."""
        numbers = np.arange(*rows.indices(len(self))) if isinstance(rows, slice) else np.asarray(rows)
        if not numbers.size:
            return np.zeros((0, self.shape[1]), dtype=np.float32)
        try:
            found: Vectors = self.native.reconstruct_batch(np.ascontiguousarray(numbers, dtype=np.int64))
        except RuntimeError as error:  # of a damaged file, where it comes to the damage
            raise _not_given(self.path, error) from error
        return found


def open_vectors(path: Path) -> IndexRows:
    """Return the vectors of a FAISS file, which are given back as they are asked for.

    Raises:
        RunError: The file cannot be read, or its vectors cannot be given back.
    """
    faiss = loaded()

    refuse_irregular(path)
    try:
        owner = native = faiss.read_index(str(path))
        ids = None
        if "IDMap" in type(native).__name__:
            ids = tuple(str(number) for number in faiss.vector_to_array(native.id_map).tolist())
            native = faiss.downcast_index(native.index)
        inner = faiss.extract_index_ivf(native) if "IVF" in type(native).__name__ else None
        if inner is not None:  # else an inverted file cannot say which vector is which
            _check_lists(inner, path)
            inner.make_direct_map()
        rows = IndexRows(path, native, owner, *_kind(native), ids, (int(native.ntotal), int(native.d)))
        rows[: min(1, len(rows))]  # what cannot be given back is told now
    except (RuntimeError, MemoryError) as error:
        raise _not_given(path, error) from error
    return rows


def _not_given(path: Path, error: Exception) -> RunError:
    return RunError(
        f"the vectors of {path.name} cannot be given back: {_said(error)}",
        places=(str(path),),
        hint="name a FAISS file that keeps its vectors, such as Flat, HNSW32 or IVF64,Flat",
        code="EK401",
    )


def _check_lists(inner: Any, path: Path) -> None:  # noqa: ANN401 - an inverted file of FAISS
    """Raise where an index keeps its lists in another file than beside it: it would be anybody's file.

    Raises:
        RunError: It does.
    """
    lists = loaded().downcast_InvertedLists(inner.invlists)
    named = Path(str(getattr(lists, "filename", "") or path))
    if leaves(named, path.parent) is not None:
        raise RunError(
            f"{path.name} keeps its vectors in a file of another folder",
            places=(str(path), f"→ {named}"),
            hint="keep both in one folder, or read the lists into memory and write the index again",
            code="EK401",
        )


def _kind(native: Any) -> tuple[str, bool]:  # noqa: ANN401 - an index of FAISS
    """Return what an index is, and whether it gives back what was put in."""
    faiss = loaded()

    name = type(native).__name__
    if name != "IndexPreTransform":
        return name, name != "IndexRefine" and not any(mark in name for mark in COMPRESSED)
    links = [faiss.downcast_VectorTransform(native.chain.at(link)) for link in range(native.chain.size())]
    names = [type(link).__name__ for link in links]
    inner, exact = _kind(faiss.downcast_index(native.index))
    # Of transforms only lengths, which a cosine does not see, may be lost without harm.
    return "+".join([*names, inner]), exact and set(names) <= {"NormalizationTransform"}
