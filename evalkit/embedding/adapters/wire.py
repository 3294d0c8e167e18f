"""The wire: one HTTP request, within a total time, a size and one origin."""

from __future__ import annotations

import importlib
import threading
import zlib
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import openai

from evalkit.embedding.adapters.endpoint import Endpoint

Message = Any  # requests, answers and addresses of whichever library the package brings
REFUSED = "refused"
HOPS = 5
REDIRECTS_THAT_KEEP_THE_BODY = (307, 308)
PLAIN = ("", "identity", "none", "utf-8", "utf8")  # the latter are what some servers write by mistake
GZIP, ZLIB, BARE = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS
PACKED = {"gzip": GZIP, "x-gzip": GZIP, "deflate": ZLIB}
ZLIB_BEGINS, ZLIB_CHECK = 8, 31  # RFC 1950: the method in four bits, and the first two bytes a multiple of 31

# The package brings httpx or its successor; errors and answers have to be those of the one that it uses.
http: Any = importlib.import_module(openai.DefaultHttpxClient.__mro__[1].__module__.partition(".")[0])


class Wire(openai.DefaultHttpxClient):  # type: ignore[misc] # the package has no types that are checked here
    """The package's own client, proxies included, whose answers are read whole and within limits."""

    def __init__(self, endpoint: Endpoint) -> None:
        """Take the total seconds of a request and the header that carries the key."""
        super().__init__(timeout=endpoint.timeout_s, follow_redirects=False)
        self.headers["accept-encoding"] = "gzip"  # the one that is unpacked within a limit here
        self._endpoint = endpoint
        self.limit_bytes = 1 << 20

    def __del__(self) -> None:
        """Close what is open; nobody is told when an encoder is no longer needed."""
        with suppress(Exception):
            self.close()

    def send(self, request: Message, **options: Any) -> Message:  # noqa: ANN401 - what the package hands on
        """Return the answer to a request, read whole.

        An answer that is too large or packed in another way is not read; its extensions say why.

        Raises:
            http.ReadTimeout: The answer is not complete within the total time.
        """
        if self._endpoint.api_key_header:
            request.headers.pop("authorization", None)
        outcome: list[Any] = []
        over = threading.Event()

        def work() -> None:
            try:
                outcome.append(self._answer(request, options, over))
            except BaseException as error:  # noqa: BLE001 - handed to the thread that waits
                outcome.append(error)

        # A thread, since a server that sends a byte now and then keeps every single read within its time.
        worker = threading.Thread(target=work, daemon=True)
        worker.start()
        worker.join(self._endpoint.timeout_s)
        if not outcome:
            over.set()
            raise http.ReadTimeout("the total time is over", request=request)
        if isinstance(outcome[0], BaseException):
            raise outcome[0]
        return outcome[0]

    def _answer(self, request: Message, options: dict[str, Any], over: threading.Event) -> Message:
        options = {**options, "stream": True, "follow_redirects": False}
        answer = super().send(request, **options)
        for _ in range(HOPS):
            further = answer.next_request
            if answer.status_code not in REDIRECTS_THAT_KEEP_THE_BODY or not further:
                break
            if _origin(further.url) != _origin(request.url):
                break
            answer.close()
            answer = super().send(further, **options)
        return self._read(answer, request, over)

    def _read(self, answer: Message, request: Message, over: threading.Event) -> Message:
        content, refused = b"", ""
        try:
            content = b"".join(self._pieces(answer, over))
        except _RefusedError as error:
            refused = str(error)
        finally:
            answer.close()
        gone = ("content-encoding", "content-length", "transfer-encoding")
        return http.Response(
            answer.status_code,
            headers=[pair for pair in answer.headers.multi_items() if pair[0].lower() not in gone],
            content=content,
            request=request,
            extensions={REFUSED: refused, **_version(answer)},
        )

    def _pieces(self, answer: Message, over: threading.Event) -> Iterator[bytes]:
        """Give the pieces of a body, unpacked and no more of them than the limit allows."""
        way = answer.headers.get("content-encoding", "identity").strip().lower()
        if way not in PACKED and way not in PLAIN:
            raise _RefusedError(f"the answer is packed by {way[:20]!r}, which was not asked for")
        raw = (piece for piece in answer.iter_raw() if piece)
        left = self.limit_bytes
        for piece in _unpacked(raw, PACKED[way], left + 1) if way in PACKED else raw:
            if over.is_set():
                return
            left -= len(piece)
            if left < 0:
                raise _RefusedError(f"the answer has more than {self.limit_bytes:,} bytes")
            yield piece


def _unpacked(raw: Iterator[bytes], bits: int, most: int) -> Iterator[bytes]:
    """Give the pieces of a packed body, each of at most `most` bytes; gzip may stand in several members."""
    unpack: Any = None
    for arrived in raw:
        rest = arrived
        while rest:
            if unpack is None:
                unpack = zlib.decompressobj(BARE if bits == ZLIB and not _is_zlib(rest) else bits)
            try:
                yield unpack.decompress(rest, most)
            except zlib.error:
                raise _RefusedError("the answer cannot be unpacked") from None
            rest = unpack.unconsumed_tail or unpack.unused_data
            unpack = None if unpack.eof and rest else unpack
    if unpack is not None and not unpack.eof:
        raise _RefusedError("the packed answer is cut off")


def _is_zlib(start: bytes) -> bool:
    """Return whether a deflated body has the frame that it should have; some servers leave it out."""
    return start[0] % 16 == ZLIB_BEGINS and int.from_bytes(start[:2], "big") % ZLIB_CHECK == 0


class _RefusedError(Exception):
    """Why a body is not read on."""


def _origin(url: Message) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _version(answer: Message) -> dict[str, Any]:
    return {name: value for name, value in answer.extensions.items() if name == "http_version"}
