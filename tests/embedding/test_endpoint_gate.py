"""A model that changes behind its name at an endpoint: the gate and a new baseline find that out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from endpoint_by_hand import Endpoint, Payload, Reply, endpoint, reply, vector_of

from evalkit.cli import main

TOPICS = 40


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    """A project in the working folder whose model `prod` is served on loopback; like topics, like vectors."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    for name in (
        "OPENAI_API_KEY",
        "OPENAI_BASE_URL",
        "HTTP_PROXY",
        "http_proxy",
        "ALL_PROXY",
        "all_proxy",
        "CI",
    ):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "set"
    (folder / "qrels").mkdir(parents=True)
    queries = [{"_id": f"q{n:02}", "text": f"question topic{n}"} for n in range(TOPICS)]
    corpus = [{"_id": f"d{n:02}", "text": f"answer topic{n}"} for n in range(TOPICS)]
    (folder / "queries.jsonl").write_text("\n".join(map(json.dumps, queries)))
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, corpus)))
    grades = "".join(f"q{n:02}\td{n:02}\t1\n" for n in range(TOPICS))
    (folder / "qrels" / "test.tsv").write_text(f"query-id\tcorpus-id\tscore\n{grades}")
    with endpoint() as state:
        state.always = lambda request: answer(request, "old")
        Path("evalkit.toml").write_text(
            f'[models.prod]\nspec = "openai/m"\nbase_url = "{state.url}"\nencoding_format = "float"\n'
        )
        yield state


def answer(request: Payload, model: str) -> Reply:
    found = [vector_of(f"{model} {text.split()[-1]}").tolist() for text in request["input"]]
    return reply([{"index": index, "embedding": vector} for index, vector in enumerate(found)])


def gate(*options: str) -> int:
    return main.run(["gate", "set", "--model", "prod", *options])


def test_a_model_that_changed_under_its_name_is_told_where_the_cache_hides_it(
    server: Endpoint, capsys: pytest.CaptureFixture[str]
) -> None:
    assert gate("--update") == 0
    server.always = lambda request: answer(request, "new")
    asked = len(server.requests)

    assert gate() == 0
    assert len(server.requests) == asked  # from the cache, and nobody was asked
    capsys.readouterr()
    assert gate("--live") == 0
    assert "embedded afresh have other vectors" in " ".join(capsys.readouterr().out.split())
    assert gate("--update") == 0
    assert "EK160" in capsys.readouterr().err


def test_vectors_of_before_are_not_stored_where_nothing_is_repeated(
    server: Endpoint, capsys: pytest.CaptureFixture[str]
) -> None:
    assert gate("--update", "--noise-runs", "0") == 0
    server.always = lambda request: answer(request, "new")
    before = {path: path.read_bytes() for path in Path("baselines").rglob("*.json")}

    assert gate("--update", "--noise-runs", "0") == 2

    said = capsys.readouterr().err
    assert "EK160" in said
    assert "cache prune --model" in said
    assert before == {path: path.read_bytes() for path in Path("baselines").rglob("*.json")}
