"""The pages of a plan and of a rollout in a real browser: nothing to object to, and nothing wider than it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser
from pyarrow import parquet

from evalkit.cli import main

sys.path.insert(0, str(Path(__file__).parents[1] / "cli"))
from support_sets import write_golden

PAGES = ("plan", "canary", "interleave", "parity")
OPEN_ALL = "() => document.querySelectorAll('details').forEach(item => item.open = true)"
WIDTHS = "() => [document.documentElement.scrollWidth, window.innerWidth]"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the page of each kind, as the commands write it."""
    place = tmp_path_factory.mktemp("rollout")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        patch.setenv("EVALKIT_CACHE", str(place / "cache"))
        write_golden(place / "support")
        files(place)
        models = ("--old", "hash/64", "--new", "hash/32", "--align", "pad", "--log", "log.txt")
        assert main.run(["-q", "plan", "support", *models, "--documents", "4e7", "-o", "plan"]) == 0
        assert main.run(["-q", "canary", "e.csv", "--margin", ".02", "--share", ".05", "-o", "canary"]) == 1
        assert main.run(["-q", "interleave", "score", "lists.jsonl", "clicks.csv", "-o", "interleave"]) == 0
        assert main.run(["-q", "parity", "old", "new", "-o", "parity"]) == 1
    return place


def files(place: Path) -> None:
    """Write a log, events of a crash, lists with clicks, and two stores that differ."""
    (place / "log.txt").write_text("\n".join(f"q{at * at % 37:03}" for at in range(60)))
    arms = [("canary", 0) if at % 20 == 0 else ("control", at % 3 % 2) for at in range(4000)]
    rows = [f"{arm},u{at},{metric},{20 * at}" for at, (arm, metric) in enumerate(arms)]
    (place / "e.csv").write_text("\n".join(["arm,user,metric,timestamp", *rows]))
    drafted = {"list": "q/0", "query": "q", "documents": ["a", "b"], "teams": "AB"}
    (place / "lists.jsonl").write_text(json.dumps(drafted) + "\n")
    votes = [f"q/0,u{at},{'ab'[at % 9 > 0]}" for at in range(90)]
    (place / "clicks.csv").write_text("\n".join(["list,user,document", *votes, "q/7,u,a"]))
    for name, count in (("old", 300), ("new", 280)):
        vectors = np.random.default_rng(4).standard_normal((300, 8)).astype("<f4")[:count]
        column = pa.FixedSizeListArray.from_arrays(pa.array(vectors.reshape(-1)), 8)
        (place / name).mkdir()
        ids = [f"a-rather-long-name-of-a-document/{row}" for row in range(count)]
        parquet.write_table(pa.table({"id": ids, "vector": column}), place / name / "corpus.parquet")


@pytest.mark.long
@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (390, "dark")])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_to_object_to_and_nothing_is_wider_than_the_window(
    chromium: Browser, folder: Path, name: str, width: int, theme: Literal["light", "dark"]
) -> None:
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto((folder / name / "report.html").as_uri())
    page.evaluate(OPEN_ALL)
    shown, room = page.evaluate(WIDTHS)
    found = Axe().run(page).response["violations"]
    context.close()
    told = [f"{item['id']}: {node['html'][:200]}" for item in found for node in item["nodes"]]
    assert told == []
    assert shown <= room
    assert complaints == []
