"""The golden set: queries, corpus and judgements, checked, frozen and known by one digest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from evalkit.arrays import Bools, Floats, Ints, check_finite, check_shape, read_only
from evalkit.digests import digest_array, digest_settings, digest_texts
from evalkit.errors import InvalidValueError, UnknownNameError
from evalkit.findings import Finding
from evalkit.golden.card import GAINS, GAINS_HINT, LARGEST_GRADE, Card
from evalkit.golden.gains import Gains, card_with, unstated, valued
from evalkit.golden.qrels import Qrels
from evalkit.golden.reading.queryfields import ANSWER, is_nothing
from evalkit.golden.texts import Chunks, Texts, is_same_text

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class GoldenSet:
    """Q queries, D documents and their judgements; what every experiment is measured on.

    Attributes:
        name: How reports call it.
        queries: The Q queries, by id.
        corpus: The D documents, by id; a body is title, newline and text.
        qrels: Judgements by row. Document rows from D on stand for the ids in `missing`.
        weights: (Q,) traffic weights, > 0.
        groups: (Q,) number of the paraphrase or session group of each query.
        critical: (Q,) whether losing this query alone stops a migration.
        segments: Name of each segment → (Q,) which queries belong to it.
        query_fields: Further metadata of the queries, name → Q values.
        document_fields: Metadata of the documents (dates, tenant, parent …), name → D values.
        card: What `golden.toml` says: version, judgements' kind, self-hits and the like.
        chunks: What is searched in place of the documents, None where each document is searched whole.
        missing: Ids of judged documents that the corpus lacks and that stay in the denominators.
        gains: What grades are worth to measures that weigh them; None where each is worth itself.
        findings: What reading it found that is no error.
    """

    name: str
    queries: Texts
    corpus: Texts
    qrels: Qrels
    weights: Floats
    groups: Ints
    critical: Bools
    segments: Mapping[str, Bools] = field(default_factory=dict)
    query_fields: Mapping[str, tuple[object, ...]] = field(default_factory=dict)
    document_fields: Mapping[str, tuple[object, ...]] = field(default_factory=dict)
    card: Card = field(default_factory=Card)
    chunks: Chunks | None = None
    missing: tuple[str, ...] = ()
    gains: Gains | None = None
    findings: tuple[Finding, ...] = ()
    _digests: dict[str, str] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        """Check that every array fits the queries and that judgements fit both tables."""
        queries = len(self.queries)
        for name in ("weights", "groups", "critical"):
            array = getattr(self, name)
            check_shape(name, array, (queries,))
            object.__setattr__(self, name, read_only(array))
        check_finite("weights", self.weights)
        if self.weights.min(initial=1.0) <= 0:
            raise InvalidValueError(f"a weight is {self.weights.min()}; weights are > 0", code="EK509")
        for name, members in self.segments.items():
            check_shape(f"segment {name}", members, (queries,))
        frozen = {name: read_only(members) for name, members in sorted(self.segments.items())}
        object.__setattr__(self, "segments", MappingProxyType(frozen))
        documents = len(self.corpus) + len(self.missing)
        if (
            self.qrels.query_rows.max(initial=-1) >= queries
            or self.qrels.doc_rows.max(initial=-1) >= documents
        ):
            raise InvalidValueError("a judgement points outside the queries or the corpus", code="EK510")
        if self.chunks is not None and self.chunks.documents.max(initial=-1) >= len(self.corpus):
            raise InvalidValueError("a chunk points outside the corpus", code="EK510")

    @classmethod
    def of(
        cls,
        name: str,
        *,
        queries: Mapping[str, str],
        corpus: Mapping[str, str],
        qrels: Mapping[str, Mapping[str, float]],
        gains: Mapping[int, float] | None = None,
        grades: str = "",
    ) -> GoldenSet:
        """Return a golden set from plain mappings: id → text, and query id → document id → grade.

        Args:
            name: How reports call it.
            queries: Id → text.
            corpus: The same of the documents.
            qrels: Query id → document id → grade.
            gains: Grade → what it is worth to measures that weigh grades; None: each is worth itself.
            grades: "gains" where `qrels` hold gains, decimals too.

        Raises:
            InvalidValueError: A judgement names an id that is not given, or a grade is no whole number ≥ 0
                (no number ≥ 0 where they are gains), or has no gain.

        Examples:
            >>> golden = GoldenSet.of(
            ...     "tiny",
            ...     queries={"q": "pay late"},
            ...     corpus={"a": "Late payments", "b": "Opening hours"},
            ...     qrels={"q": {"a": 1}},
            ... )
            >>> golden.corpus.ids
            ('a', 'b')
        """
        query_texts, corpus_texts = Texts.of(queries), Texts.of(corpus)
        sizes = [len(judged) for judged in qrels.values()]
        query_rows = np.repeat(query_texts.rows(qrels), sizes)
        doc_rows = corpus_texts.rows(chain.from_iterable(qrels.values()))
        if np.any(query_rows < 0) or np.any(doc_rows < 0):
            raise InvalidValueError("a judgement names a query or document that is not given", code="EK510")
        card = card_with(gains, grades)
        given = [grade for judged in qrels.values() for grade in judged.values()]
        rows_of_grades, worth = _valued(given, card)
        count = len(query_texts)
        return cls(
            name=name,
            queries=query_texts,
            corpus=corpus_texts,
            qrels=Qrels.ordered(query_rows, doc_rows, rows_of_grades),
            card=card,
            gains=worth,
            weights=np.ones(count),
            groups=np.arange(count),
            critical=np.zeros(count, dtype=bool),
        )

    @property
    def version(self) -> str:
        """The version that the card states, "" when it states none."""
        return self.card.version

    @property
    def digest(self) -> str:
        """Content digest over everything but name, card texts and findings; made when first asked for."""
        return self._remembered("all", self._digest_all)

    @property
    def judgements_digest(self) -> str:
        """Digest of queries and judgements alone, by id; made when first asked for."""
        return self._remembered("judgements", self._digest_judgements)

    @property
    def counted(self) -> Bools:
        """(Q,) which queries have a relevant document; only they enter means and tests."""
        return self.qrels.relevant_per_query(len(self.queries)) > 0

    @property
    def silent(self) -> Bools:
        """(Q,) which queries say that their right answer is nothing, `"answer": "none"`; never counted."""
        stated = self.query_fields.get(ANSWER, (None,) * len(self.queries))
        return np.array([is_nothing(value) for value in stated], dtype=bool) & ~self.counted

    @property
    def searched(self) -> Texts:
        """The texts that are embedded and searched: the chunks where there are any, else the documents."""
        return self.corpus if self.chunks is None else self.chunks.texts

    @property
    def self_hits(self) -> Ints:
        """(Q,) row of the document that *is* the query (same id, same text), −1 where there is none."""
        rows = self.corpus.rows(self.queries.ids)
        for query in np.flatnonzero(rows >= 0):
            text, body = self.queries.bodies[query], self.corpus.bodies[rows[query]]
            if not is_same_text(text, body):
                rows[query] = -1
        return rows

    @property
    def uncounted(self) -> Ints:
        """(Q,) row of the document that never counts as a result of the query, −1 where all do.

        It is the query itself, where the card says `self_hits = "remove"`.
        """
        if self.card.self_hits == "remove":
            return self.self_hits
        return np.full(len(self.queries), -1, dtype=np.int64)

    def with_segment(self, key: str, value: str) -> GoldenSet:
        """Return the set with one more segment, "key=value": the queries whose metadata say so.

        Raises:
            UnknownNameError: No query has that key, or none that value.
        """
        if key not in self.query_fields:
            hint = "" if self.query_fields else "their metadata are empty"
            raise UnknownNameError.among("field of the queries", key, self.query_fields, hint=hint)
        values = [str(found) for found in self.query_fields[key]]
        if value not in values:
            raise UnknownNameError.among(f"{key} of a query", value, set(values))
        members = np.array([found == value for found in values])
        return replace(self, segments={**self.segments, f"{key}={value}": members})

    def document_rows(self, ids: Iterable[str]) -> Ints:
        """Return (n,) rows of documents, −1 for none; the id of a chunk stands for its document."""
        names = list(ids)
        rows = self.corpus.rows(names)
        if self.chunks is None:
            return rows
        parts = self.chunks.texts.rows(names)
        return np.where((rows < 0) & (parts >= 0), self.chunks.documents[parts], rows)

    def document_id(self, row: int) -> str:
        """Return the id of a document row, those of missing documents included."""
        known = len(self.corpus)
        return self.corpus.ids[row] if row < known else self.missing[row - known]

    def to_frame(self) -> pd.DataFrame:
        """Return the judgements as a table: query_id, query, document_id, grade and, where stated, gain."""
        import pandas as pd  # noqa: PLC0415 - only those who want a table pay for pandas

        rows = self.qrels.query_rows
        return pd.DataFrame(
            {
                "query_id": [self.queries.ids[row] for row in rows],
                "query": [self.queries.bodies[row] for row in rows],
                "document_id": [self.document_id(int(row)) for row in self.qrels.doc_rows],
                "grade": self.qrels.grades,
                **({"gain": self.gains.of(self.qrels.grades)} if self.gains else {}),
            }
        )

    def _remembered(self, name: str, make: Callable[[], str]) -> str:
        """Return a digest, which reads every text and therefore is made once, and only if wanted."""
        if name not in self._digests:
            self._digests[name] = make()
        return self._digests[name]

    def _digest_judgements(self) -> str:
        documents = digest_texts(self.document_id(int(row)) for row in self.qrels.doc_rows)
        rows, grades = digest_array(self.qrels.query_rows), digest_array(self.qrels.grades)
        further = [digest_array(self.gains.of(self.qrels.grades))] if self.gains else []
        further += [digest_array(self.silent)] if self.silent.any() else []
        return digest_texts([self.queries.digest, documents, rows, grades, *further])

    def _digest_all(self) -> str:
        settings = {
            "segments": {name: digest_array(members) for name, members in self.segments.items()},
            "query_fields": {name: [str(v) for v in values] for name, values in self.query_fields.items()},
            "document_fields": {name: digest_texts(map(str, v)) for name, v in self.document_fields.items()},
            "self_hits": str(self.card.self_hits),
            "judgments": str(
                self.card.judgments or "complete"
            ),  # as it is computed: stating it changes nothing
        }
        arrays = [digest_array(array) for array in (self.weights, self.groups, self.critical)]
        chunks = [] if self.chunks is None else [self.chunks.digest]
        parts = [self.judgements_digest, self.corpus.digest, *arrays, digest_settings(settings), *chunks]
        return digest_texts(parts)


def _valued(given: list[float], card: Card) -> tuple[Ints, Gains | None]:
    """Return (J,) grades and what they are worth, of numbers that a caller states."""
    stated = _decimals(given) if card.grades == GAINS else _whole(given).tolist()
    if strange := unstated(stated, card):
        first = given[strange[0]]
        what = (
            f"{first!r} is no gain that is stated" if card.grades == GAINS else f"grade {first!r} has no gain"
        )
        raise InvalidValueError(what, hint=GAINS_HINT, code="EK694")
    return valued(stated, card)


def _decimals(given: list[float]) -> list[float]:
    for gain in given:
        number = isinstance(gain, int | float | np.number) and not isinstance(gain, bool)
        if not number or not 0 <= gain <= LARGEST_GRADE:
            raise InvalidValueError(f"gains are numbers from 0 on, but one is {gain!r}", code="EK505")
    return [float(gain) for gain in given]


def _whole(grades: list[float]) -> Ints:
    """Return (J,) grades; numpy alone would cut 0.5 down to 0 without a word."""
    array = np.array(grades)
    if grades and array.dtype.kind not in "biu":
        first = next((grade for grade in grades if not isinstance(grade, int | np.integer)), grades[0])
        raise InvalidValueError(
            f"grades are whole numbers, but one is {first!r}",
            hint='0 not relevant, 1 relevant, 2 and more for better; say grades="gains" where they are gains',
            code="EK505",
        )
    return array.astype(np.int64)
