"""The bank: vectors of candidate models on texts of this corpus, by which others are told without an encoder.

Fisher's discriminant says which candidate a vector is of, or that it is of none. It knows families of models
and not their members: a fine-tune reads as its base. What it says is a hint.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evalkit import figures
from evalkit.arrays import Floats, Ints, Vectors
from evalkit.auditing.stores.store import Store
from evalkit.errors import UsageError
from evalkit.findings import place

LEAST, MOST = 25, 200  # vectors of each model
_OUTSIDE = 0.005  # of a model's own vectors lie beyond what is seen
_FAR = 0.8  # of that, since so few were seen
_THERE = 0.9


@dataclass(frozen=True, slots=True, eq=False)
class Bank:
    """Vectors of several models on texts of one corpus: name → (n, E) unit vectors, of one width."""

    vectors: Mapping[str, Floats]

    def __post_init__(self) -> None:
        """Check that there are enough of each, and that they can be compared."""
        small = [name for name, rows in self.vectors.items() if len(rows) < LEAST]
        widths = {rows.shape[1] for rows in self.vectors.values()}
        if small or len(widths) > 1 or len(self.vectors) < 2:  # noqa: PLR2004 - to tell apart takes two
            told = (
                f"{small[0]} has fewer than {LEAST} vectors" if small else "it needs two models of one width"
            )
            raise UsageError(
                f"a bank tells no models apart: {told}",
                hint="--bank A=vectors/A --bank B=vectors/B",
                code="EK651",
            )

    def tell(self, vectors: Vectors) -> tuple[str, ...]:
        """Return (n,) which model each vector is of, "" for none of the bank's."""
        names = list(self.vectors)
        rows = np.concatenate([self.vectors[name] for name in names])
        labels = np.repeat(np.arange(len(names)), [len(self.vectors[name]) for name in names])
        asked = unit(vectors)
        nearest = _nearest(rows, labels, asked)
        told = [""] * len(asked)
        for number, name in enumerate(names):
            own = self.vectors[name]
            of_it = np.flatnonzero(nearest == number)
            limit = _FAR * np.quantile(_energies(own, own, leave_one_out=True), _OUTSIDE)
            for row, energy in zip(of_it.tolist(), _energies(own, asked[of_it]), strict=True):
                told[row] = name if energy >= limit else ""
        return tuple(told)


def read_bank(store: Store, candidates: Mapping[str, Store]) -> Bank:
    """Return the bank of candidates' stores, as far as their records are of the audited store's corpus.

    Args:
        store: The store that is audited.
        candidates: Name of a model → a store of its vectors.

    Raises:
        UsageError: A candidate's vectors are of another corpus, of which a bank tells nothing.
    """
    vectors = {}
    for name, candidate in candidates.items():
        ids = candidate.sample({None: MOST}, 0)[None]
        here = set(store.fetch(ids).ids)
        if not ids or len(here) < _THERE * len(ids):
            raise UsageError(
                f"the bank of {name} is of another corpus: {len(here)} of {len(ids)} records are here, too",
                places=(place(candidate.describe().name, (), [i for i in ids if i not in here]),),
                hint="embed texts of this store with each model; a bank of other texts tells nothing",
                code="EK651",
            )
        records = candidate.fetch([identity for identity in ids if identity in here])
        vectors[name] = unit(records.vectors[records.sound])
    return Bank(vectors)


def bank_hint(bank: Bank, vectors: Vectors) -> str:
    """Return what a bank says of vectors, in a sentence."""
    told = bank.tell(vectors)
    counted = {name: told.count(name) for name in (*bank.vectors, "")}
    parts = [
        f"{figures.count(count)} read as {f'{name} or a relative of it' if name else 'none of the bank'}"
        for name, count in counted.items()
        if count
    ]
    return f"By a bank of this corpus, of {figures.count(len(told))} vectors {', '.join(parts)}"


def _nearest(rows: Floats, labels: Ints, asked: Floats) -> Ints:
    """Return (n,) the number of the model whose mean lies nearest, measured by what varies within one model.

    Source: Fisher's linear discriminant.
    """
    means = np.stack([rows[labels == number].mean(axis=0) for number in range(int(labels.max()) + 1)])
    values, axes = np.linalg.eigh(_covariance(rows - means[labels]))
    scaled = axes / np.sqrt(np.maximum(values, 1e-12))
    placed, centres = asked @ scaled, means @ scaled
    distances = np.stack([((placed - centre) ** 2).sum(axis=1) for centre in centres], axis=1)
    return np.asarray(distances.argmin(axis=1), dtype=np.int64)


def _covariance(centred: Floats) -> Floats:
    """Return the (E, E) covariance of (n, E) centred vectors, shrunk towards a sphere as far as so few allow.

    Source: Ledoit and Wolf, A well-conditioned estimator for large-dimensional covariance matrices, 2004.
    """
    count, width = centred.shape
    found = centred.T @ centred / count
    mean = float(np.trace(found)) / width
    spread = float((found**2).sum()) / width - mean**2
    squares = (centred**2).sum(axis=1)
    noise = (float((squares**2).sum()) / count - float((found**2).sum())) / (count * width)
    shrunk = min(1.0, noise / spread) if spread > 0 else 1.0
    return np.asarray((1 - shrunk) * found + shrunk * mean * np.eye(width), dtype=np.float64)


def _energies(own: Floats, asked: Floats, *, leave_one_out: bool = False) -> Floats:
    """Return (n,) mean squared cosines with a model's vectors, times the width: about 1 for a stranger."""
    squares = (asked @ own.T) ** 2
    if leave_one_out:
        np.fill_diagonal(squares, 0.0)
    return np.asarray(squares.sum(axis=1) / (len(own) - leave_one_out) * own.shape[1], dtype=np.float64)


def unit(vectors: Vectors | Floats) -> Floats:
    """Return vectors of unit length; zero vectors stay zero."""
    rows = np.asarray(vectors, dtype=np.float64)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(lengths > 0, lengths, 1.0), dtype=np.float64)


def names_of(pairs: Sequence[str]) -> dict[str, str]:
    """Return model → store of options `MODEL=STORE`.

    Raises:
        UsageError: One says something else.
    """
    found = {}
    for pair in pairs:
        name, equals, spec = pair.partition("=")
        if not equals or not name or not spec:
            raise UsageError(
                f"--bank {pair} is no MODEL=STORE", hint="--bank lsa/384=vectors/lsa", code="EK651"
            )
        found[name] = spec
    return found
