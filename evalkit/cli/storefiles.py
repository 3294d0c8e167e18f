"""Where a file of documents is asked for, a store may stand: its texts are written to a file for now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from evalkit.embedding.storespec import is_store, shown_name


class FileOrStore(click.ParamType):  # type: ignore[type-arg] # generic in newer versions alone
    """A path, or the name of a store, which stays a text."""

    name = "file"

    def convert(
        self, value: str | Path, param: click.Parameter | None, ctx: click.Context | None
    ) -> str | Path:
        """Return a path, or a store's name as it may be shown."""
        del param, ctx
        if isinstance(value, Path) or not is_store(value):
            return Path(value)
        return shown_name(value)


@contextmanager
def as_files(named: Sequence[str | Path]) -> Iterator[tuple[list[Path], list[str]]]:
    """Give the files that are named, those of stores written for now, and the stores' names."""
    from evalkit.auditing.stores.texts import write_texts

    stores = [name for name in named if isinstance(name, str)]
    with TemporaryDirectory(prefix="evalkit-texts-") as folder:
        yield (
            [name if isinstance(name, Path) else write_texts(name, Path(folder)) for name in named],
            stores,
        )
