"""The replay of a log: which documents are touched first when people ask what they asked before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evalkit.arrays import Floats, Ints, check_shape, read_only
from evalkit.errors import InvalidValueError

TOUCHED = 10  # what people see of the results, and so touch


@dataclass(frozen=True, slots=True, eq=False)
class Replay:
    """What a log touches, query by query; R queries, D documents.

    Attributes:
        first_to_last: (D,) document rows by their first touch; those of one query by rank, those that no
            query touches by row at the end.
        touched: How many documents are touched at all.
        embedded: (R,) documents that each query touches first.
        covered: (R,) share of each query's results that were touched before it; 1 where it shows nothing.
    """

    first_to_last: Ints
    touched: int
    embedded: Ints
    covered: Floats

    def __post_init__(self) -> None:
        """Check that both series run along the log."""
        check_shape("covered", self.covered, (self.embedded.size,))
        for name in ("first_to_last", "embedded", "covered"):
            object.__setattr__(self, name, read_only(getattr(self, name)))

    @property
    def corpus(self) -> float:
        """C, the share of the documents that the log has touched at its end."""
        return self.touched / self.first_to_last.size

    def traffic(self, last: int) -> float:
        """Return T, the share of the results of the last queries that had been touched before.

        Args:
            last: How many queries of the end are looked at.
        """
        return float(self.covered[-last:].mean())


def replay(shown: Ints, documents: int) -> Replay:
    """Return what is touched when a log is asked again.

    It holds where what is shown does not depend on what has moved: for a cascade, whose candidates come from
    the old index throughout.

    Args:
        shown: (R, k) document rows that each query of the log shows, in the order of the log; −1 for none.
        documents: D, how many there are.

    Raises:
        InvalidValueError: There is no query, or a row is no document's.

    Examples:
        >>> import numpy as np
        >>> found = replay(np.array([[2, 0], [0, 1], [2, 0]]), 4)
        >>> found.first_to_last.tolist(), found.embedded.tolist(), found.covered.tolist()
        ([2, 0, 1, 3], [2, 1, 0], [0.0, 0.5, 1.0])
    """
    check_shape("shown", shown, (None, None))
    if not shown.size or shown.max() >= documents:
        raise InvalidValueError(
            f"a log of {shown.shape[0]} queries shows no document, or one beyond the {documents} there are",
            hint="shown holds rows of documents, −1 for none",
            code="EK745",
        )
    queries = np.broadcast_to(np.arange(shown.shape[0])[:, None], shown.shape)[shown >= 0]
    rows, places = np.unique(shown[shown >= 0], return_index=True)
    asked = queries[places]
    first_to_last = np.concatenate(
        [rows[np.argsort(places, kind="stable")], np.setdiff1d(np.arange(documents), rows)]
    )
    embedded = np.bincount(asked, minlength=shown.shape[0])
    results = (shown >= 0).sum(axis=1)
    covered = np.where(results > 0, 1 - embedded / np.maximum(results, 1), 1.0)
    return Replay(first_to_last, int(rows.size), embedded, covered)
