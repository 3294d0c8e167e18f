"""Paraphrases: queries that ask the same in nearly the same words, which succeed or fail together."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from evalkit.errors import MissingExtraError, UnknownNameError

__all__ = ["paraphrases"]

ALIKE = 93.0  # of 100, by rapidfuzz's ratio on sorted stems
_RARE = 2  # the rarest words of a query are where its like are looked for
_WORD = re.compile(r"\w+")


def paraphrases(texts: Sequence[str], *, language: str = "english") -> list[int]:
    """Return (n,) the number of each query's group: the first query of it, by row.

    Two queries are alike where their words' stems, sorted, agree by 93 of 100 (indel similarity); groups are
    joined by any such pair. Only queries that share one of their two rarest stems are looked at.

    Args:
        texts: (n,) queries.
        language: Whose endings are taken off; one that Snowball knows.

    Raises:
        MissingExtraError: rapidfuzz or snowballstemmer is not installed.
        UnknownNameError: Snowball knows no such language; the nearest is offered.
    """
    try:
        import snowballstemmer  # noqa: PLC0415 - an extra
        from rapidfuzz import fuzz  # noqa: PLC0415 - an extra
    except ImportError:
        raise MissingExtraError.for_extra("authoring", "grouping queries") from None
    if language not in snowballstemmer.algorithms():
        raise UnknownNameError.among("language", language, snowballstemmer.algorithms())
    stem = snowballstemmer.stemmer(language).stemWords
    words = [sorted(stem(_WORD.findall(text.casefold()))) for text in texts]
    keys = [" ".join(found) for found in words]
    groups = list(range(len(texts)))
    for first, second in _candidates(words):
        one, other = _root(groups, first), _root(groups, second)
        if one != other and fuzz.ratio(keys[first], keys[second], score_cutoff=ALIKE):
            groups[max(one, other)] = min(one, other)
    return [_root(groups, row) for row in range(len(texts))]


def _candidates(words: Sequence[Sequence[str]]) -> Iterator[tuple[int, int]]:
    """Yield pairs of rows that share a word that is among the rarest of both."""
    known = Counter(word for found in words for word in set(found))
    blocks: dict[str, list[int]] = defaultdict(list)
    for row, found in enumerate(words):
        for word in sorted(set(found), key=lambda word: (known[word], word))[:_RARE]:
            blocks[word].append(row)
    seen: set[tuple[int, int]] = set()
    for rows in blocks.values():
        for place, second in enumerate(rows):
            for first in rows[:place]:
                if (first, second) not in seen:
                    seen.add((first, second))
                    yield first, second


def _root(groups: list[int], row: int) -> int:
    while groups[row] != row:
        groups[row] = groups[groups[row]]
        row = groups[row]
    return row
