"""embed --on: the shards of one process, byte for byte; whoever is killed, no text is embedded into two."""

from __future__ import annotations

import atexit
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support_sets import write_golden

from evalkit.cli import main
from evalkit.embedding.backfill.places import Place
from evalkit.embedding.backfill.shards import read_shard, shards_in

HERE = Path(__file__).parent


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, with a cache of its own; workers find the model beside these tests."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.syspath_prepend(str(HERE))
    (tmp_path / "notes").mkdir()
    return tmp_path


def corpus(number: int, *, mark: str = "", name: str = "corpus.jsonl") -> Path:
    path = Path(name)
    bodies = {f"d{at:05d}": f"text {at % (number - 3)}{mark if at % 7 == 0 else ''}" for at in range(number)}
    path.write_text("".join(json.dumps({"_id": key, "text": body}) + "\n" for key, body in bodies.items()))
    return path


def embedded(capsys: pytest.CaptureFixture[str], source: object, *options: str) -> tuple[int, dict[str, Any]]:
    code = main.run(["embed", str(source), "--shard-rows", "40", "--json", *options])
    found = json.loads(capsys.readouterr().out)
    return code, {**found, "provenance": 0, "folder": 0}


def content(folder: str) -> dict[str, str]:
    paths = sorted([*Path(folder).rglob("*.parquet"), *Path(folder).rglob("fingerprint.json")])
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def assert_each_once(folder: Place, number: int) -> None:
    ids = [identity for path in shards_in(folder).values() for identity in read_shard(path).ids]
    assert sorted(ids) == [f"d{at:05d}" for at in range(number)]


def assert_went_on(again: subprocess.Popen[bytes], kept: set[str]) -> None:
    """Hold that a command which ran again embedded what lacked, and nothing that a shard held before."""
    told, _ = again.communicate(timeout=120)
    found = json.loads(told)
    assert again.returncode == 0
    assert found["kept"] >= len(kept) >= 110
    assert found["kept"] + found["embedded"] == 400
    assert not kept & noted().keys()
    assert_each_once(Path("S"), 400)


def texts_of(folder: Place) -> set[str]:
    """Return the texts that stand in finished shards, but for those that stand in several documents."""
    ids = [identity for path in shards_in(folder).values() for identity in read_shard(path).ids]
    return {f"text {int(identity[1:])}" for identity in ids} - {"text 0", "text 1", "text 2"}


def noted() -> Counter[str]:
    """Return how often the slow model was asked for each text."""
    return Counter(text for note in Path("notes").iterdir() for text in note.read_text("utf-8").splitlines())


def forget_notes() -> None:
    for note in Path("notes").iterdir():
        note.unlink()


@pytest.mark.long
@pytest.mark.parametrize("model", ["hash/64", "lsa/8"])
def test_a_golden_set_gives_the_same_bytes(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    write_golden(Path("support"))
    one = embedded(capsys, "support", "--model", model, "-o", "one")
    shared = embedded(capsys, "support", "--model", model, "-o", "shared", "--on", "local:2")
    assert one == shared
    assert content("one") == content("shared")


@pytest.mark.long
def test_new_and_changed_texts_later_give_the_same_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    places: dict[str, tuple[str, ...]] = {"one": (), "shared": ("--on", "local:2")}
    for number, mark in ((130, ""), (130, ""), (210, ""), (250, " changed")):
        source = corpus(number, mark=mark)
        said = [
            embedded(capsys, source, "--model", "hash/16", "-o", folder, "--dtype", "float16", *options)
            for folder, options in places.items()
        ]
        assert said[0] == said[1]
        assert content("one") == content("shared")
        assert_each_once(Path("shared"), number)


def test_the_budget_ends_at_the_same_text(capsys: pytest.CaptureFixture[str]) -> None:
    source, money = corpus(150), ("--budget", "0.0003", "--price", "1")
    one = embedded(capsys, source, "--model", "hash/16", "-o", "one", *money)
    shared = embedded(capsys, source, "--model", "hash/16", "-o", "shared", "--on", "local:2", *money)
    assert one == shared
    assert one[0] == 3
    assert content("one") == content("shared")
    rest = [embedded(capsys, source, "--model", "hash/16", "-o", folder) for folder in ("one", "shared")]
    assert rest[0] == rest[1]
    assert_each_once(Path("shared"), 150)


def started(source: Path, where: str, *, seconds: float = 0.3, output: str = "S") -> subprocess.Popen[bytes]:
    options = [
        "--model",
        "python/slowmodel:embed",
        "--shard-rows",
        "40",
        "-o",
        output,
        "--on",
        where,
        "--json",
    ]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(HERE), *sys.path]),
        "SLOWMODEL_S": str(seconds),
        "SLOWMODEL_NOTES": str(Path("notes").absolute()),
    }
    driver = subprocess.Popen(
        [sys.executable, "-c", "from evalkit.cli.main import main; main()", "embed", str(source), *options],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    atexit.register(driver.kill)  # where a test fails before it ends
    return driver


def wait_until(is_so: Callable[[], bool], *, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.02)


def wait_for_shards(number: int) -> None:
    wait_until(lambda: len(list(Path("S").glob("shard-*.parquet"))) >= number)


def workers_at_work(*drivers: subprocess.Popen[bytes]) -> list[int]:
    """Return the processes that were asked for texts; drivers ask for one, to learn how long vectors are."""
    found = {int(path.name) for path in Path("notes").iterdir()}
    return sorted(found - {driver.pid for driver in drivers})


@pytest.mark.long
def test_a_killed_worker_costs_its_shard_and_no_more() -> None:
    driver = started(corpus(400), "local:2")
    wait_for_shards(2)
    os.kill(workers_at_work(driver)[0], signal.SIGKILL)
    told, _ = driver.communicate(timeout=60)
    assert driver.returncode == 0
    assert json.loads(told)["embedded"] == 400
    assert_each_once(Path("S"), 400)


@pytest.mark.long
def test_a_killed_driver_is_gone_on_with() -> None:
    source = corpus(400)
    driver = started(source, "local:2")
    wait_for_shards(3)
    driver.kill()
    driver.communicate()
    kept = texts_of(Path("S"))
    forget_notes()
    again = started(source, "local:2", seconds=0)
    assert_went_on(again, kept)
