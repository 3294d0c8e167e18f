"""cache ls and prune: what is kept is listed, and goes when it is told to."""

from __future__ import annotations

from pathlib import Path

import pytest
from support_sets import write_golden

from evalkit.cli import main


@pytest.fixture(autouse=True)
def filled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """A cache with the vectors of two models."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    write_golden(tmp_path / "support")
    for model in ("hash/64", "lsa/16"):
        assert main.run(["run", "support", "--model", model]) == 0
    capsys.readouterr()
    return tmp_path


def test_ls_names_model_role_and_number(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["cache", "ls"]) == 0

    told = capsys.readouterr().out.splitlines()
    assert len(told) == 5
    assert sum("hash/64" in line for line in told) == 2
    assert any("document" in line and "120 vectors" in line for line in told)


def test_prune_drops_what_was_named_and_keeps_the_rest(capsys: pytest.CaptureFixture[str]) -> None:
    main.run(["cache", "ls"])
    digest = next(line.split()[0] for line in capsys.readouterr().out.splitlines() if "lsa/16" in line)

    assert main.run(["cache", "prune", "--model", digest]) == 0
    assert "dropped 2 spaces" in capsys.readouterr().out
    main.run(["cache", "ls"])
    left = capsys.readouterr().out
    assert "hash/64" in left
    assert "lsa/16" not in left


def test_prune_without_a_condition_drops_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["cache", "prune"]) == 2
    assert "EK128" in capsys.readouterr().err
    assert main.run(["cache", "prune", "--all"]) == 0
    assert "dropped 4 spaces" in capsys.readouterr().out


def test_what_was_dropped_is_made_again(capsys: pytest.CaptureFixture[str]) -> None:
    main.run(["cache", "prune", "--unused-days", "0"])
    capsys.readouterr()

    assert main.run(["run", "support", "--model", "hash/64"]) == 0
