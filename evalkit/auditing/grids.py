"""The grid: on which numbers the values of stored vectors lie, read from their bits; no model is needed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evalkit.arrays import Bools, Floats, Vectors

FLOAT16, BFLOAT16, DECIMALS, LEVELS = "float16", "bfloat16", "4 decimals", "256 levels or fewer"
_MOST_LEVELS = 256
_LEAST_DIMS = 32  # fewer values lie on any grid by chance
_OFF = 0.05  # of a step
_AGREE = 0.995  # of the coordinates, snapped to the grid of a vector


@dataclass(frozen=True, slots=True)
class Grids:
    """(n,) masks of rows by what their values were rounded to.

    Attributes:
        float16: Every value is one of half precision.
        bfloat16: Every value has the eight leading bits of a float32's fraction alone.
        decimals: Every value has four decimals, or fewer.
        levels: Values are whole multiples of one step, 256 at most, as integers of eight bits or fewer are.
        zero_tail: From some coordinate on, every value is 0.
    """

    float16: Bools
    bfloat16: Bools
    decimals: Bools
    levels: Bools
    zero_tail: Bools

    def names(self) -> dict[str, int]:
        """Return how many rows lie on which grid, the coarsest that fits each; unrounded rows are absent."""
        finer = ~self.levels
        counted = {
            LEVELS: int(self.levels.sum()),
            DECIMALS: int((finer & self.decimals).sum()),
            BFLOAT16: int((finer & ~self.decimals & self.bfloat16).sum()),
            FLOAT16: int((finer & ~self.decimals & ~self.bfloat16 & self.float16).sum()),
        }
        return {name: count for name, count in counted.items() if count}


def grids_of(vectors: Vectors) -> Grids:
    """Return on which grids (n, E) float32 vectors lie."""
    rows = np.ascontiguousarray(vectors, dtype=np.float32)
    wide = rows.shape[1] >= _LEAST_DIMS
    bits = rows.view(np.uint32)
    with np.errstate(over="ignore"):
        half = (rows.astype(np.float16).astype(np.float32) == rows).all(axis=1)
    rounded = np.round(rows.astype(np.float64), 4)
    decimals = np.abs(rounded - rows) <= np.spacing(np.abs(rows)) * 2
    levels = np.array([_on_levels(row) for row in rows], dtype=np.bool_)  # grids differ from row to row
    tails = (rows != 0)[:, ::-1].argmax(axis=1)  # zeros behind the last value that is none
    return Grids(
        float16=half & wide,
        bfloat16=((bits & 0xFFFF) == 0).all(axis=1) & wide,
        decimals=decimals.all(axis=1) & wide,
        levels=levels & wide,
        zero_tail=(tails >= max(8, rows.shape[1] // 16)) & rows.any(axis=1),
    )


def _on_levels(row: Vectors) -> bool:
    """Return whether the values of a vector are multiples of one step, few enough for eight bits."""
    values = np.unique(row.astype(np.float64))
    if len(values) <= 2:  # noqa: PLR2004 - one bit
        return len(row) >= _LEAST_DIMS
    if len(values) > _MOST_LEVELS:
        return False
    gaps = np.diff(values)
    step = gaps.min()
    places = (values - values[0]) / step
    # A step learned from float32 values is off by its own rounding, which adds up along the grid.
    off = np.abs(places - np.round(places))
    return bool(places[-1] < _MOST_LEVELS and (off <= _OFF).all() and len(values) < len(row))


def agrees_on_grid(stored: Vectors, expected: Floats) -> Bools:
    """Return (n,) whether vectors are what is expected once that is put on the grid of each.

    A cosine of .983 is four-bit rounding or another prompt; the grid tells which: rounding moves no value
    to another level than its own. What lies on such a grid unrounded, as counts of words do, says nothing.

    Args:
        stored: (n, E) vectors.
        expected: (n, E) vectors of full precision.
    """
    on = grids_of(stored).levels & ~grids_of(expected.astype(np.float32)).levels
    agree = np.zeros(len(stored), dtype=np.bool_)
    for row in np.flatnonzero(on).tolist():
        held, wanted = stored[row].astype(np.float64), expected[row].astype(np.float64)
        agree[row] = _agreement(held, wanted) >= min(_AGREE, 1 - 1.5 / len(held))
    return agree


def _agreement(held: Floats, wanted: Floats) -> float:
    """Return which share of the coordinates stays when `wanted` is put on the levels of `held`."""
    levels = np.unique(held)
    if len(levels) <= 2:  # noqa: PLR2004 - one bit: the sign is all that is kept
        return float(np.mean((held > levels.mean()) == (wanted > 0)))
    length = np.linalg.norm(wanted) or 1.0
    most = round((levels[-1] - levels[0]) / np.diff(levels).min())
    step = (levels[-1] - levels[0]) / most
    places = np.round((held - levels[0]) / step)
    # Stores keep rounded values, or the integers alone: what a step was is then found by trying.
    near = np.linalg.norm(held) / length * np.linspace(0.97, 1.03, 61)
    scales = (1.0, np.abs(held).max() / (np.abs(wanted).max() or 1.0), *near.tolist())
    zero = np.round(-levels[0] / step)  # a cast to whole numbers cuts towards it, where others round
    ways = (
        on
        for scale in scales
        for on in (np.round((wanted * scale - levels[0]) / step), np.trunc(wanted * scale / step) + zero)
    )
    return max(float(np.mean(np.clip(on, 0, most) == places)) for on in ways)
