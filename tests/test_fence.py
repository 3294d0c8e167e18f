"""The fence: files are opened and parsed in one place, and nothing that a file can hold gets past it."""

from __future__ import annotations

import ast
import bz2
import gzip
import json
import lzma
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

import evalkit
from evalkit.cli import main
from evalkit.errors import UsageError
from evalkit.opening import (
    FILE_FAULTS,
    expanded,
    is_file,
    is_folder,
    is_there,
    numbered_bytes,
    open_regular,
    read_json,
    read_settings,
    read_whole,
    resolved,
)
from evalkit.packing import NotUnpackedError, packed_again
from evalkit.parsing import NotationError, parse_json, parse_toml, walk_json

ROOT = Path(evalkit.__file__).parent
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)


PARSERS = {"json.loads", "json.load", "json.JSONDecoder", "tomllib.loads", "tomllib.load"}


def test_json_and_toml_are_parsed_in_one_place() -> None:
    strays = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in ROOT.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if path.name != "parsing.py" and isinstance(node, ast.Attribute) and ast.unparse(node) in PARSERS
    ]

    assert strays == []


DEEP = 100_000
BAD_JSON = {
    "deep lists": "[" * DEEP,
    "closed deep lists": "[" * 150 + "]" * 150,
    "deep objects": '{"a":' * DEEP,
    "a number of 5,000 digits": "[" + "7" * 5000 + "]",
    "half a pair": '"\\ud83d"',
    "half a pair in a key": '{"\\udc00": 1}',
    "cut": '{"a": [1, 2',
    "nothing": "",
    "bytes that are no text": b"\xff\xfe{",
}


@pytest.mark.parametrize("text", BAD_JSON.values(), ids=BAD_JSON.keys())
def test_whatever_is_wrong_with_json_is_one_kind_of_error(text: str | bytes) -> None:
    with pytest.raises(NotationError):
        parse_json(text)


@pytest.mark.parametrize("text", ['{"a": 1, "a": 2}', '{"b": {"a": 1, "a": 1}}'])
def test_a_key_that_stands_twice_is_an_error_where_it_is_asked_for(text: str) -> None:
    parse_json(text)
    with pytest.raises(NotationError, match="stands twice"):
        parse_json(text, unique=True)


@pytest.mark.parametrize("text", ["NaN", "[Infinity]", '{"a": -Infinity}', "1e999"])
def test_numbers_that_json_does_not_have_are_errors_where_it_is_asked_for(text: str) -> None:
    parse_json(text)
    with pytest.raises(NotationError):
        parse_json(text, finite=True)


BAD_TOML = {
    "deep": "a = " + "[" * DEEP,
    "deep keys": ".".join(["a"] * 5000) + " = 1",
    "digits": "a = " + "7" * 5000,
    "half a pair": 'a = "\\ud800"',
    "twice": "a = 1\na = 2",
    "long": "#" * 2_000_000,
}


@pytest.mark.parametrize("text", BAD_TOML.values(), ids=BAD_TOML.keys())
def test_whatever_is_wrong_with_toml_is_one_kind_of_error(text: str) -> None:
    with pytest.raises(NotationError):
        parse_toml(text)


@given(value=JSON_VALUES)
def test_sound_json_is_read_as_it_was_written(value: object) -> None:
    assert parse_json(json.dumps(value), unique=True, finite=True) == value


@given(values=st.lists(JSON_VALUES, max_size=5), indent=st.sampled_from([None, 1]))
def test_a_walk_gives_the_entries_of_a_list_and_their_lines(values: list[object], indent: int | None) -> None:
    text = json.dumps(values, indent=indent)

    walked = list(walk_json(text))

    assert [value for _, _, value in walked] == values
    assert all(1 <= line <= text.count("\n") + 1 for line, _, _ in walked)


@given(values=st.dictionaries(st.text(), JSON_VALUES, max_size=5))
def test_a_walk_gives_the_members_of_an_object(values: dict[str, object]) -> None:
    assert {key: value for _, key, value in walk_json(json.dumps(values))} == values


@given(values=st.lists(st.dictionaries(st.text(), JSON_VALUES, max_size=2), min_size=2, max_size=4))
def test_a_walk_gives_values_one_after_the_other(values: list[object]) -> None:
    text = "\n".join(json.dumps(value, indent=1) for value in values)

    assert [value for _, _, value in walk_json(text)] == values


@pytest.mark.parametrize("text", ["[1,", "[1 2]", "[1,]", '{"a" 1}', "[1] x", '{"a": 1'])
def test_a_walk_over_what_is_no_json_ends_in_an_error(text: str) -> None:
    with pytest.raises(NotationError):
        list(walk_json(text))


ODD: dict[str, Callable[[Path], object]] = {
    "a pipe": os.mkfifo,
    "a folder": Path.mkdir,
    "a device": lambda path: path.symlink_to("/dev/zero"),
}


@pytest.mark.parametrize("make", ODD.values(), ids=ODD.keys())
@pytest.mark.parametrize("read", [open_regular, read_whole, read_settings, read_json])
def test_only_regular_files_are_opened_and_nothing_is_waited_for(
    tmp_path: Path, make: Callable[[Path], object], read: Callable[[Path], object]
) -> None:
    path = tmp_path / "odd"
    make(path)
    start = time.perf_counter()

    with pytest.raises(OSError, match=r"not a regular file|Is a directory"):
        read(path)

    assert time.perf_counter() - start < 1


