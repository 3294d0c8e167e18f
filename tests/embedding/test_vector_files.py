"""Vector files: whatever holds the same numbers gives the same vectors; damage is told in our words."""

from __future__ import annotations

import io
import json
import pickle
import zipfile
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from texts_by_hand import golden_set

from evalkit.arrays import Vectors
from evalkit.embedding.adapters.vectors import StoredVectors
from evalkit.embedding.embeddedset import EmbeddedSet, embed
from evalkit.embedding.modelspec import ModelSpec, open_encoder
from evalkit.errors import EvalkitError, ModelError
from evalkit.golden.goldenset import GoldenSet

GOLDEN = golden_set()
IDS = {"corpus": GOLDEN.corpus.ids, "queries": GOLDEN.queries.ids}
EIGHTHS: dict[str, Vectors] = {
    stem: np.random.default_rng(len(ids)).integers(-7, 8, size=(len(ids), 6)).astype(np.float32)
    / np.float32(8)
    for stem, ids in IDS.items()
}


def opened(folder: Path, *, golden: GoldenSet = GOLDEN, **options: Any) -> EmbeddedSet:
    source = open_encoder(ModelSpec.parse(f"vectors/{folder}"), golden, options)
    assert isinstance(source, StoredVectors)
    return embed(golden, source)


def refused(folder: Path, **options: Any) -> str:
    with pytest.raises(EvalkitError) as caught:
        opened(folder, **options)
    told = str(caught.value)
    assert "allow_pickle" not in told
    return told


def write_ids(folder: Path, stem: str, ids: Sequence[str] = ()) -> None:
    (folder / f"{stem}.ids").write_text("\n".join(ids or IDS[stem]) + "\n")


def write_npy(folder: Path, make: Callable[[Vectors], npt.NDArray[Any]] = lambda rows: rows) -> Path:
    folder.mkdir(exist_ok=True)
    for stem, rows in EIGHTHS.items():
        np.save(folder / f"{stem}.npy", make(rows))
        write_ids(folder, stem)
    return folder


def write_parquet(
    folder: Path, column: Callable[[Vectors], Any], names: tuple[str, str] = ("id", "vector")
) -> Path:
    folder.mkdir(exist_ok=True)
    for stem, rows in EIGHTHS.items():
        table = pa.table({names[0]: list(IDS[stem]), names[1]: column(rows)})
        pq.write_table(table, folder / f"{stem}.parquet")
    return folder


def texts(form: str) -> Callable[[Vectors], list[str]]:
    return lambda rows: [form.format(",".join(map(str, row))) for row in rows.tolist()]


FLAT: dict[str, Callable[[Vectors], Any]] = {
    "lists": lambda rows: rows.tolist(),
    "float16": lambda rows: pa.array([list(row.astype(np.float16)) for row in rows], pa.list_(pa.float16())),
    "float32": lambda rows: pa.array(rows.tolist(), pa.list_(pa.float32())),
    "large lists": lambda rows: pa.array(rows.tolist(), pa.large_list(pa.float64())),
    "list views": lambda rows: pa.array(rows.tolist(), pa.list_view(pa.float64())),
    "fixed size": lambda rows: pa.array(rows.tolist(), pa.list_(pa.float32(), 6)),
    "tensors": pa.FixedShapeTensorArray.from_numpy_ndarray,
    "decimals": lambda rows: pa.array(
        [[Decimal(str(value)) for value in row] for row in rows.tolist()], pa.list_(pa.decimal128(8, 3))
    ),
    "dictionary of texts": lambda rows: pa.array(texts("[{}]")(rows)).dictionary_encode(),
    "pgvector": texts("[{}]"),
    "JSON": lambda rows: [json.dumps(row) for row in rows.tolist()],
    "array text": texts("{{{}}}"),
    "bare": texts("{}"),
    "blanks": lambda rows: ["[" + "  ".join(map(str, row)) + " ]" for row in rows.tolist()],
    "large texts": lambda rows: pa.array(texts("[{}]")(rows), pa.large_string()),
    "text views": lambda rows: pa.array(texts("[{}]")(rows), pa.string_view()),
}


