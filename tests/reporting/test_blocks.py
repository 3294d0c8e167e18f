"""Pages of blocks: every kind of block is drawn, nothing foreign is believed, and a gate has a page."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, get_args

import pytest

from evalkit.findings import Finding, Severity
from evalkit.reporting.blocks import (
    Block,
    Chart,
    Check,
    Checks,
    Command,
    Facts,
    Folded,
    Grid,
    Items,
    Notes,
    Page,
    Section,
    Sentences,
    Verdict,
)
from evalkit.reporting.charts import Interval, IntervalChart
from evalkit.reporting.files import rendered_files
from evalkit.reporting.pages.gate import gate_page
from evalkit.reporting.tables import Column, Fact, Table
from evalkit.reporting.views.html import html
from evalkit.reporting.words import Strong
from evalkit.results.gatefailure import result_of_failure
from evalkit.results.parts import FindingPart
from evalkit.results.result import Result

WRITTEN = Path(__file__).parents[1] / "results" / "written"
HOSTILE = "<script>alert(1)</script>\x1b[31m\u202e"
LINE = Interval(label="a measure", estimate=0.1, low=0.0, high=0.2, tone="good", text="+0.1")
ALL: tuple[Block, ...] = (
    Verdict(word="the word", tone="good", headline="why", notes=("a note",), next_step="then this"),
    Facts((Fact("a label", "a value", "a meaning"),)),
    Sentences(("a sentence",)),
    Items((("an ", Strong("item")),)),
    Checks(subject="s", checks=(Check(name="c", state="fails", words="a check"),)),
    Grid(Table.of("a caption", [Column("a heading")], [("a cell",)])),
    Chart(IntervalChart.of([LINE], limit=None, summary="a summary"), "what is drawn"),
    Notes(
        (
            FindingPart(
                code="EK1", severity="warning", problem="a problem", places=("a place",), hint="a hint"
            ),
        )
    ),
    Command("a command"),
    Folded("a fold", (Sentences(("inside a fold",)),)),
)
TELLS = (
    "the word",
    "a meaning",
    "a sentence",
    "an <strong>item</strong>",
    "a check",
    "a cell",
    "a summary",
    "a hint",
    "a command",
    "inside a fold",
)


@pytest.fixture
def gate() -> Any:
    return json.loads((WRITTEN / "gate.json").read_text(encoding="utf-8"))


def page_of(blocks: tuple[Block, ...]) -> str:
    section = Section("first", "First", blocks)
    return html(Page(what="a test", title="t", name="n", facts=("f",), sections=(section,)))


@pytest.mark.parametrize(("block", "told"), [*zip(ALL, TELLS, strict=True)])
def test_every_block_is_drawn(block: Block, told: str) -> None:
    assert told in page_of((block,))


def test_no_kind_of_block_lacks_a_drawing() -> None:
    assert {type(block) for block in ALL} == set(get_args(Block))


def test_sections_with_nothing_to_show_have_no_place_in_the_contents() -> None:
    page = Page(
        what="w",
        title="t",
        name="n",
        facts=(),
        sections=(Section("a", "Some", ALL[2:3]), Section("b", "None", ())),
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
    page = html(gate_page(result))
    for told in (
        "ERROR",
        "other judgements",
        "5 queries",
        "store a new baseline",
        "no verdict on it",
        "evalkit gate shop",
    ):
        assert told in page
