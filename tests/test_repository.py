"""The package as a whole: its surface, what importing it costs, and rules that no linter knows."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import evalkit

ROOT = Path(evalkit.__file__).parent
MODULES = sorted(path for path in ROOT.rglob("*.py"))
HEAVY = {"torch", "faiss", "scipy", "pandas", "numba", "sklearn", "sentence_transformers", "jinja2", "rich"}


@pytest.mark.parametrize("command", ["import evalkit", "from evalkit.cli.main import run; run(['--help'])"])
def test_help_and_import_load_nothing_heavy(command: str) -> None:
    code = f"import sys; {command}; print('LOADED', *sorted(m for m in sys.modules if '.' not in m))"

    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert not HEAVY & set(output.rpartition("LOADED")[2].split())


def test_a_warm_comparison_needs_no_torch() -> None:
    code = (
        "import sys\n"
        "from evalkit.embedding.modelspec import ModelSpec, open_encoder\n"
        "from evalkit.golden.goldenset import GoldenSet\n"
        "golden = GoldenSet.of('s', queries={'q': 'x'}, corpus={'d': 'y'}, qrels={'q': {'d': 1}})\n"
        "open_encoder(ModelSpec.parse('st/all-MiniLM-L6-v2'), golden).fingerprint\n"
        "import evalkit.experiment\n"
        "print('torch' in sys.modules, 'transformers' in sys.modules)"
    )

    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert output.split() == ["False", "False"]


def test_every_public_name_is_there_and_is_listed() -> None:
    assert sorted(set(evalkit.__all__)) == sorted(evalkit.__all__)
    assert set(evalkit.__all__) == {"__version__", *evalkit._HOMES}  # noqa: SLF001 - the table behind the names
    for name in evalkit.__all__:
        assert getattr(evalkit, name) is not None


def test_an_unknown_public_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="nothing_such"):
        evalkit.nothing_such  # noqa: B018 - looking is the test


@pytest.mark.long
@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_each_module_says_its_one_job_in_its_first_line_and_validates_without_assert(path: Path) -> None:
    tree = ast.parse(path.read_text())
    docstring = ast.get_docstring(tree)

    assert docstring is not None
    assert docstring.splitlines()[0].endswith((".", "?"))
    assert not [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Assert)]


def test_each_module_imports_alone() -> None:
    names = [
        ".".join(("evalkit", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__")
        for path in MODULES
    ]

    for name in names:
        importlib.import_module(name)
