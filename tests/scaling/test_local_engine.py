"""Processes on this machine do what one process does; those that die are replaced."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import dying
import numpy as np
import pytest

from evalkit.embedding.rowfile import RowFile
from evalkit.errors import EvalkitError, ModelError, ProviderError, UsageError
from evalkit.scaling.executor import Executor
from evalkit.scaling.job import check_versions, versions
from evalkit.scaling.opening import opened
from evalkit.scaling.scratch import LARGE_BYTES, Scratch, abandoned, load
from evalkit.scaling.target import Target


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Executor]:
    with opened("local:2", tmp_path_factory.mktemp("cache")) as executor:
        assert executor is not None
        yield executor


def test_an_array_is_written_once_and_answers_come_for_every_task(two: Executor) -> None:
    numbers = np.random.default_rng(1).random(LARGE_BYTES // 8 + 1)
    shards = two.partition(numbers.size, 8)
    assert len(shards) == 8
    for _ in range(2):
        found = dict(two.map(dying.total, numbers, shards))
        assert found == {shard: float(numbers[shard.start : shard.stop].sum()) for shard in shards}
    assert len(list(two.scratch.folder.glob("array-*.npy"))) == 1
    assert not list(two.scratch.folder.glob("shared-*"))


def test_the_work_of_a_killed_worker_is_done_again(two: Executor, tmp_path: Path) -> None:
    assert dict(two.map(dying.die_once, tmp_path, range(8))) == {task: task * task for task in range(8)}
    assert (tmp_path / "died-3").exists()


def test_a_worker_that_is_killed_from_outside_is_replaced(two: Executor) -> None:
    killed = {process for _, (process, _) in two.map(dying.who, None, range(6))}
    for process in killed:
        os.kill(process, signal.SIGKILL)
    answers = list(two.map(dying.who, None, range(6)))
    assert sorted(task for task, _ in answers) == list(range(6))
    assert not killed & {process for _, (process, _) in answers}


def test_what_kills_every_worker_is_an_error_that_says_so(two: Executor) -> None:
    with pytest.raises(ProviderError, match="ended 3 times") as caught:
        list(two.map(dying.die, None, [1]))
    assert caught.value.findings[0].code == "EK768"


def test_errors_arrive_whole_and_bugs_as_what_they_are(two: Executor) -> None:
    with pytest.raises(ModelError, match="task 4 cannot be done") as caught:
        list(two.map(dying.refuse, None, [4]))
    assert caught.value.findings[0].places == ("here",)
    with pytest.raises(ZeroDivisionError):
        list(two.map(dying.stumble, None, [4]))
    assert [value for _, (_, value) in two.map(dying.who, None, ["next"])] == ["next"]


def test_workers_and_scratch_go_with_their_driver(tmp_path: Path) -> None:
    code = f"""
import sys, time, dying
from pathlib import Path
from evalkit.scaling.opening import opened
with opened("local:2", Path({str(tmp_path)!r})) as executor:
    print(*{{process for _, (process, _) in executor.map(dying.who, None, range(6))}}, flush=True)
    time.sleep(60)
"""
    here = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    driver = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": here},
    )
    assert driver.stdout is not None
    workers = [int(word) for word in driver.stdout.readline().split()]
    driver.kill()
    driver.wait()
    driver.stdout.close()
    assert workers
    until = time.monotonic() + 10
    while any(_is_alive(worker) for worker in workers) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any(_is_alive(worker) for worker in workers)
    assert len(list(abandoned(tmp_path / "scratch"))) == 1
    with opened("local:1", tmp_path):
        assert not list(abandoned(tmp_path / "scratch"))
    assert not list((tmp_path / "scratch").iterdir())


def _is_alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text(encoding="ascii").split()[2] != "Z"
    except OSError:
        return False


def test_vectors_on_disk_are_opened_where_they_are_needed(tmp_path: Path) -> None:
    rows = np.arange(12, dtype=np.float16).reshape(4, 3)
    path = tmp_path / "rows.npy"
    np.save(path, rows)
    with path.open("rb") as file:
        stored = RowFile.opened(path, file, (4, 3), np.float16, path.stat().st_size - rows.nbytes)
    again = pickle.loads(pickle.dumps(stored))  # noqa: S301 - our own
    assert np.array_equal(again[np.array([2, 0])], rows[[2, 0]])
    packed = pickle.dumps(stored)
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(ModelError, match="was changed"):
        pickle.loads(packed)  # noqa: S301 - our own
    path.unlink()
    with pytest.raises(ModelError, match=r"cannot read rows\.npy"):
        pickle.loads(packed)  # noqa: S301 - our own


def test_a_worker_without_the_folder_says_which_folder(tmp_path: Path) -> None:
    scratch = Scratch.inside(tmp_path)
    path = scratch.put("value")
    scratch.close()
    with pytest.raises(ModelError, match="does not see") as caught:
        load(path)
    assert caught.value.findings[0].code == "EK767"


def test_other_versions_are_told_before_they_compute() -> None:
    check_versions(versions())
    with pytest.raises(ModelError, match="other versions") as caught:
        check_versions((*versions()[:-1], "faiss-cpu 0.0"))
    assert caught.value.findings[0].places[0].startswith("faiss-cpu 0.0   there faiss-cpu ")


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("local:3", Target("local", workers=3)),
        ("ray://10.0.0.1:10001", Target("ray", "10.0.0.1:10001")),
        ("dask://head.example:8786", Target("dask", "head.example:8786")),
        ("dask://[::1]:8786/", Target("dask", "[::1]:8786")),
    ],
)
def test_what_on_names(text: str, target: Target) -> None:
    assert Target.parse(text) == target
    assert Target.parse(text.partition(":")[0]).workers >= 1


@pytest.mark.parametrize(
    "text",
    [
        *("", "Local", "local:0", "local:-1", "local:x", "local:", "local://2", "local:٣", "local:99999"),
        *("ray:", "ray://", "ray://head", "ray://head:0", "ray://head:70000", "ray://a b:1"),
        *("ray://user@head:1", "dask:8786", "dask://:8786", "tcp://head:8786", "spark", "gpu"),
    ],
)
def test_what_on_does_not_name(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        Target.parse(text)
    assert caught.value.findings[0].code == "EK764"


def test_shards_cover_every_row_once(two: Executor) -> None:
    for rows, size in ((1, 4), (7, 4), (8, 4), (1000, 1536), (10_000_000, 1536), (3, 10**9)):
        shards = two.partition(rows, size)
        assert shards[0].start == 0
        assert all(one.stop == other.start for one, other in pairwise(shards))
        assert shards[-1].stop == rows
        assert min(map(len, shards)) > 0


def test_an_unknown_place_is_told_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(EvalkitError), opened("spark", tmp_path):
        pass
    assert not (tmp_path / "scratch").exists()
