"""The causes: what vectors that are of no expected model are, and which of these was shown by trying it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evalkit import figures
from evalkit.arrays import Bools, Floats

RELATED = 0.5  # a cosine above: the space, its family, or one part of the text; below: a space of its own


@dataclass(frozen=True, slots=True)
class Cause:
    """What some vectors are.

    Attributes:
        name: In words.
        ids: Whose vectors they are.
        shown: Whether vectors made in this way were the stored ones; else the words say what is not known.
        cosine: Median cosine with what the expected model makes of the text; None where widths differ.
    """

    name: str
    ids: tuple[str, ...]
    shown: bool
    cosine: float | None = None

    @property
    def count(self) -> int:
        """How many."""
        return len(self.ids)


def gather(names: Sequence[str], ids: Sequence[str], cosines: Floats, shown: Bools) -> tuple[Cause, ...]:
    """Return the causes of rows that are named by theirs, the most frequent first.

    Args:
        names: (n,) the cause of each row.
        ids: (n,) whose row it is.
        cosines: (n,) with what is expected.
        shown: (n,) whether the cause was shown by trying it.
    """
    rows: dict[tuple[str, bool], list[int]] = {}
    for row, name in enumerate(names):
        rows.setdefault((name, bool(shown[row])), []).append(row)
    causes = [
        Cause(name, tuple(sorted(ids[row] for row in members)), is_shown, _median(cosines[members]))
        for (name, is_shown), members in rows.items()
    ]
    return tuple(sorted(causes, key=lambda cause: (-cause.count, not cause.shown, cause.name)))


def unexplained(cosines: Floats, expected: str, nearest: Mapping[str, float]) -> tuple[str, ...]:
    """Return (n,) what can be said of vectors that nothing tried explains.

    Args:
        cosines: (n,) with what the expected model makes of the text.
        expected: Its name.
        nearest: Median cosine of these vectors by each way that was tried.
    """
    best = max(nearest, key=lambda name: nearest[name], default="")
    told = f"; nearest of what was tried: {best}, {figures.number(nearest[best])}" if best else ""
    close = (
        f"not {expected} as expected, but near it: another text, prompt or window, or a relative of the "
        f"model{told if best and nearest[best] >= RELATED else ''}"
    )
    far = f"not of {expected}: another model, or vectors changed since"
    return tuple(close if cosine >= RELATED else far for cosine in cosines)


def _median(cosines: Floats) -> float | None:
    known = cosines[np.isfinite(cosines)]
    return float(np.median(known)) if known.size else None
