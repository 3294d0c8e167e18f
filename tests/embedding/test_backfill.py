"""The backfill: each text once, nothing lost, whatever happens on the way."""

from __future__ import annotations

import functools
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from endpoint_by_hand import Endpoint, Payload, Reply, endpoint, failure, reply, vector_of
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from evalkit.cli import main
from evalkit.embedding.backfill.checkpoint import Checkpoint
from evalkit.embedding.backfill.documents import Document, stream_documents
from evalkit.embedding.backfill.filling import backfill
from evalkit.embedding.backfill.pacing import Limits, Pace, tokens_of
from evalkit.embedding.backfill.question import BackfillPlan
from evalkit.embedding.backfill.shards import read_shard
from evalkit.embedding.encoder import Encoder, VectorSource
from evalkit.embedding.modelspec import ModelSpec, open_encoder
from evalkit.errors import EvalkitError, GoldenSetError, OutputError, UsageError
from evalkit.golden.goldenset import GoldenSet

EMPTY = GoldenSet.of("corpus", queries={}, corpus={}, qrels={})
CONFIG = """
[models.prod]
spec = "openai/m"
base_url = "{url}"
api_key_env = "BACKFILL_KEY"
batch_size = {batch}
max_retries = {retries}
timeout_s = {timeout}
"""


@pytest.fixture
def served() -> Iterator[Endpoint]:
    with endpoint() as state:
        yield state


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BACKFILL_KEY", "none")
    return tmp_path


def hashed() -> Encoder:
    encoder = open_encoder(ModelSpec.parse("hash/16"), EMPTY, {})
    assert not isinstance(encoder, VectorSource)
    return encoder


def configured(state: Endpoint, *, batch: int = 7, retries: int = 5, timeout: float = 5.0) -> None:
    text = CONFIG.format(url=state.url, batch=batch, retries=retries, timeout=timeout)
    Path("evalkit.toml").write_text(text)


def corpus(texts: dict[str, str], name: str = "docs.jsonl") -> Path:
    path = Path(name)
    path.write_text("".join(json.dumps({"_id": key, "text": body}) + "\n" for key, body in texts.items()))
    return path


def embed(path: Path, *options: object) -> int:
    return main.run(
        ["embed", str(path), "--model", "prod", "-o", "S", "--shard-rows", "20", *map(str, options)]
    )


def texts_of(number: int, mark: str = "") -> dict[str, str]:
    return {f"d{row:03d}": f"text {row}{mark}" for row in range(number)}


def stored(folder: str = "S") -> dict[str, np.ndarray]:
    """Return every vector by id, and see that none stands twice."""
    found: dict[str, Any] = {}
    for path in sorted(Path(folder).glob("*.parquet")):
        table = parquet.read_table(path)
        assert pa.types.is_fixed_size_list(table.schema.field("vector").type)
        for identity, vector in zip(table["id"].to_pylist(), table["vector"].to_pylist(), strict=True):
            assert identity not in found, f"{identity} stands twice"
            found[identity] = np.array(vector)
    return found


def assert_whole(texts: dict[str, str], folder: str = "S") -> None:
    found = stored(folder)
    assert found.keys() == texts.keys()
    for identity, body in texts.items():
        wanted = vector_of(body)
        assert np.allclose(found[identity], wanted / np.linalg.norm(wanted), atol=1e-6)


def test_each_text_is_embedded_once_and_the_same_command_again_asks_nothing(served: Endpoint) -> None:
    configured(served)
    texts = texts_of(50)
    assert embed(corpus(texts)) == 0
    assert_whole(texts)
    assert sorted(served.texts) == sorted(texts.values())
    assert len(list(Path("S").glob("*.parquet"))) == 3
    asked = len(served.requests)
    assert embed(corpus(texts)) == 0
    assert len(served.requests) == asked


