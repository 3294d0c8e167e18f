"""http/URL against a real server on loopback: what is sent, what is read, and how it fails."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from evalkit.cli import main
from evalkit.embedding.modelspec import ModelSpec
from evalkit.errors import EvalkitError
from evalkit.golden.goldenset import GoldenSet
from evalkit.retrieval.retriever import open_retriever
from evalkit.retrieval.run import Run

QUERIES = {"q1": 'red "brick" {depth}', "q2": "blau & grün", "q3": "nothing"}
FOUND = {"q1": [("a", 3.0), ("c", 1.5)], "q2": [("b", 0.5)], "q3": []}
BODY = '{"query": {"match": {"text": "{query}"}}, "size": {depth}}'


@dataclass
class Server:
    """A search that answers as its path says, and remembers what it was asked."""

    address: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    failures: dict[str, int] = field(default_factory=dict)
    at_once: int = 0
    most_at_once: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


@pytest.fixture
def server() -> Iterator[Server]:  # noqa: C901 - a handler with all its methods stands in the function
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = parse_qs(urlsplit(self.path).query)
            self.answer(asked["q"][0], int(asked.get("k", ["0"])[0]))

        def do_POST(self) -> None:
            sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.answer(sent["query"]["match"]["text"], sent["size"])

        def answer(self, query: str, depth: int) -> None:
            with state.lock:
                state.asked.append(
                    {"query": query, "depth": depth, "headers": dict(self.headers), "path": self.path}
                )
                state.at_once += 1
                state.most_at_once = max(state.most_at_once, state.at_once)
            self.respond(query)

        def leave(self) -> None:
            """Count a request as over before its answer is out: who gets it may ask again at once."""
            with state.lock:
                state.at_once -= 1

        def respond(self, query: str) -> None:
            found = FOUND[next(name for name, text in QUERIES.items() if text == query)]
            kind = urlsplit(self.path).path.strip("/").split("/")[0]
            with state.lock:
                left = state.failures.get(query, int(kind[3:]) if kind.startswith("503") else 0)
                state.failures[query] = left - 1
            if kind == "slow":
                time.sleep(0.05)
            if kind.startswith("503") and left > 0:
                self.send(503, b"busy", {"Retry-After": "0.01"})
            elif kind == "refuse":
                self.send(400, b"no such field \x1b[31m")
            elif kind == "redirect":
                self.send(307, b"", {"Location": "http://elsewhere.invalid/"})
            elif kind == "drip":
                self.leave()
                self.send_response(200)
                self.end_headers()
                for _ in range(100):
                    self.wfile.write(b" ")
                    time.sleep(0.05)
            elif kind == "huge":
                self.send(200, b"[" + b"1," * 600_000 + b"1]")
            elif kind == "html":
                self.send(200, b"<html>")
            else:
                self.send(200, json.dumps(self.shaped(kind, found)).encode())

        def shaped(self, kind: str, found: list[tuple[str, float]]) -> object:
            shapes: dict[str, object] = {
                "plain": [{"id": name, "score": value} for name, value in found],
                "ids": [name for name, _ in found],
                "own": {"answer": [{"doc": {"key": name}, "rel": value} for name, value in found]},
                "distances": [{"id": name, "score": -value} for name, value in found * 1],
                "stranger": [{"id": "zz", "score": 1.0}],
                "nothing": {"took": 3},
            }
            elastic = {"hits": {"hits": [{"_id": name, "_score": value} for name, value in found]}}
            return shapes.get(kind, elastic)

        def send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
            self.leave()
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def handle(self) -> None:
            try:
                super().handle()
            except ConnectionError:  # the client has seen enough
                return

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.address = f"http://127.0.0.1:{running.server_port}"
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield state
    running.shutdown()
    thread.join()
    running.server_close()


def golden() -> GoldenSet:
    corpus = {"a": "x", "b": "y", "c": "z"}
    return GoldenSet.of("set", queries=QUERIES, corpus=corpus, qrels={name: {"a": 1} for name in QUERIES})


def searched(server: Server, path: str, **options: object) -> Run:
    retriever = open_retriever(ModelSpec.parse(f"http/{server.address}/{path}"), options)
    assert retriever is not None
    return retriever.search(golden(), depth=5, system="prod")


def ids(run: Run) -> list[list[str]]:
    return [[golden().corpus.ids[row] for row in found if row >= 0] for found in run.rows]


@pytest.mark.parametrize(
    ("path", "options"),
    [
        pytest.param("shop/_search", {"body": BODY}, id="as Elasticsearch answers"),
        pytest.param("shop/_search", {"body": BODY.replace("{depth}", '"{depth}"')}, id="a depth in quotes"),
        pytest.param("plain?q={query}&k={depth}", {}, id="a plain list, asked by address"),
        pytest.param("ids?q={query}&k={depth}", {}, id="ids alone"),
        pytest.param(
            "own?q={query}&k={depth}",
            {"hits": "answer", "id": "doc.key", "score": "rel"},
            id="keys of its own",
        ),
        pytest.param("503x2?q={query}&k={depth}".replace("x", ""), {}, id="busy twice"),
    ],
)
def test_answers_become_a_run_in_whatever_shape(
    server: Server, path: str, options: dict[str, object]
) -> None:
    assert ids(searched(server, path, **options)) == [["a", "c"], ["b"], []]

    assert sorted({item["query"] for item in server.asked}) == sorted(QUERIES.values())
    assert {item["depth"] for item in server.asked} == {5}


def test_headers_and_a_key_are_sent_and_the_key_stands_nowhere(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEARCH_KEY", "s3cret")
    options: dict[str, object] = {"body": BODY, "headers": {"X-Tenant": "shop"}, "api_key_env": "SEARCH_KEY"}

    searched(server, "x", **options)

    assert {item["headers"]["X-Tenant"] for item in server.asked} == {"shop"}
    assert {item["headers"]["Authorization"] for item in server.asked} == {"Bearer s3cret"}
    retriever = open_retriever(ModelSpec.parse(f"http/{server.address}/x"), options)
    assert retriever is not None
    assert "s3cret" not in json.dumps(dict(retriever.identity))


@pytest.mark.parametrize(("concurrency", "most"), [(1, 1), (3, 3)])
def test_no_more_requests_at_once_than_allowed(server: Server, concurrency: int, most: int) -> None:
    searched(server, "slow?q={query}", concurrency=concurrency)

    assert server.most_at_once <= most
    assert len(server.asked) == len(QUERIES)


@pytest.mark.parametrize(
    ("path", "options", "code", "exit_code", "told"),
    [
        ("refuse?q={query}", {}, "EK457", 4, "status 400 Bad Request: no such field \\x1b[31m"),
        (
            "redirect?q={query}",
            {},
            "EK457",
            4,
            "redirects to http://elsewhere.invalid/, which is not followed",
        ),
        ("drip?q={query}", {"timeout_s": 0.3, "retries": 0}, "EK457", 4, "no whole answer within 0.3 s"),
        ("huge?q={query}", {"max_response_mb": 1.0}, "EK457", 4, "longer than 1 MiB"),
        ("html?q={query}", {}, "EK457", 4, "not valid JSON: <html>"),
        ("5039?q={query}", {"retries": 2}, "EK457", 4, "tried 3 times"),
        ("nothing?q={query}", {}, "EK458", 2, "no list of results"),
        ("own?q={query}", {"hits": "answer"}, "EK458", 2, "a result without its id"),
        ("stranger?q={query}", {}, "EK443", 2, "zz"),
        ("plain", {}, "EK456", 2, "nothing says where the query goes"),
        ("x", {"body": '{"q": {query}}'}, "EK456", 2, "not valid JSON"),
        ("x", {"body": BODY, "headers": {"Authorization": "Bearer x"}}, "EK456", 2, "a secret in a file"),
        ("x", {"body": BODY, "api_key_env": "NO_SUCH_KEY"}, "EK456", 2, "NO_SUCH_KEY is not set"),
        ("x", {"body": BODY, "offline": True}, "EK456", 2, "--offline"),
        ("x", {"boddy": BODY}, "EK102", 2, "body"),
    ],
)
def test_what_fails_is_told(
    server: Server, path: str, options: dict[str, object], code: str, exit_code: int, told: str
) -> None:
    start = time.monotonic()

    with pytest.raises(EvalkitError) as caught:
        searched(server, path, **options)

    assert (caught.value.findings[0].code, caught.value.exit_code) == (code, exit_code)
    assert told in str(caught.value)
    assert time.monotonic() - start < 3


def test_a_server_that_is_not_there_is_told() -> None:
    retriever = open_retriever(ModelSpec.parse("http/http://127.0.0.1:9/x?q={query}"), {"retries": 0})
    assert retriever is not None

    with pytest.raises(EvalkitError, match="ConnectionRefusedError") as caught:
        retriever.search(golden(), depth=3, system="prod")

    assert caught.value.exit_code == 4


def test_a_production_search_is_compared_and_guarded_from_the_command_line(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "set" / "qrels").mkdir(parents=True)
    for name, texts in (("queries", QUERIES), ("corpus", {"a": "x", "b": "y", "c": "z"})):
        lines = [json.dumps({"_id": key, "text": text}) + "\n" for key, text in texts.items()]
        (tmp_path / "set" / f"{name}.jsonl").write_text("".join(lines))
    (tmp_path / "set" / "qrels" / "test.tsv").write_text(
        "query-id\tcorpus-id\tscore\nq1\ta\t1\nq2\tb\t1\nq3\ta\t1\n"
    )
    (tmp_path / "evalkit.toml").write_text(
        f"[models.prod]\nspec = 'http/{server.address}/shop/_search'\nbody = '{BODY}'\nconcurrency = 2\n"
    )

    assert main.run(["run", "set", "--model", "prod", "--measure", "MRR@2", "--depth", "2", "--json"]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["systems"]["prod"]["measures"]["MRR@2"] == pytest.approx(2 / 3)
    assert "nothing was found for 1 of 3 judged queries" in told.err
    assert main.run(["gate", "set", "--model", "prod", "--update", "--noise-runs", "2"]) == 0
    assert main.run(["gate", "set", "--model", "prod"]) == 0
    assert main.run(["--offline", "run", "set", "--model", "prod"]) == 2
