"""The options that say how the results of a run file name documents by their chunks."""

from __future__ import annotations

from pathlib import Path

import click

from evalkit.opening import resolved


def _from_here(ctx: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """Return a path that means the same wherever the file that names the run lies."""
    del ctx, parameter
    return None if value is None else str(resolved(Path(value)))


chunk_separator_option = click.option(
    "--chunk-separator",
    metavar="TEXT",
    help="Results of run files and searches are chunks, such as KB-77#1 of KB-77: a document takes its best.",
)
chunk_map_option = click.option(
    "--chunk-map",
    metavar="FILE",
    callback=_from_here,
    help="The same, by a table of chunk and document.",
)
