"""The committed examples: small, whole, and without any text that belongs to others."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from evalkit.golden.folder import read_golden

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "reports" / "examples"
NAMES = ("helpdesk", "python-stdlib")


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_a_page_and_a_summary_and_small(name: str) -> None:
    files = {path.name: path for path in (EXAMPLES / name).iterdir()}
    assert files.keys() == {"report.html", "summary.html", "summary.md"}
    assert files["report.html"].stat().st_size < 800_000
    assert files["summary.md"].read_text(encoding="utf-8").startswith("## ")


def test_the_example_of_a_plan_is_a_page_and_a_runbook() -> None:
    files = {path.name: path for path in (EXAMPLES / "helpdesk-plan").iterdir()}
    assert files.keys() == {"report.html", "runbook.md"}
    assert files["report.html"].stat().st_size < 200_000
    assert "point of no return" in files["runbook.md"].read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [*NAMES, "helpdesk-plan"])
def test_an_example_has_no_address_but_its_own_places_and_no_path_of_a_machine(name: str) -> None:
    page = (EXAMPLES / name / "report.html").read_text(encoding="utf-8")
    addresses = re.findall(r"""(?:href|src)=["']?([^"'\s>]+)""", page)
    assert addresses
    assert {address[0] for address in addresses} == {"#"}
    assert not re.search(r"/(home|root|tmp|Users|work)/", page)


def test_the_example_of_python_holds_no_docstring_and_no_query() -> None:
    golden = read_golden(ROOT / "goldensets" / "python-stdlib")
    page = (EXAMPLES / "python-stdlib" / "report.html").read_text(encoding="utf-8")
    shown = " ".join(re.sub("<[^>]+>", " ", page).split())
    assert not [body for body in golden.queries.bodies if body in shown]
    lines = {line.strip() for body in golden.corpus.bodies for line in body.split("\n")[1:]}
    assert not [line for line in lines if len(line.split()) >= 5 and line in shown]


@pytest.mark.parametrize("page", ["README.md", "reports/README.md"])
def test_every_example_is_linked_from_where_people_look(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    for name in NAMES:
        assert f"examples/{name}/report.html" in text
