"""Gains: what each grade is worth to measures that weigh grades, where the golden set says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evalkit.arrays import Floats, Ints, read_only
from evalkit.errors import InvalidValueError
from evalkit.golden.card import GAINS, GAINS_HINT, Card, wrong_with_gains

__all__ = ["Gains"]


@dataclass(frozen=True, slots=True, eq=False)
class Gains:
    """What grades are worth.

    Attributes:
        of_grade: (G,) the gain of each grade from 0 on, never falling; 0 for grade 0. Higher grades, which no
            judgement has, are worth as much as the last one.
        graded: Whether people gave grades; False where they gave gains, and grade n is the n-th smallest gain
            above 0, so that a grade by itself says nothing.
    """

    of_grade: Floats
    graded: bool = True

    def __post_init__(self) -> None:
        """Check that the gains are finite, begin with 0 and never fall."""
        gains = self.of_grade
        if not gains.size or gains[0] != 0 or not np.isfinite(gains).all() or np.any(np.diff(gains) < 0):
            raise InvalidValueError(
                f"gains are {gains.tolist()}",
                hint="gains are finite, 0 for grade 0, and never fall as grades rise",
                code="EK690",
            )
        object.__setattr__(self, "of_grade", read_only(gains))

    @classmethod
    def stated(cls, table: Mapping[int, float]) -> Gains | None:
        """Return the gains that a card states, grade → gain; None where each grade is worth itself.

        A grade that is left out, which no judgement may have, is worth what the next one above is.

        Raises:
            InvalidValueError: A grade is below 0, or gains fall or are no numbers.
        """
        if min(table, default=0) < 0:
            raise InvalidValueError(f"a gain is stated for grade {min(table)}", code="EK690")
        known = sorted({0: 0.0, **table}.items())
        above = np.searchsorted([grade for grade, _ in known], np.arange(known[-1][0] + 1))
        gains = np.array([gain for _, gain in known], dtype=np.float64)[above]
        return None if np.array_equal(gains, np.arange(gains.size)) and len(table) else cls(gains)

    @classmethod
    def ranked(cls, gains: Floats) -> tuple[Ints, Gains]:
        """Return (J,) grades for judgements that are gains: 0 for gain 0, then 1, 2 … by size."""
        steps = np.unique(np.append(gains, 0.0))
        return np.searchsorted(steps, gains).astype(np.int64), cls(steps, graded=False)

    def of(self, grades: Ints) -> Floats:
        """Return the gains of grades ≥ 0, whatever their shape."""
        return np.asarray(self.of_grade[np.minimum(grades, self.of_grade.size - 1)])

    def text(self, grade: int) -> str:
        """Return one judgement as a text: the grade and its gain, the gain alone where that was given."""
        gain = float(self.of(np.array([grade]))[0])
        return f"{grade} {gain!r}" if self.graded else repr(gain)


def valued(stated: Sequence[float], card: Card) -> tuple[Ints, Gains | None]:
    """Return (J,) grades of the numbers that judgements state, and what grades are worth.

    Numbers that are gains take the grade for which the card states them; where it states none, they are
    numbered by size. What a card does not state has been told.
    """
    if card.grades != GAINS:
        return np.array(stated, dtype=np.int64), Gains.stated(card.gains) if card.gains else None
    if not card.gains:
        return Gains.ranked(np.array(stated, dtype=np.float64))
    grade_of = {gain: grade for grade, gain in _known(card).items()}
    return np.array([grade_of[gain] for gain in stated], dtype=np.int64), Gains.stated(card.gains)


def unstated(stated: Sequence[float], card: Card) -> list[int]:
    """Return the places of numbers that a card with gains leaves unexplained: no grade of it, or no gain."""
    if not card.gains:
        return []
    known = _known(card)
    explained = set(known.values()) if card.grades == GAINS else set(known)
    return [place for place, number in enumerate(stated) if number not in explained]


def alike(card: Card) -> tuple[int, int] | None:
    """Return two grades of one gain, where judgements are gains and only the gain tells grades apart."""
    first: dict[float, int] = {}
    for grade, gain in _known(card).items() if card.grades == GAINS and card.gains else ():
        if first.setdefault(gain, grade) != grade:
            return first[gain], grade
    return None


def card_with(gains: Mapping[int, float] | None, grades: str) -> Card:
    """Return the card of judgements that a caller states, with what he says of their grades.

    Raises:
        InvalidValueError: The gains are none, or two grades cannot be told apart.
    """
    problem = next(wrong_with_gains(gains), "") if gains is not None else ""
    if grades not in ("", GAINS):
        problem = f"grades = {grades!r} is not a choice"
    table = {} if problem or gains is None else {int(grade): float(gain) for grade, gain in gains.items()}
    card = Card(grades="" if problem else grades, gains=dict(sorted(table.items())))
    if same := alike(card):
        problem = (
            f"grades {same[0]} and {same[1]} have one gain, and judgements that are gains do not tell which"
        )
    if problem:
        raise InvalidValueError(problem, hint=f'{GAINS_HINT}; grades is "" or "gains"', code="EK690")
    return card


def _known(card: Card) -> dict[int, float]:
    return {0: 0.0, **card.gains}