@pytest.mark.parametrize("name", ["a\0b", "x" * 5000, "\ud800"])
def test_names_that_no_system_accepts_are_names_of_nothing(name: str) -> None:
    assert not is_file(name)
    assert not is_folder(name)
    assert not is_there(name)
    with pytest.raises(OSError):  # noqa: PT011 - what the system says differs
        open_regular(name)


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": lambda data: bytes(zstandard.compress(data)),
}


@pytest.mark.parametrize("pack", PACKERS.values(), ids=PACKERS.keys())
@given(data=st.binary(max_size=2000))
def test_packed_files_are_told_by_their_content(
    tmp_path_factory: pytest.TempPathFactory, pack: Callable[[bytes], bytes], data: bytes
) -> None:
    path = tmp_path_factory.mktemp("packed") / "corpus.jsonl"
    path.write_bytes(pack(data))

    assert read_whole(path) == data


@pytest.mark.parametrize(("suffix", "pack"), PACKERS.items(), ids=PACKERS.keys())
def test_what_is_packed_again_is_read_again_and_a_cut_one_is_an_error(
    tmp_path: Path, suffix: str, pack: Callable[[bytes], bytes]
) -> None:
    data, path = b"".join(b"line %d\n" % number for number in range(5000)), tmp_path / "x"
    path.write_bytes(packed_again(data, suffix))
    assert read_whole(path) == data

    path.write_bytes(pack(data)[:-9])
    with pytest.raises(OSError, match="packing is damaged"):
        read_whole(path)


@pytest.mark.parametrize("pack", [lzma.compress, PACKERS[".zst"]], ids=["xz", "zst"])
def test_a_bomb_ends_in_an_error_that_states_the_limit(
    tmp_path: Path, pack: Callable[[bytes], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evalkit.packing.ALWAYS_BYTES", 2**20)
    path = tmp_path / "bomb"
    path.write_bytes(pack(b"0" * 30 * 2**20))

    with pytest.raises(NotUnpackedError, match="200 times its size"):
        read_whole(path)


def test_blank_lines_without_end_and_lines_without_end_are_errors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evalkit.opening.LONGEST_LINE", 1000)
    for name, data in (("blank", b"a\n" + b"\n" * 1_100_000), ("long", b"a" * 2000)):
        path = tmp_path / name
        path.write_bytes(data)
        with pytest.raises(OSError, match=r"blank lines in a row|is longer than"):
            list(numbered_bytes(path))


def test_a_file_of_settings_is_small(tmp_path: Path) -> None:
    path = tmp_path / "evalkit.toml"
    with path.open("wb") as file:
        file.truncate(2**30)

    with pytest.raises(OSError, match="16 MiB"):
        read_settings(path)


def test_every_fault_of_a_file_is_known() -> None:
    kinds = (RecursionError, OverflowError, MemoryError, UnicodeDecodeError, EOFError, ZeroDivisionError)

    assert all(issubclass(kind, FILE_FAULTS) for kind in kinds)


def test_a_user_without_a_home_is_told_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr("os.path.expanduser", lambda path: path)

    with pytest.raises(UsageError, match="no home folder"):
        expanded("~/.cache")
    assert expanded("/tmp/x") == Path("/tmp/x")  # noqa: S108 - nothing is made there


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("evalkit.toml", "a = " + "[" * DEEP, 2),
        ("pyproject.toml", "a = " + "[" * DEEP, 2),
        ("pyproject.toml", 'tool = "evalkit"\n', 0),
        ("pyproject.toml", 'tool.evalkit = "x"\n', 2),
        ("evalkit.toml", "\ufeffdepth = 10\n", 0),
        ("evalkit.toml", "depth = " + "7" * 5000, 2),
    ],
)
def test_no_configuration_stops_the_doctor_with_a_bug(
    tmp_path: Path, name: str, content: str, code: int
) -> None:
    (tmp_path / name).write_text(content)

    command = [sys.executable, "-m", "evalkit.cli.main", "doctor"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == code
    assert "bug[" not in done.stderr


def test_a_bomb_of_parquet_is_bad_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It was a bug of evalkit, where a table is imported."""
    cells = pa.array(["x" * 100_000]).dictionary_encode()
    column = pa.DictionaryArray.from_arrays(pa.array([0] * 20_000, pa.int32()), cells.dictionary)
    bomb = pa.table({"query": column, "doc": column, "grade": [1] * 20_000})
    pq.write_table(bomb, tmp_path / "bomb.parquet")
    (tmp_path / "docs.csv").write_text("id,text\nd1,Patch\n")
    asked = (
        "golden",
        "import",
        tmp_path / "bomb.parquet",
        "--corpus",
        tmp_path / "docs.csv",
        "-o",
        tmp_path / "out",
    )

    assert main.run([str(argument) for argument in asked]) == 2
    assert "it unpacks to more than" in capsys.readouterr().err


def test_links_are_followed_in_one_place_and_a_loop_is_no_bug(tmp_path: Path) -> None:
    """`Path.resolve` raises RuntimeError on a loop, which is no fault of this program."""
    strays = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in ROOT.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr == "resolve" and path.parent.name != "starter"
    ]
    loop = tmp_path / "loop"
    loop.symlink_to("loop")

    assert strays == []
    assert resolved(loop) == loop
    assert main.run(["run", "helpdesk", "--model", "hash/8", "--cache", str(loop)]) == 2
