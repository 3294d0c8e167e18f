"""Identical documents judged differently: their order makes no verdict, and hides none that is earned."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evalkit.cli import main

QUERIES = 60


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every document stands twice, and one copy is judged."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "set"
    (folder / "qrels").mkdir(parents=True)
    queries = [{"_id": f"q{n:03}", "text": f"question {n}"} for n in range(QUERIES)]
    corpus = [{"_id": f"{copy}{n:03}", "text": f"text {n}"} for n in range(QUERIES) for copy in "ab"]
    (folder / "queries.jsonl").write_text("\n".join(map(json.dumps, queries)))
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, corpus)))
    grades = "".join(f"q{n:03}\ta{n:03}\t1\n" for n in range(QUERIES))
    (folder / "qrels" / "test.tsv").write_text(f"query-id\tcorpus-id\tscore\n{grades}")
    (folder / "golden.toml").write_text('name = "set"\nversion = "1"\njudgments = "complete"\n')


def write_run(name: str, first: str, *, answer_at: int = 0) -> None:
    """Write a run that shows both copies of a document, the answer as the `answer_at`-th document."""
    lines = []
    for n in range(QUERIES):
        others = [(n + step) % QUERIES for step in range(1, 6)]
        shown = [*others[:answer_at], n, *others[answer_at:]]
        lines += [
            f"q{n:03} Q0 {copy}{document:03} {2 * step + place + 1} {0.9 - 0.1 * step - place * 1e-7:.9f} any"
            for step, document in enumerate(shown)
            for place, copy in enumerate(first)
        ]
    Path(f"{name}.trec").write_text("\n".join(lines) + "\n")


def compared(capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, dict[str, Any]]:
    systems = ("--baseline", "run/old.trec", "--candidate", "run/new.trec")
    capsys.readouterr()
    code = main.run(["compare", "set", *systems, "--no-mix", "--json", *options])
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    return code, result


@pytest.mark.parametrize(
    ("old", "new", "objective"),
    [("ab", "ba", "improve"), ("ab", "ba", "maintain"), ("ba", "ab", "improve")],
)
def test_a_verdict_that_the_order_of_copies_makes_is_withheld(
    capsys: pytest.CaptureFixture[str], old: str, new: str, objective: str
) -> None:
    write_run("old", old)
    write_run("new", new)

    code, result = compared(capsys, "--objective", objective)

    (decision,) = result["decisions"]
    withheld = (decision["verdict"], decision["reason"]) == ("INCONCLUSIVE", "COPIES")
    # Alike in every order, a system is no worse than itself, and sixty queries show it at a margin of .02.
    assert withheld
    assert code == 3
    assert "--ties expected" in decision["sentence"]
    assert "order of identical documents" in compared_page(capsys, objective)


def compared_page(capsys: pytest.CaptureFixture[str], objective: str) -> str:
    capsys.readouterr()
    systems = ("--baseline", "run/old.trec", "--candidate", "run/new.trec")
    main.run(["compare", "set", *systems, "--no-mix", "--objective", objective])
    return " ".join(capsys.readouterr().out.split())


def test_what_is_worse_in_every_order_stays_a_no_go(capsys: pytest.CaptureFixture[str]) -> None:
    write_run("old", "ab")
    write_run("new", "ab", answer_at=4)

    code, result = compared(capsys)

    assert code == 1
    assert result["decisions"][0]["reason"] != "COPIES"


def test_what_is_better_in_every_order_stays_a_go(capsys: pytest.CaptureFixture[str]) -> None:
    write_run("old", "ab", answer_at=4)
    write_run("new", "ab")

    assert compared(capsys)[0] == 0


def test_expected_ties_decide_on_their_own(capsys: pytest.CaptureFixture[str]) -> None:
    write_run("old", "ab")
    write_run("new", "ba")

    _, result = compared(capsys, "--ties", "expected")

    assert result["decisions"][0]["reason"] != "COPIES"
    assert result["comparisons"][0]["delta"] == pytest.approx(0, abs=1e-12)
