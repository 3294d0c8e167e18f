"""Listing: results in the order in which a system gave them, held against the order of their scores."""

from __future__ import annotations

import enum
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from evalkit.arrays import Bools, Floats, Ints, row_counts
from evalkit.errors import RunError
from evalkit.findings import Finding, Severity

NEARLY_ALL = 0.9
OFTEN = 0.05
NOISE = 1e-6  # of a list's range: less than that is rounding, no order
FEW_RISES = 0.1
CHANCE = math.log(10_000)  # how unlikely lists in no order must make what is called an error
ORDERS = ("score", "rank")


class Stated(enum.StrEnum):
    """What says in which order a system gave its results."""

    RANKS = "ranks"
    LIST = "list"
    LINES = "lines"


class Slope(enum.IntEnum):
    """How scores go along one query's list."""

    FALL = 0
    TIE = 1
    RISE = 2
    JUMP = 3
    NONE = 4


@dataclass(frozen=True, slots=True, eq=False)
class Listing:
    """What a system gave for each query, the first result first.

    Attributes:
        rows: (Q, K) document or chunk rows, −1 only after the last result.
        scores: (Q, K) their scores, −inf where there is none.
        places: (Q, K) the rank that is stated for each, or its place in the list.
        stated: What says so.
        silent: (Q,) for which queries nothing says so: all their ranks are equal.
    """

    rows: Ints
    scores: Floats
    places: Floats
    stated: Stated
    silent: Bools

    @property
    def courses(self) -> Ints:
        """(Q,) how the scores of each query go along its list; `FALL` where there is less than two."""
        scores = np.where(self.rows >= 0, self.scores, np.nan)
        steps = np.diff(scores, axis=1)
        finite = np.where(np.isnan(scores), 0.0, scores)
        slack = NOISE * (finite.max(axis=1, initial=0.0) - finite.min(axis=1, initial=0.0))[:, None]
        ups, downs = row_counts(steps > slack), row_counts(steps < -slack)
        courses = np.full(self.rows.shape[0], Slope.FALL, dtype=np.int64)
        courses[(ups == 0) & (downs == 0)] = Slope.TIE
        courses[ups > 0] = Slope.NONE
        courses[(ups > 0) & (ups <= np.maximum(1, FEW_RISES * (ups + downs)))] = Slope.JUMP
        courses[(ups > 0) & (downs <= FEW_RISES * ups)] = Slope.RISE
        courses[(row_counts(self.rows >= 0) < 2) | self.silent] = Slope.FALL  # noqa: PLR2004 - one has no order
        kept = np.all(self.rows[:, 1:] <= self.rows[:, :-1], axis=1)  # ties stand in this order anyhow
        courses[(courses == Slope.TIE) & kept] = Slope.FALL
        return courses

    def by_rank(self, system: str) -> Listing:
        """Return the listing with scores that fall along it, whatever its scores say.

        Raises:
            RunError: Nothing states ranks.
        """
        several = row_counts(self.rows >= 0) > 1
        if self.stated is Stated.LINES or (self.silent & several).any():
            raise RunError(
                f"{system} states no ranks that could count",
                hint="leave the order to the scores, or write ranks 1, 2, 3 … for each query",
                code="EK449",
            )
        return replace(self, scores=np.where(self.rows >= 0, -self.places, -np.inf))


def settled(listing: Listing, system: str, order: str | None = None) -> tuple[Listing, tuple[Finding, ...]]:
    """Return the listing whose scores count, and what is to be told of scores that contradict their list.

    Args:
        listing: What a system gave.
        system: Its name.
        order: "score" or "rank", where the user says which of the two counts.

    Raises:
        RunError: For nearly all queries the two disagree and nobody says which counts.
    """
    if order == "rank":
        return listing.by_rank(system), ()
    findings = _contradictions(listing, system, asked=order is not None)
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    if errors:
        raise RunError.of(errors)
    return listing, findings


