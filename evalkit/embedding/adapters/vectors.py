"""vectors/FOLDER: vectors made elsewhere, joined to texts by id, read afresh every time."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from tokenize import TokenError
from typing import Any

import numpy as np

from evalkit.arrays import Array, increasing
from evalkit.digests import digest_array, digest_texts
from evalkit.embedding.encoder import Fingerprint, Role
from evalkit.embedding.modelspec import ModelSpec, Options, check_options
from evalkit.embedding.rowfile import RowFile, open_rows
from evalkit.errors import MissingExtraError, ModelError
from evalkit.findings import place
from evalkit.golden.goldenset import GoldenSet, Texts
from evalkit.golden.likeness import likeness
from evalkit.golden.telling import count

LAYOUT = (
    "a vectors folder holds corpus.npy, corpus.ids, queries.npy and queries.ids, "
    "or corpus.parquet and queries.parquet"
)
OPTIONS = {"normalize": bool, "base": str}
COLUMNS = ["id", "vector"]
STEMS = {Role.query: "queries", Role.document: "corpus"}
NOUNS = {Role.query: ("query", "queries"), Role.document: ("document", "documents")}


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """The vectors of one role as their file states them: row i belongs to ids[i]."""

    path: Path
    ids: tuple[str, ...]
    values: Array | RowFile


@dataclass(frozen=True, slots=True, eq=False)
class StoredVectors:
    """The two tables of a vectors folder and the space that they are said to live in."""

    fingerprint: Fingerprint
    tables: dict[Role, Table]

    def vectors(self, texts: Texts, role: Role) -> Array | RowFile:
        """Return (n, E) vectors in the order of `texts.ids`; ids without a text are left out.

        Raises:
            ModelError: A text has no vector.
        """
        table = self.tables[role]
        if table.ids == texts.ids:  # as a rule; ten million ids are better not looked up one by one
            return table.values
        row_of = {identity: row for row, identity in enumerate(table.ids)}
        absent = [identity for identity in texts.ids if identity not in row_of]
        if absent:
            raise _absent(table, texts, role, absent)
        rows = np.array([row_of[identity] for identity in texts.ids], dtype=np.int64)
        return table.values.reordered(rows) if isinstance(table.values, RowFile) else table.values[rows]


def _absent(table: Table, texts: Texts, role: Role, absent: list[str]) -> ModelError:
    """Return the error that names what either side lacks, and how the two may mean the same."""
    known = set(texts.ids)
    strangers = [identity for identity in table.ids if identity not in known]
    alike = likeness(absent, strangers)
    places = [place(table.path, (), absent)]
    if strangers:
        where = place(table.path, (), strangers)
        places.append(f"{where}: {count(len(strangers), 'vector')} of no {NOUNS[role][0]} here")
    advice = f"{alike}; write the ids alike" if alike else "embed them too, or use the same ids on both sides"
    return ModelError(
        f"no vector for {count(len(absent), *NOUNS[role])} of {len(texts)}",
        places=tuple(places),
        hint=advice,
        code="EK341",
    )


def make(spec: ModelSpec, golden: GoldenSet, options: Options) -> StoredVectors:
    """Return the vectors in a folder, checked for ids, counts, dimensions and finiteness.

    Raises:
        ModelError: A file is missing or wrong; the file and the offending value are named.
    """
    del golden
    check_options(spec, options, OPTIONS)
    folder = Path(str(options.get("base", "")), spec.model).expanduser()
    if not folder.is_dir():
        raise ModelError(f"{folder} is not a folder", hint=LAYOUT, code="EK342")
    tables = {role: _read_table(folder, stem) for role, stem in STEMS.items()}
    lengths = {table.path.name: table.values.shape[1] for table in tables.values()}
    if len(set(lengths.values())) > 1:
        told = " and ".join(f"{length} dimensions in {name}" for name, length in lengths.items())
        raise ModelError(
            f"queries and corpus differ: {told}", places=(str(folder),), hint=LAYOUT, code="EK343"
        )
    fingerprint = _fingerprint(spec, folder, tables, lengths.popitem()[1])
    if "normalize" in options:
        fingerprint = replace(fingerprint, normalize=bool(options["normalize"]))
    return StoredVectors(fingerprint, tables)


def _fingerprint(spec: ModelSpec, folder: Path, tables: dict[Role, Table], dims: int) -> Fingerprint:
    content = digest_texts(
        part for table in tables.values() for part in (digest_texts(table.ids), _digest(table.values))
    )
    path = folder / "fingerprint.json"
    if not path.exists():
        return Fingerprint(provider="vectors", model=Path(spec.model).name, revision=content, dims=dims)
    try:
        settings: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        stated = Fingerprint.of({"provider": "vectors", "model": Path(spec.model).name, **settings})
    except ModelError as error:
        raise ModelError.of([replace(told, places=(str(path),)) for told in error.findings]) from error
    except (ValueError, TypeError, AttributeError) as error:
        raise ModelError(
            f"{path.name} is not a fingerprint: {error}",
            places=(str(path),),
            hint='a JSON object such as {"provider": "st", "model": "bge-m3", "dims": 1024}',
            code="EK344",
        ) from error
    if stated.dims not in (0, dims):
        raise ModelError(
            f"{path.name} states {stated.dims} dimensions, the vectors have {dims}",
            places=(str(path),),
            hint="correct whichever is wrong",
            code="EK343",
        )
    return replace(stated, dims=dims, revision=stated.revision or content)


def _digest(values: Array | RowFile) -> str:
    return values.digest() if isinstance(values, RowFile) else digest_array(values)


def _read_table(folder: Path, stem: str) -> Table:
    packed = folder / f"{stem}.parquet"
    table = (
        _read_parquet(packed)
        if packed.exists()
        else _read_npy(folder / f"{stem}.npy", folder / f"{stem}.ids")
    )
    _check(table)
    return table


def _read_npy(path: Path, ids_path: Path) -> Table:
    for needed in (path, ids_path):
        if not needed.exists():
            raise ModelError(f"{needed.name} is missing", places=(str(needed),), hint=LAYOUT, code="EK342")
    try:
        values = open_rows(path)
        text = ids_path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError, EOFError, TypeError, SyntaxError, TokenError, MemoryError) as error:
        # NumPy reads the head of a file as Python text, and fails on a damaged one as Python does.
        raise ModelError(
            f"the vectors cannot be read: {error}", places=(str(path),), hint=LAYOUT, code="EK342"
        ) from error
    return Table(path, tuple(line.rstrip("\r") for line in text.rstrip("\n").split("\n")), values)


def _read_parquet(path: Path) -> Table:
    try:
        import pyarrow as pa  # noqa: PLC0415 - an extra
        import pyarrow.parquet as pq  # noqa: PLC0415 - the same
    except ImportError:
        raise MissingExtraError.for_extra("parquet", f"reading {path.name}") from None
    try:
        held = pq.read_schema(path).names
        absent = [name for name in COLUMNS if name not in held]
        if absent:
            raise _unreadable(path, f"it has no column {absent[0]}, only {', '.join(held)}")
        table = pq.read_table(path, columns=COLUMNS)
        rows = table["vector"].to_pylist()
        lengths = sorted({len(row) for row in rows})
        if len(lengths) > 1:
            raise _unreadable(path, f"they have from {lengths[0]} to {lengths[-1]} dimensions")
        values: Array = np.array(rows, dtype=np.float64)
    except (OSError, ValueError, TypeError, KeyError, pa.ArrowException) as error:
        raise _unreadable(path, str(error)) from error
    return Table(path, tuple(str(identity) for identity in table["id"].to_pylist()), values)


def _unreadable(path: Path, why: str) -> ModelError:
    return ModelError(
        f"the vectors cannot be read: {why}",
        places=(str(path),),
        hint="columns id and vector, every vector of one length",
        code="EK342",
    )


def _check(table: Table) -> None:
    _check_array(table.values, str(table.path))
    if len(table.ids) != table.values.shape[0]:
        raise ModelError(
            f"{len(table.ids)} ids for {table.values.shape[0]} vectors",
            places=(str(table.path),),
            hint="one id a line",
            code="EK346",
        )
    counts = {} if increasing(table.ids) else Counter(table.ids)
    repeated = [identity for identity, times in counts.items() if times > 1]
    if repeated:
        raise ModelError(
            f"{count(len(repeated), 'id')} more than once",
            places=(place(table.path, (), repeated),),
            hint="one vector for each id",
            code="EK346",
        )
    blocks = table.values.blocks() if isinstance(table.values, RowFile) else [table.values]
    sound = np.concatenate([np.isfinite(block).all(axis=1) for block in blocks])
    bad = np.flatnonzero(~sound)
    if bad.size:
        raise ModelError(
            f"{count(bad.size, 'vector')} with a value that is not finite",
            places=(place(table.path, (), [table.ids[row] for row in bad]),),
            hint="look at how they were made; float16 overflows, and 0/0 gives NaN",
            code="EK347",
        )


def _check_array(values: Array | RowFile, path: str) -> None:
    if len(values.shape) != 2 or not np.issubdtype(values.dtype, np.floating):  # noqa: PLR2004 - rows and columns
        raise ModelError(
            f"the vectors are {values.dtype} of shape {values.shape}, not float numbers in rows and columns",
            places=(path,),
            hint="save a two-dimensional float32 array",
            code="EK345",
        )
