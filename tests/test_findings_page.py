"""The page of findings: every code that the package uses, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import evalkit
from evalkit.golden.checks.bearing import BEARING
from evalkit.golden.writing.repair import REPAIRS

PACKAGE = Path(evalkit.__file__).parent
PAGE = (PACKAGE.parent / "docs" / "findings.md").read_text(encoding="utf-8")
LISTED = re.findall(r"^\| (EK\d{3}) \|", PAGE, flags=re.MULTILINE)
USED = {code for path in PACKAGE.rglob("*.py") for code in re.findall(r"EK\d{3}", path.read_text("utf-8"))}


def test_every_code_of_the_package_is_on_the_page() -> None:
    assert sorted(USED - set(LISTED)) == []


def test_the_page_lists_no_code_that_nothing_uses() -> None:
    assert sorted(set(LISTED) - USED) == []


def test_codes_stand_once_and_in_order() -> None:
    assert sorted(set(LISTED)) == LISTED


def test_every_row_says_what_it_means_why_it_matters_and_what_to_do() -> None:
    rows = re.findall(r"^\| EK\d{3} \| (.*) \|$", PAGE, flags=re.MULTILINE)

    assert len(rows) == len(LISTED)
    assert [row for row in rows if len(row.split(" | ")) != 3 or "| |" in row] == []


def test_what_the_check_alone_tells_is_what_only_the_check_looks_for() -> None:
    row = re.findall(r"^\| (.*) \| of a golden set, by `golden check` alone \|$", PAGE, flags=re.MULTILINE)[0]
    told = set()
    for part in row.split(", "):
        first, _, last = part.replace("EK", "").partition("–")
        told |= {f"EK{number}" for number in range(int(first), int(last or first) + 1)}

    looked_for = {
        code
        for module in ("notation", "doubles", "leakage", "strength", "doubts")
        for code in re.findall(
            r'"(EK\d{3})"', (PACKAGE / "golden" / "checks" / f"{module}.py").read_text("utf-8")
        )
    }
    assert told == looked_for - set(BEARING)


def test_the_page_names_every_repair_and_the_codes_that_ask_for_it() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| ((?:EK\d{3}(?:, )?)+) \|", PAGE, flags=re.MULTILINE))

    assert rows == {name: ", ".join(repair.codes) for name, repair in REPAIRS.items()}
