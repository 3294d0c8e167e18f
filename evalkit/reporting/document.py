"""The document: what a report says, chosen, ordered, rounded and worded once; formats are its views."""

from __future__ import annotations

from dataclasses import dataclass

from evalkit import figures
from evalkit.quoting import shortened
from evalkit.reporting.sections.changes import CandidateCritical, Reranking, critical, reranking
from evalkit.reporting.sections.cost import Cost, cost
from evalkit.reporting.sections.effects import CandidateEffects, Effects, measures, segments
from evalkit.reporting.sections.glossary import Methods, methods
from evalkit.reporting.sections.mixture import Migration, mixture
from evalkit.reporting.sections.mixwords import WHAT
from evalkit.reporting.sections.opening import Opening, opening
from evalkit.reporting.sections.queries import Queries, queries
from evalkit.reporting.sections.reproduce import Reproduce, reproduce
from evalkit.reporting.sections.rules import CandidateRules, rules
from evalkit.reporting.sections.source import aliases_of, baseline_of, candidates_of, confidence
from evalkit.reporting.sections.trust import Trust, trust
from evalkit.results.result import Result

_DIGEST_SHOWN = 6
_NAME_SHOWN = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A report, section by section, in the order in which it is read; what has nothing to say is empty."""

    name: str
    facts: tuple[str, ...]
    baseline: str
    candidates: tuple[str, ...]
    confidence: str
    opening: Opening | None
    rules: tuple[CandidateRules, ...]
    measures: Effects
    segments: tuple[CandidateEffects, ...]
    critical: tuple[CandidateCritical, ...]
    queries: Queries | None
    reranking: Reranking | None
    mixture: tuple[Migration, ...]
    trust: Trust
    cost: Cost | None
    reproduce: Reproduce
    methods: Methods

    @property
    def mixed_index(self) -> str:
        """What a mixed index is, for those who never heard of one."""
        return WHAT

    @classmethod
    def of(cls, result: Result) -> Document:
        """Return what a report on `result` says; all text in it is safe to show."""
        known = result.readable()
        golden, baseline = known.golden, baseline_of(known)
        return cls(
            name=shortened(f"{golden.name} {golden.version}".strip(), _NAME_SHOWN),
            facts=_facts(known),
            baseline=baseline,
            candidates=tuple(candidates_of(known)),
            confidence=confidence(known),
            opening=opening(known),
            rules=rules(known),
            measures=measures(known),
            segments=segments(known),
            critical=critical(known),
            queries=queries(known),
            reranking=reranking(known),
            mixture=mixture(known),
            trust=trust(known),
            cost=cost(known),
            reproduce=reproduce(known),
            methods=methods(known),
        )


def _facts(result: Result) -> tuple[str, ...]:
    golden = result.golden
    indexes = {system.index for system in result.systems.values() if system.index}
    exact = "exact search" if indexes == {"Flat"} else ", ".join(sorted(indexes))
    return tuple(
        filter(
            None,
            (
                figures.counted(golden.queries, "query") if golden else "",
                figures.counted(golden.documents, "document") if golden else "",
                f"golden {golden.digest[:_DIGEST_SHOWN]}" if golden else "",
                exact,
                *aliases_of(result),
                "texts left out, ids only" if result.redacted else "",
            ),
        )
    )
