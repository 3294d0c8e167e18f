"""Folds of ids: what each takes away, what it leaves alone, and that taking it away twice changes nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.golden.reading.folds import FOLDS, Fold

# Folds that take a part off the end or the front may find another such part behind it.
PEELING = (
    "the chunk's number is cut",
    "the extension is cut",
    "the prefix is cut",
    "the address is cut",
    "URL escapes are resolved",
    "URL escapes are resolved, + as a space",
    "character references are resolved",
    "wrongly decoded letters are put right",
    "what a program printed around them is taken off",
    "escaped line breaks are left out",
    "addresses are alike",
    "quotes or brackets are taken off",
)


def fold(words: str) -> Fold:
    (one,) = (fold for fold in FOLDS if fold.words == words)
    return one


MEMBERS = (
    ("white space is left out", " a\tb\u00a0c ", "abc"),
    ("invisible characters are left out", "\ufeffa\u200bb\x07", "ab"),
    ("both are in Unicode NFC", "e\u0301", "é"),
    ("upper and lower case are alike", "Straße", "strasse"),
    ("zeros are left out", "kb-007", "kb-7"),
    ("zeros are left out", "0", "0"),
    ("zeros are left out", "000", "0"),
    ("zeros are left out", "100", "100"),
    ("zeros are left out", "a0b01", "a0b1"),
    (".0 is cut", "77.0", "77"),
    (".0 is cut", "-77,00", "-77"),
    (".0 is cut", "77.05", "77.05"),
    (".0 is cut", "v77.0", "v77.0"),
    ("slashes are alike", "\\a//b\\.\\c/", "a/b/c"),
    ("slashes are alike", "a/../b", "a/../b"),
    ("URL escapes are resolved", "a%20b+c", "a b+c"),
    ("URL escapes are resolved, + as a space", "a%20b+c", "a b c"),
    ("quotes or brackets are taken off", ' "<77>" ', "77"),
    ("quotes or brackets are taken off", "«77»", "77"),
    ("quotes or brackets are taken off", "<77]", "<77]"),
    ("quotes or brackets are taken off", '"', '"'),
    ("both are in Unicode NFKC", "ﬁ７", "fi7"),
    ("dashes and apostrophes are alike", "a–b’c", "a-b'c"),
    ("the chunk's number is cut", "guide#12", "guide"),
    ("the chunk's number is cut", "guide_chunk_3", "guide"),
    ("the chunk's number is cut", "guide[3]", "guide"),
    ("the chunk's number is cut", "guide(3)", "guide"),
    ("the chunk's number is cut", "guide::Part 3", "guide"),
    ("the chunk's number is cut", "guide12", "guide12"),
    ("the chunk's number is cut", "guide#12a", "guide#12a"),
    ("the extension is cut", "a.pdf", "a"),
    ("the extension is cut", "a.tar.gz", "a.tar"),
    ("the extension is cut", ".profile", ".profile"),
    ("the extension is cut", "v1.25", "v1.25"),
    ("the extension is cut", "docs/.md", "docs/.md"),
    ("the folder is cut", "a/b\\c/", "c"),
    ("the folder is cut", "c", "c"),
    ("the prefix is cut", "doc:77", "77"),
    ("the prefix is cut", "D77", "77"),
    ("the prefix is cut", "a::b::c", "b::c"),
    ("the prefix is cut", "doc:", "doc:"),
    ("the prefix is cut", "77", "77"),
    ("the address is cut", "https://kb.example/docs/a", "docs/a"),
    ("the address is cut", "s3://bucket/key", "key"),
    ("the address is cut", "kb.example/docs", "kb.example/docs"),
    ("what follows ? or # is cut", "a?b=1#c", "a"),
    ("what follows ? or # is cut", "a#c?d", "a"),
    ("separators are alike", "a_b - c.d–e", "a-b-c-d-e"),
    ("character references are resolved", "R&amp;D&#33;", "R&D!"),
    ("separators of thousands are left out", "1,234,567", "1234567"),
    ("separators of thousands are left out", "1.234", "1234"),
    ("separators of thousands are left out", "1,234.567", "1,234.567"),
    ("separators of thousands are left out", "1234,567", "1234,567"),
    ("separators of thousands are left out", "12,34", "12,34"),
    ("numbers are written out", "1.23E+05", "123000"),
    ("numbers are written out", "1,5e3", "1500"),
    ("numbers are written out", "12e3", "12e3"),
    ("numbers are written out", "1e-3", "1e-3"),
    ("wrongly decoded letters are put right", "GrÃ¶ÃŸe", "Größe"),
    ("wrongly decoded letters are put right", "Größe", "Größe"),
    ("letters of another alphabet are alike", "\u041a\u0412-77", "KB-77"),
    ("accents are left out", "Crème", "Creme"),
    ("what stands before a tab is cut", "a\tb\tc", "c"),
    ("what stands after a tab is cut", "a\tb\tc", "a"),
    (
        "UUIDs are spelt alike",
        "{6F9619FF8B86D011B42D00C04FC964FF}",
        "6f9619ff-8b86-d011-b42d-00c04fc964ff",
    ),
    (
        "UUIDs are spelt alike",
        "urn:uuid:6F9619FF-8B86-D011-B42D-00C04FC964FF",
        "6f9619ff-8b86-d011-b42d-00c04fc964ff",
    ),
    ("UUIDs are spelt alike", "6F9619FF", "6F9619FF"),
    ("what a program printed around them is taken off", "ObjectId('5f')", "5f"),
    ("what a program printed around them is taken off", 'b"5f"', "5f"),
    ("what a program printed around them is taken off", "('5f',)", "5f"),
    ("what a program printed around them is taken off", "'5f\"", "'5f\""),
    ("an apostrophe before them is taken off", "'0077", "0077"),
    ("escaped line breaks are left out", r"77\n", "77"),
    ("zeros at the end are left out", "1.50", "1.5"),
    ("zeros at the end are left out", "1.00", "1"),
    ("zeros at the end are left out", "100", "100"),
    ("addresses are alike", "http://www.kb.example/a/#top", "kb.example/a"),
    ("addresses are alike", "//kb.example/a", "kb.example/a"),
    ("addresses are alike", "www.kb.example/", "kb.example"),
    ("addresses are alike", "kb/a/", "kb/a/"),
)


@pytest.mark.parametrize(("words", "text", "folded"), MEMBERS)
def test_a_fold_takes_away_what_it_says_and_no_more(words: str, text: str, folded: str) -> None:
    assert fold(words).stranger(text) == folded


def test_every_fold_that_changes_strangers_is_tried() -> None:
    tried = {words for words, _, _ in MEMBERS}

    assert {one.words for one in FOLDS if not one.words.endswith("put back")} == tried


@pytest.mark.parametrize("one", FOLDS, ids=lambda one: one.words)
def test_a_fold_works_on_both_sides_alike_or_on_one_alone(one: Fold) -> None:
    samples = [text for _, text, _ in MEMBERS]
    left = all(one.stranger(text) == text for text in samples)
    right = all(one.known(text) == text for text in samples)
    alike = all(one.stranger(text) == one.known(text) for text in samples)

    assert alike is not (left or right)


@pytest.mark.long
@pytest.mark.parametrize("one", [one for one in FOLDS if one.words not in PEELING], ids=lambda one: one.words)
@given(text=st.text(alphabet="aB0 1.,-_/\\:#?é\u200b'\t%+", max_size=12))
def test_what_is_folded_twice_is_as_if_folded_once(one: Fold, text: str) -> None:
    once = one.stranger(text)

    assert one.stranger(once) == once
