"""Expected values: what measures are on average over every order of results that nothing tells apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from evalkit.arrays import Floats
from evalkit.errors import UsageError
from evalkit.golden.goldenset import GoldenSet
from evalkit.scoring.definition import DEFINITIONS
from evalkit.scoring.judged import Retrieved
from evalkit.scoring.measure import Measure, parse_measures
from evalkit.scoring.orders import Orders
from evalkit.scoring.scores import Scores, score_retrieved


def score_expected(retrieved: Retrieved, golden: GoldenSet, measures: Sequence[Measure | str]) -> Scores:
    """Score a run by the mean over every order of results that nothing tells apart.

    Exact, without drawing any order: for sums over ranks by the mean of each class, for Hit and MRR by the
    chance that none of the first ranks is relevant, for MAP by the chances of pairs.

    Args:
        retrieved: What a system retrieved, judged.
        golden: Queries, corpus and judgements.
        measures: Measures or their names.

    Returns:
        Scores as `score` gives them; the same ones where no results tie.

    Raises:
        UsageError: A measure has no such formula, or looks beyond the depth that was retrieved.
    """
    wanted = parse_measures(measures)
    plain = score_retrieved(retrieved, golden, wanted)
    formulas = [_formula(measure) for measure in wanted]
    if not retrieved.rows.size or not wanted:
        return plain
    orders = Orders.of(retrieved, golden)
    moved = np.bincount(orders.classes.ravel())[orders.classes].max(axis=1) > 1
    values = np.stack(
        [formula(orders, measure.cutoff) for formula, measure in zip(formulas, wanted, strict=True)]
    )
    values = np.where(moved, np.clip(values, 0.0, 1.0), plain.values)
    return replace(plain, values=values)


def _formula(measure: Measure) -> Callable[[Orders, int | None], Floats]:
    formula = measure.definition.tied
    if formula is None:
        names = [known.name for known in DEFINITIONS.values() if known.tied]
        raise UsageError(
            f"{measure} has no expected value over the orders of ties",
            hint=f"leave --ties out, or ask for {', '.join(names)}",
            code="EK164",
        )
    return formula
