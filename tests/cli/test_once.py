"""No command of evalkit lets the last of two values win."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest

from evalkit.cli import main
from evalkit.cli.once import takes_one


def commands(
    command: click.Command, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield every command with the words that call it, groups too."""
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from commands(inner, (*path, name))


OPTIONS = [
    (path, option, name)
    for path, command in commands(main.evalkit)
    for option in command.params
    if takes_one(option)
    for name in option.opts
]


def test_there_are_options_to_try() -> None:
    assert {name for _, _, name in OPTIONS} >= {
        "--baseline",
        "--seed",
        "-o",
        "--config",
        "--model",
        "--depth",
    }


@pytest.mark.parametrize(
    ("path", "option", "name"), OPTIONS, ids=[" ".join((*path, name)) for path, _, name in OPTIONS]
)
def test_every_option_of_one_value_is_refused_when_given_twice(
    path: tuple[str, ...], option: click.Option, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    values = ["1", "2"] if option.nargs == 1 else ["1", "2", "3", "4"]
    half = len(values) // 2

    assert main.run([*path, name, *values[:half], max(option.opts, key=len), *values[half:]]) == 2

    error = capsys.readouterr().err
    assert "error[EK107]" in error
    assert f"{max(option.opts, key=len)} takes one value and is given 2 times" in error


def test_an_option_may_be_said_once_and_a_flag_again() -> None:
    assert main.run(["doctor", "--help"]) == 0
    assert main.run(["--quiet", "--quiet", "-v", "-v", "doctor", "--help"]) == 0
