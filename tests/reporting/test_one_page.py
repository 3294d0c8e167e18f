"""The page of paper: what those read who decide and read no further."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import workshop

from evalkit.evaluation import System
from evalkit.experiment import Experiment, run_experiment
from evalkit.reporting.blocks import Grid, Sentences
from evalkit.reporting.files import drawn_page, page_files
from evalkit.reporting.page import Page, Section
from evalkit.reporting.pages.kinds import page_of
from evalkit.reporting.sections.examples import examples
from evalkit.reporting.sections.heading import date_of
from evalkit.reporting.sections.locks import locks
from evalkit.reporting.sections.naming import briefly_named, short_names
from evalkit.reporting.sections.queries import queries
from evalkit.reporting.sections.recommending import falls, recommend
from evalkit.reporting.sections.rules import rules
from evalkit.reporting.views.html import one_page
from evalkit.results.compare import result_of
from evalkit.results.curves import LineSummary
from evalkit.results.perquery import per_query
from evalkit.results.result import Result

LINE = {
    "measure": "nDCG@10", "strategy": "dual-raw", "old": 0.314, "start": 0.314, "half": 0.36, "end": 0.5,
    "worst": 0.313, "worst_share": 0.04, "break_even": 0.1, "blackout": 0.0, "spread": 0.0, "error": 0.0,
    "lowest": 0.3, "never_below": True, "searches": 2,
}  # fmt: skip


@pytest.fixture(scope="module")
def mixed() -> Any:
    return workshop.mixed()


def line(**changes: object) -> LineSummary:
    return LineSummary.of({**LINE, **changes})


def keys(sections: tuple[Section, ...]) -> list[str]:
    return [section.key for section in sections]


def test_the_sheet_says_verdict_examples_the_way_the_cost_and_what_is_next(mixed: Any) -> None:
    page = page_of(Result.of(mixed))
    assert keys(page.sheet) == ["verdict", "examples", "mixed", "cost", "next"]
    assert page.on_one_page == page.sheet
    text = one_page(page)
    assert "Examples that got better" in text
    assert "Recommended is “keep the old index” (stay-old)" in text
    assert "#term-" not in text


def test_each_example_has_the_query_with_the_first_title_before_and_after(mixed: Any) -> None:
    known = Result.of(mixed)
    for table in examples(known, known.decisions[0].candidate):
        assert 0 < len(table.rows) <= 3
        for row in table.rows:
            query, before, after, _ = row.cells
            item = next(one for one in known.queries if query.startswith(one.text[:40]))
            assert before == known.titles[item.baseline_top[0].document]
            assert after == known.titles[item.candidate_top[0].document]


def test_a_page_without_a_sheet_has_its_summary_on_one_page() -> None:
    short = Section.untitled(Grid(next(iter(examples(Result.of(workshop.worse()), "hash/24")))))
    page = Page(what="w", title="t", name="n", facts=(), sections=(), summary=(short,))
    assert page.on_one_page == (short,)


def test_the_report_and_its_sheet_are_written_together_and_each_works_alone(mixed: Any) -> None:
    result = Result.of(mixed)
    files = page_files(result)
    assert list(files) == ["report.html", "summary.html"]
    assert b'href="#sheet"' in files["report.html"]
    assert b"href=" not in files["summary.html"]
    alone = drawn_page(page_of(result), "for-the-boss.html", view="summary")
    assert alone == {"for-the-boss.html": files["summary.html"]}


def test_the_day_comes_from_the_provenance_and_goes_with_it(mixed: Any) -> None:
    result = copy.deepcopy(mixed)
    assert "31\N{NO-BREAK SPACE}January\N{NO-BREAK SPACE}2026" in one_page(page_of(Result.of(result)))
    result["provenance"] = {}
    assert "<time" not in one_page(page_of(Result.of(result)))
    result["provenance"] = {"created": "long ago"}
    assert date_of(Result.of(result)) == ""


@pytest.mark.parametrize(
    ("names", "short"),
    [
        (["lsa/384", "st/all-MiniLM-L6-v2"], {}),
        (["vectors//data/team/new", "lsa/384"], {"vectors//data/team/new": "new"}),
        (["st/B/bge", "vectors/a/bge"], {"st/B/bge": "B/bge", "vectors/a/bge": "a/bge"}),
        (["vectors/a/b/new", "new"], {"vectors/a/b/new": "b/new"}),
        (["http/https://search.example/v1/ask", "lsa/384"], {}),
        (["run/a/c", "run/a/c (baseline)"], {"run/a/c": "c", "run/a/c (baseline)": "c (baseline)"}),
    ],
)  # fmt: skip
def test_long_paths_go_by_as_many_last_parts_as_tell_them_apart(
    names: list[str], short: dict[str, str]
) -> None:
    assert short_names(names) == short


def test_a_long_name_is_short_in_prose_and_whole_in_the_facts(mixed: Any) -> None:
    text = Result.of(mixed).text()
    long, longer = "vectors//data/team/new", "vectors//data/team/new2"
    known = briefly_named(Result.model_validate_json(text.replace("hash/256", long)))
    assert "new" in known.systems
    assert known.systems["new"].spec == long
    assert known.decisions[0].candidate == "new"
    assert long not in known.decisions[0].sentence
    assert {row.new for row in known.mix} == {"new", "new, float16"}
    page = page_of(Result.model_validate_json(text.replace("hash/256", long)))
    assert f"new: {long}" in page.facts
    both = text.replace("hash/256", longer).replace("hash/512", long)
    assert set(briefly_named(Result.model_validate_json(both)).systems) == {"new", "new2"}


def test_the_recommended_way_is_the_best_of_those_shown_safe_else_the_old_index() -> None:
    kept = line(strategy="stay-old", half=0.314, end=0.314, searches=1)
    assert recommend([line(), line(strategy="dual-rrf", half=0.4), kept], 0.02).strategy == "dual-rrf"
    assert recommend([line(searches=3), line(strategy="cascade"), kept], 0.0).strategy == "cascade"
    assert recommend([line(never_below=False), kept], 0.02).strategy == "stay-old"
    assert recommend([line(half=0.3), kept], 0.02).strategy == "stay-old"
    none = recommend([line(never_below=False)], 0.02)
    assert none.sentence.startswith("No way is recommended: none of these is shown never to fall below")


def test_a_mean_that_stays_within_the_accepted_loss_is_not_said_to_fall() -> None:
    assert not falls(line(worst=0.313), 0.02)
    assert not falls(line(worst=0.3137), 0.0)
    assert falls(line(worst=0.2), 0.02)
    assert falls(line(start=0.02, worst=None), 0.02)


def test_report_draws_the_summary_where_it_is_asked_for(mixed: Any, tmp_path: Path) -> None:
    from evalkit.cli.main import run  # noqa: PLC0415 - the command line of one test

    (tmp_path / "result.json").write_text(Result.of(mixed).text(), encoding="utf-8")
    assert run(["report", str(tmp_path)]) == 0
    assert {path.name for path in tmp_path.iterdir()} == {"result.json", "report.html", "summary.html"}
    boss = tmp_path / "boss.html"
    assert run(["report", str(tmp_path), "--view", "summary", "-o", str(boss)]) == 0
    assert boss.read_bytes() == (tmp_path / "summary.html").read_bytes()


def test_a_page_of_many_queries_stays_small_however_many_there_are() -> None:
    for number in (700, 1500):
        result = Result.of(workshop.crowd(number))
        size_bytes = len(workshop.html_page(result).encode())
        assert size_bytes < 1_500_000
        assert size_bytes < 6_500 * len(result.queries)


def test_queries_with_other_results_at_the_same_score_are_counted_and_found() -> None:
    experiment = Experiment(
        golden=workshop.workshop(), baseline=System.parse("hash/512"), candidates=(System.parse("hash/500"),)
    )
    outcome = run_experiment(experiment)
    frame = per_query(outcome).query("counted")
    primary = str(outcome.experiment.policy.primary)
    old, new = (frame[frame.system == name].reset_index() for name in ("hash/512", "hash/500"))
    assert not old.other_results.any()
    alike = int((new.other_results & (new[primary] == old[primary])).sum())
    assert alike > 0
    told = [
        text
        for block in queries(result_of(outcome, {})).blocks
        if isinstance(block, Sentences)
        for text in block.texts
    ]
    assert any(str(text).startswith(f"{alike}\N{NO-BREAK SPACE}more quer") for text in told)


@pytest.mark.parametrize(
    ("low", "p_greater", "words"),
    [
        (-0.01, 0.01, "the sign-flip test alone says so"),
        (0.01, 0.2, "the guarded interval alone says so"),
        (-0.01, 0.2, ""),
        (0.01, 0.01, ""),
    ],
)
def test_what_two_locks_mean_is_said_where_one_alone_opens(low: float, p_greater: float, words: str) -> None:
    result = copy.deepcopy(workshop.worse())
    for row in result["comparisons"]:
        row.update(low=low, p_greater=p_greater)
    rules_ = [rule for rule in result["rules"] if rule["row"] == "5"]
    told = [locks(Result.of(result), rule) for rule in Result.of({**result, "rules": rules_}).rules]
    assert told
    assert all((words in text) if words else not text for text in told)


def test_a_rule_that_holds_because_nothing_can_be_excluded_is_open_and_says_its_numbers_once() -> None:
    result = Result.of(workshop.better())
    (block,) = rules(result)
    rails = {rule.name: rule for rule in result.rules if rule.row == "2" and rule.passed}
    assert rails
    for check in block.checks:
        if check.name in rails:
            rule = rails[check.name]
            assert rule.low is not None
            assert rule.limit is not None
            assert check.state == ("open" if rule.low < rule.limit else "holds")
            assert "interval" not in check.beside
            assert check.words.startswith(rule.seen)
    assert {"open", "holds"} >= {check.state for check in block.checks if check.name in rails}
