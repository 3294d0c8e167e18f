"""Texts: ids and bodies in a fixed order, whole or in chunks, and when two texts are the same."""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import filterfalse
from operator import itemgetter

import numpy as np

from evalkit.arrays import Ints, check_shape, increasing, read_only
from evalkit.digests import digest_array, digest_texts
from evalkit.errors import InvalidValueError

ABSENT = -1  # the row of an id that is not there
FEW = 16  # looking up one id in so many is quicker than a table of them all


@dataclass(frozen=True, slots=True, eq=False)
class Texts:
    """Ids and bodies of n texts, sorted by id in code-point order, so that row order is id order."""

    ids: tuple[str, ...]
    bodies: tuple[str, ...]

    def __post_init__(self) -> None:
        """Check lengths, that ids are non-empty strings, unique and sorted."""
        if len(self.ids) != len(self.bodies):
            raise InvalidValueError(f"{len(self.ids)} ids for {len(self.bodies)} texts", code="EK507")
        if not increasing(self.ids) or "" in self.ids[:1]:
            raise InvalidValueError(
                "ids must be non-empty, unique and sorted by code point",
                hint="make them with Texts.of",
                code="EK508",
            )
        for texts in (self.ids, self.bodies):
            if (half := next(filterfalse(_is_whole, texts), None)) is not None:
                raise InvalidValueError(
                    f"{half[:60]!r} holds half of a character pair (a lone surrogate)",
                    hint="no file and no model takes it: read the text again from where it came",
                    code="EK109",
                )

    @classmethod
    def of(cls, texts: Mapping[str, str]) -> Texts:
        """Return the texts of a mapping from id to body, in id order."""
        ids = sorted(texts)
        return cls(tuple(ids), tuple(texts[identity] for identity in ids))

    def __len__(self) -> int:
        return len(self.ids)

    def row(self, identity: str) -> int:
        """Return the row of an id, −1 when there is no such text."""
        place = bisect_left(self.ids, identity)
        return place if place < len(self.ids) and self.ids[place] == identity else ABSENT

    def rows(self, ids: Iterable[str]) -> Ints:
        """Return (n,) rows of `ids`, −1 for each that is absent."""
        names = list(ids)
        if len(names) < 2 or len(names) * FEW < len(self.ids):  # noqa: PLR2004 - one is looked up as one
            return np.fromiter(map(self.row, names), dtype=np.int64, count=len(names))
        known = dict(zip(self.ids, range(len(self.ids)), strict=True))
        try:  # one call for all of them takes half as long as one for each
            found = itemgetter(*names)(known)
        except KeyError:
            found = tuple(known.get(identity, ABSENT) for identity in names)
        return np.fromiter(found, dtype=np.int64, count=len(names))

    @property
    def digest(self) -> str:
        """One digest of ids and bodies."""
        return digest_texts(part for pair in zip(self.ids, self.bodies, strict=True) for part in pair)


@dataclass(frozen=True, slots=True, eq=False)
class Chunks:
    """The C texts that are embedded and searched where documents are judged whole.

    Attributes:
        texts: The chunks, by id.
        documents: (C,) row of the document that each chunk is a part of.
    """

    texts: Texts
    documents: Ints

    def __post_init__(self) -> None:
        """Check that each chunk has its document."""
        check_shape("documents", self.documents, (len(self.texts),))
        if self.documents.min(initial=0) < 0:
            raise InvalidValueError("a chunk belongs to no document", code="EK510")
        object.__setattr__(self, "documents", read_only(self.documents))

    @property
    def digest(self) -> str:
        """One digest of ids, texts and the documents they belong to."""
        return digest_texts([self.texts.digest, digest_array(self.documents)])


def is_same_text(text: str, body: str) -> bool:
    """Return whether a query is the text of a document, whatever its case, white space and title."""
    wanted = _bare(text)
    return wanted in (_bare(body), _bare(body.partition("\n")[2])) or body.endswith(f"\n{text}")


def _bare(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def _is_whole(text: str) -> bool:
    """Return whether a text can be written: a lone surrogate cannot."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
