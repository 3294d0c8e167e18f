"""Code of the user's own that ends, interrupts or litters the process: its failure, never an exit 0."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from evalkit.cli import main
from evalkit.errors import ModelError
from evalkit.usercode import guarded

ENDINGS = {
    "exit_zero": "sys.exit(0)",
    "exit_at_once": "__import__('os')._exit(0)",
    "exit_nothing": "sys.exit()",
    "exit_true": "raise SystemExit(True)",
    "quits": "quit()",
    "interrupts": "raise KeyboardInterrupt",
    "closes": "raise GeneratorExit",
    "stops": "raise StopIteration",
    "recurses": "f = lambda: f()\n    f()",
    "fills_memory": "raise MemoryError",
    "own_kind": "raise type('Odd', (BaseException,), {})('odd')",
    "late": "return (sys.exit(0) for _ in queries)",
    "in_a_score": "return [[('d0', type('S', (), {'__float__': lambda s: sys.exit(0)})())] for _ in queries]",
    "in_a_list": "return type('L', (), {'__iter__': lambda s: sys.exit(0)})()",
}


@pytest.fixture(autouse=True)
def _work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    (tmp_path / "set" / "qrels").mkdir(parents=True)
    for name, key in (("queries", "q"), ("corpus", "d")):
        lines = [json.dumps({"_id": f"{key}{n}", "text": f"text {key}{n}"}) + "\n" for n in range(4)]
        (tmp_path / "set" / f"{name}.jsonl").write_text("".join(lines))
    judged = "".join(f"q{n}\td{n}\t1\n" for n in range(4))
    (tmp_path / "set" / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\n" + judged)


def command(name: str, model: str) -> list[str]:
    return {
        "run": ["run", "set", "--model", model],
        "compare": ["compare", "set", "--baseline", "hash/16", "--candidate", model, "--json"],
        "gate": ["gate", "set", "--model", model, "--update"],
        "diff": ["diff", "set", "--old", "hash/16", "--new", model],
    }[name]


@pytest.mark.long
@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("door", ["run", "compare", "gate", "diff"])
def test_a_search_that_ends_the_process_has_failed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], ending: str, door: str
) -> None:
    module = f"search_{ending}_{door}"
    (tmp_path / f"{module}.py").write_text(f"import sys\ndef find(queries, depth):\n    {ENDINGS[ending]}\n")

    assert main.run(command(door, f"search/{module}:find")) == 2

    told = capsys.readouterr()
    assert told.out == ""
    assert "error[EK44" in told.err


@pytest.mark.parametrize("ending", ["exit_zero", "exit_at_once", "interrupts", "recurses", "own_kind"])
@pytest.mark.parametrize("when", ["imported", "called"])
def test_an_encoder_that_ends_the_process_has_failed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], ending: str, when: str
) -> None:
    module = f"encoder_{ending}_{when}"
    at_import = f"if True:\n    {ENDINGS[ending]}\n" if when == "imported" else ""
    body = ENDINGS[ending] if when == "called" else "pass"
    (tmp_path / f"{module}.py").write_text(f"import sys\n{at_import}def encode(texts):\n    {body}\n")

    assert main.run(["run", "set", "--model", f"python/{module}:encode"]) == 2
    assert "error[EK37" in capsys.readouterr().err


def test_what_a_search_prints_does_not_stand_among_results(tmp_path: Path) -> None:
    source = (
        "import os, subprocess, sys\nprint('at import')\n"
        "def find(queries, depth):\n"
        "    print('by Python'); os.write(1, b'by a library\\n'); subprocess.run(['echo', 'by a program'])\n"
        "    return [[('d0', 1.0)] for _ in queries]\n"
    )
    (tmp_path / "talks.py").write_text(source)
    arguments = ["run", "set", "--model", "search/talks:find", "--measure", "MRR@1", "--json"]

    done = subprocess.run(
        [sys.executable, "-m", "evalkit.cli.main", *arguments], capture_output=True, text=True, check=True
    )

    assert json.loads(done.stdout)["systems"]["search/talks:find"]["measures"]["MRR@1"] == 0.25
    for words in ("at import", "by Python", "by a library", "by a program"):
        assert words in done.stderr


def test_an_end_of_the_process_anywhere_is_no_success(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("evalkit.evaluation.retrieve", lambda *_, **__: sys.exit(0))

    assert main.run(["run", "set", "--model", "hash/16"]) == 70
    assert "asked to end" in capsys.readouterr().err


def test_a_process_that_user_code_forks_ends_as_ever() -> None:
    """`os._exit` is an exception in this process alone."""
    with guarded(lambda error: ModelError(str(error))):
        number = os.fork()
        if number == 0:
            os._exit(7)
        _, status = os.waitpid(number, 0)

    assert os.waitstatus_to_exitcode(status) == 7
