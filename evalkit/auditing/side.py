"""One side of a parity check: the ids of a store, their vectors, and what is stored of each beside them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from evalkit.arrays import Array, Floats
from evalkit.embedding.backfill.filling import text_digest
from evalkit.embedding.encoder import Fingerprint, Role
from evalkit.embedding.rowfile import RowFile
from evalkit.embedding.vectorfiles.forms import SHARDS, STEMS, read_role
from evalkit.embedding.vectorfiles.parquet import read_parquet
from evalkit.embedding.vectorfiles.table import VectorColumns
from evalkit.errors import EvalkitError, MissingExtraError, ModelError
from evalkit.findings import place
from evalkit.indexing.faiss import read_vectors
from evalkit.opening import FILE_FAULTS, fault, is_file, is_folder, numbered_bytes, read_json

FAISS = "faiss://"
VECTORS = "vectors/"
PARQUET = ".parquet"
_FINGERPRINTS = ("fingerprint", "model_version", "embedding_version", "version", "model")
_UPDATED = ("updated_at", "updated", "modified_at")
_DIGEST, _TEXT = "text_digest", "text"
_HINT = "vectors/FOLDER or a folder, a Parquet file, or faiss://INDEX with its ids in INDEX.ids, one a line"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Side:
    """A store.

    Attributes:
        name: As the user named it.
        ids: (n,) what it holds.
        vectors: (n, E) their vectors.
        fingerprint: The space that the store states; None where it states none.
        exact: Whether vectors are those that were stored, not an approximation.
        fingerprints: (n,) what each row says of its model; empty where rows say nothing.
        updated: (n,) when each was last written, as seconds; empty where rows do not say.
        digests: (n,) digests of the texts; empty where rows have none.
    """

    name: str
    ids: tuple[str, ...]
    vectors: Array | RowFile
    fingerprint: Fingerprint | None = None
    exact: bool = True
    fingerprints: tuple[str, ...] = ()
    updated: Floats = field(default_factory=lambda: np.zeros(0))
    digests: tuple[str, ...] = ()

    @property
    def space(self) -> str:
        """The digest of its fingerprint, "" where it states none."""
        return self.fingerprint.digest if self.fingerprint else ""


def open_side(spec: str) -> Side:
    """Read a store.

    Args:
        spec: `vectors/FOLDER` or a folder of vector files or shards, a Parquet file, or `faiss://INDEX`.

    Raises:
        ModelError: It is not there, cannot be read, or an id stands twice.
    """
    try:
        side = _opened(spec)
    except FILE_FAULTS as error:
        if isinstance(error, EvalkitError):
            raise
        raise ModelError(f"{spec} cannot be read: {fault(error)}", hint=_HINT, code="EK557") from error
    if len(set(side.ids)) < len(side.ids):
        seen: set[str] = set()
        twice = sorted({name for name in side.ids if name in seen or seen.add(name)})  # type: ignore[func-returns-value] # None
        raise ModelError(
            f"{len(twice)} ids stand more than once in {spec}",
            places=(place(spec, (), twice),),
            hint="one vector for each id: remove the older ones",
            code="EK557",
        )
    return side


def _opened(spec: str) -> Side:
    if spec.startswith(FAISS):
        return _index(spec, Path(spec.removeprefix(FAISS)))
    path = Path(spec)
    if not path.exists() and spec.startswith(VECTORS):
        path = Path(spec.removeprefix(VECTORS))
    if is_file(path) and path.suffix == PARQUET:
        return _table(spec, path, path)
    if not is_folder(path):
        raise ModelError(f"{spec} is no store", hint=_HINT, code="EK557")
    corpus = path / f"{STEMS[Role.document]}{PARQUET}"
    rows = corpus if corpus.exists() else path if any(path.glob(SHARDS)) else None
    if rows is not None:
        return _table(spec, rows, path)
    if not any(path.glob(f"{STEMS[Role.document]}.*")) and any(path.glob(f"*{PARQUET}")):
        return _table(spec, path, path)
    held = read_role(path, Role.document, VectorColumns())
    return Side(name=spec, ids=held.ids, vectors=held.values, fingerprint=_stated(path))


def _table(spec: str, rows: Path, folder: Path) -> Side:
    held = read_parquet(rows, VectorColumns())
    beside = _beside(rows)
    return Side(
        name=spec,
        ids=held.ids,
        vectors=held.values,
        fingerprint=_stated(folder if folder.is_dir() else folder.parent),
        fingerprints=tuple("" if value is None else str(value) for value in _column(beside, _FINGERPRINTS)),
        updated=_seconds(_column(beside, _UPDATED)),
        digests=_digests(beside),
    )


def _beside(rows: Path) -> dict[str, list[Any]]:
    """Return the columns beside id and vector that parity looks at."""
    try:
        from pyarrow import concat_tables, parquet  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise MissingExtraError.for_extra("parquet", f"reading {rows.name}") from error
    files = sorted(rows.glob(f"*{PARQUET}")) if rows.is_dir() else [rows]
    wanted = {*_FINGERPRINTS, *_UPDATED, _DIGEST, _TEXT}
    held = set.intersection(*(set(parquet.read_schema(file).names) for file in files)) & wanted
    table = concat_tables([parquet.ParquetFile(file).read(columns=sorted(held)) for file in files])
    return {name: table[name].to_pylist() for name in held}


def _digests(beside: dict[str, list[Any]]) -> tuple[str, ...]:
    """Return digests of the texts, as they are stored or of the texts that are."""
    if _DIGEST in beside:
        return tuple("" if value is None else str(value) for value in beside[_DIGEST])
    return tuple(text_digest(str(text or "")) for text in beside.get(_TEXT, []))


def _column(beside: dict[str, list[Any]], names: tuple[str, ...]) -> list[Any]:
    return next((beside[name] for name in names if name in beside), [])


def _seconds(cells: list[Any]) -> Floats:
    from evalkit.rollout.timestamps import parse_times  # noqa: PLC0415 - only dated rows need it

    if not cells:
        return np.zeros(0)
    times = parse_times(["" if cell is None else cell for cell in cells])
    seconds = np.array(times.seconds)
    seconds[times.unreadable] = np.nan
    return seconds


def _stated(folder: Path) -> Fingerprint | None:
    path = folder / "fingerprint.json"
    if not path.exists():
        return None
    try:
        return Fingerprint.of({name: value for name, value in read_json(path).items() if value is not None})
    except (AttributeError, TypeError) as error:
        raise ModelError(f"{path} is no fingerprint: {error}", hint=_HINT, code="EK557") from error


def _index(spec: str, path: Path) -> Side:
    names = path.with_name(f"{path.name}.ids")
    names = names if names.exists() else path.with_suffix(".ids")
    vectors, exact = read_vectors(path)
    ids = tuple(line.decode().strip() for _, line in numbered_bytes(names) if line.strip())
    if len(ids) != len(vectors):
        raise ModelError(
            f"{path.name} holds {len(vectors)} vectors, {names.name} {len(ids)} ids",
            places=(str(path), str(names)),
            hint="one id a line, in the order in which vectors were added",
            code="EK557",
        )
    return Side(name=spec, ids=ids, vectors=vectors, exact=exact, fingerprint=_stated(path.parent))
