"""The pages of the documentation: what is public has a page, and pages show what the commands print."""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import sessions

import evalkit
from evalkit.cli.main import evalkit as command_line
from evalkit.cli.main import run

DOCS = Path(evalkit.__file__).parent.parent / "docs"
REFERENCE = sorted((DOCS / "reference").glob("*.md"))
DOCUMENTED = re.findall(
    r"^::: (\S+)$", "\n".join(page.read_text("utf-8") for page in REFERENCE), re.MULTILINE
)
COMMANDS_PAGE = (DOCS / "reference" / "cli.md").read_text("utf-8")
FIXED = (
    "evalkit.comparison.signflip.sign_flip",
    "evalkit.comparison.intervals.guarded_interval",
    "evalkit.comparison.multiplicity.holm",
    "evalkit.comparison.multiplicity.benjamini_hochberg",
    "evalkit.comparison.power.required_queries",
    "evalkit.comparison.power.smallest_detectable",
    "evalkit.mixing.expected.expected_curve",
    "evalkit.planning.storage.index_bytes",
    "evalkit.planning.schedule.wall_hours",
    "evalkit.planning.schedule.catch_up_hours",
    "evalkit.planning.schedule.stale_share",
    "evalkit.planning.exposure.harm",
    "evalkit.planning.exposure.delay",
    "evalkit.planning.lazy.coverage",
    "evalkit.planning.lazy.zipf_coverage",
    "evalkit.reporting.notebook.show",
    "evalkit.reporting.notebook.plot",
)


def commands(command: click.Command, path: str = "evalkit") -> Iterator[str]:
    """Yield what is typed for a command and for all below it."""
    yield path
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from commands(below, f"{path} {name}")


def shown_help() -> dict[str, list[str]]:
    """Return what the page of commands shows for each `--help`."""
    found = {}
    for block in sessions.blocks(COMMANDS_PAGE.split("\n")):
        for command, printed in sessions.exchanges(block.lines):
            found[command[0].removeprefix("$ ")] = printed
    return found


@pytest.mark.parametrize("name", sorted(set(evalkit.__all__) - {"__version__"}))
def test_every_public_name_has_a_page(name: str) -> None:
    home = evalkit._HOMES[name]  # noqa: SLF001 - the table behind the names
    assert {f"evalkit.{name}", f"evalkit.{home}.{name}"} & set(DOCUMENTED)


@pytest.mark.parametrize("name", FIXED)
def test_every_function_that_others_call_by_name_has_a_page(name: str) -> None:
    assert name in DOCUMENTED


def test_what_a_page_documents_exists_and_says_what_it_is() -> None:
    for name in DOCUMENTED:
        documented = pkgutil.resolve_name(name)

        assert documented.__doc__, name


def test_nothing_is_documented_twice() -> None:
    assert sorted(set(DOCUMENTED)) == sorted(DOCUMENTED)


@pytest.mark.parametrize("command", [*commands(command_line)])
def test_every_command_has_its_place_and_its_help_as_it_is_today(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", sessions.WIDTH)

    run([*command.split()[1:], "--help"])

    printed = [line.rstrip() for line in capsys.readouterr().out.rstrip("\n").split("\n")]
    assert shown_help().get(f"{command} --help") == printed, "run  make docs-write"


def test_every_page_is_reached_from_the_contents() -> None:
    contents = (DOCS.parent / "mkdocs.yml").read_text("utf-8")
    pages = [page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md")]

    assert [page for page in pages if page not in contents] == []
