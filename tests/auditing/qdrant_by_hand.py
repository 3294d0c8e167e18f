"""Qdrant's engine behind its HTTP interface, as far as reading goes: no server of it comes as a package.

What is asked for is answered by the engine of the official client in memory; the interface is this file's.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

from qdrant_client import QdrantClient, models


class Handler(BaseHTTPRequestHandler):
    """Answers reading requests; every other one is kept in `writes`."""

    engine: ClassVar[QdrantClient]
    key: ClassVar[str]
    writes: ClassVar[list[str]]
    samples: ClassVar[bool]
    lock = threading.Lock()

    def do_GET(self) -> None:
        """Answer."""
        self._answer({})

    def do_POST(self) -> None:
        """Answer, for what is asked stands in the body."""
        length = int(self.headers.get("Content-Length") or 0)
        self._answer(json.loads(self.rfile.read(length) or b"{}"))

    def do_PUT(self) -> None:
        """Refuse, and keep that it was tried."""
        self.writes.append(self.path)
        self._send(403, {"status": {"error": "read only"}})

    do_DELETE = do_PATCH = do_PUT  # noqa: N815 - the names that the library looks for

    def log_message(self, *values: Any) -> None:
        """Say nothing."""

    def _answer(self, body: dict[str, Any]) -> None:
        if self.key and self.headers.get("api-key") != self.key:
            self._send(401, {"status": {"error": "Invalid API key"}})
            return
        try:
            with self.lock:
                result = self._result(self.path.partition("?")[0].strip("/").split("/"), body)
        except ValueError as error:
            self._send(404, {"status": {"error": str(error)}})
            return
        self._send(200, {"result": result, "status": "ok", "time": 0.0})

    def _result(self, path: list[str], body: dict[str, Any]) -> Any:
        if path == ["collections"]:
            return dumped(self.engine.get_collections())
        if len(path) == 2:
            return dumped(self.engine.get_collection(path[1]))
        name, verb = path[1], path[-1]
        if verb == "count":
            return dumped(self.engine.count(name, exact=True))
        if verb == "scroll":
            asked = models.ScrollRequest.model_validate(body)
            points, offset = self.engine.scroll(
                name,
                scroll_filter=asked.filter,
                limit=asked.limit or 10,
                offset=asked.offset,
                with_payload=asked.with_payload if asked.with_payload is not None else True,
                with_vectors=asked.with_vector or False,
            )
            return {"points": [dumped(point) for point in points], "next_page_offset": offset}
        if verb == "query" and self.samples:
            points = self.engine.query_points(
                name, query=models.SampleQuery(sample=models.Sample.RANDOM), limit=5, with_payload=True
            ).points
            return {"points": [dumped(point) for point in points]}
        if verb == "points":
            found = self.engine.retrieve(name, body["ids"], with_payload=True, with_vectors=True)
            return [dumped(point) for point in found]
        raise ValueError(f"no {verb} here")

    def _send(self, status: int, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def dumped(value: Any) -> Any:
    return value.model_dump(mode="json", exclude_none=True)


@contextmanager
def serving(engine: QdrantClient, *, key: str = "", samples: bool = True) -> Iterator[tuple[str, list[str]]]:
    """Serve an engine on this machine; its address, and the paths of requests that would have written."""
    writes: list[str] = []
    settings = {"engine": engine, "key": key, "writes": writes, "samples": samples}
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), settings))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}", writes
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
