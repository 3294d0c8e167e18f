"""Numbers are rounded in one place: nothing outside evalkit/figures.py formats one of its own."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import evalkit

ROOT = Path(evalkit.__file__).parent
OWN = ROOT / "figures.py"
NUMERIC = re.compile(r"[,_]|\.\d|[eEfFgGn%]$")
COORDINATES = {  # of drawings, which nobody reads
    "reporting/curves.py",
    "reporting/charts.py",
}
FILES = {  # the errors of files and servers: their sizes, limits and vectors, nothing about search
    "opening.py",
    "packing.py",
    "parsing.py",
    "golden/reading/folds.py",
    "golden/reading/tables.py",
}
AT_THE_DOOR = ("embedding", "indexing", "retrieval")  # the same


def formats(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and words of each number that a module formats by itself."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FormattedValue) and node.format_spec is not None:
            parts = node.format_spec.values if isinstance(node.format_spec, ast.JoinedStr) else []
            spec = "".join(str(part.value) for part in parts if isinstance(part, ast.Constant))
            if NUMERIC.search(spec):
                yield node.lineno, ast.unparse(node)
        if isinstance(node, ast.JoinedStr):
            for part in ast.walk(node):
                if isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and part.func.id == "round":
                    yield node.lineno, ast.unparse(part)


def scanned() -> Iterator[str]:
    """Yield the modules that say anything of scores, intervals and verdicts."""
    for path in sorted(ROOT.rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        if path != OWN and name not in COORDINATES | FILES and not name.startswith(AT_THE_DOOR):
            yield name


@pytest.mark.long
@pytest.mark.parametrize("name", list(scanned()))
def test_no_module_but_figures_formats_a_number(name: str) -> None:
    assert list(formats(ROOT / name)) == []


def test_the_scan_finds_what_it_looks_for(tmp_path: Path) -> None:
    bad = ("{x:.3f}", "{x:>7.0%}", "{x:,}", "{x:g}", "{x:<{n}.2f}", "{round(x)}", "{x:+.4f}")
    fine = ("{x:>9}", "{x:<{n}}", "{x:03}", "{x!r:>9}", "{x}")
    for words in (*bad, *fine):
        module = tmp_path / "module.py"
        module.write_text(f"def told(x, n):\n    return f'{words}'\n")
        assert bool(list(formats(module))) == (words in bad), words
