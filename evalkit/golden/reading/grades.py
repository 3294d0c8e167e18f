"""Grades: what stands in a cell becomes a number, by itself or by the labels that the user explains."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from evalkit.errors import UsageError

LARGEST = 1_000_000
WHOLE = re.compile(
    r"([+-]?[0-9]{1,18})(?:\.0*|,0{1,2})?"
)  # 2, 2.0, and 2,0 as spreadsheets write it in Europe
# In a table parted by semicolons, where 1,5 is one and a half, 1.000 may be a thousand; and 1,000 anywhere.
POINT_AND_THREE = re.compile(r"[+-]?[1-9][0-9]{0,2}(?:\.[0-9]{3})+")
COMMA_AND_THREE = re.compile(r"[+-]?[1-9][0-9]{0,2}(?:,[0-9]{3})+")
DIGITS = 18
DECIMAL = re.compile(r"[+-]?(?:[0-9]{1,18}(?:[.,][0-9]{0,30})?|[.,][0-9]{1,30})(?:[eE][+-]?[0-9]{1,3})?")
TRUTHS = {"true": 1, "yes": 1, "false": 0, "no": 0}
OPTION = "--grades"
LABELS_SHOWN = 6
NOTHING_SAID = ("-", "na", "n/a", "n.a.", "nan", "none", "null", "nil", "#n/a", "<na>")
HINT = (
    'write  --grades "LABEL=GRADE,…" with a whole number for each label, such as "E=3,S=2,C=1,I=0" (with '
    "--gains a decimal); "
    'a label without a number, "skip=", is left unjudged; one with a comma takes a --grades of its own'
)


@dataclass(frozen=True, slots=True)
class Labels:
    """How cells are read as grades.

    Attributes:
        stated: Label in small letters → its grade, None where it means that nobody judged.
        gains: Whether the numbers are gains, which need not be whole.
    """

    stated: Mapping[str, float | None] = field(default_factory=dict)
    gains: bool = False
    _met: set[str] = field(default_factory=set, init=False, repr=False, compare=False)

    @property
    def unmet(self) -> list[str]:
        """The stated labels that no cell held so far."""
        return [label for label in self.stated if label not in self._met]

    def grade(self, cell: object) -> float | None:
        """Return the grade that a cell holds, or the gain, None where it holds none.

        A whole number is one, 2.0 too; true and yes are 1, false and no are 0. Where the user explains
        numbers, other numbers are none.
        """
        if isinstance(cell, str) and cell.isdecimal() and not self.stated:  # nearly always, and millions
            return int(cell) if len(cell) <= DIGITS else None
        said = as_label(cell)
        if said in self.stated:
            self._met.add(said)
            return self.stated[said]
        value = decimal(cell) if self.gains else whole(cell)
        numbered = any(whole(label) is not None for label in self.stated)
        if value is not None:
            return None if numbered else value
        return None if self.stated else TRUTHS.get(said)

    def is_blank(self, cell: object) -> bool:
        """Return whether a cell says that nobody judged."""
        if isinstance(cell, str) and cell.isdecimal() and not self.stated:
            return False
        said = as_label(cell)
        if said in self.stated:
            self._met.add(said)
        return said == "" or self.stated.get(said, 0) is None

    def is_doubtful(self, cell: object, separator: str) -> bool:
        """Return whether a cell may be one or a thousand, and nobody said which.

        Args:
            cell: The cell.
            separator: What parts the cells of its table, "" where that is unknown.
        """
        if not isinstance(cell, str) or as_label(cell) in self.stated:
            return False
        said = cell.strip()
        return bool(COMMA_AND_THREE.fullmatch(said) or (separator == ";" and POINT_AND_THREE.fullmatch(said)))


def parse_labels(pairs: Sequence[str], *, gains: bool = False) -> Labels:
    """Return the labels of texts such as "E=3".

    Args:
        pairs: The texts.
        gains: Whether the numbers are gains, which need not be whole.

    Raises:
        UsageError: A text is no pair, a number is none, or a label is given twice.
    """
    stated: dict[str, float | None] = {}
    number_in = decimal if gains else whole
    for pair in pairs:
        label, equals, number = (part.strip() for part in pair.rpartition("="))
        grade, said = number_in(number), as_label(label)
        bad = number and (grade is None or not 0 <= grade <= LARGEST)
        if not equals or not said or said in stated or bad:
            problem = f"{OPTION} {pair} says nothing that can be used"
            if said in stated:
                problem = f"{OPTION} gives the label {label!r} twice"
            raise UsageError(problem, hint=HINT, code="EK108")
        stated[said] = grade
    return Labels(stated, gains)


def whole(grade: object) -> int | None:
    """Return a grade as a whole number, None where it is none; 2.0 is 2, and true is 1."""
    if isinstance(grade, float):
        return int(grade) if grade.is_integer() else None
    if isinstance(grade, str):
        matched = WHOLE.fullmatch(grade.strip())
        return int(matched[1]) if matched else None
    return int(grade) if isinstance(grade, int) else None


def decimal(gain: object) -> float | None:
    """Return a gain as a number, None where it is none; 0,5 is a half, and a comma parts no thousands here.

    A number that came through four bytes is the shortest decimal that they hold: 0.1, not 0.10000000149.
    """
    if isinstance(gain, str):
        matched = DECIMAL.fullmatch(gain.strip())
        return float(gain.strip().replace(",", ".")) + 0.0 if matched else None
    try:
        number = float(gain)  # type: ignore[arg-type] # what is no number is none
    except (TypeError, ValueError, OverflowError):
        return None
    return _as_written(number) if math.isfinite(number) else None


def _as_written(number: float) -> float:
    """Return what was written where a float32 stored it: its shortest decimal."""
    held = np.float32(number) if abs(number) <= LARGEST else np.float32(0)
    return float(str(held)) + 0.0 if float(held) == number else number


def explaining(labels: Sequence[str], *, unjudged: bool = True) -> str:
    """Return the option that gives each label a grade; labels that say nothing get none."""
    shown = [
        f"{label}=" if label.casefold() in NOTHING_SAID else f"{label}=…" for label in labels[:LABELS_SHOWN]
    ]
    more = f" (and {len(labels) - LABELS_SHOWN} more)" if len(labels) > LABELS_SHOWN else ""
    alone = [pair for pair in shown if "," in pair]  # a comma parts pairs, but in a text of one pair alone
    texts = [",".join(pair for pair in shown if pair not in alone), *alone]
    said = "evalkit golden import … " + " ".join(f'{OPTION} "{text}"' for text in texts if text) + more
    return f"{said}; nothing after = leaves it unjudged" if unjudged else said


def is_numeral(text: str) -> bool:
    """Return whether a cell is a number of any kind, with a decimal point or comma."""
    try:
        return math.isfinite(float(text.replace(",", ".")))
    except ValueError:
        return False


def as_label(cell: object) -> str:
    """Return a cell as a label is compared: without case, and whole numbers without their zeros."""
    if cell is None or (isinstance(cell, float) and cell != cell):  # noqa: PLR0124 - the test for NaN
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, str) and (number := whole(cell)) is not None:
        return str(number)
    return " ".join(str(cell).split()).casefold()
