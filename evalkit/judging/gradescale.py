"""The scale: the grades that people may give, and what each of them means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from evalkit.errors import UsageError
from evalkit.golden.card import GAINS
from evalkit.golden.goldenset import GoldenSet
from evalkit.golden.reading.grades import whole
from evalkit.quoting import visible

__all__ = ["GradeScale", "parse_scale", "scale_of"]

FEWEST = 2  # to choose from
HIGHEST = 9  # one key for each grade
LONGEST_WORDS = 60
USUAL = ("not relevant", "about the topic, no answer", "answers in part", "answers it")
HINT = (
    'write  --scale 0,1,2,3  or, with words,  --scale "0=no answer,1=part of one,2=the answer"; '
    f"grades are whole numbers from 0 to {HIGHEST}, one key each"
)


@dataclass(frozen=True, slots=True)
class GradeScale:
    """The grades, increasing, each with its meaning."""

    grades: tuple[int, ...]
    meanings: tuple[str, ...]

    def __post_init__(self) -> None:
        """Check that each grade has a key of its own, and that there is something to choose from."""
        rising = all(low < high for low, high in pairwise(self.grades))
        if len(self.grades) < FEWEST or not rising or self.grades[0] < 0 or self.grades[-1] > HIGHEST:
            told = ", ".join(map(str, self.grades)) or "nothing"
            raise UsageError(f"a scale of {told} cannot be judged by", hint=HINT, code="EK653")


def parse_scale(parts: Sequence[str]) -> GradeScale | None:
    """Return the scale of texts such as "2" or "2=the answer", None where there are none.

    Raises:
        UsageError: A text is no grade, or the grades are no scale.
    """
    if not parts:
        return None
    meant: dict[int, str] = {}
    for part in parts:
        number, _, meaning = part.partition("=")
        grade = whole(number)
        if grade is None or grade in meant:
            told = "names a grade twice" if grade is not None else "says nothing that can be used"
            raise UsageError(f"--scale {part} {told}", hint=HINT, code="EK653")
        meant[grade] = visible(meaning.strip())[:LONGEST_WORDS]
    grades = tuple(sorted(meant))
    return GradeScale(grades, tuple(meant[grade] or _meaning(grade, grades) for grade in grades))


def scale_of(golden: GoldenSet, stated: GradeScale | None = None) -> GradeScale:
    """Return the scale to judge a golden set by: from 0 to its highest grade; 0 to 3 where it has none yet.

    Args:
        golden: The golden set.
        stated: What somebody asks for instead.

    Raises:
        UsageError: Its grades are higher than keys go, or it has none but gains.
    """
    if golden.card.grades == GAINS:
        raise UsageError(
            f"the judgements of {golden.name} are gains, and people give grades",
            hint="say in golden.toml what each grade gains, and write grades:  gains = {0 = 0.0, 1 = 0.25}",
            code="EK653",
        )
    if stated is not None:
        return stated
    highest = int(golden.qrels.grades.max(initial=0)) or len(USUAL) - 1
    if highest > HIGHEST:
        raise UsageError(
            f"{golden.name} has grades up to {highest}, and each grade takes one key", hint=HINT, code="EK653"
        )
    grades = tuple(range(highest + 1))
    return GradeScale(grades, tuple(_meaning(grade, grades) for grade in grades))


def _meaning(grade: int, grades: tuple[int, ...]) -> str:
    """Return what a grade means where nobody said it."""
    if grades == tuple(range(len(USUAL))):
        return USUAL[grade]
    if grade == 0:
        return USUAL[0]
    if grades == (0, 1):
        return "relevant"
    return "best" if grade == grades[-1] else "in between"
