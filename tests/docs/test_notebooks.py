"""The notebooks as committed: executed, captioned, without a trace of the machine; how drift is told."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import execute
import pytest

NOTEBOOKS = sorted(Path(execute.__file__).parent.glob("*.ipynb"))
NAMES = [path.stem for path in NOTEBOOKS]


def code_cells(path: Path) -> list[dict[str, Any]]:
    cells: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code"]


def test_the_stories_are_there() -> None:
    assert [name[:2] for name in NAMES] == ["01", "02", "03", "04", "05", "06", "07", "08"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_every_picture_is_followed_by_what_to_see_in_it(path: Path) -> None:
    for cell in code_cells(path):
        kinds = [set(output.get("data", {})) for output in cell["outputs"]]
        for place in [place for place, kind in enumerate(kinds) if "image/png" in kind]:
            below = "".join(cell["outputs"][place + 1]["data"]["text/markdown"])
            assert below.startswith("**What to see.** ")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_it_is_set_up_in_fifteen_lines(path: Path) -> None:
    assert len("".join(code_cells(path)[0]["source"]).splitlines()) <= 15


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_it_is_executed_and_holds_no_trace_of_a_machine_or_an_hour(path: Path) -> None:
    text = path.read_text("utf-8")

    assert sum(bool(cell["outputs"]) for cell in code_cells(path)) >= len(code_cells(path)) - 2
    assert not re.search(r"/(tmp|home|root|Users)/|\d\d:\d\d:\d\d|[0-9a-f]{8}-[0-9a-f]{4}-", text)
    assert json.loads(text) == execute.cleaned(json.loads(text))


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("gains +0.506", "gains +0.507", True),
        ("gains 0.51", "gains 0.56", False),
        ("1,435 queries", "1,436 queries", True),
        ("1,435 queries", "1,535 queries", False),
        ("GO", "NO-GO", False),
        ("loses 0.14", "gains 0.14", False),
        ("+0.14", "−0.14", False),
        ("one picture", "one picture, 3", False),
    ],
)
def test_texts_are_alike_up_to_the_rounding_of_another_processor(old: str, new: str, *, same: bool) -> None:
    assert execute.alike(old, new) is same


def test_a_cell_that_shows_something_else_is_told() -> None:
    before = {"cells": [{"outputs": [{"data": {"text/markdown": ["GO with 0.2"]}}]}]}
    now = {"cells": [{"outputs": [{"data": {"text/markdown": ["NO-GO with 0.2"]}}]}]}

    assert [*execute.differences(before, now)] == [(0, "GO with 0.2", "NO-GO with 0.2")]
    assert [*execute.differences(before, before)] == []
