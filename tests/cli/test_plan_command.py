"""evalkit plan: from the command line to the plan, its page and a runbook whose commands run."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from support_sets import write_golden

from evalkit.cli import main
from evalkit.results.reading import read_result
from evalkit.results.schemas import schema_of

MODELS = ("--old", "hash/64", "--new", "hash/32", "--align", "pad")
KEYS = {"name", "hours", "cost", "peak_bytes", "searches", "harm", "delay", "recommended"}


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, with a cache of its own and a golden set."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    write_golden(tmp_path / "support")
    return tmp_path


def plan(*arguments: object) -> int:
    return main.run(["plan", "support", *map(str, arguments)])


def told(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, Any]:
    assert plan(*MODELS, *arguments, "--json") == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


@pytest.mark.long
def test_json_tells_every_path_and_every_input(capsys: pytest.CaptureFixture[str]) -> None:
    result = told(capsys, "--documents", "40e6", "--rate", "1e6", "--price", "0.02@2026-11-01")
    assert [path["name"] for path in result["strategies"]] == [
        *("rebuild", "dual-index", "in-place", "bridge", "cascade", "lazy")
    ]
    assert all(set(path) >= KEYS for path in result["strategies"])
    assert sum(path["recommended"] for path in result["strategies"]) == 1
    inputs = {item["name"]: item for item in result["inputs"]}
    assert all(set(item) >= {"name", "value", "low", "high", "kind", "source"} for item in inputs.values())
    assert (inputs["documents"]["value"], inputs["documents"]["kind"]) == (40e6, "given")
    assert (inputs["price"]["date"], inputs["tpm"]["source"]) == ("2026-11-01", "--rate")
    assert inputs["tokens_per_character"]["kind"] == "assumed"
    assert len({item["strategy"] for item in result["plan"]["exposures"]}) >= 12
    jsonschema.validate(result, schema_of("plan"))


def test_hours_and_cost_are_those_of_the_formulas(capsys: pytest.CaptureFixture[str], work: Path) -> None:
    (work / "plan.toml").write_text(
        "documents = 1e6\ntokens_per_document = 500\ntpm = 1e6\nrpm = 3000\n"
        "headroom = 0.3\nretry_share = 0.01\n"
        "latency_s = 0.2\nconcurrency = 1\n[traffic]\nlive_qps = 5\nlive_tokens = 20\nwrites_per_s = 0\n"
        "updates_per_hour = 0\n[price]\nprice = { value = 0.02, date = 2026-11-01 }\n"
    )
    result = told(capsys, "--plan", "plan.toml")
    rebuild = result["strategies"][0]
    assert rebuild["hours"] == pytest.approx(12.128975, abs=1e-6)
    assert rebuild["cost"] == pytest.approx(10.0)
    assert result["plan"]["schedule"]["binding"] == "tokens"
    assert rebuild["recommended"]


def test_the_terminal_shows_six_paths_and_what_would_change_the_choice(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert plan(*MODELS) == 0
    shown = capsys.readouterr()
    for name in ("rebuild", "dual-index", "in-place", "bridge", "cascade", "lazy"):
        assert re.search(rf"^{name} ", shown.out, flags=re.MULTILINE)
    assert "What would change it" in shown.out
    assert "EK751" in shown.err


@pytest.mark.long
def test_the_folder_holds_the_plan_its_page_and_its_runbook(work: Path) -> None:
    assert plan(*MODELS, "-o", "out") == 0
    assert {path.name for path in (work / "out").iterdir()} == {"plan.json", "report.html", "runbook.md"}
    page = (work / "out" / "report.html").read_text(encoding="utf-8")
    assert not re.findall(r"(?:href|src)=[\"']?https?:", page)
    result = read_result(work / "out")
    assert result.kind == "plan"
    assert main.run(["report", "out/plan.json", "-o", "again.html"]) == 0
    assert (work / "again.html").read_text(encoding="utf-8") == page
    assert plan(*MODELS, "-o", "out") == 0
    assert plan(*MODELS, "-o", "out", "--documents", "7") == 2
    assert plan(*MODELS, "-o", "out", "--documents", "7", "--force") == 0


def test_the_commands_of_the_runbook_run(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert plan(*MODELS, "-o", "out") == 0
    runbook = (work / "out" / "runbook.md").read_text(encoding="utf-8")
    commands = re.findall(r"^ *\$ (evalkit .*)$", runbook, flags=re.MULTILINE)
    verbs = [shlex.split(command)[1] for command in commands]
    assert set(verbs) == {"golden", "compare", "diff", "gate", "embed", "parity", "canary"}
    rows = [f"{'canary' if at % 20 == 0 else 'control'},u{at},{at % 3 % 2},{at}" for at in range(2000)]
    (work / "events.csv").write_text("\n".join(["arm,user,metric,timestamp", *rows]))
    for command in dict.fromkeys(commands):
        code = main.run(shlex.split(command)[1:])
        assert code in {0, 1, 3}, f"{command}: {capsys.readouterr().err}"


def test_before_launch_needs_no_golden_set(capsys: pytest.CaptureFixture[str], work: Path) -> None:
    assert main.run(["plan", "--before-launch", "st/all-MiniLM-L6-v2", "-o", "launch"]) == 0
    shown = capsys.readouterr().out
    assert shown == (work / "launch" / "runbook.md").read_text(encoding="utf-8")
    for decision in (
        "which model made its vector",
        "alias",
        "writes go to two indexes",
        "golden set",
        "every night",
    ):
        assert decision in shown
    assert main.run(["plan", "--before-launch", "st/all-MiniLM-L6-v2", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["checklist"]) >= 5


def test_the_commands_of_the_checklist_run_on_a_golden_set_of_that_name(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_golden(work / "search-golden")
    assert main.run(["plan", "--before-launch", "hash/64"]) == 0
    commands = re.findall(r"^ *\$ (evalkit .*)$", capsys.readouterr().out, flags=re.MULTILINE)
    assert len(commands) >= 4
    assert [main.run(shlex.split(command)[1:]) for command in commands] == [0] * len(commands)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((), "EK756", "--old, --new"),
        (("--old", "hash/64"), "EK756", "--new"),
        ((*MODELS, "--documents", "-4"), "EK740", "documents"),
        ((*MODELS, "--documents", "nan"), "EK740", "documents"),
        ((*MODELS, "--rate", "10"), "EK742", "tpm"),
        ((*MODELS, "--price", "cheap"), "EK749", "--price"),
        ((*MODELS, "--price", "0.02@soon"), "EK749", "price"),
        ((*MODELS, "--engine", "pgvectr"), "EK102", "did you mean pgvector"),
        ((*MODELS, "--engine", "faiss-flat", "--kind", "int8"), "EK741", "faiss-flat"),
        ((*MODELS, "--plan", "absent.toml"), "EK747", "absent.toml"),
        ((*MODELS, "--order", "field:nothing"), "EK102", "nothing"),
        ((*MODELS, "--measure", "nDCG"), "EK182", "nDCG"),
        ((*MODELS, "--order", "lazy:nolog.txt"), "EK126", "nolog.txt"),
        (("--old", "hash/64", "--new", "hash/64"), "EK756", "both"),
        (("--old", "run/r.trec", "--new", "hash/32"), "EK369", "run/r.trec"),
        (("--before-launch", "hash/64"), "EK756", "golden"),
    ],
)
def test_what_cannot_be_planned_is_named(
    arguments: tuple[str, ...], code: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert plan(*arguments) == 2
    shown = capsys.readouterr().err
    assert f"error[{code}]" in shown
    assert words in shown


def test_findings_name_the_key(capsys: pytest.CaptureFixture[str], work: Path) -> None:
    (work / "plan.toml").write_text("documents = 1e6\nwrites_per_s = 1000\n")
    result = told(capsys, "--plan", "plan.toml", "--price", "0.02")
    problems = {finding["code"]: finding["problem"] for finding in result["findings"]}
    assert "writes_per_s" in problems["EK743"]
    assert "price" in problems["EK749"]
    assert result["strategies"][0]["hours"] is None
    assert result["plan"]["schedule"]["converges"] is False


def log_file(work: Path, queries: int = 60) -> str:
    (work / "log.txt").write_text("\n".join(f"q{at * at % 37:03}" for at in range(queries)) + "\n")
    return "log.txt"


def test_a_log_measures_how_unevenly_documents_are_shown(
    capsys: pytest.CaptureFixture[str], work: Path
) -> None:
    result = told(capsys, "--log", log_file(work))
    exponent = next(item for item in result["inputs"] if item["name"] == "zipf")
    assert exponent["kind"] == "measured"
    assert "log.txt: 30 queries" in exponent["source"]
    assert result["plan"]["zipf"]["queries"] == 30
    assert any(item["code"] == "EK761" for item in result["findings"])


@pytest.mark.parametrize(
    ("queries", "plan_file", "code"), [(10, "", "EK760"), (60, "zipf = 0.9", "EK748"), (0, "", "EK")]
)
def test_a_log_that_tells_nothing_or_what_is_stated_is_refused(
    queries: int, plan_file: str, code: str, capsys: pytest.CaptureFixture[str], work: Path
) -> None:
    (work / "plan.toml").write_text(plan_file)
    assert plan(*MODELS, "--log", log_file(work, queries), "--plan", "plan.toml") == 2
    assert code in capsys.readouterr().err


@pytest.mark.long
def test_the_build_of_the_index_is_measured_once(capsys: pytest.CaptureFixture[str]) -> None:
    first, second = (told(capsys, "--documents", "1e7")["plan"]["build"] for _ in range(2))
    assert first == second
    assert 0 < first["low_hours"] <= first["high_hours"]
    assert (first["effort"], first["m"], first["drawn"]) == (64, 16, True)
    assert first["memory_bytes"] == 1e7 * (4 * 32 + 720)
    flat = told(capsys, "--engine", "faiss-flat")
    assert flat["plan"]["build"] is None


def test_a_model_that_runs_here_has_the_speed_it_had_here(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evalkit.embedding.encoding.BATCH", 20)
    speed = {item["name"]: item for item in told(capsys)["inputs"]}
    assert speed["tokens_per_s"]["kind"] == "measured"
    assert "tpm" not in speed
    assert "texts a second on this machine" in speed["tokens_per_s"]["source"]
    provided = {item["name"]: item for item in told(capsys, "--price", "1@2026-11-01")["inputs"]}
    assert "tokens_per_s" not in provided
    assert provided["tpm"]["kind"] == "assumed"


def test_re_embedding_on_demand_stays_within_the_limit(
    capsys: pytest.CaptureFixture[str], work: Path
) -> None:
    (work / "plan.toml").write_text("tpm = 2e4\nlive_qps = 20\n[traffic]\nlive_tokens = 10\n")
    (lazy,) = (path for path in told(capsys, "--plan", "plan.toml")["strategies"] if path["name"] == "lazy")
    assert not lazy["possible"]
    assert "would at first embed" in lazy["note"]


@pytest.mark.long
def test_fuller_pages_than_the_formula_says_are_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert plan("--old", "hash/64", "--new", "hash/948", "--json") == 0
    (finding,) = (item for item in json.loads(capsys.readouterr().out)["findings"] if item["code"] == "EK762")
    assert "4,476 bytes rather than 4,096" in finding["problem"]
    assert finding["hint"].startswith("bytes_per_vector = 4476")
