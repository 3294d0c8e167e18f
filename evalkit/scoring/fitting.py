"""Fitting: whether measures can be taken on a golden set, and what its gains mean to them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evalkit.errors import UsageError
from evalkit.findings import Finding, Severity, place
from evalkit.golden.goldenset import GoldenSet
from evalkit.scoring.measure import Measure


def check_fit(golden: GoldenSet, measures: Sequence[Measure]) -> None:
    """Raise where a golden set has not what a measure asks for.

    Raises:
        UsageError: A measure is taken on queries whose right answer is nothing, and there are none. Or
            judgements are gains, and a measure has a threshold or its formula says what a grade is worth.
    """
    apart = [measure for measure in measures if measure.definition.apart]
    if apart and not golden.silent.any():
        raise UsageError(
            f"{apart[0]} is taken on queries whose right answer is nothing, and {golden.name} has none",
            places=(place(golden.name),),
            hint='say "answer": "none" in the metadata of such queries; they have no relevant document',
            code="EK389",
        )
    if golden.gains is None or golden.gains.graded:
        return
    for measure in measures:
        if measure.rel != 1 or measure.definition.by_grade:
            what = f"rel={measure.rel} is" if measure.rel != 1 else "its formula goes by"
            raise UsageError(
                f"the judgements of {golden.name} are gains, and {measure} asks for grades: {what} a grade",
                places=(place(golden.name),),
                hint="say in golden.toml which gain is which grade:  gains = {0 = 0.0, 1 = 0.25, 2 = 1.0}",
                code="EK691",
            )


def gain_findings(golden: GoldenSet, measures: Sequence[Measure]) -> tuple[Finding, ...]:
    """Return findings on measures that go by grade all the same, and on queries that nothing gains.

    Args:
        golden: The golden set, whose card may state gains.
        measures: What is going to be scored.
    """
    gains = golden.gains
    if gains is None:
        return ()
    told = []
    if by_grade := [str(measure) for measure in measures if measure.definition.by_grade]:
        verb = "go" if len(by_grade) > 1 else "goes"
        problem = f"{', '.join(by_grade)} {verb} by grade: gains in golden.toml do not count there"
        hint = "the formula itself says what a grade is worth; nDCG goes by the gains"
        told.append(Finding("EK692", Severity.NOTICE, problem, (), hint))
    most = np.zeros(len(golden.queries))
    np.maximum.at(most, golden.qrels.query_rows, gains.of(golden.qrels.grades))
    rows = np.flatnonzero(golden.counted & (most <= 0))
    by_gain = [str(measure) for measure in measures if measure.definition.by_gain]
    if rows.size and by_gain:
        problem = (
            f"{rows.size} of {int(golden.counted.sum())} judged queries have no document that gains "
            f"anything: they score 0 in {', '.join(by_gain)}"
        )
        where = (place(golden.name, (), [golden.queries.ids[row] for row in rows]),)
        hint = "give every grade from 1 on a gain above 0, unless both systems are meant to get that 0"
        told.append(Finding("EK693", Severity.NOTICE, problem, where, hint))
    return tuple(told)
