"""The sessions on the pages: files are written, commands follow each other, and a stale page is told."""

from __future__ import annotations

from pathlib import Path

import pytest
import sessions

PAGE = """# A page

```text title="names.txt"
ada
grace
```

```console
$ cat names.txt
ada
grace
$ exit 3
$ echo $?
3
```
"""


def test_a_page_that_shows_what_is_printed_stays_as_it_is() -> None:
    assert sessions.followed(PAGE) == PAGE


@pytest.mark.parametrize(
    "stale",
    [
        PAGE.replace("grace\n$ exit", "grace hopper\n$ exit"),
        PAGE.replace("$ echo $?\n3", "$ echo $?"),
        PAGE.replace("cat names.txt\nada", "cat names.txt\nadam\nada"),
    ],
)
def test_a_page_that_shows_something_else_is_told_and_can_be_written_afresh(
    stale: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.md"
    page.write_text(stale)

    assert sessions.main([str(page)]) == 1
    assert "shows something else" in capsys.readouterr().out
    assert page.read_text() == stale
    assert sessions.main(["--write", str(page)]) == 0
    assert page.read_text() == PAGE


def test_a_gap_keeps_as_many_lines_at_both_ends_as_the_page_has() -> None:
    assert sessions.like(["one", "…", "nine"], list("abcdef")) == ["a", "…", "f"]
    assert sessions.like(["…"], list("abc")) == ["…"]
    assert sessions.like(["one", "…", "nine"], ["a"]) == ["a"]


def test_errors_count_as_printed_and_the_page_goes_on() -> None:
    page = "```console\n$ cat nothing-here\n$ echo on\n```"

    shown = sessions.followed(page).split("\n")

    assert "nothing-here" in shown[2]
    assert shown[3:5] == ["$ echo on", "on"]


def test_a_page_that_would_show_a_bug_is_refused(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```console\n$ echo 'bug[EK900]' && exit 70\n```\n")

    with pytest.raises(SystemExit, match="EK900"):
        sessions.main(["--write", str(page)])


def test_comments_say_what_is_output_what_is_not_run_and_what_needs_a_module() -> None:
    page = (
        "<!-- output of: echo new -->\n```text\nold\n```\n\n"
        "<!-- not run: it takes an hour -->\n```console\n$ echo new\nold\n```\n\n"
        "<!-- needs: no_such_module -->\n```console\n$ echo new\nold\n```\n"
    )

    assert sessions.followed(page) == page.replace("old", "new", 1)


def test_a_command_may_go_on_over_several_lines() -> None:
    page = "```console\n$ echo a \\\n    b\na b\n```"

    assert sessions.followed(page) == page


def test_each_page_has_a_cache_of_its_own_unless_it_says_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVALKIT_CACHE", "/the/cache/of/this/machine")
    page = "```console\n$ echo $EVALKIT_CACHE\n```"

    assert "/the/cache/of/this/machine" not in sessions.followed(page)
    assert "/the/cache/of/this/machine" in sessions.followed(f"{sessions.SHARED}\n{page}")


def test_a_block_alone_may_use_the_cache_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVALKIT_CACHE", "/the/cache/of/this/machine")
    page = "```console\n$ echo $EVALKIT_CACHE\n```"

    shown = sessions.followed(f"# Page\n{sessions.SHARED}\n{page}\n\n{page}")

    assert shown.count("/the/cache/of/this/machine") == 1
