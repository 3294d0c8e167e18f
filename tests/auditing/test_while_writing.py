"""An audit of a live server while somebody writes: what it counts and leaves; it keeps nobody waiting."""

from __future__ import annotations

import json
import re
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import chromadb
import jsonschema
import numpy as np
import psycopg
import pytest
from audited import EXPECTED, OTHER, golden_folder, texts_of, vectors_of
from live_stores import chroma_server, fill_qdrant, hold, pg_table, postgres, sqlite_file, vector_text
from qdrant_by_hand import Handler, serving
from qdrant_client import QdrantClient, models

from evalkit.auditing import attribution, audit, stamping
from evalkit.auditing.stores.sqlitevec import SqliteStore
from evalkit.cli import main
from evalkit.results.schemas import schema_of

SIZE = 400
TEXTS = {str(row): text for row, text in enumerate(texts_of(SIZE).values())}
BODIES = list(TEXTS.values())
RIGHT, WRONG = vectors_of(EXPECTED, TEXTS), vectors_of(OTHER, TEXTS)
FOREIGN = range(0, SIZE, 10)
Live = tuple[str, Callable[[int], None], Callable[[Sequence[int], Any], None]]


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder with a golden set, and makers that fill stores with its documents."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    golden_folder("support", TEXTS)
    postgres()  # whose own table has the sixty records
    hold(monkeypatch, TEXTS, RIGHT, [EXPECTED] * SIZE)
    return tmp_path


@contextmanager
def in_postgres() -> Iterator[Live]:
    """A table; a turn takes a record away and puts it back, in one transaction."""
    name = postgres()
    address = name.replace("pgvector://", "postgresql://")
    with (
        psycopg.connect(address, autocommit=True) as admin,
        psycopg.connect(address, autocommit=True) as other,
    ):
        pg_table(admin, "live")

        def turn(number: int) -> None:
            identity = (str(number % SIZE),)
            with other.transaction():  # whoever looks between finds one too few
                other.execute("CREATE TEMP TABLE moved (LIKE live) ON COMMIT DROP")
                other.execute("INSERT INTO moved SELECT * FROM live WHERE id = %s", identity)
                other.execute("DELETE FROM live WHERE id = %s", identity)
                other.execute("INSERT INTO live SELECT * FROM moved")

        def put(rows: Sequence[int], vectors: Any) -> None:
            for row in rows:
                text = vector_text(vectors[row])
                while not admin.execute(
                    "UPDATE live SET embedding = %s::vector WHERE id = %s", (text, str(row))
                ).rowcount:
                    time.sleep(0.001)  # it was taken away just then, and is put back

        yield f"{name}#live", turn, put


@contextmanager
def in_chroma() -> Iterator[Live]:
    """A collection on Chroma's own server; a turn adds a record, and takes away the one before."""
    with chroma_server(Path("served")) as place:
        client = chromadb.HttpClient("127.0.0.1", int(place.rpartition(":")[2]))
        collection = client.get_collection("docs", embedding_function=None)

        def put(rows: Sequence[int], vectors: Any, prefix: str = "") -> None:
            collection.upsert(
                ids=[f"{prefix}{row}" for row in rows],
                embeddings=np.asarray(vectors, dtype=np.float32)[list(rows)],
                documents=[BODIES[row] for row in rows],
                metadatas=[{"model_version": EXPECTED}] * len(rows),
            )

        def turn(number: int) -> None:
            row = number // 2 % SIZE
            if number % 2:
                collection.delete(ids=[f"n{row}"])
            else:
                put([row], RIGHT, "n")

        yield f"chroma://{place}#docs", turn, put


@contextmanager
def in_qdrant() -> Iterator[Live]:
    """A collection behind Qdrant's interface; a turn adds a point, and takes away the one before."""
    engine = QdrantClient(":memory:")
    fill_qdrant(engine)

    def put(rows: Sequence[int], vectors: Any, shift: int = 0) -> None:
        points = [
            models.PointStruct(
                id=row + shift,
                vector=vectors[row].tolist(),
                payload={"text": BODIES[row], "model_version": EXPECTED},
            )
            for row in rows
        ]
        with Handler.lock:
            engine.upsert("docs", points)

    def turn(number: int) -> None:
        row = number // 2 % SIZE
        if number % 2:
            with Handler.lock:
                engine.delete("docs", [row + 1_000])
        else:
            put([row], RIGHT, 1_000)

    with serving(engine) as (place, writes):
        yield f"qdrant://{place}#docs", turn, put
        assert writes == []


LIVE = {"pgvector": in_postgres, "chroma": in_chroma, "qdrant": in_qdrant}


@pytest.fixture(params=LIVE)
def live(request: pytest.FixtureRequest) -> Iterator[Live]:
    """A server, what somebody does to it again and again, and what puts other vectors there."""
    with LIVE[request.param]() as served:
        yield served


@contextmanager
def writing(turn: Callable[[int], None]) -> Iterator[list[int]]:
    """Let somebody write until the block ends; the turns that were done, one by one."""
    done: list[int] = []
    faults: list[BaseException] = []
    stopped = threading.Event()

    def write() -> None:
        try:
            while not stopped.is_set():
                turn(len(done))
                done.append(len(done))
                time.sleep(0.002)
        except BaseException as fault:  # noqa: BLE001 - told below, in the thread of the test
            faults.append(fault)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield done
    finally:
        stopped.set()
        thread.join(timeout=60)
    assert not thread.is_alive()
    assert faults == []


def audited(name: str, *options: str) -> tuple[int, dict[str, Any]]:
    code = main.run(["-q", "audit", name, "--expect", EXPECTED, "-o", "out", *options])
    shown: dict[str, Any] = json.loads(Path("out/result.json").read_text())
    jsonschema.validate(shown, schema_of("audit"))
    return code, shown