@pytest.mark.parametrize("column", FLAT.values(), ids=FLAT.keys())
def test_every_column_of_the_same_numbers_gives_the_same_vectors(
    tmp_path: Path, column: Callable[[Vectors], Any]
) -> None:
    found = opened(write_parquet(tmp_path, column), normalize=False)

    assert found.corpus.vectors.tolist() == EIGHTHS["corpus"].tolist()
    assert found.queries.vectors.tolist() == EIGHTHS["queries"].tolist()


NUMPY: dict[str, Callable[[Vectors], npt.NDArray[Any]]] = {
    "float16": lambda rows: rows.astype(np.float16),
    "float64": lambda rows: rows.astype(np.float64),
    "big-endian": lambda rows: rows.astype(">f4"),
    "Fortran order": np.asfortranarray,
}


@pytest.mark.parametrize("make", NUMPY.values(), ids=NUMPY.keys())
def test_every_array_of_the_same_numbers_gives_the_same_vectors(
    tmp_path: Path, make: Callable[[Vectors], npt.NDArray[Any]]
) -> None:
    found = opened(write_npy(tmp_path, make), normalize=False)

    assert found.corpus.vectors.tolist() == EIGHTHS["corpus"].tolist()


def test_an_archive_is_read_by_its_sole_array_or_by_the_key_that_is_named(tmp_path: Path) -> None:
    for stem, rows in EIGHTHS.items():
        np.savez(tmp_path / f"{stem}.npz", ids=np.array(IDS[stem]), whatever=rows)
    first = opened(tmp_path, normalize=False)
    for stem, rows in EIGHTHS.items():
        np.savez_compressed(tmp_path / f"{stem}.npz", chosen=rows, other=rows[:, :2])
        write_ids(tmp_path, stem)
    second = opened(tmp_path, normalize=False, vector_column="chosen")

    assert first.corpus.vectors.tolist() == second.corpus.vectors.tolist() == EIGHTHS["corpus"].tolist()
    assert "vector_column" in refused(tmp_path)
    assert "chosen, other" in refused(tmp_path, vector_column="chosne")


def test_columns_have_the_names_that_options_state(tmp_path: Path) -> None:
    folder = write_parquet(tmp_path, FLAT["lists"], ("key", "embedding"))

    assert len(opened(folder, id_column="key", vector_column="embedding").corpus.vectors) == len(
        GOLDEN.corpus
    )
    assert 'id_column = "NAME"' in refused(folder)
    assert 'vector_column = "NAME"' in refused(folder, id_column="key")


def test_a_folder_of_parquet_files_is_one_table(tmp_path: Path) -> None:
    write_parquet(tmp_path, FLAT["lists"])
    whole = pq.read_table(tmp_path / "corpus.parquet")
    (tmp_path / "corpus.parquet").unlink()
    (tmp_path / "corpus.parquet").mkdir()
    for part in range(2):
        pq.write_table(whole[part * 2 : 2 + part * 3], tmp_path / "corpus.parquet" / f"part-{part}.parquet")
    (tmp_path / "corpus.parquet" / "_SUCCESS").touch()

    assert opened(tmp_path, normalize=False).corpus.vectors.tolist() == EIGHTHS["corpus"].tolist()


@pytest.mark.parametrize(("suffix", "kind"), [(".fvecs", "<f4"), (".bvecs", "u1"), (".ivecs", "<i4")])
def test_texmex_files_are_read(tmp_path: Path, suffix: str, kind: str) -> None:
    stored = {stem: np.abs(rows * 8).astype(kind) for stem, rows in EIGHTHS.items()}
    for stem, rows in stored.items():
        lines = (np.int32(6).tobytes() + row.tobytes() for row in rows)
        (tmp_path / f"{stem}{suffix}").write_bytes(b"".join(lines))
        write_ids(tmp_path, stem)

    assert (
        opened(tmp_path, normalize=False, dtype="uint8").corpus.vectors.tolist() == stored["corpus"].tolist()
    )

    path = tmp_path / f"corpus{suffix}"
    path.write_bytes(path.read_bytes()[:-1])
    assert "cut off" in refused(tmp_path)


