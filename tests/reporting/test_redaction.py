"""Redaction: ids alone, in every view and file."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
import workshop
from workshop import html_page, junit_xml, summary_markdown, terminal_text

from evalkit.evaluation import System
from evalkit.experiment import Experiment, Outcome, run_experiment
from evalkit.golden.goldenset import GoldenSet
from evalkit.judging.worklist import WorkItem
from evalkit.reporting.files import outcome_files
from evalkit.results.compare import result_of
from evalkit.results.redaction import redacted, redacted_worklist
from evalkit.results.result import Result

SECRET = re.compile("secret[a-z]+")


def secretive() -> GoldenSet:
    """Return a pooled golden set of 40 queries whose texts all consist of words that begin with secret."""
    words = [f"secret{letter}{other}" for letter in "abcdefgh" for other in "abcde"]
    corpus = {f"d-{number}": f"{word} secretcommon {word}x" for number, word in enumerate(words)}
    queries = {f"q-{number}": f"{word} secretquestion" for number, word in enumerate(words)}
    qrels = {f"q-{number}": {f"d-{number}": 1, f"d-{(number + 1) % 40}": 0} for number in range(40)}
    golden = GoldenSet.of("quiet", queries=queries, corpus=corpus, qrels=qrels)
    critical = [number % 2 == 0 for number in range(40)]
    card = replace(golden.card, judgments="pooled", pooled_from=("hash/64",))
    return replace(golden, critical=type(golden.critical)((40,), dtype=bool) | critical, card=card)


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    return run_experiment(
        Experiment(
            golden=secretive(),
            baseline=System.parse("hash/64"),
            candidates=(System.parse("hash/4"),),
            measures=workshop.MEASURES,
        )
    )


@pytest.mark.long
def test_no_file_of_a_redacted_outcome_holds_a_text(outcome: Outcome) -> None:
    open_result = result_of(outcome, {})
    shown = outcome_files(open_result, outcome)
    told = {name for name, data in shown.items() if SECRET.search(data.decode("utf-8", "ignore"))}
    assert told == {"result.json", "report.html", "summary.html", "summary.md", "worklist.csv"}

    files = outcome_files(redacted(open_result), outcome, assets=True)

    assert files.keys() == {*shown, "report.css", "report.js", "summary.css", "summary.js"}
    for data in files.values():
        assert not SECRET.search(data.decode("utf-8", "ignore"))


def test_a_redacted_page_names_every_query_and_document_by_its_id(outcome: Outcome) -> None:
    result = result_of(outcome, {})
    page, bare = html_page(result), html_page(redacted(result))
    for query in result.queries:
        assert f"<bdi>{query.id}</bdi>" in bare
        for item in query.candidate_top:
            assert f"<bdi>{item.document}</bdi>" in bare
    assert "texts left out" in bare
    assert "texts left out" not in page
    assert "popovertarget" not in bare


def test_the_other_views_show_ids_alone(outcome: Outcome) -> None:
    result = redacted(result_of(outcome, {}))
    assert result.critical
    for text in (
        summary_markdown(result),
        junit_xml(result),
        terminal_text(result, color=False, width=100),
    ):
        assert "q-" in text
        assert not SECRET.search(text)
        assert '""' not in text
        assert "``" not in text


def test_no_number_changes_and_a_second_time_nothing_at_all() -> None:
    result = Result.of(workshop.worse())
    before = result.text()
    once = redacted(result)
    assert result.text() == before
    assert redacted(once) == once
    written = once.to_json()
    kept = {key for key, value in result.to_json().items() if written[key] == value}
    assert {"comparisons", "rules", "deltas", "systems", "decisions", "provenance"} <= kept


def test_a_redacted_worklist_keeps_what_is_to_be_judged() -> None:
    ranks = (("old", 1), ("new", None))
    told = {"query_text": "secretword", "title": "secretword", "text": "secretword"}
    item = WorkItem(query="q-1", document="d-1", moves=0.5, ranks=ranks, **told)
    assert redacted_worklist([item]) == (WorkItem(query="q-1", document="d-1", moves=0.5, ranks=ranks),)
