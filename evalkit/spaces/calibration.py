"""Calibration: the strictly monotone map that takes scores of the old model to the scale of the new one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evalkit.arrays import Floats, Ints, Vectors, check_shape
from evalkit.embedding.cache import VectorCache
from evalkit.embedding.distance import lifted_documents, lifted_queries
from evalkit.embedding.embeddedset import EmbeddedSet, embed
from evalkit.embedding.encoder import Encoder, Fingerprint
from evalkit.embedding.modelspec import encoder_of
from evalkit.errors import InvalidValueError
from evalkit.golden.goldenset import GoldenSet
from evalkit.streams import stream

__all__ = ["encode_pseudo_queries"]

QUERIES = 200
DOCUMENTS = 2000
FITTED = 0.75
TAIL = 0.99
LEAST_STEP = 1e-4


@dataclass(frozen=True, slots=True, eq=False)
class PseudoQueries:
    """(N, E) vectors of texts that stand in for queries, in both spaces; never the golden queries.

    Attributes:
        old: Their query vectors in the old space.
        new: Their query vectors in the new space.
        doc_rows: (N,) the document that each was taken from.
        from_texts: False where no encoder was at hand and documents' own vectors stand in: scores between
            documents are distributed differently, and a map fitted on them may do worse than raw scores.
    """

    old: Vectors
    new: Vectors
    doc_rows: Ints
    from_texts: bool = True

    def __post_init__(self) -> None:
        """Check that both sides have the same texts."""
        count = self.doc_rows.size
        check_shape("pseudo-queries in the old space", self.old, (count, None))
        check_shape("pseudo-queries in the new space", self.new, (count, None))

    @classmethod
    def of_documents(cls, old: EmbeddedSet, new: EmbeddedSet, *, seed: int) -> PseudoQueries:
        """Return documents' own vectors as stand-ins, where texts cannot be encoded."""
        rows = drawn_documents(old.corpus.vectors.shape[0], seed)
        return cls(old.corpus.vectors[rows], new.corpus.vectors[rows], rows, from_texts=False)


@dataclass(frozen=True, slots=True, eq=False)
class QuantileMap:
    """A piecewise linear, strictly increasing map; beyond its knots it goes on with the mean slope.

    Attributes:
        old: (N,) knots, increasing.
        new: (N,) where they are taken to, increasing.
        error: Mean distance between mapped old and new quantiles in the top 1 % of the scores of
            pseudo-queries that it was not fitted on, in units of the new scores.
    """

    old: Floats
    new: Floats
    error: float = 0.0

    def __post_init__(self) -> None:
        """Check that both rows of knots increase."""
        check_shape("new", self.new, self.old.shape)
        if self.old.size < 2 or np.any(np.diff(self.old) <= 0) or np.any(np.diff(self.new) <= 0):  # noqa: PLR2004 - a line needs two points
            raise InvalidValueError("a quantile map needs two knots or more, increasing", code="EK572")

    def forward(self, similarities: Floats) -> Floats:
        """Return old similarities on the scale of the new ones."""
        return _through(similarities, self.old, self.new)

    def inverse(self, values: Floats) -> Floats:
        """Return which old similarities are taken to `values`."""
        return _through(values, self.new, self.old)

    @classmethod
    def through(cls, old: Floats, new: Floats, *, error: float = 0.0) -> QuantileMap:
        """Return the map through points of which those too close to the last are dropped."""
        steps = LEAST_STEP * np.array([old[-1] - old[0], new[-1] - new[0]])
        kept = [0]
        for place in range(1, old.size):  # each point is measured from the last one kept
            step = np.array([old[place] - old[kept[-1]], new[place] - new[kept[-1]]])
            if np.all(step > steps):
                kept.append(place)
        if len(kept) == 1:  # scores that never differ: only their level can be matched
            return cls(np.array([old[0], old[0] + 1]), np.array([new[0], new[0] + 1]), error)
        return cls(*_extended(old[kept], new[kept]), error)


