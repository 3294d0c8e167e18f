"""Parquet pages: a plain column copied as it lies gives what pyarrow gives; any other is left to pyarrow."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evalkit.embedding.vectorfiles import parquet as module
from evalkit.embedding.vectorfiles.fileend import read_end
from evalkit.embedding.vectorfiles.pageheads import read_head, unpacked_numbers
from evalkit.embedding.vectorfiles.pages import plain_vectors
from evalkit.embedding.vectorfiles.parquet import read_parquet
from evalkit.embedding.vectorfiles.table import VectorColumns
from evalkit.embedding.vectorfiles.thrift import Oddity
from evalkit.errors import EvalkitError

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

KINDS = ("fixed", "list", "large")
QUIET = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def column(numbers: np.ndarray[Any, Any], kind: str) -> Any:
    """Return (n, E) numbers as a column of lists."""
    rows, dims = numbers.shape
    flat, edges = pa.array(numbers.reshape(-1)), np.arange(0, rows * dims + 1, dims)
    if kind == "fixed":
        return pa.FixedSizeListArray.from_arrays(flat, dims)
    if kind == "large":
        return pa.LargeListArray.from_arrays(pa.array(edges), flat)
    return pa.ListArray.from_arrays(pa.array(edges.astype(np.int32)), flat)


def both_ways(path: Path) -> tuple[Any, Any]:
    """Return what a file gives as it is read, and what it gives to pyarrow alone; or what is said of it."""

    def read() -> Any:
        try:
            table = read_parquet(path, VectorColumns())
        except EvalkitError as error:
            return str(error)
        values = np.asarray(table.values)
        return table.ids, values.dtype, values.shape, values.tobytes(), table.digest

    with pytest.MonkeyPatch.context() as patch:
        here = read()
        patch.setattr(module, "plain_vectors", lambda *_: None)
        return here, read()


def end_of(path: Path) -> list[list[tuple[str, str, int, int]]]:
    """Return name, type, values and size of each column in each group of rows, as a file's end says them."""
    with path.open("rb") as file:
        end = read_end(file)
    return [
        [(".".join(part.path), part.kind, part.values, part.packed_bytes) for part in parts]
        for _, parts in end.groups
    ]


def told(group: Any) -> list[tuple[str, str, int, int]]:
    """Return the same of one group, as pyarrow says them."""
    parts = [group.column(number) for number in range(group.num_columns)]
    return [
        (part.path_in_schema, part.physical_type, part.num_values, part.total_compressed_size)
        for part in parts
    ]


@QUIET
@given(
    shape=st.tuples(st.integers(1, 40), st.integers(1, 30)),
    kind=st.sampled_from(KINDS),
    drawn=st.sampled_from([(name, few) for name in ("f2", "f4", "f8") for few in (False, True)]),
    written=st.fixed_dictionaries(
        {
            "compression": st.sampled_from(["none", "snappy", "zstd", "gzip"]),
            "row_group_size": st.integers(1, 50),
            "data_page_size": st.sampled_from([1, 64, 500, 2**20]),
            "data_page_version": st.sampled_from(["1.0", "2.0"]),
            "use_dictionary": st.booleans(),
            "write_page_checksum": st.booleans(),
            "write_batch_size": st.sampled_from([1, 7, 1024]),
        }
    ),
)
def test_a_plain_column_gives_the_same_bytes_whoever_reads_it(
    tmp_path: Path, shape: tuple[int, int], kind: str, drawn: tuple[str, bool], written: dict[str, Any]
) -> None:
    """Lists, groups of rows, sizes of pages, codecs and dictionaries move no bit."""
    rng, (dtype, few) = np.random.default_rng(shape), drawn
    numbers = (rng.integers(0, 5, shape) if few else rng.standard_normal(shape)).astype(dtype)
    path = tmp_path / "v.parquet"
    table = pa.table({"id": [f"d{row}" for row in range(shape[0])], "vector": column(numbers, kind)})
    pq.write_table(table, path, **written)
    with pq.ParquetFile(path) as file:
        found = plain_vectors(file, path, "vector")
        assert end_of(path) == [told(file.metadata.row_group(at)) for at in range(file.num_row_groups)]
    here, alone = both_ways(path)
    if found is None:  # many small pages that point into a dictionary
        assert written["use_dictionary"]
        assert here == alone
        return
    assert found.dtype == numbers.dtype
    assert found.tobytes() == numbers.tobytes()
    assert here[3] == numbers.tobytes()
    assert here == alone or "got length" in alone  # pyarrow loses track of pages of one float16 number


