"""What was asked: of each query and of the corpus so much that a later change can be named; no texts."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from evalkit.arrays import Bools
from evalkit.digests import digest_text
from evalkit.golden.goldenset import GoldenSet
from evalkit.retrieval.run import Run

SHOWN = 10
MOST_SHOWN = 100
MOST_DOCUMENTS = 200_000
_DIGEST = 12
_BITS, _HASHES = 10, 7


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedQuery:
    """A query as it was when the baseline was stored.

    Attributes:
        text: The first characters of its text's digest.
        judgements: The same of its judgements, ids and grades.
        relevant: Its relevant documents with their grades.
        shown: The documents that were found first, best first.
    """

    text: str
    judgements: str
    relevant: Mapping[str, int]
    shown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Corpus:
    """A set of document ids in ten bits each: who was there is always known, a stranger in 99 of 100 cases.

    Source: Bloom, Space/time trade-offs in hash coding with allowable errors, CACM 13(7), 1970.
    """

    documents: int
    bits: Bools

    @classmethod
    def of(cls, ids: Iterable[str]) -> Corpus:
        """Return the set of some ids."""
        names = list(ids)
        bits = np.zeros(max(64, -(-_BITS * len(names) // 8) * 8), dtype=bool)
        for name in names:
            bits[_places(name, len(bits))] = True
        return cls(len(names), bits)

    @classmethod
    def unpacked(cls, documents: int, packed: str) -> Corpus:
        """Return the set that was packed; ValueError where it is none."""
        found = np.frombuffer(base64.b64decode(packed, validate=True), dtype=np.uint8)
        bits = np.unpackbits(found).astype(bool)
        if len(bits) < max(64, _BITS * documents):
            raise ValueError(f'"corpus" holds a filter too short for {documents} documents')
        return cls(documents, bits)

    @property
    def packed(self) -> str:
        """The set as text."""
        return base64.b64encode(np.packbits(self.bits).tobytes()).decode()

    def __contains__(self, identity: str) -> bool:
        return bool(self.bits[_places(identity, len(self.bits))].all())


def describe_queries(
    golden: GoldenSet, run: Run | None = None, cutoff: int | None = SHOWN
) -> dict[str, AskedQuery]:
    """Return what each query of a golden set is, and what a run shows for it first.

    Args:
        golden: Queries and judgements.
        run: What was found; None where nothing is to be remembered of that.
        cutoff: How many ranks matter, at least ten and at most a hundred are kept; None for all.
    """
    width = min(MOST_SHOWN, max(SHOWN, cutoff or MOST_SHOWN))
    judged: list[dict[str, int]] = [{} for _ in golden.queries.ids]
    qrels = golden.qrels
    for query, document, grade in zip(
        qrels.query_rows.tolist(), qrels.doc_rows.tolist(), qrels.grades.tolist(), strict=True
    ):
        judged[query][golden.document_id(document)] = grade
    worth = str if golden.gains is None else golden.gains.text
    marks = ["\nanswer\tnone" if silent else "" for silent in golden.silent.tolist()]
    shown: list[tuple[str, ...]]
    shown = [()] * len(judged) if run is None else [_ids(golden, row[:width]) for row in run.rows.tolist()]
    return {
        identity: AskedQuery(
            text=_short(body),
            judgements=_short(
                "\n".join(f"{name}\t{worth(grade)}" for name, grade in sorted(grades.items())) + mark
            ),
            relevant={name: grade for name, grade in sorted(grades.items()) if grade >= 1},
            shown=found,
        )
        for identity, body, grades, mark, found in zip(
            golden.queries.ids, golden.queries.bodies, judged, marks, shown, strict=True
        )
    }


def remember_corpus(golden: GoldenSet) -> Corpus | None:
    """Return what is remembered of the documents; None where a file would get too large by it."""
    return Corpus.of(golden.corpus.ids) if len(golden.corpus) <= MOST_DOCUMENTS else None


def _ids(golden: GoldenSet, rows: list[int]) -> tuple[str, ...]:
    return tuple(golden.corpus.ids[row] for row in rows if row >= 0)


def _places(name: str, bits: int) -> list[int]:
    digest = hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8 * _HASHES).digest()
    return [int.from_bytes(digest[8 * part : 8 * part + 8], "little") % bits for part in range(_HASHES)]


def _short(text: str) -> str:
    return digest_text(text)[:_DIGEST]
