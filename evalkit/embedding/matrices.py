"""Assembled matrices: the vectors of one list of texts in one memory-mapped file."""

from __future__ import annotations

import io
import json
import os
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from evalkit.arrays import Vectors
from evalkit.digests import digest_settings
from evalkit.opening import ARRAY_FAULTS, open_regular, read_json
from evalkit.output import draft_name

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


class DamagedMatrixError(Exception):
    """The files of a matrix are there, and are not what was written."""


def read_matrix(path: Path, shape: tuple[int, int], *, space: str) -> Matrix | None:
    """Return the matrix of a file, None where there is none, or one of an older layout.

    Args:
        path: Where it was written; its name stands for the texts.
        shape: (n, E) that it must have.
        space: Whose vectors it must hold.

    Raises:
        DamagedMatrixError: A byte of it, or of what is known of it, is not what was written.
    """
    if not path.exists():
        return None
    try:
        facts = _facts(path)
        if "seal" not in facts:
            return None
        offset = _checked_head(path, shape)
        vectors: Vectors = np.memmap(path, np.float32, "r", offset, shape) if all(shape) else np.load(path)
        if facts != _sealed(path, {**facts, "space": space, "crc32": zlib.crc32(vectors.data)}):
            raise ValueError("another seal")
        versions = tuple(tuple(sorted(versions.items())) for versions in facts["versions"])
        return Matrix(vectors=vectors, versions=versions, truncated=facts["truncated"])
    except FileNotFoundError:
        return None
    except ARRAY_FAULTS as error:
        raise DamagedMatrixError(path.name) from error


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
        _replace(path.with_suffix(".json"), json.dumps(_sealed(path, facts), sort_keys=True).encode())
    except OSError:  # a convenience: the vectors themselves are in the database
        remove_matrix(path)


def remove_matrix(path: Path) -> None:
    """Remove a matrix with what is known of it."""
    for suffix in (".npy", ".json", ".crc32"):  # the last is of an older layout
        with suppress(IsADirectoryError, PermissionError):  # a folder is of somebody else
            path.with_suffix(suffix).unlink(missing_ok=True)


def matrices_of(folder: Path) -> Iterator[tuple[Path, str]]:
    """Give each matrix in a folder with the space it belongs to, "" where that is not known."""
    for path in sorted(folder.glob("*.npy")):
        try:
            yield path, str(_facts(path)["space"])
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            yield path, ""


def _sealed(path: Path, facts: dict[str, Any]) -> dict[str, Any]:
    """Return facts with the digest of all of them and of the texts that the file's name stands for.

    The numbers stand in it by their CRC-32, which sees every damage of up to 32 bits in a row and costs a
    fifth of a SHA-256.
    """
    bare = {name: value for name, value in facts.items() if name != "seal"}
    return {**bare, "seal": digest_settings({**bare, "texts": path.stem})}


def _checked_head(path: Path, shape: tuple[int, int]) -> int:
    """Return where the numbers begin, in a file that begins with exactly the head that was written."""
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": "<f4", "fortran_order": False, "shape": shape})
    wanted = head.getvalue()
    with open_regular(path) as file:
        whole = os.fstat(file.fileno()).st_size == len(wanted) + 4 * shape[0] * shape[1]
        if not whole or file.read(len(wanted)) != wanted:
            raise ValueError("another head")
    return len(wanted)


def _facts(path: Path) -> dict[str, Any]:
    facts: dict[str, Any] = read_json(path.with_suffix(".json"))
    return facts


def _replace(path: Path, data: bytes | memoryview) -> None:
    """Write a file so that it is there whole or not at all."""
    draft = path.with_name(draft_name(path.name))
    try:
        draft.write_bytes(data)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
