"""Disguises: files that are not what their name or place says, told as a whole by their first bytes."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from evalkit.errors import GoldenSetError
from evalkit.opening import ARCHIVE_FAULTS, FILE_FAULTS, open_regular, open_unpacked
from evalkit.packing import NAMES, packing_of

HEAD_BYTES = 4096
FEWEST_ZEROS = 0.2  # of the bytes of a text in UTF-16 or UTF-32
TABLE = "save it as CSV or JSON lines"
UTF_8 = "save the file as UTF-8, in a shell with  iconv -f {} -t UTF-8"
MARKS = (
    (b"\xff\xfe\0\0", "UTF-32LE"),
    (b"\0\0\xfe\xff", "UTF-32BE"),
    (b"\xff\xfe", "UTF-16LE"),
    (b"\xfe\xff", "UTF-16BE"),
    (b"\x2b\x2f\x76", "UTF-7"),
)
MAGICS = (
    (b"SQLite format 3\0", "a SQLite database", "write each table as CSV, with  sqlite3 -header -csv"),
    (b"PAR1", "a Parquet file", "name it .parquet"),
    (b"PARE", "an encrypted Parquet file", "write it again without encryption, and name it .parquet"),
    (b"ARROW1", "an Arrow file (Feather)", "write it as Parquet"),
    (b"\xff\xff\xff\xff", "an Arrow stream", "write it as Parquet"),
    (b"Obj\x01", "an Avro file", "write it as Parquet or JSON lines"),
    (b"ORC", "an ORC file", "write it as Parquet or JSON lines"),
    (b"\x89HDF\r\n", "an HDF5 file", "write it as Parquet or JSON lines"),
    (b"\x93NUMPY", "a NumPy array", "vectors belong in a folder for vectors/FOLDER, texts into JSON lines"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel or Word file", TABLE),
    (b"%PDF-", "a PDF file", "bring the text itself, one document a line of JSON"),
    (b"{\\rtf", "a Rich Text file", "save it as plain text"),
    (b"\x80\x04\x95", "a Python pickle", "write JSON lines from Python; a pickle runs code when it is read"),
    (b"\x80\x05\x95", "a Python pickle", "write JSON lines from Python; a pickle runs code when it is read"),
    (b"\x80\x02}", "a Python pickle", "write JSON lines from Python; a pickle runs code when it is read"),
    (b"\x04\x22\x4d\x18", "packed by LZ4", "unpack it with  lz4 -d"),
    (b"\x1f\x9d", "packed by compress", "unpack it with  uncompress"),
    (b"LZIP", "packed by lzip", "unpack it with  lzip -d"),
    (b"\xff\x06\0\0sNaPpY", "packed by Snappy", "unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "unpack it, and name the files in it"),
    (b"Rar!\x1a\x07", "a RAR archive", "unpack it, and name the files in it"),
    (
        b"version https://git-lfs.github.com/",
        "a Git LFS pointer, not the file itself",
        "fetch it with  git lfs pull",
    ),
    (b"/annex/objects/", "a git-annex pointer, not the file itself", "fetch it with  git annex get"),
    (b"\x7fELF", "a program", "name the file that holds the texts"),
    (b"\x89PNG", "a picture", "name the file that holds the texts"),
)
PAGES = (b"<!doctype html", b"<html", b"<head")
MARKDOWN = re.compile(rb"\|[^\n]*\|[ \t]*\r?\n\|[ \t:|-]*-[ \t:|-]*\|")
DVC = b"outs:\n- md5:"
TAR_AT, TAR = 257, b"ustar"


def refuse_disguise(path: Path) -> None:
    """Raise where a file that should hold text holds something else altogether.

    Raises:
        GoldenSetError: What it is, and what to do.
        OSError: It cannot be opened.
    """
    with open_unpacked(path) as file:
        head = file.read(HEAD_BYTES)
    told = _told(path, head)
    if told is not None:
        what, hint = told
        raise GoldenSetError(f"{path.name} is {what}", places=(str(path),), hint=hint, code="EK247")


def settings_disguise(path: Path) -> str:
    """Return what a file of settings is in place of TOML, and what to do; "" where nothing says so."""
    start = _head(path).removeprefix(b"\xef\xbb\xbf").lstrip()
    return disguise(path) or ("it is JSON: write  key = value" if start.startswith(b"{") else "")


def disguise(path: Path) -> str:
    """Return what a file is that should be plain text, and what to do; "" where nothing says so."""
    head = _head(path)
    if packing := packing_of(head):
        return f"it is packed by {NAMES[packing]}: unpack it"
    told = _told(path, head)
    return f"it is {told[0]}: {told[1]}" if told else ""


def _head(path: Path) -> bytes:
    """Return the first bytes of a file as they are, none where it cannot be opened."""
    try:
        with open_regular(path) as file:
            return file.read(HEAD_BYTES)
    except OSError:
        return b""


def _told(path: Path, head: bytes) -> tuple[str, str] | None:
    """Return what a file is and what to do about it, None for a text or nothing known."""
    if again := packing_of(head):
        return f"packed twice, the second time by {NAMES[again]}", "unpack it once"
    if head.startswith(b"PK\x03\x04"):
        return _zipped(path)
    binary = next(((what, hint) for magic, what, hint in MAGICS if head.startswith(magic)), None)
    if binary is None and (encoding := _wide(head)):
        return f"in {encoding}, not in UTF-8", UTF_8.format(encoding)
    return binary or _other_text(path, head)


def _other_text(path: Path, head: bytes) -> tuple[str, str] | None:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    is_table = path.suffix.casefold() in (".csv", ".tsv")
    cases = (
        (head[TAR_AT : TAR_AT + len(TAR)] == TAR, "a tar archive", "unpack it, and name the folder"),
        (
            start.startswith(PAGES),
            "an HTML page, as servers send for a file",
            "fetch it again; is a login needed?",
        ),
        (
            bool(MARKDOWN.match(start)),
            "a table of Markdown",
            "save it as CSV: take away the line of dashes and the bars at both ends",
        ),
        (start.startswith(DVC), "a DVC pointer, not the file itself", "fetch it with  dvc pull"),
        (bool(head) and not head.strip(b"\0"), "a file of NUL bytes", "its content was lost; take a copy"),
        (
            is_table and start.startswith((b"{", b"[{")),
            "JSON, not a table of cells",
            "name it .json, or .jsonl where each line is one object",
        ),
    )
    return next(((what, hint) for holds, what, hint in cases if holds), None)


def _wide(head: bytes) -> str:
    """Return which encoding of two or four bytes a text is in, "" for none of them."""
    for mark, name in MARKS:
        if head.startswith(mark):
            return name
    if len(head) < 4 or head.count(0) < FEWEST_ZEROS * len(head):  # noqa: PLR2004 - one character of UTF-32
        return ""
    for name, places, text in (("UTF-32LE", (1, 2, 3), 0), ("UTF-32BE", (0, 1, 2), 3)):
        if not _mostly(head[text::4]) and all(_mostly(head[at::4]) for at in places):
            return name
    if _mostly(head[1::2]) and not _mostly(head[0::2]):
        return "UTF-16LE"
    return "UTF-16BE" if _mostly(head[0::2]) and not _mostly(head[1::2]) else ""


def _mostly(part: bytes) -> bool:
    return part.count(0) > len(part) / 2


def _zipped(path: Path) -> tuple[str, str]:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (*FILE_FAULTS, *ARCHIVE_FAULTS):
        return "a ZIP archive that is damaged", "fetch it again, and unpack it"
    if any(name.startswith("xl/") for name in names):
        return "an Excel workbook (xlsx)", "save its sheet as CSV in UTF-8"
    if any(name.startswith("word/") for name in names):
        return "a Word document (docx)", TABLE
    if "content.xml" in names:
        return "an OpenDocument file", TABLE
    return f"a ZIP archive of {len(names)} files", "unpack it, and name the files in it"
