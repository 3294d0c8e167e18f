"""Numbers in the text of the pages: each is what the package gives today."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import evalkit
from evalkit.comparison.power import required_queries
from evalkit.decision.policy import Policy
from evalkit.golden.folder import find_golden
from evalkit.mixing.strategies import SEARCHES

ROOT = Path(evalkit.__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
STATISTICS = (ROOT / "docs" / "statistics.md").read_text("utf-8")
MIXED = (ROOT / "docs" / "how-to-mixed-period.md").read_text("utf-8")
WORDS = {"eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14}


def cells(page: str, first: str) -> list[str]:
    """Return the cells of the table row that begins with `first`."""
    [row] = re.findall(rf"^\| {re.escape(first)} \|(.*)\|$", page, re.MULTILINE)
    return [cell.strip() for cell in row.split("|")]


def test_the_demo_has_as_many_questions_as_the_readme_says() -> None:
    with (find_golden("python-stdlib") / "queries.jsonl").open(encoding="utf-8") as lines:
        queries = sum(1 for line in lines if line.strip())

    assert re.findall(r"(\d+) judged questions", README) == [str(queries)]
    assert f" · {queries} queries · " in README


def test_the_demo_embeds_about_as_many_documents_as_the_readme_says() -> None:
    [shown] = re.findall(r" · ([\d,]+) documents · golden", README)
    [said] = re.findall(r"embeds some ([\d,]+)", README)

    assert abs(int(shown.replace(",", "")) - int(said.replace(",", ""))) <= 50


def test_the_readme_counts_the_strategies() -> None:
    [word] = re.findall(r"one of (\w+) strategies", README)

    assert WORDS[word] == len(SEARCHES)


@pytest.mark.parametrize("strategy", SEARCHES)
def test_every_strategy_stands_in_the_table_of_strategies_with_its_searches(strategy: str) -> None:
    [row] = [line for line in MIXED.split("\n") if line.startswith("| ") and f"`{strategy}`" in line]

    assert row.split("|")[3].strip() == str(SEARCHES[strategy])


@pytest.mark.parametrize("first", [".15", ".26 (typical of nDCG@10)", ".35"])
def test_the_queries_needed_are_those_that_the_planner_gives(first: str) -> None:
    spread = float(first.split(" ", maxsplit=1)[0])
    needed = [required_queries(spread, threshold=-margin, effect=0.0) for margin in (0.05, 0.03, 0.02, 0.01)]

    assert cells(STATISTICS, first) == [f"{count:,}" for count in needed]


def test_the_defaults_of_the_policy_are_those_on_the_page() -> None:
    policy = Policy()

    assert cells(STATISTICS, "`margin`")[0] == f"{policy.margin:g}"
    assert cells(STATISTICS, "`min_gain`")[0] == f"{policy.min_gain:g}"
    assert cells(STATISTICS, "`alpha`")[0] == f"{policy.alpha:g}"
    assert cells(STATISTICS, "`critical_losses_allowed`")[0] == f"{policy.critical_losses_allowed}"
    assert cells(STATISTICS, "`primary`")[0] == str(policy.primary)
