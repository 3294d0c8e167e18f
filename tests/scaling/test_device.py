"""--on cuda: a device proposes, float64 decides; the same code on the processor where there is no GPU."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shard_worlds import Cut, embedded_set, planted
from support_sets import write_golden
from test_on_option import COMMANDS, asked
from test_sharded_search import assert_equal, both, near_ties

from evalkit.cli import main
from evalkit.embedding.embeddedset import EmbeddedSet
from evalkit.indexing import device
from evalkit.indexing.device import device_search
from evalkit.indexing.faiss import exact_scan
from evalkit.scaling.deviceengine import DeviceEngine
from evalkit.scaling.executor import Executor
from evalkit.scaling.scratch import Scratch

torch = pytest.importorskip("torch", reason="the extra cuda is not installed")
GPUS = torch.cuda.device_count() if torch.cuda.is_available() else 0
needs_gpu = pytest.mark.skipif(
    not GPUS,
    reason="that a GPU ranks as the processor does can only be asked of one, and torch finds none here; the "
    "same code is asked on torch's processor by the tests above",
)
SPACES: list[dict[str, object]] = [{}, {"normalize": False}, {"metric": "l2", "normalize": False}]


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A golden set, and a cache of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    write_golden(tmp_path / "support")
    return tmp_path


def set_in(space: dict[str, object], *, seed: int, documents: int = 300, copies: int = 200) -> EmbeddedSet:
    queries, corpus = planted(documents, 12, seed, copies=copies)
    if space:
        corpus = (corpus * np.linspace(0.5, 3, documents)[:, None]).astype(np.float32)
    return embedded_set(queries, corpus, **space)


@settings(max_examples=40, deadline=None)
@given(
    edges=st.lists(st.integers(0, 400), max_size=9),
    seed=st.integers(0, 50),
    depth=st.sampled_from([1, 3, 10, 100, 500]),
    space=st.sampled_from(SPACES),
)
def test_a_device_gives_the_rows_and_scores_of_one_search(
    edges: list[int], seed: int, depth: int, space: dict[str, object]
) -> None:
    assert_equal(*both(set_in(space, seed=seed), depth, Cut(edges, seed, device="cpu")))


def test_near_ties_at_the_cut_need_a_second_round_there_too() -> None:
    executor = Cut([200, 400], device="cpu")
    assert_equal(*both(near_ties(250), 10, executor))
    assert {question.count for question in executor.asked} >= {38, 76}
    assert {question.device for question in executor.asked} == {"cpu"}


@pytest.mark.parametrize("space", SPACES, ids=["unit", "product", "distance"])
def test_what_it_proposes_is_what_faiss_proposes(
    space: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device, "PRODUCTS", 700)  # two queries at a time
    embedded = set_in(space, seed=3, copies=0)
    queries, vectors = embedded.queries.vectors, embedded.corpus.vectors
    by_distance = embedded.fingerprint.by_distance
    near, rows = device_search(vectors, queries[1:], 20, by_distance=by_distance, device="cpu")
    theirs, at = exact_scan(vectors, by_distance=by_distance).search(queries[1:], 20)
    assert np.array_equal(rows, at)
    assert near == pytest.approx(theirs, abs=2e-5)


def test_an_engine_of_one_process_searches_on_its_device(tmp_path: Path) -> None:
    executor = Executor(DeviceEngine(), Scratch.inside(tmp_path), device="cpu")
    embedded = set_in({}, seed=5, documents=5_000)
    assert_equal(*both(embedded, 100, executor))  # type: ignore[arg-type] # the real one
    executor.close()


def test_the_precision_of_products_is_left_as_it_was() -> None:
    torch.set_float32_matmul_precision("medium")
    try:
        vectors = np.eye(4, dtype=np.float32)
        device_search(vectors, vectors, 2, by_distance=False, device="cpu")
        assert torch.get_float32_matmul_precision() == "medium"
    finally:
        torch.set_float32_matmul_precision("highest")


@pytest.mark.usefixtures("work")
@pytest.mark.parametrize("name", ["cuda:99", f"cuda:{GPUS}" if GPUS else "cuda"])
def test_a_gpu_that_is_not_there_is_told(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run([*COMMANDS["run"], "--on", name]) == 4
    told = capsys.readouterr().err
    assert f"error[EK774]: --on {name}: torch {torch.__version__} finds" in told
    assert "nvidia-smi" in told


@pytest.mark.usefixtures("work")
def test_without_torch_the_extra_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    assert main.run([*COMMANDS["run"], "--on", "cuda"]) == 2
    assert "pip install 'retrieval-evalkit[cuda]'" in capsys.readouterr().err


@pytest.mark.usefixtures("work")
@pytest.mark.parametrize("name", ["cuda:", "cuda:x", "cuda:-1", "cuda://0", "CUDA", "cuda:0001"])
def test_what_names_no_gpu_is_told(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run([*COMMANDS["run"], "--on", name]) == 2
    assert "error[EK764]" in capsys.readouterr().err


@pytest.mark.usefixtures("work")
def test_embed_searches_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["embed", "support", "--model", "hash/8", "-o", "shards", "--on", "cuda"]) == 2
    told = capsys.readouterr().err
    assert "error[EK764]" in told
    assert 'device = "cuda"' in told
    assert not Path("shards").exists()


@needs_gpu
@pytest.mark.usefixtures("work")
@pytest.mark.parametrize("name", COMMANDS)
def test_a_gpu_gives_the_result_of_one_process(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, one, told = asked(capsys, *COMMANDS[name])
    again, shared, also_told = asked(capsys, *COMMANDS[name], "--on", "cuda")
    assert json.dumps({**one, "provenance": 0}) == json.dumps({**shared, "provenance": 0})
    assert (code, told) == (again, also_told)
