"""Outcomes: a furnished folder in which commands have written what they write."""

from __future__ import annotations

from pathlib import Path

import pytest
from lines import LINES
from place import furnish

from evalkit.cli import main


def outcomes(folder: Path, *names: str) -> Path:
    """Furnish a folder, run some lines in it by name, and return it."""
    furnish(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("EVALKIT_CACHE", str(folder / "kept"))
        for name in names:
            assert main.run(LINES[name].words) == LINES[name].code
    return folder
