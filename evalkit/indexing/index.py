"""The index: what proposes candidates, and the manifest that says which vectors it holds."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
import shutil
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from evalkit.arrays import Floats, Ints, Vectors
from evalkit.defaults import FACTORY
from evalkit.digests import digest_blocks
from evalkit.errors import RunError
from evalkit.findings import place
from evalkit.opening import open_regular, read_json

if TYPE_CHECKING:  # as in retrieval/candidates.py
    from pathlib import Path

    from evalkit.embedding.embeddings import Embeddings

MANIFEST = "manifest.json"
EXACT = FACTORY
INDEXES = "indexes"  # the folder inside a cache
FILE = "index.faiss"
OURS = re.compile(r"[0-9a-f]{16}-\S+")  # how folders of indexes are called
BLOCK_ROWS = 16_384
READ_AT_ONCE = 1 << 22


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What an index was built from; two that differ in any field must never stand for each other.

    Attributes:
        fingerprint: Digest of the fingerprint of the vectors' space.
        factory: The factory string, "Flat" for exact search.
        dims: E, the length of a vector.
        documents: D, how many vectors it holds.
        vectors: Digest of the vectors themselves, in row order.
        library: Name and version of what built it.
    """

    fingerprint: str
    factory: str
    dims: int
    documents: int
    vectors: str
    library: str

    @classmethod
    def describing(cls, corpus: Embeddings, factory: str, library: str) -> Manifest:
        """Return the manifest that an index of `corpus` must bear."""
        documents, dims = corpus.vectors.shape
        return cls(
            fingerprint=corpus.fingerprint.digest,
            factory=factory,
            dims=dims,
            documents=documents,
            vectors=vectors_digest(corpus),
            library=library,
        )

    def differences(self, other: Manifest) -> dict[str, tuple[object, object]]:
        """Return the fields in which `other` differs: name → (here, there)."""
        pairs = (
            (item.name, getattr(self, item.name), getattr(other, item.name))
            for item in dataclasses.fields(self)
        )
        return {name: (here, there) for name, here, there in pairs if here != there}


def vectors_digest(corpus: Embeddings) -> str:
    """Return the digest of a corpus's vectors; of those on disk, a block at a time."""
    vectors, starts = corpus.vectors, range(0, len(corpus.vectors), BLOCK_ROWS)
    return digest_blocks(vectors.dtype, vectors.shape, (vectors[at : at + BLOCK_ROWS] for at in starts))


class Index(Protocol):
    """Proposes the documents whose vectors are nearest to a query's, by inner product or by distance."""

    @property
    def manifest(self) -> Manifest:
        """What it was built from."""

    def search(self, queries: Vectors, count: int) -> tuple[Ints, Floats]:
        """Return (Q, count) rows, best first, −1 where nothing was found, and how near they are.

        That is their inner product, or their squared distance with a minus before it.
        """


def is_exact(index: Index) -> bool:
    """Return whether the index looks at every document."""
    return index.manifest.factory == EXACT


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest beside a saved index, with a digest of both."""
    stated = {**dataclasses.asdict(manifest), "seal": _seal(folder, manifest)}
    (folder / MANIFEST).write_text(json.dumps(stated, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _seal(folder: Path, manifest: Manifest) -> str:
    """Return the digest of a saved index and of what it was built from."""
    sha = hashlib.sha256(json.dumps(dataclasses.asdict(manifest), sort_keys=True).encode())
    with open_regular(folder / FILE) as file:
        while part := file.read(READ_AT_ONCE):
            sha.update(part)
    return sha.hexdigest()


def check_manifest(folder: Path, wanted: Manifest) -> None:
    """Raise unless the index saved in `folder` was built from what is wanted.

    Args:
        folder: Where it lies with its manifest.
        wanted: What its manifest must say, field by field.

    Raises:
        RunError: The manifest is missing, damaged, or differs, each difference is named; or the index has
            other bytes than were written.
    """
    path = folder / MANIFEST
    try:
        stated = read_json(path)
        seal = stated.pop("seal", "")
        found = Manifest(**stated)
    except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise RunError(
            "the index has no readable manifest", places=(str(path),), hint="build it again", code="EK401"
        ) from error
    _check_seal(folder, found, seal)
    differing = wanted.differences(found)
    if differing:
        told = [f"{name} {there!r}, wanted {here!r}" for name, (here, there) in differing.items()]
        raise RunError(
            f"the index was built from something else: {', '.join(differing)}",
            places=(place(path, (), told),),
            hint="an index answers only for the vectors it was built from; build it again",
            code="EK402",
        )


def _check_seal(folder: Path, found: Manifest, seal: object) -> None:
    path = folder / FILE
    if not seal:
        raise RunError(
            "the index was saved by an older version, without a digest of its bytes",
            places=(str(path),),
            hint="build it again",
            code="EK402",
        )
    try:
        sealed = _seal(folder, found)
    except OSError:
        sealed = "nothing that could be read"
    if seal != sealed:
        raise RunError(
            "the index is damaged: its bytes are not those that were written",
            places=(str(path),),
            hint="build it again",
            code="EK401",
        )


def remove_indexes(folder: Path, fingerprints: Collection[str] | None) -> int:
    """Remove saved indexes, and return how many there were; whatever else lies there stays.

    Args:
        folder: Where indexes are saved, each in a folder of its own.
        fingerprints: Digests of the spaces whose indexes go, and those that nobody can tell; None for all.
    """
    gone = 0
    for home in sorted(folder.glob("*/")):
        if not OURS.fullmatch(home.name) or home.is_symlink():
            continue
        if {path.name for path in home.iterdir()} - {MANIFEST, FILE}:
            continue
        try:
            space = read_json(home / MANIFEST)["fingerprint"]
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            space = None
        if fingerprints is None or space is None or space in fingerprints:
            shutil.rmtree(home, ignore_errors=True)
            gone += 1
    return gone
