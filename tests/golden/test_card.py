"""Cards and names: what may be stated, what is answered to the rest, and that a card is read as written."""

from __future__ import annotations

from pathlib import Path

import pytest

from evalkit.errors import GoldenSetError, UsageError
from evalkit.golden.card import Card, card_text, read_card
from evalkit.golden.naming import LONGEST, name_for, wrong_with_name
from evalkit.golden.writing.importing import UNSTATED, statement


def written(folder: Path, text: str) -> Path:
    path = folder / "golden.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("nmae = 'x'", "EK221", "did you mean name?"),
        ("xyzzy = 'x'", "EK221", "known keys: name, version"),
        ("judgments = 'all'", "EK222", "choose from 'complete', 'pooled', 'sparse'"),
        ("self_hits = 'drop'", "EK222", "choose from 'remove', 'keep'"),
        ("missing_documents = 'keep'", "EK222", "choose from 'error', 'drop'"),
        ("grades = 'all'", "EK222", "choose from 'assumed'"),
        ("version = 1", "EK223", "must be a text in quotes"),
        ("pooled_from = 'bm25'", "EK223", "must be a list of names"),
        ("segments = 'a'", "EK223", "must be a table"),
        ("pooled_from = ['a', 1]", "EK223", "must hold texts in quotes alone"),
        ("[segments]\na = 1", "EK223", "must hold texts in quotes alone"),
        ("name = 'a/b'", "EK248", "is a path, not a name"),
        ("split = '..'", "EK248", "is the way to a folder"),
        ("name = ", "EK220", "the card is not valid TOML"),
        ("{}", "EK220", "it is JSON: write  key = value"),
    ],
)
def test_what_a_card_may_not_say_is_answered(tmp_path: Path, text: str, code: str, said: str) -> None:
    with pytest.raises(GoldenSetError) as error:
        read_card(written(tmp_path, text))
    (finding,) = error.value.findings
    assert finding.code == code
    assert said in f"{finding.problem} {finding.hint}"


def test_all_that_is_wrong_with_a_card_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(GoldenSetError) as error:
        read_card(written(tmp_path, "version = 1\nnmae = 'x'\njudgments = 'all'\n"))
    assert [finding.code for finding in error.value.findings] == ["EK223", "EK221", "EK222"]


@pytest.mark.parametrize("text", ["judgments = ''", "missing_documents = ''"])
def test_only_what_may_be_left_open_may_be_empty(tmp_path: Path, text: str) -> None:
    with pytest.raises(GoldenSetError, match="is not a choice"):
        read_card(written(tmp_path, text))
    assert read_card(written(tmp_path, "self_hits = ''\ngrades = ''\n")) == Card()


def test_a_folder_without_a_card_says_nothing(tmp_path: Path) -> None:
    assert read_card(tmp_path / "golden.toml") == Card()


def test_how_a_set_was_judged_is_said_even_where_nothing_is_stated() -> None:
    assert Card().judging == "not stated"
    assert Card(judgments="pooled").judging == "pooled"


def test_a_card_that_says_nothing_is_an_empty_file() -> None:
    assert card_text(Card()) == ""


def test_what_a_card_says_stands_in_the_order_of_its_fields_with_segments_last() -> None:
    card = Card(segments={"b": "two", "a": 'the "first"'}, pooled_from=("x", "y"), name="set")

    assert (
        card_text(card)
        == 'name = "set"\npooled_from = ["x", "y"]\n\n[segments]\n"b" = "two"\n"a" = "the \\"first\\""\n'
    )


def test_the_character_after_tilde_is_escaped_as_toml_wants_it(tmp_path: Path) -> None:
    card = Card(description="a\x7fb")

    assert "\x7f" not in card_text(card)
    assert read_card(written(tmp_path, card_text(card))) == card


def test_an_imported_card_asks_for_what_only_its_author_knows(tmp_path: Path) -> None:
    text = statement(Card(name="set", version="2", segments={"a": "b"}), ["from\nelsewhere", "by hand"])

    assert text.startswith("# from elsewhere\n# by hand\n")
    assert "# version = " not in text
    assert all(f"\n# {key} = " in text for key in UNSTATED if key != "version")
    assert read_card(written(tmp_path, text)) == Card(name="set", version="2", segments={"a": "b"})


@pytest.mark.parametrize("key", UNSTATED)
def test_what_an_imported_card_suggests_may_be_taken_at_its_word(tmp_path: Path, key: str) -> None:
    lines = statement(Card(name="set"), []).splitlines()
    (line,) = [line for line in lines if line.startswith(f"# {key} = ")]

    card = read_card(written(tmp_path, line.removeprefix("# ")))

    assert getattr(card, key) != getattr(Card(), key)


def test_a_card_that_states_everything_is_asked_nothing() -> None:
    card = Card(
        version="1",
        judgments="pooled",
        pooled_from=("x",),
        self_hits="keep",
        language="en",
        license="MIT",
        description="d",
    )

    assert "#" not in statement(card, [])


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("", "is empty"),
        (" ", "is empty"),
        (".", "is the way to a folder"),
        ("...", "is the way to a folder"),
        ("a/b", "is a path"),
        ("a\\b", "is a path"),
        ("a\nb", "cannot be seen"),
        ("a\u200bb", "cannot be seen"),
        ("a\u2028b", "cannot be seen"),
        (" a", "begins or ends"),
        ("a ", "begins or ends"),
        ("a.", "begins or ends"),
        ("con", "is a device"),
        ("NUL.txt", "is a device"),
        ("com0", "is a device"),
        ("lpt9.a.b", "is a device"),
        ("a" * (LONGEST + 1), "is too long"),
        ("a" * LONGEST, ""),
        ("console", ""),
        ("com10", ""),
        (".a", ""),
        ("support 2026", ""),
        ("Größe-日本", ""),
    ],
)
def test_a_name_is_one_on_every_system(name: str, wrong: str) -> None:
    found = wrong_with_name(name)

    assert found.startswith(wrong) or wrong in found
    assert bool(found) is bool(wrong)


def test_a_set_is_called_by_its_card_else_by_its_folder(tmp_path: Path) -> None:
    assert name_for("stated", tmp_path) == "stated"
    assert name_for("", tmp_path / "x" / ".." / "support") == "support"


@pytest.mark.parametrize(("stated", "said"), [("a/b", "the name 'a/b'"), ("", "that of the folder 'con'")])
def test_a_name_that_is_none_says_where_it_came_from(tmp_path: Path, stated: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as error:
        name_for(stated, tmp_path / "con")
    assert error.value.findings[0].code == "EK248"