def test_only_new_and_changed_texts_are_embedded_next_time(
    served: Endpoint, capsys: pytest.CaptureFixture[str]
) -> None:
    configured(served)
    texts = texts_of(50)
    embed(corpus(texts))
    served.requests.clear()
    later = {**texts, "d003": "another text", "d041": "one more", "e001": "a new one"}
    del later["d007"]
    capsys.readouterr()
    assert embed(corpus(later), "--json") == 0
    assert sorted(served.texts) == ["a new one", "another text", "one more"]
    shown = json.loads(capsys.readouterr().out)
    assert (shown["embedded"], shown["changed"], shown["strangers"]) == (3, 2, 1)
    assert_whole({**later, "d007": texts["d007"]})
    capsys.readouterr()
    assert main.run(["-v", "embed", "docs.jsonl", "--model", "prod", "-o", "S"]) == 0
    assert "S   d007" in capsys.readouterr().err


def test_a_text_that_two_documents_share_is_sent_once(served: Endpoint) -> None:
    configured(served, batch=50)
    texts = {f"d{row}": f"text {row % 3}" for row in range(9)}
    assert embed(corpus(texts)) == 0
    assert_whole(texts)
    assert sorted(served.texts) == ["text 0", "text 1", "text 2"]


def test_empty_texts_have_the_zero_vector_whatever_comes_first(served: Endpoint) -> None:
    configured(served, batch=2)
    assert embed(corpus({"a": "", "b": "", "c": "x", "d": ""})) == 0
    found = stored()
    assert [bool(found[name].any()) for name in "abcd"] == [False, False, True, False]


def test_another_fingerprint_is_refused(served: Endpoint, capsys: pytest.CaptureFixture[str]) -> None:
    configured(served)
    embed(corpus(texts_of(9)))
    before = {path.name: path.read_bytes() for path in Path("S").glob("*.parquet")}
    with Path("evalkit.toml").open("a") as file:
        file.write('document_prompt = "passage: "\n')
    asked = len(served.requests)
    assert embed(corpus(texts_of(9))) == 2
    shown = capsys.readouterr().err
    assert "error[EK723]" in shown
    assert "prompts   there {}, now {'document': 'passage: '}" in shown
    assert len(served.requests) == asked
    assert {path.name: path.read_bytes() for path in Path("S").glob("*.parquet")} == before


def test_shards_of_unknown_origin_are_refused(served: Endpoint, capsys: pytest.CaptureFixture[str]) -> None:
    configured(served)
    embed(corpus(texts_of(30)))
    (Path("S") / "fingerprint.json").unlink()
    assert embed(corpus(texts_of(30))) == 2
    assert "EK723" in capsys.readouterr().err


def test_other_parquet_files_and_another_number_type_are_refused(
    served: Endpoint, capsys: pytest.CaptureFixture[str]
) -> None:
    configured(served)
    embed(corpus(texts_of(30)))
    assert embed(corpus(texts_of(30)), "--dtype", "float16") == 2
    assert "EK723" in capsys.readouterr().err
    parquet.write_table(pa.table({"a": [1]}), "S/mine.parquet")
    assert embed(corpus(texts_of(30))) == 2
    assert "EK725" in capsys.readouterr().err


def test_half_precision_is_stored_as_such(served: Endpoint) -> None:
    configured(served)
    assert embed(corpus(texts_of(5)), "--dtype", "float16") == 0
    table = parquet.read_table("S/shard-00000.parquet")
    assert table.schema.field("vector").type.value_type == pa.float16()
    assert_close_to_half(stored())


def assert_close_to_half(found: dict[str, Any]) -> None:
    for identity, vector in found.items():
        wanted = vector_of(f"text {int(identity[1:])}")
        assert np.allclose(vector, wanted / np.linalg.norm(wanted), atol=1e-3)


