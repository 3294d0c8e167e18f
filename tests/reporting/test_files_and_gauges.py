"""Files by their names, folders by their owners, and gauges that a collector reads back."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.errors import OutputError, UsageError
from evalkit.reporting.blocks import Sentences
from evalkit.reporting.files import (
    VIEWS,
    WORKLIST,
    claim_folder,
    default_folder,
    default_folders,
    drawn_page,
    gate_files,
    mix_files,
    rendered_files,
    retire_older,
    write_folder,
)
from evalkit.reporting.gauges import Gauge, Labels, seconds_of
from evalkit.reporting.page import Page, Section
from evalkit.reporting.views.prometheus import prometheus
from evalkit.results.ownership import identity
from evalkit.results.reading import read_result
from evalkit.results.result import Result

WRITTEN = Path(__file__).parents[1] / "results" / "written"
GAUGE = Gauge("evalkit_users", "Users that were seen", (((), 3.0),))
texts = st.text(max_size=20)


def page(*gauges: Gauge) -> Page:
    sections = (Section("a", "A part", (Sentences(("words",)),)),)
    return Page(what="a test", title="t", name="n", facts=(), sections=sections, gauges=gauges)


def result(**changes: Any) -> Result:
    return read_result(WRITTEN / "compare.json").with_values(**changes)


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("suffix", VIEWS)
def test_the_ending_of_a_name_chooses_the_view(suffix: str) -> None:
    files = drawn_page(page(GAUGE), f"report{suffix}")
    assert files == {f"report{suffix}": VIEWS[suffix](page(GAUGE)).encode()}


@pytest.mark.parametrize(
    ("name", "told"), [("report.pdf", ".pdf"), ("report", "without extension"), ("a.HTML", ".HTML")]
)
def test_another_ending_is_refused_with_those_that_there_are(name: str, told: str) -> None:
    with pytest.raises(UsageError, match=re.escape(told)) as caught:
        drawn_page(page(), name)
    assert ".html, .md, .xml" in caught.value.hint


def test_only_a_page_has_a_style_and_a_script_beside_it() -> None:
    assert set(drawn_page(page(), "my.page.html", assets=True)) == {
        "my.page.html",
        "my.page.css",
        "my.page.js",
    }
    assert set(drawn_page(page(), "my.md", assets=True)) == {"my.md"}
    inside, beside = (drawn_page(page(), "a.html", assets=assets)["a.html"] for assets in (False, True))
    assert b"<style>" in inside
    assert b"<style>" not in beside


def test_every_kind_of_study_leaves_its_result_and_its_page() -> None:
    mix = read_result(WRITTEN / "mix.json")
    gate = read_result(WRITTEN / "gate.json")
    assert set(mix_files(mix)) == {"result.json", "report.html", "summary.md"}
    assert set(gate_files(gate)) == {"result.json", "report.html", "summary.md", "junit.xml"}
    assert gate_files(gate)["result.json"] == gate.text().encode()
    assert rendered_files(gate, "x.md", assets=False)["x.md"] == gate_files(gate)["summary.md"]


def test_a_result_goes_to_the_folder_of_its_golden_set_unless_another_lies_there() -> None:
    own, other = result(), result(golden=result().golden.with_values(digest="other"))
    first, second = default_folders(own)
    assert first == Path("reports", own.golden.name)
    assert second.name.startswith(f"{own.golden.name}-")
    assert default_folders(other)[0] == first
    assert default_folders(other)[1] != second
    assert default_folder(own) == first

    write_folder(first, other, {"result.json": other.text().encode()}, force=False)
    assert default_folder(own) == second
    assert default_folder(own, force=True) == first
    assert default_folder(other) == first
    assert identity(own) != identity(other)


def test_what_is_of_another_experiment_is_never_overwritten_without_being_asked() -> None:
    own, other = result(), result(golden=result().golden.with_values(digest="other"))
    folder = Path("here")
    write_folder(folder, other, {"result.json": other.text().encode()}, force=False)
    with pytest.raises(OutputError, match="not of this experiment"):
        claim_folder(folder, own, force=False)
    with pytest.raises(OutputError, match="not of this experiment"):
        write_folder(folder, own, {}, force=False)
    assert json.loads((folder / "result.json").read_text())["golden"]["digest"] == "other"
    claim_folder(folder, own, force=True)
    write_folder(folder, own, {"result.json": own.text().encode()}, force=True)
    claim_folder(folder, own, force=False)


def graded(folder: Path) -> None:
    (folder / WORKLIST).write_text("query,document,grade\nq,d,1\n")


def test_grades_that_were_not_taken_in_are_not_lost() -> None:
    own, folder = result(), Path("here")
    write_folder(folder, own, {"result.json": own.text().encode()}, force=False)
    graded(folder)
    with pytest.raises(OutputError, match="holds 1 grades") as told:
        claim_folder(folder, own, force=False)
    assert "evalkit golden import" in told.value.hint
    claim_folder(folder, own, force=True)


def test_an_older_report_of_the_same_experiment_goes_from_the_other_folder() -> None:
    own = result()
    first, second = default_folders(own)
    for folder in (first, second):
        write_folder(folder, own, {"result.json": own.text().encode(), "report.html": b"old"}, force=True)
    assert retire_older(own, second) is None
    assert not first.exists()
    assert (second / "report.html").exists()
    assert retire_older(own, second) is None


def test_what_somebody_else_put_there_and_what_was_graded_stays() -> None:
    own = result()
    first, second = default_folders(own)
    write_folder(first, own, {"result.json": own.text().encode()}, force=True)
    (first / "notes.txt").write_text("mine")
    assert retire_older(own, second) is None
    assert [path.name for path in first.iterdir()] == ["notes.txt"]

    write_folder(first, own, {"result.json": own.text().encode()}, force=True)
    graded(first)
    assert retire_older(own, second) == first
    assert (first / "result.json").exists()


def test_a_report_of_another_experiment_is_left_where_it_is() -> None:
    own, other = result(), result(golden=result().golden.with_values(digest="other"))
    first, second = default_folders(own)
    write_folder(first, other, {"result.json": other.text().encode()}, force=True)
    assert retire_older(own, second) is None
    assert (first / "result.json").exists()


def collected(text: str) -> dict[tuple[str, Labels], float]:
    """Return samples as a collector reads them.

    Source: Prometheus, "Exposition formats", text format 0.0.4.
    """
    found: dict[tuple[str, Labels], float] = {}
    for line in text.split("\n"):
        if not line or line.startswith("#"):
            continue
        match = re.fullmatch(r"([a-z_]+)(?:\{(.*)\})? (\S+)", line, re.DOTALL)
        assert match, line
        labels = re.findall(r'([a-z_]+)="((?:[^"\\]|\\.)*)"', match[2] or "", re.DOTALL)
        read = tuple(
            (name, re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], value)) for name, value in labels
        )
        assert (match[1], read) not in found
        found[match[1], read] = float(match[3])
    return found


@settings(max_examples=40)
@given(st.dictionaries(st.tuples(texts, texts), st.floats(allow_nan=False), max_size=5), texts)
def test_every_sample_is_read_back_whatever_its_labels_say(
    samples: dict[tuple[str, str], float], meaning: str
) -> None:
    told: tuple[tuple[Labels, float], ...] = tuple(
        ((("store", store), ("kind", kind)), value) for (store, kind), value in samples.items()
    )
    text = prometheus(page(GAUGE, Gauge("evalkit_documents", meaning, told)))
    wanted = {("evalkit_documents", labels): value for labels, value in told}
    assert collected(text) == {("evalkit_users", ()): 3.0} | wanted
    assert text.count("\n# TYPE ") == 2
    assert text.endswith("\n")


@pytest.mark.parametrize(
    ("value", "shown"), [(3, "3"), (0.5, "0.5"), (math.inf, "+Inf"), (-math.inf, "-Inf"), (1e22, "1e+22")]
)
def test_a_number_is_written_as_a_collector_reads_it(value: float, shown: str) -> None:
    assert prometheus(page(Gauge("a", "m", (((), value),)))).splitlines()[-1] == f"a {shown}"


def test_a_gauge_has_its_meaning_and_its_type_before_its_samples() -> None:
    assert prometheus(page(GAUGE)).splitlines() == [
        "# HELP evalkit_users Users that were seen",
        "# TYPE evalkit_users gauge",
        "evalkit_users 3.0",
    ]


def test_a_page_without_gauges_says_which_have_some() -> None:
    with pytest.raises(UsageError, match="what a test found has no gauges"):
        prometheus(page())


def test_samples_of_the_same_labels_are_added_up_and_absent_ones_left_out() -> None:
    made = Gauge.of("g", "m", [({"a": "x"}, 1.0), ({"a": "y"}, None), ({"a": "x"}, 2.0), ({}, 5.0)])
    assert made.samples == (((("a", "x"),), 3.0), ((), 5.0))
    assert Gauge.of("g", "m", []).samples == ()


@pytest.mark.parametrize(
    ("created", "seconds"),
    [(None, None), ("", None), ("1970-01-01T00:01:00+00:00", 60), ("2026-01-31T12:00:00Z", 1769860800)],
)
def test_a_time_is_told_in_seconds(created: str | None, seconds: int | None) -> None:
    assert seconds_of(created) == seconds
