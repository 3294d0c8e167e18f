"""A Ray that asks for a token: told to a client that sends none, and given by one that has it."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from clusters import environment, ray_cluster
from support_sets import write_golden
from test_on_option import COMMANDS

pytestmark = pytest.mark.cluster


def test_a_cluster_that_asks_for_a_token_is_told_and_gets_it(tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="the extra ray is not installed")
    write_golden(tmp_path / "support")
    own = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "a" * 64}
    # Whoever has imported ray hands on by RAY_CLIENT_MODE that nobody may be a client.
    clean = {name: value for name, value in environment().items() if not name.startswith("RAY_")}
    code = "from evalkit.cli.main import main; main()"
    with (
        tempfile.TemporaryDirectory(prefix="r", ignore_cleanup_errors=True) as folder,
        ray_cluster(Path(folder), settings=own) as address,
    ):
        command = [sys.executable, "-c", code, *COMMANDS["run"], "--on", f"ray://{address}", "--json"]
        ended = [
            subprocess.run(
                command, cwd=tmp_path, env={**clean, **sent}, capture_output=True, text=True, check=False
            )
            for sent in ({"RAY_AUTH_MODE": "disabled"}, own)
        ]
    assert [one.returncode for one in ended] == [4, 0]
    assert "EK765" in ended[0].stderr
    assert "RAY_AUTH_MODE=token" in ended[0].stderr
