"""evalkit golden: check, repair, describe and lock golden sets from the command line."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support_sets import write_golden, write_run

from evalkit.cli import main

HEADER = "query-id\tcorpus-id\tscore\n"


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, with a golden set."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    return write_golden(tmp_path / "support").parent


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Callable[..., dict[str, Any]]:
    """Run a command with --json and return what it says, after checking its exit code."""

    def run(*arguments: object, code: int = 0) -> dict[str, Any]:
        capsys.readouterr()
        assert cli(*arguments, "--json") == code
        result: dict[str, Any] = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
        return result

    return run


def cli(*arguments: object) -> int:
    return main.run([str(argument) for argument in arguments])


def spoil(work: Path, *rows: str) -> Path:
    path = work / "support" / "qrels" / "test.tsv"
    path.write_text(path.read_text() + "".join(f"\n{row}" for row in rows))
    return path


def test_a_usable_set_is_told_with_its_findings_as_json(said: Callable[..., dict[str, Any]]) -> None:
    result = said("golden", "check", "support")

    assert result["usable"] is True
    assert result["repaired"] is None
    assert (result["golden"]["queries"], result["golden"]["documents"]) == (60, 120)
    finding = next(finding for finding in result["findings"] if finding["code"] == "EK521")
    assert finding["severity"] == "notice"
    assert finding["places"] == ["support/golden.toml"]
    assert finding["hint"]


def test_an_unusable_set_is_json_too_and_exits_with_2(
    work: Path, said: Callable[..., dict[str, Any]]
) -> None:
    spoil(work, "q001\tnowhere\t1")

    result = said("golden", "check", "support", code=2)

    assert result["usable"] is False
    assert result["golden"] is None
    assert "EK203" in [finding["code"] for finding in result["findings"]]


def test_errors_go_to_stderr_and_milder_findings_to_stdout(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil(work, "q001\tnowhere\t1")
    (work / "support" / "queries.jsonl").write_bytes(
        b"\xef\xbb\xbf" + (work / "support" / "queries.jsonl").read_bytes()
    )

    assert cli("golden", "check", "support") == 2

    captured = capsys.readouterr()
    assert captured.out.startswith("notice[EK230]")
    assert captured.err.startswith("error[EK203]")
    assert "sound" not in captured.out


def test_a_repair_writes_a_new_version_and_keeps_the_old_one(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sound = (work / "support" / "qrels" / "test.tsv").read_text()
    path = spoil(work, "q001\tnowhere\t1", "q001\td001\t1")
    broken = path.read_bytes()

    assert cli("golden", "check", "support", "--fix", "dangling,EK211") == 0

    assert path.read_text() == sound
    assert (work / "support.before-1" / "qrels" / "test.tsv").read_bytes() == broken
    assert not (work / "support.before-1" / "queries.jsonl").exists()
    assert str(work / "support.before-1") in capsys.readouterr().err
    assert not list(work.rglob("*.part"))


def test_every_repair_keeps_its_own_old_version(work: Path, said: Callable[..., dict[str, Any]]) -> None:
    for number in (1, 2):
        spoil(work, f"q00{number}\tnowhere\t1")
        repaired = said("golden", "check", "support", "--fix", "dangling")["repaired"]
        assert repaired == {"files": ["qrels/test.tsv"], "kept": str(work / f"support.before-{number}")}

    assert "q002\tnowhere" in (work / "support.before-2" / "qrels" / "test.tsv").read_text()


def test_where_nothing_is_to_be_repaired_nothing_is_written(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli("golden", "check", "support", "--fix", "all") == 0

    assert "nothing to repair" in capsys.readouterr().err
    assert not (work / "support.before-1").exists()


def test_what_is_ambiguous_stays_and_is_told(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = spoil(work, "q001\td001\t0")
    before = path.read_bytes()

    assert cli("golden", "check", "support", "--fix", "all") == 2

    assert path.read_bytes() == before
    assert "EK211" in capsys.readouterr().err


@pytest.mark.parametrize(("name", "code"), [("EK240", "EK141"), ("danglin", "EK102")])
def test_a_repair_that_does_not_exist_is_refused(
    name: str, code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli("golden", "check", "support", "--fix", name) == 2
    assert capsys.readouterr().err.startswith(f"error[{code}]")


def test_a_repair_beside_which_nothing_can_be_written_changes_nothing(
    work: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = spoil(work, "q001\tnowhere\t1")
    before = path.read_bytes()

    def full(self: Path, *_: object, **__: object) -> None:
        raise OSError(28, "No space left on device", str(self))

    monkeypatch.setattr(Path, "mkdir", full)

    assert cli("golden", "check", "support", "--fix", "dangling") == 2
    assert "EK611" in capsys.readouterr().err
    assert path.read_bytes() == before


def test_stats_say_what_the_set_can_resolve(said: Callable[..., dict[str, Any]]) -> None:
    result = said("golden", "stats", "support")

    assert result["portrait"]["grades"] == {"1": 60}
    whole, *segments = result["resolution"]
    assert (whole["segment"], whole["queries"], whole["sd"]) == (None, 60, 0.26)
    assert {row["segment"]: row["queries"] for row in segments} == {"even": 30, "odd": 30}
    assert 0.1 < whole["gain"] < segments[0]["gain"] < 1
    needed = {row["effect"]: (row["to_show"], row["to_exclude"]) for row in result["needed"]}
    assert needed[0.03] == (667, 664)
    assert needed[0.05][1] == 260


def test_a_smaller_spread_resolves_more(said: Callable[..., dict[str, Any]]) -> None:
    assumed = said("golden", "stats", "support", "--sd", "0.1")["resolution"][0]

    assert assumed["gain"] < said("golden", "stats", "support")["resolution"][0]["gain"]


def test_the_spread_of_two_runs_takes_the_place_of_the_assumed_one(
    work: Path, said: Callable[..., dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    write_run(work / "old.trec", {}), write_run(work / "new.trec", dict.fromkeys(range(30), 2))
    runs = ("--runs", "run/old.trec", "run/new.trec", "--measure", "MRR@10")

    rows = {row["segment"]: row for row in said("golden", "stats", "support", *runs)["resolution"]}

    # Thirty deltas of -1/2 and thirty of 0: a standard deviation of 0.2521, planned with an upper bound.
    assert 0.2521 < rows[None]["sd"] < 0.29
    assert said("golden", "stats", "support", "--runs", runs[2], runs[2])["resolution"][0]["sd"] == 0
    assert cli("golden", "stats", "support", *runs) == 0
    assert "spread as between run/old.trec and run/new.trec" in capsys.readouterr().out


def test_stats_of_a_model_would_have_to_be_paid_for_and_are_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli("golden", "stats", "support", "--runs", "hash/8", "hash/16") == 2
    assert "EK142" in capsys.readouterr().err


def test_stats_are_readable(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli("golden", "stats", "support") == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("support 7 · golden ")
    assert any(line.split()[:3] == ["whole", "set", "60"] for line in lines)
    assert max(map(len, lines)) < 145


def test_a_lock_is_written_checked_and_told_when_broken(
    work: Path, capsys: pytest.CaptureFixture[str], said: Callable[..., dict[str, Any]]
) -> None:
    assert cli("golden", "lock", "support", "--check") == 2
    assert cli("golden", "lock", "support") == 0
    assert cli("golden", "lock", "support", "--check") == 0
    spoil(work, "q001\td005\t1")
    capsys.readouterr()

    assert cli("golden", "lock", "support", "--check") == 2
    assert capsys.readouterr().err.startswith("error[EK270]")
    codes = {
        finding["code"]: finding["severity"] for finding in said("golden", "check", "support")["findings"]
    }
    assert codes["EK270"] == "warning"
    assert cli("run", "support", "--model", "hash/64") == 0
    assert "warning[EK270]" in capsys.readouterr().err
    assert cli("golden", "lock", "support") == 0
    assert cli("golden", "lock", "support", "--check") == 0


def test_a_set_with_errors_is_not_locked(work: Path) -> None:
    spoil(work, "q001\tnowhere\t1")

    assert cli("golden", "lock", "support") == 2
    assert not (work / "support" / "golden.lock").exists()


def test_stats_are_a_page_and_a_record_where_that_is_asked(
    work: Path, said: Callable[..., dict[str, Any]]
) -> None:
    told = said("golden", "stats", "support", "-o", "out/stats.html", "-o", "out/stats.json")
    page = (work / "out" / "stats.html").read_text("utf-8")

    assert json.loads((work / "out" / "stats.json").read_text("utf-8")) == told
    assert "What it can show" in page
    assert "whole set 60 " in " ".join(re.sub("<[^>]+>", " ", page).split())
    assert cli("golden", "stats", "nowhere", "-o", "out/other.html") == 2
    assert not (work / "out" / "other.html").exists()


def test_a_file_that_goes_away_meanwhile_is_no_bug(
    work: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = spoil(work, "q000\td999\t1")

    def taken_away(*_: object) -> Path:
        path.unlink()
        return Path(path.read_text())  # as any reader would meet it

    monkeypatch.setattr("evalkit.golden.writing.replacing.keep_files", taken_away)
    assert cli("golden", "check", "support", "--fix", "dangling") == 2
    told = " ".join(capsys.readouterr().err.split())
    assert "error[EK105]" in told
    assert "qrels/test.tsv has gone while it was worked on" in told