def test_a_lost_checkpoint_is_made_anew_and_a_lost_shard_embedded_again(
    served: Endpoint, capsys: pytest.CaptureFixture[str]
) -> None:
    configured(served)
    texts = texts_of(50)
    embed(corpus(texts))
    for path in Path("S").glob("checkpoint*"):
        path.unlink()
    served.requests.clear()
    assert embed(corpus(texts)) == 0
    assert served.requests == []
    (Path("S") / "shard-00001.parquet").unlink()
    assert embed(corpus(texts)) == 0
    assert "EK725" in capsys.readouterr().err
    assert sorted(served.texts) == [f"text {row}" for row in range(20, 40)]
    assert_whole(texts)


def test_the_budget_is_never_passed_and_what_is_left_is_told(
    served: Endpoint, capsys: pytest.CaptureFixture[str]
) -> None:
    configured(served)
    texts = texts_of(50)
    tokens = sum(map(tokens_of, texts.values()))
    half = tokens * 0.5 / 1_000_000
    assert embed(corpus(texts), "--price", "1", "--budget", half, "--json") == 3
    shown = json.loads(capsys.readouterr().out)
    assert 0 < shown["cost"] <= half
    assert shown["left"] == 50 - shown["embedded"]
    assert len(stored()) == shown["embedded"]
    assert embed(corpus(texts), "--price", "1", "--budget", half) == 3
    assert "texts are left" in capsys.readouterr().out
    assert embed(corpus(texts), "--price", "1", "--budget", 1) == 0
    assert_whole(texts)
    assert set(Counter(served.texts).values()) == {1}


@pytest.mark.parametrize(
    "options",
    [("--budget", "5"), ("--rpm", "0"), ("--tpm", "-1"), ("--headroom", "1.5"), ("--price", "0")],
)
def test_limits_that_make_no_sense_are_refused(
    options: tuple[str, str], served: Endpoint, capsys: pytest.CaptureFixture[str]
) -> None:
    configured(served)
    assert embed(corpus(texts_of(3)), *options) == 2
    assert "EK727" in capsys.readouterr().err


class Clock:
    """A clock that only sleeping moves."""

    time = 0.0

    def now(self) -> float:
        """Return what time it is."""
        return self.time

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.time += seconds


@given(
    sizes=st.lists(st.integers(1, 400), min_size=2, max_size=40),
    rpm=st.none() | st.floats(10, 600),
    tpm=st.none() | st.floats(1_000, 60_000),
)
@settings(max_examples=60)
def test_neither_requests_nor_tokens_pass_their_limit(
    sizes: list[int], rpm: float | None, tpm: float | None
) -> None:
    clock = Clock()
    pace = Pace(Limits(rpm=rpm, tpm=tpm), now=clock.now, sleep=clock.sleep)
    begun = []
    for size in sizes:
        pace.wait(size)
        begun.append(clock.time)
    for first in range(len(sizes)):
        within = [row for row in range(first, len(sizes)) if begun[row] - begun[first] < 60]
        assert rpm is None or len(within) <= rpm * 0.9 + 1
        assert tpm is None or sum(sizes[row] for row in within[:-1]) <= tpm * 0.9 + 1e-6


def test_requests_are_kept_apart(served: Endpoint) -> None:
    configured(served, batch=5)
    begun = time.monotonic()
    assert embed(corpus(texts_of(20)), "--rpm", "1200", "--headroom", "1") == 0
    assert time.monotonic() - begun >= 3 * 60 / 1200


def shuffled(state: Endpoint) -> Any:
    def answer(request: Payload) -> Reply:
        data = state.data(request)
        random.Random(1).shuffle(data)  # noqa: S311 - an order, no secret
        return reply(data)

    return answer


def test_limits_failures_hangs_and_shuffled_answers_lose_nothing(served: Endpoint) -> None:
    configured(served, timeout=0.5)
    served.always = shuffled(served)
    served.next = [
        served.well,
        failure(429, "slow down"),
        failure(500),
        lambda _: Reply(hangs=True),
        served.well,
        failure(503),
        lambda _: Reply(body=b"{", headers={"content-type": "application/json"}),
    ]
    texts = texts_of(50)
    code = embed(corpus(texts))
    if code:  # half an answer is not asked for again within one command
        assert code in {2, 4}
        assert embed(corpus(texts)) == 0
    assert_whole(texts)


