"""The runbook as text: every step with its check as it is typed, its hours, and the point of no return."""

from __future__ import annotations

from typing import Any

import pytest

from evalkit.reporting.blocks import Checks, Folded, Sentences
from evalkit.reporting.page import Page, Section
from evalkit.reporting.querylines import ID_SHOWN, Excerpt, Hit, TopTens, page_bytes
from evalkit.reporting.runbook import checklist, runbook, told_hours
from evalkit.results.planpart import StepOfPlan
from evalkit.results.result import Result

STEPS = (
    StepOfPlan(title="Count", action="Look.", check="SELECT 1;", expected="1", back="stop", hours=2.0),
    StepOfPlan(title="Ask", action="Type it.", check="evalkit gate set", expected="exit code 0"),
    StepOfPlan(title="Drop", action="Gone.", back="none", final=True, hours=0.0),
)
PATH: dict[str, Any] = {
    "name": "dual-index",
    "served_by": "stay-old",
    "hours": 36.0,
    "hours_low": 30.0,
    "hours_high": None,
    "cost": None,
    "tokens": 1,
    "peak_bytes": 1,
    "searches": 1,
    "harm": None,
    "delay": None,
    "answers_lost": None,
    "never_below": True,
    "possible": True,
    "way_back": "turn the flag back",
    "note": "",
    "recommended": True,
}


def plan(**changes: Any) -> Result:
    steps = [step.to_json() for step in STEPS]
    values: dict[str, Any] = {
        "golden": {"name": "shop\x1b", "digest": "", "queries": 1, "documents": 1},
        "systems": {
            name: {"spec": name, "role": role} for name, role in (("lsa/8", "old"), ("st/new", "new"))
        },
        "strategies": [PATH],
        "plan": {
            "reason": "it costs least.",
            "documents": 40_000_000,
            "preconditions": steps[1:2],
            "steps": steps,
        },
    }
    return Result.found(**{**values, **changes})


def test_a_runbook_says_from_where_to_where_and_on_which_path() -> None:
    text = runbook(plan())
    assert text.startswith("# Runbook: shop\\x1b, from `lsa/8` to `st/new`\n")
    assert "Path: **dual-index**. it costs least." in text
    assert "- Scope: 40,000,000 documents in –" in text
    assert "- Window: 36 hours (30 hours to never)" in text
    assert "## The way back\n\nTurn the flag back.\n" in text
    assert "\x1b" not in text
    assert text.endswith("\n")


def test_a_plan_without_a_path_says_why_and_no_more() -> None:
    text = runbook(plan(strategies=[{**PATH, "recommended": False}]))
    assert text == "# Runbook: shop\\x1b, from `lsa/8` to `st/new`\n\nit costs least.\n"


def test_the_store_is_named_where_it_is_known() -> None:
    asked = plan().plan.to_json()
    storage = {
        **dict.fromkeys(("old_bytes_per_vector", "new_bytes_per_vector", "old_gb", "new_gb"), 1),
        "engine": "qdrant",
        "kind": "vector",
        "basis": "given",
        "source": "",
    }
    assert "documents in qdrant" in runbook(plan(plan={**asked, "storage": storage}))


def test_every_step_is_numbered_with_its_hours_and_its_point_of_no_return() -> None:
    text = runbook(plan())
    before, steps = text.split("## Steps\n\n")
    assert "1. **Ask** · owner ________\n   Type it.\n" in before
    assert "1. **Count** · 2 hours · owner ________\n   Look.\n" in steps
    assert "2. **Ask** · owner ________\n" in steps
    assert "3. **Drop** · at once · owner ________ · **point of no return**\n   Gone.\n" in steps


def test_a_check_is_typed_as_what_it_is_a_statement_or_a_command() -> None:
    steps = runbook(plan()).split("## Steps\n\n")[1]
    assert "\n   ```sql\n   SELECT 1;\n   ```\n" in steps
    assert "\n   ```console\n   $ evalkit gate set\n   ```\n" in steps
    assert "   Expected: 1.\n   If not: stop.\n" in steps
    assert steps.count("```") == 4
    assert "   If not: none.\n" in steps


def test_a_checklist_can_be_ticked_off_and_says_why() -> None:
    text = checklist("st/a\x07", STEPS)
    assert text.startswith("# Before the launch of `st/a\\x07`\n")
    assert "- [ ] **Count.** Look.\n" in text
    assert "  Expected: 1.\n  Why: stop.\n" in text
    assert text.count("- [ ]") == len(STEPS)


@pytest.mark.parametrize(
    ("hours", "told"),
    [
        (None, "never"),
        (0.0, "at once"),
        (0.0001, "1 s"),
        (89 / 3600, "89 s"),
        (0.025, "2 minutes"),
        (2.0, "2 hours"),
        (48.0, "2 days"),
    ],
)
def test_a_time_is_told_from_seconds_to_days(hours: float | None, told: str) -> None:
    assert told_hours(hours) == told


def test_a_page_counts_signs_as_they_are_written_and_bytes_as_they_are_stored() -> None:
    bare = page_bytes("")
    assert page_bytes("abc") == bare + 3
    assert page_bytes("<&>") == bare + len("&lt;&amp;&gt;")
    assert page_bytes("é言") == bare + 2 + 3


def test_top_tens_take_what_all_of_their_documents_take() -> None:
    def hit(document: str) -> Hit:
        return Hit(rank="1", document=document, excerpt=None, change="", mark="", judged="")

    tops = TopTens(baseline=(hit("a"), hit("bb")), candidate=(hit("ccc"),), missing=(hit("d"),))
    assert tops.size_bytes == sum(map(page_bytes, ("a", "bb", "ccc", "d")))
    assert TopTens((), (), ()).size_bytes == 0


def test_a_long_id_is_shown_in_short() -> None:
    assert Excerpt("x" * ID_SHOWN, "t").shown == "x" * ID_SHOWN
    assert Excerpt("x" * (ID_SHOWN + 1), "t").shown == "x" * (ID_SHOWN - 1) + "…"


def test_a_page_finds_the_checks_of_its_sections_and_hides_sections_that_are_empty() -> None:
    checks = Checks(subject="s", checks=())
    page = Page(
        what="w",
        title="t",
        name="n",
        facts=(),
        sections=(
            Section("a", "A", (Sentences(("x",)), checks)),
            Section("b", "B", ()),
            Section("c", "C", (Folded("f", (checks,)),)),
        ),
    )
    assert page.checks == (checks,)
    assert [section.key for section in page.shown] == ["a", "c"]
    assert Section.untitled(checks) == Section("", "", (checks,))
    assert Section.untitled().is_empty
