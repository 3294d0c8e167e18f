"""The report of a study, found by its name when it is asked for, so that imports go one way all the same."""

from __future__ import annotations

import importlib
from pathlib import Path

_HOME = "evalkit.reporting.delivery"


def report_of(study: object, folder: str | Path, *, force: bool) -> Path:
    """Write what a study found into a folder; see `evalkit.write_report`."""
    path: Path = importlib.import_module(_HOME).write_report(study, folder, force=force)
    return path
