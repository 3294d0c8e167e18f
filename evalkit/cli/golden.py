"""evalkit golden: what is to be known about a golden set before anything is measured on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from evalkit.cli.session import Session


@click.group()
def golden() -> None:
    """Check golden sets."""


@golden.command()
@click.argument("folder")
@click.option("--allow-unreachable", is_flag=True, help="Let judged documents be absent from the corpus.")
@click.pass_obj
def check(session: Session, /, folder: str, *, allow_unreachable: bool) -> int:
    """Read a golden set and tell everything that is wrong or worth knowing, each with file and line.

    Exits with 0 when it can be used, with 2 when it cannot.
    """
    from evalkit.cli.options import open_golden  # noqa: PLC0415 - loads numpy
    from evalkit.digests import short  # noqa: PLC0415 - with its neighbour

    read = open_golden(folder, session, allow_unreachable=allow_unreachable)
    for finding in read.findings:
        click.echo(str(finding))
    relevant = int((read.qrels.grades >= 1).sum())
    version = f" {read.version}" if read.version else ""
    click.echo(
        f"{read.name}{version} · golden {short(read.digest)} · {len(read.queries)} queries, "
        f"{int(read.counted.sum())} with a relevant document · {len(read.corpus)} documents · "
        f"{len(read.qrels)} judgements, {relevant} of them relevant"
    )
    click.echo(f"sound; {len(read.findings)} finding{'s' if len(read.findings) != 1 else ''}")
    return 0
