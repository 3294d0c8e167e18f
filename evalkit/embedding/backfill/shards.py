"""The shards: Parquet files of ids, vectors and digests of texts, each written whole or not at all."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from evalkit.arrays import Array, Vectors
from evalkit.embedding.backfill.places import Place, listed, put, readable
from evalkit.embedding.vectorfiles.fileend import contradiction, short_column
from evalkit.errors import MissingExtraError, ModelError

NAME = re.compile(r"shard-(\d{5,})\.parquet")
FINGERPRINT = "fingerprint.json"
_STAMP = b"evalkit.fingerprint"


@dataclass(frozen=True, slots=True, eq=False)
class Shard:
    """(n,) ids, (n, E) vectors and (n,) digests of texts."""

    ids: tuple[str, ...]
    vectors: Array
    digests: tuple[str, ...]


def shard_path(folder: Place, number: int) -> Place:
    """Return where a shard lies."""
    return folder / f"shard-{number:05d}.parquet"


def shards_in(folder: Place) -> dict[int, Place]:
    """Return the shards of a folder by number.

    Raises:
        ModelError: It holds a Parquet file of another name.
    """
    found: dict[int, Place] = {}
    for path in listed(folder, "*.parquet"):
        match = NAME.fullmatch(path.name)
        if match is None:
            raise ModelError(
                f"{folder} holds {path.name}, which is no shard of this corpus",
                places=(str(path),),
                hint="name a folder of its own with -o",
                code="EK725",
            )
        found[int(match[1])] = path
    return found


def write_shard(path: Place, shard: Shard, *, fingerprint: str, half: bool) -> int:
    """Write a shard beside its place, bring it to the disk, and only then put it there.

    Args:
        path: Its place.
        shard: What it holds.
        fingerprint: The digest of the space, stamped on the file.
        half: Whether numbers are kept as float16.

    Returns:
        The number by which it is known again.

    Raises:
        OutputError: It cannot be written.
    """
    pa, parquet = _arrow()
    kind = np.float16 if half else np.float32
    flat = pa.array(np.ascontiguousarray(shard.vectors, dtype=kind).reshape(-1))
    dims = shard.vectors.shape[1]
    table = pa.table(
        {
            "id": pa.array(shard.ids, pa.string()),
            "vector": pa.FixedSizeListArray.from_arrays(flat, dims),
            "text_digest": pa.array(shard.digests, pa.string()),
        }
    ).replace_schema_metadata({_STAMP: fingerprint.encode()})
    by_name = ["id", "text_digest"]  # numbers are read sooner where they stand in their place
    return put(path, partial(parquet.write_table, table, write_page_checksum=True, use_dictionary=by_name))


def read_shard(path: Place) -> Shard:
    """Return what a shard holds.

    Raises:
        ModelError: It cannot be read, or is no shard.
    """
    pa, _ = _arrow()
    try:
        table = _columns(path)
        ids = tuple(table["id"].to_pylist())
        vectors = table["vector"].combine_chunks()
        vectors = vectors.chunk(0) if isinstance(vectors, pa.ChunkedArray) else vectors
        flat = vectors.flatten().to_numpy(zero_copy_only=False)
        return Shard(ids, flat.reshape(len(ids), -1), tuple(table["text_digest"].to_pylist()))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _no_shard(path, str(error)) from error


def _columns(path: Place) -> Any:  # noqa: ANN401 - a table of pyarrow's
    _, parquet = _arrow()
    file = parquet.ParquetFile(readable(path), page_checksum_verification=True)
    with path.open("rb") as raw:
        told = contradiction(file, raw)
    if not told:
        table = file.read(columns=["id", "vector", "text_digest"])
        told = short_column(file, table)
    if told:
        raise _no_shard(path, told)
    return table


def stamp_of(path: Place) -> str:
    """Return the digest of the space that is stamped on a shard.

    Raises:
        ModelError: It cannot be read.
    """
    _, parquet = _arrow()
    try:
        metadata = parquet.read_schema(readable(path)).metadata or {}
    except (OSError, ValueError) as error:
        raise _no_shard(path, str(error)) from error
    return str(metadata.get(_STAMP, b"").decode())


def parts(rows: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    """Yield rows in parts of at most `size`."""
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def stacked(blobs: Sequence[bytes], dims: int) -> Vectors:
    """Return (n, E) vectors from their bytes."""
    return np.frombuffer(b"".join(blobs), dtype="<f4").reshape(len(blobs), dims)


def _no_shard(path: Place, why: str) -> ModelError:
    return ModelError(
        f"{path.name} is no shard of evalkit embed: {why.splitlines()[0]}",
        places=(str(path),),
        hint="move it away: its texts are then embedded again",
        code="EK725",
    )


def _arrow() -> tuple[Any, Any]:
    try:
        import pyarrow as pa  # noqa: PLC0415 - an extra
        from pyarrow import parquet  # noqa: PLC0415 - an extra, loaded when shards are read
    except ImportError as error:
        raise MissingExtraError.for_extra("parquet", "writing shards") from error
    return pa, parquet
