"""Names, links and folders: what a set may be called, which files are its own, how it appears."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.errors import GoldenSetError, OutputError, UsageError
from evalkit.golden.card import read_card
from evalkit.golden.links import refuse_leaving
from evalkit.golden.naming import LONGEST, name_for, wrong_with_name
from evalkit.golden.writing.replacing import keep_files, write_new_folder

GOOD = ("support", "support-2026", "Kundenfragen März", "顧客", "a.b", "console", "com10", "x" * LONGEST)
BAD = {
    "": "empty",
    "  ": "empty",
    ".": "way to a folder",
    "..": "way to a folder",
    "...": "way to a folder",
    "a/b": "path",
    "..\\b": "path",
    "a\nb": "cannot be seen",
    "a\u200bb": "cannot be seen",
    "a\u2028b": "cannot be seen",
    "\ud800": "cannot be seen",
    " a": "space or a point",
    "a.": "space or a point",
    "NUL": "device",
    "con.txt": "device",
    "lpt9": "device",
    "x" * (LONGEST + 1): "too long",
}


@pytest.mark.parametrize("name", GOOD)
def test_a_name_is_a_name_in_any_script(name: str) -> None:
    assert wrong_with_name(name) == ""
    assert name_for(name, Path("elsewhere")) == name


@pytest.mark.parametrize(("name", "why"), BAD.items(), ids=ascii)
def test_what_is_no_name_is_told_why(name: str, why: str) -> None:
    assert why in wrong_with_name(name)


@given(st.text(max_size=20))
def test_whatever_is_a_name_makes_a_folder_beside_its_fellows(name: str) -> None:
    if not wrong_with_name(name):
        assert Path("sets", name).parent == Path("sets")
        assert Path("sets", name).name == name


def test_a_set_without_a_stated_name_is_called_by_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "helpdesk"
    folder.mkdir()

    assert name_for("", folder) == "helpdesk"
    assert name_for("", folder / ".." / "helpdesk") == "helpdesk"


def test_whose_name_is_wrong_the_stated_one_or_the_folder_s_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="the name 'a/b' is a path"):
        name_for("a/b", tmp_path)
    with pytest.raises(UsageError, match="that of the folder 'nul' is a device"):
        name_for("", tmp_path / "nul")


def test_a_file_and_a_link_within_the_folder_are_the_set_s_own(tmp_path: Path) -> None:
    (tmp_path / "corpus.jsonl").write_text("{}")
    (tmp_path / "link.jsonl").symlink_to("corpus.jsonl")

    refuse_leaving(tmp_path / "corpus.jsonl", tmp_path)
    refuse_leaving(tmp_path / "link.jsonl", tmp_path)


@pytest.mark.parametrize("absolute", [True, False])
def test_a_link_out_of_the_folder_is_refused_and_its_target_told(tmp_path: Path, *, absolute: bool) -> None:
    secret = tmp_path / "secret"
    secret.write_text("")
    folder = tmp_path / "set"
    folder.mkdir()
    (folder / "corpus.jsonl").symlink_to(secret if absolute else Path("..") / "secret")

    with pytest.raises(GoldenSetError, match="link out of its golden set") as told:
        refuse_leaving(folder / "corpus.jsonl", folder)

    [finding] = told.value.findings
    assert finding.code == "EK249"
    assert finding.places[0].startswith(f"{folder / 'corpus.jsonl'}   → ")


def test_a_link_through_a_linked_folder_is_refused_like_a_direct_one(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "test.tsv").write_text("")
    folder = tmp_path / "set"
    folder.mkdir()
    (folder / "qrels").symlink_to(tmp_path / "outside")

    with pytest.raises(GoldenSetError, match="link out of its golden set"):
        refuse_leaving(folder / "qrels" / "test.tsv", folder)


def test_links_in_a_circle_are_told_and_no_crash(tmp_path: Path) -> None:
    (tmp_path / "one").symlink_to("two")
    (tmp_path / "two").symlink_to("one")

    with pytest.raises(GoldenSetError, match="levels of symbolic links") as told:
        read_card(tmp_path / "one")

    assert told.value.findings[0].places == (str(tmp_path / "one"),)


FILES = {"queries.jsonl": b"q", "qrels/test.tsv": b"j"}


def content(folder: Path) -> dict[str, bytes]:
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


@pytest.mark.parametrize("there", [True, False])
def test_a_set_appears_where_nothing_is_and_in_an_empty_folder(tmp_path: Path, *, there: bool) -> None:
    folder = tmp_path / "set"
    if there:
        folder.mkdir()

    assert write_new_folder(folder, FILES) is None

    assert content(folder) == FILES
    assert [path.name for path in tmp_path.iterdir()] == ["set"]


def test_what_is_there_stays_as_it_is_unless_force_is_used(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    write_new_folder(folder, FILES)

    with pytest.raises(OutputError, match="set is there already") as told:
        write_new_folder(folder, {"other": b"x"})

    assert told.value.findings[0].places == (str(folder),)
    assert content(folder) == FILES
    assert [path.name for path in tmp_path.iterdir()] == ["set"]


def test_force_renames_what_was_there_and_never_deletes_it(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    write_new_folder(folder, FILES)

    kept = [write_new_folder(folder, {"round": str(n).encode()}, force=True) for n in range(3)]

    assert kept == [tmp_path / f"set.before-{n}" for n in (1, 2, 3)]
    assert content(folder) == {"round": b"2"}
    assert [content(path) for path in kept if path] == [FILES, {"round": b"0"}, {"round": b"1"}]


def test_a_file_in_the_way_is_no_free_folder(tmp_path: Path) -> None:
    (tmp_path / "set").write_text("mine")

    with pytest.raises(OutputError, match="there already"):
        write_new_folder(tmp_path / "set", FILES)

    assert (tmp_path / "set").read_text() == "mine"


def test_a_parent_that_is_a_file_is_told_and_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(OutputError, match="cannot be written"):
        write_new_folder(tmp_path / "file" / "set", FILES)

    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_files_are_kept_beside_their_folder_under_the_next_free_number(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    write_new_folder(folder, FILES)

    first = keep_files(folder, [folder / "qrels" / "test.tsv"])
    second = keep_files(folder, [folder / name for name in FILES])

    assert (first.name, second.name) == ("set.before-1", "set.before-2")
    assert content(first) == {"qrels/test.tsv": b"j"}
    assert content(second) == content(folder) == FILES
