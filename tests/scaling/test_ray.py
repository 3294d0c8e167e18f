"""--on ray: a real Ray on loopback; a worker is killed in the middle, and its work done again."""

from __future__ import annotations

import json
from pathlib import Path

import dying
import pytest
from clusters import environment
from support_sets import write_golden
from test_shared_embedding import assert_each_once, content, corpus, embedded

from evalkit.cli import main
from evalkit.scaling.opening import opened

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # Ray leaves pipes and sockets to the collector
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, with a cache of its own; Ray stays on loopback."""
    services = pytest.importorskip("ray._private.services", reason="the extra ray is not installed")
    monkeypatch.setattr(services, "resolve_ip_for_localhost", lambda host: host)
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PYTHONPATH", environment()["PYTHONPATH"])  # of workers
    return tmp_path


def test_the_work_of_a_killed_worker_is_done_again(work: Path) -> None:
    with opened("ray", work / "cache") as executor:
        assert executor is not None
        found = dict(executor.map(dying.die_once, work, range(8)))
    assert found == {task: task * task for task in range(8)}
    assert (work / "died-3").exists()


def test_ray_gives_what_one_process_gives(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_golden(work / "support")
    results = []
    for options in ([], ["--on", "ray"]):
        assert main.run(["run", "support", "--model", "hash/64", "--json", *options]) == 0
        results.append({**json.loads(capsys.readouterr().out), "provenance": 0})
    assert results[0] == results[1]
    source = corpus(130)
    one = embedded(capsys, source, "--model", "hash/16", "-o", "one")
    assert embedded(capsys, source, "--model", "hash/16", "-o", "shared", "--on", "ray") == one
    assert content("one") == content("shared")
    assert_each_once(Path("shared"), 130)
