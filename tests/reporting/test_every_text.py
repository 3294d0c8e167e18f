"""Every text of every block is shown by every view, or stands below as left out: none is lost in silence."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from filled_blocks import KINDS, every_text, filled, page_of

from evalkit.reporting.blocks import Check, Checks, Sentences
from evalkit.reporting.page import Page, Section
from evalkit.reporting.views.github import workflow_commands
from evalkit.reporting.views.html import html
from evalkit.reporting.views.junit import junit
from evalkit.reporting.views.markdown import markdown
from evalkit.reporting.views.terminal import terminal

VIEWS: dict[str, Callable[[Page], str]] = {"html": html, "markdown": markdown, "terminal": terminal}

DRAWN = {  # where nothing can be drawn, its summary stands for a drawing
    *("Chart.caption", "Chart.chart.rows.of.label", "Chart.chart.rows.of.text", "Chart.chart.ticks.label"),
    *("Bars.chart.bars.label", "Bars.chart.bars.value", "Bars.chart.ticks.label", "Bars.measure"),
    *("Scatter.chart.headings", "Scatter.chart.rows", "Scatter.measure"),
    *(
        "Curves.chart.axis",
        "Curves.chart.across.label",
        "Curves.chart.up.label",
        "Curves.chart.curves.of.label",
    ),
    *("Curves.table.caption", "Curves.table.columns.heading", "Curves.table.rows.about"),
    *("Curves.table.rows.cells", "Curves.table.rows.code", "Curves.table.rows.says"),
}
OF_A_VERDICT = {  # shown below it, or on the page alone
    *("Verdict.chart.caption", "Verdict.chart.chart.rows.of.label", "Verdict.chart.chart.rows.of.text"),
    *("Verdict.chart.chart.summary", "Verdict.chart.chart.ticks.label", "Verdict.reasons"),
    *("Verdict.see.words", "Decision.see.words", "Decision.reasons", "Decision.notes"),
}
FOR_BUILD_SERVERS = {"Checks.subject", "Checks.title", "Checks.numbers", "Checks.again"}
ONE_BY_ONE = {  # short forms name queries; both top tens fill a page
    *("Drilldown.title", "Drilldown.caption", "Drilldown.lines.segments"),
    *(f"Drilldown.lines.answer.{part}" for part in ("document", "title", "ranks")),
    *(
        f"Drilldown.lines.tops.{side}.{part}"
        for side in ("baseline", "candidate", "missing")
        for part in ("rank", "document", "title", "change", "judged")
    ),
}
NOWHERE = {  # a line whose value the caption says; what a query was asked of; a change of nothing
    *("Chart.chart.limit.label", "Verdict.chart.chart.limit.label"),
    *("Drilldown.lines.candidate", "Drilldown.lines.tops.missing.change"),
}
LEFT_OUT = {
    "html": {
        *NOWHERE,
        *("Verdict.about", "Verdict.again"),  # the page's title and the part that reproduces it say both
        *(FOR_BUILD_SERVERS - {"Checks.title"}),
        *("Checks.checks.says", "Checks.checks.places"),  # of checks with columns, whose state is a column
        "Checks.checks.words",  # without the numbers that stand in the columns beside them
    },
    "markdown": {
        *NOWHERE,
        *DRAWN,
        *OF_A_VERDICT,
        *FOR_BUILD_SERVERS,
        *ONE_BY_ONE,
        *("Verdict.again", "Checks.checks.beside", "Checks.checks.cells", "Checks.columns.heading"),
        *("Curves.chart.summary", "Grid.table.rows.about", "Notes.findings.severity"),
    },
    "terminal": {
        *NOWHERE,
        *DRAWN,
        *OF_A_VERDICT,
        *FOR_BUILD_SERVERS,
        *ONE_BY_ONE,
        *(
            "Verdict.about",
            "Verdict.asked",
            "Verdict.facts.label",
            "Verdict.facts.value",
            "Verdict.facts.meaning",
        ),
        *("Decision.name", "Curves.title", "Curves.words", "Folded.summary"),
        *("Checks.checks.name", "Checks.checks.says", "Checks.checks.cells", "Checks.checks.places"),
        *(
            "Checks.checks.beside",
            "Checks.columns.heading",
            "Grid.table.rows.about",
            "Grid.table.rows.code",
            "Grid.table.rows.says",
        ),
    },
}


def marks() -> Callable[[str], str]:
    """Return a writer that gives every text a word of its own."""
    numbers = count()
    return lambda path: f"mark{next(numbers):04d}x"  # noqa: ARG005 - the path is for other writers


def absent(kind: type[Any], view: Callable[[Page], str]) -> set[str]:
    """Return the paths of the texts that a view does not show."""
    block = filled(kind, marks())
    shown = view(page_of(block))
    return {path for path, word in every_text(block) if word not in shown}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("name", VIEWS)
def test_a_view_shows_every_text_but_those_that_it_is_said_to_leave_out(name: str, kind: type[Any]) -> None:
    said = {path for path in LEFT_OUT[name] if path.partition(".")[0] == kind.__name__}
    assert absent(kind, VIEWS[name]) == said


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_what_some_view_leaves_out_another_shows(kind: type[Any]) -> None:
    """Of all texts only four are shown by none, build servers' view among them."""
    everywhere = set.intersection(*(absent(kind, view) for view in (*VIEWS.values(), junit)))
    assert everywhere == {path for path in NOWHERE if path.partition(".")[0] == kind.__name__}


