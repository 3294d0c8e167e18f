"""search/package.module:callable: a search of the user's own, called with queries and a depth."""

from __future__ import annotations

from evalkit.embedding.adapters.callable import find_callable, home, module_digest, module_of
from evalkit.embedding.modelspec import ModelSpec, Options, check_options, one_of
from evalkit.errors import RunError
from evalkit.golden.goldenset import GoldenSet
from evalkit.retrieval.answers import Answers, listed
from evalkit.retrieval.listing import ORDERS
from evalkit.retrieval.run import Run
from evalkit.usercode import described, guarded

OPTIONS = {"base": str, "revision": str, "order": str}


def call_search(spec: ModelSpec, golden: GoldenSet, options: Options, *, depth: int, system: str) -> Run:
    """Return what the user's own search finds for the queries of a golden set.

    It is called once, with the list of all query texts and the depth. Results are put in the order of every
    run, by score and then by document id, descending; a chunk counts for its document, the best of each.

    Args:
        spec: `search/package.module:callable`.
        golden: Whose queries.
        options: `base`, the folder that modules are looked for in first, `revision`, and `order`, "score" or
            "rank", which of scores and lists counts where they disagree.
        depth: How many documents are asked for.
        system: Name of the run.

    Raises:
        UsageError: The spec is not of this form.
        ModelError: There is no such function.
        RunError: The function raised, ended the process, gave something else than ids of this corpus with
            finite scores, or scores that contradict the order of its lists.
    """
    check_options(spec, options, OPTIONS)
    one_of(spec, options, "order", ORDERS)
    module_of(spec)
    function = find_callable(spec.model, home(options))
    with guarded(lambda error: _failed(spec, error)):  # results may be made while they are read
        lists = listed(str(spec), function(list(golden.queries.bodies), depth), len(golden.queries))
        order = options.get("order")
        return Answers(str(spec), golden, lists).run(system, depth, None if order is None else str(order))


def describe_search(spec: ModelSpec, options: Options) -> dict[str, object]:
    """Return what identifies a search: its function and the digest of that function's file.

    What the module imports is not looked at; a `revision` of your own says when that changes.
    """
    stated = options.get("revision")
    revision = str(stated) if stated is not None else module_digest(module_of(spec), home(options))
    return {"provider": spec.provider, "model": spec.model, "revision": revision}


def _failed(spec: ModelSpec, error: BaseException) -> RunError:
    return RunError(
        f"{spec} {described(error)}", hint="it is called with the list of queries and the depth", code="EK441"
    )
