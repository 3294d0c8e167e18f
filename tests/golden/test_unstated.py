"""How a set was judged is shown as its card states it; where nothing is stated, that is told everywhere."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from golden_folders import QRELS, write_folder

from evalkit.cli import main
from evalkit.golden.card import Card, card_text, read_card
from evalkit.golden.checks.bearing import BEARING
from evalkit.golden.examination import examine
from evalkit.golden.folder import read_golden

UNSTATED = 'name = "support"\nversion = "1"\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    return write_folder(tmp_path / "set", card=UNSTATED)


@pytest.mark.parametrize("stated", ["", "complete", "pooled", "sparse"])
def test_only_an_unstated_judging_is_told_by_the_check_and_by_reading(folder: Path, stated: str) -> None:
    line = f'judgments = "{stated}"\n' if stated else ""
    (folder / "golden.toml").write_text(UNSTATED + line)

    golden = read_golden(folder)

    codes = [{found.code for found in told} for told in (golden.findings, examine(folder).findings)]
    assert [("EK521" in told) for told in codes] == [not stated] * 2
    assert golden.card.judging == (stated or "not stated")


def test_a_set_without_a_card_and_one_judged_throughout(folder: Path) -> None:
    (folder / "golden.toml").unlink()
    everything = [(f"q{q}", f"d{d}", int(q == d)) for q in range(1, 5) for d in range(1, 6)]
    whole = write_folder(folder.parent / "whole", qrels=everything, card="")

    assert "EK521" in {found.code for found in read_golden(folder).findings}
    assert "EK521" not in {found.code for found in read_golden(whole).findings}


def test_stating_what_is_computed_changes_no_digest_and_is_written_out() -> None:
    stated = replace(Card(), judgments="complete")
    assert card_text(stated) == 'judgments = "complete"\n'
    assert card_text(Card()) == ""


def test_the_digest_of_an_unstated_set_is_that_of_a_complete_one(folder: Path) -> None:
    unstated = read_golden(folder).digest
    (folder / "golden.toml").write_text(UNSTATED + 'judgments = "complete"\n')
    assert read_card(folder / "golden.toml").judgments == "complete"
    assert read_golden(folder).digest == unstated


@pytest.mark.parametrize("measures", ["nDCG@3", "MRR@10,nDCG@3", "Recall@5,Judged@10"])
def test_run_shows_how_much_is_judged_at_the_cutoff_of_the_first_measure(
    folder: Path, measures: str, capsys: pytest.CaptureFixture[str]
) -> None:
    cutoff = measures.partition(",")[0].partition("@")[2]
    assert main.run(["run", str(folder), "--model", "hash/64", "--measure", measures]) == 0
    assert f"Judged@{cutoff}" in capsys.readouterr().out


@pytest.mark.parametrize("measures", ["nDCG@3", "nDCG@3,Judged@10"])
def test_compare_says_not_stated_and_shows_the_judged_share_whatever_was_asked_for(
    folder: Path, measures: str, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["compare", str(folder), "--baseline", "hash/64", "--candidate", "hash/512", "--objective"]
    main.run([*command, "maintain", "--measure", measures, "--primary", "nDCG@3", "-o", "out"])

    out = capsys.readouterr().out
    result = json.loads(Path("out", "result.json").read_text())
    page = Path("out", "report.html").read_text()
    assert "Judged@3" in out
    assert "not stated" in out
    assert result["golden"]["judgments"] == "not stated"
    assert all("Judged@3" in system["measures"] for system in result["systems"].values())
    assert "Judged@3" not in {row["measure"] for row in result["comparisons"]}
    assert "EK521" in {found["code"] for found in result["findings"]}
    assert "EK521" in page
    assert ">Judged<" in page


def test_stats_say_how_it_was_judged(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main.run(["golden", "stats", str(folder)])
    assert "not stated" in capsys.readouterr().out
    main.run(["golden", "stats", str(folder), "--json"])
    assert json.loads(capsys.readouterr().out)["golden"]["judgments"] == "not stated"


def test_doubts_that_bear_on_a_verdict_stand_in_what_is_read(folder: Path) -> None:
    """The check and the reading agree on every such finding."""
    cards = ("complete", "pooled")
    positive = [row for row in QRELS if row[2] and row[0] != "q1"]
    wide = [("q2", f"d{number}", 1) for number in (1, 3, 4)]
    for judging in cards:
        spoilt = write_folder(folder, qrels=[*positive, *wide], card=f'judgments = "{judging}"\n')
        checked = {found.code for found in examine(spoilt).findings} & set(BEARING)
        assert checked == {found.code for found in read_golden(spoilt).findings} & set(BEARING)
        assert {"EK252", "EK264", "EK251" if judging == "complete" else "EK254"} <= checked
