"""search/package.module:callable: a search of the user's own, called with queries and a depth."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from evalkit.arrays import Floats, Ints
from evalkit.embedding.adapters.callable import find_callable, home, module_digest, module_of
from evalkit.embedding.modelspec import ModelSpec, Options, check_options
from evalkit.errors import RunError
from evalkit.findings import place
from evalkit.golden.goldenset import GoldenSet
from evalkit.retrieval.candidates import NOTHING, best_chunks
from evalkit.retrieval.run import Run

OPTIONS = {"base": str, "revision": str}
PAIR = 2
FORM = "return for each query, in their order, a list of (document id, score) pairs, larger scores better"


def call_search(spec: ModelSpec, golden: GoldenSet, options: Options, *, depth: int, system: str) -> Run:
    """Return what the user's own search finds for the queries of a golden set.

    It is called once, with the list of all query texts and the depth. Results are put in the order of every
    run, by score and then by document id, descending; a chunk counts for its document, the best of each.

    Args:
        spec: `search/package.module:callable`.
        golden: Whose queries.
        options: `base`, the folder that modules are looked for in first, and `revision`.
        depth: How many documents are asked for.
        system: Name of the run.

    Raises:
        UsageError: The spec is not of this form.
        ModelError: There is no such function.
        RunError: The function raised, or gave something else than ids of this corpus with finite scores.
    """
    check_options(spec, options, OPTIONS)
    module_of(spec)
    function = find_callable(spec.model, home(options))
    try:
        found = function(list(golden.queries.bodies), depth)
    except Exception as error:
        raise RunError(
            f"{spec} raised {type(error).__name__}: {error}",
            hint="it is called with the list of queries and the depth",
            code="EK441",
        ) from error
    results = _Results(spec, golden, _lists(spec, found, len(golden.queries)))
    rows, scores = results.padded()
    if golden.chunks is not None:
        rows, scores = best_chunks(rows, scores, np.arange(len(golden.corpus)))
    return Run.ranked(system, rows, scores, depth=depth)


def describe_search(spec: ModelSpec, options: Options) -> dict[str, object]:
    """Return what identifies a search: its function and the digest of that function's file.

    What the module imports is not looked at; a `revision` of your own says when that changes.
    """
    stated = options.get("revision")
    revision = str(stated) if stated is not None else module_digest(module_of(spec), home(options))
    return {"provider": spec.provider, "model": spec.model, "revision": revision}


def _lists(spec: ModelSpec, found: object, queries: int) -> list[list[Any]]:
    """Return the results as one list for each query."""
    try:
        lists = [list(results) for results in found]  # type: ignore[attr-defined] # what is not iterable is told
    except TypeError as error:
        raise RunError(f"{spec} gave no lists of results: {error}", hint=FORM, code="EK442") from error
    if isinstance(found, Mapping) or len(lists) != queries:
        given = "a mapping" if isinstance(found, Mapping) else f"{len(lists)} lists"
        raise RunError(f"{spec} gave {given} for {queries} queries", hint=FORM, code="EK442")
    return lists


@dataclass(frozen=True, slots=True)
class _Results:
    """What a search gave, one list for each query."""

    spec: ModelSpec
    golden: GoldenSet
    lists: Sequence[Sequence[Any]]

    def padded(self) -> tuple[Ints, Floats]:
        """Return (Q, K) document rows and their scores, −1 and −inf after the last result."""
        longest = max((len(found) for found in self.lists), default=0)
        rows = np.full((len(self.lists), longest), NOTHING, dtype=np.int64)
        scores = np.full(rows.shape, -np.inf)
        for query, found in enumerate(self.lists):  # the results of each query are objects of Python
            ids, values = self._parsed(query, found)
            rows[query, : len(ids)], scores[query, : len(ids)] = self._known(query, ids), values
        return rows, scores

    def _parsed(self, query: int, found: Sequence[Any]) -> tuple[list[str], list[float]]:
        """Return ids and scores of one query's results."""
        pairs = [pair for pair in found if isinstance(pair, list | tuple) and len(pair) == PAIR]
        try:
            ids, scores = [str(identity) for identity, _ in pairs], [float(score) for _, score in pairs]
        except (TypeError, ValueError):
            ids, scores = [], []
        if len(ids) != len(found) or not all(map(math.isfinite, scores)):
            shown = next((item for item in found if item not in pairs), found[0])
            raise self._wrong("EK442", "a result that is no document id with a finite score", query, [shown])
        if len(set(ids)) != len(ids):
            repeated = [identity for identity in dict.fromkeys(ids) if ids.count(identity) > 1]
            raise self._wrong("EK444", "a document twice", query, repeated)
        return ids, scores

    def _known(self, query: int, ids: Sequence[str]) -> Ints:
        """Return (n,) document rows of ids, all of which the corpus must hold."""
        rows = self.golden.document_rows(ids)
        strangers = [identity for identity, row in zip(ids, rows, strict=True) if row < 0]
        if strangers:
            raise self._wrong("EK443", "documents that the corpus does not hold", query, strangers)
        return rows

    def _wrong(self, code: str, what: str, query: int, shown: Sequence[object]) -> RunError:
        where = (place(f"query {self.golden.queries.ids[query]}", (), shown),)
        return RunError(f"{self.spec} gave {what}", places=where, hint=FORM, code=code)
