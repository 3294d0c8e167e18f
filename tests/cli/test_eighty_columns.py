"""A terminal of 80 columns: no table is wider, warnings are folded, and help is there unasked."""

from __future__ import annotations

from pathlib import Path

import pytest
from support_sets import write_golden

from evalkit.cli import main
from evalkit.reporting.views.columns import side_by_side

MODELS = ("hash/64", "hash/32")


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, seen through 80 columns."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "80")
    write_golden(tmp_path / "support")
    return tmp_path


@pytest.mark.long
@pytest.mark.parametrize(
    "words",
    [
        ("mix", "support", "--old", "hash/64", "--new", "hash/32", "-o", "mixed"),
        ("mix", "support", "--old", "hash/64", "--new", "hash/32", "--align", "pad", "--strategy", "all"),
        ("compare", "support", "--baseline", "hash/64", "--candidate", "hash/32", "--no-mix"),
        ("golden", "stats", "support"),
        ("golden", "check", "support"),
        ("diff", "support", "--old", "hash/64", "--new", "hash/32"),
    ],
    ids=" ".join,
)
def test_nothing_is_wider_but_the_line_of_the_verdict(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.run(words) in {0, 1, 3}
    told = capsys.readouterr()
    lines = [*told.out.splitlines(), *told.err.splitlines()]
    wide = [line for line in lines if len(line) > 80 and "next: open" not in line]
    assert wide == []


def test_a_mix_names_its_golden_set_and_where_its_page_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["mix", "support", "--old", "hash/64", "--new", "hash/32", "-o", "mixed"]) == 0
    told = capsys.readouterr()
    assert told.out.startswith("support 7: hash/64 → hash/32")
    assert told.out.endswith("next: open mixed/report.html\n")
    assert "EK186" not in told.err


@pytest.mark.parametrize("words", [(), ("golden",)])
def test_a_command_without_words_shows_its_help(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.run(words) == 0
    assert capsys.readouterr().out.startswith("Usage: evalkit")


def test_columns_that_do_not_fit_stand_below_each_beside_the_first() -> None:
    assert side_by_side([10, 5, 5, 5], 26) == [[0, 1, 2], [0, 3]]
    assert side_by_side([10, 90, 5], 40) == [[0, 1], [0, 2]]
    assert side_by_side([10], 5) == [[0]]
