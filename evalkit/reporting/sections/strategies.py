"""The strategies: what each way to search a mixed index is called in plain words, and how its line looks."""

from __future__ import annotations

from dataclasses import dataclass

KEEPS_OLD = "stay-old"
CARELESS = "new-query"


__all__ = ["strategy_of"]


@dataclass(frozen=True, slots=True)
class StrategyWords:
    """A strategy for readers.

    Attributes:
        label: What it does, short enough for the end of a line.
        about: What it means, in one sentence.
        look: Class names for colour, dash and weight.
    """

    label: str
    about: str
    look: str


_STRATEGIES = {
    CARELESS: StrategyWords(
        "switch queries first",
        "Queries use the new model from the first day, whichever vectors a document carries.",
        "bad heavy",
    ),
    "old-query": StrategyWords(
        "switch queries last",
        "Queries keep the old model until the last document has moved.",
        "bad dashed",
    ),
    "filter-new": StrategyWords(
        "search only what moved",
        "Queries use the new model and see only documents that have moved.",
        "ink dotted",
    ),
    "filter-old": StrategyWords(
        "search only what stayed",
        "Queries use the old model and see only documents that have not moved.",
        "ink mixed",
    ),
    "dual-raw": StrategyWords(
        "search both, merge",
        "Each half is searched with its own model; the scores are merged as they are.",
        "good",
    ),
    "dual-calibrated": StrategyWords(
        "search both, calibrated",
        "Each half is searched with its own model; old scores are first mapped to the scale of new ones.",
        "good dashed",
    ),
    "dual-rrf": StrategyWords(
        "search both, by rank",
        "Each half is searched with its own model; the two rankings are interleaved.",
        "good dotted",
    ),
    "dual-rrf-share": StrategyWords(
        "by rank and share",
        "As by rank, each half weighed by how much of the corpus it holds.",
        "good mixed",
    ),
    "bridged": StrategyWords(
        "translate queries",
        "For the old half, the new query vector is rotated into the old model's space.",
        "other",
    ),
    "bridged-affine": StrategyWords(
        "translate, affine",
        "For the old half, the new query vector goes through a linear map with an offset.",
        "other dashed",
    ),
    "bridged-mean-shift": StrategyWords(
        "translate, shift only",
        "For the old half, the new query vector is shifted by the difference of the two means.",
        "other dotted",
    ),
    "cascade": StrategyWords(
        "old finds, new re-ranks",
        "The full old index proposes documents, vectors of the new model order them.",
        "other mixed",
    ),
    KEEPS_OLD: StrategyWords(
        "keep the old index",
        "The full old index answers until the new one is complete, then they are swapped.",
        "ink dashed",
    ),
}


def strategy_of(name: str) -> StrategyWords:
    """Return what readers are told of a strategy; one that is not known here keeps its name."""
    return _STRATEGIES.get(name) or StrategyWords(name, "", "even")


def listed(names: list[str]) -> str:
    """Return "a", "a and b", "a, b and c"; "" for none."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
