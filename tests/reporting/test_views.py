"""The views: HTML, Markdown, terminal and JUnit of one document."""

from __future__ import annotations

import copy
import json
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from typing import Any

import pytest
import workshop
from syrupy.assertion import SnapshotAssertion
from workshop import html_page, junit_xml, summary_markdown, terminal_text

from evalkit.reporting.views.escaping import code, escaped
from evalkit.reporting.views.html import asset_files
from evalkit.results.result import Result

HOSTILE = (
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)> \"quoted\" 'single' & done",
    "</style></title><iframe src=//evil.example>",
    "javascript:alert(1) http://evil.example/ [link](http://evil.example) ![i](http://evil.example/i.png)",
    "`code` **bold** | cell | @everyone #1 www.evil.example",
    "\x00\x1b[31mred\x07\x9b bell \u202eright to left\u202c \u2066isolate \ufeff",
    "line one\nline two\r\n\ttab \u2028 separator",
    "👩‍👩‍👧‍👦 \U0001f4a9 עברית العربية ไทย 中文",
    "{{ 7 * 7 }} {% raw %} ${x} %s ]]> <!-- <![CDATA[",
    "half of a pair \ud83d and \ufffe no character",
    "x" * 50_000,
)


class Page(HTMLParser):
    """Everything about a page that a test asks for."""

    def __init__(self, page: str) -> None:
        """Parse the page."""
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.ids: list[str] = []
        self.handlers: list[str] = []
        self.text: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the tag, its id, its addresses and its event handlers."""
        self.tags.append(tag)
        for name, value in attrs:
            if name in {"href", "src", "action", "srcset", "data"}:
                self.addresses.append(value or "")
            if name == "id":
                self.ids.append(value or "")
            if name.startswith("on") or name == "style":
                self.handlers.append(name)

    def handle_data(self, data: str) -> None:
        """Note what a reader sees."""
        self.text.append(data)


@pytest.fixture(scope="module", params=["worse", "better", "several", "unjudged", "mixed"])
def result(request: pytest.FixtureRequest) -> Any:
    return getattr(workshop, request.param)()


@pytest.fixture(scope="module")
def hostile() -> Any:
    """Return a result in which every text that a golden set or a configuration provides is hostile."""
    result = workshop.worse()
    poison = iter(HOSTILE * 1000)
    names = {document: f"{next(poison)[:5000]} {document}" for document in result["documents"]}
    result["documents"] = {names[key]: next(poison) for key in result["documents"]}
    for query in result["queries"]:
        query["text"], query["segments"] = next(poison)[:160], [next(poison)]
        for part in ("baseline_top", "candidate_top", "missing"):
            for item in query[part]:
                item["document"] = names[item["document"]]
    result["golden"].update(name=next(poison), version=next(poison), pooled_from=[next(poison)])
    result["critical"] = [
        {
            "candidate": "hash/24",
            "query": "q-000",
            "text": text,
            "stands": True,
            "confirmed": True,
            "waiver": text,
        }
        for text in HOSTILE
    ]
    result["findings"] = [
        {"code": "EK1", "severity": "warning", "problem": text, "places": [text], "hint": text}
        for text in HOSTILE
    ]
    lab = json.loads(json.dumps(workshop.mixed()).replace("hash/256", "hash/24"))
    halves = [row for row in lab["mix"] if row["cohort"] == "moved"]
    result["mix"] = [*lab["mix"], *({**row, "cohort": text} for text in HOSTILE for row in halves)]
    result["mix_summary"] = lab["mix_summary"]
    result["decisions"][0].update(sentence=next(poison), notes=list(HOSTILE))
    result["notes"] = list(HOSTILE)
    result["provenance"] = {"command": next(poison), "versions": {text: text for text in HOSTILE}}
    renamed = json.dumps(result).replace("hash/24", "<b>hash</b> & | @all `x`")
    return json.loads(renamed)


def test_the_page_of_a_small_set_stays_as_it_was_agreed(snapshot: SnapshotAssertion) -> None:
    page = html_page(Result.of(workshop.worse()))
    page = re.sub(r"<style>.*?</style>", "<style></style>", page, flags=re.DOTALL)
    page = re.sub(r"<script>.*?</script>", "<script></script>", page, flags=re.DOTALL)
    assert re.sub(r"sha256-[\w+/=]+", "sha256-…", page) == snapshot


def test_the_mixed_index_on_the_page_stays_as_it_was_agreed(snapshot: SnapshotAssertion) -> None:
    result = workshop.mixed()
    result["mix_summary"] = result["mix_summary"][:1]
    page = html_page(Result.of(result))
    assert page[page.index('<section id="mixed"') : page.index('<section id="trust"')] == snapshot


@pytest.mark.long
def test_the_page_with_assets_is_the_page_with_its_style_and_script_beside_it(result: Any) -> None:
    inside, beside = html_page(Result.of(result)), html_page(Result.of(result), assets="my report")
    files = asset_files("my report")
    assert list(files) == ["my report.css", "my report.js"]
    assert f"<style>{files['my report.css']}</style>" in inside
    assert f"<script>{files['my report.js']}</script>" in inside
    page = Page(beside)
    assert "style" not in page.tags
    assert page.tags.count("script") == page.tags.count("link") == 1
    assert not page.handlers
    assert {address for address in page.addresses if address[:1] != "#"} == {
        "my%20report.css",
        "my%20report.js",
    }
    assert inside[inside.index("<body>") : inside.index("<script>")].rstrip() in beside


def test_the_summary_stays_as_it_was_agreed(result: Any, snapshot: SnapshotAssertion) -> None:
    assert summary_markdown(Result.of(result)) == snapshot


def test_the_terminal_text_stays_as_it_was_agreed(result: Any, snapshot: SnapshotAssertion) -> None:
    assert (
        terminal_text(Result.of(result), color=False, width=100, report="reports/workshop/report.html")
        == snapshot
    )


def test_the_test_cases_stay_as_they_were_agreed(result: Any, snapshot: SnapshotAssertion) -> None:
    assert junit_xml(Result.of(result)) == snapshot


@pytest.mark.long
def test_every_view_is_the_same_for_the_same_result(result: Any) -> None:
    again = json.loads(json.dumps(result))
    assert html_page(Result.of(result)) == html_page(Result.of(again))
    assert summary_markdown(Result.of(result)) == summary_markdown(Result.of(again))
    assert junit_xml(Result.of(result)) == junit_xml(Result.of(again))


def test_no_view_changes_the_result_it_shows(result: Any) -> None:
    shown = Result.of(result)
    before = shown.text()
    for view in (html_page, summary_markdown, junit_xml):
        view(shown)
    assert shown.text() == before


def test_the_page_needs_nothing_but_itself_and_every_link_leads_somewhere(result: Any) -> None:
    page = Page(html_page(Result.of(result)))
    assert not {"iframe", "object", "embed", "link", "img", "base"} & set(page.tags)
    assert not page.handlers
    assert page.addresses
    assert {address.removeprefix("#") for address in page.addresses} <= set(page.ids)
    assert len(set(page.ids)) == len(page.ids)


def test_clock_and_paths_stay_in_the_provenance_part(result: Any) -> None:
    page = html_page(Result.of(result))
    assert "2026-01-31T12:00:00Z" in page
    later = copy.deepcopy(result)
    later["provenance"] = {"costs": result["provenance"]["costs"]}
    bare = html_page(Result.of(later))
    assert "2026-01-31" not in bare
    assert page[: page.index('id="reproduce"')] == bare[: bare.index('id="reproduce"')]


def test_hostile_text_stays_text_on_the_page(hostile: Any) -> None:
    source = html_page(Result.of(hostile))
    page = Page(source)
    assert page.tags.count("script") == 1
    assert not {"img", "iframe", "object", "embed", "b-"} & set(page.tags)
    assert not page.handlers
    assert {address[:1] for address in page.addresses} == {"#"}
    seen = "".join(page.text)
    assert "</script><script>alert(1)</script>" in seen
    assert "{{ 7 * 7 }}" in seen
    assert "\\x1b[31m" in seen
    assert "\\u202eright to left" in seen
    assert "👩‍👩‍👧‍👦" in seen
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", source)
    assert source.encode("utf-8").decode("utf-8") == source
    assert len(source.encode()) < 1_500_000


def test_hostile_text_neither_formats_links_nor_notifies_in_the_summary(hostile: Any) -> None:
    summary = summary_markdown(Result.of(hostile))
    outside = re.sub(r"(`+).*?\1", "", summary)
    assert not re.search(r"(?<!\\)<", outside)
    assert not re.search(r"(?<!\\)\[", outside)
    assert not re.search(r"https?://|www\.", outside)
    assert not re.search(r"(?<!\w)@\w", outside)


def test_hostile_text_is_well_formed_in_the_test_cases(hostile: Any) -> None:
    root = ET.fromstring(junit_xml(Result.of(hostile)))  # noqa: S314 - our own output
    assert [suite.get("name") for suite in root] == ["<b>hash</b> & | @all `x` against hash/512"]


def test_hostile_text_cannot_steer_a_terminal(hostile: Any) -> None:
    text = terminal_text(Result.of(hostile), color=False, width=80)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)


@pytest.mark.parametrize("text", ["plain", "a `tick`", "``", "`", "| cell |", " ", ""])
def test_nothing_in_a_code_span_ends_it(text: str) -> None:
    span = code(text)
    (fence,) = re.findall(r"^`+", span)
    assert span.endswith(fence)
    assert fence not in re.findall("`+", span[len(fence) : -len(fence)])


def test_plain_text_keeps_addresses_readable_but_dead() -> None:
    assert escaped("see http://a.example or www.a.example") == r"see http:\/\/a.example or www\.a.example"
    assert escaped("nDCG@10 in [x]") == r"nDCG@10 in \[x\]"


def test_verdicts_are_coloured_only_where_colour_is_wanted(result: Any) -> None:
    colored, bare = (terminal_text(Result.of(result), color=color, width=100) for color in (True, False))
    assert "\x1b[" in colored
    assert re.sub(r"\x1b\[[\d;]*m", "", colored) == bare


def test_the_last_line_of_a_terminal_names_the_verdict_and_the_next_command(result: Any) -> None:
    last = terminal_text(Result.of(result), color=False, width=60, report="r/report.html").splitlines()[-1]
    assert last.startswith(f"{result['verdict']}  ")
    assert last.endswith("  next: open r/report.html")


def test_every_rule_is_a_test_case_and_failures_are_those_that_fail(result: Any) -> None:
    root = ET.fromstring(junit_xml(Result.of(result)))  # noqa: S314 - our own output
    assert len(root.findall(".//testcase")) == len(result["rules"])
    assert len(root.findall(".//failure")) == sum(rule["passed"] is False for rule in result["rules"])
    assert len(root.findall(".//skipped")) == sum(rule["passed"] is None for rule in result["rules"])


def test_scores_of_one_system_have_every_view() -> None:
    worse = workshop.worse()
    alone = {**Result.found().to_json(), "golden": worse["golden"], "counts": worse["counts"]}
    alone["systems"] = {"hash/512": {**worse["systems"]["hash/512"], "role": "alone"}}
    assert "<h1" in html_page(Result.of(alone))
    assert "hash/512" in summary_markdown(Result.of(alone))
    assert "hash/512" in terminal_text(Result.of(alone), color=False, width=80)
    assert len(ET.fromstring(junit_xml(Result.of(alone)))) == 0  # noqa: S314 - our own output


def test_the_lab_alone_has_every_view_and_claims_no_verdict() -> None:
    mixed = workshop.mixed()
    keys = ("golden", "counts", "mix", "mix_summary")
    alone = {**Result.found().to_json(), **{key: mixed[key] for key in keys}}
    alone["systems"] = {
        name: {**mixed["systems"][name], "role": role}
        for name, role in (("hash/512", "old"), ("hash/256", "new"))
    }
    page = html_page(Result.of(alone))
    assert 'id="mixed"' in page
    assert "One system alone" not in page
    for text in (summary_markdown(Result.of(alone)), terminal_text(Result.of(alone), color=False, width=200)):
        assert "new-query" in text.replace("\\", "")


@pytest.mark.long
def test_the_page_stays_small_at_five_thousand_queries() -> None:
    result = workshop.crowd()
    assert len(result["deltas"]["hash/48"]["ids"]) == 5000
    assert len(html_page(Result.of(result)).encode()) < 1_500_000


def test_the_page_stays_small_where_ids_and_texts_are_long_and_of_many_bytes() -> None:
    result = workshop.crowd(500, word="言葉言葉言葉", document="とても長い名前の文書" * 12)
    assert len(html_page(Result.of(result)).encode()) < 1_500_000
