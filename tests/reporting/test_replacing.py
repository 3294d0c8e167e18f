"""A folder tells one verdict, whenever the writing stops."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

import pytest

from evalkit.errors import OutputError
from evalkit.output import write_file, write_together

OLD = {"result.json": b"NO-GO", "report.html": b"NO-GO", "junit.xml": b"NO-GO", "summary.md": b"NO-GO"}
NEW = {"result.json": b"GO", "report.html": b"GO", "summary.md": b"GO"}
STOPPED = [(name, number) for name in ("write_bytes", "replace", "unlink") for number in range(4)]


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize(("step", "number"), STOPPED)
def test_no_folder_tells_two_verdicts(
    step: str, number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_together(tmp_path, OLD)
    whole, calls = getattr(Path, step), iter(range(100))

    def counted(path: Path, *rest: object, **named: object) -> object:
        if next(calls) == number:
            raise Killed
        return whole(path, *rest, **named)

    with monkeypatch.context() as patched:
        patched.setattr(Path, step, counted)
        with contextlib.suppress(Killed):
            write_together(tmp_path, NEW, replaced=tuple(OLD))

    told = {path.read_bytes() for path in tmp_path.iterdir() if not path.name.startswith(".")}
    result = (tmp_path / "result.json").read_bytes()
    views = {path.read_bytes() for name in OLD if (path := tmp_path / name).exists()}
    assert told <= {b"GO"} or told <= {b"NO-GO"} or views - {result} == set()

    write_together(tmp_path, NEW, replaced=tuple(OLD))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.name[0] != "."} == NEW


def test_a_failure_leaves_the_old_result_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_together(tmp_path, OLD)

    def full(path: Path, data: bytes) -> int:
        del data
        raise OSError(28, "No space left on device", str(path))

    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_bytes", full)
        with pytest.raises(OutputError, match="No space left"):
            write_together(tmp_path, NEW, replaced=tuple(OLD))

    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == OLD


def test_drafts_of_a_killed_process_are_taken_away(tmp_path: Path) -> None:
    left = tmp_path / ".result.json.0123456789ab.part"
    left.write_bytes(b"half")
    beside = tmp_path / ".notes.part"
    beside.write_bytes(b"somebody's own")
    long_ago = time.time() - 100_000
    for path in (left, beside):
        os.utime(path, (long_ago, long_ago))

    write_together(tmp_path, NEW)

    assert not left.exists()
    assert beside.exists()


def test_two_processes_of_one_number_never_share_a_draft(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Process numbers repeat in containers that share a disk."""
    monkeypatch.setattr(os, "getpid", lambda: 7)
    (tmp_path / ".a.txt.7.part").mkdir()

    write_file(tmp_path / "a.txt", b"whole")

    assert (tmp_path / "a.txt").read_bytes() == b"whole"
