"""No stranger's folder makes a command write elsewhere, and a set always stands under its name."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from support_sets import write_golden

from evalkit.cli import main
from evalkit.golden.writing.replacing import write_new_folder
from evalkit.output import DRAFT, draft_name, exchanged, write_together

PRECIOUS = "what nobody may touch\n"


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A set in a folder to work in, and a file beside it that is precious."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "kept"))
    write_golden(tmp_path / "set", queries=6)
    (tmp_path / "precious").write_text(PRECIOUS)
    (tmp_path / "elsewhere").mkdir()
    return tmp_path


def cli(*arguments: str) -> int:
    return main.run(list(arguments))


def link(path: str, target: str = "precious") -> None:
    """Put a link where a file or a folder would be."""
    place = Path(path)
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.is_dir():
        place.rename(f"{place}.aside")
    place.unlink(missing_ok=True)
    place.symlink_to(Path(target).absolute())


def repeated() -> None:
    """Let a file of judgements elsewhere be one that `--fix` would change."""
    path = Path("set/qrels/test.tsv")
    Path("precious").write_text(path.read_text() + "q000\td000\t1\n")
    link("set/qrels/test.tsv")


COMPARE = ("compare", "set", "--baseline", "hash/8", "--candidate", "hash/16", "--no-mix", "-o", "rep")
STORE = ("gate", "set", "--model", "hash/64", "--update")


def reported(name: str) -> None:
    assert cli(*COMPARE) in (0, 1, 3)
    link(f"rep/{name}")


ATTEMPTS: dict[str, tuple[Callable[[], object], tuple[str, ...]]] = {
    "a lock": (lambda: link("set/golden.lock"), ("golden", "lock", "set")),
    "a dangling lock": (lambda: link("set/golden.lock", "elsewhere/new"), ("golden", "lock", "set")),
    "a repair": (repeated, ("golden", "check", "set", "--fix", "repeats")),
    "a folder of judgements": (
        lambda: link("set/qrels", "elsewhere"),
        ("golden", "check", "set", "--fix", "all"),
    ),
    "a baseline": (
        lambda: link("baselines/set/hash-64.json"),
        STORE,
    ),
    "an example": (lambda: link("new/evalkit.toml", "elsewhere/new"), ("init", "new")),
    "an example with force": (lambda: link("new/evalkit.toml"), ("init", "new", "--force")),
    "a folder of an example": (lambda: link("new/goldensets", "elsewhere"), ("init", "new")),
    "a page": (lambda: reported("report.html"), ("report", "rep")),
    "a style sheet": (lambda: reported("report.css"), ("report", "rep", "--assets")),
}


@pytest.mark.parametrize(("attempt", "command"), ATTEMPTS.values(), ids=ATTEMPTS.keys())
def test_no_command_writes_through_a_link_that_nobody_named(
    attempt: Callable[[], object], command: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    attempt()
    before = Path("precious").read_text()
    capsys.readouterr()

    assert cli(*command) == 2
    assert "link" in capsys.readouterr().err
    assert Path("precious").read_text() == before
    assert list(Path("elsewhere").iterdir()) == []


@pytest.mark.parametrize("name", ["result.json", "report.html"])
def test_a_result_takes_the_place_of_links_and_leaves_their_targets(name: str, work: Path) -> None:
    reported(name)

    assert cli(*COMPARE, "--force") in (0, 1, 3)
    assert (work / "precious").read_text() == PRECIOUS
    assert not Path("rep", name).is_symlink()


def test_the_judgements_of_strangers_show_no_line_of_another_file(capsys: pytest.CaptureFixture[str]) -> None:
    link("set/qrels/test.tsv")
    for command in (
        ("golden", "check", "set"),
        ("golden", "stats", "set"),
        ("run", "set", "--model", "hash/8"),
    ):
        assert cli(*command) == 2
        told = capsys.readouterr()
        assert "EK249" in told.err
        assert PRECIOUS.strip() not in told.out + told.err


def test_a_set_stands_under_its_name_at_every_moment(tmp_path: Path) -> None:
    folder, gone, over = tmp_path / "swapped", [], threading.Event()
    write_new_folder(folder, {"a": b"1"})
    if not exchanged(folder, folder):
        pytest.skip(
            "this claim holds where the system can exchange two names in one step (Linux's renameat2, on "
            "most file systems), which it cannot here; that nothing is lost then is the next test's claim"
        )

    def watch() -> None:
        while not over.is_set():
            if not (folder / "a").exists():
                gone.append(time.time())

    watcher = threading.Thread(target=watch)
    watcher.start()
    for number in range(100):
        kept = write_new_folder(folder, {"a": b"%d" % number}, force=True)
        assert kept is not None
        assert (kept / "a").read_bytes() == b"%d" % (number - 1 if number else 1)
    over.set()
    watcher.join()

    assert gone == []
    assert len(list(tmp_path.glob("swapped.before-*"))) == 100


def test_without_an_exchange_of_names_the_former_set_is_kept_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evalkit.golden.writing.replacing.exchanged", lambda *names: not names)
    folder = tmp_path / "swapped"
    write_new_folder(folder, {"a": b"1"})
    kept = write_new_folder(folder, {"a": b"2"}, force=True)

    assert kept is not None
    assert ((folder / "a").read_bytes(), (kept / "a").read_bytes()) == (b"2", b"1")


def test_drafts_that_a_kill_left_behind_are_neither_mixed_in_nor_kept_for_ever(tmp_path: Path) -> None:
    for name in ("out", "swapped"):
        left = tmp_path / draft_name(name)
        left.mkdir()
        (left / "corpus.jsonl").write_text("old")
        os.utime(left, (0, 0))
    fresh = tmp_path / draft_name("swapped")
    fresh.mkdir()
    mine = tmp_path / f".swapped.notes{DRAFT}"
    mine.write_text("of somebody else")
    os.utime(mine, (0, 0))

    write_new_folder(tmp_path / "swapped", {"a": b"1"})

    assert [path.name for path in (tmp_path / "swapped").iterdir()] == ["a"]
    assert not [path for path in tmp_path.glob(f".swapped.*{DRAFT}") if path not in (fresh, mine)]
    assert list(tmp_path.glob(f".out.*{DRAFT}"))  # of another name: not looked at
    write_together(tmp_path / "together", {"a": b"1"})


def test_two_drafts_never_share_a_name() -> None:
    assert len({draft_name("set") for _ in range(1000)}) == 1000
