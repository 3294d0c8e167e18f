"""The benchmarks find everyone who takes part, and say what could not be measured instead of stopping."""

from __future__ import annotations

import importlib
import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest

HOME = Path(__file__).parent.parent / "benchmarks"
sys.path.insert(0, str(HOME))

from items import Aim, Item, items  # noqa: E402 - a folder of scripts, no package
from measuring import Contender, Outcome, measure  # noqa: E402 - the same
from page import page  # noqa: E402 - the same


def told(rounds: dict[str, list[float]]) -> Outcome:
    """Return an outcome with these seconds."""
    facts = {
        name: [{"seconds": s, "processor_s": s, "peak_mb": 1.0} for s in many]
        for name, many in rounds.items()
    }
    return Outcome(rounds=facts)


@pytest.mark.parametrize("item", items(""), ids=lambda item: item.key)
def test_every_contender_is_in_the_script_of_its_item(item: Item) -> None:
    text = (HOME / "works" / item.script).read_text(encoding="utf-8")
    for contender in item.contenders:
        assert f'"{contender.function}"' in text


def test_every_stage_of_compare_names_a_function_of_the_package() -> None:
    text = (HOME / "works" / "compare_stages.py").read_text(encoding="utf-8")
    places = re.findall(r'"(evalkit[\w.]*):(\w+)"', text)
    assert len(places) > 10
    assert all(callable(getattr(importlib.import_module(module), name)) for module, name in places)


def test_a_ratio_pairs_neighbours_in_time() -> None:
    # A machine that is twice as slow in the second round leaves the ratio as it is.
    assert told({"ours": [1.0, 2.0, 1.1], "peer": [2.0, 4.0, 2.2]}).ratio("ours", "peer") == 0.5


def test_a_peer_that_took_part_once_is_compared_with_every_round() -> None:
    assert told({"ours": [1.0, 3.0, 2.0], "peer": [4.0]}).ratio("ours", "peer") == 0.5


def test_a_work_that_fails_is_told_and_the_others_go_on() -> None:
    lines: list[str] = []
    contenders = (Contender("stranger", "no_such_work"), Contender("bare Python", "nothing"))
    outcome = measure("p08_startup.py", contenders, 1, lines.append)
    assert len(outcome.all("bare Python")) == 1
    assert outcome.failures == ["stranger: KeyError: 'no_such_work'"]


def test_the_page_says_which_aims_are_met_missed_and_not_measured() -> None:
    aims = (
        Aim("half", lambda found: found.ratio("ours", "peer"), 0.5),
        Aim("a third", lambda found: found.ratio("ours", "peer"), 0.3),
        Aim("nobody's", lambda found: found.median("nobody"), 1.0),
    )
    contenders = (Contender("ours", "a"), Contender("peer", "b"))
    item = Item("X1", "work", "none.py", contenders, aims, profile=("half of it", "is reading"))
    about = dict.fromkeys(("machine", "versions", "date", "minutes", "load"), "some")
    text = page([item], {"X1": told({"ours": [1.0], "peer": [2.0]})}, about)
    assert "| half | 0.50× | yes |" in text
    assert "| a third | 0.50× | **no** |" in text
    assert "| nobody's | not measured (nobody gave no seconds) | – |" in text
    assert "- **X1**: half of it is reading" in text
    assert "{{" not in text
    content = page([replace(item, aims=aims[:1])], {"X1": told({"ours": [1.0], "peer": [2.0]})}, about)
    assert "No aim is missed." in content
    assert "is reading" not in content


@pytest.mark.parametrize("key", ["P1b", "P8", "P10", "P11", "compare"])
def test_who_is_known_to_miss_an_aim_says_where_the_time_goes(key: str) -> None:
    assert next(item for item in items("") if item.key == key).profile
