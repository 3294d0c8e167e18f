"""The page of the architecture: its tree is the package's, and the files that it sends people to exist."""

from __future__ import annotations

import importlib
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import evalkit

PACKAGE = Path(evalkit.__file__).parent
ROOT = PACKAGE.parent
PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
LEVEL = 3  # columns of the tree that one level of folders takes
DATA = {"cli/nightly", "cli/starter", "reporting/templates"}  # folders without code


def drawn() -> tuple[set[str], set[str]]:
    """Return the folders and the modules at the top that the page draws."""
    lines = PAGE.split("```tree\n")[1].split("\n```")[0].split("\n")[1:]
    folders: set[str] = set()
    modules: set[str] = set()
    above: list[str] = []
    for line in lines:
        drawing, told = line.split("─ ")
        depth = (len(drawing) - 1) // LEVEL
        for name in told.split("  ")[0].split():
            above[depth:] = [name.rstrip("/")]
            if name.endswith("/"):
                folders.add("/".join(above))
            else:
                modules.add(name)
    return folders, modules


def test_the_tree_is_that_of_the_package() -> None:
    folders, modules = drawn()

    code = {str(found.parent.relative_to(PACKAGE)) for found in PACKAGE.glob("*/**/__init__.py")}
    inside_data = {name for name in code if any(name.startswith(f"{data}/") for data in DATA)}
    assert folders == (code - inside_data) | DATA
    assert modules == {found.stem for found in PACKAGE.glob("*.py")} - {"__init__"}


def test_the_files_that_the_page_names_exist() -> None:
    named = set(re.findall(r"`((?:evalkit|tests)/[\w/.]+)`", PAGE))

    assert len(named) > 10
    assert sorted(name for name in named if not (ROOT / name).exists()) == []


def test_the_folders_beside_the_package_exist() -> None:
    beside = PAGE.split("Beside the package:")[1].split("\n\n")[0]

    assert sorted(name for name in re.findall(r"`(\w+)/`", beside) if not (ROOT / name).is_dir()) == []


def test_the_names_that_the_page_sends_people_to_are_there() -> None:
    named = re.findall(r"`([A-Z_]{5,})`(?: of| there)? ?(?:and one in )?", PAGE)
    code = "\n".join(found.read_text("utf-8") for found in PACKAGE.rglob("*.py"))

    assert {"MAKERS", "KNOWN_OPTIONS", "FACTORIES", "WITHOUT_VECTORS"} <= set(named)
    assert [name for name in named if not re.search(rf"^{name}\b", code, re.MULTILINE)] == []


def test_every_layer_has_a_place_in_the_tree() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    layers = set(re.findall(r"\w+", " ".join(contracts[0]["layers"])))

    folders, modules = drawn()
    assert layers == {name for name in folders if "/" not in name} | modules


def imported() -> Iterator[tuple[str, str]]:
    """Yield module and name of everything that pages and notebooks import from below the top."""
    pages = [*(ROOT / "docs").rglob("*.md"), ROOT / "README.md", *(ROOT / "notebooks").glob("*.ipynb")]
    for page in pages:
        text = page.read_text("utf-8")
        for module, names in re.findall(r"from (evalkit\.[a-z_.]+) import (\([^)]*\)|[A-Za-z_, ]+)", text):
            yield from ((module, name) for name in re.findall(r"\b[A-Za-z_]\w+\b", names.replace("\\n", " ")))


def test_what_pages_import_from_a_module_stands_in_its_public_face() -> None:
    told = set(imported())
    missing = {(m, n) for m, n in told if n not in getattr(importlib.import_module(m), "__all__", ())}

    assert len(told) > 10
    assert missing == set()
