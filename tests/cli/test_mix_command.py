"""evalkit mix: what a half-migrated index does, from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support_sets import write_golden, write_run

from evalkit.cli import main

MODELS = ("--old", "hash/64", "--new", "hash/32")


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, with a cache of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    write_golden(tmp_path / "support")
    return tmp_path


def mix(*arguments: object) -> int:
    return main.run(["mix", "support", *map(str, arguments)])


def test_the_text_tells_every_number_that_a_choice_needs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "120")  # where there is room for the whole table
    assert mix(*MODELS, "--align", "pad", "--strategy", "new-query,dual-raw,stay-old") == 0
    shown = capsys.readouterr().out.splitlines()
    heads = "0% 25% 50% 75% 100% worst break-even blackout spread searches"
    assert shown[1].split() == heads.split()
    assert [line.split()[0] for line in shown[2:5]] == ["new-query", "dual-raw", "stay-old"]
    assert shown[5].split()[:3] == ["new-query,", "50%", "moved"]
    assert [line.split()[0] for line in shown[6:8]] == ["moved", "unmoved"]
    assert "below the old index" in " ".join(shown)


def test_json_tells_cohorts_holdings_and_re_ranking(capsys: pytest.CaptureFixture[str]) -> None:
    assert mix(*MODELS, "--strategy", "dual-raw", "--shares", "0,0.5,1", "--json") == 0
    result = json.loads(capsys.readouterr().out)
    assert {row["cohort"] for row in result["mix"]} == {None, "moved", "unmoved"}
    empty = [row["value"] for row in result["mix"] if (row["cohort"], row["share"]) == ("moved", 0.0)]
    assert set(empty) == {None}
    (line, _) = result["mix_summary"][0]["lines"]
    assert line["held"]["moved"]["corpus"] == 0.5
    assert line["held"]["moved"]["first"] + line["held"]["unmoved"]["first"] == pytest.approx(1)
    assert 0 <= result["reranking"]["hash/32"]["overlap@10"] <= 1


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--old", "run/r.trec", "--new", "hash/32"), "EK369"),
        ((*MODELS, "--strategy", "new-query"), "EK186"),
        ((*MODELS, "--margin", "-1"), "EK503"),
        ((*MODELS, "--margin", "nan"), "EK502"),
        ((*MODELS, "--shares", "2.5"), "EK503"),
        ((*MODELS, "--order", "field:nothing"), "EK102"),
        ((*MODELS, "--cohort", "nothing"), "EK102"),
    ],
)
def test_what_cannot_be_mixed_is_refused_with_its_code(
    work: Path, arguments: tuple[str, ...], code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write_run(work / "r.trec", {})
    assert mix(*arguments) == 2
    assert f"error[{code}]" in capsys.readouterr().err
