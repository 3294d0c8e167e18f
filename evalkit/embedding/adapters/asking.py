"""Asking: one request to an endpoint, in the encoding that it takes, its answer checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from evalkit.arrays import Vectors
from evalkit.embedding.adapters.answers import EmbeddedTexts, UnpackingError, check_packed, read_answer
from evalkit.embedding.adapters.client import connected
from evalkit.embedding.adapters.endpoint import Endpoint, Pacer
from evalkit.embedding.adapters.refusals import KEPT, AskedWords, RefusedError, refusal
from evalkit.embedding.adapters.wanted import BASE64, ENCODINGS, FLOAT, Wanted
from evalkit.embedding.encoder import Fingerprint, Role
from evalkit.errors import EvalkitError, ModelError, ProviderError

PROBE = "dimensions"
ALIKE = (
    0.98  # the cosine of one text's vectors in two encodings; servers compute a little differently each time
)
REFERENCES = 3
SPARE_BYTES, BYTES_A_NUMBER, MOST_NUMBERS = 1 << 20, 32, 1 << 16


@dataclass(slots=True)
class Asker:
    """Who asks an endpoint, and what was learned of it: which encoding and how many texts it takes.

    Attributes:
        endpoint: Where and how requests are sent.
        wanted: What is asked for beside the texts.
        size: Texts in one request, at most; smaller than stated once the server refused so many.
        encoding: How numbers are asked for.
    """

    endpoint: Endpoint
    wanted: Wanted
    size: int = field(init=False)
    encoding: str = field(init=False)
    _references: int = field(default=REFERENCES, init=False)
    _is_verified: bool = field(default=False, init=False)
    _pacer: Pacer = field(init=False)
    _client: Any = field(default=None, init=False)
    _wire: Any = field(default=None, init=False)

    def __post_init__(self) -> None:
        """Begin with what the options state."""
        self.size = self.endpoint.batch_size
        self.encoding = self.wanted.encoding
        self._pacer = Pacer(self.endpoint.requests_per_minute)

    def ask(
        self, texts: list[str], role: Role, fingerprint: Fingerprint, retries: int | None = None
    ) -> EmbeddedTexts:
        """Return the (n, E) vectors of texts by one request; some may hold values that are not finite.

        Raises:
            RefusedError: No answer that can be used came.
            EvalkitError: The answer breaks the protocol, or has other dimensions.
        """
        row = min(range(len(texts)), key=lambda at: len(texts[at]))
        reference = self._reference(texts[row], role, fingerprint)
        answer = self._answer(texts, role, fingerprint, retries)
        if answer.packed and reference is not None:
            if not _alike(answer.vectors[row], reference):
                self.encoding = FLOAT  # packed in another number type or byte order than the protocol says
                answer = self._answer(texts, role, fingerprint, retries)
            self._references, self._is_verified = 0, True
        if answer.packed and not self._is_verified:
            check_packed(answer.vectors, self.where(fingerprint))
        return answer._replace(vectors=self._checked(answer.vectors, fingerprint))

    def is_well(self, role: Role, fingerprint: Fingerprint) -> bool:
        """Return whether the server answers a harmless text."""
        try:
            return bool(np.isfinite(self.ask([PROBE], role, fingerprint, 0).vectors).all())
        except (RefusedError, EvalkitError):
            return False

    def where(self, fingerprint: Fingerprint) -> str:
        """Return the endpoint and the model, for errors."""
        return f"{self.endpoint.shown}/embeddings   model {fingerprint.model}"

    def _reference(self, text: str, role: Role, fingerprint: Fingerprint) -> Vectors | None:
        """Return a vector in plain numbers, asked for once, to see whether packed ones mean the same."""
        if self.encoding != BASE64 or not self._references:
            return None
        self._references -= 1
        try:
            content = self._request([text], role, fingerprint, FLOAT, None)
        except RefusedError as refused:
            if refused.may_be_of_a_text:
                return None
            raise
        try:
            answer = read_answer(content, 1, self.where(fingerprint))
        except EvalkitError:  # the request that follows tells it better
            return None
        return None if answer.packed or answer.reasons else answer.vectors[0]  # some pack all the same

    def _answer(
        self, texts: list[str], role: Role, fingerprint: Fingerprint, retries: int | None
    ) -> EmbeddedTexts:
        content = self._sent(texts, role, fingerprint, retries)
        try:
            return read_answer(content, len(texts), self.where(fingerprint), texts)
        except UnpackingError as error:
            if self.encoding != BASE64:
                raise error.plainly() from None
            self.encoding = FLOAT  # another alphabet or spelling of base64: plain numbers have one
            return self._answer(texts, role, fingerprint, retries)

    def _sent(self, texts: list[str], role: Role, fingerprint: Fingerprint, retries: int | None) -> bytes:
        """Send a request; an encoding that is refused by name is left for the next one."""
        while True:
            try:
                return self._request(texts, role, fingerprint, self.encoding, retries)
            except RefusedError as refused:
                left = ENCODINGS[ENCODINGS.index(self.encoding) + 1 :]
                if not left or not refused.names_encoding:
                    raise
                self.encoding = left[0]

    def _request(
        self, texts: list[str], role: Role, fingerprint: Fingerprint, encoding: str, retries: int | None
    ) -> bytes:
        self._connect(fingerprint)
        import openai

        from evalkit.embedding.adapters import wire

        body = self.wanted.body(fingerprint.model, texts, role, encoding)
        numbers = len(texts) * (fingerprint.dims or self.wanted.dimensions or MOST_NUMBERS)
        self._wire.limit_bytes = SPARE_BYTES + 2 * sum(map(len, texts)) + numbers * BYTES_A_NUMBER
        options = {} if retries is None else {"max_retries": min(retries, self.endpoint.max_retries)}
        self._pacer.wait()
        try:
            answer = self._client.post("/embeddings", cast_to=wire.http.Response, body=body, options=options)
        except openai.OpenAIError as error:
            asked = AskedWords(str(fingerprint), fingerprint.model, max(map(len, texts)))
            raise refusal(error, asked, self.endpoint) from None
        why = answer.extensions.get(wire.REFUSED)
        if why:
            raise RefusedError(self._unread(why, fingerprint))
        content: bytes = answer.content
        return content

    def _unread(self, why: str, fingerprint: Fingerprint) -> EvalkitError:
        hint = "the server is at fault, or gives vectors of each token: start it with pooling"
        if "packed" in why:
            hint = "the server or a proxy is at fault: let it send answers as they are, or packed by gzip"
        where = self.where(fingerprint)
        return ProviderError(why, places=(where,), hint=f"{hint}; {KEPT}", code="EK721")

    def _checked(self, vectors: Vectors, fingerprint: Fingerprint) -> Vectors:
        wanted = fingerprint.dims or self.wanted.dimensions or vectors.shape[1]
        if not vectors.shape[1]:  # no text has a vector
            return np.full((len(vectors), wanted or 1), np.nan, dtype=np.float32)
        if vectors.shape[1] == wanted:
            return vectors
        raise ModelError(
            f"{fingerprint} gave {vectors.shape[1]} dimensions, not {wanted}",
            places=(self.where(fingerprint),),
            hint="the server ignores `dimensions`, or runs another model under this name than it did: "
            "correct `dimensions`, or set a `revision` of your own, which makes it another space",
            code="EK364",
        )

    def _connect(self, fingerprint: Fingerprint) -> None:
        if self._client is not None:
            return
        endpoint = self.endpoint
        if endpoint.offline:
            raise ProviderError(
                f"{fingerprint} would have to be asked, which --offline forbids",
                places=(f"{endpoint.shown}/embeddings",),
                hint="run once without --offline: its vectors are then in the cache",
                code="EK702",
            )
        self._client, self._wire = connected(endpoint, str(fingerprint))


def _alike(one: Vectors, other: Vectors) -> bool:
    """Return whether two (E,) vectors are one and the same, small differences aside."""
    if one.shape != other.shape or not (np.isfinite(one).all() and np.isfinite(other).all()):
        return False
    a, b = one.astype(np.float64), other.astype(np.float64)
    lengths = float(np.linalg.norm(a)), float(np.linalg.norm(b))
    if not all(lengths):
        return lengths[0] == lengths[1]
    return float(a @ b) >= ALIKE * lengths[0] * lengths[1] and ALIKE <= lengths[0] / lengths[1] <= 1 / ALIKE