def fit_quantile_map(
    pseudo: PseudoQueries,
    old: Vectors,
    new: Vectors,
    *,
    seed: int,
    asking: tuple[Fingerprint, Fingerprint] | None = None,
) -> QuantileMap:
    """Fit the map on scores of pseudo-queries against a sample of documents, in both spaces.

    Args:
        pseudo: N queries that are not golden ones.
        old: (D, E) vectors of the documents in the old space.
        new: (D, E) vectors of the documents in the new space.
        seed: What the sample of documents is addressed by.
        asking: The old and the new model, where one of them may compare by distance.
    """
    drawn = stream(seed, "calibration").permutation(old.shape[0])[:DOCUMENTS]
    rows = np.union1d(drawn, pseudo.doc_rows)  # the documents they came from make the upper tail
    by_distance = [model.by_distance for model in asking] if asking else [False, False]
    before = _scores(pseudo.old, old[rows], by_distance=by_distance[0])
    after = _scores(pseudo.new, new[rows], by_distance=by_distance[1])
    if not pseudo.from_texts:
        themselves = np.searchsorted(rows, pseudo.doc_rows)
        before[np.arange(themselves.size), themselves] = np.nan
        after[np.arange(themselves.size), themselves] = np.nan
    split = max(1, round(FITTED * len(before)))
    knots = [_quantiles(scores[:split], _levels(split * rows.size)) for scores in (before, after)]
    fitted = QuantileMap.through(*knots)
    if split == len(before):
        return fitted
    tail = _levels((len(before) - split) * rows.size)
    held = [_quantiles(scores[split:], tail[tail >= TAIL]) for scores in (before, after)]
    return QuantileMap(fitted.old, fitted.new, error=float(np.abs(fitted.forward(held[0]) - held[1]).mean()))


def encode_pseudo_queries(
    golden: GoldenSet,
    old: Encoder | str,
    new: Encoder | str,
    *,
    seed: int,
    cache: VectorCache | None = None,
) -> PseudoQueries:
    """Encode titles or first sentences of 200 documents as queries, with both models, given or named."""
    rows = drawn_documents(len(golden.corpus), seed)
    texts = [first_words(golden.corpus.bodies[row]) for row in rows]
    # One document goes along because a golden set without a corpus has no meaning.
    stand_in = GoldenSet.of(
        "pseudo-queries",
        queries={f"{place:04d}": text for place, text in enumerate(texts)},
        corpus={golden.corpus.ids[0]: golden.corpus.bodies[0]},
        qrels={},
    )
    before, after = (
        # Opened with the golden set, since some models are fitted on the corpus.
        embed(stand_in, encoder_of(model, golden), cache=cache).queries.vectors
        for model in (old, new)
    )
    return PseudoQueries(before, after, rows)


def first_words(body: str) -> str:
    """Return the title of a document (its first line, if more follows), else its first sentence."""
    title, _, rest = body.strip().partition("\n")
    return title.strip() if rest.strip() else title.partition(". ")[0].strip()


def drawn_documents(documents: int, seed: int) -> Ints:
    """Return the rows of the documents that pseudo-queries are made from."""
    return np.sort(stream(seed, "pseudo-queries").permutation(documents)[:QUERIES])


def _scores(queries: Vectors, documents: Vectors, *, by_distance: bool) -> Floats:
    if by_distance:
        queries, documents = lifted_queries(queries), lifted_documents(documents)
    return np.asarray(queries.astype(np.float64) @ documents.astype(np.float64).T)


def _quantiles(scores: Floats, levels: Floats) -> Floats:
    return np.quantile(scores[~np.isnan(scores)], levels)


def _levels(count: int) -> Floats:
    """Return levels of quantiles in [0, 1], most of them in the upper tail, where results come from."""
    tail = 1 - 10 ** -np.arange(1, max(1.0, np.log10(max(count, 10))) + 0.05, 0.1)
    return np.concatenate([np.linspace(0, 0.9, 31)[:-1], tail, [1.0]])


def _extended(old: Floats, new: Floats) -> tuple[Floats, Floats]:
    """Return the knots and one more beyond each end, on a line of the mean slope."""
    widths = old[-1] - old[0], new[-1] - new[0]
    return tuple(
        np.concatenate([[knots[0] - width], knots, [knots[-1] + width]])
        for knots, width in zip((old, new), widths, strict=True)
    )  # type: ignore[return-value]  # two in, two out


def _through(values: Floats, from_knots: Floats, to_knots: Floats) -> Floats:
    segment = np.clip(np.searchsorted(from_knots, values, side="right") - 1, 0, from_knots.size - 2)
    slopes = np.diff(to_knots) / np.diff(from_knots)
    return np.asarray(to_knots[segment] + (values - from_knots[segment]) * slopes[segment])
