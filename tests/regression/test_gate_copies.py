"""Identical documents judged differently: their order fails no gate, and can be left out of the scores."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evalkit.cli import main

QUERIES = 60


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every document stands twice, one copy is judged; the run puts that one first."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "set"
    (folder / "qrels").mkdir(parents=True)
    queries = [{"_id": f"q{n:03}", "text": f"question {n}"} for n in range(QUERIES)]
    corpus = [{"_id": f"{copy}{n:03}", "text": f"text {n}"} for n in range(QUERIES) for copy in "ab"]
    (folder / "queries.jsonl").write_text("\n".join(map(json.dumps, queries)))
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, corpus)))
    grades = "".join(f"q{n:03}\ta{n:03}\t1\n" for n in range(QUERIES))
    (folder / "qrels" / "test.tsv").write_text(f"query-id\tcorpus-id\tscore\n{grades}")
    (folder / "golden.toml").write_text('name = "set"\nversion = "1"\njudgments = "complete"\n')
    write_lists("ab")
    return tmp_path


def write_lists(first: str, *, shift: int = 0, gap: float = 1e-7) -> None:
    """Write a run that shows both copies of a document, in an order, their scores a little apart."""
    lines = [
        f"q{n:03} Q0 {copy}{(n + shift + step) % QUERIES:03} {2 * step + place + 1} "
        f"{0.9 - 0.1 * step - place * gap:.9f} any"
        for n in range(QUERIES)
        for step in range(6)
        for place, copy in enumerate(first)
    ]
    Path("now.trec").write_text("\n".join(lines) + "\n")


def cli(command: str, *arguments: object) -> int:
    return main.run([command, "set", *map(str, arguments)])


def gate(*arguments: object) -> int:
    return cli("gate", "--model", "run/now.trec", *arguments)


def told(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, Any]:
    capsys.readouterr()
    gate("--json", *arguments)
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    return result


def test_a_fall_that_is_the_order_of_copies_is_a_warning_which_says_so(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert gate("--update") == 0
    write_lists("ba")
    capsys.readouterr()

    assert gate() == 0

    said = " ".join(capsys.readouterr().out.split())
    assert "60 of 60 queries have identical documents judged differently in the first 10" in said
    assert "--ties expected" in said
    assert told(capsys)["decisions"][0]["reason"] == "COPIES"


@pytest.mark.parametrize("change", [{"shift": 1}, {"gap": 0.01}])
def test_a_fall_that_no_order_of_copies_explains_fails(
    capsys: pytest.CaptureFixture[str], change: dict[str, float]
) -> None:
    """Other documents stand first, or the system itself tells the copies apart."""
    assert gate("--update") == 0
    write_lists("ba", **change)  # type: ignore[arg-type] # one of two keywords each

    assert told(capsys)["verdict"] == "FAIL"


def test_expected_values_do_not_move_with_the_order_of_copies(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert gate("--update", "--ties", "expected") == 0
    stored = json.loads((work / "baselines" / "set" / "run-now.trec.json").read_text())
    assert stored["policy"]["ties"] == "expected"
    write_lists("ba")

    result = told(capsys)

    assert result["decisions"][0]["reason"] == "UNCHANGED"
    assert result["question"]["ties"] == "expected"
    assert result["comparisons"][0]["baseline_mean"] == pytest.approx((1 + 0.6309297535714575) / 2)
    capsys.readouterr()
    assert gate("--ties", "id") == 2
    assert "EK155" in capsys.readouterr().err


def test_run_and_compare_take_the_option_too(capsys: pytest.CaptureFixture[str]) -> None:
    means = []
    for first in ("ab", "ba"):
        write_lists(first)
        Path(f"{first}.trec").write_text(Path("now.trec").read_text())
        capsys.readouterr()
        assert (
            cli("run", "--model", "run/now.trec", "--ties", "expected", "--measure", "MRR@10", "--json") == 0
        )
        (system,) = json.loads(capsys.readouterr().out)["systems"].values()
        means.append(system["measures"]["MRR@10"])
    assert means == [pytest.approx(0.75)] * 2

    models = ("--baseline", "run/ab.trec", "--candidate", "run/ba.trec", "--no-mix", "--json", "-o", "out")
    cli("compare", *models, "--ties", "expected")
    result = json.loads(capsys.readouterr().out)
    assert {row["delta"] for row in result["comparisons"]} == {0.0}
    assert result["question"]["ties"] == "expected"
