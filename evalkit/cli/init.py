"""evalkit init: a folder that runs green at once, to be changed into one's own."""

from __future__ import annotations

from pathlib import Path

import click

from evalkit.cli.once import OnceCommand
from evalkit.cli.printing import print_lines

STARTER = Path(__file__).parent / "starter"


@click.command(cls=OnceCommand, short_help="Write an example that runs green at once.")
@click.argument("folder", default=".", metavar="[DIR]", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Overwrite files of the same name.")
def init(folder: Path, *, force: bool) -> int:
    """Write an evalkit.toml, a small golden set, its baseline, a test and a CI workflow into DIR.

    Nothing that exists is overwritten without --force.
    """
    from evalkit.errors import OutputError
    from evalkit.findings import place
    from evalkit.output import write_file

    files = {_target(path): path for path in sorted(STARTER.rglob("*")) if path.is_file()}
    places = {folder / part for target in files for part in (target, *target.parents) if part.name}
    if links := sorted(str(path) for path in places if path.is_symlink()):
        raise OutputError(
            "an example is not written through a link: what it points at may be anything",
            places=links,
            hint="name another folder, or take the link away",
            code="EK172",
        )
    present = [str(target) for target in files if (folder / target).exists()]
    if present and not force:
        raise OutputError(
            "the files of an example are there already",
            places=(place(folder, (), present),),
            hint="name another folder, or overwrite them with --force",
            code="EK613",
        )
    for target, source in files.items():
        write_file(folder / target, source.read_bytes(), hint="name another folder", named=False)
    print_lines(*(str(folder / target) for target in files))
    print_lines(f"next: {'' if folder == Path() else f'cd {folder} && '}evalkit compare example")
    return 0


def _target(source: Path) -> Path:
    """Return where a file of the example goes; workflows go where their service looks for them."""
    relative = source.relative_to(STARTER)
    return Path(".github", relative) if relative.parts[0] == "workflows" else relative
