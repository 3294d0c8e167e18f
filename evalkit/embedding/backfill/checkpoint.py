"""The checkpoint: which texts are embedded, in which shard, and what waits to be written into one."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import count
from pathlib import Path

from evalkit.arrays import Vectors
from evalkit.embedding.backfill.checkpointtables import prepare
from evalkit.embedding.backfill.places import Place, home_of, is_elsewhere, mark_of
from evalkit.embedding.backfill.shards import Shard, parts, read_shard, shards_in, stacked
from evalkit.embedding.sqlitefaults import SQLITE_FAULTS
from evalkit.errors import OutputError
from evalkit.findings import PLACES_SHOWN
from evalkit.opening import refuse_irregular

FILE = "checkpoint.sqlite"
_AT_ONCE = 500  # names in one statement
_LACKING = """
FROM wanted LEFT JOIN done USING (id) LEFT JOIN pending ON pending.id = wanted.id
WHERE wanted.digest IS NOT done.digest AND wanted.digest IS NOT pending.digest
"""
_HELD = "FROM done JOIN wanted USING (id) WHERE wanted.digest IS NOT done.digest"


@dataclass(frozen=True, slots=True)
class WantedText:
    """A text that a corpus has: its document, digest, estimated tokens and line."""

    id: str
    digest: str
    tokens: int
    line: int


@dataclass(frozen=True, slots=True)
class Inventory:
    """How many texts a corpus has, and what became of them.

    Attributes:
        texts: How many it has.
        lacking: How many have no vector yet, the changed ones included.
        changed: How many have the vector of an older text.
        tokens: Estimated tokens of those that lack one.
        strangers: How many vectors are of documents that the corpus does not have.
        some_strangers: The first of these documents.
    """

    texts: int
    lacking: int
    changed: int
    tokens: int
    strangers: int
    some_strangers: tuple[str, ...] = ()


class Checkpoint:
    """An open checkpoint; one process holds it at a time, and what it has committed outlives its death."""

    def __init__(self, folder: Place) -> None:
        """Open or make the checkpoint of a folder; of one at a URL it lies in the cache of this machine.

        Raises:
            OutputError: Another process holds it, or it is damaged.
        """
        self.folder = folder
        self.path = home_of(folder) / FILE
        try:
            refuse_irregular(self.path)
            self._base = sqlite3.connect(self.path, timeout=0, isolation_level=None)
            self._base.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._base.execute("PRAGMA journal_mode = WAL")
            self._base.execute("PRAGMA synchronous = NORMAL")
            prepare(self._base)
        except (*SQLITE_FAULTS, OSError) as error:
            raise unusable(self.folder, self.path, error) from error

    def close(self) -> None:
        """Let the next process have it."""
        with contextlib.suppress(*SQLITE_FAULTS):  # told before, where it is damaged
            self._base.execute("DROP TABLE IF EXISTS wanted")
        self._base.close()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Make what happens inside happen as a whole, or not at all."""
        try:
            self._base.execute("BEGIN IMMEDIATE")
            yield
            self._base.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(*SQLITE_FAULTS):  # as above
                self._base.execute("ROLLBACK")
            raise

    def forget(self) -> None:
        """Begin anew: what it knew of lies nowhere any more."""
        with self.transaction():
            for table in ("meta", "shards", "done", "pending"):
                self._base.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names

    def reconcile(self) -> int:
        """Make it agree with the shards that lie there; return how many of its texts are lost with theirs.

        A shard that is missing or of another size is forgotten (at a URL one that has changed is read again),
        and so is a waiting vector that is not as it was kept. Where the checkpoint knows no shard at all, it
        is made anew from them.
        """
        lying = shards_in(self.folder)
        known = dict(self._base.execute("SELECT number, size FROM shards"))
        if not known and lying and not self._one("SELECT COUNT(*) FROM pending"):
            for number, path in lying.items():
                self._learn(number, path)
            return 0
        for number in sorted(lying.keys() - known.keys()):  # written by a run that could not note it
            self._learn(number, lying[number])
        lost = self._forget_damaged()
        for number, mark in known.items():
            if number in lying and mark_of(lying[number]) == mark:
                continue
            held = self._one("SELECT COUNT(*) FROM done WHERE shard = ?", number)
            with self.transaction():
                self._base.execute("DELETE FROM done WHERE shard = ?", (number,))
                self._base.execute("DELETE FROM shards WHERE number = ?", (number,))
            if number in lying and is_elsewhere(lying[number]):  # another machine went on
                self._learn(number, lying[number])
            else:
                lost += held
        return lost

    def _forget_damaged(self) -> int:
        """Forget the waiting vectors with bits that nobody wrote, or of another text; return how many."""
        rows = self._base.execute("SELECT seq, id, digest, vector, seal FROM pending")
        damaged = [(seq,) for seq, *row, seal in rows if _seal(*row) != seal]
        with self.transaction():
            self._base.executemany("DELETE FROM pending WHERE seq = ?", damaged)
        return len(damaged)

    def _learn(self, number: int, path: Place) -> None:
        shard = read_shard(path)
        rows = zip(shard.ids, shard.digests, [number] * len(shard.ids), strict=True)
        with self.transaction():
            self._base.executemany("INSERT OR REPLACE INTO done VALUES (?, ?, ?)", rows)
            self._base.execute("INSERT INTO shards VALUES (?, ?)", (number, mark_of(path)))

    def want(self, texts: Sequence[WantedText]) -> tuple[str, int] | None:
        """Note texts of the corpus; return the first id that is there already, and its line, if any is."""
        for text in texts:
            try:
                self._base.execute(
                    "INSERT INTO wanted VALUES (?, ?, ?, ?)", (text.id, text.digest, text.tokens, text.line)
                )
            except sqlite3.IntegrityError:
                return text.id, self._one("SELECT line FROM wanted WHERE id = ?", text.id)
        return None

    def inventory(self) -> Inventory:
        """Return how the corpus that was noted compares with what is embedded."""
        self._base.execute(  # a text that is again as it was when its shard was written
            "DELETE FROM pending WHERE id IN "
            "(SELECT wanted.id FROM wanted JOIN done USING (id) WHERE wanted.digest = done.digest)"
        )
        self._base.execute(  # a text that has changed while it waited
            "DELETE FROM pending WHERE id IN "
            "(SELECT wanted.id FROM wanted JOIN pending USING (id) WHERE wanted.digest != pending.digest)"
        )
        lacking, tokens = self._base.execute(f"SELECT COUNT(*), TOTAL(wanted.tokens) {_LACKING}").fetchone()
        changed = self._one(
            "SELECT COUNT(*) FROM wanted JOIN done USING (id) WHERE wanted.digest != done.digest"
        )
        strangers = self._one("SELECT COUNT(*) FROM done WHERE id NOT IN (SELECT id FROM wanted)")
        texts = self._one("SELECT COUNT(*) FROM wanted")
        some = self._base.execute(
            "SELECT id FROM done WHERE id NOT IN (SELECT id FROM wanted) ORDER BY id LIMIT ?",
            (PLACES_SHOWN,),
        )
        names = tuple(row[0] for row in some)
        return Inventory(texts, lacking, changed, int(tokens), strangers, names)

    def lacking(self, ids: Sequence[str]) -> set[str]:
        """Return those of some ids whose text has no vector yet."""
        found: set[str] = set()
        for some in parts(ids, _AT_ONCE):
            marks = ",".join("?" * len(some))
            rows = self._base.execute(f"SELECT wanted.id {_LACKING} AND wanted.id IN ({marks})", list(some))
            found.update(row[0] for row in rows)
        return found

    def new_ones(self, ids: Sequence[str]) -> set[str]:
        """Return those of some ids whose text has no vector yet, and no shard that holds an older one."""
        lacking = self.lacking(ids)
        for some in parts(sorted(lacking), _AT_ONCE):
            marks = ",".join("?" * len(some))
            rows = self._base.execute(f"SELECT done.id {_HELD} AND done.id IN ({marks})", list(some))
            lacking.difference_update(row[0] for row in rows)
        return lacking

    def free_numbers(self) -> Iterator[int]:
        """Yield the numbers that no shard has, the least first.

        So that shards which a killed run did not finish are made again under their own number, of the same
        texts: whoever still writes one of them writes what is there.
        """
        taken = {row[0] for row in self._base.execute("SELECT number FROM shards")}
        return (number for number in count() if number not in taken)

    def spend(self, tokens: int) -> None:
        """Note tokens before they are sent: what is killed on the way was paid for, too."""
        self._base.execute(
            "INSERT INTO meta VALUES ('tokens', ?) "
            "ON CONFLICT (key) DO UPDATE SET value = value + excluded.value",
            (tokens,),
        )

    @property
    def spent(self) -> int:
        """Estimated tokens that were ever sent for this folder."""
        return self._one("SELECT COALESCE(MAX(value), 0) FROM meta WHERE key = 'tokens'")

    def keep(self, ids: Sequence[str], digests: Sequence[str], vectors: Vectors) -> None:
        """Keep vectors until a shard is full; from here on nothing can lose them."""
        rows = [
            (identity, digest, kept, _seal(identity, digest, kept))
            for identity, digest, vector in zip(ids, digests, vectors, strict=True)
            for kept in [vector.astype("<f4").tobytes()]
        ]
        with self.transaction():
            self._base.executemany(
                "INSERT OR REPLACE INTO pending (id, digest, vector, seal) VALUES (?, ?, ?, ?)", rows
            )

    def waiting(self) -> int:
        """Return how many vectors of new documents wait for a shard."""
        return self._one("SELECT COUNT(*) FROM pending WHERE id NOT IN (SELECT id FROM done)")

    def next_shard(self, most: int, dims: int) -> tuple[int, Shard] | None:
        """Return the number and content of the next shard of new documents; None where none waits."""
        rows = self._base.execute(
            "SELECT id, vector, digest FROM pending WHERE id NOT IN (SELECT id FROM done) "
            "ORDER BY seq LIMIT ?",
            (most,),
        ).fetchall()
        if not rows:
            return None
        ids, blobs, digests = zip(*rows, strict=True)
        number = self._one("SELECT COALESCE(MAX(number), -1) + 1 FROM shards")
        return number, Shard(ids, stacked(blobs, dims), digests)

    def outdated(self) -> list[int]:
        """Return the shards that hold vectors of older texts, for which new ones wait."""
        return [
            row[0] for row in self._base.execute("SELECT DISTINCT shard FROM pending JOIN done USING (id)")
        ]

    def replacements(self, number: int, dims: int) -> Shard:
        """Return the new vectors of one shard."""
        rows = self._base.execute(
            "SELECT id, vector, pending.digest FROM pending JOIN done USING (id) WHERE shard = ? ORDER BY id",
            (number,),
        ).fetchall()
        ids, blobs, digests = zip(*rows, strict=True)
        return Shard(ids, stacked(blobs, dims), digests)

    def settle(self, number: int, mark: int, written: Shard) -> None:
        """Note that vectors which waited stand in a shard now."""
        rows = [
            (identity, digest, number) for identity, digest in zip(written.ids, written.digests, strict=True)
        ]
        with self.transaction():
            self._base.executemany("INSERT OR REPLACE INTO done VALUES (?, ?, ?)", rows)
            self._base.executemany("DELETE FROM pending WHERE id = ?", [(row[0],) for row in rows])
            self._base.execute("INSERT OR REPLACE INTO shards VALUES (?, ?)", (number, mark))

    @property
    def is_empty(self) -> bool:
        """Whether no vector was ever kept."""
        return not self._one("SELECT COUNT(*) FROM pending") and not self.shards

    def agreed(self, key: str, value: int) -> int:
        """Return the number that was first noted under a key, which is this one where there is none."""
        self._base.execute("INSERT OR IGNORE INTO meta VALUES (?, ?)", (key, value))
        return self._one("SELECT value FROM meta WHERE key = ?", key)

    @property
    def shards(self) -> int:
        """How many shards there are."""
        return self._one("SELECT COUNT(*) FROM shards")

    def _one(self, statement: str, *values: object) -> int:
        return int(self._base.execute(statement, values).fetchone()[0])


def _seal(identity: object, digest: object, vector: object) -> bytes:
    """Return what tells whether a waiting vector is as it was kept, and whose."""
    told = f"{identity}\0{digest}\0".encode(errors="replace")
    return sha256(told + (vector if isinstance(vector, bytes) else b"none")).digest()


def unusable(folder: Place, path: Path, error: Exception) -> OutputError:
    """Return the error where a checkpoint cannot be used, or another process holds it."""
    if "locked" in str(error):
        return OutputError(
            f"another process is embedding into {folder}", hint="wait for it, or stop it", code="EK726"
        )
    return OutputError(
        f"{path} cannot be used: {error}",
        hint="move it away: it is made anew from the shards, and only what waited for one is embedded again",
        code="EK726",
    )
