"""An embeddings endpoint on loopback that answers well, or as badly as a test asks it to."""

from __future__ import annotations

import base64
import json
import socket
import threading
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np

from evalkit.arrays import Vectors

Payload = dict[str, Any]
DRIP_S = 0.02
QUICKLY = {"retry-after-ms": "1"}


@dataclass(frozen=True)
class Reply:
    """A status, a body, headers; `hangs` says nothing, `drips` one byte at a time, `leaves` at once."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    hangs: bool = False
    drips: bool = False
    leaves: bool = False


@dataclass
class Endpoint:
    """What was asked, and how the next requests are answered; well, when nothing is said of them."""

    url: str = ""
    dims: int = 8
    requests: list[Payload] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    next: list[Callable[[Payload], Reply]] = field(default_factory=list)
    always: Callable[[Payload], Reply] | None = None
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def texts(self) -> list[str]:
        """All texts that were sent, in order."""
        return [text for request in self.requests for text in request["input"]]

    def answer(self, request: Payload) -> Reply:
        """Return the reply to a request."""
        if self.next:
            return self.next.pop(0)(request)
        return self.always(request) if self.always is not None else self.well(request)

    def well(self, request: Payload) -> Reply:
        """Answer as the protocol says, in the encoding that was asked for."""
        return reply(self.data(request))

    def data(self, request: Payload) -> list[Payload]:
        """Return index and embedding of every text."""
        packed = request.get("encoding_format") == "base64"
        dims = request.get("dimensions", self.dims)
        vectors = [vector_of(text, dims) for text in request["input"]]
        return [
            {
                "object": "embedding",
                "index": index,
                "embedding": base64.b64encode(vector.tobytes()).decode() if packed else vector.tolist(),
            }
            for index, vector in enumerate(vectors)
        ]


def vector_of(text: str, dims: int = 8) -> Vectors:
    """Return the vector that the endpoint gives a text."""
    return np.random.default_rng(zlib.crc32(text.encode())).standard_normal(dims).astype("<f4")


def reply(data: object) -> Reply:
    """Return the reply that carries `data`; NaN is written as such, as some servers do."""
    usage = {"prompt_tokens": 1, "total_tokens": 1}
    body = json.dumps({"object": "list", "model": "m", "data": data, "usage": usage})
    return Reply(body=body.encode(), headers={"content-type": "application/json"})


def failure(status: int, message: str = "it said so", **headers: str) -> Callable[[Payload], Reply]:
    """Return the answer of an error, after which a client may ask again at once."""
    told = json.dumps({"error": {"message": message}}).encode()
    kinds = {"content-type": "application/json", **QUICKLY, **headers}
    return lambda _: Reply(status=status, body=told, headers=kinds)


@contextmanager
def endpoint() -> Iterator[Endpoint]:
    """Serve an endpoint on a free port of loopback until the test is over."""
    state = Endpoint()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            """Note the request and answer as the test says."""
            request = json.loads(self.rfile.read(int(self.headers["content-length"])))
            state.requests.append(request)
            state.keys.append(self.headers.get("authorization", ""))
            state.headers.append({name.lower(): value for name, value in self.headers.items()})
            state.paths.append(self.path)
            answer = state.answer(request)
            if answer.hangs:
                state.over.wait(30)
                self.close_connection = True
                return
            if answer.leaves:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.send_response(answer.status)
            for name, value in {**answer.headers, "content-length": str(len(answer.body))}.items():
                self.send_header(name, value)
            self.end_headers()
            for start in range(0, len(answer.body), 1 if answer.drips else max(1, len(answer.body))):
                if answer.drips and state.over.wait(DRIP_S):
                    return
                try:
                    self.wfile.write(answer.body[start : start + 1] if answer.drips else answer.body)
                except OSError:  # whoever asked has gone
                    return

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        state.url = f"http://127.0.0.1:{server.server_port}/v1"
        try:
            yield state
        finally:
            state.over.set()
            server.shutdown()
            thread.join()
