"""The endpoint: where requests for embeddings are sent, how many, how large and how fast."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from evalkit.confidential import keep_secret
from evalkit.embedding.adapters.address import Address, parse_address
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
    "api_key_header": str,
    "extra_headers": dict,
    "extra_query": dict,
}
OPENAI = "https://api.openai.com/v1"
KEY = "OPENAI_API_KEY"
BATCH = 128
RETRIES = 5
TIMEOUT_S = 60.0
VARIABLE = re.compile(r"\$\{(\w+)\}")
HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where and how requests are sent; nothing of it moves the space but where.

    Attributes:
        address: What `/embeddings` is added to.
        key_variable: The environment variable that holds the key.
        batch_size: Texts in one request, at most.
        max_retries: How often a request that failed is sent again.
        timeout_s: Seconds that an answer may take.
        requests_per_minute: At most so many are begun; None for as many as the answers allow.
        offline: Whether no request may be sent.
        api_key_header: The header that carries the key alone; "" for `Authorization: Bearer`.
        headers: Further headers.
    """

    address: Address
    key_variable: str = KEY
    batch_size: int = BATCH
    max_retries: int = RETRIES
    timeout_s: float = TIMEOUT_S
    requests_per_minute: float | None = None
    offline: bool = False
    api_key_header: str = ""
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def shown(self) -> str:
        """The address without what a person may have hidden in it: name, password, query."""
        return self.address.shown

    @property
    def is_openai(self) -> bool:
        """Whether it is OpenAI's own."""
        return self.shown == OPENAI

    @property
    def key(self) -> str:
        """The key, "" where the variable is not set; from then on it is a secret of this process."""
        key = os.environ.get(self.key_variable, "").strip()
        keep_secret(key)
        return key


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
    stated = str(options.get("base_url") or os.environ.get("OPENAI_BASE_URL") or OPENAI)
    retries = int(str(options.get("max_retries", RETRIES)))
    if retries < 0:
        raise UsageError(f"{spec}: max_retries = {retries} is negative", hint="correct it", code="EK114")
    pace = "requests_per_minute"
    return Endpoint(
        address=parse_address(spec, stated, _texts(spec, options, "extra_query")),
        key_variable=str(options.get("api_key_env", KEY)),
        batch_size=int(positive(spec, options, "batch_size", BATCH)),
        max_retries=retries,
        timeout_s=positive(spec, options, "timeout_s", TIMEOUT_S),
        requests_per_minute=positive(spec, options, pace, 1) if pace in options else None,
        offline=bool(options.get("offline", False)),
        api_key_header=_header(spec, str(options.get("api_key_header", ""))),
        headers=tuple(
            (_header(spec, name), _header(spec, value, name))
            for name, value in _texts(spec, options, "extra_headers").items()
        ),
    )


def _texts(spec: ModelSpec, options: Options, name: str) -> dict[str, str]:
    """Return a table of texts, in which ${NAME} stands for a variable of the environment, a secret."""
    table = options.get(name, {})
    found = {}
    for key, value in table.items() if isinstance(table, dict) else ():
        if isinstance(value, dict | list):
            raise UsageError(
                f"{spec}: {name}.{key} = {value!r} must be a text", hint="correct it", code="EK114"
            )
        text = str(value).lower() if isinstance(value, bool) else str(value)
        found[str(key)] = VARIABLE.sub(lambda match: _variable(spec, match[1]), text)
    return found


def _variable(spec: ModelSpec, name: str) -> str:
    value = os.environ.get(name, "").strip()
    if not value:
        raise UsageError(
            f"{spec}: the environment variable {name} is not set",
            hint="set it, or name another",
            code="EK114",
        )
    keep_secret(value)
    return value


def _header(spec: ModelSpec, text: str, name: str = "") -> str:
    """Return a name or value of a header that may be sent; a value is never shown."""
    if text.isascii() and text.isprintable() and (name or not text or HEADER.fullmatch(text)):
        return text
    raise UsageError(
        f"{spec}: the value of the header {name} holds a line break or a character that no header can hold"
        if name
        else f"{spec}: {text[:40]!r} is no name of a header",
        hint="correct it",
        code="EK114",
    )
