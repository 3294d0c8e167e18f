"""evalkit init: a folder that runs green at once, to be changed into one's own."""

from __future__ import annotations

from pathlib import Path

import click

from evalkit.cli.once import OnceCommand
from evalkit.cli.printing import print_lines

STARTER, NIGHTLY = (Path(__file__).parent / name for name in ("starter", "nightly"))


@click.command(cls=OnceCommand)
@click.argument("folder", default=".", metavar="[DIR]", type=click.Path(path_type=Path))
@click.option("--audit", is_flag=True, help="Write what audits an index every night instead.")
@click.option("--force", is_flag=True, help="Overwrite files of the same name.")
def init(folder: Path, *, audit: bool, force: bool) -> int:
    """Write an evalkit.toml, a small golden set, its baseline, a test and a CI workflow into DIR.

    With --audit: audit.toml, a systemd service with its timer, a line for cron, a GitHub workflow and alert
    rules for Prometheus.

    Nothing that exists is overwritten without --force.
    """
    from evalkit.errors import OutputError
    from evalkit.findings import place
    from evalkit.output import write_file

    home = NIGHTLY if audit else STARTER
    files = {_target(path, home): path for path in sorted(home.rglob("*")) if path.is_file()}
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
    for target in files:
        (folder / target).stat()  # somebody may have taken one away since
    print_lines(*(str(folder / target) for target in files))
    inside = "" if folder == Path() else f"cd {folder} && "
    asked = (
        "export AUDIT_STORE=… && evalkit audit --audit audit.toml -o audits"
        if audit
        else "evalkit compare example"
    )
    print_lines(f"next: {inside}{asked}")
    return 0


def _target(source: Path, home: Path) -> Path:
    """Return where a file of the example goes; workflows go where their service looks for them."""
    relative = source.relative_to(home)
    return Path(".github", relative) if relative.parts[0] == "workflows" else relative
