"""The cache of vectors: by fingerprint, role and text, so that a wrong hit is impossible."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
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
    is_space,
    list_spaces,
    note_use,
    remove_files,
    select_spaces,
    space_key,
)
from evalkit.embedding.cachedatabase import CacheDatabase
from evalkit.embedding.cachefile import (
    UNKNOWN,
    is_cache,
    is_sound,
    known_versions,
    opened_note,
    prepare,
    row_digest,
    sealed_note,
)
from evalkit.embedding.cachefolder import DATABASE, is_marked, mark, strangers
from evalkit.embedding.encoder import Fingerprint, Role
from evalkit.embedding.matrices import DamagedMatrixError, Matrix, Versions, read_matrix, write_matrix
from evalkit.errors import OutputError, UsageError
from evalkit.findings import Finding
from evalkit.opening import expanded

__all__ = ["VectorCache"]

ASKED_AT_ONCE = 500
INDEX_MENDED = "the cache gave texts the vectors of others; its index is made anew"


class VectorCache:
    """Vectors in one SQLite file, and each assembled matrix as one memory-mapped file beside it.

    Every batch is one transaction: what was written stays when a program is killed, and two programs
    may share a cache. A row or a file that does not match its digest counts as absent, and is told. A cache
    that cannot be written, such as one on a read-only disk, is read.
    """

    def __init__(self, folder: str | Path | None = None, *, make: bool = True) -> None:
        """Open the cache in `folder`, which is made where it is missing.

        Args:
            folder: Where vectors are kept; when left out, where the command line keeps them.
            make: Whether a folder that is no cache yet becomes one.

        Raises:
            OutputError: The folder cannot be made or read.
            UsageError: The folder holds something else under the names that a cache uses, or is no cache.
        """
        self.folder = expanded(folder) if folder is not None else default_cache_folder()
        self._database = CacheDatabase(self.folder / DATABASE)
        self._check_ours(make=make)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            mark(self.folder)
            self._matrices.mkdir(exist_ok=True)
            self._database.tell_mended(prepare(self._database.path))
        except (OSError, sqlite3.Error) as error:
            self._database.read_only = is_cache(self._database.path)
            if not self._database.read_only:
                raise OutputError(
                    f"the cache cannot be written: {error}",
                    places=(str(self.folder),),
                    hint="name another folder with --cache or the variable EVALKIT_CACHE",
                    code="EK601",
                ) from error

    def _check_ours(self, *, make: bool) -> None:
        """Raise unless the folder is a cache, or may become one without touching what is there."""
        if is_marked(self.folder) or is_cache(self._database.path):
            return
        found = strangers(self.folder) if self.folder.is_dir() else []
        if found and is_marked(self.folder):  # another program has made it one since, the mark first
            return
        if found or not make:
            told = (
                f"it holds {' and '.join(found)} of something else" if found else "nothing of it is evalkit's"
            )
            raise UsageError(
                f"{self.folder} is not a cache of evalkit: {told}",
                places=tuple(str(self.folder / name) for name in found),
                hint="name another folder with --cache or the variable EVALKIT_CACHE; nothing was touched",
                code="EK375",
            )

    def take_findings(self) -> tuple[Finding, ...]:
        """Return what was noticed since this was last asked: damage, and how it was mended."""
        return self._database.take_findings()

    def check_writable(self) -> None:
        """Raise where vectors could not be kept; best before they are paid for.

        Raises:
            OutputError: The cache is on a disk, or in a folder, that cannot be written.
        """
        if self._database.read_only:
            raise OutputError(
                "the cache lacks vectors that are needed, and cannot be written",
                places=(str(self.folder),),
                hint="name a folder that can be written with --cache, or fill this one where it can be",
                code="EK602",
            )

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
        found, damaged = self._sound(fingerprint, role, digests)
        if damaged and self._database.reindex():
            found, damaged = self._sound(fingerprint, role, digests)
            self._database.tell(
                f"{damaged} damaged vectors in the cache are made again" if damaged else INDEX_MENDED
            )
        return found

    def versions(self, fingerprint: Fingerprint, role: Role, digests: Sequence[str]) -> tuple[Versions, ...]:
        """Return each set of versions of the producing libraries that made vectors of these texts."""
        makers = {maker for (maker,) in self._rows("distinct made_by", fingerprint, role, digests)}
        known = self._database.ask("select id, versions from makers")
        sets = {
            tuple(sorted(known_versions(versions).items())) for maker, versions in known if maker in makers
        }
        return tuple(sorted(sets - {()}))

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
        self.check_writable()
        space = _space(fingerprint, role)
        blobs = ((text, np.asarray(vector, dtype="<f4").tobytes()) for text, vector in vectors.items())
        rows = [(space, text, blob, row_digest(space, text, blob)) for text, blob in blobs]

        def keep(database: sqlite3.Connection) -> None:
            note_use(database, space, fingerprint.stored)
            maker = _maker(database, versions)
            database.executemany(
                "insert or replace into vectors (space, text, vector, checksum, made_by) "
                "values (?, ?, ?, ?, ?)",
                [(*row, maker) for row in rows],
            )

        self._database.write(keep)

    def matrix(self, fingerprint: Fingerprint, role: Role, digests: Sequence[str]) -> Matrix | None:
        """Return the (n, E) matrix of a whole list of texts where it was kept, else None."""
        path, shape = self._matrix_path(fingerprint, role, digests), (len(digests), fingerprint.dims)
        try:
            matrix = read_matrix(path, shape, space=_space(fingerprint, role))
        except DamagedMatrixError:
            self._database.tell("a damaged matrix in the cache is assembled again from its vectors", path)
            return None
        if matrix is not None:
            self._touch(fingerprint, role)
        return matrix

    def keep_matrix(
        self, fingerprint: Fingerprint, role: Role, digests: Sequence[str], matrix: Matrix
    ) -> None:
        """Keep the assembled (n, E) matrix of a list of texts; without room for it, nothing happens."""
        if not self._database.read_only:
            path = self._matrix_path(fingerprint, role, digests)
            write_matrix(path, matrix, space=_space(fingerprint, role))

    def recall(self, name: str) -> str | None:
        """Return the note that was made under a name, None where there is none, or a damaged one."""
        rows = self._database.ask("select value from notes where name = ?", (name,))
        return opened_note(name, rows[0][0]) if rows else None

    def remember(self, name: str, value: str) -> None:
        """Make a note under a name, where notes can be made.

        Raises:
            OutputError: The file cannot be written.
        """
        row, query = (
            (name, sealed_note(name, value)),
            "insert or replace into notes (name, value) values (?, ?)",
        )
        if not self._database.read_only:
            self._database.write(lambda database: database.execute(query, row))

    def spaces(self) -> tuple[Space, ...]:
        """Return what the cache holds, by model and role, the most recently used first."""
        rows = self._database.ask(SPACES)
        if not all(is_space(row[0]) for row in rows) and not self._database.read_only:
            self._database.mend()
            rows = self._database.ask(SPACES)
        return list_spaces([row for row in rows if is_space(row[0])], self._matrices)

    def prune(self, *, digest: str | None = None, unused_days: float | None = None) -> tuple[Space, ...]:
        """Remove the spaces that meet every condition given, with their matrices.

        Args:
            digest: How the digest of the fingerprint begins; "" means every space.
            unused_days: For at least how many days nobody has used them, ≥ 0.

        Returns:
            What was removed.

        Raises:
            UsageError: No condition is given, or one that makes no sense.
            OutputError: The file cannot be written.
        """
        going = select_spaces(self.spaces(), digest=digest, unused_days=unused_days)
        self.check_writable()
        self._database.write(lambda database: delete_spaces(database, going))
        self._database.write(give_back_room)
        remove_files(self._database.path, self._matrices, going)
        return going

    @property
    def _matrices(self) -> Path:
        return self.folder / "matrices"

    def _matrix_path(self, fingerprint: Fingerprint, role: Role, digests: Sequence[str]) -> Path:
        return self._matrices / f"{digest_texts([_space(fingerprint, role), *digests])}.npy"

    def _sound(
        self, fingerprint: Fingerprint, role: Role, digests: Sequence[str]
    ) -> tuple[dict[str, Vectors], int]:
        """Return the vectors whose digest is right, and how many there are beside."""
        space, found, damaged = _space(fingerprint, role), {}, 0
        for text, blob, checksum in self._rows("text, vector, checksum", fingerprint, role, digests):
            if not is_sound(space, text, blob, checksum):
                damaged += not isinstance(checksum, int)  # a number is that of an older program
            elif len(blob) == 4 * fingerprint.dims:
                found[text] = np.frombuffer(blob, dtype="<f4").astype(np.float32, copy=False)
        return found, damaged

    def _rows(
        self, columns: str, fingerprint: Fingerprint, role: Role, digests: Sequence[str]
    ) -> Iterator[tuple[Any, ...]]:
        space, wanted = _space(fingerprint, role), list(dict.fromkeys(digests))
        for start in range(0, len(wanted), ASKED_AT_ONCE):
            some = wanted[start : start + ASKED_AT_ONCE]
            marks = ",".join("?" * len(some))
            query = f"select {columns} from vectors where space = ? and text in ({marks})"  # noqa: S608 - our own names and question marks
            yield from self._database.ask(query, (space, *some))

    def _touch(self, fingerprint: Fingerprint, role: Role) -> None:
        """Note that a space is used, once a day, so that those which nobody needs can be told."""
        if self._database.read_only:
            return
        space, now = _space(fingerprint, role), time.time()
        rows = self._database.ask("select used, settings from spaces where space = ?", (space,))
        if rows and rows[0][1] != UNKNOWN and isinstance(rows[0][0], int) and now - DAY_S < rows[0][0] <= now:
            return
        with suppress(OutputError):  # a convenience
            self._database.write(lambda database: note_use(database, space, fingerprint.stored))


def _space(fingerprint: Fingerprint, role: Role) -> str:
    return space_key(fingerprint.stored.digest, role)


def default_cache_folder() -> Path:
    """Return the folder that `EVALKIT_CACHE` names, else `evalkit` in the user's cache folder."""
    stated = os.environ.get("EVALKIT_CACHE")
    home = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return expanded(stated or Path(home) / "evalkit")


def _maker(database: sqlite3.Connection, versions: Versions) -> int | None:
    """Return the number that stands for these versions, None where none are known."""
    if not versions:
        return None
    text = json.dumps(dict(versions), sort_keys=True)
    database.execute("insert or ignore into makers (versions) values (?)", (text,))
    found: int = database.execute("select id from makers where versions = ?", (text,)).fetchone()[0]
    return found
