"""Exchange: one HTTP request and its JSON answer, within a total time, a size and a number of retries."""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from evalkit.errors import ProviderError
from evalkit.parsing import NotationError, parse_json

TRY_AGAIN = (408, 425, 429, 500, 502, 503, 504)
LONGEST_WAIT_S = 60.0
BLOCK = 65_536
OK, REDIRECT, REFUSED = 200, 300, 400


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent."""

    method: str
    address: str
    headers: tuple[tuple[str, str], ...]
    body: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How patient to be.

    Attributes:
        timeout_s: For one request from its connection to the last byte of its answer.
        retries: How often one is sent again.
        most_bytes: The longest answer.
    """

    timeout_s: float
    retries: int
    most_bytes: int


class _FailedError(Exception):
    """One attempt that failed; `wait_s` is None where another would fail as well."""

    def __init__(self, reason: str, wait_s: float | None) -> None:
        super().__init__(reason)
        self.wait_s = wait_s


def exchanged(source: str, request: Request, limits: Patience) -> Any:
    """Return the JSON that a server answers; redirects are not followed.

    Raises:
        ProviderError: It cannot be reached, refuses, answers too slowly, too long or no JSON.
    """
    attempt = 0
    while True:
        try:
            return _attempt(request, limits)
        except _FailedError as failure:
            if failure.wait_s is None or attempt >= limits.retries:
                tried = f" (tried {attempt + 1} times)" if attempt else ""
                raise ProviderError(
                    f"{source}: {failure}{tried}",
                    hint="is it running, and is the address right? timeout_s, retries and max_response_mb "
                    "are options of the model",
                    code="EK457",
                ) from failure
            time.sleep(min(failure.wait_s or min(0.5 * 2**attempt, 8.0), LONGEST_WAIT_S))
            attempt += 1


def _attempt(request: Request, limits: Patience) -> Any:
    address = urlsplit(request.address)
    kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
    target = (address.path or "/") + (f"?{address.query}" if address.query else "")
    try:
        connection = kind(address.hostname or "", address.port, timeout=limits.timeout_s)
        with contextlib.closing(connection):
            connection.connect()
            with _cut_off(connection.sock, limits.timeout_s) as late:
                try:
                    connection.request(request.method, target, request.body, dict(request.headers))
                    with connection.getresponse() as response:
                        return _answer(response, limits)
                except (OSError, http.client.HTTPException, _FailedError) as error:
                    if late:
                        raise _FailedError(f"no whole answer within {limits.timeout_s:g} s", 0.0) from error
                    raise
    except (OSError, http.client.HTTPException) as error:
        raise _FailedError(f"{type(error).__name__}: {error}", 0.0) from error
    except ValueError as error:  # an address or a header that cannot be sent
        raise _FailedError(f"the request cannot be sent: {type(error).__name__}", None) from error


@contextlib.contextmanager
def _cut_off(connected: socket.socket, timeout_s: float) -> Iterator[list[bool]]:
    """Close a connection after a time, however busily the other side drips; the list is then filled."""
    late: list[bool] = []

    def close() -> None:
        late.append(True)
        with contextlib.suppress(OSError):
            connected.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(timeout_s, close)
    timer.daemon = True
    timer.start()
    try:
        yield late
    finally:
        timer.cancel()


def _answer(response: http.client.HTTPResponse, limits: Patience) -> Any:
    if REDIRECT <= response.status < REFUSED:
        target = response.getheader("Location") or "nowhere"
        raise _FailedError(f"it redirects to {target}, which is not followed: name that address", None)
    body = bytearray()
    while block := response.read1(BLOCK):
        body += block
        if len(body) > limits.most_bytes:
            raise _FailedError(f"its answer is longer than {limits.most_bytes / 2**20:g} MiB", None)
    if response.length:  # bytes that were promised and did not come
        raise http.client.IncompleteRead(bytes(body), response.length)
    if response.status != OK:
        told = bytes(body[:200]).decode("utf-8", "replace").strip()
        again = _wait(response.getheader("Retry-After")) if response.status in TRY_AGAIN else None
        raise _FailedError(f"status {response.status} {response.reason}: {ascii(told)[1:-1]}", again)
    try:
        return parse_json(bytes(body))
    except NotationError as error:
        raise _FailedError(f"its answer is not valid JSON: {ascii(bytes(body[:60]))[2:-1]}", None) from error


def _wait(text: str | None) -> float:
    """Return the seconds that Retry-After asks for, as a number or a date; 0 where it asks for nothing."""
    with contextlib.suppress(TypeError, ValueError, OverflowError):
        return max(0.0, float(text or ""))
    with contextlib.suppress(TypeError, ValueError, OverflowError):
        return max(0.0, (parsedate_to_datetime(text or "") - datetime.now(UTC)).total_seconds())
    return 0.0
