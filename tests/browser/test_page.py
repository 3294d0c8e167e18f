"""The report in a real browser, opened from disk."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

import pytest
import workshop
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, Route
from workshop import html_page

from evalkit.reporting.files import page_files
from evalkit.reporting.views.html import asset_files
from evalkit.results.result import Result

Theme = Literal["light", "dark"]
Opener = Callable[..., Page]
WIDTHS = (390, 768, 1440)
THEMES: tuple[Theme, ...] = ("light", "dark")
A4_INSIDE_MARGINS = 718
CONTROLS = "a[href], button, input, select, summary, [tabindex='0']"
OPEN_SOME = """() => {
    document.querySelectorAll(".top button")[0].click();
    const opened = new Set();
    for (const item of document.querySelectorAll("details")) {
        const table = item.closest("div.queries");
        item.open = !opened.has(table) || table === null;
        opened.add(table);
    }
}"""
OPEN_ALL = "() => document.querySelectorAll('details').forEach(item => item.open = true)"


@pytest.fixture(scope="module")
def results() -> dict[str, Any]:
    return {name: getattr(workshop, name)() for name in ("worse", "several", "unjudged", "mixed")}


@pytest.fixture
def opened(chromium: Browser, results: dict[str, Any], tmp_path: Path) -> Iterator[Opener]:
    """Yield a function that opens a report; whatever it logs or asks for is noted on `page.context`."""
    contexts = []

    def open_page(
        name: str = "worse", *, width: int = 1440, theme: Theme = "light", scripts: bool = True
    ) -> Page:
        path = tmp_path / f"{name}.html"
        path.write_text(html_page(Result.of(results[name])), encoding="utf-8")
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=theme, java_script_enabled=scripts
        )
        contexts.append(context)
        page = context.new_page()
        page.goto(path.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()


def shown_lines(page: Page, part: str) -> list[str]:
    """Return one part of each line of the first list of queries that is not filtered away."""
    found: list[str] = page.evaluate(
        """part => [...document.querySelector("div.queries").querySelectorAll(".lines > li")]
        .filter(line => !line.hidden).map(line => line.querySelector(part).textContent.trim())""",
        part,
    )
    return found


def numbers(texts: list[str]) -> list[float]:
    return [float(text.replace("−", "-")) for text in texts]


@pytest.mark.long
def test_the_page_asks_for_nothing_and_complains_of_nothing(
    chromium: Browser, results: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "report.html"
    path.write_text(html_page(Result.of(results["several"])), encoding="utf-8")
    context = chromium.new_context()
    page = context.new_page()
    requests: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(path.as_uri(), wait_until="networkidle")
    context.close()
    assert requests == [path.as_uri()]
    assert complaints == []


@pytest.mark.parametrize("served", [False, True])
def test_with_assets_the_page_works_from_disk_and_under_a_policy_without_inline_styles(
    chromium: Browser, results: dict[str, Any], tmp_path: Path, *, served: bool
) -> None:
    files = {
        "my report.html": html_page(Result.of(results["worse"]), assets="my report"),
        **asset_files("my report"),
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    page = chromium.new_context().new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    if served:
        kinds = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
        strict = {"Content-Security-Policy": "default-src 'self'"}

        def answer(route: Route) -> None:
            path = tmp_path / unquote(urlsplit(route.request.url).path)[1:]
            route.fulfill(path=path, headers={**strict, "Content-Type": kinds[path.suffix]})

        page.route("http://reports.example/*", answer)
    page.goto("http://reports.example/my%20report.html" if served else (tmp_path / "my report.html").as_uri())
    assert page.evaluate("getComputedStyle(document.querySelector('.verdict')).borderLeftStyle") == "solid"
    assert page.locator("form.filter output").first.inner_text().endswith("shown")
    page.context.close()
    assert complaints == []


@pytest.mark.long
def test_five_thousand_queries_open_on_a_phone_and_can_be_filtered(chromium: Browser, tmp_path: Path) -> None:
    path = tmp_path / "crowd.html"
    path.write_text(html_page(Result.of(workshop.crowd())), encoding="utf-8")
    assert path.stat().st_size < 1_500_000
    page = chromium.new_context(viewport={"width": 390, "height": 844}).new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(path.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator("form.filter select").select_option("critical")
    critical = page.locator("li[data-critical]").count()
    assert critical >= 200
    assert page.locator("form.filter output").inner_text().startswith(f"{critical} of ")
    page.context.close()
    assert complaints == []


@pytest.mark.long
def test_the_verdict_and_the_next_step_stand_on_the_first_screen(opened: Opener) -> None:
    for width in WIDTHS:
        page = opened("worse", width=width)
        for part in ("h1", ".headline", ".next"):
            box = page.locator(part).first.bounding_box()
            assert box is not None
            assert box["y"] + box["height"] < 900


def test_without_scripts_every_fact_is_there_and_no_control_is_dead(opened: Opener) -> None:
    scripted, bare = opened(), opened(scripts=False)
    assert bare.locator("form.filter").first.is_hidden()
    assert bare.locator(".lines > li").count() == scripted.locator(".lines > li").count()
    bare.locator(".lines summary").first.click()
    tops = bare.locator(".lines > li").first.locator("table.top")
    assert tops.first.is_visible()
    tops.first.locator("button").first.click()
    assert bare.locator("[popover]:popover-open").count() == 1


def test_filtering_leaves_what_fits_and_counts_it(opened: Opener) -> None:
    page = opened()
    total = len(shown_lines(page, ".said"))
    page.locator("form.filter input").fill("SADDLE")
    shown = shown_lines(page, ".said")
    assert 0 < len(shown) < total
    assert page.locator("form.filter output").inner_text() == f"{len(shown)} of {total} shown"
    page.locator("form.filter input").fill("")
    page.locator("form.filter select").select_option("good")
    assert all(value > 0 for value in numbers(shown_lines(page, ".delta")))
    page.locator("form.filter select").select_option("critical")
    assert len(shown_lines(page, ".delta")) == page.locator("li[data-critical]").count() > 0


def test_each_candidate_has_a_filter_of_its_own(opened: Opener) -> None:
    page = opened("several")
    page.locator("form.filter").nth(1).locator("input").fill("no query says this")
    shown = [part.locator(".lines > li:not([hidden])").count() for part in page.locator("div.queries").all()]
    assert shown[1] == 0
    assert min(shown[0], shown[2]) > 0


def test_the_keyboard_reaches_every_control_in_order_and_focus_is_seen(opened: Opener) -> None:
    page = opened()
    wanted = page.evaluate(
        f"""() => [...document.querySelectorAll({CONTROLS!r})]
        .filter(item => item.checkVisibility()).map((item, index) => (item.dataset.seat = index, index))"""
    )
    reached = []
    for _ in wanted:
        page.keyboard.press("Tab")
        seat, outline = page.evaluate(
            """() => {
            const focused = document.activeElement;
            return [focused.dataset.seat, getComputedStyle(focused).outlineStyle];
        }"""
        )
        reached.append(int(seat))
        assert outline != "none"
    assert reached == wanted


def test_enter_opens_a_query_and_escape_closes_an_excerpt(opened: Opener) -> None:
    page = opened()
    page.locator(".lines summary").first.focus()
    page.keyboard.press("Enter")
    button = page.locator(".lines .top button").first
    button.focus()
    page.keyboard.press("Enter")
    assert page.locator("[popover]:popover-open").count() == 1
    page.keyboard.press("Escape")
    assert page.locator("[popover]:popover-open").count() == 0


@pytest.mark.long
@pytest.mark.parametrize("scripts", [True, False])
def test_a_link_from_a_lost_query_lands_on_its_row_opened(opened: Opener, *, scripts: bool) -> None:
    page = opened("several", scripts=scripts)
    page.emulate_media(reduced_motion="reduce")  # else the page is still on its way
    page.locator("#critical tbody a").first.click()
    target = page.locator(".lines li:has(:target)")
    assert target.locator("table.top").first.is_visible()
    box = target.bounding_box()
    assert box is not None
    assert -60 < box["y"] < 900


def test_a_link_to_a_term_opens_the_glossary_that_explains_it(opened: Opener) -> None:
    page = opened(scripts=False)
    page.locator("#measures a.term").first.click()
    assert page.locator("#methods :target").is_visible()


@pytest.mark.long
@pytest.mark.parametrize("name", ["worse", "several", "unjudged", "mixed"])
def test_every_cell_of_a_table_is_in_view_on_a_phone(opened: Opener, name: str) -> None:
    page = opened(name, width=390)
    page.evaluate(OPEN_ALL)
    outside = page.evaluate(
        """() => [...document.querySelectorAll(
            "table:is(.plain, .effects, .strategies, .critical, .rules) td")]
        .filter(cell => cell.checkVisibility() && cell.getBoundingClientRect().right > 391)
        .map(cell => cell.textContent)"""
    )
    assert outside == []


@pytest.mark.long
@pytest.mark.parametrize(("width", "height", "screens"), [(1440, 900, 9), (390, 844, 15)])
def test_a_page_is_read_in_few_screens_before_anything_is_unfolded(
    opened: Opener, width: int, height: int, screens: int
) -> None:
    for name in ("worse", "mixed"):
        page = opened(name, width=width)
        assert page.evaluate("document.documentElement.scrollHeight") <= screens * height


@pytest.mark.long
@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", ["worse", "several", "mixed"])
def test_no_width_or_theme_makes_the_page_scroll_sideways(
    opened: Opener, name: str, width: int, theme: Theme
) -> None:
    page = opened(name, width=width, theme=theme)
    page.evaluate(OPEN_ALL)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(("width", "shown", "hidden"), [(1440, ".names", ".key"), (390, ".key", ".names")])
def test_every_line_is_named_at_its_end_or_in_a_key_where_there_is_no_room(
    opened: Opener, width: int, shown: str, hidden: str
) -> None:
    page = opened("mixed", width=width)
    page.evaluate(OPEN_ALL)
    for chart in page.locator("figure.curves").all():
        assert chart.locator(shown).is_visible()
        assert chart.locator(hidden).is_hidden()


@pytest.mark.long
@pytest.mark.parametrize(
    ("width", "media"), [(1440, "screen"), (768, "screen"), (A4_INSIDE_MARGINS, "print")]
)
def test_no_two_names_of_lines_overlap_or_leave_their_chart(
    opened: Opener, width: int, media: Literal["screen", "print"]
) -> None:
    page = opened("mixed", width=width)
    page.evaluate(OPEN_ALL)
    page.emulate_media(media=media)
    for chart in page.locator("figure.curves").all():
        frame = chart.bounding_box()
        boxes = [text.bounding_box() for text in chart.locator(".names text").all()]
        assert frame is not None
        known = sorted((box for box in boxes if box is not None), key=lambda box: box["y"])
        assert len(known) == chart.locator(".key li").count() > 0
        assert all(box["x"] + box["width"] <= frame["x"] + frame["width"] + 1 for box in known)
        for above, below in pairwise(known):
            assert above["y"] + above["height"] <= below["y"] + 4


@pytest.mark.long
@pytest.mark.parametrize("name", ["worse", "several", "unjudged", "mixed"])
def test_no_table_is_clipped_in_print(opened: Opener, name: str) -> None:
    page = opened(name, width=A4_INSIDE_MARGINS)
    page.emulate_media(media="print")
    clipped = page.evaluate(
        """width => [...document.querySelectorAll("table, figure, pre, dl")]
        .filter(item => item.checkVisibility())
        .filter(item => item.getBoundingClientRect().right > width + 1
            || item.scrollWidth > item.clientWidth + 1)
        .map(item => item.className + " " + (item.caption?.textContent ?? ""))""",
        A4_INSIDE_MARGINS,
    )
    assert clipped == []


def test_the_page_prints_dark_on_white_whatever_the_reader_prefers(opened: Opener) -> None:
    page = opened(theme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    colours = page.evaluate(
        "() => { const s = getComputedStyle(document.body); return [s.color, s.backgroundColor]; }"
    )
    assert colours == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]


@pytest.mark.long
@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(
    ("name", "width"),
    [("worse", 1440), ("several", 1440), ("unjudged", 390), ("mixed", 1440), ("mixed", 390)],
)
def test_axe_finds_nothing_to_object_to(opened: Opener, name: str, width: int, theme: Theme) -> None:
    page = opened(name, width=width, theme=theme)
    page.evaluate(OPEN_SOME)
    found = Axe().run(page)
    assert len(found.response["passes"]) > 20
    told = [
        f"{item['impact']} {item['id']}: {node['html'][:200]} {node['failureSummary']}"
        for item in found.response["violations"]
        for node in item["nodes"]
    ]
    assert told == []


@pytest.mark.long
@pytest.mark.parametrize("name", ["worse", "better", "several", "open_several", "unjudged", "mixed", "long"])
def test_the_summary_prints_on_one_page(chromium: Browser, tmp_path: Path, name: str) -> None:
    """NO-GO, GO and INCONCLUSIVE, one candidate and three, long texts and names."""
    result = Result.of(getattr(workshop, name)())
    for file, data in page_files(result).items():
        (tmp_path / file).write_bytes(data)
    page = chromium.new_context().new_page()
    for place in ("summary.html", "report.html#sheet"):
        page.goto(f"{tmp_path.as_uri()}/{place}")
        paper = page.pdf(prefer_css_page_size=True)
        assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 1
        assert re.search(rb"/MediaBox \[0 0 59[45]", paper)  # A4
    page.context.close()


def test_the_report_turns_to_its_summary_and_back_without_scripts(opened: Opener) -> None:
    page = opened("mixed", scripts=False)
    page.get_by_text("On one page, to print").click()
    assert page.locator("#sheet").is_visible()
    assert page.locator("#main").is_hidden()
    page.get_by_text("The whole report").click()
    assert page.locator("#main").is_visible()
    assert page.locator("#sheet").is_hidden()


@pytest.mark.long
@pytest.mark.parametrize("width", WIDTHS)
def test_the_day_stands_on_the_first_screen_and_covers_nothing(opened: Opener, width: int) -> None:
    page = opened("mixed", width=width)
    day = page.locator(".day").bounding_box()
    facts = page.locator(".set").bounding_box()
    assert day is not None
    assert facts is not None
    assert day["y"] + day["height"] < 120
    assert day["x"] + day["width"] <= width
    beside = day["x"] >= facts["x"] + facts["width"] or day["y"] + day["height"] <= facts["y"] + 2
    assert beside
