"""What is wrong with a command is told before what lies in its way, and with -q as without."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support_sets import write_golden, write_run

from evalkit.cli import main

RUNS = ("run/old.trec", "run/new.trec")
HASHES = ("hash/16", "hash/8")


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, with a golden set, runs and a folder that holds somebody's report."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("CI", raising=False)
    write_golden(tmp_path / "support")
    write_run(tmp_path / "old.trec", {4: 3})
    write_run(tmp_path / "new.trec", {})
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "report.html").write_text("somebody's")
    (tmp_path / "taken.trec").write_text("somebody's\n")
    return tmp_path


def cli(*arguments: str) -> int:
    return main.run(list(arguments))


def compare(old: str = RUNS[0], new: str = RUNS[1], *more: str) -> list[str]:
    return ["compare", "support", "--baseline", old, "--candidate", new, *more]


def mix(old: str = HASHES[0], new: str = HASHES[1], *more: str) -> list[str]:
    return ["mix", "support", "--old", old, "--new", new, *more]


def diff(old: str = RUNS[0], new: str = RUNS[1], *more: str) -> list[str]:
    return ["diff", "support", "--old", old, "--new", new, *more]


def run(model: str = RUNS[0], *more: str) -> list[str]:
    return ["run", "support", "--model", model, *more]


def gate(model: str = RUNS[0], *more: str) -> list[str]:
    return ["gate", "support", "--model", model, *more]


MISTAKES = {
    "compare, run file": (compare(new="run/nwe.trec"), "EK430"),
    "compare, baseline": (compare(old="run/odl.trec"), "EK430"),
    "compare, provider": (compare(new="hsah/16"), "EK102"),
    "compare, dimensions": (compare(new="hash/many"), "EK115"),
    "compare, vectors": (compare(new="vectors/nothing"), "EK342"),
    "compare, local model": (compare(new="st/./nothing"), "EK35"),
    "compare, function": (compare(new="search/nothing.here:find"), "EK"),
    "compare, encoder": (compare(new="python/nothing.here:encode"), "EK"),
    "compare, address": (compare(new="http/ftp://example.org/"), "EK"),
    "compare, measure": (compare(*RUNS, "--measure", "nDGC@10"), "EK102"),
    "compare, primary": (compare(*RUNS, "--primary", "Recal@10"), "EK102"),
    "compare, segment": (compare(*RUNS, "--segment", "source"), "EK124"),
    "compare, margin": (compare(*RUNS, "--margin", "2"), "EK"),
    "mix, dimensions": (mix(new="hash/many"), "EK115"),
    "mix, vectors": (mix(old="vectors/nothing"), "EK342"),
    "mix, run file": (mix(new="run/new.trec"), "EK369"),
    "mix, measure": (mix(*HASHES, "--measure", "nDGC@10"), "EK102"),
    "mix, no cutoff": (mix(*HASHES, "--measure", "nDCG"), "EK182"),
    "mix, strategy": (mix(*HASHES, "--strategy", "stay-odl"), "EK102"),
    "mix, order": (mix(*HASHES, "--order", "radnom"), "EK102"),
    "mix, clusters": (mix(*HASHES, "--order", "cluster:few"), "EK"),
    "mix, field of an order": (mix(*HASHES, "--order", "field:tenant"), "EK102"),
    "mix, cohort": (mix(*HASHES, "--cohort", "tenant"), "EK102"),
    "mix, shares": (mix(*HASHES, "--shares", "0,half"), "EK184"),
    "mix, share outside": (mix(*HASHES, "--shares", "0,2"), "EK"),
    "mix, margin": (mix(*HASHES, "--margin", "-1"), "EK"),
    "diff, run file": (diff(new="run/nwe.trec"), "EK430"),
    "diff, dimensions": (diff(old="hash/none"), "EK115"),
    "run, run file": (run("run/odl.trec"), "EK430"),
    "run, measure": (run(RUNS[0], "--measure", "nDGC@10"), "EK102"),
    "gate, dimensions": (gate("hash/none"), "EK115"),
    "gate, measure": (gate(RUNS[0], "--measure", "nDGC@10"), "EK102"),
    "gate, no baseline": (gate(), "EK15"),
}
OTHERS = {
    "no golden set": ["run", "suport", "--model", "hash/16"],
    "no such command": ["compair", "support"],
    "no such option": ["run", "support", "--modle", "hash/16"],
    "no such measure in stats": ["golden", "stats", "support", "--measure", "nDGC@10"],
    "a broken set": ["golden", "check", "broken"],
    "a broken set, used": ["run", "broken", "--model", "hash/16"],
    "no result": ["report", "nowhere", "-o", "x.html"],
    "no such view": ["report", "taken", "-o", "x.pdf"],
    "no table": ["golden", "import", "nothing.csv", "-o", "made"],
    "no lock": ["golden", "lock", "support", "--check"],
    "no config": ["--config", "nothing.toml", "run", "support", "--model", "hash/16"],
    "prune nothing": ["cache", "prune", "--model", " "],
    "a result that is damaged": ["report", "damaged", "-o", "x.html"],
}


def errors(text: str) -> list[str]:
    """Return the blocks of a text that open as errors."""
    blocks, on = [], False
    for line in text.splitlines():
        on = line.startswith(("error", "bug")) or (on and line.startswith("  "))
        if on:
            blocks.append(line)
    return blocks


@pytest.mark.parametrize("name", MISTAKES)
def test_a_usage_mistake_is_told_before_that_the_output_exists(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    command, code = MISTAKES[name]
    output = "taken.trec" if command[0] == "run" else "taken"

    assert cli(*command, "-o", output) == 2

    told = capsys.readouterr().err
    assert "EK612" not in told
    assert f"[{code}" in told


@pytest.mark.parametrize("command", [compare(), mix(), diff()])
def test_with_everything_spelt_right_the_output_that_exists_is_told(
    command: list[str], capsys: pytest.CaptureFixture[str], work: Path
) -> None:
    assert cli(*command, "-o", "taken") == 2

    assert "EK612" in capsys.readouterr().err
    assert (work / "taken" / "report.html").read_text() == "somebody's"


def test_a_gate_is_told_that_its_folder_is_taken_before_anything_is_searched(
    capsys: pytest.CaptureFixture[str], work: Path
) -> None:
    assert cli(*gate(), "--update") == 0
    (work / "old.trec").write_text("nothing that a run holds\n")

    assert cli(*gate(), "-o", "taken") == 2
    assert "EK612" in capsys.readouterr().err


@pytest.mark.long
@pytest.mark.parametrize("name", [*MISTAKES, *OTHERS])
def test_errors_and_exit_codes_are_the_same_with_q(
    name: str, work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = write_golden(work / "broken") / "qrels" / "test.tsv"
    broken.write_text(broken.read_text() + "\nq999\td000\tmaybe")
    (work / "damaged").mkdir()
    (work / "damaged" / "result.json").write_text(json.dumps({"schema": 1}))
    command = OTHERS.get(name) or MISTAKES[name][0]

    loud = cli(*command), errors((told := capsys.readouterr()).out + told.err)
    quiet = cli("-q", *command), errors((told := capsys.readouterr()).out + told.err)
    verbose = cli("-v", *command), errors((told := capsys.readouterr()).out + told.err)

    assert loud[0] != 0
    assert loud[1]
    assert quiet == loud == verbose
