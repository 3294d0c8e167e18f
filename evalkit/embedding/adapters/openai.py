"""openai/MODEL: any endpoint that speaks OpenAI's protocol, through the `openai` package and its retries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from evalkit.arrays import Array, Vectors
from evalkit.embedding.adapters.address import place_digest
from evalkit.embedding.adapters.asking import PROBE, Asker
from evalkit.embedding.adapters.endpoint import OPTIONS as ENDPOINT_OPTIONS
from evalkit.embedding.adapters.endpoint import endpoint_of
from evalkit.embedding.adapters.halving import Halving
from evalkit.embedding.adapters.inputlimit import OPTIONS as LIMIT_OPTIONS
from evalkit.embedding.adapters.inputlimit import InputLimit, limit_of
from evalkit.embedding.adapters.refusals import RefusedError
from evalkit.embedding.adapters.wanted import OPTIONS as WANTED_OPTIONS
from evalkit.embedding.adapters.wanted import wanted_of
from evalkit.embedding.encoder import Fingerprint, Role
from evalkit.embedding.modelspec import ModelSpec, Options, check_options
from evalkit.errors import ModelError
from evalkit.findings import Finding, Severity
from evalkit.golden.goldenset import GoldenSet

OPTIONS: Mapping[str, type] = {
    **ENDPOINT_OPTIONS,
    **WANTED_OPTIONS,
    **LIMIT_OPTIONS,
    "normalize": bool,
    "query_prompt": str,
    "document_prompt": str,
    "revision": str,
}


class OpenAIEncoder:
    """A model behind an endpoint; its dimensions are stated, noted in the cache, or asked for once."""

    def __init__(self, fingerprint: Fingerprint, asker: Asker, limit: InputLimit) -> None:
        """Take the space, who asks, and how long a text may be."""
        self.fingerprint = fingerprint
        self._asker = asker
        self._limit = limit

    def probe(self) -> int:
        """Return E, by asking for the vector of one word."""
        try:
            answer = self._asker.ask([PROBE], Role.query, self.fingerprint)
        except RefusedError as refused:
            raise refused.told from None
        if answer.reasons:
            raise ModelError(
                f"{self.fingerprint} gave {answer.reasons[0]} in place of a vector for the word {PROBE!r}",
                places=(self._asker.where(self.fingerprint),),
                hint="look at the server's log: it computes in a number type too small for the model, or the "
                "model gives no embeddings; dimensions = N states how many numbers it has, without this word",
                code="EK365",
            )
        return int(answer.vectors.shape[1])

    def settled(self, dims: int) -> OpenAIEncoder:
        """Return the encoder with its dimensions known; what was learned of the server stays known."""
        return OpenAIEncoder(replace(self.fingerprint, dims=dims), self._asker, self._limit)

    def encode(self, texts: Sequence[str], role: Role) -> Vectors:
        """Return (n, E) vectors; an empty text, which endpoints refuse, gets the zero vector."""
        vectors = np.zeros((len(texts), self.fingerprint.dims), dtype=np.float32)
        for rows, some in self.pieces(texts, role):
            vectors[rows] = some
        return vectors

    def pieces(self, texts: Sequence[str], role: Role) -> Iterator[tuple[list[int], Array]]:
        """Give rows and vectors, request by request."""
        prompt = self.fingerprint.prompt(role)
        bodies = self._limit.applied([prompt + text for text in texts])
        empty = [row for row, body in enumerate(bodies) if not body]
        if empty:
            yield empty, np.zeros((len(empty), self.fingerprint.dims), dtype=np.float32)
        yield from Halving(self._asker, bodies, role, self.fingerprint).pieces()

    def count_truncated(self, texts: Sequence[str], role: Role) -> int | None:
        """Return how many texts are longer than `max_input_tokens`; None where none is stated."""
        prompt = self.fingerprint.prompt(role)
        return self._limit.count_longer([prompt + text for text in texts])

    @property
    def leaves_out(self) -> bool:
        """Whether texts that are too long are left out, not cut."""
        return self._limit.skips

    @property
    def place(self) -> str:
        """The address, without what is secret in it."""
        return self._asker.endpoint.shown

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was learned of the server that a setting would save next time."""
        size, stated = self._asker.size, self._asker.endpoint.batch_size
        if size >= stated:
            return ()
        problem = (
            f"{self.fingerprint}: the server refuses requests of {stated} texts; {size} were sent at a time"
        )
        hint = f"batch_size = {size} saves the refused requests"
        return (Finding("EK318", Severity.NOTICE, problem, (self._asker.where(self.fingerprint),), hint),)


def make(spec: ModelSpec, golden: GoldenSet, options: Options) -> OpenAIEncoder:
    """Return the encoder of `openai/MODEL`; no request is sent yet.

    The address is part of the fingerprint, unless it is OpenAI's own or a `revision` is stated: at two
    addresses one name may stand for two models (or one model and its quantised copy), and a vector of one
    must never be served for the other. What else may choose the model is part of it in any case: the query
    and the user of the address, further keys of the body, and what happens to long texts.

    Raises:
        UsageError: An option is wrong.
    """
    del golden
    check_options(spec, options, OPTIONS)
    endpoint, wanted, limit = endpoint_of(spec, options), wanted_of(spec, options), limit_of(spec, options)
    default = "" if endpoint.is_openai else place_digest(endpoint.address)
    chosen = {"address": endpoint.address.choosing, "body": wanted.choosing, "limit": limit.choosing}
    marks = [f"{name} {mark}" for name, mark in chosen.items() if mark]
    settings: dict[str, Any] = {
        "provider": "openai",
        "model": spec.model,
        "revision": " + ".join(filter(None, [str(options.get("revision", default)), *marks])),
        "prompts": {
            "query": options.get("query_prompt", ""),
            "document": options.get("document_prompt", ""),
        },
        "dims": wanted.dimensions or 0,
        "truncation": limit.tokens,
        "normalize": bool(options.get("normalize", True)),
    }
    return OpenAIEncoder(Fingerprint.of(settings), Asker(endpoint, wanted), limit)
