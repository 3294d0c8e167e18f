"""Retrieval as a test: `pytest` fails where search got worse since the baseline was stored.

Vectors come from the cache, which `evalkit gate example --model production` fills; no model is called here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evalkit.pytest_plugin import Evalkit


def test_retrieval_has_not_regressed(evalkit: Evalkit) -> None:
    """Nothing has got worse that cannot be an accident; no critical query lost its answer."""
    evalkit.gate("example", model="production").check()


def test_the_candidate_loses_no_critical_query(evalkit: Evalkit) -> None:
    """The model that may replace it answers every critical query that production answers."""
    evalkit.compare("example", baseline="production", candidate="candidate").assert_no_critical_losses()
