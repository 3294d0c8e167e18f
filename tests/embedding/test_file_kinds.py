"""Files of vectors and ids: what their first bytes say, how their bytes are decoded, how ids become texts."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from evalkit.embedding.vectorfiles.coding import decoded, is_bits, is_bytes
from evalkit.embedding.vectorfiles.ids import as_texts, ids_beside, read_ids
from evalkit.embedding.vectorfiles.signature import check_kind, check_regular
from evalkit.embedding.vectorfiles.table import VectorTable
from evalkit.errors import ModelError

NUMPY = "a .npy file"


def file(folder: Path, data: bytes, name: str = "corpus.npy") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def table(values: np.ndarray) -> VectorTable:
    path = Path("corpus.npy")
    return VectorTable(path=path, ids_path=path, ids=tuple(map(str, range(len(values)))), values=values)


@pytest.mark.parametrize(
    ("data", "told", "hint"),
    [
        (b"", "is empty", "write it again"),
        (b"version https://git-lfs.github.com/spec/v1", "is a Git LFS pointer", "git lfs pull --include"),
        (b"PAR1x", "is a Parquet file", "such as corpus.parquet"),
        (b"\x89HDF\r\n\x1a\n", "is an HDF5 file", "such as corpus.hdf5"),
        (b"ARROW1", "is an Arrow (Feather) file", "write corpus.npy again as a .npy file"),
        (b"\x1f\x8b\x08", "is packed by gzip", "unpack it"),
        (b"BZh9", "is packed by bzip2", "unpack it"),
        (b"\xfd7zXZ\0", "is packed by xz", "unpack it"),
        (b"\x28\xb5\x2f\xfd", "is packed by Zstandard", "unpack it"),
        (b"\x80\x02}", "is a pickle, which can run code", "where you trust the file"),
        (b"\x80\x05}", "is a pickle, which can run code", "where you trust the file"),
        (b" \n<!DOCTYPE HTML>", "is a web page", "write corpus.npy again"),
        (b"<html>", "is a web page", "write corpus.npy again"),
        (b"PK\x03\x04", "is a zip archive that is cut off", "write corpus.npy again"),
        (b"\x80\x06}", "is not a .npy file: it begins with", "a vectors folder holds"),
        (b"0.1 0.2", "is not a .npy file: it begins with b'0.1 0.2'", "a vectors folder holds"),
    ],
)
def test_what_is_no_array_is_named_by_its_first_bytes(
    tmp_path: Path, data: bytes, told: str, hint: str
) -> None:
    with pytest.raises(ModelError) as error:
        check_kind(file(tmp_path, data), NUMPY)
    assert told in str(error.value)
    assert hint in error.value.hint
    assert error.value.findings[0].code == "EK342"


@pytest.mark.parametrize(
    ("members", "told", "hint"),
    [
        (("a.npy", "b.npy"), "is an .npz archive", "rename it to corpus.npz"),
        (("archive/data.pkl", "archive/data/0"), "is a PyTorch file", "where you trust the file"),
        (("a.npy", "b.txt"), "is a zip archive", "write corpus.npy again"),
    ],
)
def test_an_archive_is_named_by_what_lies_in_it(
    tmp_path: Path, members: tuple[str, ...], told: str, hint: str
) -> None:
    path = tmp_path / "corpus.npy"
    with zipfile.ZipFile(path, "w") as archive:
        for name in members:
            archive.writestr(name, b"x")

    with pytest.raises(ModelError) as error:
        check_kind(path, NUMPY)
    assert told in str(error.value)
    assert hint in error.value.hint


def test_a_file_of_the_wanted_kind_passes_and_plain_text_where_none_is_wanted(tmp_path: Path) -> None:
    check_kind(file(tmp_path, b"\x93NUMPY\x01\0"), NUMPY)
    check_kind(file(tmp_path, b"d1\nd2\n", "corpus.ids"), "")
    with pytest.raises(ModelError, match=r"corpus\.ids is a \.npy file"):
        check_kind(file(tmp_path, b"\x93NUMPY\x01\0", "corpus.ids"), "")


def test_a_folder_and_nothing_at_all_are_no_files(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"x\.npy is missing"):
        check_regular(tmp_path / "x.npy")
    with pytest.raises(ModelError, match="is a folder, not a file"):
        check_regular(tmp_path)


@pytest.mark.parametrize(
    ("data", "ids"),
    [
        (b"", ()),
        (b"d1\nd2\n", ("d1", "d2")),
        (b"d1\nd2", ("d1", "d2")),
        (b"\xef\xbb\xbfd1\r\nd2\r\n", ("d1", "d2")),
        (b"d1\rd2\r", ("d1", "d2")),
        (b"d1\n\nd2\n\n\n", ("d1", "", "d2")),  # an empty line between is an id that is missing
        (b" d1 \n", (" d1 ",)),
        ("é\u2028x\n".encode(), ("é\u2028x",)),  # no line end of a file of ids
    ],
)
def test_ids_are_the_lines_of_their_file(tmp_path: Path, data: bytes, ids: tuple[str, ...]) -> None:
    assert read_ids(file(tmp_path, data, "corpus.ids")) == ids


@pytest.mark.parametrize(("data", "told"), [(b"d\xff1\n", "is not UTF-8"), (b"d\x001\n", "holds NUL")])
def test_ids_that_are_no_text_are_refused(tmp_path: Path, data: bytes, told: str) -> None:
    with pytest.raises(ModelError, match=told):
        read_ids(file(tmp_path, data, "corpus.ids"))


def test_without_a_file_of_ids_rows_are_numbered_from_nought(tmp_path: Path) -> None:
    assert ids_beside(tmp_path / "corpus.ids", 3) == (("0", "1", "2"), True)
    assert ids_beside(file(tmp_path, b"a\nb\n", "corpus.ids"), 3) == (("a", "b"), False)


def test_the_values_of_an_id_column_become_texts() -> None:
    assert as_texts(["a", b"\xc3\xa9", 7, 7.5], Path("x.parquet")) == ("a", "é", "7", "7.5")


def test_ids_that_are_missing_are_named_by_their_rows() -> None:
    with pytest.raises(ModelError, match="2 vectors whose id is NULL") as error:
        as_texts(["a", None, "b", None], Path("x.parquet"))
    assert "row 2" in error.value.findings[0].places[0]
    assert "row 4" in error.value.findings[0].places[0]


def test_an_id_of_bytes_that_are_no_text_is_named_by_its_row() -> None:
    with pytest.raises(ModelError, match="the id of row 2 is bytes and no text"):
        as_texts(["a", b"\xff"], Path("x.parquet"))


@settings(max_examples=40)
@given(bits=npst.arrays(np.bool_, st.tuples(st.integers(1, 4), st.integers(1, 24))))
def test_packed_bits_are_those_that_were_packed_in_all_three_conventions(bits: np.ndarray) -> None:
    signs = np.where(bits, 1.0, -1.0)
    packed = np.packbits(bits, axis=1)
    shifted = (packed.astype(np.int16) - 128).astype(np.int8)
    dims = bits.shape[1]

    for values, stated in (
        (bits, ""),
        (packed, "ubinary"),
        (packed.view(np.int8), "ubinary"),
        (shifted, "binary"),
    ):
        found, findings = decoded(table(values), stated, dims)
        assert np.array_equal(np.asarray(found), signs)
        assert findings == []


@settings(max_examples=40)
@given(
    bits=npst.arrays(np.bool_, st.tuples(st.just(2), st.integers(1, 24))),
)
def test_the_inner_product_of_bits_is_their_hamming_distance_turned_round(bits: np.ndarray) -> None:
    found, _ = decoded(table(bits), "")
    first, second = np.asarray(found)
    apart = int(np.count_nonzero(bits[0] != bits[1]))

    assert first @ second / len(first) == pytest.approx(1 - 2 * apart / len(first))


@pytest.mark.parametrize(("dims", "width"), [(0, 16), (16, 16), (9, 9), (8, 16), (17, 16)])
def test_only_padding_of_less_than_a_byte_is_cut(dims: int, width: int) -> None:
    found, _ = decoded(table(np.full((1, 2), 255, dtype=np.uint8)), "ubinary", dims)

    assert np.asarray(found).shape == (1, width)


def test_bytes_are_numbers_where_they_are_said_to_be_and_asked_about_where_not() -> None:
    numbers = np.array([[0, 200]], dtype=np.uint8)

    found, findings = decoded(table(numbers), "uint8")
    assert np.asarray(found).tolist() == [[0, 200]]
    assert findings == []
    with pytest.raises(ModelError, match="numbers from 0 to 255, or packed bits") as error:
        decoded(table(numbers), "")
    assert error.value.findings[0].code == "EK345"


@pytest.mark.parametrize(("stated", "codes"), [("", ["EK350"]), ("int8", [])])
def test_int8_is_taken_for_numbers_which_is_told_unless_stated(stated: str, codes: list[str]) -> None:
    found, findings = decoded(table(np.array([[-128, 127]], dtype=np.int8)), stated)

    assert np.asarray(found).tolist() == [[-128, 127]]
    assert [finding.code for finding in findings] == codes


@pytest.mark.parametrize("kind", [np.float32, np.float16, np.int32])
def test_other_numbers_are_left_as_they_are_whatever_is_stated(kind: type) -> None:
    values: np.ndarray = np.array([[1, 2]], dtype=kind)

    assert decoded(table(values), "ubinary")[0] is values
    assert not is_bytes(values)
    assert not is_bits(values, "ubinary")
