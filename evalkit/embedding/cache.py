"""The cache of vectors: by fingerprint, role and text, so that a wrong hit is impossible."""

from __future__ import annotations

import io
import os
import sqlite3
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np

from evalkit.arrays import Vectors
from evalkit.digests import digest_texts
from evalkit.embedding.encoder import Fingerprint, Role
from evalkit.errors import OutputError

WAIT_S = 60.0
ASKED_AT_ONCE = 500
TABLE = """
create table if not exists vectors (
    space text not null,
    text text not null,
    vector blob not null,
    checksum integer not null,
    primary key (space, text)
)
"""


class VectorCache:
    """Vectors in one SQLite file, and each assembled matrix as one memory-mapped file beside it.

    Every batch is one transaction: what was written stays when a program is killed, and two programs
    may share a cache. A row or a file that does not match its checksum counts as absent.
    """

    def __init__(self, folder: str | Path) -> None:
        """Open the cache in `folder`, which is made where it is missing.

        Raises:
            OutputError: The folder cannot be made or written.
        """
        self.folder = Path(folder).expanduser()
        try:
            (self.folder / "matrices").mkdir(parents=True, exist_ok=True)
            self._prepare()
        except (OSError, sqlite3.OperationalError) as error:
            raise OutputError(
                f"the cache cannot be written: {error}",
                places=(str(self.folder),),
                hint="name another folder with --cache or the variable EVALKIT_CACHE",
                code="EK601",
            ) from error

    def read(self, fingerprint: Fingerprint, role: Role, digests: Sequence[str]) -> dict[str, Vectors]:
        """Return the vectors that are known, by digest of their text after its prompt.

        A database that turns out to be damaged is set aside, and nothing in it is known any more.
        """
        try:
            return self._known(_space(fingerprint, role), list(dict.fromkeys(digests)), fingerprint.dims)
        except sqlite3.OperationalError as error:
            raise OutputError(
                f"the cache cannot be read: {error}",
                places=(str(self._database),),
                hint="another program may hold it; run again, or name another folder with --cache",
                code="EK601",
            ) from error
        except sqlite3.DatabaseError:
            self._set_aside()
            return {}

    def _known(self, space: str, wanted: Sequence[str], dims: int) -> dict[str, Vectors]:
        found = {}
        with self._connected() as database:
            for start in range(0, len(wanted), ASKED_AT_ONCE):
                some = wanted[start : start + ASKED_AT_ONCE]
                marks = ",".join("?" * len(some))
                query = f"select text, vector, checksum from vectors where space = ? and text in ({marks})"  # noqa: S608 - question marks only
                for text, blob, checksum in database.execute(query, (space, *some)):
                    vector = np.frombuffer(blob, dtype="<f4").astype(np.float32, copy=False)
                    if zlib.crc32(blob) == checksum and vector.size == dims:
                        found[text] = vector
        return found

    def write(self, fingerprint: Fingerprint, role: Role, vectors: Mapping[str, Vectors]) -> None:
        """Keep vectors by the digest of their text after its prompt, all or none of them.

        Raises:
            OutputError: The file cannot be written, for example because the disk is full.
        """
        space = _space(fingerprint, role)
        blobs = ((text, np.asarray(vector, dtype="<f4").tobytes()) for text, vector in vectors.items())
        rows = [(space, text, blob, zlib.crc32(blob)) for text, blob in blobs]
        try:
            with self._connected() as database, database:
                database.executemany("insert or replace into vectors values (?, ?, ?, ?)", rows)
        except sqlite3.DatabaseError as error:
            raise OutputError(
                f"vectors cannot be kept: {error}",
                places=(str(self._database),),
                hint="free some space or name another --cache, then run again: finished batches are kept",
                code="EK602",
            ) from error

    def matrix(self, fingerprint: Fingerprint, role: Role, digests: Sequence[str]) -> Vectors | None:
        """Return the (n, E) matrix of a whole list of texts where it was kept, else None."""
        path = self._matrix_path(fingerprint, role, digests)
        try:
            checksum = int(path.with_suffix(".crc32").read_text())
            matrix: Vectors = np.load(path, mmap_mode="r")
        except (OSError, ValueError, EOFError):
            return None
        fits = matrix.shape == (len(digests), fingerprint.dims) and matrix.dtype == np.float32
        return matrix if fits and zlib.crc32(matrix.data) == checksum else None

    def keep_matrix(
        self, fingerprint: Fingerprint, role: Role, digests: Sequence[str], vectors: Vectors
    ) -> None:
        """Keep the assembled (n, E) matrix of a list of texts; without room for it, nothing happens."""
        path = self._matrix_path(fingerprint, role, digests)
        packed = io.BytesIO()
        np.save(packed, vectors)
        try:
            _replace(path, packed.getbuffer())
            _replace(path.with_suffix(".crc32"), str(zlib.crc32(np.ascontiguousarray(vectors).data)).encode())
        except OSError:  # a convenience: the vectors themselves are in the database
            path.unlink(missing_ok=True)

    @property
    def _database(self) -> Path:
        return self.folder / "vectors.sqlite"

    def _prepare(self) -> None:
        try:
            self._create()
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:  # not a database any more
            self._set_aside()

    def _set_aside(self) -> None:
        """Move a damaged database out of the way, never to be trusted, and begin a new one."""
        self._database.replace(self._database.with_suffix(".damaged"))
        for leftover in (".sqlite-wal", ".sqlite-shm"):
            self._database.with_suffix(leftover).unlink(missing_ok=True)
        self._create()

    def _create(self) -> None:
        with self._connected() as database, database:
            database.execute("pragma journal_mode = wal")
            database.execute(TABLE)

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._database, timeout=WAIT_S)) as database:
            database.execute("pragma synchronous = normal")
            yield database

    def _matrix_path(self, fingerprint: Fingerprint, role: Role, digests: Sequence[str]) -> Path:
        return self.folder / "matrices" / f"{digest_texts([_space(fingerprint, role), *digests])}.npy"


def default_cache_folder() -> Path:
    """Return the folder that `EVALKIT_CACHE` names, else `evalkit` in the user's cache folder."""
    stated = os.environ.get("EVALKIT_CACHE")
    home = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(stated or Path(home) / "evalkit").expanduser()


def _space(fingerprint: Fingerprint, role: Role) -> str:
    return f"{fingerprint.digest}:{role}"


def _replace(path: Path, data: bytes | memoryview) -> None:
    """Write a file so that it is there whole or not at all."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        draft.write_bytes(data)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