ODD: dict[str, Any] = {
    "a NULL": pa.array([[1.0, 2.0], None, [3.0, 4.0]], pa.list_(pa.float32())),
    "a NULL of fixed length": pa.array([[1.0, 2.0], None], pa.list_(pa.float32(), 2)),
    "a NULL inside": pa.array([[1.0, None], [3.0, 4.0]], pa.list_(pa.float32())),
    "ragged": pa.array([[1.0, 2.0], [3.0], [4.0, 5.0, 6.0]], pa.list_(pa.float32())),
    "ragged, the sum fits": pa.array([[1.0], [2.0, 3.0, 4.0]], pa.list_(pa.float32())),
    "an empty one": pa.array([[1.0, 2.0], []], pa.list_(pa.float32())),
    "all empty": pa.array([[], []], pa.list_(pa.float32())),
    "whole numbers": pa.array([[1, 2], [3, 4]], pa.list_(pa.int32())),
    "bytes": pa.array([[1, 2], [3, 4]], pa.list_(pa.uint8())),
    "lists of lists": pa.array([[[1.0, 2.0]], [[3.0, 4.0]]], pa.list_(pa.list_(pa.float32()))),
    "structs": pa.array([[{"a": 1.0}], [{"a": 2.0}]]),
    "texts": pa.array(["[1,2]", "[3,4]"]),
    "numbers": pa.array([1.0, 2.0]),
    "none at all": pa.array([], pa.list_(pa.float32())),
    "struct with two fields": pa.array([{"a": [1.0], "b": [2.0]}] * 2),
    "split": pa.array([[1.0, 2.0]] * 9, pa.list_(pa.float32())),
}


@pytest.mark.parametrize("name", ODD)
def test_whatever_is_odd_is_read_or_refused_in_the_words_of_the_careful_way(
    tmp_path: Path, name: str
) -> None:
    """NULL, ragged, empty, nested and other columns end as they did."""
    path = tmp_path / "v.parquet"
    pq.write_table(pa.table({"id": [f"d{row}" for row in range(len(ODD[name]))], "vector": ODD[name]}), path)
    here, alone = both_ways(path)
    assert here == alone


def test_a_name_with_a_dot_and_special_encodings_are_left_to_pyarrow(tmp_path: Path) -> None:
    """What is not plainly the column of that name, or is split into its bytes, is read with care."""
    numbers = np.arange(12, dtype=np.float32).reshape(4, 3)
    dotted, split = tmp_path / "dotted.parquet", tmp_path / "split.parquet"
    vectors = column(numbers, "list")
    pq.write_table(pa.table({"id": list("abcd"), "vector": vectors, "vector.list": list("abcd")}), dotted)
    pq.write_table(
        pa.table({"id": list("abcd"), "vector": vectors}),
        split,
        use_dictionary=False,
        use_byte_stream_split=["vector.list.element"],
    )
    for path in (dotted, split):
        with pq.ParquetFile(path) as file:
            assert plain_vectors(file, path, "vector") is None
        here, alone = both_ways(path)
        assert here == alone


def test_files_of_a_folder_count_together_only_where_they_are_alike(tmp_path: Path) -> None:
    """Shards are joined in name order; one of other dimensions or another type is told as before."""
    for folder, last in (("alike", (5, 3, "f4")), ("dims", (5, 2, "f4")), ("type", (5, 3, "f8"))):
        home = tmp_path / folder
        home.mkdir()
        for name, (rows, dims, dtype) in (("a", (4, 3, "f4")), ("b", last)):
            numbers = np.random.default_rng(rows).standard_normal((rows, dims)).astype(dtype)
            ids = [f"{name}{row}" for row in range(rows)]
            pq.write_table(pa.table({"id": ids, "vector": column(numbers, "list")}), home / f"{name}.parquet")
        here, alone = both_ways(home)
        assert here == alone


@QUIET
@given(
    at=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255), checked=st.sampled_from(["", "checked"])
)
def test_a_damaged_file_ends_as_it_ends_with_pyarrow(
    tmp_path: Path, at: float, flip: int, checked: str
) -> None:
    """Both ways give the same, or what pyarrow refuses is right here: few fields of heads are read."""
    numbers = np.random.default_rng(3).standard_normal((50, 6)).astype(np.float32)
    path = tmp_path / "v.parquet"
    table = pa.table({"id": [f"d{row}" for row in range(50)], "vector": column(numbers, "fixed")})
    pq.write_table(table, path, write_page_checksum=bool(checked), use_dictionary=False, compression="none")
    sound, _ = both_ways(path)
    data = bytearray(path.read_bytes())
    data[int(at * len(data))] ^= flip
    path.write_bytes(data)
    here, alone = both_ways(path)
    assert here == alone or (here == sound and "EK342" in alone)


