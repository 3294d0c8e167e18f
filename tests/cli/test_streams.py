"""Exit codes do not depend on what becomes of the streams."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support_sets import write_golden

RUN = [sys.executable, "-c", "from evalkit.cli.main import main; main()"]
GO_OR_NOT = ["compare", "helpdesk", "--baseline", "hash/64", "--candidate", "hash/16", "--no-mix"]
COMMANDS = {
    "a verdict": ([*GO_OR_NOT, "-o", "report"], 1),
    "a verdict as JSON": ([*GO_OR_NOT, "--json"], 1),
    "help": (["--help"], 0),
    "scores": (["run", "helpdesk", "--model", "hash/16"], 0),
    "bad input": (["run", "nowhere", "--model", "hash/16"], 2),
    "a misspelt option": (["run", "helpdesk", "--modell", "x"], 2),
    "a misspelt command": (["comparre"], 2),
}


CASES = [
    *((command, "reader gone") for command in COMMANDS),
    *(("bad input", closing) for closing in ("2>&-", ">&- 2>&-", "<&- >&- 2>&-", "both gone")),
    *(("a verdict", closing) for closing in ("2>&-", "both gone", "2>/dev/full")),
    ("bad input", "2>/dev/full"),
    ("scores", ">&-"),
]


@pytest.mark.long
@pytest.mark.parametrize(("command", "closing"), CASES)
def test_the_exit_code_is_that_of_the_work(command: str, closing: str, tmp_path: Path) -> None:
    arguments, wanted = COMMANDS[command]
    environment = {**os.environ, "EVALKIT_CACHE": str(tmp_path / "cache")}
    line = " ".join([f"exec '{RUN[0]}' -c '{RUN[2]}'", *arguments, closing if "gone" not in closing else ""])
    read, write = os.pipe()
    os.close(read)  # whoever writes there is told that nobody reads
    gone = write if "gone" in closing else subprocess.DEVNULL
    try:
        done = subprocess.run(
            ["/bin/sh", "-c", line],
            cwd=tmp_path,
            env=environment,
            stdout=gone,
            stderr=write if closing == "both gone" else subprocess.DEVNULL,
            check=False,
        )
    finally:
        os.close(write)

    assert done.returncode == wanted


LATIN = {"latin-1": "caf\xe9 \\u65e5 \\U0001f600", "ascii": None, "cp1252": "caf\xe9 \\u65e5 \\U0001f600"}


@pytest.mark.long
@pytest.mark.parametrize("encoding", LATIN)
def test_a_stream_of_few_characters_shows_the_others_as_escapes(encoding: str, tmp_path: Path) -> None:
    write_golden(tmp_path / "set", queries=6)
    version = "caf\xe9 \u65e5 \U0001f600"
    (tmp_path / "set" / "golden.toml").write_text(f'version = "{version}"', encoding="utf-8")
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "EVALKIT_CACHE": str(tmp_path / "cache")}

    def ran(*arguments: str) -> bytes:
        command = [*RUN, *arguments]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, check=True).stdout

    shown = ran("golden", "check", "set")
    wanted = LATIN[encoding]
    assert wanted is None or wanted.encode(encoding) in shown
    told = json.loads(ran("golden", "check", "set", "--json").decode("utf-8" if wanted is None else encoding))
    assert told["golden"]["version"] == version
