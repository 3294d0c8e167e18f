"""openai/MODEL: any endpoint that speaks OpenAI's protocol, through the `openai` package and its retries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from evalkit.arrays import Vectors
from evalkit.digests import digest_text
from evalkit.embedding.adapters.answers import read_answer
from evalkit.embedding.adapters.endpoint import OPTIONS as ENDPOINT_OPTIONS
from evalkit.embedding.adapters.endpoint import Endpoint, Pacer, endpoint_of
from evalkit.embedding.adapters.refusals import meaning
from evalkit.embedding.encoder import Fingerprint, Role
from evalkit.embedding.modelspec import ModelSpec, Options, check_options, positive
from evalkit.errors import MissingExtraError, ModelError, ProviderError
from evalkit.golden.goldenset import GoldenSet

OPTIONS = {
    **ENDPOINT_OPTIONS,
    "normalize": bool,
    "query_prompt": str,
    "document_prompt": str,
    "dimensions": int,
    "revision": str,
}
# A request may hold 300,000 tokens at OpenAI; in some scripts a character is a token.
CHARACTERS = 200_000


class OpenAIEncoder:
    """A model behind an endpoint; its dimensions are stated, noted in the cache, or asked for once."""

    def __init__(self, fingerprint: Fingerprint, endpoint: Endpoint, dimensions: int | None) -> None:
        """Take the space, where to ask, and the dimensions to ask for."""
        self.fingerprint = fingerprint
        self._endpoint = endpoint
        self._dimensions = dimensions
        self._pacer = Pacer(endpoint.requests_per_minute)
        self._client: Any = None

    def probe(self) -> int:
        """Return E, by asking for the vector of one word."""
        return int(self._asked(["dimensions"]).shape[1])

    def settled(self, dims: int) -> OpenAIEncoder:
        """Return the encoder with its dimensions known."""
        return OpenAIEncoder(replace(self.fingerprint, dims=dims), self._endpoint, self._dimensions)

    def encode(self, texts: Sequence[str], role: Role) -> Vectors:
        """Return (n, E) vectors; an empty text, which endpoints refuse, gets the zero vector."""
        prompt = self.fingerprint.prompt(role)
        bodies = [prompt + text for text in texts]
        vectors = np.zeros((len(texts), self.fingerprint.dims), dtype=np.float32)
        for rows in _batches(bodies, self._endpoint.batch_size):
            vectors[rows] = self._asked([bodies[row] for row in rows])
        return vectors

    @property
    def _where(self) -> str:
        return f"{self._endpoint.shown}/embeddings   model {self.fingerprint.model}"

    def _asked(self, bodies: list[str]) -> Vectors:
        vectors = read_answer(self._answer(bodies), len(bodies), self._where)
        wanted = self.fingerprint.dims or self._dimensions or vectors.shape[1]
        if vectors.shape[1] != wanted:
            raise ModelError(
                f"{self.fingerprint} gave {vectors.shape[1]} dimensions, not {wanted}",
                places=(self._where,),
                hint="the server ignores `dimensions`, or runs another model under this name than it did: "
                "correct `dimensions`, or set a `revision` of your own, which makes it another space",
                code="EK364",
            )
        if not np.isfinite(vectors).all():
            row = int(np.flatnonzero(~np.isfinite(vectors).all(axis=1))[0])
            raise ModelError(
                f"{self.fingerprint} gave a value that is not finite for the text {bodies[row][:60]!r}",
                places=(self._where,),
                hint="the server computes in a number type too small for the model; float16 overflows",
                code="EK365",
            )
        return vectors

    def _answer(self, bodies: list[str]) -> bytes:
        if self._client is None:
            self._client = _connect(self.fingerprint, self._endpoint)
        import openai  # noqa: PLC0415 - as in _connect

        self._pacer.wait()
        sized = {} if self._dimensions is None else {"dimensions": self._dimensions}
        try:
            answer = self._client.embeddings.with_raw_response.create(
                model=self.fingerprint.model, input=bodies, **sized
            )
        except openai.OpenAIError as error:
            longest = max(map(len, bodies))
            raise meaning(error, self.fingerprint, self._endpoint, longest) from None
        content: bytes = answer.http_response.content
        return content


def make(spec: ModelSpec, golden: GoldenSet, options: Options) -> OpenAIEncoder:
    """Return the encoder of `openai/MODEL`; no request is sent yet.

    The address is part of the fingerprint, unless it is OpenAI's own or a `revision` is stated: at two
    addresses one name may stand for two models (or one model and its quantised copy), and a vector of one
    must never be served for the other.

    Raises:
        UsageError: An option is wrong.
    """
    del golden
    check_options(spec, options, OPTIONS)
    where = endpoint_of(spec, options)
    default = "" if where.is_openai else digest_text(where.shown)[:12]
    dimensions = int(positive(spec, options, "dimensions", 1)) if "dimensions" in options else None
    fingerprint = Fingerprint.of(
        {
            "provider": "openai",
            "model": spec.model,
            "revision": str(options.get("revision", default)),
            "prompts": {
                "query": options.get("query_prompt", ""),
                "document": options.get("document_prompt", ""),
            },
            "dims": dimensions or 0,
            "normalize": bool(options.get("normalize", True)),
        }
    )
    return OpenAIEncoder(fingerprint, where, dimensions)


def _connect(fingerprint: Fingerprint, endpoint: Endpoint) -> Any:  # noqa: ANN401 - an optional library's
    if endpoint.offline:
        raise ProviderError(
            f"{fingerprint} would have to be asked, which --offline forbids",
            places=(f"{endpoint.shown}/embeddings",),
            hint="run once without --offline: its vectors are then in the cache",
            code="EK702",
        )
    try:
        import openai  # noqa: PLC0415 - an extra, and half a second of import
    except ImportError:
        raise MissingExtraError.for_extra("openai", f"asking {fingerprint}") from None
    key = endpoint.key
    if (not key and endpoint.is_openai) or not key.isascii():
        raise ModelError(
            f"the environment variable {endpoint.key_variable} holds no key",
            hint="set it, or name another with api_key_env; a key itself never stands in a config",
            code="EK362",
        )
    return openai.OpenAI(
        base_url=endpoint.base_url,
        api_key=key or "none",  # a local server may need none, the package does
        max_retries=endpoint.max_retries,
        timeout=endpoint.timeout_s,
    )


def _batches(bodies: Sequence[str], size: int) -> Iterator[list[int]]:
    """Give the rows of each request: at most `size` texts and CHARACTERS characters, no empty text."""
    rows: list[int] = []
    characters = 0
    for row, body in enumerate(bodies):
        if not body:
            continue
        if rows and (len(rows) == size or characters + len(body) > CHARACTERS):
            yield rows
            rows, characters = [], 0
        rows.append(row)
        characters += len(body)
    if rows:
        yield rows
