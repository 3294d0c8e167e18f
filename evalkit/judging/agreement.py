"""Agreement: how far judges agree beyond what chance alone would give them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from evalkit.arrays import Floats
from evalkit.errors import InvalidValueError

__all__ = ["agreement_share", "cohen", "fleiss", "krippendorff"]

Weights = Literal["linear", "quadratic"]
Level = Literal["nominal", "ordinal", "interval", "ratio"]


def agreement_share(a: Sequence[int], b: Sequence[int]) -> float:
    """Return the share of items, in [0, 1], to which two judges gave the same grade.

    Beside it stands κ: judges who call nearly everything irrelevant agree on 95 of 100 items and have a κ
    below 0.

    Raises:
        InvalidValueError: There is no item, or the judges have judged different numbers of them.
    """
    first, second = _pair(a, b)
    return float((first == second).mean())


def cohen(a: Sequence[int], b: Sequence[int], *, weights: Weights | None = None) -> float:
    """Return Cohen's κ of two judges, at most 1; 0 is what chance would give.

    Args:
        a: (n,) grades of the first judge.
        b: (n,) grades of the second, of the same items.
        weights: How a disagreement counts: None, every one alike; "linear" or "quadratic", by how far
            apart the two grades stand among those in use.

    Returns:
        κ; NaN where both judges gave one and the same grade to everything, which leaves nothing to agree on.

    Raises:
        InvalidValueError: There is no item, the numbers of grades differ, or the weights are unknown.

    Source: Cohen, Educational and Psychological Measurement 20(1), 1960; weighted: Psychological Bulletin
    70(4), 1968.

    Examples:
        >>> round(cohen([2, 2, 1, 0], [2, 1, 1, 0]), 3)
        0.636
    """
    first, second = _pair(a, b)
    grades, codes = np.unique(np.concatenate([first, second]), return_inverse=True)
    rows, columns = codes[: first.size], codes[first.size :]
    seen = np.zeros((grades.size, grades.size))
    np.add.at(seen, (rows, columns), 1.0)
    chance = np.outer(seen.sum(axis=1), seen.sum(axis=0)) / first.size
    apart = np.abs(np.subtract.outer(np.arange(grades.size), np.arange(grades.size)))
    scales = {None: (apart > 0).astype(np.float64), "linear": apart, "quadratic": apart**2}
    if weights not in scales:
        raise InvalidValueError(
            f"weights {weights!r} are unknown", hint='choose None, "linear" or "quadratic"', code="EK573"
        )
    expected = float((scales[weights] * chance).sum())
    return 1.0 - float((scales[weights] * seen).sum()) / expected if expected > 0 else float("nan")


def fleiss(counts: npt.ArrayLike) -> float:
    """Return Fleiss' κ of many judges, at most 1.

    Args:
        counts: (n, G) how many judges gave each of n items each of G grades; every item was judged by the
            same number, at least two.

    Returns:
        κ; NaN where all grades are one.

    Raises:
        InvalidValueError: The counts are no such table.

    Source: Fleiss, Psychological Bulletin 76(5), 1971.
    """
    table = np.asarray(counts, dtype=np.float64)
    judges = table.sum(axis=1) if table.ndim == 2 and table.size else np.zeros(0)  # noqa: PLR2004 - two axes
    if not judges.size or (table < 0).any() or (judges != judges[0]).any() or judges[0] <= 1:
        raise InvalidValueError(
            "Fleiss' κ takes items by grades, each item judged by the same number of two judges or more",
            hint="where some judges left items out, take Krippendorff's α",
            code="EK574",
        )
    raters = judges[0]
    observed = ((table**2).sum(axis=1) - raters).mean() / (raters * (raters - 1))
    expected = float(((table.sum(axis=0) / table.sum()) ** 2).sum())
    return float((observed - expected) / (1.0 - expected)) if expected < 1 else float("nan")


def krippendorff(ratings: npt.ArrayLike, *, level: Level) -> float:
    """Return Krippendorff's α of any number of judges, at most 1, whoever left what out.

    Args:
        ratings: (judges, n) grades; NaN where a judge has not judged an item.
        level: What differences mean: "nominal", only that two grades differ; "ordinal", how many grades lie
            between them; "interval", their difference; "ratio", their difference by their sum.

    Returns:
        α; NaN where no item was judged twice, or all grades are one.

    Raises:
        InvalidValueError: The ratings have other axes, or the level is unknown.

    Source: Krippendorff, Content Analysis, 3rd edition, 2013, chapter 12.
    """
    table = np.asarray(ratings, dtype=np.float64)
    if table.ndim != 2:  # noqa: PLR2004 - judges and items
        raise InvalidValueError("ratings have two axes, judges and items", code="EK575")
    items = [column[~np.isnan(column)] for column in table.T]
    items = [given for given in items if given.size > 1]
    if not items:
        return float("nan")
    grades, codes = np.unique(np.concatenate(items), return_inverse=True)
    together = np.zeros((grades.size, grades.size))
    for given in np.split(codes, np.cumsum([item.size for item in items])[:-1]):
        counts = np.bincount(given, minlength=grades.size).astype(np.float64)
        together += (np.outer(counts, counts) - np.diag(counts)) / (given.size - 1)
    totals = together.sum(axis=1)
    apart = _differences(grades, totals, level)
    expected = (np.outer(totals, totals) * apart).sum() / (totals.sum() - 1)
    return float(1.0 - (together * apart).sum() / expected) if expected > 0 else float("nan")


def _differences(grades: Floats, totals: Floats, level: str) -> Floats:
    """Return (G, G) squared differences between grades."""
    apart = np.subtract.outer(grades, grades)
    if level == "nominal":
        return np.asarray((apart != 0).astype(np.float64))
    if level == "interval":
        return np.asarray(apart**2)
    if level == "ratio":
        both = np.abs(np.add.outer(grades, grades))
        return np.asarray((apart / np.where(both > 0, both, 1.0)) ** 2)
    if level == "ordinal":
        middle = np.cumsum(totals) - totals / 2
        return np.asarray(np.subtract.outer(middle, middle) ** 2)
    raise InvalidValueError(
        f"level {level!r} is unknown", hint="choose nominal, ordinal, interval or ratio", code="EK575"
    )


def _pair(a: Sequence[int], b: Sequence[int]) -> tuple[npt.NDArray[np.generic], npt.NDArray[np.generic]]:
    first, second = np.asarray(a), np.asarray(b)
    if first.ndim != 1 or first.shape != second.shape or not first.size:
        raise InvalidValueError(
            f"two judges of the same items have as many grades: {first.size} and {second.size}",
            hint="give both judges' grades of the items that both have judged, in one order",
            code="EK573",
        )
    return first, second
