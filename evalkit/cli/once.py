"""Once: an option that takes one value is said once; the command line never lets the last one win."""

from __future__ import annotations

from collections import Counter

import click

from evalkit.errors import UsageError
from evalkit.quoting import lines


class OnceCommand(click.Command):
    """A command whose single-valued options are refused when they are given twice."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments.

        Raises:
            UsageError: An option that takes one value stands there more than once.
        """
        refuse_repeats(self, ctx, args)
        return super().parse_args(ctx, args)

    def get_help(self, ctx: click.Context) -> str:
        """Return the help; it shows defaults that a configuration states, which may hold anything."""
        return lines(super().get_help(ctx))


class OnceGroup(click.Group):
    """A group whose own options, and those of the commands that it makes, are refused when given twice."""

    command_class = OnceCommand

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments of the group itself.

        Raises:
            UsageError: An option that takes one value stands there more than once.
        """
        refuse_repeats(self, ctx, args)
        return super().parse_args(ctx, args)

    def get_help(self, ctx: click.Context) -> str:
        """Return the help; it shows defaults that a configuration states, which may hold anything."""
        return lines(super().get_help(ctx))


def refuse_repeats(command: click.Command, ctx: click.Context, args: list[str]) -> None:
    """Refuse arguments in which an option that takes one value stands more than once.

    A flag may be repeated, since it says the same again; one that can also be turned off may not.

    Raises:
        UsageError: One does.
    """
    if not args and command.no_args_is_help:
        return
    _, _, order = command.make_parser(ctx).parse_args(args=list(args))
    for parameter, times in Counter(order).items():
        if times > 1 and takes_one(parameter):
            name = max(parameter.opts, key=len)
            asked = ctx.command_path
            raise UsageError(
                f"{name} takes one value and is given {times} times",
                hint=f"say which of them is meant; see  {asked} --help",
                code="EK107",
            )


def takes_one(parameter: click.Parameter) -> bool:
    """Return whether a parameter is an option of which the last one would win."""
    if not isinstance(parameter, click.Option) or parameter.multiple or parameter.count:
        return False
    return not parameter.is_flag or bool(parameter.secondary_opts)
