"""Likeness: why ids that should meet do not, found by trying how one id is written in two files."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, permutations

from evalkit.figures import count
from evalkit.findings import PLACES_SHOWN
from evalkit.golden.reading.folds import FOLDS, Fold, as_it_is

TRIED = 40  # strangers on which all folds are tried, singly and in twos
LOOKED_AT = 1_000_000  # known ids among which a likeness is looked for
LONGEST_COMPARED = 300
CANDIDATES = 400  # known ids on which all folds are tried
PER_STRANGER = 8
FEWEST = 0.1  # fewer that meet are an accident
WORD = re.compile(r"[^\W\d_]+|[0-9]+")
LONGEST = 60


@dataclass(frozen=True, slots=True)
class Likeness:
    """How ids that are not found would be.

    Attributes:
        strangers: How many distinct ids are not found.
        meet: How many of them would be.
        folds: What has to be done, one thing or two.
        pairs: The first few: the id that is not found, and the one that is meant.
    """

    strangers: int
    meet: int
    folds: tuple[Fold, ...]
    pairs: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        """Return "2 of 2 meet once zeros are put back: 77 → 0077"."""
        stranger, known = self.pairs[0]
        steps = " and ".join(_words(fold, stranger, known) for fold in self.folds)
        hidden = any(fold.hidden for fold in self.folds)
        shown = [
            f"{visible(one, other, hidden=hidden)} → {visible(other, one, hidden=hidden)}"
            for one, other in self.pairs
        ]
        return f"{self.meet} of {self.strangers} meet once {steps}: {', '.join(shown)}"

    @property
    def explains(self) -> bool:
        """Whether most of the ids would meet, so that this is what is wrong."""
        return 2 * self.meet >= self.strangers


def likeness(strangers: Iterable[str], known: Iterable[str]) -> Likeness | None:
    """Return how ids that are not found could be meant.

    Args:
        strangers: Ids that one side names and the other lacks.
        known: The ids that the other side has; the first million are looked at.
            Ids of more than 300 characters are on neither side: folding takes the square of their length.

    Returns:
        The way of writing, or the two together, by which most of them would meet; None where no way makes
        any meet. An id that could mean several is not counted, but where documents are named whose chunks
        are known.
    """
    wanted = [name for name in dict.fromkeys(strangers) if len(name) <= LONGEST_COMPARED]
    there = [name for name in islice(known, LOOKED_AT) if len(name) <= LONGEST_COMPARED]
    tried = wanted[:: max(1, len(wanted) // TRIED)][:TRIED]
    folds = _best(tried, _candidates(tried, there))
    if not folds:
        return None
    pairs = _pairs(folds, wanted, there)
    if len(pairs) < FEWEST * len(wanted):
        return None
    return Likeness(len(wanted), len(pairs), folds, tuple(pairs[:2]))


def unlike(strangers: Iterable[str], known: Collection[str], *, noun: str) -> str:
    """Return a sentence on ids that do not meet: how they would, else what the other side has.

    Args:
        strangers: Ids that one side names and the other lacks.
        known: The ids that the other side has.
        noun: What the other side is, "the corpus".
    """
    found = likeness(strangers, known)
    if found is not None:
        return str(found)
    return f"{noun} has {first_few(known)}" if known else f"{noun} has none"


def first_few(ids: Collection[str]) -> str:
    """Return "a, b, c and 7 more"."""
    shown = ", ".join(visible(name) for name in islice(ids, PLACES_SHOWN))
    rest = len(ids) - PLACES_SHOWN
    return f"{shown} and {count(rest)} more" if rest > 0 else shown


def visible(text: str, other: str = "", *, hidden: bool = False) -> str:
    """Return an id so that what a font would not show is seen.

    Args:
        text: The id.
        other: The one that it is held against.
        hidden: Whether the two may look the same: characters that only one has are then spelt out.
    """
    alien = set(text) - set(other) if hidden else set()
    spelt = "".join(
        char if char.isprintable() and (char.isascii() or char not in alien) else ascii(char)[1:-1]
        for char in text
    )
    spelt = spelt if len(spelt) <= LONGEST else f"{spelt[: LONGEST - 1]}…"
    return f"'{spelt}'" if spelt != "".join(spelt.split()) or not spelt else spelt


def _words(fold: Fold, stranger: str, known: str) -> str:
    return fold.back if fold.back and len(known) > len(stranger) else fold.words


def _best(strangers: Sequence[str], known: Sequence[str]) -> tuple[Fold, ...]:
    """Return the fold by which most strangers meet, or two where they bring more; nothing where none does."""
    best: tuple[Fold, ...] = ()
    most = 0
    for folds in _attempts():
        if len(folds) > 1 and most == len(strangers):
            break
        meet = len(_pairs(folds, strangers, known))
        if meet > most:
            best, most = folds, meet
    return best


def _attempts() -> Iterator[tuple[Fold, ...]]:
    yield from ((fold,) for fold in FOLDS)
    yield from (pair for pair in permutations(FOLDS, 2) if not _both_sides_lose(*pair))


def _both_sides_lose(one: Fold, other: Fold) -> bool:
    """Return whether both sides are cut, so that "KB-77" and "KB-78" would be one."""
    cuts_known = (one.stranger is as_it_is, other.stranger is as_it_is)
    return one.loses and other.loses and cuts_known[0] != cuts_known[1]


def _pairs(folds: Sequence[Fold], strangers: Iterable[str], known: Iterable[str]) -> list[tuple[str, str]]:
    """Return each stranger that means exactly one known id under these folds, with that id."""
    meant: dict[str, str] = {}
    doubtful = set()
    for name in known:
        key, is_part = name, False
        for fold in folds:
            before, key = key, fold.known(key)
            is_part |= fold.several and key != before
        if key and meant.setdefault(key, name) != name and not is_part:
            doubtful.add(key)
    pairs = []
    for name in strangers:
        key = name
        for fold in folds:
            key = fold.stranger(key)
        if key in meant and key not in doubtful:
            pairs.append((name, meant[key]))
    return pairs


def _candidates(strangers: Sequence[str], known: Sequence[str]) -> Sequence[str]:
    """Return the known ids that share the rarest word or number with a stranger, where they are many."""
    if len(known) <= CANDIDATES:
        return known
    wanted = {word for name in strangers for word in _vocabulary(name)}
    holders: dict[str, list[str]] = defaultdict(list)
    counts: Counter[str] = Counter()
    for name in known:
        for word in wanted.intersection(_vocabulary(name)):
            counts[word] += 1
            if len(holders[word]) < PER_STRANGER:
                holders[word].append(name)
    chosen: dict[str, None] = dict.fromkeys(known[: CANDIDATES // 8])
    for name in strangers:
        shared = [word for word in _vocabulary(name) if word in counts]
        if shared:
            rarest = min(shared, key=lambda word: counts[word])
            chosen |= dict.fromkeys(holders[rarest])
    return list(chosen)


def _vocabulary(name: str) -> set[str]:
    """Return the words and numbers of an id, without case, accents and leading zeros."""
    apart = unicodedata.normalize("NFKD", name)
    plain = "".join(char for char in apart if unicodedata.category(char) not in {"Mn", "Cf"})
    return {word.lstrip("0") or "0" for word in WORD.findall(plain.casefold())}
