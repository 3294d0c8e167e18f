"""evalkit cache: what is kept between runs, and how it goes."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

from evalkit import figures
from evalkit.cli.once import OnceGroup
from evalkit.cli.options import cache_option
from evalkit.cli.printing import print_lines
from evalkit.opening import expanded

if TYPE_CHECKING:
    from evalkit.cli.session import Session
    from evalkit.embedding.cachecare import Space


@click.group(cls=OnceGroup)
def cache() -> None:
    """List or drop the vectors that are kept between runs."""


@cache.command("ls", short_help="List whose vectors are kept.")
@cache_option
@click.pass_obj
def list_spaces(session: Session, /, cache: str | None) -> int:
    """List whose vectors are kept: one line for each model and role, the most recently used first."""
    from evalkit.embedding.cache import default_cache_folder
    from evalkit.embedding.cachecare import place_note

    folder = expanded(cache or default_cache_folder())
    if not folder.exists():  # looking makes nothing
        print_lines(f"{folder}   nothing is kept yet")
        return 0
    opened = session.open_cache(cache, make=False)
    spaces = opened.spaces()
    places = {space.digest: opened.recall(place_note(space.digest)) or "" for space in spaces}
    session.tell(opened.take_findings())
    print_lines(*lines(spaces, places))
    print_lines(f"{opened.folder}   {figures.megabytes(opened.size_bytes)} in all")
    return 0


@cache.command(short_help="Drop cached vectors.")
@click.option(
    "--model", "digest", metavar="DIGEST", help="Drop the spaces whose digest begins so; `ls` shows it."
)
@click.option("--unused-days", type=float, metavar="DAYS", help="Drop what nobody has used for so long.")
@click.option(
    "--all",
    "everything",
    is_flag=True,
    help="Drop everything, judges' answers and copies of vectors at URLs too.",
)
@cache_option
@click.pass_obj
def prune(
    session: Session, /, *, digest: str | None, unused_days: float | None, everything: bool, cache: str | None
) -> int:
    """Drop cached vectors and the indexes built from them; they are made again when they are needed.

    Several conditions must all hold.
    """
    from evalkit.errors import UsageError
    from evalkit.golden.reading.telling import count
    from evalkit.indexing.index import INDEXES, remove_indexes

    if digest is not None and not digest.strip():
        raise UsageError(
            "--model names no digest",
            hint="evalkit cache ls shows them; --all drops everything",
            code="EK376",
        )
    opened = session.open_cache(cache, make=False)
    before = opened.size_bytes
    gone = opened.prune(digest="" if everything else digest, unused_days=unused_days)
    session.tell(opened.take_findings())
    whose = None if everything and unused_days is None else {space.digest for space in gone}
    indexes = remove_indexes(opened.folder / INDEXES, whose)
    if everything and unused_days is None:
        from evalkit.embedding.mirror import remove_mirrors
        from evalkit.judging.answerfile import remove_answers

        remove_answers(opened.folder)
        remove_mirrors(opened.folder)
    print_lines(*lines(gone))
    freed = figures.megabytes(max(0, before - opened.size_bytes))
    print_lines(f"dropped {count(len(gone), 'space')} and {count(indexes, 'index', 'indexes')}, {freed}")
    return 0


def lines(spaces: Sequence[Space], places: Mapping[str, str] | None = None) -> list[str]:
    """Return one line for each space: digest, model, role, vectors, size, last use and address."""
    rows = []
    for space in spaces:
        used = time.strftime("%Y-%m-%d", time.gmtime(space.used)) if space.used else "unknown"
        size = figures.megabytes(space.size_bytes)
        name = str(space.fingerprint or "made by an older version")
        at = (places or {}).get(space.digest, "")
        held = f"{figures.count(space.vectors):>9} vectors {size:>11}"
        rows.append(f"{space.digest[:6]}  {name:<48} {space.role:<9}{held}  used {used}{at and f'  at {at}'}")
    return rows
