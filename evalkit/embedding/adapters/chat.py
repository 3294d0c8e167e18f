"""Chat: one question to an endpoint that speaks OpenAI's protocol of chats, and the text that it answers."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from evalkit.digests import digest_settings
from evalkit.embedding.adapters.client import connected
from evalkit.embedding.adapters.endpoint import Endpoint, Pacer
from evalkit.embedding.adapters.refusals import (
    KEPT,
    OF_THE_REQUEST,
    TOO_LARGE,
    AskedWords,
    RefusedError,
    refusal,
)
from evalkit.errors import ProviderError
from evalkit.parsing import NotationError, parse_json
from evalkit.quoting import visible

PATH = "/chat/completions"
MOST_BYTES = 1 << 20
TOKENS, NEWER_TOKENS, TEMPERATURE = "max_tokens", "max_completion_tokens", "temperature"
MARKED = 12
SAID = 80


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model said, and how many tokens the server counted; None where it did not."""

    text: str
    tokens_in: int | None = None
    tokens_out: int | None = None


@dataclass(slots=True)
class Chat:
    """A model behind an endpoint; safe to be asked by several threads.

    Attributes:
        endpoint: Where and how requests are sent.
        model: The model's name there.
        most_tokens: How long an answer may be.
        extra: Further keys of the body.
    """

    endpoint: Endpoint
    model: str
    most_tokens: int
    extra: Mapping[str, Any] = field(default_factory=dict)
    _settings: dict[str, Any] = field(init=False)
    _pacer: Pacer = field(init=False)
    _client: Any = field(default=None, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def __post_init__(self) -> None:
        """Begin with the settings that most servers take."""
        self._settings = {TEMPERATURE: 0, TOKENS: self.most_tokens}
        self._pacer = Pacer(self.endpoint.requests_per_minute)

    @property
    def name(self) -> str:
        """Who is asked, for errors."""
        return f"the judge {self.model}"

    @property
    def place(self) -> str:
        """The endpoint and the model, for errors."""
        return f"{self.endpoint.shown}{PATH}   model {self.model}"

    @property
    def identity(self) -> str:
        """What tells this model from every other: address, what chooses a model there, name and settings."""
        stated = {
            "address": self.endpoint.shown,
            "choosing": self.endpoint.address.choosing,
            "model": self.model,
            "most_tokens": self.most_tokens,
            "extra": dict(self.extra),
        }
        return digest_settings(stated)

    def ask(self, text: str) -> Reply:
        """Return what the model says to a text.

        Raises:
            RefusedError: The server refuses this request and may answer others.
            EvalkitError: No answer came, retries included, or one that breaks the protocol.
        """
        while True:
            settings = dict(self._settings)
            try:
                content = self._sent(text, settings)
            except RefusedError as refused:
                if self._without(refused, settings):
                    continue
                if refused.status in (*OF_THE_REQUEST, TOO_LARGE):
                    raise
                raise refused.told from None
            return self._read(content)

    def _sent(self, text: str, settings: dict[str, Any]) -> bytes:
        if self.endpoint.offline:
            raise ProviderError(
                f"{self.name} would have to be asked, which --offline forbids",
                places=(self.place,),
                hint="run once without --offline: its answers are then in the cache",
                code="EK702",
            )
        with self._lock:
            if self._client is None:
                self._client, wire = connected(self.endpoint, self.name)
                wire.limit_bytes = MOST_BYTES
            self._pacer.wait()
        import openai

        from evalkit.embedding.adapters import wire as wires

        message = {"role": "user", "content": text}
        body = {**settings, **self.extra, "model": self.model, "messages": [message]}
        try:
            answer = self._client.post(PATH, cast_to=wires.http.Response, body=body)
        except openai.OpenAIError as error:
            raise refusal(error, AskedWords(self.name, self.model, len(text), PATH), self.endpoint) from None
        if why := answer.extensions.get(wires.REFUSED):
            raise self._broken(why, "EK721")
        content: bytes = answer.content
        return content

    def _without(self, refused: RefusedError, settings: dict[str, Any]) -> bool:
        """Leave out a setting that a server refuses by name; return whether there was one to leave out."""
        if refused.status not in OF_THE_REQUEST:
            return False
        refused_ones = [name for name in settings if name in refused.message]
        for name in refused_ones:
            left = {key: value for key, value in settings.items() if key != name}
            self._settings = {**left, NEWER_TOKENS: self.most_tokens} if name == TOKENS else left
            return True
        return False

    def _read(self, content: bytes) -> Reply:
        """Return the text of an answer, "" where the model says nothing."""
        try:
            answer = parse_json(content)
            message = answer["choices"][0]["message"]
            said = message.get("content")
        except NotationError:
            shown = ascii(content[:SAID])[2:-1]
            raise self._broken(f"the answer is not valid JSON: {shown}", "EK670") from None
        except (TypeError, KeyError, IndexError, AttributeError):
            raise self._broken("the answer has no choices[0].message", "EK670") from None
        usage = answer.get("usage")
        usage = usage if isinstance(usage, dict) else {}
        return Reply(_text(said), _whole(usage.get("prompt_tokens")), _whole(usage.get("completion_tokens")))

    def _broken(self, why: str, code: str) -> ProviderError:
        hint = f"does this address speak OpenAI's protocol of chats? base_url ends before {PATH}; {KEPT}"
        return ProviderError(f"{self.name}: {visible(why)}", places=(self.place,), hint=hint, code=code)


def _text(said: object) -> str:
    """Return the text of a message, whose parts some servers list."""
    if isinstance(said, list):
        return "".join(_text(part.get("text")) for part in said if isinstance(part, dict))
    return said if isinstance(said, str) else ""


def _whole(number: object) -> int | None:
    return number if isinstance(number, int) and not isinstance(number, bool) and number >= 0 else None
