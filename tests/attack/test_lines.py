"""Every command has a line for the campaign, and no word of it may hold what no name holds."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from lines import LINES
from words import LEFT_OUT, Word, leaves, words

from evalkit.cli import main
from evalkit.config import find_config
from evalkit.errors import UsageError

WORDS = words()


def test_every_command_has_a_line() -> None:
    paths = {path for path, _ in leaves(main.evalkit)} - set(LEFT_OUT)
    told = {path for path in paths if any(line.words[: len(path)] == path for line in LINES.values())}

    assert sorted(paths - told) == [], "a new command is one line more in lines.py"


@pytest.mark.parametrize("word", WORDS, ids=[word.name for word in WORDS])
def test_no_word_of_any_command_holds_a_nul(word: Word, capsys: pytest.CaptureFixture[str]) -> None:
    for line in word.lines("a\0b"):
        assert main.run(line) == 2
        told = capsys.readouterr().err
        assert "error[EK174]" in told
        assert "a\\x00b" in told


TABLES = {
    "the cache": 'cache = "a\\u0000b"',
    "a set": '[goldensets]\nx = "a\\u0000b"',
    "vectors": '[models.m]\nspec = "vectors/a\\u0000b"',
    "a run": '[models.m]\nspec = "run/a\\u0000b"',
    "an option": '[models.m]\nspec = "st/x"\nquery_prompt = "a\\u0000b"',
    "an address": '[models.m]\nspec = "openai/m"\nbase_url = "http://x/\\u0000"',
    "a candidate": 'candidates = ["hash/8", "run/\\u0000"]',
    "a key": '[models."a\\u0000b"]\nspec = "hash/8"',
}


@pytest.mark.parametrize("text", TABLES.values(), ids=TABLES.keys())
def test_no_text_of_a_configuration_holds_a_nul(text: str, tmp_path: Path) -> None:
    (tmp_path / "evalkit.toml").write_text(text)

    with pytest.raises(UsageError, match="NUL character"):
        find_config(tmp_path)


def test_the_tests_that_hold_each_kind_are_there() -> None:
    here = Path(__file__).parent
    named = re.findall(r"`(tests/[\w/.]+)`", (here / "README.md").read_text(encoding="utf-8"))

    assert len(set(named)) > 15
    assert [name for name in named if not (here.parent.parent / name).is_file()] == []
