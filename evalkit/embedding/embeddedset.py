"""The embedded set: the vectors of a golden set's queries and documents in one space, new or cached."""

from __future__ import annotations

from dataclasses import dataclass

from evalkit.arrays import Ints, check_shape
from evalkit.embedding.cache import VectorCache
from evalkit.embedding.embeddings import Embeddings
from evalkit.embedding.encoder import Encoder, Fingerprint, Role, Telling, VectorSource
from evalkit.embedding.encoding import Encoded, Progress, at_hand, encode, finished, settled
from evalkit.embedding.matrices import Matrix
from evalkit.embedding.modelspec import encoder_of
from evalkit.embedding.remarks import other_versions, truncated_documents
from evalkit.embedding.vectorlint import vector_findings
from evalkit.errors import ModelError
from evalkit.findings import Finding
from evalkit.golden.goldenset import GoldenSet


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class EmbeddedSet:
    """The vectors of a golden set: queries and corpus in one space.

    Attributes:
        queries: (Q, E) embeddings of the queries.
        corpus: (D, E) embeddings of the documents, or (C, E) of the chunks that they are searched by.
        documents: (C,) row of the document that each chunk is a part of; None where nothing is in chunks.
        encoded: How many texts were encoded afresh, not taken from the cache.
        documents_per_second: How many documents the model encoded a second, now or when last it did; None
            where nobody knows.
        truncated: How many documents the model reads only in part; None where nobody knows.
        findings: What is worth knowing about the vectors.
    """

    queries: Embeddings
    corpus: Embeddings
    documents: Ints | None = None
    encoded: int = 0
    documents_per_second: float | None = None
    truncated: int | None = None
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
        if self.documents is not None:
            check_shape("documents", self.documents, (self.corpus.vectors.shape[0],))

    @property
    def fingerprint(self) -> Fingerprint:
        """The space of both sides."""
        return self.corpus.fingerprint


def embed(
    golden: GoldenSet,
    encoder: Encoder | VectorSource | str,
    *,
    cache: VectorCache | None = None,
    progress: Progress | None = None,
) -> EmbeddedSet:
    """Embed the queries and the corpus of a golden set, the corpus by its chunks where it has them.

    Args:
        golden: Whose texts to embed.
        encoder: A model or its name, such as "st/all-MiniLM-L6-v2", or vectors that exist already.
        cache: Where vectors are kept; each text is encoded once for each space and role. Without one,
            everything is encoded.
        progress: Called with role, texts done and texts to do while the encoder works.

    Returns:
        float32 vectors, of unit length where the fingerprint says `normalize`; a text without any known
        word keeps the zero vector, which is told in the findings.

    Raises:
        ModelError: The encoder gave a wrong count, wrong dimensions or a value that is not finite.
        UsageError: The name names no model.
    """
    encoder = encoder_of(encoder, golden)
    encoder = encoder if isinstance(encoder, VectorSource) else settled(encoder, cache)
    encoded, sides = [], []
    for role, texts in ((Role.query, golden.queries), (Role.document, golden.searched)):
        if isinstance(encoder, VectorSource):
            side = Encoded(matrix=Matrix(vectors=finished(encoder.vectors(texts, role), encoder.fingerprint)))
        else:
            side = encode(encoder, texts, role, cache=cache, progress=progress)
        encoded.append(side)
        sides.append(Embeddings(fingerprint=encoder.fingerprint, role=role, vectors=side.matrix.vectors))
    queries, corpus = sides
    truncated = encoded[1].matrix.truncated
    return EmbeddedSet(
        queries=queries,
        corpus=corpus,
        documents=None if golden.chunks is None else golden.chunks.documents,
        encoded=sum(side.fresh for side in encoded),
        documents_per_second=encoded[1].per_second,
        truncated=truncated,
        findings=(
            *(cache.take_findings() if cache is not None else ()),
            *(encoder.findings if isinstance(encoder, Telling) else ()),
            *vector_findings(golden.queries, queries),
            *vector_findings(golden.searched, corpus),
            *truncated_documents(
                corpus.fingerprint,
                truncated,
                len(golden.searched),
                left_out=bool(getattr(encoder, "leaves_out", False)),
            ),
            *other_versions(corpus.fingerprint, [side.matrix for side in encoded], at_hand(encoder)),
        ),
    )