def test_a_file_of_ann_benchmarks_says_how_it_is_compared_and_numbers_its_rows(tmp_path: Path) -> None:
    golden = GoldenSet.of(
        "ann", queries={"0": "a", "1": "b", "2": "c"}, corpus={str(n): f"t{n}" for n in range(5)}, qrels={}
    )
    with h5py.File(tmp_path / "sift-6-euclidean.hdf5", "w") as file:
        file.attrs["distance"] = "euclidean"
        file["train"], file["test"] = EIGHTHS["corpus"], EIGHTHS["queries"]
        file["neighbors"] = np.zeros((3, 2), np.int32)

    for source in (tmp_path, tmp_path / "sift-6-euclidean.hdf5"):
        found = opened(source, golden=golden)
        assert found.fingerprint.metric == "l2"
        assert found.corpus.vectors.tolist() == EIGHTHS["corpus"].tolist()
        assert {told.code for told in found.findings} == {"EK358"}
    assert opened(tmp_path, golden=golden, metric="cosine").fingerprint.metric == ""
    with pytest.raises(ModelError, match=r"rows are numbered from 0; write queries\.ids"):
        opened(tmp_path)


def packed(rows: Vectors) -> npt.NDArray[np.uint8]:
    return np.packbits(np.repeat(rows, 4, axis=1) > 0, axis=1)


BITS: dict[str, tuple[Callable[[Path], Path], dict[str, object]]] = {
    "npy, option": (lambda folder: write_npy(folder, packed), {"dtype": "ubinary"}),
    "npy, metric": (lambda folder: write_npy(folder, packed), {"metric": "hamming"}),
    "npy of truth values": (
        lambda folder: write_npy(folder, lambda rows: np.repeat(rows, 4, axis=1) > 0),
        {},
    ),
    "npy, as sentence-transformers": (
        lambda folder: write_npy(folder, lambda rows: (packed(rows).astype(int) - 128).astype(np.int8)),
        {"dtype": "binary"},
    ),
    "parquet": (
        lambda folder: write_parquet(
            folder, lambda rows: pa.array(packed(rows).tolist(), pa.list_(pa.uint8()))
        ),
        {"dtype": "ubinary"},
    ),
    "parquet of bytes": (
        lambda folder: write_parquet(folder, lambda rows: [row.tobytes() for row in packed(rows)]),
        {"metric": "hamming"},
    ),
    "parquet of truth values": (
        lambda folder: write_parquet(folder, lambda rows: (np.repeat(rows, 4, axis=1) > 0).tolist()),
        {},
    ),
}


@pytest.mark.parametrize(("write", "options"), BITS.values(), ids=BITS.keys())
def test_packed_bits_are_compared_by_their_hamming_distance(
    tmp_path: Path, write: Callable[[Path], Path], options: dict[str, Any]
) -> None:
    found = opened(write(tmp_path), **options)

    bits = {stem: np.repeat(rows, 4, axis=1) > 0 for stem, rows in EIGHTHS.items()}
    distances = (bits["queries"][:, None] != bits["corpus"][None]).sum(axis=2)
    products = found.queries.vectors.astype(float) @ found.corpus.vectors.T.astype(float)
    np.testing.assert_allclose(products, 1 - 2 * distances / 24, atol=1e-6)
    assert (found.fingerprint.metric, found.fingerprint.dims) == ("hamming", 24)


def test_a_stated_number_of_dimensions_shows_that_bytes_are_packed(tmp_path: Path) -> None:
    folder = write_npy(tmp_path, packed)
    (folder / "fingerprint.json").write_text('{"model": "m", "dims": 24}')

    assert opened(folder).fingerprint.dims == 24


