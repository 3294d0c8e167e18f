"""Files that are not what their name says: each is told by its first bytes, and texts are left alone."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.errors import GoldenSetError
from evalkit.golden.disguises import MAGICS, disguise, refuse_disguise, settings_disguise

LINE = '{"_id": "d1", "text": "Pay late"}\n'


def told(folder: Path, data: bytes, name: str = "corpus.jsonl") -> str:
    path = folder / name
    path.write_bytes(data)
    return disguise(path)


def zipped(folder: Path, *names: str) -> str:
    path = folder / "corpus.jsonl"
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return disguise(path)


@pytest.mark.parametrize(("magic", "what", "hint"), MAGICS, ids=[str(magic[:8]) for magic, _, _ in MAGICS])
def test_each_kind_is_told_by_its_first_bytes(tmp_path: Path, magic: bytes, what: str, hint: str) -> None:
    assert told(tmp_path, magic + b"\x01\x02 and so on") == f"it is {what}: {hint}"


@pytest.mark.parametrize(
    "encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "utf-16", "utf-32", "utf-7"]
)
def test_a_text_in_wide_characters_is_told_with_or_without_a_mark(tmp_path: Path, encoding: str) -> None:
    data = b"+/v8-" + LINE.encode() if encoding == "utf-7" else LINE.encode(encoding)
    names = {"utf-16": "UTF-16LE", "utf-32": "UTF-32LE", "utf-7": "UTF-7"}
    name = names.get(encoding) or encoding.upper().replace("-LE", "LE").replace("-BE", "BE")

    found = told(tmp_path, data)

    assert found.startswith(f"it is in {name}, not in UTF-8")
    assert f"iconv -f {name} -t UTF-8" in found


@pytest.mark.parametrize(
    "text", [LINE, "", "a", "ab", "Größe und 日本語の文\n", "PK", "<p>a paragraph</p>", "| a bar", "versions"]
)
def test_texts_in_utf_8_are_no_disguise(tmp_path: Path, text: str) -> None:
    assert told(tmp_path, text.encode()) == ""


@given(text=st.text(alphabet='abc äß語\n{}",:|-', max_size=60))
def test_no_text_is_taken_for_wide_characters(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    assert "UTF-" not in told(tmp_path_factory.getbasetemp(), text.encode())


def test_a_single_nul_byte_does_not_make_a_text_wide(tmp_path: Path) -> None:
    assert told(tmp_path, b"abcdefgh\0ijklmnop") == ""


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"  <!DOCTYPE html><html>", "an HTML page"),
        (b"\xef\xbb\xbf<HTML>", "an HTML page"),
        (b"| id | text |\n|----|------|\n| 1 | a |", "a table of Markdown"),
        (b"| id | text |\n| 1 | a |", ""),
        (b"outs:\n- md5: 5f", "a DVC pointer"),
        (bytes(300), "a file of NUL bytes"),
        (b"x" * 257 + b"ustar\0" + b"x" * 20, "a tar archive"),
        (b"x" * 256 + b"ustar\0" + b"x" * 20, ""),
    ],
)
def test_other_texts_and_containers_are_told(tmp_path: Path, data: bytes, what: str) -> None:
    found = told(tmp_path, data)

    assert found.startswith(f"it is {what}") if what else found == ""


@pytest.mark.parametrize(
    ("name", "data", "is_told"),
    [
        ("a.csv", b'{"a": 1}', True),
        ("a.TSV", b'[{"a": 1}]', True),
        ("a.jsonl", b'{"a": 1}', False),
        ("a.csv", b"[a],b", False),
    ],
)
def test_json_under_the_name_of_a_table_is_told(
    tmp_path: Path, name: str, data: bytes, *, is_told: bool
) -> None:
    assert told(tmp_path, data, name).startswith("it is JSON, not a table of cells") is is_told


@pytest.mark.parametrize(
    ("names", "what"),
    [
        (("xl/workbook.xml",), "an Excel workbook (xlsx)"),
        (("word/document.xml",), "a Word document (docx)"),
        (("content.xml", "meta.xml"), "an OpenDocument file"),
        (("a.jsonl", "b.jsonl"), "a ZIP archive of 2 files"),
        (("my-xl/a", "content.xml.bak"), "a ZIP archive of 2 files"),
    ],
)
def test_what_lies_in_a_zip_archive_says_what_it_is(
    tmp_path: Path, names: tuple[str, ...], what: str
) -> None:
    assert zipped(tmp_path, *names).startswith(f"it is {what}: ")


def test_a_zip_archive_that_breaks_off_is_damaged(tmp_path: Path) -> None:
    assert told(tmp_path, b"PK\x03\x04 and no more").startswith("it is a ZIP archive that is damaged")


def test_a_packed_text_is_read_and_one_packed_twice_is_refused(tmp_path: Path) -> None:
    once, twice = tmp_path / "once.jsonl.gz", tmp_path / "twice.jsonl.gz"
    once.write_bytes(gzip.compress(LINE.encode()))
    twice.write_bytes(gzip.compress(gzip.compress(LINE.encode())))

    refuse_disguise(once)
    with pytest.raises(GoldenSetError, match="packed twice, the second time by gzip") as error:
        refuse_disguise(twice)
    assert error.value.findings[0].code == "EK247"


def test_a_disguise_inside_a_packed_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "corpus.jsonl.gz"
    path.write_bytes(gzip.compress(b"PAR1 and so on"))

    with pytest.raises(GoldenSetError, match=r"corpus\.jsonl\.gz is a Parquet file"):
        refuse_disguise(path)


def test_a_file_that_is_not_there_is_no_disguise(tmp_path: Path) -> None:
    assert disguise(tmp_path / "none") == ""


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b'{"name": "x"}', "it is JSON: write  key = value"),
        (b'\xef\xbb\xbf \n{"name": "x"}', "it is JSON: write  key = value"),
        (b"name = {a = 1}", ""),
        (
            b"SQLite format 3\0{",
            "it is a SQLite database: write each table as CSV, with  sqlite3 -header -csv",
        ),
        (gzip.compress(b"x", mtime=0), "it is packed by gzip: unpack it"),
    ],
)
def test_settings_in_another_notation_are_named(tmp_path: Path, data: bytes, said: str) -> None:
    path = tmp_path / "golden.toml"
    path.write_bytes(data)

    assert settings_disguise(path) == said
