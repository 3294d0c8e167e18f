"""Words: every option and argument that takes any text, and the lines in which another word stands there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import click
from lines import LINES

from evalkit.cli import main

PROVIDERS = ("run/", "vectors/", "st/", "model2vec/", "python/", "search/", "http/", "openai/")
LEFT_OUT = {("demo",): "it embeds with a real model; compare is what runs underneath"}


@dataclass(frozen=True, slots=True)
class Word:
    """A place in a command where any text may stand."""

    path: tuple[str, ...]
    command: click.Command
    parameter: click.Parameter

    @property
    def name(self) -> str:
        """What it is called in the help."""
        return " ".join((*self.path, max(self.parameter.opts, key=len)))

    def lines(self, text: str) -> Iterator[tuple[str, ...]]:
        """Yield the valid line of the command with `text` in this place; of a model, for every provider."""
        if isinstance(self.parameter, click.Argument):
            yield self._at_an_argument(text)
            return
        flag = max(self.parameter.opts, key=len)
        kept = tuple(self._without_option())
        for prefix in ("", *(PROVIDERS if self.parameter.metavar == "MODEL" else ())):
            yield (*kept, flag, *[prefix + text] * self.parameter.nargs)

    def _without_option(self) -> Iterator[str]:
        words = iter(valid(self.path))
        for word in words:
            if word in self.parameter.opts:
                for _ in range(self.parameter.nargs):
                    next(words)
            else:
                yield word

    def _at_an_argument(self, text: str) -> tuple[str, ...]:
        words = valid(self.path)
        options = {
            name: 0 if getattr(option, "is_flag", False) else option.nargs
            for option in self.command.params
            if isinstance(option, click.Option)
            for name in option.opts
        }
        places, at = [], len(self.path)
        while at < len(words):
            if words[at] in options:
                at += options[words[at]]
            else:
                places.append(at)
            at += 1
        number = [one for one in self.command.params if isinstance(one, click.Argument)].index(self.parameter)  # type: ignore[arg-type] # it is one
        if number >= len(places):
            return (*words, text)
        return (*words[: places[number]], text, *words[places[number] + 1 :])


def leaves(
    command: click.Command, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield every command that does something, with the words that call it."""
    if not isinstance(command, click.Group):
        yield path, command
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        inner = command.get_command(context, name)
        assert inner is not None
        yield from leaves(inner, (*path, name))


def valid(path: tuple[str, ...]) -> tuple[str, ...]:
    """Return a line of a command that works."""
    return next(line.words for line in LINES.values() if line.words[: len(path)] == path)


def words() -> list[Word]:
    """Return every place where any text may stand."""
    return [
        Word(path, command, parameter)
        for path, command in leaves(main.evalkit)
        if path not in LEFT_OUT
        for parameter in command.params
        if isinstance(parameter.type, click.Path | click.types.StringParamType)
        and not getattr(parameter, "is_flag", False)
    ]
