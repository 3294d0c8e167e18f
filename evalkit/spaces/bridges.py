"""Bridges: maps that take a query from the new space to the old one, fitted on documents in both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from evalkit.arrays import Floats, Vectors
from evalkit.errors import ModelError
from evalkit.streams import stream

SAMPLE = 20_000
HELD_OUT = 0.1
RIDGES = 10.0 ** np.arange(-6, 3)

Map = tuple[Floats, Floats]


@dataclass(frozen=True, slots=True, eq=False)
class Bridge:
    """An affine map from the new space to the old one: x · matrix + shift.

    Attributes:
        kind: "procrustes", "affine" or "mean-shift".
        matrix: (E_new, E_old).
        shift: (E_old,).
        error: Mean of 1 − cosine between mapped new vectors and old vectors of documents that it was not
            fitted on; None where there were too few to hold any out.
        unit: Whether results are brought to unit length, as the old model's own queries are.
    """

    kind: str
    matrix: Floats
    shift: Floats
    error: float | None
    unit: bool

    def crossed(self, queries: Vectors) -> Vectors:
        """Return (Q, E_old) the queries in the old space; a zero vector stays zero."""
        mapped = queries.astype(np.float64) @ self.matrix + self.shift
        if self.unit:
            lengths = np.linalg.norm(mapped, axis=1, keepdims=True)
            mapped = mapped / np.where(lengths > 0, lengths, 1.0)
        mapped[~queries.any(axis=1)] = 0.0
        return mapped.astype(np.float32)


def fit_bridge(kind: str, new: Vectors, old: Vectors, *, unit: bool, seed: int) -> Bridge:
    """Fit a bridge on documents, never on queries.

    Args:
        kind: "procrustes" (rotation), "affine" (ridge regression) or "mean-shift" (translation).
        new: (D, E_new) vectors of the documents in the new space.
        old: (D, E_old) vectors of the same documents in the old space.
        unit: Whether the old model's vectors have unit length.
        seed: What the sample of documents is addressed by.

    Raises:
        ModelError: A translation was asked for between spaces of different dimensions.
    """
    if kind == "mean-shift" and new.shape[1] != old.shape[1]:
        raise ModelError(
            f"no mean shift leads from {new.shape[1]} dimensions to {old.shape[1]}",
            hint="use bridged (Procrustes) or bridged-affine",
            code="EK367",
        )
    rows = stream(seed, "bridge").permutation(new.shape[0])[:SAMPLE]
    held = int(HELD_OUT * rows.size)
    fitted, apart = np.sort(rows[held:]), np.sort(rows[:held])
    matrix, shift = _FITS[kind](new[fitted].astype(np.float64), old[fitted].astype(np.float64))
    error = _error(new[apart].astype(np.float64) @ matrix + shift, old[apart]) if held else None
    return Bridge(kind, matrix, shift, error, unit)


def _procrustes(new: Floats, old: Floats) -> Map:
    """Return the rotation that brings the new vectors nearest to the old ones.

    Source: Schönemann, A generalized solution of the orthogonal Procrustes problem, Psychometrika 31, 1966.
    """
    left, _, right = np.linalg.svd(new.T @ old, full_matrices=False)
    return left @ right, np.zeros(old.shape[1])


def _affine(new: Floats, old: Floats) -> Map:
    """Return the ridge regression of old on new vectors, its ridge chosen by leaving out each document.

    Source: Hoerl and Kennard, Ridge regression, Technometrics 12(1), 1970; the exact residuals of leaving
    one out from Allen, Technometrics 16(1), 1974.
    """
    new_mean, old_mean = new.mean(axis=0), old.mean(axis=0)
    left, spread, right = np.linalg.svd(new - new_mean, full_matrices=False)
    target, scale = old - old_mean, float((spread**2).mean()) or 1.0
    projected = left.T @ target

    def left_out(ridge: float) -> float:
        kept = spread**2 / (spread**2 + ridge * scale)
        residuals = target - left @ (kept[:, None] * projected)
        leverage = (left**2) @ kept + 1.0 / len(new)
        return float(((residuals / np.maximum(1 - leverage, 1e-9)[:, None]) ** 2).sum())

    ridge = min(RIDGES, key=left_out)
    matrix = right.T @ ((spread / (spread**2 + ridge * scale))[:, None] * projected)
    return matrix, old_mean - new_mean @ matrix


def _mean_shift(new: Floats, old: Floats) -> Map:
    return np.eye(new.shape[1]), np.asarray(old.mean(axis=0) - new.mean(axis=0))


_FITS: dict[str, Callable[[Floats, Floats], Map]] = {
    "procrustes": _procrustes,
    "affine": _affine,
    "mean-shift": _mean_shift,
}


def _error(mapped: Floats, old: Vectors) -> float:
    exact = old.astype(np.float64)
    lengths = np.linalg.norm(mapped, axis=1) * np.linalg.norm(exact, axis=1)
    cosines = np.einsum("ne,ne->n", mapped, exact) / np.where(lengths > 0, lengths, 1.0)
    return float(np.mean(1.0 - cosines))