def _contradictions(listing: Listing, system: str, *, asked: bool) -> tuple[Finding, ...]:
    courses = listing.courses
    compared = int(((row_counts(listing.rows >= 0) > 1) & ~listing.silent).sum())
    rising = courses == Slope.RISE
    if listing.stated is Stated.LINES:  # lines may stand in any order; only a clear one says something
        clear = compared and rising.sum() >= NEARLY_ALL * compared and _unlikely(listing, courses)
        return (_told(listing, system, courses, Slope.RISE, Severity.WARNING),) if clear and not asked else ()
    wrong = rising | (courses == Slope.JUMP)
    if listing.stated is Stated.RANKS:
        wrong |= courses == Slope.NONE
    nearly = wrong.sum() >= NEARLY_ALL * max(compared, 1)
    strong = nearly and (listing.stated is Stated.RANKS or _unlikely(listing, courses))
    if listing.stated is Stated.LIST and not strong and not _unlikely(listing, courses):
        courses = np.where(courses == Slope.TIE, courses, Slope.FALL)  # too few to tell from no order
    told = []
    for course in (Slope.RISE, Slope.JUMP, Slope.NONE, Slope.TIE):
        number = int((courses == course).sum())
        if number:
            severity = Severity.WARNING if number >= OFTEN * compared else Severity.NOTICE
            if strong and course is not Slope.TIE and wrong[courses == course].any():
                severity = Severity.ERROR
            severity = Severity.NOTICE if asked else severity
            told.append(_told(listing, system, courses, course, severity))
    return tuple(told)


def _unlikely(listing: Listing, courses: Ints) -> bool:
    """Return whether lists in no order at all would hardly ever go up or down as these do."""
    lengths = row_counts(listing.rows >= 0)
    log = sum(math.lgamma(n + 1) for n in lengths[courses == Slope.RISE])
    log += sum(max(0.0, math.lgamma(n + 1) - n * math.log(2)) for n in lengths[courses == Slope.JUMP])
    return bool(log > CHANCE)


SETTLE = "--run-order rank lets the {given} count, --run-order score the scores"
WORDS = {
    Slope.RISE: (
        "EK445",
        "scores rise along the {along} for {n} of {m} queries: distances?",
        "{give} −distance, larger is better; if larger is better already, {first}",
    ),
    Slope.JUMP: (
        "EK446",
        "scores fall and jump up along the {along} for {n} of {m} queries{where}: scores of two kinds?",
        "a reranker's scores and the first stage's do not compare: {give} scores of one kind",
    ),
    Slope.NONE: (
        "EK447",
        "scores go up and down along the {along} for {n} of {m} queries: ranks of another stage?",
        "results are ordered by score; {give} ranks and scores that agree",
    ),
    Slope.TIE: (
        "EK448",
        "all scores tie for {n} of {m} queries, and the {along} states an order",
        "ties are ordered by document id, not by the {given}: {give} scores that fall along it",
    ),
}
ALONG = {Stated.RANKS: "list of ranks", Stated.LIST: "list", Stated.LINES: "lines"}
GIVEN = {Stated.RANKS: "ranks", Stated.LIST: "list", Stated.LINES: "lines"}


def _told(listing: Listing, system: str, courses: Ints, course: Slope, severity: Severity) -> Finding:
    code, problem, hint = WORDS[course]
    several = (row_counts(listing.rows >= 0) > 1) & ~listing.silent
    number = int((courses == course).sum())
    called = listing.stated is Stated.LIST
    words = {
        "along": ALONG[listing.stated],
        "given": GIVEN[listing.stated],
        "n": number,
        "m": int(several.sum()),
        "where": _first_jump(listing.scores[courses == course]) if course is Slope.JUMP else "",
        "give": "return" if called else "write",
        "first": "return the best first" if called else "number the best 1",
    }
    settle = "" if listing.stated is Stated.LINES else f"; {SETTLE}"
    text = f"{system}: {problem.format(**words)}"
    return Finding(code, severity, text, hint=(hint + settle).format(**words))


def _first_jump(scores: Floats) -> str:
    """Return after which rank scores jump up, where that is the same for most lists."""
    with np.errstate(invalid="ignore"):  # nothing less nothing, after the last result
        first = np.argmax(np.nan_to_num(np.diff(scores, axis=1), nan=-1.0) > 0, axis=1) + 1
    rank, often = _most_common(first.tolist())
    return f" (after rank {rank})" if 2 * often > len(first) else ""


def _most_common(values: Sequence[int]) -> tuple[int, int]:
    found = max(set(values), key=values.count)
    return found, values.count(found)
