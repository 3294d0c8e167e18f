"""init writes what runs green at once; doctor tells what is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from evalkit import output
from evalkit.cli import main
from evalkit.cli.init import STARTER


def test_the_example_runs_green_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)

    assert main.run(["init", "mine"]) == 0
    assert "cd mine && evalkit compare example" in capsys.readouterr().out
    assert (tmp_path / "mine" / ".github" / "workflows" / "evalkit.yml").exists()
    monkeypatch.chdir(tmp_path / "mine")
    assert main.run(["golden", "check", "example"]) == 0
    assert main.run(["gate", "example", "--model", "production"]) == 0
    assert main.run(["compare", "example"]) == 0
    assert (tmp_path / "mine" / "reports" / "example" / "report.html").exists()


def test_nothing_that_exists_is_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    main.run(["init", "mine"])
    (tmp_path / "mine" / "evalkit.toml").write_text("depth = 7\n")

    assert main.run(["init", "mine"]) == 2
    assert "EK613" in capsys.readouterr().err
    assert (tmp_path / "mine" / "evalkit.toml").read_text() == "depth = 7\n"
    assert main.run(["init", "mine", "--force"]) == 0


def test_doctor_names_extras_config_and_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    (tmp_path / "evalkit.toml").write_text("depth = 7\n")

    assert main.run(["doctor"]) == 0

    told = capsys.readouterr().out
    assert "faiss-cpu" in told
    assert str(tmp_path / "evalkit.toml") in told
    assert str(tmp_path / "cache") in told


def test_a_disk_that_fills_up_leaves_no_torn_example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = Path.write_bytes

    def half(path: Path, data: bytes) -> int:
        if "qrels" in str(path):
            written(path, data[: len(data) // 2])
            raise OSError(28, "No space left on device", str(path))
        return written(path, data)

    monkeypatch.setattr(Path, "write_bytes", half)
    assert main.run(["init", str(tmp_path / "new")]) == 2
    files = [path for path in (tmp_path / "new").rglob("*") if path.is_file()]

    assert files
    assert all(path.read_bytes() in whole() for path in files)


def whole() -> set[bytes]:
    """Return the files of the example as they are."""
    return {path.read_bytes() for path in STARTER.rglob("*") if path.is_file()}


def test_an_example_that_goes_while_it_is_written_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    written: list[Path] = []

    def write_and_lose(path: Path, data: bytes, **options: object) -> None:
        del options
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        written.append(path)
        written[0].unlink(missing_ok=True)  # as somebody who tidies up meanwhile

    monkeypatch.setattr(output, "write_file", write_and_lose)
    assert main.run(["init", "mine"]) == 2
    told = capsys.readouterr()
    assert "error[EK105]" in told.err
    assert str(written[0]) in told.err
    assert not told.out
