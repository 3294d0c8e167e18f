"""--on ray://: a real cluster that outlives its drivers; one is killed, then a worker; nothing is lost."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from clusters import HERE, ray_cluster
from support_sets import write_golden
from test_on_option import COMMANDS, asked
from test_shared_embedding import (
    assert_went_on,
    corpus,
    forget_notes,
    started,
    texts_of,
    wait_for_shards,
)

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def cluster() -> Iterator[tuple[str, Path]]:
    """The address of a cluster of two workers, and the folder in which all of its tests work."""
    pytest.importorskip("ray", reason="the extra ray is not installed")
    with tempfile.TemporaryDirectory(prefix="r", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        (folder / "notes").mkdir()
        settings = {"SLOWMODEL_NOTES": str(folder / "notes"), "SLOWMODEL_S": "0.3"}
        with ray_cluster(folder, settings=settings) as address:
            yield f"ray://{address}", folder


@pytest.fixture(autouse=True)
def work(cluster: tuple[str, Path], monkeypatch: pytest.MonkeyPatch) -> str:
    """Where to work: in the cluster's folder, with a cache of its own."""
    where, folder = cluster
    monkeypatch.chdir(folder)
    monkeypatch.setenv("EVALKIT_CACHE", str(folder / "cache"))
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.syspath_prepend(str(HERE))
    return where


def test_a_killed_driver_and_then_a_killed_worker_lose_nothing(work: str) -> None:
    source = corpus(400)
    driver = started(source, work)
    wait_for_shards(3)
    driver.kill()
    driver.communicate()
    kept = texts_of(Path("S"))
    forget_notes()

    again = started(source, work)
    wait_for_shards(8)
    latest = max(Path("notes").iterdir(), key=lambda note: note.stat().st_mtime)
    os.kill(int(latest.name), signal.SIGKILL)
    assert_went_on(again, kept)


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # Ray leaves pipes and sockets to the collector
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("name", ["run", "mix", "compare"])
def test_a_cluster_gives_the_result_of_one_process(
    name: str, work: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if not Path("support").exists():
        write_golden(Path("support"))
    code, one, told = asked(capsys, *COMMANDS[name])
    again, shared, also_told = asked(capsys, *COMMANDS[name], "--on", work)
    assert {**one, "provenance": 0} == {**shared, "provenance": 0}
    assert (code, told) == (again, also_told)
