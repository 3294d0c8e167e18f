"""Embeddings: the vectors of a golden set's texts, made through the cache, stamped with their space."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from evalkit.arrays import Array, Vectors, check_finite, check_shape, read_only
from evalkit.digests import digest_text
from evalkit.embedding.cache import VectorCache
from evalkit.embedding.encoder import Encoder, Fingerprint, Role, VectorSource
from evalkit.errors import InvalidValueError, ModelError
from evalkit.findings import Finding, Severity, place
from evalkit.golden.goldenset import GoldenSet, Texts

BATCH = 256
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Embeddings:
    """(n, E) vectors of one role; row i belongs to text i.

    Attributes:
        fingerprint: The space they live in.
        role: What the texts are to the model.
        vectors: (n, E) finite float32 (or float16, for vectors too many to hold).
    """

    fingerprint: Fingerprint
    role: Role
    vectors: Vectors

    def __post_init__(self) -> None:
        """Check two axes, the number type and that every value is finite."""
        check_shape("vectors", self.vectors, (None, None))
        if self.vectors.dtype not in (np.float32, np.float16):
            raise InvalidValueError(
                f"vectors are {self.vectors.dtype}, not float32",
                hint="vectors.astype(np.float32)",
                code="EK504",
            )
        check_finite(f"{self.role} vectors", self.vectors)
        object.__setattr__(self, "vectors", read_only(self.vectors))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class EmbeddedSet:
    """The vectors of a golden set: queries and corpus in one space.

    Attributes:
        queries: (Q, E) embeddings of the queries.
        corpus: (D, E) embeddings of the documents.
        encoded: How many texts were encoded afresh, not taken from the cache.
        findings: What is worth knowing about the vectors.
    """

    queries: Embeddings
    corpus: Embeddings
    encoded: int = 0
    findings: tuple[Finding, ...] = ()

    def __post_init__(self) -> None:
        """Check that both sides share one fingerprint and one length."""
        if self.queries.fingerprint != self.corpus.fingerprint:
            raise ModelError(
                "queries and corpus were embedded in different spaces",
                hint="embed both with one model; a vector means something only inside its own model",
                code="EK312",
            )
        if self.queries.vectors.shape[1] != self.corpus.vectors.shape[1]:
            raise ModelError(
                f"query vectors have {self.queries.vectors.shape[1]} dimensions and document vectors "
                f"{self.corpus.vectors.shape[1]}",
                hint="both sides need one model with one number of dimensions",
                code="EK313",
            )

    @property
    def fingerprint(self) -> Fingerprint:
        """The space of both sides."""
        return self.corpus.fingerprint


def embed(
    golden: GoldenSet,
    encoder: Encoder | VectorSource,
    *,
    cache: VectorCache | None = None,
    progress: Progress | None = None,
) -> EmbeddedSet:
    """Embed the queries and the corpus of a golden set.

    Args:
        golden: Whose texts to embed.
        encoder: A model, or vectors that exist already.
        cache: Where vectors are kept; each text is encoded once for each space and role. Without one,
            everything is encoded.
        progress: Called with role, texts done and texts to do while the encoder works.

    Returns:
        float32 vectors, of unit length where the fingerprint says `normalize`; a text without any known
        word keeps the zero vector, which is told in the findings.

    Raises:
        ModelError: The encoder gave a wrong count, wrong dimensions or a value that is not finite.
    """
    sides, encoded = [], 0
    for role, texts in ((Role.query, golden.queries), (Role.document, golden.corpus)):
        if isinstance(encoder, VectorSource):
            vectors = _finished(encoder.vectors(texts, role), encoder.fingerprint)
        else:
            vectors, fresh = _encoded(encoder, texts, role, cache, progress)
            encoded += fresh
        sides.append(Embeddings(fingerprint=encoder.fingerprint, role=role, vectors=vectors))
    queries, corpus = sides
    findings = _zero_vectors(golden.queries, queries) + _zero_vectors(golden.corpus, corpus)
    return EmbeddedSet(queries=queries, corpus=corpus, encoded=encoded, findings=tuple(findings))


def _encoded(
    encoder: Encoder, texts: Texts, role: Role, cache: VectorCache | None, progress: Progress | None
) -> tuple[Vectors, int]:
    """Return (n, E) vectors of `texts` and how many distinct texts had to be encoded for them."""
    fingerprint, prompt = encoder.fingerprint, encoder.fingerprint.prompt(role)
    digests = [digest_text(prompt + body) for body in texts.bodies]
    if cache is not None and (matrix := cache.matrix(fingerprint, role, digests)) is not None:
        return matrix, 0
    known = cache.read(fingerprint, role, digests) if cache is not None else {}
    bodies = {digest: body for digest, body in zip(digests, texts.bodies, strict=True) if digest not in known}
    # Texts of like length share a batch, so that the model pads little.
    missing = sorted(bodies, key=lambda digest: len(bodies[digest]), reverse=True)
    for start in range(0, len(missing), BATCH):
        batch = missing[start : start + BATCH]
        made = encoder.encode([bodies[digest] for digest in batch], role)
        fresh = dict(zip(batch, _checked(made, len(batch), fingerprint), strict=True))
        if cache is not None:
            cache.write(fingerprint, role, fresh)
        known.update(fresh)
        if progress is not None:
            progress(role, start + len(batch), len(missing))
    vectors = np.stack([known[digest] for digest in digests])
    if cache is not None:
        cache.keep_matrix(fingerprint, role, digests, vectors)
    return vectors, len(missing)


def _checked(made: Array, count: int, fingerprint: Fingerprint) -> Vectors:
    made = np.asarray(made)
    if made.shape != (count, fingerprint.dims):
        raise ModelError(
            f"{fingerprint} gave shape {made.shape} for {count} texts, not {(count, fingerprint.dims)}",
            hint="one vector for each text, as many dimensions as the fingerprint states",
            code="EK314",
        )
    if not np.isfinite(made).all():
        row = int(np.flatnonzero(~np.isfinite(made).all(axis=1))[0])
        raise ModelError(
            f"{fingerprint} gave a value that is not finite, first for text {row} of a batch",
            hint="look at the number type of the model: float16 overflows",
            code="EK315",
        )
    return _finished(made, fingerprint)


def _finished(vectors: Array, fingerprint: Fingerprint) -> Vectors:
    """Return float32 vectors, of unit length where the fingerprint says so; zero vectors stay zero."""
    if not fingerprint.normalize:
        return np.asarray(vectors, dtype=np.float32)
    exact = np.asarray(vectors, dtype=np.float64)
    lengths = np.linalg.norm(exact, axis=1, keepdims=True)
    return np.asarray(exact / np.where(lengths > 0, lengths, 1.0), dtype=np.float32)


def _zero_vectors(texts: Texts, side: Embeddings) -> list[Finding]:
    zero = np.flatnonzero(~side.vectors.any(axis=1))
    if not zero.size:
        return []
    what = {Role.query: "query", Role.document: "document"}[side.role]
    told = "retrieve nothing and score 0" if side.role is Role.query else "resemble nothing"
    return [
        Finding(
            "EK321",
            Severity.WARNING,
            f"{zero.size} {what} vector{'s' if zero.size > 1 else ''} of length zero: they {told}",
            (
                place(
                    f"{side.fingerprint.provider}/{side.fingerprint.model}",
                    (),
                    [texts.ids[row] for row in zero],
                ),
            ),
            "texts without any word that the model knows, or empty ones",
        )
    ]
