"""The engine: which of the rules decides, and failures that are withheld for a doubt."""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from evalkit.ruling.rule import RuleResult

_Result = TypeVar("_Result", bound=RuleResult[Any, Any])


def speaking(results: Sequence[_Result], gravest_first: Sequence[enum.StrEnum] = ()) -> _Result | None:
    """Return the result that decides, None where no rule speaks.

    Args:
        results: In the order in which rules speak.
        gravest_first: Verdicts that go before others, whichever rule speaks first; none: the first rule that
            speaks decides.
    """
    spoken = [result for result in results if result.verdict is not None]
    for verdict in gravest_first:
        if (found := next((result for result in spoken if result.verdict == verdict), None)) is not None:
            return found
    return next(iter(spoken), None)


def doubts(
    results: Sequence[_Result],
    said: enum.StrEnum,
    withholding: Mapping[Any, Collection[enum.StrEnum]],
) -> tuple[_Result, ...]:
    """Return the failing results that withhold what was said.

    Args:
        results: Every rule's.
        said: The reason of the verdict that would hold.
        withholding: For each reason of a doubt, the reasons that it withholds.
    """
    return tuple(
        result for result in results if result.passed is False and said in withholding.get(result.reason, ())
    )


def withheld(
    results: Sequence[_Result], said: enum.StrEnum, instead: enum.StrEnum, reason: enum.StrEnum, because: str
) -> tuple[_Result, ...]:
    """Return the results with one verdict turned into a milder one, for a reason that each then gives."""
    return tuple(
        replace(result, verdict=instead, reason=reason, words=f"{result.words}; {because}")
        if result.verdict == said
        else result
        for result in results
    )