def test_every_kind_is_filled_with_words_of_its_own() -> None:
    words = [word for kind in KINDS for _, word in every_text(filled(kind, marks()))]
    assert len(words) > 150
    for kind in KINDS:
        own = [word for _, word in every_text(filled(kind, marks()))]
        assert own
        assert len(own) == len(set(own))


def checked(*states: str, **more: Any) -> Checks:
    """Return a table of checks, one in each state, named and worded by it."""
    checks = tuple(
        Check(
            name=f"{state} rule",
            state=state,
            words=f"saw {state}",
            says=f"SAYS-{state}",
            places=(f"at {state}",),
        )
        for state in states
    )
    return Checks(subject="a subject", title="a title", checks=checks, again="do it again", **more)


def suites(page: Page) -> list[ET.Element]:
    return list(ET.fromstring(junit(page)))  # noqa: S314 - our own output


@pytest.mark.parametrize(
    ("state", "tag", "attributes", "text"),
    [
        ("holds", "system-out", {}, "saw holds"),
        ("warns", "system-out", {}, "SAYS-warns saw warns"),
        ("fails", "failure", {"type": "SAYS-fails", "message": "saw fails"}, "do it again"),
        ("errs", "error", {"type": "SAYS-errs", "message": "saw errs"}, "at errs\ndo it again"),
        ("silent", "skipped", {"message": "saw silent"}, None),
    ],
)
def test_each_state_of_a_check_is_a_kind_of_test_case(
    state: str, tag: str, attributes: dict[str, str], text: str | None
) -> None:
    (suite,) = suites(page_of(checked(state)))
    (case,) = suite
    (told,) = case
    assert (case.get("name"), case.get("classname")) == (f"{state} rule", "evalkit.n")
    assert (told.tag, dict(told.attrib), told.text) == (tag, attributes, text)


def test_a_suite_counts_its_cases_by_what_became_of_them() -> None:
    states = ("holds", "fails", "fails", "errs", "silent", "silent", "silent", "warns")
    (suite,) = suites(page_of(checked(*states)))
    counted = {key: suite.get(key) for key in ("tests", "failures", "errors", "skipped")}
    assert counted == {"tests": "8", "failures": "2", "errors": "1", "skipped": "3"}
    assert suite.get("name") == "a subject"
    assert len(suite.findall("testcase")) == len(states)


def test_a_failure_that_says_nothing_is_a_doubt_and_one_that_no_command_repeats_has_no_text() -> None:
    silent = Checks(subject="s", checks=(Check(name="c", state="fails", words="w"),))
    (failure,) = suites(page_of(silent))[0].iter("failure")
    assert (failure.get("type"), failure.text) == ("doubt", None)


def test_numbers_and_what_a_terminal_shows_stand_beside_the_cases_where_they_are_wanted() -> None:
    page = page_of(checked("holds", numbers=(("nDCG@10", "0.5"), ("queries", "7")), log=True))
    (suite,) = suites(page)
    assert [(item.get("name"), item.get("value")) for item in suite.iter("property")] == [
        ("nDCG@10", "0.5"),
        ("queries", "7"),
    ]
    log = suite.find("system-out")
    assert log is not None
    assert log.text == terminal(page)

    (bare,) = suites(page_of(checked("holds")))
    assert bare.find("properties") is None
    assert bare.find("system-out") is None


def test_each_table_of_checks_is_a_suite_and_a_page_without_any_has_none() -> None:
    assert len(suites(page_of(checked("holds"), Sentences(("words",)), checked("fails")))) == 2
    assert suites(page_of(Sentences(("words",)))) == []
    assert junit(page_of()).startswith('<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="evalkit n"')


def test_a_tool_of_two_words_names_its_suites_and_the_classes_of_its_cases() -> None:
    page = Page(
        what="w",
        title="t",
        name="",
        facts=(),
        tool="evalkit gate",
        sections=page_of(checked("fails")).sections,
    )
    root = ET.fromstring(junit(page))  # noqa: S314 - our own output
    assert root.get("name") == "evalkit gate"
    assert next(root.iter("testcase")).get("classname") == "evalkit.gate."
    assert workflow_commands(page) == ["::error title=evalkit gate%3A a title::saw fails"]


@pytest.mark.parametrize(
    ("state", "command"),
    [
        ("fails", "::error title=evalkit%3A a title::saw fails"),
        ("errs", "::error title=evalkit%3A a title::SAYS-errs: saw errs; at errs"),
        ("warns", "::warning title=evalkit%3A a title::saw warns"),
        ("holds", None),
        ("silent", None),
    ],
)
def test_what_objects_is_annotated_and_nothing_else(state: str, command: str | None) -> None:
    assert workflow_commands(page_of(checked(state))) == ([command] if command else [])
    assert bool(checked(state).objections) is (command is not None)


def test_a_section_without_a_title_has_no_heading_and_one_that_opens_with_a_verdict_neither() -> None:
    plain = page_of(Sentences(("words",)))
    assert "### A part\n" in markdown(plain)
    assert terminal(plain) == "\nA part\nwords"
    untitled = Page(
        what="w", title="t", name="n", facts=(), sections=(Section.untitled(Sentences(("words",))),)
    )
    assert markdown(untitled) == "words\n"
    assert terminal(untitled) == "words"
    verdict = filled(next(kind for kind in KINDS if kind.__name__ == "Verdict"), marks())
    assert "### A part" not in markdown(page_of(verdict))
    assert "### A part" in markdown(page_of(Sentences(("words",)), verdict))
