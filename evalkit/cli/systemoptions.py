"""Options that name systems and the index that they search, the same wherever they are taken."""

from __future__ import annotations

import click

from evalkit import defaults
from evalkit.cli.options import Decorator, split_specs

index_option = click.option(
    "--index",
    "factory",
    default=defaults.FACTORY,
    show_default=True,
    metavar="FACTORY",
    help="FAISS factory string: Flat is exact.",
)


def systems_option(what: str) -> Decorator:
    """Return the option that names systems whose first results are taken; `what` is its help."""
    return click.option(
        "--system", "systems", multiple=True, callback=split_specs, metavar="MODEL", help=what
    )
