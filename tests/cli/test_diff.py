"""evalkit diff: what changes for people who search, without a judgement."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from support_sets import write_golden

from evalkit.cli import main
from evalkit.results.result import Result

MODELS = ("--old", "hash/256", "--new", "hash/16")


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, with a cache of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    write_golden(tmp_path / "support")
    (tmp_path / "log.txt").write_text("thing3 please\ntopic5 answer\ntopic9 and thing2\n")
    return tmp_path


def diff(*arguments: object) -> int:
    return main.run(["diff", "support", *map(str, arguments)])


def printed(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(capsys.readouterr().out)
    return parsed


def test_a_log_is_told_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert diff("log.txt", *MODELS) == 0
    shown = capsys.readouterr().out
    assert "support · 3 queries · 120 documents · hash/256 → hash/16" in shown
    assert "overlap@10" in shown
    assert "topic5 answer" in shown


def test_json_has_the_keys_of_every_result_and_each_query(capsys: pytest.CaptureFixture[str]) -> None:
    assert diff("log.txt", *MODELS, "-k", 5, "--json") == 0
    result = printed(capsys)
    assert result.keys() == Result.found().to_json().keys()
    changed = result["reranking"]["hash/16"]
    assert changed["cutoff"] == 5
    assert len(changed["queries"]) == 3
    for query in changed["queries"]:
        shared = len(set(query["old"]) & set(query["new"]))
        assert query["overlap@5"] == shared / 5
    shares = [query["rank_biased_overlap"] for query in changed["queries"]]
    assert shares == sorted(shares)
    assert changed["rank_biased_overlap"] == pytest.approx(sum(shares) / 3)


def test_a_model_changes_nothing_against_itself(capsys: pytest.CaptureFixture[str]) -> None:
    assert diff("--old", "hash/256", "--new", "hash/256") == 0
    shown = capsys.readouterr().out
    assert "10.0 of 10 results stay" in shown
    assert "change most" not in shown


def test_the_folder_holds_page_table_and_result(work: Path) -> None:
    assert diff("log.txt", *MODELS, "-o", "out") == 0
    with (work / "out" / "changes.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["text"] for row in rows} == {"thing3 please", "topic5 answer", "topic9 and thing2"}
    page = (work / "out" / "report.html").read_text(encoding="utf-8")
    assert 'id="reranking"' in page
    assert 'id="measures"' not in page
    assert main.run(["report", "out", "-o", "again.html"]) == 0
    assert (work / "again.html").read_text(encoding="utf-8") == page


def test_no_text_is_written_where_texts_are_to_be_left_out(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert diff("log.txt", *MODELS, "-o", "out", "--redact-text", "--assets") == 0
    written = [capsys.readouterr().out]
    written += [path.read_text(encoding="utf-8") for path in (work / "out").iterdir()]
    assert len(written) == 6
    assert not any("topic5 answer" in text or "answer on topic" in text for text in written)


def test_another_difference_is_not_overwritten() -> None:
    assert diff("log.txt", *MODELS, "-o", "out") == 0
    assert diff("log.txt", *MODELS, "-o", "out") == 0
    assert diff("log.txt", *MODELS, "-k", 5, "-o", "out") == 2
    assert diff("log.txt", "--old", "hash/64", "--new", "hash/16", "-o", "out") == 2
    assert diff("log.txt", "--old", "hash/64", "--new", "hash/16", "-o", "out", "--force") == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("nowhere.txt", *MODELS),
        ("log.txt", *MODELS, "-k", "0"),
        ("log.txt", *MODELS, "--map", "words"),
        ("log.txt", "--old", "hash/256", "--new", "nothing"),
        ("log.txt", "--old", "hash/256"),
    ],
)
def test_what_cannot_be_done_exits_with_2(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert diff(*arguments) == 2
    assert "Traceback" not in capsys.readouterr().err
