"""Team draft: one list from the results of two systems, so that each click is a vote for one of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from evalkit.golden.goldenset import GoldenSet
from evalkit.retrieval.run import Run
from evalkit.streams import stream

OLD, NEW = "A", "B"


@dataclass(frozen=True, slots=True)
class Drafted:
    """A list that people see, and for each document the system that placed it: A the old, B the new.

    Attributes:
        list: The name of the list.
        query: The query that it answers.
        documents: Ids, best first.
        teams: One letter for each.
    """

    list: str
    query: str
    documents: tuple[str, ...]
    teams: str


def team_draft(
    old: Sequence[str], new: Sequence[str], coins: Iterator[bool], *, depth: int
) -> tuple[tuple[str, ...], str]:
    """Return a list in which both systems place their best document in turn; a coin says who begins a round.

    Args:
        old: Documents of the old system, best first.
        new: Those of the new one.
        coins: Whether the old system begins, round by round.
        depth: How long the list is at most.

    Returns:
        Documents, and the team of each. Where one system has nothing left, the other goes on.

    Source:
        Radlinski, Kurup and Joachims (2008), "How does clickthrough data reflect retrieval quality?",
        doi:10.1145/1458082.1458092.

    Examples:
        >>> team_draft("abc", "bad", iter([True, False]), depth=3)
        (('a', 'b', 'd'), 'ABB')
    """
    shown: dict[str, str] = {}
    while len(shown) < depth:
        before = len(shown)
        teams = ((OLD, old), (NEW, new)) if next(coins) else ((NEW, new), (OLD, old))
        for team, ranked in teams:
            best = next((document for document in ranked if document not in shown), None)
            if best is not None and len(shown) < depth:
                shown[best] = team
        if len(shown) == before:
            break
    return tuple(shown), "".join(shown.values())


def draft_lists(
    old: Run, new: Run, golden: GoldenSet, *, depth: int, draws: int, seed: int
) -> Iterator[Drafted]:
    """Yield some lists for each query; whoever serves one takes any of them, by chance, for each request.

    Args:
        old: What the system in production returned.
        new: What the system to come returned.
        golden: Whose queries were asked.
        depth: How long the lists are at most.
        draws: How many lists each query gets.
        seed: What coins are addressed by.
    """
    for row, query in enumerate(golden.queries.ids):
        first, second = (
            [golden.corpus.ids[at] for at in run.rows[row, :depth].tolist() if at >= 0] for run in (old, new)
        )
        if not first and not second:
            continue
        for draw in range(draws):
            coins = _coins(stream(seed, "interleave", query, str(draw)))
            documents, teams = team_draft(first, second, coins, depth=depth)
            yield Drafted(f"{query}/{draw}", query, documents, teams)


def _coins(rng: np.random.Generator) -> Iterator[bool]:
    while True:
        yield bool(rng.integers(2))