@pytest.mark.parametrize("form", ["npy", "parquet"])
def test_int8_is_read_as_numbers_with_a_word_and_uint8_asks_which(tmp_path: Path, form: str) -> None:
    def write(kind: str) -> Path:
        if form == "npy":
            return write_npy(tmp_path, lambda rows: (rows * 8).astype(kind))
        typed = pa.list_(getattr(pa, kind)())
        return write_parquet(tmp_path, lambda rows: pa.array(np.abs(rows * 8).astype(int).tolist(), typed))

    read = opened(write("int8"), normalize=False)
    assert [told.code for told in read.findings if told.code == "EK350"] == ["EK350", "EK350"]
    assert not [told for told in opened(tmp_path, dtype="int8").findings if told.code == "EK350"]
    if form == "npy":
        assert read.corpus.vectors.tolist() == (EIGHTHS["corpus"] * 8).tolist()
    write("uint8")
    assert 'dtype = "ubinary"' in refused(tmp_path)
    assert opened(tmp_path, dtype="uint8").fingerprint.dtype == "uint8"


def test_bits_of_two_conventions_and_numbers_called_bits_are_refused(tmp_path: Path) -> None:
    assert "EK356" in refused(write_npy(tmp_path), metric="hamming")
    write_npy(tmp_path, packed)
    np.save(tmp_path / "queries.npy", packed(EIGHTHS["queries"]).view(np.int8))
    assert "one side packs bits as int8" in refused(tmp_path, dtype="ubinary")


