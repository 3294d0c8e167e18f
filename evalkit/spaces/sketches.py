"""Canaries: sketches of a few vectors, by which a model that changed under its old name is noticed."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from evalkit.arrays import Floats, Vectors, check_shape, read_only
from evalkit.defaults import SEED
from evalkit.digests import digest_text
from evalkit.embedding.embeddedset import EmbeddedSet
from evalkit.embedding.encoder import Encoder, Role
from evalkit.embedding.encoding import finished
from evalkit.golden.goldenset import GoldenSet
from evalkit.golden.texts import Texts
from evalkit.streams import stream

EACH = 100
WIDTH = 16
MOVED = 0.02
WOBBLES = 3
_DIGEST = 12


@dataclass(frozen=True, slots=True, eq=False)
class Sketch:
    """The sketch of one text's vector.

    Attributes:
        role: What the text is to the model.
        text: Its id.
        digest: The first characters of the digest of its body: an edited text is another one.
        sketch: (16,) projections of the vector on fixed random directions.
    """

    role: Role
    text: str
    digest: str
    sketch: Vectors

    def __post_init__(self) -> None:
        """Check the sketch's shape."""
        check_shape("sketch", self.sketch, (WIDTH,))
        object.__setattr__(self, "sketch", read_only(self.sketch))

    @property
    def packed(self) -> str:
        """The sketch as text, every bit of it."""
        return base64.b64encode(np.asarray(self.sketch, dtype="<f4").tobytes()).decode()

    @classmethod
    def unpacked(cls, role: str, text: str, digest: str, packed: str) -> Sketch:
        """Return the canary whose sketch was packed; ValueError where it is none."""
        values = np.frombuffer(base64.b64decode(packed, validate=True), dtype="<f4")
        return cls(Role(role), text, digest, values.astype(np.float32))


@dataclass(frozen=True, slots=True, kw_only=True)
class SketchCheck:
    """What embedding the canaries afresh has shown.

    Attributes:
        compared: How many texts were embedded and compared.
        moved: How many vectors have moved by more than 2 % of their length.
        farthest: The largest such share, about.
    """

    compared: int
    moved: int
    farthest: float


def sketches(golden: GoldenSet, embedded: EmbeddedSet) -> tuple[Sketch, ...]:
    """Return canaries of up to 100 queries and 100 documents, the same ones for as long as they exist."""
    return tuple(
        Sketch(role, texts.ids[row], _short_digest(texts.bodies[row]), sketch)
        for role, texts, vectors in (
            (Role.query, golden.queries, embedded.queries.vectors),
            (Role.document, golden.searched, embedded.corpus.vectors),
        )
        for row, sketch in _sketched(_chosen(texts), vectors)
    )


def watch(canaries: Sequence[Sketch], golden: GoldenSet, encoder: Encoder) -> SketchCheck:
    """Embed the texts of canaries afresh, no cache asked, and say how far their vectors have moved.

    Args:
        canaries: Those of the baseline; of texts that are gone or edited nothing is said.
        golden: Where the texts are.
        encoder: A model of the baseline's fingerprint, its dimensions known.
    """
    there = _there(canaries, golden)
    return _watched(_distances(there, embed_again(there, golden, encoder)))


def check_cached(
    canaries: Sequence[Sketch], golden: GoldenSet, encoder: Encoder
) -> tuple[SketchCheck, tuple[Sketch, ...]]:
    """Say how many texts have other vectors now than in the cache, beyond what the model varies by itself.

    Args:
        canaries: Sketches of the cached vectors.
        golden: Where the texts are.
        encoder: What is said to have made them.

    Returns:
        What was seen, and the canaries as they are now.
    """
    fresh = embed_again(canaries, golden, encoder)
    far = _distances(canaries, fresh)
    if (far > MOVED).any():
        wobble = _distances(fresh, embed_again(canaries, golden, encoder))
        far = np.where(far > WOBBLES * usual_wobble(wobble), far, 0.0)
    return _watched(far), fresh


def usual_wobble(wobble: Floats) -> Floats:
    """Return (n,) how far each text moves by itself: as was seen of it, or of the median text if more.

    A text that happened to stand still once would otherwise be told as changed, of a model that wobbles.
    """
    return np.asarray(np.maximum(wobble, np.median(wobble)))


def embed_again(canaries: Sequence[Sketch], golden: GoldenSet, encoder: Encoder) -> tuple[Sketch, ...]:
    """Return canaries with the sketches of vectors made now; their texts must be there."""
    made: list[Sketch] = []
    for role, texts in _sides(golden):
        own = [canary for canary in canaries if canary.role is role]
        if own:
            bodies = [texts.bodies[texts.row(canary.text)] for canary in own]
            vectors = finished(encoder.encode(bodies, role), encoder.fingerprint)
            sketched = _sketched(range(len(own)), vectors)
            made += [replace(old, sketch=sketch) for old, (_, sketch) in zip(own, sketched, strict=True)]
    return tuple(made)


def _there(canaries: Sequence[Sketch], golden: GoldenSet) -> tuple[Sketch, ...]:
    """Return the canaries whose texts are there unedited, queries first."""
    return tuple(
        canary
        for role, texts in _sides(golden)
        for canary in canaries
        if canary.role is role and _is_there(canary, texts)
    )


def _sides(golden: GoldenSet) -> tuple[tuple[Role, Texts], ...]:
    return (Role.query, golden.queries), (Role.document, golden.searched)


def _distances(before: Sequence[Sketch], now: Sequence[Sketch]) -> Floats:
    """Return (n,) how far each vector has moved, as a share of its length, about."""
    far = [
        np.linalg.norm(new.sketch - old.sketch) / max(np.linalg.norm(old.sketch), np.finfo(np.float32).tiny)
        for old, new in zip(before, now, strict=True)
    ]
    return np.array(far, dtype=np.float64)


def _watched(distances: Floats) -> SketchCheck:
    return SketchCheck(
        compared=len(distances),
        moved=int((distances > MOVED).sum()),
        farthest=float(distances.max(initial=0.0)),
    )


def _sketched(rows: Sequence[int] | range, vectors: Vectors) -> list[tuple[int, Vectors]]:
    """Return each row with the projections of its vector, whose distances are about those of the vectors.

    Source: Achlioptas, Database-friendly random projections, JCSS 66(4), 2003: random signs will do.
    """
    dims = vectors.shape[1]
    words = np.asarray(stream(SEED, "canaries").bit_generator.random_raw(dims), dtype="<u8")
    bits = np.unpackbits(words.view(np.uint8).reshape(dims, -1), axis=1, count=WIDTH, bitorder="little")
    directions = (2.0 * bits - 1.0) / np.sqrt(WIDTH)
    some = np.asarray(vectors[list(rows)], dtype=np.float64) @ directions
    return list(zip(rows, some.astype(np.float32), strict=True))


def _chosen(texts: Texts) -> list[int]:
    """Return the rows of the bodies with the smallest digests: new texts displace few of them."""
    digests = sorted((digest_text(body), row) for row, body in enumerate(texts.bodies))
    return sorted(row for _, row in digests[:EACH])


def _is_there(canary: Sketch, texts: Texts) -> bool:
    row = texts.row(canary.text)
    return row >= 0 and _short_digest(texts.bodies[row]) == canary.digest


def _short_digest(body: str) -> str:
    return digest_text(body)[:_DIGEST]
