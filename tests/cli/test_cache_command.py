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


def test_prune_takes_the_indexes_of_a_space_along_and_leaves_others(
    filled: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for model in ("hash/64", "lsa/16"):
        main.run(["run", "support", "--model", model, "--index", "HNSW8"])
    capsys.readouterr()
    main.run(["cache", "ls"])
    digest = next(line.split()[0] for line in capsys.readouterr().out.splitlines() if "lsa/16" in line)

    assert main.run(["cache", "prune", "--model", digest]) == 0
    assert "and 1 index," in capsys.readouterr().out
    assert len(list((filled / "cache" / "indexes").iterdir())) == 1
    assert main.run(["cache", "prune", "--all"]) == 0
    assert list((filled / "cache" / "indexes").iterdir()) == []


def test_looking_into_a_cache_that_is_not_there_makes_none(
    filled: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.run(["cache", "ls", "--cache", "nowhere"]) == 0
    assert "nothing is kept yet" in capsys.readouterr().out
    assert not (filled / "nowhere").exists()
