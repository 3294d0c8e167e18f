"""The views that a command writes: files by their endings, or folders with all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from evalkit.output import check_folder, write_file, write_together

NAMES = {".json": "result.json", ".html": "report.html", ".prom": "canary.prom"}


def check_outputs(outputs: Sequence[str], endings: Sequence[str]) -> None:
    """Raise where a file or a folder cannot be written, before anything is computed."""
    for output in outputs:
        path = Path(output)
        check_folder(path.parent if path.suffix in endings else path)


def write_views(outputs: Sequence[str], views: Mapping[str, Callable[[], str]]) -> None:
    """Write every file that was asked for; those of one folder never tell two looks.

    Args:
        outputs: A file, whose ending names a view, or a folder, which gets every view.
        views: By ending, what makes the text.
    """
    if not outputs:
        return
    made = {ending: view().encode() for ending, view in views.items()}
    folders: dict[Path, dict[str, bytes]] = {}
    for path in map(Path, outputs):
        if path.suffix not in made:
            folders.setdefault(path, {}).update({NAMES[ending]: data for ending, data in made.items()})
        elif path.is_symlink():  # it keeps pointing where it does
            write_file(path, made[path.suffix])
        else:
            folders.setdefault(path.parent, {})[path.name] = made[path.suffix]
    for folder, files in folders.items():
        write_together(folder, dict(sorted(files.items(), key=lambda item: not item[0].endswith(".json"))))
