"""--on dask://: a real scheduler and two workers on loopback, one of them killed in the middle."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

import pytest
from clusters import HERE, dask_cluster
from support_sets import write_golden
from test_on_option import COMMANDS, asked
from test_shared_embedding import (
    assert_each_once,
    corpus,
    noted,
    started,
    texts_of,
    wait_for_shards,
    workers_at_work,
)

from evalkit.cli import main


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, with a cache of its own."""
    pytest.importorskip("distributed", reason="the extra dask is not installed")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.syspath_prepend(str(HERE))
    (tmp_path / "notes").mkdir()
    monkeypatch.setenv("SLOWMODEL_NOTES", str(tmp_path / "notes"))
    monkeypatch.setenv("SLOWMODEL_S", "0.3")
    return tmp_path


@pytest.mark.long
def test_a_cluster_gives_what_one_process_gives_whoever_is_killed(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_golden(work / "support")
    with dask_cluster(work) as (address, workers):
        for name in ("run", "mix", "compare"):
            code, one, told = asked(capsys, *COMMANDS[name])
            also, shared, also_told = asked(capsys, *COMMANDS[name], "--on", f"dask://{address}")
            assert {**one, "provenance": 0} == {**shared, "provenance": 0}
            assert (code, told) == (also, also_told)

        source = corpus(400)
        driver = started(source, f"dask://{address}")
        wait_for_shards(2)
        driver.kill()
        driver.communicate()
        kept = texts_of(Path("S"))

        again = started(source, f"dask://{address}")
        wait_for_shards(5)
        os.kill(workers[0].pid, signal.SIGKILL)
        printed, _ = again.communicate(timeout=90)
        found = json.loads(printed)
        assert again.returncode == 0
        assert found["kept"] >= 80
        assert found["kept"] + found["embedded"] == 400
        assert all(noted()[text] == 1 for text in kept)
        assert_each_once(Path("S"), 400)
        assert set(workers_at_work(driver, again)) == {worker.pid for worker in workers}


def test_an_address_where_nobody_answers_ends_with_4(
    capsys: pytest.CaptureFixture[str], work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_golden(work / "support")
    monkeypatch.setattr("evalkit.scaling.daskengine.TIMEOUT_S", 1)
    assert main.run(["run", "support", "--model", "hash/64", "--on", "dask://127.0.0.1:1"]) == 4
    assert "EK765" in capsys.readouterr().err
    assert not list((work / "cache" / "scratch").iterdir())


@pytest.mark.parametrize("engine", ["dask", "ray"])
def test_a_missing_extra_says_what_brings_it(
    engine: str, capsys: pytest.CaptureFixture[str], work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_golden(work / "support")
    monkeypatch.setitem(sys.modules, {"dask": "distributed", "ray": "ray"}[engine], None)
    assert main.run(["run", "support", "--model", "hash/64", "--on", engine]) == 2
    assert f"retrieval-evalkit[{engine}]" in capsys.readouterr().err
