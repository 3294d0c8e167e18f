"""Pages of blocks: every kind of block is drawn, nothing foreign is believed, and a gate has a page."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest

from evalkit.findings import Finding, Severity
from evalkit.reporting.blocks import (
    Bars,
    Beside,
    Block,
    Chart,
    Check,
    Checks,
    Command,
    Curves,
    Decision,
    Drilldown,
    Entry,
    Excerpts,
    Facts,
    Folded,
    Glossary,
    Grid,
    Heading,
    Items,
    Notes,
    Scatter,
    Sentences,
    Verdict,
)
from evalkit.reporting.charts import BarChart, Interval, IntervalChart, ScatterChart
from evalkit.reporting.curves import Curve, CurveChart
from evalkit.reporting.files import rendered_files
from evalkit.reporting.page import Page, Section
from evalkit.reporting.pages.gate import gate_page
from evalkit.reporting.pages.kinds import page_of
from evalkit.reporting.querylines import Excerpt, QueryLine
from evalkit.reporting.tables import Column, Fact, Row, Table
from evalkit.reporting.views.github import workflow_commands
from evalkit.reporting.views.html import html
from evalkit.reporting.views.junit import junit
from evalkit.reporting.views.markdown import markdown
from evalkit.reporting.views.terminal import terminal
from evalkit.reporting.words import Code, Strong
from evalkit.results.gatefailure import result_of_failure
from evalkit.results.parts import FindingPart
from evalkit.results.result import Result

WRITTEN = Path(__file__).parents[1] / "results" / "written"
HOSTILE = "<script>alert(1)</script>\x1b[31m\u202e"
LINE = Interval(label="a measure", estimate=0.1, low=0.0, high=0.2, tone="good", text="+0.1")
TABLE = Table.of("a caption", [Column("a heading")], [("a cell",)])
CURVE = Curve(label="a curve", look="ink", values=(0.1, 0.2))
QUERY = QueryLine(
    candidate="c",
    anchor="q0",
    id="a query",
    text="its text",
    delta="-0.1",
    tone="bad",
    baseline_score="0.2",
    candidate_score="0.1",
    critical=True,
    segments=("a segment",),
    tops=None,
)
ALL: dict[str, Block] = {
    "the word": Verdict(
        word="the word", tone="good", headline="why", notes=("a note",), next_step="then this"
    ),
    "one of several": Decision(word="GO", tone="good", name="one of several", headline="one of several"),
    "a meaning": Facts((Fact("a label", "a value", "a meaning"),)),
    "a sentence": Sentences(("a sentence",)),
    "a title": Heading("a title"),
    "an item": Items(("an item",), title="some"),
    "a check": Checks(subject="s", checks=(Check(name="c", state="fails", words="a check"),)),
    "a cell": Grid(TABLE),
    "a summary": Chart(IntervalChart.of([LINE], limit=None, summary="a summary"), "what is drawn"),
    "a way": Curves(
        title="a way",
        words="in words",
        chart=CurveChart.of([CURVE], (0.0, 1.0), level=None, summary="a way in curves"),
        table=TABLE,
    ),
    "in bars": Bars(BarChart.of(["q"], [0.1], most=10, summary="in bars"), "nDCG@10"),
    "in dots": Scatter(ScatterChart.of([0.1], [0.2], summary="in dots"), "nDCG@10"),
    "beside it": Beside((Sentences(("beside it",)),), "pair"),
    "its text": Drilldown(title="queries", caption="all of them", lines=(QUERY,)),
    "how it begins": Excerpts((Excerpt("a document", "how it begins"),)),
    "a problem": Notes((FindingPart(code="EK1", severity="warning", problem="a problem", hint="a hint"),)),
    "a command": Command("a command"),
    "inside a fold": Folded("a fold", (Sentences(("inside a fold",)),)),
    "explained": Glossary((Entry("term", "a term", "explained"),)),
}


@pytest.fixture
def gate() -> Any:
    return json.loads((WRITTEN / "gate.json").read_text(encoding="utf-8"))


def page_with(*blocks: Block) -> Page:
    return Page(what="a test", title="t", name="n", facts=("f",), sections=(Section("first", "", blocks),))


@pytest.mark.parametrize("view", [html, markdown, terminal])
@pytest.mark.parametrize("told", ALL)
def test_every_view_draws_every_block(told: str, view: Callable[[Page], str]) -> None:
    assert told in view(page_with(ALL[told]))


def test_no_kind_of_block_lacks_a_drawing() -> None:
    assert {type(block) for block in ALL.values()} == set(get_args(Block))


def test_a_page_shows_its_short_forms_where_they_are_short_and_all_of_it_where_it_has_none() -> None:
    whole = page_with(ALL["a sentence"])
    short = replace(
        whole, brief=(Section.untitled(ALL["a meaning"]),), summary=(Section.untitled(ALL["an item"]),)
    )

    assert "a sentence" in terminal(whole)
    assert "a sentence" in markdown(whole)
    assert "a sentence" not in terminal(short) + markdown(short)
    assert "a sentence" in html(short)


def test_parts_that_stand_out_do_so_in_every_view_and_stay_text() -> None:
    page = page_with(Items((("an ", Strong("<b>"), " of ", Code("`c`")),)))
    assert "<strong>&lt;b&gt;</strong> of <code>`c`</code>" in html(page)
    assert r"- an **\<b\>** of `` `c` ``" in markdown(page)
    assert "- an <b> of `c`" in terminal(page)


def test_a_row_with_something_to_say_says_it_where_it_has_no_numbers() -> None:
    columns = (Column("m"), Column("old", numeric=True), Column("new", numeric=True))
    rows = (Row(("a", "1", "2"), says="improved"), Row(("b", "1"), says="never judged"))
    page = page_with(Grid(Table("", columns, rows)))

    assert terminal(page).splitlines()[1:] == ["a    1    2", "b    1  never judged"]
    assert "| b | 1 |  | never judged |" in markdown(page)
    assert "improved" in html(page)


def test_a_terminal_shortens_texts_and_never_numbers() -> None:
    columns = (Column("query"), Column("delta", numeric=True))
    page = page_with(Grid(Table.of("", columns, [("a very long query " * 9, "-0.123456")])))
    line = terminal(page, width=40).splitlines()[-1]
    assert len(line) == 40
    assert line.endswith("…  -0.123456")


def test_checks_are_test_cases_and_annotations() -> None:
    states = {"holds": 0, "warns": 1, "fails": 1, "errs": 1, "silent": 0}
    checks = tuple(Check(name=state, state=state, words="w", says="EK1") for state in states)
    page = page_with(Checks(subject="s", title="t", checks=checks, again="do it again"))
    suite = junit(page)

    assert 'tests="5" failures="1" errors="1" skipped="1"' in suite
    assert suite.count("do it again") == 2
    assert len(workflow_commands(page)) == sum(states.values())


def test_sections_with_nothing_to_show_have_no_place_in_the_contents() -> None:
    page = Page(
        what="w",
        title="t",
        name="n",
        facts=(),
        sections=(Section("a", "Some", (ALL["a sentence"],)), Section("b", "None", ())),
    )
    assert [section.key for section in page.shown] == ["a"]
    assert 'href="#b"' not in html(page)


def test_the_page_of_a_gate_tells_what_it_found(gate: Any) -> None:
    result = Result.of(gate)
    page = html(gate_page(result))
    assert "<title>FAIL: lsa/8 on example 1</title>" in page
    for told in (
        "What drifted",
        "corpus_digest",
        "Worst queries",
        "coffee too weak",
        "looked at twice",
        "EK321",
    ):
        assert told in page
    assert re.search(r'<li class="fails">.*?FAIL: nDCG@10 fell', page)


def test_a_gate_is_rendered_by_extension_and_with_assets_beside(gate: Any) -> None:
    files = rendered_files(Result.of(gate), "gate.html", assets=True)
    assert set(files) == {"gate.html", "gate.css", "gate.js"}
    assert b"<style" not in files["gate.html"]


def test_a_page_needs_nothing_but_itself_and_every_link_leads_somewhere(gate: Any) -> None:
    page = html(gate_page(Result.of(gate)))
    places = set(re.findall(r'id="([^"]+)"', page))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= places
    assert not re.search(r'(?:href|src)="(?!#)', page)


def test_hostile_text_stays_text_on_the_page_of_a_gate(gate: Any) -> None:
    gate["queries"][0]["text"] = HOSTILE
    gate["queries"][0]["id"] = HOSTILE
    gate["gate"]["drift"].append({"field": HOSTILE, "before": HOSTILE, "after": HOSTILE})
    gate["findings"][0]["problem"] = HOSTILE
    gate["decisions"][0]["sentence"] = HOSTILE
    page = html(gate_page(Result.of(gate)))
    assert "<script>alert" not in page
    assert "\x1b" not in page
    assert "\u202e" not in page


def test_a_gate_that_could_not_be_asked_has_a_page_without_a_verdict_on_the_system() -> None:
    finding = Finding("EK153", Severity.ERROR, "other judgements", ("5 queries",), "store a new baseline")
    result = result_of_failure(
        [finding], golden="shop", model="prod", provenance={}, reproduce="evalkit gate shop"
    )
    page = html(page_of(result))
    for told in (
        "ERROR",
        "other judgements",
        "5 queries",
        "store a new baseline",
        "no verdict on it",
        "evalkit gate shop",
    ):
        assert told in page
