"""The option `--on`, and the executor that it names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from evalkit.scaling.executor import Executor

on_option = click.option(
    "--on",
    "where",
    metavar="WHERE",
    help="Share the work out, with the same result: local[:N], ray, ray://HOST:PORT, dask, dask://HOST:PORT, "
    "cuda[:N] for searches.",
)


@contextmanager
def executor_on(where: str | None, folder: str | None = None) -> Iterator[Executor | None]:
    """Give what `--on` names for as long as the command works; None where it names nothing.

    Args:
        where: The option.
        folder: The cache, in which driver and workers share what is large; None for the default one.
    """
    if where is None:
        yield None
        return
    from evalkit.embedding.cache import default_cache_folder
    from evalkit.scaling.opening import opened

    with opened(where, Path(folder) if folder else default_cache_folder()) as executor:
        yield executor
