"""Assay sensitivity: whether a comparison can show anything at all."""

from __future__ import annotations

import math

import numpy as np

from evalkit.comparison.table import Comparison
from evalkit.errors import ModelError
from evalkit.figures import beside, number
from evalkit.findings import Finding, Severity
from evalkit.golden.goldenset import GoldenSet
from evalkit.scoring.judged import JudgedRun

FLOOR, CEILING = 0.05, 0.98
FEW_DIFFERENCES = 10
CANNOT_REACH = 6
CHANCE_QUERIES = 30
CHANCE_LEVEL = 0.001
OTHER_SPACE = (
    "these query vectors do not live in this space: queries and documents must come from one model, each "
    "with its prompt"
)
NO_MODEL = "do its ids mean the queries and documents of this golden set, are larger scores better"
SUSPECTS = {
    "": OTHER_SPACE,
    "vectors": f"{OTHER_SPACE}; and each row must stand against its own id: are ids shifted, or sorted anew?",
    "run": f"{NO_MODEL}, and was it made on this corpus?",
    "search": f"{NO_MODEL}, and does it search this corpus, in the order of the queries?",
    "http": f"{NO_MODEL}, does {{query}} reach the search as it is, and does the address search this corpus?",
}


def assay(comparison: Comparison) -> tuple[Finding, ...]:
    """Return what makes a comparison uninformative, whatever its p-values say.

    Args:
        comparison: Best that of the primary measure on the whole golden set.

    Returns:
        Warnings about a baseline at the floor or the ceiling of the measure and about too few queries that
        tell the systems apart; none where all is well. Two identical systems are not warned about.
    """
    findings = []
    mean, measure = comparison.baseline_mean, comparison.measure
    if mean < FLOOR:
        findings.append(
            _warning(
                "EK560",
                f"{comparison.baseline} scores {beside(mean, FLOOR)} in {measure}: it finds next to nothing",
                "check that its queries and documents were embedded by the same model",
            )
        )
    if mean > CEILING:
        findings.append(
            _warning(
                "EK561",
                f"{comparison.baseline} scores {beside(mean, CEILING)} in {measure}: "
                "there is no room for a gain",
                "add harder queries; easy ones only dilute a difference",
            )
        )
    if 0 < comparison.nonzero < FEW_DIFFERENCES:
        reach = " and cannot reach significance" if comparison.nonzero < CANNOT_REACH else ""
        findings.append(
            _warning(
                "EK562",
                f"only {comparison.nonzero} of {comparison.queries} queries tell {comparison.baseline} from "
                f"{comparison.candidate} in {measure}{reach}",
                "most queries are too easy or too hard for both; add others",
            )
        )
    return tuple(findings)


def check_above_chance(judged: JudgedRun, golden: GoldenSet, system: str, *, provider: str = "") -> None:
    """Raise when a baseline finds no more relevant documents than a random order would.

    Against such a baseline any candidate wins.

    Args:
        judged: The baseline's judged run.
        golden: The golden set that it was made for.
        system: The baseline's name.
        provider: How it searches, "vectors", "run", "search" …: where to look first depends on it.

    Raises:
        ModelError: A random order would find as many in more than one case of a thousand.
    """
    told = chance_findings(judged, golden, f"the baseline {system}", provider=provider)
    if told:
        raise ModelError(told[0].problem, hint=told[0].hint, code=told[0].code)


def chance_findings(
    judged: JudgedRun, golden: GoldenSet, system: str, *, provider: str = ""
) -> tuple[Finding, ...]:
    """Return a warning where a system finds no more relevant documents than a random order would.

    That is a broken input and hardly ever a bad model: most often query vectors come from another model than
    document vectors, or rows stand against the wrong ids. Fewer than 30 counted queries say too little.

    Args:
        judged: The system's judged run.
        golden: The golden set that it was made for.
        system: How it is called.
        provider: How it searches, "vectors", "run", "search" …: where to look first depends on it.

    Source: the count under random orders is a sum of hypergeometric ones, whose upper tail is at most the
        binomial of equal mean: Hoeffding, Annals of Mathematical Statistics 27, 1956.
    """
    documents, counted = len(golden.corpus), golden.counted
    cutoff = min(10, documents // 10)
    if counted.sum() < CHANCE_QUERIES or cutoff < 1:
        return ()
    relevant = np.minimum(judged.relevant[counted], documents)
    found = int((judged.grades[counted, :cutoff] >= 1).sum())
    places, expected = int(np.minimum(relevant, cutoff).sum()), float(relevant.sum()) * cutoff / documents
    chance = expected / places
    if _at_most(found, places, chance) <= CHANCE_LEVEL or _at_least(found, places, chance) <= CHANCE_LEVEL:
        return ()
    problem = (
        f"{system} finds {found} relevant documents in its first {cutoff} results, a random order "
        f"{number(expected, 1)}: a broken input, hardly a bad model"
    )
    return (_warning("EK520", problem, SUSPECTS.get(provider, SUSPECTS[""])),)


def _at_most(count: int, places: int, probability: float) -> float:
    """Return a bound, quickly found, on the chance of so many hits or more among binomial `places`.

    Source: Chernoff, Annals of Mathematical Statistics 23, 1952: exp(−n · KL(count / n ‖ probability)).
    """
    share = count / places
    if not probability < share < 1 or probability <= 0:
        return 1.0
    less = (1 - share) * math.log((1 - share) / (1 - probability))
    return math.exp(-places * (share * math.log(share / probability) + less))


def _at_least(count: int, places: int, probability: float) -> float:
    """Return the chance of so many hits or more among binomial `places`."""
    from scipy.special import betainc  # noqa: PLC0415 - scipy takes longer to import than a report to print

    return float(betainc(count, places - count + 1, probability)) if count > 0 else 1.0


def _warning(code: str, problem: str, hint: str) -> Finding:
    return Finding(code, Severity.WARNING, problem, hint=hint)
