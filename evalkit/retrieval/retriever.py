"""Retriever: the one seam for whatever answers by itself: a run file, a function, an address."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from evalkit.embedding.modelspec import HTTP, RUN_FILE, SEARCH, ModelSpec, Options
from evalkit.golden.goldenset import GoldenSet
from evalkit.retrieval import callable as function
from evalkit.retrieval import http, trec
from evalkit.retrieval.run import Run


class Retriever(Protocol):
    """Something that answers queries by itself.

    Attributes:
        fixed: Whether it gives the same results every time.
        identity: What identifies it in a baseline: provider, model, and what else makes it another.
    """

    @property
    def fixed(self) -> bool:
        """Whether it gives the same results every time."""

    @property
    def identity(self) -> Mapping[str, object]:
        """What identifies it: at least provider and model."""

    def check(self) -> None:
        """Raise where its name or an option is wrong, without asking it anything."""

    def search(self, golden: GoldenSet, *, depth: int, system: str) -> Run:
        """Return what it finds for the queries of a golden set, at most `depth` documents each."""


MAKERS: dict[str, Callable[[ModelSpec, Options], Retriever]] = {
    RUN_FILE: trec.RunFile,
    SEARCH: function.FunctionSearch,
    HTTP: http.HttpSearch,
}
KNOWN_OPTIONS: dict[str, Mapping[str, type]] = {
    RUN_FILE: trec.OPTIONS,
    SEARCH: function.OPTIONS,
    HTTP: http.OPTIONS,
}


def open_retriever(spec: ModelSpec, options: Options) -> Retriever | None:
    """Return what answers for a spec, None where it names a model whose vectors are to be searched."""
    make = MAKERS.get(spec.provider)
    return make(spec, options) if make is not None else None