def gauges() -> dict[str, float]:
    """Return the samples of the Prometheus file by name and labels."""
    lines = [line for line in Path("out/audit.prom").read_text().splitlines() if not line.startswith("#")]
    return {key: float(value) for key, _, value in (line.rpartition(" ") for line in lines)}


@pytest.mark.long
def test_it_says_what_is_there_while_somebody_writes(live: Live, capsys: pytest.CaptureFixture[str]) -> None:
    name, turn, put = live
    # Records that come and go elsewhere are in no golden set; their texts lie beside their vectors.
    options = ("--golden", "support", "--suspect", OTHER) if name.startswith("pgvector") else ()
    with writing(turn) as done:
        before = len(done)
        code, shown = audited(name, *options)
        assert len(done) > before  # it was written meanwhile, and nobody waited for the audit
        assert (code, shown["verdict"]) == (0, "SOUND")
        assert shown["forensic"]["examined"] >= 100  # fewer, the slower the machine: records come and go
        total = sum(cell["count"] for cell in shown["census"])
        assert total == SIZE if options else total in range(SIZE, SIZE + 3)
        assert bool(shown["store"]["snapshot"]) == bool(options)

        put(FOREIGN, WRONG)
        code, shown = audited(name, *options)

    assert (code, shown["verdict"]) == (1, "DRIFT")
    assert {cell["fingerprint"] for cell in shown["census"]} == {EXPECTED}  # all of them claim to be right
    forensic = shown["forensic"]
    assert forensic["low"] <= 0.1 <= forensic["high"]
    unnamed = f"not of {EXPECTED}: another model, or vectors changed since"
    named = f"of the model {OTHER}" if options else unnamed
    assert [cause["name"] for cause in forensic["causes"]] == [named]
    assert set(forensic["causes"][0]["ids"]) <= {str(row) for row in FOREIGN}
    nights = [json.loads(line)["verdict"] for line in Path("out/history.jsonl").read_text().splitlines()]
    assert nights == ["SOUND", "DRIFT"] == [night["verdict"] for night in shown["history"]]
    found = {re.sub(r'store="[^"]*",?', "", key): value for key, value in gauges().items()}
    assert found['evalkit_audit_verdict{verdict="DRIFT"}'] == 1
    assert "DRIFT" in Path("out/report.html").read_text()
    assert "DRIFT" in Path("out/summary.md").read_text()
    capsys.readouterr()


def test_a_table_can_be_changed_while_a_model_works(monkeypatch: pytest.MonkeyPatch) -> None:
    """Making vectors again may take an hour; a lock that long would stop a deployment, and all behind it."""
    altered: list[int] = []

    def slowly(*values: Any) -> Any:
        with psycopg.connect(postgres().replace("pgvector://", "postgresql://"), autocommit=True) as admin:
            admin.execute("SET lock_timeout = '2s'")
            admin.execute(f"ALTER TABLE live ADD later{len(altered)} int")
        altered.append(1)
        return attribution.attribute(*values)

    from evalkit.auditing import evidence  # noqa: PLC0415 - patched here alone

    monkeypatch.setattr(evidence, "attribute", slowly)
    monkeypatch.setattr(stamping, "attribute", slowly)
    assert audit
    with in_postgres() as (name, _, _):
        assert audited(name)[0] == 0
        with psycopg.connect(postgres().replace("pgvector://", "postgresql://"), autocommit=True) as admin:
            admin.execute("UPDATE live SET model_version = NULL WHERE id < '2'")
        assert main.run(["-q", "stamp", name, "--model", EXPECTED]) == 0
    assert len(altered) == 2


def test_a_server_that_goes_away_fails_and_the_night_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    with in_qdrant() as (name, _, _):
        assert audited(name)[0] == 0
    before = Path("out/audit.prom").read_bytes()

    code = main.run(["audit", name, "--expect", EXPECTED, "-o", "out"])

    assert (code, "EK616" in capsys.readouterr().err) == (4, True)
    nights = [json.loads(line)["verdict"] for line in Path("out/history.jsonl").read_text().splitlines()]
    assert nights == ["SOUND", "FAILED"]
    assert Path("out/audit.prom").read_bytes() == before  # its time of the last success grows old
    assert main.run(["audit", name, "--expect", EXPECTED, "-o", "new"]) == 4
    assert '"FAILED"' in Path("new/history.jsonl").read_text()  # of the very first night
    assert main.run(["audit", "vectors/typo", "--expect", EXPECTED, "-o", "never"]) == 2
    assert not Path("never").exists()


def test_records_that_go_between_drawing_and_reading_are_made_good_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A promise takes as many vectors as it takes, whatever was deleted meanwhile."""
    name = sqlite_file()
    drawn = SqliteStore.sample

    def sample(store: SqliteStore, sizes: Any, seed: int) -> Any:
        found = drawn(store, sizes, seed)
        with closing(sqlite3.connect("store.db")) as base:
            gone = [identity for some in found.values() for identity in some[:5]]
            base.executemany("DELETE FROM docs WHERE id = ?", [(identity,) for identity in gone])
            base.commit()
        return found

    code, whole = audited(name)
    monkeypatch.setattr(SqliteStore, "sample", sample)
    code, shown = audited(name)
    assert (code, shown["forensic"]["gone"]) == (0, 5)
    assert shown["forensic"]["examined"] == whole["forensic"]["examined"]
    assert "EK649" in [finding["code"] for finding in shown["findings"]]

    code, shown = audited(name, "--sample", "400")
    assert (code, shown["forensic"]["gone"], shown["forensic"]["high"]) == (0, 5, 0.0)  # all that is left
    capsys.readouterr()
