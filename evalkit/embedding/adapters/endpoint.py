"""The endpoint: where requests for embeddings are sent, how many, how large and how fast."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from evalkit.embedding.modelspec import ModelSpec, Options, positive
from evalkit.errors import UsageError

OPTIONS = {
    "base_url": str,
    "api_key_env": str,
    "batch_size": int,
    "max_retries": int,
    "timeout_s": float,
    "requests_per_minute": float,
    "offline": bool,
}
OPENAI = "https://api.openai.com/v1"
KEY = "OPENAI_API_KEY"
BATCH = 128
RETRIES = 5
TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where and how requests are sent; nothing of it moves the space but where.

    Attributes:
        base_url: What `/embeddings` is added to.
        key_variable: The environment variable that holds the key.
        batch_size: Texts in one request, at most.
        max_retries: How often a request that failed is sent again.
        timeout_s: Seconds that an answer may take.
        requests_per_minute: At most so many are begun; None for as many as the answers allow.
        offline: Whether no request may be sent.
    """

    base_url: str
    key_variable: str = KEY
    batch_size: int = BATCH
    max_retries: int = RETRIES
    timeout_s: float = TIMEOUT_S
    requests_per_minute: float | None = None
    offline: bool = False

    @property
    def shown(self) -> str:
        """The address without what a person may have hidden in it: name, password, query."""
        parts = urlsplit(self.base_url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path.rstrip('/')}"

    @property
    def is_openai(self) -> bool:
        """Whether it is OpenAI's own."""
        return self.shown == OPENAI

    @property
    def key(self) -> str:
        """The key, "" where the variable is not set."""
        return os.environ.get(self.key_variable, "").strip()


@dataclass(slots=True)
class Pacer:
    """Keeps the beginnings of requests a minute's share apart."""

    per_minute: float | None
    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _next: float = field(default=0.0, init=False)

    def wait(self) -> None:
        """Return when the next request may begin."""
        if self.per_minute is None:
            return
        begun = max(self.now(), self._next)
        if begun > self.now():
            self.sleep(begun - self.now())
        self._next = begun + 60 / self.per_minute


def endpoint_of(spec: ModelSpec, options: Options) -> Endpoint:
    """Return the endpoint that options state, OpenAI's own where they state none.

    Raises:
        UsageError: An address is not one, or a number is out of its range.
    """
    base_url = str(options.get("base_url") or os.environ.get("OPENAI_BASE_URL") or OPENAI)
    if not _is_address(base_url):
        raise UsageError(
            f"{spec}: base_url = {base_url!r} is no address",
            hint="write it whole, such as http://localhost:8000/v1",
            code="EK114",
        )
    retries = int(str(options.get("max_retries", RETRIES)))
    if retries < 0:
        raise UsageError(f"{spec}: max_retries = {retries} is negative", hint="correct it", code="EK114")
    pace = "requests_per_minute"
    return Endpoint(
        base_url=base_url,
        key_variable=str(options.get("api_key_env", KEY)),
        batch_size=int(positive(spec, options, "batch_size", BATCH)),
        max_retries=retries,
        timeout_s=positive(spec, options, "timeout_s", TIMEOUT_S),
        requests_per_minute=positive(spec, options, pace, 1) if pace in options else None,
        offline=bool(options.get("offline", False)),
    )


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:  # brackets that do not close
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)
