"""The cache of vectors: by fingerprint, role and text, so that a wrong hit is impossible."""

from __future__ import annotations

import json
import os
import sqlite3
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from evalkit.arrays import Vectors
from evalkit.digests import digest_texts
from evalkit.embedding.cachecare import (
    DAY_S,
    SPACES,
    Space,
    delete_spaces,
    give_back_room,
    list_spaces,
    note_use,
    remove_files,
    select_spaces,
    space_key,
)
from evalkit.embedding.cachefile import UNKNOWN, connected, prepare, set_aside
from evalkit.embedding.encoder import Fingerprint, Role
from evalkit.embedding.matrices import Matrix, Versions, read_matrix, write_matrix
from evalkit.errors import OutputError

ASKED_AT_ONCE = 500


class VectorCache:
    """Vectors in one SQLite file, and each assembled matrix as one memory-mapped file beside it.

    Every batch is one transaction: what was written stays when a program is killed, and two programs
    may share a cache. A row or a file that does not match its checksum counts as absent.
    """

    def __init__(self, folder: str | Path | None = None) -> None:
        """Open the cache in `folder`, which is made where it is missing.

        Args:
            folder: Where vectors are kept; when left out, where the command line keeps them.

        Raises:
            OutputError: The folder cannot be made or written.
        """
        self.folder = Path(folder).expanduser() if folder is not None else default_cache_folder()
        try:
            self._matrices.mkdir(parents=True, exist_ok=True)
            prepare(self._database)
        except (OSError, sqlite3.OperationalError) as error:
            raise OutputError(
                f"the cache cannot be written: {error}",
                places=(str(self.folder),),
                hint="name another folder with --cache or the variable EVALKIT_CACHE",
                code="EK601",
            ) from error

    @property
    def size_bytes(self) -> int:
        """What everything in the folder takes: vectors, matrices and indexes."""
        sizes = []
        for path in self.folder.rglob("*"):
            with suppress(FileNotFoundError):  # another program may have removed it
                sizes.append(path.stat().st_size if path.is_file() else 0)
        return sum(sizes)

    def read(self, fingerprint: Fingerprint, role: Role, digests: Sequence[str]) -> dict[str, Vectors]:
        """Return the vectors that are known, by digest of their text after its prompt."""
        self._touch(fingerprint, role)
        found = {}
        for text, blob, checksum in self._rows("text, vector, checksum", fingerprint, role, digests):
            vector = np.frombuffer(blob, dtype="<f4").astype(np.float32, copy=False)
            if zlib.crc32(blob) == checksum and vector.size == fingerprint.dims:
                found[text] = vector
        return found

    def versions(self, fingerprint: Fingerprint, role: Role, digests: Sequence[str]) -> tuple[Versions, ...]:
        """Return each set of versions of the producing libraries that made vectors of these texts."""
        makers = {maker for (maker,) in self._rows("distinct made_by", fingerprint, role, digests)}
        known = self._ask("select id, versions from makers")
        sets = (tuple(sorted(json.loads(versions).items())) for maker, versions in known if maker in makers)
        return tuple(sorted(sets))

    def write(
        self,
        fingerprint: Fingerprint,
        role: Role,
        vectors: Mapping[str, Vectors],
        *,
        versions: Versions = (),
    ) -> None:
        """Keep vectors by the digest of their text after its prompt, all or none of them.

        Args:
            fingerprint: Their space.
            role: What the texts are to the model.
            vectors: (E,) vectors by digest.
            versions: (name, version) pairs of the libraries that made them.

        Raises:
            OutputError: The file cannot be written, for example because the disk is full.
        """
        space = space_key(fingerprint.digest, role)
        blobs = ((text, np.asarray(vector, dtype="<f4").tobytes()) for text, vector in vectors.items())
        rows = [(space, text, blob, zlib.crc32(blob)) for text, blob in blobs]
        with self._writing() as database:
            note_use(database, space, fingerprint)
            maker = _maker(database, versions)
            database.executemany(
                "insert or replace into vectors (space, text, vector, checksum, made_by) "
                "values (?, ?, ?, ?, ?)",
                [(*row, maker) for row in rows],
            )

    def matrix(self, fingerprint: Fingerprint, role: Role, digests: Sequence[str]) -> Matrix | None:
        """Return the (n, E) matrix of a whole list of texts where it was kept, else None."""
        matrix = read_matrix(self._matrix_path(fingerprint, role, digests), (len(digests), fingerprint.dims))
        if matrix is not None:
            self._touch(fingerprint, role)
        return matrix

    def keep_matrix(
        self, fingerprint: Fingerprint, role: Role, digests: Sequence[str], matrix: Matrix
    ) -> None:
        """Keep the assembled (n, E) matrix of a list of texts; without room for it, nothing happens."""
        path = self._matrix_path(fingerprint, role, digests)
        write_matrix(path, matrix, space=space_key(fingerprint.digest, role))

    def recall(self, name: str) -> str | None:
        """Return the note that was made under a name, None where there is none."""
        rows = self._ask("select value from notes where name = ?", (name,))
        return str(rows[0][0]) if rows else None

    def remember(self, name: str, value: str) -> None:
        """Make a note under a name.

        Raises:
            OutputError: The file cannot be written.
        """
        with self._writing() as database:
            database.execute("insert or replace into notes (name, value) values (?, ?)", (name, value))

    def spaces(self) -> tuple[Space, ...]:
        """Return what the cache holds, by model and role, the most recently used first."""
        return list_spaces(self._ask(SPACES), self._matrices)

    def prune(self, *, digest: str | None = None, unused_days: float | None = None) -> tuple[Space, ...]:
        """Remove the spaces that meet every condition given, with their matrices.

        Args:
            digest: How the digest of the fingerprint begins; "" means every space.
            unused_days: For at least how many days nobody has used them, ≥ 0.

        Returns:
            What was removed.

        Raises:
            UsageError: No condition is given.
            OutputError: The file cannot be written.
        """
        going = select_spaces(self.spaces(), digest=digest, unused_days=unused_days)
        with self._writing() as database:
            delete_spaces(database, going)
        with self._writing() as database:
            give_back_room(database)
        remove_files(self._database, self._matrices, going)
        return going

    @property
    def _database(self) -> Path:
        return self.folder / "vectors.sqlite"

    @property
    def _matrices(self) -> Path:
        return self.folder / "matrices"

    def _matrix_path(self, fingerprint: Fingerprint, role: Role, digests: Sequence[str]) -> Path:
        return self._matrices / f"{digest_texts([space_key(fingerprint.digest, role), *digests])}.npy"

    def _rows(
        self, columns: str, fingerprint: Fingerprint, role: Role, digests: Sequence[str]
    ) -> Iterator[tuple[Any, ...]]:
        space, wanted = space_key(fingerprint.digest, role), list(dict.fromkeys(digests))
        for start in range(0, len(wanted), ASKED_AT_ONCE):
            some = wanted[start : start + ASKED_AT_ONCE]
            marks = ",".join("?" * len(some))
            query = f"select {columns} from vectors where space = ? and text in ({marks})"  # noqa: S608 - our own names and question marks
            yield from self._ask(query, (space, *some))

    def _ask(self, query: str, values: Sequence[str] = ()) -> list[tuple[Any, ...]]:
        """Return the rows that a query finds, none in a damaged database, which is set aside."""
        try:
            with connected(self._database) as database:
                return database.execute(query, values).fetchall()
        except sqlite3.OperationalError as error:
            raise OutputError(
                f"the cache cannot be read: {error}",
                places=(str(self._database),),
                hint="another program may hold it; run again, or name another folder with --cache",
                code="EK601",
            ) from error
        except sqlite3.DatabaseError:
            set_aside(self._database)
            return []

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Give a connection whose changes are kept all or none, and say what hinders them."""
        try:
            with connected(self._database) as database, database:
                yield database
        except sqlite3.DatabaseError as error:
            raise OutputError(
                f"vectors cannot be kept: {error}",
                places=(str(self._database),),
                hint="free some space or name another --cache, then run again: finished batches are kept",
                code="EK602",
            ) from error

    def _touch(self, fingerprint: Fingerprint, role: Role) -> None:
        """Note that a space is used, once a day, so that those which nobody needs can be told."""
        space = space_key(fingerprint.digest, role)
        rows = self._ask("select used, settings from spaces where space = ?", (space,))
        if rows and rows[0][0] > time.time() - DAY_S and rows[0][1] != UNKNOWN:
            return
        with suppress(OutputError), self._writing() as database:  # a convenience
            note_use(database, space, fingerprint)


def default_cache_folder() -> Path:
    """Return the folder that `EVALKIT_CACHE` names, else `evalkit` in the user's cache folder."""
    stated = os.environ.get("EVALKIT_CACHE")
    home = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(stated or Path(home) / "evalkit").expanduser()


def _maker(database: sqlite3.Connection, versions: Versions) -> int | None:
    """Return the number that stands for these versions, None where none are known."""
    if not versions:
        return None
    text = json.dumps(dict(versions), sort_keys=True)
    database.execute("insert or ignore into makers (versions) values (?)", (text,))
    found: int = database.execute("select id from makers where versions = ?", (text,)).fetchone()[0]
    return found