def zipped(**members: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return made.getvalue()


def saved(array: npt.NDArray[Any], *, allow_pickle: bool = False) -> bytes:
    made = io.BytesIO()
    np.save(made, array, allow_pickle=allow_pickle)
    return made.getvalue()


ROWS = EIGHTHS["corpus"]
STRANGE: dict[str, tuple[bytes, str]] = {
    "LFS": (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n",
        "Git LFS pointer.*git lfs pull",
    ),
    "zip": (zipped(a_dot_txt=b"x"), "a zip archive"),
    "torch": (zipped(archive__data_dot_pkl=b"x"), "PyTorch"),
    "cut zip": (b"PK\x03\x04" + bytes(50), "cut off.*PyTorch"),
    "npz": (zipped(arr_dot_npy=saved(ROWS)), r"rename it to corpus\.npz"),
    "pickle": (pickle.dumps([1.0]), "a pickle"),
    "gzip": (b"\x1f\x8b\x08\x00", "unpack it"),
    "parquet": (b"PAR1....PAR1", r"corpus\.parquet"),
    "web page": (b"<!DOCTYPE html><html>", "web page"),
    "JSON": (b"[[1, 2]]", "not a .npy file"),
    "empty": (b"", "is empty"),
    "objects": (saved(np.array([[1, None]] * 5, dtype=object), allow_pickle=True), "Python objects"),
    "records": (saved(np.zeros(5, dtype=[("a", "f4"), ("b", "f4")])), "fields a, b"),
    "long double": (saved(ROWS.astype(np.longdouble)), "long doubles"),
    "complex": (saved(ROWS.astype(complex)), "complex128"),
    "texts": (saved(ROWS.astype(str)), "are texts"),
    "bfloat16": (saved(np.zeros((5, 6), dtype="V2")), "bfloat16"),
    "cut off": (saved(ROWS)[:-3], "3 of 120 bytes are missing"),
    "two arrays": (saved(ROWS) + saved(ROWS), "two arrays"),
    "three axes": (saved(ROWS.reshape(5, 3, 2)), "shape"),
    "negative": (saved(ROWS).replace(b"(5, 6)", b"(-5,6)"), "head"),
    "deep head": (b"\x93NUMPY\x01\x00" + (9000).to_bytes(2, "little") + b"(" * 9000, "head"),
    "endless": (
        saved(ROWS).replace(b"(5, 6), }" + b" " * 12, b"(9999999999999999999)")[:200],
        "head|missing",
    ),
}


@pytest.mark.parametrize(("content", "told"), STRANGE.values(), ids=STRANGE.keys())
def test_what_is_no_array_is_named_in_our_words(tmp_path: Path, content: bytes, told: str) -> None:
    folder = write_npy(tmp_path)
    (folder / "corpus.npy").write_bytes(content)

    with pytest.raises(ModelError, match=f"(?s){told}") as caught:
        opened(folder)
    assert caught.value.findings[0].code in ("EK342", "EK345")
    assert "corpus.npy" in caught.value.findings[0].places[0]


UNEVEN: dict[str, tuple[list[Any], str]] = {
    "NULL": ([None, [1.0, 2.0], None], "2 ids with NULL.*d0, d2"),
    "empty": ([[1.0, 2.0], [], [1.0, 2.0]], "an empty vector.*d1"),
    "ragged": ([[1.0, 2.0], [1.0, 2.0], [1.0]], "from 1 to 2 dimensions, most 2.*d2"),
    "NULL inside": ([[1.0, 2.0], [None, 2.0], [1.0, 2.0]], "NULL in place of a number.*d1"),
    "NULL text": (["[1,2]", None, "[1,2]"], "NULL.*d1"),
    "empty text": (["[1,2]", "[]", "[1,2]"], "an empty vector.*d1"),
    "ragged text": (["[1,2]", "[1,2,3]", "[1,2]"], "from 2 to 3 dimensions.*d1"),
    "word": (["[1,2]", "[1,x]", "[1,2]"], "no list of numbers, first '.1,x.'.*d1"),
    "sparse": (["{1:1.5,3:2}/5"] * 3, "sparse vector.*d0"),
    "shortened": (["[1. ... 2.]"] * 3, "no list of numbers"),
    "lists of lists": ([[[1.0]], [[2.0]], [[3.0]]], "several vectors"),
    "lists of texts": ([["a"], ["b"], ["c"]], "not of numbers"),
    "numbers": ([1.0, 2.0, 3.0], "no list of numbers"),
}


@pytest.mark.parametrize(("column", "told"), UNEVEN.values(), ids=UNEVEN.keys())
def test_a_column_that_holds_no_vectors_names_the_ids(tmp_path: Path, column: list[Any], told: str) -> None:
    folder = write_npy(tmp_path)
    (folder / "corpus.npy").unlink()
    pq.write_table(pa.table({"id": ["d0", "d1", "d2"], "vector": column}), folder / "corpus.parquet")

    with pytest.raises(ModelError, match=f"(?s){told}") as caught:
        opened(folder)
    assert caught.value.findings[0].code == "EK342"


@pytest.mark.parametrize(
    "content", [b"PAR1", b"version https://git-lfs.github.com/x", b"\x93NUMPY", b"PAR1" * 9, b""]
)
def test_a_damaged_parquet_file_is_told(tmp_path: Path, content: bytes) -> None:
    folder = write_parquet(tmp_path, FLAT["lists"])
    (folder / "corpus.parquet").write_bytes(content)

    assert "corpus.parquet" in refused(folder)


@pytest.mark.parametrize("second", ["corpus.parquet", "corpus.npz", "corpus.fvecs", "corpus.hdf5", "folder"])
def test_two_forms_in_one_folder_are_refused_and_both_are_named(tmp_path: Path, second: str) -> None:
    folder = write_npy(tmp_path)
    if second == "folder":
        (folder / "corpus.parquet").mkdir()
    else:
        (folder / second).write_bytes(b"x")

    told = refused(folder)

    assert "EK348" in told
    assert "corpus.npy and corpus." in told


BAD_IDS: dict[str, tuple[bytes, str]] = {
    "fewer": (b"d0\nd1\n", "2 ids for 5 vectors"),
    "none": (b"", "0 ids for 5 vectors"),
    "twice": (b"d0\nd1\nd2\nd3\nd3\n", "d3"),
    "empty line": (b"d0\n\nd2\nd3\nd4\n", "row 2 has an empty id"),
    "Latin-1": ("d0\nd1\nd2\nd3\nd\xe9\n".encode("latin-1"), "not UTF-8"),
    "UTF-16": ("d0\nd1\nd2\nd3\nd4\n".encode("utf-16-le"), "NUL"),
    "LFS": (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS"),
    "quotes": (b'"d0"\n"d1"\n"d2"\n"d3"\n"d4"\n', '"d0"'),
    "blanks": (b"d0 \nd1 \nd2 \nd3 \nd4 \n", "'d0 '"),
}


@pytest.mark.parametrize(("content", "told"), BAD_IDS.values(), ids=BAD_IDS.keys())
def test_a_fault_in_the_ids_names_their_file(tmp_path: Path, content: bytes, told: str) -> None:
    folder = write_npy(tmp_path)
    (folder / "corpus.ids").write_bytes(content)

    with pytest.raises(ModelError, match=f"(?s){told}") as caught:
        opened(folder)
    assert "corpus.ids" in "".join(caught.value.findings[0].places)


def test_ids_are_lines_whatever_ends_them(tmp_path: Path) -> None:
    folder = write_npy(tmp_path)
    (folder / "corpus.ids").write_bytes(b"\xef\xbb\xbf" + "\r\n".join(IDS["corpus"]).encode() + b"\r\n\r\n")

    assert opened(folder, normalize=False).corpus.vectors.tolist() == EIGHTHS["corpus"].tolist()


@pytest.mark.long
@given(st.data())
def test_no_damage_of_a_file_gives_other_numbers_than_it_holds(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = write_npy(tmp_path_factory.mktemp("damaged"))
    stored = bytearray((folder / "corpus.npy").read_bytes())
    head = len(stored) - EIGHTHS["corpus"].nbytes
    at = data.draw(st.integers(0, head - 1))
    damaged = data.draw(
        st.sampled_from([bytes(stored[:at]), bytes(stored[:at] + bytes([stored[at] ^ 1]) + stored[at + 1 :])])
    )
    (folder / "corpus.npy").write_bytes(damaged)

    try:
        found = opened(folder, normalize=False).corpus.vectors
    except EvalkitError as error:
        assert "head" in str(error) or "corpus.npy" in str(error)  # noqa: PT017 - either outcome is sound
    else:
        assert (
            found.shape == EIGHTHS["corpus"].shape
        )  # a head that still says the same, or another byte order


FORMS = {
    "safetensors": ("corpus.safetensors", "safetensors.numpy"),
    "pickle": ("corpus.pkl", "can run code"),
    "packed": ("corpus.npy.gz", "unpack it"),
    "PyTorch": ("corpus.pt", "torch.load"),
    "Feather": ("corpus.feather", "pyarrow"),
    "JSON lines": ("corpus.jsonl", "to_parquet"),
    "a name of its own": ("embeddings.npy", "embeddings.npy"),
    "both in one archive": ("vectors.npz", "vectors.npz"),
}


@pytest.mark.parametrize(("name", "told"), FORMS.values(), ids=FORMS.keys())
def test_a_folder_without_a_file_of_a_form_that_is_read_says_what_it_holds(
    tmp_path: Path, name: str, told: str
) -> None:
    folder = write_npy(tmp_path)
    (folder / "corpus.npy").rename(folder / name)

    said = refused(folder)

    assert "EK342" in said
    assert f"corpus.npy is missing; the folder holds {name}" in said
    assert told in said


def test_files_under_the_name_of_the_other_role_are_told_and_no_ids_are_bent(tmp_path: Path) -> None:
    folder = write_npy(tmp_path)
    for suffix in ("npy", "ids"):
        (folder / f"corpus.{suffix}").rename(folder / f"x.{suffix}")
        (folder / f"queries.{suffix}").rename(folder / f"corpus.{suffix}")
        (folder / f"x.{suffix}").rename(folder / f"queries.{suffix}")

    said = refused(folder)

    assert "EK341" in said
    assert "under each other's names" in said
    assert "write the ids alike" not in said
