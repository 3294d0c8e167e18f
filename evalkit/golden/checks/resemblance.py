"""Resemblance: which of many texts nearly agree, in time that grows with their number, not its square."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
import numpy.typing as npt

from evalkit.arrays import Floats, Ints
from evalkit.defaults import SEED
from evalkit.streams import stream

Hashes = npt.NDArray[np.uint64]

WORD = re.compile(r"\w+")
SHINGLE = 3
# Two texts of resemblance s meet in one band with probability s^ROWS, in some band with
# 1 − (1 − s^ROWS)^BANDS: .998 at s = .75, .9999 at .8, .06 at .3.
BANDS, ROWS = 24, 5
ALL_PAIRS_UP_TO = 24
PAIRS_AT_ONCE = 10_000
_MIX = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True, order=True)
class SimilarPair:
    """Two texts by their position, the first before the second, and the Jaccard index of their features."""

    first: int
    second: int
    resemblance: float


def words(text: str) -> list[str]:
    """Return the words of a text in order, without case and punctuation."""
    return WORD.findall(text.casefold())


def word_shingles(text: str) -> set[str]:
    """Return every run of three words of a text; one with fewer words is a single shingle."""
    found = words(text)
    starts = range(max(len(found) - SHINGLE + 1, min(len(found), 1)))
    return {" ".join(found[start : start + SHINGLE]) for start in starts}


def letter_shingles(text: str) -> set[str]:
    """Return every run of three letters in the words of a text, their ends included, whatever their order."""
    padded = [f" {word} " for word in words(text)]
    return {word[start : start + SHINGLE] for word in padded for start in range(len(word) - SHINGLE + 1)}


def resembling(
    texts: Sequence[str], features: Callable[[str], Iterable[str]], *, threshold: float
) -> list[SimilarPair]:
    """Return the pairs of texts that share most of their features.

    Candidates are found by MinHash and locality-sensitive hashing, then compared exactly. In a crowd of
    more than two dozen candidates each is compared with its neighbours and with the first only, so that a
    thousand copies of a form are linked in a chain, not in half a million pairs.

    Args:
        texts: The n texts.
        features: What a text is made of, such as its shingles; a text without any resembles nothing.
        threshold: Smallest Jaccard index of two sets of features, best 0.7 or more; below, some are missed.

    Returns:
        The pairs in order of position, each once.

    Source:
        Broder, On the resemblance and containment of documents, 1997; Leskovec, Rajaraman and Ullman,
        Mining of Massive Datasets, chapter 3.
    """
    sets = [_hashed(features(text)) for text in texts]
    filled = [row for row, found in enumerate(sets) if found.size]
    if len(filled) < 2:  # noqa: PLR2004 - a pair
        return []
    kept = [sets[row] for row in filled]
    met = {pair for keys in _band_keys(kept) for pair in _meeting(keys)}
    pairs = np.array(sorted(met), dtype=np.int64).reshape(-1, 2)
    compared = zip(pairs.tolist(), _jaccard(kept, pairs).tolist(), strict=True)
    return [SimilarPair(filled[a], filled[b], share) for (a, b), share in compared if share >= threshold]


def connected(pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Return the groups of two and more positions that pairs link, directly or by others, each in order."""
    above: dict[int, int] = {}

    def root(position: int) -> int:
        while (higher := above.setdefault(position, position)) != position:
            above[position] = position = above[higher]
        return position

    for first, second in pairs:
        low, high = sorted((root(first), root(second)))
        above[high] = low
    groups: dict[int, list[int]] = {}
    for position in sorted(above):
        groups.setdefault(root(position), []).append(position)
    return list(groups.values())


def _hashed(features: Iterable[str]) -> Hashes:
    return np.array(sorted({_hash(feature) for feature in features}), dtype=np.uint64)


def _hash(feature: str) -> int:
    return int.from_bytes(hashlib.blake2b(feature.encode("utf-8", "surrogatepass"), digest_size=8).digest())


def _band_keys(sets: Sequence[Hashes]) -> Iterator[Hashes]:
    """Yield for each band (n,) keys; sets that agree in all minima of the band have one key."""
    values = np.concatenate(sets)
    starts = np.cumsum([0, *(found.size for found in sets[:-1])])
    salts = stream(SEED, "resemblance").bit_generator.random_raw(2 * BANDS * ROWS)
    for band in salts.reshape(BANDS, ROWS, 2):
        keys = np.zeros(len(sets), dtype=np.uint64)
        for salt, factor in band:
            minima = np.minimum.reduceat((values ^ salt) * (factor | np.uint64(1)), starts)
            keys = (keys ^ minima) * _MIX
        yield keys


def _meeting(keys: Hashes) -> Iterator[tuple[int, int]]:
    """Yield the pairs of positions, the lower first, to compare because they share a key."""
    order = np.argsort(keys, kind="stable")
    edges = np.flatnonzero(np.diff(keys[order], prepend=~keys[order[:1]], append=~keys[order[-1:]]))
    crowded = np.flatnonzero(np.diff(edges) > 1)
    for start, end in zip(edges[crowded].tolist(), edges[crowded + 1].tolist(), strict=True):
        members = order[start:end].tolist()  # in order of position, since the sort is stable
        if len(members) <= ALL_PAIRS_UP_TO:
            yield from combinations(members, 2)
        else:
            yield from pairwise(members)
            yield from ((members[0], other) for other in members[2:])


def _jaccard(sets: Sequence[Hashes], pairs: Ints) -> Floats:
    """Return (P,) the Jaccard index of each of (P, 2) pairs of sets of unlike hashes."""
    sizes = np.array([found.size for found in sets])
    starts = np.cumsum(sizes) - sizes
    _, names = np.unique(np.concatenate(sets), return_inverse=True)
    shared = np.zeros(len(pairs), dtype=np.int64)
    for begin in range(0, len(pairs), PAIRS_AT_ONCE):
        some = pairs[begin : begin + PAIRS_AT_ONCE]
        sides = [_of_pairs(names, starts[side], sizes[side]) for side in some.T]
        both = np.sort(np.concatenate(sides))  # what both sides of a pair have stands twice, side by side
        at = both[1:][both[1:] == both[:-1]] // names.size
        shared[begin : begin + PAIRS_AT_ONCE] = np.bincount(at, minlength=len(some))
    return np.asarray(shared / (sizes[pairs].sum(axis=1) - shared))


def _of_pairs(names: Ints, starts: Ints, sizes: Ints) -> Ints:
    """Return the names in one set of each pair, each made one number with the pair's own."""
    pair = np.repeat(np.arange(starts.size), sizes)
    inside = np.arange(pair.size) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return np.asarray(pair * names.size + names[np.repeat(starts, sizes) + inside])
