"""The judging page in a real browser, from disk: graded by keyboard, reloaded, exported, taken back."""

from __future__ import annotations

import csv
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, BrowserContext, Page, expect

from evalkit.cli import main
from evalkit.golden.folder import read_golden

sys.path.insert(0, str(Path(__file__).parents[1] / "cli"))
from support_sets import write_golden, write_run

HOSTILE = (
    "<script>window.ran = 1</script><img src=x onerror='window.ran = 1'>",
    "</script><script>window.ran = 1</script>",
    "]]> --> <!-- {{ 7 * 7 }} ${window.ran = 1} `${window.ran = 1}`",
    "left \u202eright\u202c \u2028 below \u2029 \x1b[31mred\x1b[0m \x9b2J \ufeff",
    "<a href='http://tracker.example/x'>http://tracker.example</a>",
)
HOSTILE_IDS = ("=cmd|' /C calc'!A0", "\"><b>'q", " lead", "'+1", "a\u202eb", "</script>")
Opener = Callable[..., Page]
REFUSED = """Object.defineProperty(window, "localStorage", {
    get() { throw new DOMException("no", "SecurityError"); },
})"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a set that nobody judged; two runs show twelve documents of each of its sixty queries."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    write_golden(tmp_path / "set")
    (tmp_path / "set" / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\n")
    write_run(tmp_path / "old.trec", {})
    return tmp_path


def pool(*more: str) -> Path:
    """Write the page of a pool."""
    words = ("golden", "pool", "set", "--system", "run/old.trec", "--no-bm25", "-o", "page.html", "--force")
    assert main.run(["-q", *words, *more]) == 0
    return Path("page.html").absolute()


@pytest.fixture
def opened(chromium: Browser) -> Iterator[Opener]:
    """Yield a function that opens the page as a judge; what it asks for or complains of fails the test."""
    contexts: list[BrowserContext] = []
    noted: list[str] = []

    def open_page(
        path: Path,
        judge: str = "ann",
        *,
        width: int = 1280,
        theme: Literal["light", "dark"] = "light",
        again: BrowserContext | None = None,
        before: str = "",
    ) -> Page:
        context = again or chromium.new_context(
            viewport={"width": width, "height": 844}, color_scheme=theme, accept_downloads=True
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: noted.append(message.text))
        page.on("pageerror", lambda error: noted.append(str(error)))
        page.on("request", lambda asked: None if asked.url == path.as_uri() else noted.append(asked.url))
        page.on("dialog", lambda dialog: dialog.accept())
        if before:
            page.add_init_script(before)
        page.goto(path.as_uri())
        if judge and page.locator("#judge").input_value() != judge:
            page.locator("#judge").fill(judge)
            page.keyboard.press("Enter")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert [line for line in noted if not line.startswith("blob:")] == []


def export(page: Page, name: str) -> Path:
    """Export the table and return where it lies."""
    with page.expect_download() as waited:
        page.locator("#export").click()
    path = Path(name).absolute()
    waited.value.save_as(path)
    return path


def take(page: Page, table: Path | bytes, told: str) -> None:
    """Import a table and wait until the page says this of it."""
    file = {"name": "x.tsv", "mimeType": "text/plain", "buffer": table} if isinstance(table, bytes) else table
    page.locator("#file").set_input_files(file)  # type: ignore[arg-type] # playwright's own kind of record
    expect(page.locator("#told")).to_contain_text(told)


def rows_of(path: Path) -> list[list[str]]:
    return [line.split("\t") for line in path.read_text("utf-8").splitlines()]


def done(page: Page) -> str:
    return page.locator("#done").inner_text()


def press(page: Page, keys: str) -> None:
    """Press keys one after the other; a round trip for each would take most of the time."""
    page.evaluate(
        """keys => [...keys].forEach(key =>
        document.body.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true})))""",
        keys,
    )


@pytest.mark.long
def test_three_hundred_grades_survive_reload_undo_export_and_the_way_back(
    place: Path, opened: Opener, capsys: pytest.CaptureFixture[str]
) -> None:
    path = pool("--depth", "10")
    page = opened(path)
    for number in range(300):
        page.keyboard.press("0123x"[number % 5])
    assert done(page).startswith("300 of 600 pairs judged, 60 of them")

    page.reload()
    assert page.locator("#judge").input_value() == "ann"
    assert done(page).startswith("300 of 600 pairs judged")
    for _ in range(3):
        page.keyboard.press("u")
    assert done(page).startswith("297 of 600 pairs judged, 59 of them")
    press(page, "22x")
    page.keyboard.press("k")
    page.keyboard.press("n")
    page.locator("#note").fill('=why?	"so" 7')
    page.keyboard.press("Escape")
    first = export(page, "first.tsv")
    rows = rows_of(first)
    assert rows[0] == ["query", "document", "grade", "judged_by", "date", "note", "cannot_say"]
    assert len(rows) == 301
    assert {row[3] for row in rows[1:]} == {"ann"}
    assert [row[2] for row in rows[1:11]] == ["0", "1", "2", "3", "", "0", "1", "2", "3", ""]
    assert sum(row[6] == "yes" for row in rows[1:]) == 60

    fresh = opened(path)  # another browser, in which nothing is kept
    assert done(fresh).startswith("0 of 600")
    take(fresh, first, "300 rows taken.")
    assert export(fresh, "again.tsv").read_bytes() == first.read_bytes()
    take(fresh, first, "0 rows taken; 300 as they are here")

    assert main.run(["golden", "merge", "set", "first.tsv"]) == 0
    told = capsys.readouterr().out.replace("\u00a0", " ")
    assert "240 judgements added" in told
    assert "60 times somebody could not say, 1 note: in judged_by.csv" in told
    golden = read_golden(place / "set")
    wanted = {(row[0], row[1]): int(row[2]) for row in rows[1:] if row[2]}
    frame = golden.to_frame()
    assert dict(zip(zip(frame.query_id, frame.document_id, strict=True), frame.grade, strict=True)) == wanted
    with (place / "set" / "judged_by.csv").open(encoding="utf-8", newline="") as file:
        kept = list(csv.DictReader(file))
    assert [(row["query"], row["document"], row["grade"], row["judge"], row["date"]) for row in kept] == [
        tuple(row[:5]) for row in rows[1:]
    ]
    assert [row["note"] for row in kept if row["note"]] == ['\'=why? "so" 7']
    assert sum(row["cannot_say"] == "yes" for row in kept) == 60


@pytest.mark.long
@pytest.mark.usefixtures("place")
def test_what_is_judged_is_left_out_next_time_or_shown_as_it_is(opened: Opener) -> None:
    page = opened(pool("--depth", "2"))
    press(page, "12")
    export(page, "one.tsv")
    assert main.run(["golden", "merge", "set", "one.tsv"]) == 0

    assert done(opened(pool("--depth", "2"), "bo")).startswith("0 of 118 pairs")
    shown = opened(pool("--depth", "2", "--all"), "bo")
    assert done(shown).startswith("0 of 118 pairs")
    shown.locator("#show").select_option("judged")
    assert shown.locator("#count").inner_text() == "2 pairs"
    assert shown.locator("#known").is_visible()
    shown.keyboard.press("0")
    assert done(shown).startswith("0 of 118 pairs")
    assert rows_of(export(shown, "none.tsv"))[1:] == []


@pytest.mark.usefixtures("place")
def test_each_judge_and_each_task_has_work_of_its_own_in_one_browser(opened: Opener) -> None:
    path = pool("--depth", "3")
    page = opened(path)
    press(page, "111")
    other = opened(path, "bo", again=page.context)
    assert done(other).startswith("0 of")
    press(other, "2")
    page.reload()
    page.locator("#judge").fill("ann")
    page.keyboard.press("Enter")
    assert done(page).startswith("3 of")
    third = opened(pool("--depth", "3", "--seed", "4"), again=page.context)
    assert done(third).startswith("0 of")
    press(third, "1")
    assert len(page.evaluate("Object.keys(localStorage).filter(key => key.split(':').length === 3)")) == 3


@pytest.mark.usefixtures("place")
def test_what_another_window_says_is_not_written_over(opened: Opener) -> None:
    path = pool("--depth", "3")
    one = opened(path)
    other = opened(path, again=one.context)
    press(one, "12")
    expect(other.locator("#done")).to_contain_text("2 of ")
    other.keyboard.press("3")
    expect(other.locator("#done")).to_contain_text("3 of ")
    expect(one.locator("#done")).to_contain_text("3 of ")
    assert len(rows_of(export(one, "both.tsv"))) == 4


@pytest.mark.usefixtures("place")
def test_where_nothing_is_kept_it_is_said_and_the_table_is_written_all_the_same(opened: Opener) -> None:
    page = opened(pool("--depth", "2"), before=REFUSED)
    assert "keeps nothing" in page.locator("#warning").inner_text()
    press(page, "12x")
    page.keyboard.press("u")
    assert len(rows_of(export(page, "kept.tsv"))) == 3


@pytest.mark.usefixtures("place")
def test_what_is_kept_and_cannot_be_read_is_put_aside_and_said(opened: Opener) -> None:
    path = pool("--depth", "2")
    page = opened(path)
    press(page, "12")
    page.evaluate(
        """for (const key of Object.keys(localStorage))
        if (key.endsWith(":ann")) localStorage[key] = "{broken";"""
    )
    page.reload()
    assert "could not be read" in page.locator("#warning").inner_text()
    assert page.evaluate(
        """Object.entries(localStorage)
        .some(([key, text]) => key.endsWith(":unreadable") && text === "{broken")"""
    )
    press(page, "1")
    assert done(page).startswith("1 of")


@pytest.mark.usefixtures("place")
def test_a_table_of_somebody_else_or_none_at_all_is_refused_and_nothing_changes(opened: Opener) -> None:
    path = pool("--depth", "2")
    page = opened(path)
    press(page, "1")
    table = export(page, "ann.tsv")
    take(page, b"a\tb\n1\t2\n", "no exported table")
    other = opened(path, "bo")
    take(other, table, "is of ann")
    assert done(other).startswith("0 of")
    text = table.read_text("utf-8").replace("\t1\tann", "\t8\tann") + "nobody\tnothing\t1\tann\t\t\t\n"
    take(page, text.encode(), "0 rows taken; 1 of pairs that are not judged on this page")
    expect(page.locator("#told")).to_contain_text("1 whose grade is not on this scale")


@pytest.mark.usefixtures("place")
def test_a_later_grade_is_not_undone_by_an_older_table_and_an_import_is_one_step(opened: Opener) -> None:
    page = opened(pool("--depth", "2"))
    press(page, "11")
    old = export(page, "old.tsv")
    aged = old.read_text("utf-8").replace(rows_of(old)[1][4], "2020-01-01T00:00:00Z")
    press(page, "kk3")
    take(page, aged.replace("\t1\tann", "\t2\tann").encode(), "older than what is here")
    assert "3" in [row[2] for row in rows_of(export(page, "now.tsv"))]


@pytest.mark.usefixtures("place")
def test_filters_and_keys_go_where_they_say(opened: Opener) -> None:
    page = opened(pool("--depth", "3"))
    query = page.locator("#query")
    press(page, "0x")
    first = query.inner_text()
    page.keyboard.press("q")
    assert query.inner_text() != first
    page.locator("#show").select_option("unsure")
    assert query.inner_text() == first
    assert page.locator("#count").inner_text() == "1 pair"
    page.locator("#show").select_option("all")
    page.locator("#words").fill("TOPIC7 ")
    assert "topic7 " in query.inner_text()
    assert page.locator("#count").inner_text() == "3 pairs"
    page.locator("#words").press("1")
    assert done(page).startswith("2 of")  # a key in a field is a letter
    page.locator("#words").fill("")
    page.locator("#list summary").click()
    page.locator("#queries button").nth(5).click()
    assert page.locator("#query-place").inner_text() == "Query 6 of 60"
    page.locator("#grades button").nth(1).click()
    page.keyboard.press("k")
    page.keyboard.press("c")
    assert done(page).startswith("2 of")
    page.locator("#help summary").click()
    page.locator("#keys").uncheck()
    press(page, "1")
    assert done(page).startswith("2 of")


def write_hostile(folder: Path) -> None:
    """Write a set whose texts and ids are weapons, in one run that finds them all."""
    (folder / "qrels").mkdir(parents=True)
    (folder / "golden.toml").write_text('name = "set"\n')
    queries = [{"_id": name, "text": f"{HOSTILE[n % 5]} query"} for n, name in enumerate(HOSTILE_IDS)]
    documents = [
        {"_id": f"{name}.", "title": HOSTILE[n % 5], "text": f"{HOSTILE[(n + 1) % 5]}\n{'long ' * 400}"}
        for n, name in enumerate(HOSTILE_IDS)
    ]
    for name, records in (("queries", queries), ("corpus", documents)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\n")


@pytest.mark.long
@pytest.mark.parametrize("width", [1280, 390])
def test_hostile_texts_and_ids_are_inert_and_come_back_as_they_are(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    opened: Opener,
    width: int,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    write_hostile(tmp_path / "set")
    assert main.run(["golden", "pool", "set", "--system", "hash/64", "-o", "page.html"]) == 0
    told = capsys.readouterr()
    assert not set("\x1b\x9b\u202e\u2028") & set(told.out + told.err)
    page = opened(tmp_path / "page.html", width=width)
    pairs = len(HOSTILE_IDS) ** 2
    for _ in range(pairs):
        assert page.locator("#work script, #work img, #work a").count() == 0
        assert not set("\x1b\x9b\u202e\u2028") & set(page.locator("body").inner_text())
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.keyboard.press("t")
        page.keyboard.press("1")
    assert page.evaluate("window.ran") is None
    assert page.locator("#over").is_visible()
    table = export(page, "ann.tsv")
    assert main.run(["golden", "merge", "set", str(table)]) == 0
    frame = read_golden(tmp_path / "set").to_frame()
    assert set(zip(frame.query_id, frame.document_id, strict=True)) == {
        (query, f"{document}.") for query in HOSTILE_IDS for document in HOSTILE_IDS
    }
    again = opened(tmp_path / "page.html")
    take(again, table, f"{pairs} rows taken.")


def test_five_thousand_pairs_open_at_once_and_keys_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opened: Opener
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    crowd(tmp_path / "set")
    path = pool("--depth", "20")
    assert path.stat().st_size < 2_500_000
    started = time.perf_counter()
    page = opened(path)
    assert page.locator("#document-place").inner_text() == "Document 1 of 20"
    assert time.perf_counter() - started < 10  # seconds, on a machine that does other things; measured 0.4
    assert done(page).startswith("0 of 5,000 pairs")
    took = page.evaluate(
        """() => {
        const started = performance.now();
        for (let step = 0; step < 1000; step += 1)
            document.body.dispatchEvent(new KeyboardEvent("keydown", {key: "0123"[step % 4], bubbles: true}));
        return performance.now() - started;
    }"""
    )
    assert took / 1000 < 60  # milliseconds for a grade; measured 3 to 5
    assert page.evaluate("document.querySelectorAll('*').length") < 500
    page.reload()
    assert done(page).startswith("1,000 of 5,000 pairs")
    assert len(rows_of(export(page, "many.tsv"))) == 1001


def crowd(folder: Path) -> None:
    """Write 250 queries, 2,000 documents of some 700 characters, and a run of 20 for each query."""
    chance = np.random.default_rng(5)
    (folder / "qrels").mkdir(parents=True)
    (folder / "golden.toml").write_text('name = "set"\n')
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\n")
    said = [" ".join(f"word{n}" for n in row) for row in chance.integers(0, 900, (2000, 100))]
    documents = ({"_id": f"d{n:04}", "title": f"T{n}", "text": text} for n, text in enumerate(said))
    queries = ({"_id": f"q{n:03}", "text": f"query {n}"} for n in range(250))
    (folder / "corpus.jsonl").write_text("".join(json.dumps(item) + "\n" for item in documents))
    (folder / "queries.jsonl").write_text("".join(json.dumps(item) + "\n" for item in queries))
    found = [(n, row) for n in range(250) for row in chance.choice(2000, 20, replace=False)]
    lines = (f"q{n:03} Q0 d{row:04} {at % 20 + 1} {20 - at % 20} x\n" for at, (n, row) in enumerate(found))
    Path("old.trec").write_text("".join(lines))


@pytest.mark.long
@pytest.mark.usefixtures("place")
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_to_object_to_and_nothing_is_wider_than_the_window(
    opened: Opener, width: int, theme: Literal["light", "dark"]
) -> None:
    run = Path("old.trec")
    lines = run.read_text().splitlines(keepends=True)
    run.write_text("".join(line for line in lines if not line.startswith("q009")))
    path = pool("--depth", "3", "--missing-queries", "zero", "--judges", "ann,bo")
    for state in ("fresh", "begun"):
        page = opened(path, "", width=width, theme=theme)
        if state == "begun":
            page.locator("#judge").select_option("bo")
            press(page, "012x")
            page.keyboard.press("k")
            page.evaluate("document.querySelectorAll('details').forEach(item => item.open = true)")
        found = Axe().run(page).response["violations"]
        told = [
            f"{item['id']}: {node['html'][:200]} {node['failureSummary']}"
            for item in found
            for node in item["nodes"]
        ]
        assert told == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert "1 query for which nothing was found" in page.locator("main").inner_text()
    assert "question about topic9 " in page.locator("main").inner_text()


@pytest.mark.usefixtures("place")
def test_the_keyboard_alone_reaches_everything_and_focus_is_seen(opened: Opener) -> None:
    page = opened(pool("--depth", "3"))
    page.evaluate("document.activeElement.blur()")
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        name, outline = page.evaluate(
            """() => [document.activeElement.id || document.activeElement.localName,
                getComputedStyle(document.activeElement).outlineStyle]"""
        )
        reached.add(name)
        assert outline != "none" or name == "body"  # between the last of the page and the first
    assert {"judge", "export", "import", "show", "words", "note", "back", "next", "skip"} <= reached
