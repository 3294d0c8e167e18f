"""To and from ranx, for those who use its fusion and its tables; never its tests."""

from __future__ import annotations

from typing import Any

import numpy as np

from evalkit.errors import MissingExtraError, RunError
from evalkit.findings import place
from evalkit.golden.goldenset import GoldenSet
from evalkit.retrieval.candidates import NOTHING
from evalkit.retrieval.run import Run


def to_ranx(run: Run, golden: GoldenSet) -> Any:  # noqa: ANN401 - the library is optional
    """Return the run as a `ranx.Run`; queries that retrieved nothing are absent there.

    Raises:
        MissingExtraError: ranx is not installed.
    """
    try:
        import ranx  # noqa: PLC0415 - an extra, and half a minute of compiling
    except ImportError:
        raise MissingExtraError.for_extra("ranx", "converting to ranx") from None
    results = {
        query: {
            golden.corpus.ids[doc_row]: float(score)
            for doc_row, score in zip(run.rows[row], run.scores[row], strict=True)
            if doc_row != NOTHING
        }
        for row, query in enumerate(golden.queries.ids)
    }
    return ranx.Run({query: found for query, found in results.items() if found}, name=run.system)


def from_ranx(theirs: Any, golden: GoldenSet) -> Run:  # noqa: ANN401 - the library is optional
    """Return a `ranx.Run` as a run of this golden set, in our order of ties.

    Raises:
        RunError: A document is not in the corpus.
    """
    found = theirs.to_dict()
    longest = max((len(results) for results in found.values()), default=0)
    rows = np.full((len(golden.queries), longest), NOTHING, dtype=np.int64)
    scores = np.full(rows.shape, -np.inf)
    for row, query in enumerate(golden.queries.ids):
        results = found.get(query, {})
        doc_rows = golden.corpus.rows(results)
        if np.any(doc_rows < 0):
            strangers = [document for document in results if golden.corpus.row(document) < 0]
            raise RunError(
                f"{len(strangers)} results of {query} that the corpus does not hold",
                places=(place(theirs.name or "the ranx run", (), strangers),),
                hint="convert a run that was made on this corpus",
                code="EK433",
            )
        rows[row, : len(results)], scores[row, : len(results)] = doc_rows, list(results.values())
    return Run.ranked(theirs.name or "ranx", rows, scores)
