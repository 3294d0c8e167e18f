"""Grades: what stands in a cell becomes a whole number, by itself or by the labels that the user explains."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from evalkit.errors import UsageError

LARGEST = 1_000_000
WHOLE = re.compile(
    r"([+-]?[0-9]{1,18})(?:\.0*|,0{1,2})?"
)  # 2, 2.0, and 2,0 as spreadsheets write it in Europe
# In a table parted by semicolons, where 1,5 is one and a half, 1.000 may be a thousand; and 1,000 anywhere.
POINT_AND_THREE = re.compile(r"[+-]?[1-9][0-9]{0,2}(?:\.[0-9]{3})+")
COMMA_AND_THREE = re.compile(r"[+-]?[1-9][0-9]{0,2}(?:,[0-9]{3})+")
DIGITS = 18
TRUTHS = {"true": 1, "yes": 1, "false": 0, "no": 0}
OPTION = "--grades"
LABELS_SHOWN = 6
NOTHING_SAID = ("-", "na", "n/a", "n.a.", "nan", "none", "null", "nil", "#n/a", "<na>")
HINT = (
    'write  --grades "LABEL=GRADE,…" with a whole number for each label, such as "E=3,S=2,C=1,I=0"; '
    'a label without a number, "skip=", is left unjudged; one with a comma takes a --grades of its own'
)


@dataclass(frozen=True, slots=True)
class Labels:
    """How cells are read as grades.

    Attributes:
        stated: Label in small letters → its grade, None where it means that nobody judged.
    """

    stated: Mapping[str, int | None] = field(default_factory=dict)
    _met: set[str] = field(default_factory=set, init=False, repr=False, compare=False)

    @property
    def unmet(self) -> list[str]:
        """The stated labels that no cell held so far."""
        return [label for label in self.stated if label not in self._met]

    def grade(self, cell: object) -> int | None:
        """Return the grade that a cell holds, None where it holds none.

        A whole number is one, 2.0 too; true and yes are 1, false and no are 0. Where the user explains
        numbers, other numbers are none.
        """
        if isinstance(cell, str) and cell.isdecimal() and not self.stated:  # nearly always, and millions
            return int(cell) if len(cell) <= DIGITS else None
        said = as_label(cell)
        if said in self.stated:
            self._met.add(said)
            return self.stated[said]
        value = whole(cell)
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


def parse_labels(pairs: Sequence[str]) -> Labels:
    """Return the labels of texts such as "E=3".

    Raises:
        UsageError: A text is no pair, a number is none, or a label is given twice.
    """
    stated: dict[str, int | None] = {}
    for pair in pairs:
        label, equals, number = (part.strip() for part in pair.rpartition("="))
        grade, said = whole(number), as_label(label)
        bad = number and (grade is None or not 0 <= grade <= LARGEST)
        if not equals or not said or said in stated or bad:
            problem = f"{OPTION} {pair} says nothing that can be used"
            if said in stated:
                problem = f"{OPTION} gives the label {label!r} twice"
            raise UsageError(problem, hint=HINT, code="EK108")
        stated[said] = grade
    return Labels(stated)


def whole(grade: object) -> int | None:
    """Return a grade as a whole number, None where it is none; 2.0 is 2, and true is 1."""
    if isinstance(grade, float):
        return int(grade) if grade.is_integer() else None
    if isinstance(grade, str):
        matched = WHOLE.fullmatch(grade.strip())
        return int(matched[1]) if matched else None
    return int(grade) if isinstance(grade, int) else None


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