@pytest.mark.long
def test_a_bit_in_the_end_gives_what_is_right_or_is_told(tmp_path: Path) -> None:
    """Sizes that do not fit one another ended the process inside pyarrow, without a word."""
    numbers = np.random.default_rng(3).standard_normal((40, 4)).astype(np.float32)
    path = tmp_path / "v.parquet"
    table = pa.table({"id": [f"d{row}" for row in range(40)], "vector": column(numbers, "fixed")})
    pq.write_table(table, path, write_page_checksum=True, use_dictionary=["id"], row_group_size=20)
    data = path.read_bytes()
    sound = read_parquet(path, VectorColumns())
    length = int.from_bytes(data[-8:-4], "little")
    said = []
    for at, bit in itertools.product(range(len(data) - 8 - length, len(data)), range(8)):
        path.write_bytes(data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :])
        try:
            found = read_parquet(path, VectorColumns())
        except EvalkitError as error:
            said.append(str(error))
            continue
        assert found.ids == sound.ids
        assert np.array_equal(found.values, sound.values)
    assert all("EK342" in error for error in said), [error for error in said if "EK342" not in error]
    for twice in ("40 rows and", "(BOOLEAN)", "columns "):
        assert any(twice in error for error in said)


NESTED = bytes([0x1C] * 4_000)
ENDLESS = b"\x15" + bytes([0x80] * 5_000)
CLAIMED = b"\x19\xf5\xff\xff\xff\x7f"
RETYPED = b"\x15\x00\x18\x01a\x15\x02\x5c\x15\x02\x15\x00\x15\x06\x15\x06\x00\x00"


@pytest.mark.parametrize("data", [NESTED, ENDLESS, CLAIMED, RETYPED, b"", b"\x15"])
def test_a_head_that_makes_no_sense_is_an_oddity(data: bytes) -> None:
    """Records inside records, numbers without end, lists longer than the file, a text for a size, nothing."""
    with pytest.raises(Oddity):
        read_head(data)


def test_levels_that_never_end_are_an_oddity() -> None:
    """A number of more than 64 bits is none, however many bytes of it follow."""
    with pytest.raises(Oddity):
        unpacked_numbers(bytes([0x80] * 100_000), 1, 8)


def test_pages_that_begin_elsewhere_by_the_end_are_told(tmp_path: Path) -> None:
    """Pyarrow passed over a page whose head it was led into: 150 ids for 300 vectors, of the wrong rows."""
    path = tmp_path / "v.parquet"
    ids = [f"d{row}" for row in range(300)]
    numbers = np.random.default_rng(0).standard_normal((300, 8)).astype(np.float32)
    table = pa.table({"id": ids, "vector": column(numbers, "fixed"), "text": [f"{name} x" for name in ids]})
    pq.write_table(table, path, write_page_checksum=True, use_dictionary=["id"], row_group_size=150)
    data = path.read_bytes()
    end = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    dictionary = b"\x26\x08\x1c"  # page of the dictionary at byte 4, then statistics
    assert data[end:].count(dictionary) == 1
    path.write_bytes(data[:end] + data[end:].replace(dictionary, b"\x26\x0c\x1c"))

    with pytest.raises(EvalkitError, match="its end says 300 rows, and column id has 150"):
        read_parquet(path, VectorColumns())


def beside(rows: int) -> dict[str, Any]:
    """Return columns of every kind that stands beside vectors: nested, of nothing but NULL, oddly named."""
    return {
        "nothing": pa.array([None] * rows, pa.string()),
        "nested": pa.array([{"a": row, "b": {"c": [1, 2]}} for row in range(rows)]),
        "pairs": pa.array([[("k", row)] for row in range(rows)], pa.map_(pa.string(), pa.int64())),
        "moments": pa.array(np.arange(rows) * 1_000_000, pa.timestamp("ns")),
        "unsigned": pa.array(np.arange(rows), pa.uint32()),
        "words": pa.array(["x"] * rows).dictionary_encode(),
        "halves": pa.array(np.arange(rows, dtype=np.float16)),
        "with.a.dot": pa.array(range(rows)),
        "日本": pa.array([True] * rows),
    }


@pytest.mark.parametrize("version", ["1.0", "2.4", "2.6"])
@pytest.mark.parametrize("schema", ["schema", ""])
@pytest.mark.parametrize("pages", ["1.0", "2.0"])
def test_a_whole_file_is_never_told_whatever_else_it_holds(
    tmp_path: Path, version: str, schema: str, pages: str
) -> None:
    """What an end tells twice agrees in whole files, of every version, with Arrow's own schema or without."""
    numbers = np.random.default_rng(3).standard_normal((50, 4)).astype(np.float32)
    path = tmp_path / "v.parquet"
    table = pa.table(
        {"id": [f"d{row}" for row in range(50)], "vector": column(numbers, "list"), **beside(50)}
    )
    pq.write_table(
        table, path, version=version, store_schema=bool(schema), data_page_version=pages, row_group_size=20
    )
    found = read_parquet(path, VectorColumns())
    assert np.array_equal(found.values, numbers)
    with pq.ParquetFile(path) as file:
        assert end_of(path) == [told(file.metadata.row_group(at)) for at in range(file.num_row_groups)]
