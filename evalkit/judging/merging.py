"""Merging: the grades of several judges become one judgement for each pair, or stay open."""

from __future__ import annotations

import csv
import io
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evalkit.errors import UsageError
from evalkit.golden.reading.records import Judgement
from evalkit.judging.agreement import agreement_share, cohen, krippendorff
from evalkit.quoting import harmless

__all__ = ["Disputed", "JudgeAgreement", "Merged", "agreement_of", "merge"]

Pair = tuple[str, str]
TWO = 2


@dataclass(frozen=True, slots=True)
class Disputed:
    """A query and a document to which judges gave different grades.

    Attributes:
        query: Id of the query.
        document: Id of the document.
        grades: Judge → grade, in the order of the judges.
        settled: The grade that a majority or the senior judge settles it to; None: somebody must.
    """

    query: str
    document: str
    grades: Mapping[str, int]
    settled: int | None


@dataclass(frozen=True, slots=True)
class JudgeAgreement:
    """How far judges agree on what more than one of them judged.

    Attributes:
        pairs: How many pairs of query and document those are.
        share: The share of them on which all who judged agree; None where there are none.
        kappa: Cohen's κ, of two judges; None for more, or where it is not defined.
        weighted: Cohen's κ with linear weights, likewise.
        alpha: Krippendorff's α of ordinal grades, of any number of judges; None where it is not defined.
    """

    pairs: int
    share: float | None
    kappa: float | None
    weighted: float | None
    alpha: float | None


@dataclass(frozen=True, slots=True)
class Merged:
    """What several judges make together.

    Attributes:
        judges: Their names.
        judgements: One for each pair that is settled, in the order in which pairs were first judged.
        disputed: What they differ on, settled or not.
        agreement: How far they agree.
        given: Every grade that was given: query, document, judge, grade.
    """

    judges: tuple[str, ...]
    judgements: tuple[Judgement, ...]
    disputed: tuple[Disputed, ...]
    agreement: JudgeAgreement
    given: tuple[tuple[str, str, str, int], ...]

    @property
    def open(self) -> tuple[Disputed, ...]:
        """What nobody has settled."""
        return tuple(item for item in self.disputed if item.settled is None)


def merge(graded: Mapping[str, Iterable[Judgement]], *, senior: str = "") -> Merged:
    """Return what several judges make together: the majority's grade, else the senior judge's.

    Args:
        graded: Name of a judge → what he judged, each pair once.
        senior: Whose grade holds where no majority does; "" for nobody's.

    Raises:
        UsageError: The senior judge is none of them.
    """
    judges = tuple(graded)
    if senior and senior not in judges:
        raise UsageError(
            f"{senior} is none of the judges",
            hint=f"--senior takes one of {', '.join(judges)}",
            code="EK137",
        )
    table: dict[Pair, dict[str, int]] = {}
    for judge, judgements in graded.items():
        for item in judgements:
            table.setdefault((item.query, item.document), {})[judge] = item.grade
    settled = {pair: _settled(grades, senior) for pair, grades in table.items()}
    return Merged(
        judges,
        tuple(Judgement(*pair, grade, 0) for pair, grade in settled.items() if grade is not None),
        tuple(
            Disputed(*pair, grades, settled[pair])
            for pair, grades in table.items()
            if len(set(grades.values())) > 1
        ),
        agreement_of(judges, list(table.values())),
        tuple((*pair, judge, grade) for pair, grades in table.items() for judge, grade in grades.items()),
    )


def table_of(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Return a table as CSV in which no cell opens as a formula."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([harmless(cell) for cell in header])
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    return text.getvalue().encode()


def adjudication(disputed: Iterable[Disputed], judges: Sequence[str]) -> bytes:
    """Return the list that somebody settles: a worklist whose column `grade` is empty."""
    rows = (
        (item.query, item.document, *(item.grades.get(judge, "") for judge in judges), "")
        for item in disputed
    )
    return table_of(("query", "document", *judges, "grade"), rows)


def _settled(grades: Mapping[str, int], senior: str) -> int | None:
    """Return the grade that more than half of the judges gave, else the senior one's, else None."""
    grade, times = Counter(grades.values()).most_common(1)[0]
    return grade if 2 * times > len(grades) else grades.get(senior)


def agreement_of(judges: Sequence[str], rows: Sequence[Mapping[str, int]]) -> JudgeAgreement:
    """Return how far judges agree.

    Args:
        judges: Their names.
        rows: For each pair of query and document, judge → grade.
    """
    shared = [grades for grades in rows if len(grades) >= TWO]
    if not shared:
        return JudgeAgreement(0, None, None, None, None)
    ratings = np.array([[grades.get(judge, math.nan) for grades in shared] for judge in judges])
    share = float(np.mean([len(set(grades.values())) == 1 for grades in shared]))
    alpha = _defined(krippendorff(ratings, level="ordinal"))
    if len(judges) != TWO:
        return JudgeAgreement(len(shared), share, None, None, alpha)
    first, second = ratings.astype(np.int64).tolist()
    return JudgeAgreement(
        len(shared),
        agreement_share(first, second),
        _defined(cohen(first, second)),
        _defined(cohen(first, second, weights="linear")),
        alpha,
    )


def _defined(value: float) -> float | None:
    return None if math.isnan(value) else value
