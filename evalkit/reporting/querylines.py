"""The query lines: what systems returned for a query, as any view can draw it."""

from __future__ import annotations

from dataclasses import dataclass

from evalkit.quoting import shortened

ID_SHOWN = 60
_MARKUP_BYTES = 75
_ESCAPED = str.maketrans({"<": "&lt;", ">": "&gt;", "&": "&amp;", '"': "&#34;", "'": "&#39;"})


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The beginning of a document that a query names."""

    document: str
    text: str

    @property
    def shown(self) -> str:
        """The document's id as the page shows it."""
        return shortened(self.document, ID_SHOWN)


@dataclass(frozen=True, slots=True)
class Hit:
    """A document at its rank; `excerpt` counts into the excerpts, None for one without."""

    rank: str
    document: str
    excerpt: int | None
    change: str
    mark: str
    judged: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """The relevant document of a query that stands highest, before or after, and its rank in both."""

    document: str
    title: str
    ranks: str


@dataclass(frozen=True, slots=True)
class TopTens:
    """What both systems returned for one query, and relevant documents that a top ten lacks."""

    baseline: tuple[Hit, ...]
    candidate: tuple[Hit, ...]
    missing: tuple[Hit, ...]

    @property
    def size_bytes(self) -> int:
        """About how much of a page they take."""
        hits = (*self.baseline, *self.candidate, *self.missing)
        return sum(page_bytes(hit.document + hit.title) for hit in hits)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryLine:
    """One query: its scores and what both systems returned for it.

    `answer` is None where no relevant document is known to either; `tops` is None where the page is full.
    """

    candidate: str
    anchor: str
    id: str
    text: str
    delta: str
    tone: str
    baseline_score: str
    candidate_score: str
    critical: bool
    segments: tuple[str, ...]
    tops: TopTens | None
    answer: Answer | None = None

    @property
    def opens(self) -> str:
        """The words that open its top tens: the query's text, or its id where that was left out."""
        return self.text or self.id


def page_bytes(text: str) -> int:
    """Return about how much of a page a text takes."""
    return len(text.translate(_ESCAPED).encode()) + _MARKUP_BYTES
