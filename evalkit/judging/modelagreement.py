"""How far a model agrees with people: on the pairs that both judged, over all and query by query."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from evalkit.golden.reading.records import Judgement
from evalkit.judging.merging import JudgeAgreement, agreement_of

Pairs = Mapping[tuple[str, str], int]


@dataclass(frozen=True, slots=True)
class ModelAgreement:
    """How far one model agrees with people.

    Attributes:
        model: Its name.
        grades: How many grades it gave.
        agreement: How far it agrees, on the pairs that people judged, too.
        above: The share of these pairs to which it gave a higher grade than people did; None without any.
        below: The share to which it gave a lower one.
        queries: Query → (pairs, share of equal grades, the model's mean grade minus people's).
    """

    model: str
    grades: int
    agreement: JudgeAgreement
    above: float | None
    below: float | None
    queries: Mapping[str, tuple[int, float, float]]


def graded(judgements: Iterable[Judgement]) -> dict[tuple[str, str], int]:
    """Return grades by query and document."""
    return {(item.query, item.document): item.grade for item in judgements}


def model_agreement(model: str, said: Pairs, people: Pairs) -> ModelAgreement:
    """Return how far a model agrees with people.

    Args:
        model: Its name.
        said: What it said, by query and document.
        people: What people said.
    """
    both = [pair for pair in said if pair in people]
    apart = [said[pair] - people[pair] for pair in both]
    by_query: dict[str, list[int]] = {}
    for (query, _), difference in zip(both, apart, strict=True):
        by_query.setdefault(query, []).append(difference)
    return ModelAgreement(
        model,
        len(said),
        agreement_of(("people", model), [{"people": people[pair], model: said[pair]} for pair in both]),
        _share([difference > 0 for difference in apart]),
        _share([difference < 0 for difference in apart]),
        {query: _of_query(differences) for query, differences in by_query.items()},
    )


def _of_query(differences: Sequence[int]) -> tuple[int, float, float]:
    number = len(differences)
    return number, differences.count(0) / number, sum(differences) / number


def _share(holds: Sequence[bool]) -> float | None:
    return sum(holds) / len(holds) if holds else None
