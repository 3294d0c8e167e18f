"""Parquet vectors: a column of lists, arrays or texts such as pgvector's, without an object per number."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from evalkit.arrays import Array
from evalkit.embedding.vectorfiles.fileend import check_end, short_column
from evalkit.embedding.vectorfiles.ids import as_texts
from evalkit.embedding.vectorfiles.pages import plain_vectors
from evalkit.embedding.vectorfiles.signature import (
    TAKE_A_COPY,
    check_kind,
    check_regular,
    too_large,
    unreadable,
)
from evalkit.embedding.vectorfiles.table import VectorColumns, VectorTable, check_lengths
from evalkit.errors import MissingExtraError, ModelError
from evalkit.findings import place
from evalkit.golden.reading.telling import count

DEFAULTS = VectorColumns(ids="id", vectors="vector")
HINT = "columns id and vector, every vector of one length"
SPARSE = re.compile(r"^\{\s*\d+\s*:.*\}\s*/\s*\d+$")
BRACKETS = "[](){} \t\r\n"


def read_parquet(path: Path, columns: VectorColumns) -> VectorTable:
    """Return the table of a Parquet file, or of a folder of such files as Spark writes them, in name order.

    Args:
        path: The file or folder.
        columns: Names that somebody stated; "" for the usual ones.

    Raises:
        MissingExtraError: pyarrow is not installed.
        ModelError: The file is not whole, a column is missing, or a vector is none.
    """
    try:
        import pyarrow as pa
    except ImportError:
        raise MissingExtraError.for_extra("parquet", f"reading {path.name}") from None
    files = parquet_files(path)
    names = (columns.ids or DEFAULTS.ids, columns.vectors or DEFAULTS.vectors)
    try:
        _check_columns(path, _opened(files[0]).schema_arrow, names)
        plain = _plain(path, files, names)
        ids, values = plain or _with_care(path, files, names)
    except MemoryError:
        raise too_large(path, sum(file.stat().st_size for file in files)) from None
    except ModelError:
        raise
    except (OSError, ValueError, TypeError, KeyError, OverflowError, pa.ArrowException) as error:
        raise unreadable(path, str(error).splitlines()[0], HINT) from error
    return VectorTable(path=path, ids_path=path, ids=ids, values=values, as_floats=True)


def parquet_files(path: Path) -> list[Path]:
    """Return a Parquet file, or those of a folder in name order.

    Raises:
        ModelError: There is none, or one is something else.
    """
    if path.is_dir():
        files = sorted(file for file in path.glob("*.parquet") if not file.name.startswith(("_", ".")))
        if not files:
            raise unreadable(path, f"{path.name} is a folder without a Parquet file", HINT)
    else:
        files = [path]
    for file in files:
        check_regular(file)
        check_kind(file, "a Parquet file")
    return files


def _plain(path: Path, files: list[Path], names: tuple[str, str]) -> tuple[tuple[str, ...], Array] | None:
    """Return the ids and numbers of files in the plainest form, alike in all of them; else None."""
    parts: list[Array] = []
    fields: list[list[Any]] = []
    ids: list[object] = []
    for file in files:
        opened = _opened(file)
        schema = opened.schema_arrow
        fields.append([schema.field(name) for name in names])
        numbers = plain_vectors(opened, file, names[1]) if fields[-1] == fields[0] else None
        if numbers is None or numbers.shape[1] != (parts or [numbers])[0].shape[1]:
            return None
        parts.append(numbers)
        ids += _read(file, opened, names[:1])[names[0]].to_pylist()
    return as_texts(ids, path), parts[0] if len(parts) == 1 else np.concatenate(parts)


def _with_care(path: Path, files: list[Path], names: tuple[str, str]) -> tuple[tuple[str, ...], Array]:
    """Return the ids and numbers of files in whichever form their vectors are, as pyarrow reads them."""
    import pyarrow as pa

    tables = [_read(file, _opened(file), names) for file in files]
    table = pa.concat_tables(tables) if len(tables) > 1 else tables[0]
    ids = as_texts(table[names[0]].to_pylist(), path)
    return ids, parquet_vectors(path, ids, table[names[1]])


def _read(file: Path, opened: Any, names: tuple[str, ...]) -> Any:
    """Return columns of one file, each page held against its checksum where it has one."""
    try:
        table = opened.read(columns=list(names))
    except OSError as error:
        raise unreadable(file, str(error).splitlines()[0], TAKE_A_COPY) from error
    if told := short_column(opened, table):
        raise unreadable(file, told, TAKE_A_COPY)
    return table


def _opened(file: Path) -> Any:
    """Return one file, open.

    Raises:
        ModelError: Its end is damaged.
    """
    import pyarrow.parquet as pq

    try:
        opened = pq.ParquetFile(file, page_checksum_verification=True)
    except OSError as error:
        raise unreadable(file, str(error).splitlines()[0], TAKE_A_COPY) from error
    check_end(file, opened)
    return opened


def parquet_vectors(path: Path, ids: tuple[str, ...], column: Any) -> Array:
    """Return (n, E) numbers of a column of vectors, in its own number type where NumPy has it.

    Args:
        path: The file, for errors.
        ids: (n,) whose vectors they are.
        column: The column, of pyarrow.

    Raises:
        ModelError: A cell is no vector, or of another length than most; its id is named.
    """
    return _Vectors(path, ids).numbers(column)


def _check_columns(path: Path, schema: Any, names: tuple[str, str]) -> None:
    held = schema.names
    for name, option in zip(names, ("id_column", "vector_column"), strict=True):
        if name not in held:
            usual = name in (DEFAULTS.ids, DEFAULTS.vectors)
            hint = (
                f'{HINT}; other names are told by {option} = "NAME"'
                if usual
                else f'correct {option} = "{name}"'
            )
            raise unreadable(path, f"it has no column {name}, only {', '.join(held)}", hint)
        if held.count(name) > 1:
            raise unreadable(
                path, f"it has {held.count(name)} columns called {name}", "give each a name of its own"
            )


@dataclass(frozen=True, slots=True)
class _Vectors:
    """Reads the column of vectors of one file whose ids are known."""

    path: Path
    ids: tuple[str, ...]

    def numbers(self, column: Any) -> Array:
        """Return (n, E) numbers, in the column's own number type where NumPy has it."""
        import pyarrow as pa

        chunks = getattr(column, "num_chunks", None)  # a plain array has no such thing
        array = column if chunks is None else column.chunk(0) if chunks == 1 else column.combine_chunks()
        if isinstance(array, pa.ChunkedArray):  # more than one array can hold
            return np.concatenate([self._plain(chunk) for chunk in array.chunks])
        return self._plain(array)

    def _plain(self, array: Any) -> Array:
        import pyarrow as pa

        if isinstance(array, pa.ExtensionArray):
            shape = getattr(array.type, "shape", None)
            if shape is not None and len(shape) > 1:
                raise unreadable(
                    self.path, f"they are tensors of shape {tuple(shape)}", "one vector for each id"
                )
            array = array.storage
        kind = array.type
        if pa.types.is_dictionary(kind):
            return self._plain(array.dictionary_decode())
        if pa.types.is_string(kind) or pa.types.is_large_string(kind) or kind == pa.string_view():
            return self._from_texts(array.cast(pa.large_string()))
        if pa.types.is_fixed_size_list(kind) or _is_list(kind):
            return self._from_lists(array)
        if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
            return self._from_bytes(array)
        raise unreadable(self.path, f"the column is of type {kind}, no list of numbers", HINT)

    def _from_lists(self, array: Any) -> Array:
        import pyarrow as pa
        import pyarrow.compute as pc

        if pa.types.is_list_view(array.type) or pa.types.is_large_list_view(array.type):
            array = array.cast(pa.large_list(array.type.value_type))
        dims = np.asarray(pc.fill_null(pc.list_value_length(array), -1))
        usual = check_lengths(self.path, self.ids, dims)
        flat = array.flatten()
        if flat.null_count:
            rows = np.unique(np.flatnonzero(np.asarray(flat.is_null())) // usual)
            raise self._wrong(rows.tolist(), "NULL in place of a number")
        return self._typed(flat).reshape(len(array), usual)

    def _typed(self, flat: Any) -> Array:
        """Return flat numbers as NumPy has them."""
        import pyarrow as pa

        kind = flat.type
        if pa.types.is_dictionary(kind):
            flat = flat.dictionary_decode()
            kind = flat.type
        if _is_list(kind) or pa.types.is_fixed_size_list(kind) or pa.types.is_struct(kind):
            told = f"each is a list of {kind}: several vectors, or a sparse one"
            raise unreadable(self.path, told, "one vector of numbers for each id")
        if pa.types.is_decimal(kind):
            flat = flat.cast(pa.float64())
        elif not (pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_boolean(kind)):
            raise unreadable(self.path, f"they are lists of {kind}, not of numbers", HINT)
        elif pa.types.is_integer(kind) and kind not in (pa.int8(), pa.uint8()):
            flat = flat.cast(pa.float64())
        return np.asarray(flat.to_numpy(zero_copy_only=False))

    def _from_texts(self, texts: Any) -> Array:
        """Return the vectors of texts such as "[1,2.5,-3]", pgvector's form and JSON's, or "{1,2.5,-3}"."""
        import pyarrow as pa
        import pyarrow.compute as pc

        bare = pc.utf8_trim(texts, characters=BRACKETS)
        parts = pc.split_pattern_regex(bare, pattern=r"\s*,\s*")
        spaced = pc.and_(pc.invert(pc.match_substring(bare, ",")), pc.match_substring_regex(bare, r"\S\s+\S"))
        if pc.any(spaced).as_py():  # numbers set apart by blanks, as NumPy prints them
            parts = pc.if_else(spaced, pc.split_pattern_regex(bare, pattern=r"\s+"), parts)
        dims = np.asarray(pc.fill_null(pc.list_value_length(parts), -1))
        dims = np.where(np.asarray(pc.fill_null(pc.equal(bare, ""), fill_value=False)), 0, dims)
        try:
            flat = (
                parts.flatten().filter(pc.not_equal(parts.flatten(), ""))
                if np.any(dims == 0)
                else parts.flatten()
            )
            numbers = np.asarray(flat.cast(pa.float64()))
        except pa.ArrowInvalid:
            raise self._no_numbers(texts) from None
        usual = check_lengths(self.path, self.ids, dims)
        return numbers.reshape(len(texts), usual)

    def _from_bytes(self, array: Any) -> Array:
        """Return rows of bytes, which only packed bits are; whether they are, is said elsewhere."""
        rows = array.to_pylist()
        dims = [-1 if row is None else len(row) for row in rows]
        usual = check_lengths(self.path, self.ids, dims)
        return np.frombuffer(b"".join(rows), dtype=np.uint8).reshape(len(rows), usual)

    def _no_numbers(self, texts: Any) -> ModelError:
        wrong = [row for row, text in enumerate(texts.to_pylist()) if text is not None and not _numeric(text)]
        first = texts[wrong[0]].as_py() if wrong else ""
        if SPARSE.match(first.strip()):
            return self._wrong(wrong, "a sparse vector as text; write dense ones")
        shown = first if len(first) <= 40 else f"{first[:39]}…"  # noqa: PLR2004 - enough to know it again
        return self._wrong(wrong, f"a text that is no list of numbers, first {shown!r}")

    def _wrong(self, rows: list[int], told: str) -> ModelError:
        return ModelError(
            f"the vectors cannot be read: {count(len(rows), 'id')} with {told}",
            places=(place(self.path, (), [self.ids[row] for row in rows]),),
            hint="embed these texts again; every vector is one list of numbers",
            code="EK342",
        )


def _is_list(kind: Any) -> bool:
    import pyarrow as pa

    types = pa.types
    return bool(
        types.is_list(kind)
        or types.is_large_list(kind)
        or types.is_list_view(kind)
        or types.is_large_list_view(kind)
    )


def _numeric(text: str) -> bool:
    bare = text.strip(BRACKETS)
    parts = re.split(r"\s*,\s*", bare) if "," in bare else bare.split()
    try:
        return all(float(part) is not None for part in parts)
    except ValueError:
        return False
