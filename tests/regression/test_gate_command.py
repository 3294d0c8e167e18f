"""evalkit gate: unchanged passes at once, what got worse fails, drift is named, CI never accepts itself."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from gate_worlds import QUERIES, write_golden, write_run, write_vectors

from evalkit.cli import main
from evalkit.results.result import Result

ONE_RANK_DOWN = 1 - 0.6309297535714575


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A golden set, a run that answers every query first, and its baseline."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    write_golden(tmp_path / "support")
    write_run(tmp_path / "now.trec")
    assert cli("--update") == 0
    return tmp_path


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Callable[..., dict[str, Any]]:
    """Run the gate with --json and return what it says, after checking its exit code."""

    def run(*arguments: object, code: int = 0, model: str = "run/now.trec") -> dict[str, Any]:
        capsys.readouterr()
        assert cli(*arguments, "--json", model=model) == code
        result: dict[str, Any] = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
        return result

    return run


def cli(*arguments: object, model: str = "run/now.trec") -> int:
    return main.run(["gate", "support", "--model", model, *map(str, arguments)])


def down(count: int, rank: int = 2) -> dict[int, int]:
    """So many queries, none of them critical, at a rank."""
    return dict.fromkeys(range(4, 4 + count), rank)


def test_unchanged_passes_at_once(told: Callable[..., dict[str, Any]]) -> None:
    result = told()

    assert (result["verdict"], result["decisions"][0]["reason"]) == ("PASS", "UNCHANGED")
    assert result["gate"]["drift"] == []
    assert result["gate"]["looks"] == 1
    assert {row["delta"] for row in result["comparisons"]} == {0.0}


def test_the_last_line_says_pass_and_a_line_before_it_what_would_be_missed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    capsys.readouterr()
    assert cli() == 0

    *lines, last = capsys.readouterr().out.rstrip("\n").split("\n")
    assert last.startswith("PASS")
    assert any(line.startswith("missed") and "would be missed" in line for line in lines)
    assert max(map(len, lines)) <= 110


@pytest.mark.parametrize(
    ("ranks", "verdict", "reason"),
    [
        (down(1), "PASS", "OK"),
        (down(2), "WARN", "DROP_UNCERTAIN"),
        (down(7), "FAIL", "PRIMARY_DROP"),
        (down(9), "FAIL", "PRIMARY_DROP"),
        ({3: 0}, "FAIL", "CRITICAL"),
        ({3: 11}, "FAIL", "CRITICAL"),
        ({3: 10}, "WARN", "DROP_UNCERTAIN"),
        ({5: 0, 6: 0, 7: 0}, "FAIL", "LARGE_DROP"),
    ],
)
def test_each_change_gets_its_verdict(
    work: Path,
    told: Callable[..., dict[str, Any]],
    ranks: dict[int, int],
    verdict: str,
    reason: str,
) -> None:
    write_run(work / "now.trec", ranks)

    result = told(code=int(verdict == "FAIL"))

    (decision,) = result["decisions"]
    assert (result["verdict"], decision["reason"]) == (verdict, reason)
    assert result["gate"]["looks"] == (2 if verdict == "FAIL" else 1)


def test_strict_turns_a_warning_into_exit_code_1_and_leaves_a_pass(work: Path) -> None:
    assert cli("--strict") == 0
    write_run(work / "now.trec", down(2))

    assert cli() == 0
    assert cli("--strict") == 1


def test_better_is_a_pass(work: Path, told: Callable[..., dict[str, Any]]) -> None:
    write_run(work / "now.trec", down(20))
    assert cli("--update") == 0
    write_run(work / "now.trec")

    assert told()["verdict"] == "PASS"


def test_values_are_compared_at_full_precision(work: Path, told: Callable[..., dict[str, Any]]) -> None:
    write_run(work / "now.trec", down(1))

    (row,) = [r for r in told()["comparisons"] if r["measure"] == "nDCG@10" and r["segment"] is None]

    assert row["delta"] == pytest.approx(-ONE_RANK_DOWN / QUERIES, abs=1e-15)


def test_a_waived_critical_loss_passes_with_its_reason(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (work / "evalkit.toml").write_text('[policy.waivers]\nq003 = "answered on the home page"\n')
    write_run(work / "now.trec", {3: 11})

    assert cli() == 0
    assert "waived: answered on the home page" in capsys.readouterr().out


def test_the_failure_tells_the_worst_queries_and_the_measure(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_run(work / "now.trec", {**down(10), 20: 0})
    capsys.readouterr()

    assert cli() == 1

    told = capsys.readouterr().out
    assert "worst     q020  1.000 → 0.000" in told
    assert told.count("worst ") == 3
    assert "looked at twice" in told
    assert told.rstrip().split("\n")[-1].startswith("FAIL  nDCG@10 fell by")


def test_json_has_every_key_of_the_schema(work: Path, told: Callable[..., dict[str, Any]]) -> None:
    write_run(work / "now.trec", down(10))

    result = told(code=1)

    assert set(result) == set(Result.found().to_json())
    assert result["mix"] == result["self_test"] == []
    assert (result["question"]["alpha"], result["question"]["level"]) == (0.02, 0.01)
    assert [system["role"] for system in result["systems"].values()] == ["baseline", "candidate"]
    assert result["rules"][1]["p"] == pytest.approx(2.0**-10)
    assert result["queries"][0]["delta"] < 0


def test_other_judgements_are_exit_code_2(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_golden(work / "support", judged=2)

    assert cli() == 2
    assert "EK153" in capsys.readouterr().err


def test_another_query_is_exit_code_2(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_golden(work / "support", queries=QUERIES + 1)
    write_run(work / "now.trec", queries=QUERIES + 1)

    assert cli() == 2
    assert "EK153" in capsys.readouterr().err


def test_another_model_is_a_migration_and_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli("--update", model="hash/512") == 0

    for model in ("hash/256", "lsa/16", "run/now.trec"):
        capsys.readouterr()
        assert cli("--baseline", "baselines/support/hash-512.json", model=model) == 2
        told = capsys.readouterr().err
        assert told.startswith("error[EK154]")
        assert "evalkit compare support" in told


def test_without_a_baseline_it_says_how_to_store_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli(model="hash/512") == 2

    told = capsys.readouterr().err
    assert told.startswith("error[EK151]")
    assert "--update" in told


def test_a_dropped_prompt_is_named_and_fails_where_it_hurt(
    work: Path, capsys: pytest.CaptureFixture[str], told: Callable[..., dict[str, Any]]
) -> None:
    write_vectors(work / "vectors", prompt="query: ", blur=0.1)
    assert cli("--update", model="vectors/vectors") == 0
    assert told(model="vectors/vectors")["decisions"][0]["reason"] == "UNCHANGED"

    write_vectors(work / "vectors", blur=1.5)
    result = told(model="vectors/vectors", code=1)
    assert {"field": "fingerprint.prompts.query", "before": "query: ", "after": None} in result["gate"][
        "drift"
    ]
    assert cli(model="vectors/vectors") == 1
    assert 'drift     prompts.query "query: " → none' in capsys.readouterr().out


def test_a_dropped_prompt_that_did_no_harm_is_named_and_passes(
    work: Path, told: Callable[..., dict[str, Any]]
) -> None:
    write_vectors(work / "vectors", prompt="query: ", blur=0.1)
    assert cli("--update", model="vectors/vectors") == 0

    write_vectors(work / "vectors", blur=0.1)

    result = told(model="vectors/vectors")
    assert [item["field"] for item in result["gate"]["drift"]] == ["fingerprint.prompts.query"]


def test_a_changed_index_is_named_and_evaluated(told: Callable[..., dict[str, Any]]) -> None:
    assert cli("--update", model="hash/512") == 0

    result = told("--index", "HNSW4", "--depth", "50", model="hash/512")

    drifted = {item["field"]: (item["before"], item["after"]) for item in result["gate"]["drift"]}
    assert drifted == {"index": ("Flat", "HNSW4"), "depth": (100, 50)}


def test_a_rechunked_corpus_is_evaluated_by_its_documents(
    work: Path, told: Callable[..., dict[str, Any]]
) -> None:
    write_golden(work / "support", parts=2)
    assert cli("--update", model="hash/512") == 0
    write_golden(work / "support", parts=3)

    result = told(model="hash/512")

    drifted = {item["field"]: (item["before"], item["after"]) for item in result["gate"]["drift"]}
    assert set(drifted) == {"golden.corpus_digest", "golden.chunks_digest", "golden.chunks"}
    assert drifted["golden.chunks"] == (240, 360)
    assert result["verdict"] == "PASS"


def test_a_chunker_that_loses_text_is_named_and_fails(
    work: Path, told: Callable[..., dict[str, Any]]
) -> None:
    """Every third document loses the word that its question asks for."""
    write_golden(work / "support", parts=2)
    assert cli("--update", model="hash/512") == 0
    corpus = work / "support" / "corpus.jsonl"
    chunks = [json.loads(line) for line in corpus.read_text().splitlines()]
    for chunk in chunks[1::6]:
        chunk["text"] = "word"
    corpus.write_text("\n".join(map(json.dumps, chunks)))

    result = told(model="hash/512", code=1)

    assert {item["field"] for item in result["gate"]["drift"]} == {
        "golden.corpus_digest",
        "golden.chunks_digest",
    }
    assert result["verdict"] == "FAIL"
    assert result["comparisons"][0]["losses"] == 20


def test_a_library_is_named_only_where_both_sides_state_its_version(
    work: Path, told: Callable[..., dict[str, Any]]
) -> None:
    assert cli("--update", model="hash/512") == 0
    path = work / "baselines" / "support" / "hash-512.json"
    stored = json.loads(path.read_text())

    for libraries, drifted in (
        ({"faiss-cpu": "0.1"}, ["libraries.faiss-cpu"]),
        ({}, []),
        ({"torch": "1"}, []),
    ):
        path.write_text(json.dumps({**stored, "libraries": libraries}))
        assert [item["field"] for item in told(model="hash/512")["gate"]["drift"]] == drifted


def test_metadata_of_queries_is_named_where_nothing_else_tells(
    work: Path, told: Callable[..., dict[str, Any]]
) -> None:
    path = work / "support" / "queries.jsonl"
    path.write_text(path.read_text().replace('"critical": true', '"critical": false'))

    assert [item["field"] for item in told()["gate"]["drift"]] == ["golden.digest"]


def test_an_update_under_ci_is_refused_and_leaves_the_file(
    work: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = work / "baselines" / "support" / "run-now.trec.json"
    before = path.read_bytes()
    monkeypatch.setenv("CI", "true")
    write_run(work / "now.trec", down(3))

    assert cli("--update") == 2
    assert "EK156" in capsys.readouterr().err
    assert path.read_bytes() == before
    assert cli("--update", "--force") == 0
    assert path.read_bytes() != before


def test_an_update_says_what_changed(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_run(work / "now.trec", {4: 2, 5: 2})
    assert cli("--update") == 0
    write_run(work / "now.trec", {4: 1, 5: 3})
    capsys.readouterr()

    assert cli("--update", "--depth", "50") == 0

    told = capsys.readouterr().out
    assert "drift     depth 100 → 50" in told
    assert "1 better, 1 worse than before" in told
    assert "replaced baselines/support/run-now.trec.json" in told


def test_the_baseline_lies_beside_the_config_under_the_alias(work: Path) -> None:
    (work / "project").mkdir()
    config = work / "project" / "evalkit.toml"
    config.write_text('[goldensets]\nhelp = "../support"\n[models.prod]\nspec = "run/../now.trec"\n')

    gate = ["--config", str(config), "gate", "help", "--model", "prod"]

    assert main.run([*gate, "--update"]) == 0
    assert (work / "project" / "baselines" / "support" / "prod.json").exists()
    assert main.run(gate) == 0


def test_a_config_that_names_a_baseline_model_does_not_name_the_file(work: Path) -> None:
    (work / "evalkit.toml").write_text('baseline = "run/now.trec"\n')

    assert cli() == 0


def test_views_are_written_by_extension_or_all_into_a_folder(
    work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_run(work / "now.trec", {**down(10), 3: 11})
    monkeypatch.setenv("COLUMNS", "110")

    for output in ("out/junit.xml", "out/summary.md", "out/gate.json", "all"):
        assert cli("-o", output) == 1

    suite = ET.parse(work / "out" / "junit.xml").getroot()[0]  # noqa: S314 - our own file
    assert (suite.get("failures"), len(suite.findall("testcase/failure"))) == ("3", 3)
    assert "❌ FAIL" in (work / "out" / "summary.md").read_text()
    assert json.loads((work / "out" / "gate.json").read_text())["verdict"] == "FAIL"
    assert {path.name for path in (work / "all").iterdir()} == {
        "junit.xml",
        "report.html",
        "result.json",
        "summary.md",
    }
    assert cli("-o", "all", "--depth", "50") == 1
    assert main.run(["report", "all", "-o", "again.md"]) == 0
    assert main.run(["report", "all", "-o", "again.html"]) == 0
    assert "FAIL" in (work / "again.html").read_text(encoding="utf-8")
    assert main.run(["report", "all", "-o", "again.pdf"]) == 2


def test_where_nothing_can_be_written_it_is_told_before_anything_is_evaluated(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (work / "now.trec").unlink()

    for output in ("support/golden.toml/x.md", "support/queries.jsonl"):
        assert cli("-o", output) == 2
        assert "EK611" in capsys.readouterr().err


def test_a_step_summary_that_cannot_be_written_does_not_change_the_verdict(
    work: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(work / "nowhere" / "step.md"))

    assert cli("--github") == 0
    assert "cannot be written" in capsys.readouterr().err


def test_github_gets_a_summary_and_annotations_whose_text_cannot_give_commands(
    work: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(work / "step.md"))
    (work / "step.md").write_text("before\n")
    write_run(work / "now.trec", down(10))
    capsys.readouterr()

    assert cli("--github") == 1

    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("::")]
    assert lines
    assert all(line.startswith("::error title=evalkit gate%3A run/now.trec on support 7::") for line in lines)
    assert (work / "step.md").read_text().startswith("before\n## ❌ FAIL")
    cli("--github", "--json")
    captured = capsys.readouterr()
    assert json.loads(captured.out)["verdict"] == "FAIL"
    assert "::error" in captured.err


def test_a_policy_whose_measure_was_not_stored_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli("--primary", "MAP@10") == 2
    assert "EK155" in capsys.readouterr().err


def test_a_system_at_chance_level_is_no_baseline(work: Path) -> None:
    write_run(work / "now.trec", dict.fromkeys(range(QUERIES), 0))

    assert cli("--update") == 2


@pytest.mark.parametrize("spoilt", ["", "{}", '{"schema": 99}', "[1]", '{"schema": 1, "measures": 3}'])
def test_a_file_that_is_no_baseline_is_refused_and_can_be_replaced(
    work: Path, spoilt: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (work / "other.json").write_text(spoilt)

    assert cli("--baseline", "other.json") == 2
    assert "error[EK152]" in capsys.readouterr().err
    assert cli("--baseline", "other.json", "--update") == 0
    assert "warning[EK152]" in capsys.readouterr().err
    assert cli("--baseline", "other.json") == 0


def test_a_baseline_that_lost_a_query_in_a_merge_is_refused(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = work / "baselines" / "support" / "run-now.trec.json"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not line.startswith(' "q010"')))

    assert cli() == 2
    assert "'q010'" in capsys.readouterr().err
