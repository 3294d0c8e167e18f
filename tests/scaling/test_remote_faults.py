"""Places at URLs that do not open: what is told, and that no secret ever is."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from buckets import KEYS, SECRET, failed, place, set_keys
from clusters import s3_server
from support_sets import write_golden

from evalkit.errors import MissingExtraError, UsageError


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, with a cache of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    return tmp_path


@pytest.mark.parametrize("keys", ["wrong", "none"])
def test_keys_that_do_not_open_it_are_told_and_never_shown(
    keys: str, work: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_golden(Path("support"))
    with s3_server(work, INITIAL_NO_AUTH_ACTION_COUNT="0") as strict:
        set_keys(monkeypatch, strict)
        if keys == "none":
            for name in KEYS:
                monkeypatch.delenv(name)
        for where in (("embed", "hash/64", "-o", "s3://held/S"), ("run", "vectors/s3://held/S")):
            code, told = failed(capsys, where[0], "support", "--model", *where[1:])
            assert code == 4
            assert "EK771" in told


def test_a_server_that_does_not_answer_ends_with_4(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("s3fs", reason="the extra s3 is not installed")
    write_golden(Path("support"))
    set_keys(monkeypatch, "http://127.0.0.1:1")
    monkeypatch.setattr("s3fs.S3FileSystem.retries", 1)
    code, told = failed(capsys, "embed", "support", "--model", "hash/64", "-o", "s3://held/S")
    assert code == 4
    assert "EK772" in told


@pytest.mark.parametrize("absent", ["fsspec.core", "s3fs"])
def test_a_missing_extra_says_what_brings_it(absent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    registry = pytest.importorskip("fsspec.registry", reason="the extra s3 is not installed")
    for name in ("_registry", "registry"):  # where a class stands that was loaded before
        monkeypatch.setattr(registry, name, {})
    monkeypatch.setitem(sys.modules, absent, None)
    with pytest.raises(MissingExtraError) as caught:
        place("s3://held/S").exists()
    assert "retrieval-evalkit[s3]" in str(caught.value)


@pytest.mark.parametrize("url", ["nowhere://held/S", "gs://held/S", "sftp://me:" + SECRET + "@host/S"])
def test_a_url_that_cannot_be_meant_is_told(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    write_golden(Path("support"))
    for command in (("embed", "hash/64", "-o", url), ("run", f"vectors/{url}")):
        code, told = failed(capsys, command[0], "support", "--model", *command[1:])
        assert code == 2
        assert "EK773" in told


def test_a_url_is_no_path_and_a_path_no_url() -> None:
    assert str(place("s3://held/S/") / "x") == "s3://held/S/x"
    with pytest.raises(UsageError):
        place("shards")