def test_retry_after_is_honoured(served: Endpoint) -> None:
    configured(served)
    told = {"error": {"message": "slow down"}}
    late = Reply(429, json.dumps(told).encode(), {"content-type": "application/json", "retry-after": "1"})
    served.next = [lambda _: late]
    begun = time.monotonic()
    assert embed(corpus(texts_of(5))) == 0
    assert time.monotonic() - begun >= 1.0


def test_a_provider_that_dies_in_the_middle_is_gone_on_with(
    served: Endpoint, capsys: pytest.CaptureFixture[str]
) -> None:
    configured(served, retries=0)
    texts = texts_of(50)
    served.next = [served.well] * 4 + [failure(500, "dead")] * 4
    assert embed(corpus(texts)) == 4
    assert "error[EK7" in capsys.readouterr().err
    answered = {text for request in served.requests[:4] for text in request["input"]}
    served.requests.clear()
    served.next = []
    assert embed(corpus(texts)) == 0
    assert not answered & set(served.texts)
    assert_whole(texts)


def test_a_second_process_is_refused(served: Endpoint, capsys: pytest.CaptureFixture[str]) -> None:
    configured(served)
    embed(corpus(texts_of(5)))
    other = sqlite3.connect("S/checkpoint.sqlite", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    assert embed(corpus(texts_of(9))) == 2
    assert "EK726" in capsys.readouterr().err
    other.close()
    Path("S/checkpoint.sqlite").write_bytes(b"no base at all, whatever it is called" * 50)
    assert embed(corpus(texts_of(9))) == 2
    assert "EK726" in capsys.readouterr().err


def started(path: Path) -> subprocess.Popen[bytes]:
    arguments = ["embed", str(path), "--model", "prod", "-o", "S", "--shard-rows", "20"]
    return subprocess.Popen(
        [sys.executable, "-m", "evalkit.cli.main", *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "BACKFILL_KEY": "none"},
    )


def killed(state: Endpoint, path: Path, moment_s: float) -> None:
    """Kill a backfill some time after its first request."""
    before = len(state.requests)
    process = started(path)
    while process.poll() is None and len(state.requests) <= before:
        time.sleep(0.005)
    time.sleep(moment_s)
    process.send_signal(signal.SIGKILL)
    process.wait()


def kept() -> set[str]:
    """Return the ids whose vector is kept, by what lies on the disk."""
    base = sqlite3.connect("S/checkpoint.sqlite")
    try:
        return {row[0] for row in base.execute("SELECT id FROM done UNION SELECT id FROM pending")}
    finally:
        base.close()


def slowly(state: Endpoint) -> Any:
    def answer(request: Payload) -> Reply:
        time.sleep(0.02)
        return state.well(request)

    return answer


def survive(served: Endpoint, kills: int, number: int) -> None:
    configured(served, batch=5)
    served.always = slowly(served)
    texts = texts_of(number)
    path = corpus(texts)
    rng = random.Random(7)  # noqa: S311 - moments, no secrets
    answered: set[str] = set()
    for _ in range(kills):
        begun = len(served.requests)
        killed(served, path, rng.uniform(0, 0.25))
        sent = {text for request in served.requests[begun:] for text in request["input"]}
        assert not answered & sent, "a text whose vector was kept is sent again"
        answered = {texts[identity] for identity in kept()}
    assert embed(path) == 0
    assert_whole(texts)
    again = sum(times - 1 for times in Counter(served.texts).values())
    assert again <= 5 * kills, "more is sent again than what was on its way when the process was killed"
    assert not list(Path("S").glob(".*.part"))


@pytest.mark.long
def test_a_kill_loses_nothing_and_repeats_nothing(served: Endpoint) -> None:
    survive(served, kills=2, number=120)


@pytest.mark.slow
def test_twenty_random_kills_lose_nothing_and_repeat_nothing(served: Endpoint) -> None:
    survive(served, kills=20, number=1_000)


def test_a_kill_while_a_shard_is_written_leaves_it_whole_or_absent(served: Endpoint) -> None:
    """What lies there is what a kill leaves between writing a shard and noting it."""
    configured(served)
    texts = texts_of(30)
    embed(corpus(texts))
    base = sqlite3.connect("S/checkpoint.sqlite")
    base.execute("DELETE FROM done WHERE shard = 1")
    base.execute("DELETE FROM shards WHERE number = 1")
    base.commit()
    base.close()
    shard, checkpoint = read_shard(Path("S/shard-00001.parquet")), Checkpoint(Path("S"))
    checkpoint.keep(shard.ids, shard.digests, np.asarray(shard.vectors))
    checkpoint.close()
    Path("S/.shard-00002.parquet.0123456789ab.part").write_bytes(b"half")
    served.requests.clear()
    assert embed(corpus(texts)) == 0
    assert served.requests == []
    assert_whole(texts)
    assert not list(Path("S").glob(".*.part"))


FORMS = {
    "c.jsonl": '{"_id": "a", "title": "T", "text": "x"}\n\n{"_id": "b", "text": "y"}\n',
    "c.csv": "id,title,text\na,T,x\nb,,y\n",
    "c.tsv": "id\ttitle\ttext\na\tT\tx\nb\t\ty\n",
}


@pytest.mark.parametrize(("name", "content"), FORMS.items())
def test_every_form_of_a_corpus_gives_the_same_documents(name: str, content: str, work: Path) -> None:
    (work / name).write_text(content)
    rows = [{"id": "a", "title": "T", "text": "x"}, {"id": "b", "title": None, "text": "y"}]
    parquet.write_table(pa.Table.from_pylist(rows), work / "c.parquet")
    wanted = [("a", "T\nx"), ("b", "y")]
    for path in (work / name, work / "c.parquet"):
        assert [(item.id, item.body) for item in stream_documents(path)()] == wanted


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("c.jsonl", '{"_id": "a", "text": "x"}\nnot json\n'),
        ("c.jsonl", '{"_id": "a", "text": 3}\n'),
        ("c.jsonl", '{"_id": null, "text": "x"}\n'),
        ("c.jsonl", '{"name": "a", "text": "x"}\n'),
        ("c.csv", "id,text\na\n"),
        ("c.csv", b"id,text\na,\xff\n"),
        ("c.parquet", b"PAR1"),
    ],
)
def test_a_document_that_cannot_be_read_is_named(name: str, content: str | bytes, work: Path) -> None:
    (work / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(GoldenSetError, match=r"EK724|EK201"):
        list(stream_documents(work / name)())


@pytest.mark.parametrize(("name", "mark"), [("c.csv", ","), ("c.tsv", "\t")])
def test_a_text_longer_than_a_cell_of_a_table_usually_is_is_read(name: str, mark: str, work: Path) -> None:
    (work / name).write_text(f"id{mark}text\na{mark}{'x ' * 100_000}\n")
    assert [len(item.body) for item in stream_documents(work / name)()] == [200_000]


def test_an_ending_of_no_corpus_is_refused(work: Path) -> None:
    with pytest.raises(UsageError, match="EK724"):
        stream_documents(work / "c.pdf")


def test_a_corpus_without_a_document_is_no_success(served: Endpoint) -> None:
    configured(served)
    assert embed(corpus({})) == 2
    assert served.requests == []


def test_an_id_that_stands_twice_is_refused_before_anything_is_paid(
    served: Endpoint, capsys: pytest.CaptureFixture[str]
) -> None:
    configured(served)
    Path("c.jsonl").write_text(
        '{"_id": "a", "text": "x"}\n{"_id": "b", "text": "y"}\n{"_id": "a", "text": "z"}\n'
    )
    assert embed(Path("c.jsonl")) == 2
    assert "lines:1,3" in capsys.readouterr().err
    assert served.requests == []


@pytest.mark.parametrize("model", ["vectors/S", "run/x.trec", "lsa/8"])
def test_what_makes_no_vectors_of_a_file_is_refused(
    model: str, served: Endpoint, capsys: pytest.CaptureFixture[str]
) -> None:
    configured(served)
    embed(corpus(texts_of(5), "corpus.jsonl"))
    corpus({"q": "text 3"}, "queries.jsonl")
    embed(Path("corpus.jsonl"))
    assert main.run(["embed", "corpus.jsonl", "--model", model, "-o", "T"]) == 2
    assert "EK724" in capsys.readouterr().err


def test_a_golden_set_is_searched_by_its_shards(capsys: pytest.CaptureFixture[str]) -> None:
    """The measures are those of the model itself, queries included."""
    shown = []
    assert main.run(["embed", "helpdesk", "--model", "hash/32", "-o", "S", "--shard-rows", "100"]) == 0
    for model in ("hash/32", "vectors/S"):
        capsys.readouterr()
        assert main.run(["run", "helpdesk", "--model", model, "--cache", "cache", "--json"]) == 0
        (system,) = json.loads(capsys.readouterr().out)["systems"].values()
        shown.append(system["measures"])
    assert shown[0] == shown[1]


def test_shards_without_queries_say_how_to_get_them(capsys: pytest.CaptureFixture[str]) -> None:
    corpus(texts_of(3))
    assert main.run(["embed", "docs.jsonl", "--model", "hash/32", "-o", "S"]) == 0
    assert main.run(["run", "helpdesk", "--model", "vectors/S", "--cache", "cache"]) == 2
    assert "evalkit embed GOLDEN" in capsys.readouterr().err


@given(
    runs=st.lists(
        st.dictionaries(st.sampled_from("abcdefgh"), st.sampled_from(["x", "y", "z"]), max_size=8),
        min_size=1,
        max_size=4,
    ),
    rows=st.integers(1, 4),
)
@settings(max_examples=15)
def test_after_any_history_the_shards_hold_the_last_text_of_each_id(
    runs: list[dict[str, str]], rows: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("history") / "S"
    encoder = hashed()
    last: dict[str, str] = {}
    for texts in runs:
        documents = [Document(key, body, row) for row, (key, body) in enumerate(texts.items(), 1)]
        plan = BackfillPlan(folder=folder, shard_rows=rows, batch=2)
        found = backfill(functools.partial(iter, documents), encoder, plan)
        assert found.embedded == sum(last.get(key) != body for key, body in texts.items())
        last.update(texts)
    held = stored(str(folder))
    assert held.keys() == last.keys()
    for key, body in last.items():
        assert np.allclose(
            held[key], np.asarray(encoder.encode([body], BackfillPlan(folder=folder).role))[0], atol=1e-6
        )


def test_a_corpus_that_breaks_off_leaves_what_was_kept(work: Path) -> None:
    encoder = hashed()

    def broken() -> Iterator[Document]:
        yield Document("a", "x", 1)
        raise GoldenSetError("it broke off")

    with pytest.raises(EvalkitError, match="broke off"):
        backfill(broken, encoder, BackfillPlan(folder=work / "S"))
    assert (
        backfill(lambda: iter([Document("a", "x", 1)]), encoder, BackfillPlan(folder=work / "S")).embedded
        == 1
    )


def test_a_folder_that_cannot_be_made_is_told_before_anything_is_read(work: Path) -> None:
    (work / "file").write_text("")
    encoder = hashed()
    with pytest.raises(OutputError):
        backfill(lambda: iter([]), encoder, BackfillPlan(folder=work / "file" / "S"))
