"""Assembled matrices: the vectors of one list of texts in one memory-mapped file."""

from __future__ import annotations

import io
import json
import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from evalkit.arrays import Vectors

Versions = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Matrix:
    """The vectors of one list of texts.

    Attributes:
        vectors: (n, E) float32; row i belongs to text i.
        versions: For each set of producing libraries that was at work, (name, version) pairs.
        truncated: How many texts the model reads only in part; None where nobody knows.
    """

    vectors: Vectors
    versions: tuple[Versions, ...] = ()
    truncated: int | None = None


def read_matrix(path: Path, shape: tuple[int, int]) -> Matrix | None:
    """Return the matrix of a file where it is whole and has the shape, else None."""
    try:
        facts = _facts(path)
        vectors: Vectors = np.load(path, mmap_mode="r")
        matrix = Matrix(
            vectors=vectors,
            versions=tuple(tuple(sorted(versions.items())) for versions in facts["versions"]),
            truncated=facts["truncated"],
        )
        checksum = facts["crc32"]
    except (OSError, ValueError, EOFError, KeyError, TypeError, AttributeError):
        return None
    fits = vectors.shape == shape and vectors.dtype == np.float32
    return matrix if fits and zlib.crc32(vectors.data) == checksum else None


def write_matrix(path: Path, matrix: Matrix, *, space: str) -> None:
    """Write a matrix of a space; without room for it, nothing happens."""
    packed = io.BytesIO()
    np.save(packed, matrix.vectors)
    facts = {
        "space": space,
        "crc32": zlib.crc32(np.ascontiguousarray(matrix.vectors).data),
        "versions": [dict(versions) for versions in matrix.versions],
        "truncated": matrix.truncated,
    }
    try:
        _replace(path, packed.getbuffer())
        _replace(path.with_suffix(".json"), json.dumps(facts, sort_keys=True).encode())
    except OSError:  # a convenience: the vectors themselves are in the database
        remove_matrix(path)


def remove_matrix(path: Path) -> None:
    """Remove a matrix with what is known of it."""
    for suffix in (".npy", ".json", ".crc32"):  # the last is of an older layout
        path.with_suffix(suffix).unlink(missing_ok=True)


def matrices_of(folder: Path) -> Iterator[tuple[Path, str]]:
    """Give each matrix in a folder with the space it belongs to, "" where that is not known."""
    for path in sorted(folder.glob("*.npy")):
        try:
            yield path, str(_facts(path)["space"])
        except (OSError, ValueError, KeyError, TypeError):
            yield path, ""


def _facts(path: Path) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    return facts


def _replace(path: Path, data: bytes | memoryview) -> None:
    """Write a file so that it is there whole or not at all."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        draft.write_bytes(data)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
