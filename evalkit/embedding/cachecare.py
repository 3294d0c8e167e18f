"""Care of the cache: which spaces it holds, how large they are, and how those that nobody needs go."""

from __future__ import annotations

import json
import math
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from evalkit.embedding.encoder import Fingerprint, Role
from evalkit.embedding.matrices import matrices_of, remove_matrix
from evalkit.errors import EvalkitError, UsageError
from evalkit.parsing import parse_json

DAY_S = 86_400
SPACES = """
    select vectors.space, count(*), sum(length(vector)), coalesce(settings, '{}'), coalesce(used, 0)
    from vectors left join spaces on spaces.space = vectors.space group by vectors.space
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """What the cache holds of one model for one role.

    Attributes:
        digest: The digest of the model's fingerprint.
        role: What the texts are to the model.
        fingerprint: Which model; None for vectors of an older layout that nobody has used since.
        vectors: How many there are.
        size_bytes: What they and their matrices take.
        used: When they were last used, to the day, in seconds since 1970.
    """

    digest: str
    role: Role
    fingerprint: Fingerprint | None
    vectors: int
    size_bytes: int
    used: int

    @property
    def key(self) -> str:
        """What the cache calls the space."""
        return space_key(self.digest, self.role)


def is_space(key: object) -> bool:
    """Return whether something may be what the cache calls a space."""
    digest, mark, role = str(key).partition(":")
    return isinstance(key, str) and bool(digest and mark) and role in set(Role)


def space_key(digest: str, role: Role) -> str:
    """Return what the cache calls the space of a fingerprint's digest and a role."""
    return f"{digest}:{role}"


def dims_note(fingerprint: Fingerprint) -> str:
    """Return the name under which the cache notes how many dimensions a model turned out to have."""
    return f"dims:{replace(fingerprint.stored, dims=0).digest}"


def place_note(digest: str) -> str:
    """Return the name under which the cache notes at which address the vectors of a fingerprint were made."""
    return f"place:{digest}"


def pace_note(space: str) -> str:
    """Return the name under which the cache notes how many texts of a space were encoded a second."""
    return f"pace:{space}"


def note_use(database: sqlite3.Connection, key: str, fingerprint: Fingerprint) -> None:
    """Write down whose space it is, and that it is used now."""
    database.execute(
        "insert or replace into spaces (space, settings, used) values (?, ?, ?)",
        (key, json.dumps(fingerprint.to_settings(), sort_keys=True), int(time.time())),
    )


def list_spaces(rows: Iterable[tuple[Any, ...]], matrices: Path) -> tuple[Space, ...]:
    """Return the spaces that the query SPACES found, the most recently used first."""
    assembled: Counter[str] = Counter()
    for path, key in matrices_of(matrices):
        assembled[key] += path.stat().st_size
    found = []
    for key, vectors, size, settings, used in rows:
        digest, _, role = key.partition(":")
        found.append(
            Space(
                digest=digest,
                role=Role(role),
                fingerprint=_fingerprint(settings, digest),
                vectors=vectors,
                size_bytes=size + assembled[key],
                used=used if isinstance(used, int) and 0 <= used <= time.time() + DAY_S else 0,
            )
        )
    return tuple(sorted(found, key=lambda space: (-space.used, space.key)))


def select_spaces(
    spaces: tuple[Space, ...], *, digest: str | None = None, unused_days: float | None = None
) -> tuple[Space, ...]:
    """Return the spaces that meet every condition given.

    Args:
        spaces: Which to choose from.
        digest: How the digest of the fingerprint begins; "" chooses all.
        unused_days: For at least how many days nobody has used them, ≥ 0.

    Raises:
        UsageError: No condition is given, so that nothing is lost by oversight; or days that are none.
    """
    if unused_days is not None and not 0 <= unused_days < math.inf:
        raise UsageError(
            f"{unused_days} is no number of days", hint="--unused-days 30, for example", code="EK376"
        )
    conditions: list[Callable[[Space], bool]] = []
    if digest is not None:
        conditions.append(lambda space: space.digest.startswith(digest.lower()))
    if unused_days is not None:
        latest = time.time() - unused_days * DAY_S
        conditions.append(lambda space: space.used <= latest)
    if not conditions:
        raise UsageError(
            "nothing says which vectors are to go",
            hint="name the beginning of a fingerprint's digest, or how many days nobody has used them",
            code="EK128",
        )
    return tuple(space for space in spaces if all(holds(space) for holds in conditions))


def delete_spaces(database: sqlite3.Connection, spaces: Iterable[Space]) -> None:
    """Delete the vectors of `spaces` and what was noted of their models."""
    for space in spaces:
        database.execute("delete from vectors where space = ?", (space.key,))
        database.execute("delete from spaces where space = ?", (space.key,))
        for note in (pace_note(space.key), place_note(space.digest)):
            database.execute("delete from notes where name = ?", (note,))
        if space.fingerprint is not None:
            database.execute("delete from notes where name = ?", (dims_note(space.fingerprint),))


def give_back_room(database: sqlite3.Connection) -> None:
    """Shrink the file; while another program uses it, the room is left to be used again."""
    with suppress(sqlite3.OperationalError):
        database.execute("vacuum")
        database.execute("pragma wal_checkpoint(truncate)")


def remove_files(database: Path, matrices: Path, spaces: Iterable[Space]) -> None:
    """Remove the matrices of `spaces`, a database that was set aside, and drafts of killed programs."""
    keys = {space.key for space in spaces} | {""}
    for path, key in matrices_of(matrices):
        if key in keys:
            remove_matrix(path)
    for suffix in ("", "-wal", "-shm"):
        Path(f"{database.with_suffix('.damaged')}{suffix}").unlink(missing_ok=True)
    for draft in matrices.glob("*.part"):
        with suppress(FileNotFoundError):
            if draft.stat().st_mtime < time.time() - DAY_S:
                draft.unlink()


def _fingerprint(settings: object, digest: str) -> Fingerprint | None:
    try:
        found = Fingerprint.of(parse_json(str(settings)))
    except (
        EvalkitError,
        TypeError,
        ValueError,
        AttributeError,
        RecursionError,
    ):  # of another layout, or damaged
        return None
    return found if found.digest == digest else None
