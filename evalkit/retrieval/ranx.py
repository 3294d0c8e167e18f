"""To and from ranx, for those who use its fusion and its tables; never its tests."""

from __future__ import annotations

from typing import Any

from evalkit.errors import MissingExtraError
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
    return Run.of(theirs.name or "ranx", theirs.to_dict(), golden)
