"""Runs the notebooks as nbmake does, and holds or rewrites what they show.

    python notebooks/execute.py            exits with 1 where a notebook fails or shows something else
    python notebooks/execute.py --write    keeps what they show

Copies are executed, outside the project; what depends on the machine or the hour is taken out of them. Texts
are compared with the committed ones, numbers in them within a hundredth of their size
or 0.002, since other processors round otherwise; of pictures, the sentences below them are compared.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

HOME = Path(__file__).parent
NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?|\.\d+")
RELATIVE, ABSOLUTE = 0.01, 0.002
KERNEL = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
Notebook = dict[str, Any]


def main(arguments: Sequence[str] | None = None) -> int:
    """Execute the notebooks; return 1 where one fails or shows something else than is committed."""
    parser = argparse.ArgumentParser(description="Execute the notebooks.")
    parser.add_argument("--write", action="store_true", help="keep what they show")
    parser.add_argument("notebooks", nargs="*", type=Path, default=sorted(HOME.glob("*.ipynb")))
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        copies = [Path(shutil.copy(path, folder)) for path in options.notebooks]
        if _execute(copies):
            return 1
        fresh = [cleaned(json.loads(path.read_text(encoding="utf-8"))) for path in copies]
    stale = [
        path for path, now in zip(options.notebooks, fresh, strict=True) if not _holds(path, now, options)
    ]
    if stale:
        print("if the change is meant:  make notebooks-write")
    return 1 if stale else 0


def _execute(copies: Sequence[Path]) -> int:
    command = ["-m", "pytest", "-n", "2", "--nbmake", "--overwrite", "--nbmake-timeout=900"]
    away = copies[0].parent  # outside the project, whose settings are for its tests
    return subprocess.run([sys.executable, *command, *map(str, copies)], check=False, cwd=away).returncode


def _holds(path: Path, now: Notebook, options: argparse.Namespace) -> bool:
    """Return whether a notebook shows what is committed; where it is written, it does."""
    if options.write:
        path.write_text(json.dumps(now, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        return True
    before = json.loads(path.read_text(encoding="utf-8"))
    changes = [*differences(before, now)]
    for cell, old, new in changes:
        print(f"{path.name}, cell {cell} showed\n    {old}\nand now shows\n    {new}")
    return not changes


def cleaned(notebook: Notebook) -> Notebook:
    """Return a notebook without what depends on the machine or the hour."""
    cells = []
    for count, cell in enumerate(notebook["cells"]):
        kept = {"cell_type": cell["cell_type"], "id": f"cell-{count:02}", "metadata": {}}
        if cell["cell_type"] == "code":
            outputs = [
                {**output, "metadata": {}} if "metadata" in output else output
                for output in cell["outputs"]
                if output.get("name") != "stderr"  # such as a library that builds its cache of fonts
            ]
            numbered = [
                {**output, "execution_count": None} if "execution_count" in output else output
                for output in outputs
            ]
            kept |= {"execution_count": None, "outputs": numbered}
        cells.append({**kept, "source": cell["source"]})
    return {"cells": cells, "metadata": KERNEL, "nbformat": 4, "nbformat_minor": 5}


def differences(before: Notebook, now: Notebook) -> Iterator[tuple[int, str, str]]:
    """Yield cell, old text and new text for each output that says something else."""
    for count, (old, new) in enumerate(zip(before["cells"], now["cells"], strict=True)):
        told = [_said(cell) for cell in (old, new)]
        if len(told[0]) != len(told[1]):
            yield count, f"{len(told[0])} outputs", f"{len(told[1])} outputs"
            continue
        yield from ((count, was, is_now) for was, is_now in zip(*told, strict=True) if not alike(was, is_now))


def _said(cell: dict[str, Any]) -> list[str]:
    """Return the texts of a cell's outputs: of each, the form that a reader sees."""
    said = []
    for output in cell.get("outputs", []):
        data = output.get("data", {"text/plain": output.get("text", "")})
        form = next(
            (name for name in ("text/html", "text/markdown", "text/plain") if name in data), "text/plain"
        )
        said.append("".join(data.get(form, "")) if "image/png" not in data else "a picture")
    return said


def alike(old: str, new: str) -> bool:
    """Return whether two texts say the same in numbers as near as other processors round."""
    if NUMBER.sub("#", old) != NUMBER.sub("#", new):
        return False
    pairs = zip(NUMBER.findall(old), NUMBER.findall(new), strict=True)
    return all(
        math.isclose(*(float(number.replace(",", "")) for number in pair), rel_tol=RELATIVE, abs_tol=ABSOLUTE)
        for pair in pairs
    )


if __name__ == "__main__":
    sys.exit(main())
