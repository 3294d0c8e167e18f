"""Bombs: files in every packing that grow a thousandfold; bad input within bounded memory."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import zstandard
from place import Place, Tally

Lay = Callable[[Path], object]
CHUNK = 16 * 2**20
CHUNKS = 256  # 4 GB
MEMORY = 2 * 2**30
VALUES = 600


def bombs(place: Place, count: int) -> Tally:
    """Let each file that is read be a bomb: an error that says so, within 2 GB of addresses, in a minute."""
    tally = Tally()
    for name, lay, lines in list(_bombs())[:count]:
        place.again()
        lay(place.folder)
        for line in lines:
            told = place.child(*line.split(), memory=MEMORY).run()
            tally.note(told.is_clear_error, f"{name}: {line}: {told.code} {told.err[-300:]}")
    return tally


def _bombs() -> Iterator[tuple[str, Lay, tuple[str, ...]]]:
    check, run = "golden check set", "run set --model {} --json"
    for packing, packed in PACKED.items():
        yield (
            f"{packing} as documents",
            _lay(packed, "set/corpus.jsonl"),
            (check, "embed set/corpus.jsonl --model hash/8 -o bombed"),
        )
        yield f"{packing} as a run", _lay(packed, "old.trec"), (run.format("run/old.trec"),)
    yield (
        "gzip as events, clicks, queries",
        _lay(_gzip, "events.csv", "clicks.csv", "asked.txt"),
        (
            "canary events.csv --margin 0.02 --share 0.5",
            "interleave score lists.jsonl clicks.csv",
            "diff set asked.txt --old hash/8 --new hash/16",
            "golden import clicks.csv -o new",
        ),
    )
    for name, vectors in (("npz", _npz), ("Parquet", _vectors)):
        yield name, _inside(vectors, "vectors"), (run.format("vectors/vectors"),)
    yield (
        "npz as a state",
        _lay(lambda: _zip("head.npy"), "canary.state"),
        ("canary events.csv --margin 0.02 --share 0.5 --state canary.state",),
    )
    yield "npz as a store", _inside(_npz, "shards"), ("parity shards shards",)
    yield (
        "Parquet as texts",
        _inside(_texts, "docs.parquet"),
        (
            "embed docs.parquet --model hash/8 -o bombed",
            "golden import clicks.csv --corpus docs.parquet -o new",
        ),
    )
    sheet = _lay(lambda: _zip("xl/worksheets/sheet1.xml"), "t.xlsx")
    yield "xlsx", sheet, ("golden import t.xlsx -o new",)


def _lay(content: Callable[[], bytes], *names: str) -> Lay:
    def lay(folder: Path) -> None:
        for name in names:
            (folder / name).write_bytes(content())

    return lay


def _inside(write: Lay, name: str) -> Lay:
    return lambda folder: write(folder / name)


def _gzip() -> bytes:
    return gzip.compress(b"0" * CHUNK, 6) * CHUNKS


def _xz() -> bytes:
    return lzma.compress(b"0" * CHUNK, preset=1) * CHUNKS


PACKED: dict[str, Callable[[], bytes]] = {
    "gzip": _gzip,
    "bzip2": lambda: bz2.compress(b"0" * CHUNK) * CHUNKS,
    "xz": _xz,
    "Zstandard": lambda: zstandard.compress(b"0" * CHUNK) * CHUNKS,
}


def _deflated(head: bytes, chunks: int = CHUNKS) -> tuple[bytes, int]:
    """Return a deflated stream of a head and gigabytes of zeros, made of one block again and again."""
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    stream = packer.compress(head) + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(b"\0" * CHUNK) + packer.flush(zlib.Z_FULL_FLUSH)
    return stream + block * chunks + packer.flush(zlib.Z_FINISH), len(head) + CHUNK * chunks


def _zip(member: str) -> bytes:
    """Return an archive with one member that grows a thousandfold."""
    rows = CHUNK * CHUNKS // 4
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        head, {"descr": "<f4", "fortran_order": False, "shape": (rows // 8, 8)}
    )
    stream, size = _deflated(head.getvalue(), CHUNKS - 1)
    return _archive(member, stream, size)


def _archive(member: str, stream: bytes, size: int) -> bytes:
    name = member.encode()
    fields = (20, 0, 8, 0, 0, 0, len(stream), min(size, 2**32 - 2), len(name))
    local = struct.pack("<4sHHHHHIIIHH", b"PK\3\4", *fields, 0) + name + stream
    central = struct.pack("<4sHHHHHHIIIHHHHHII", b"PK\1\2", 20, *fields, 0, 0, 0, 0, 0, 0) + name
    end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 1, 1, len(central), len(local), 0)
    return local + central + end


def _npz(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for role in ("corpus", "queries"):
        (folder / f"{role}.npz").write_bytes(_zip("vectors.npy"))
        (folder / f"{role}.ids").write_text("d000\n")


def _vectors(folder: Path) -> None:
    """Write vectors in a Parquet file whose every row refers to one enormous value."""
    folder.mkdir(exist_ok=True)
    row = pa.array([np.zeros(2_000_000, np.float32)], pa.list_(pa.float32()))
    taken = row.take(pa.array([0] * 2))
    for role in ("corpus", "queries"):
        schema = pa.schema([("id", pa.string()), ("vector", taken.type)])
        with pq.ParquetWriter(folder / f"{role}.parquet", schema, compression="zstd") as file:
            for number in range(VALUES // 2):
                file.write_table(pa.table({"id": [f"d{number}a", f"d{number}b"], "vector": taken}))


def _texts(path: Path) -> None:
    value = pa.DictionaryArray.from_arrays(pa.array([0] * VALUES), pa.array(["x" * CHUNK]))
    ids = pa.array([f"d{number:03}" for number in range(VALUES)])
    pq.write_table(pa.table({"id": ids, "text": value}), path, compression="zstd")
