"""search/package.module:callable: a search of the user's own, called with queries and a depth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from evalkit.embedding.adapters.callable import find_callable, home, module_digest, module_of
from evalkit.embedding.modelspec import ModelSpec, Options, check_options, one_of
from evalkit.errors import RunError
from evalkit.golden.goldenset import GoldenSet
from evalkit.retrieval.answers import Answers, listed
from evalkit.retrieval.chunknames import CHUNK_OPTIONS, names_of
from evalkit.retrieval.listing import ORDERS
from evalkit.retrieval.run import Run
from evalkit.usercode import described, guarded

OPTIONS = {"base": str, "revision": str, "order": str, **CHUNK_OPTIONS}


@dataclass(frozen=True, slots=True)
class FunctionSearch:
    """A function of the user's own that searches.

    Attributes:
        spec: `search/package.module:callable`.
        options: `base`, the folder that modules are looked for in first, `revision`, and `order`, "score" or
            "rank", which of scores and lists counts where they disagree; `chunk_separator` or
            `chunk_map`, where results are chunks.
    """

    spec: ModelSpec
    options: Options

    fixed: ClassVar[bool] = False

    @property
    def identity(self) -> dict[str, object]:
        """What identifies it: its name and the digest of its file.

        What the module imports is not looked at; a `revision` of your own says when that changes.
        """
        stated = self.options.get("revision")
        module, folder = module_of(self.spec), home(self.options)
        revision = str(stated) if stated is not None else module_digest(module, folder)
        return {"provider": self.spec.provider, "model": self.spec.model, "revision": revision}

    def check(self) -> None:
        """Raise where an option is wrong, or there is no such function."""
        self._function()

    def search(self, golden: GoldenSet, *, depth: int, system: str) -> Run:
        """Return what the function finds for the queries of a golden set.

        It is called once, with the list of all query texts and the depth. Results are put in the order of
        every run, by score and then by document id, descending; a chunk counts for its document, the best of
        each.

        Args:
            golden: Whose queries.
            depth: How many documents are asked for.
            system: Name of the run.

        Raises:
            UsageError: The spec is not of this form.
            ModelError: There is no such function.
            RunError: The function raised, ended the process, gave something else than ids of this corpus with
                finite scores, or scores that contradict the order of its lists.
        """
        spec, options = self.spec, self.options
        function = self._function()
        order, names = options.get("order"), names_of(options)
        with guarded(lambda error: _failed(spec, error)):  # results may be made while they are read
            lists = listed(str(spec), function(list(golden.queries.bodies), depth), len(golden.queries))
            answers = Answers(str(spec), golden, lists, names=names)
            return answers.run(system, depth, None if order is None else str(order))

    def _function(self) -> Callable[..., object]:
        check_options(self.spec, self.options, OPTIONS)
        one_of(self.spec, self.options, "order", ORDERS)
        names_of(self.options)
        module_of(self.spec)
        return find_callable(self.spec.model, home(self.options))


def _failed(spec: ModelSpec, error: BaseException) -> RunError:
    return RunError(
        f"{spec} {described(error)}", hint="it is called with the list of queries and the depth", code="EK441"
    )
