"""Rules in a result: what each saw and says, of comparisons and of gates alike."""

from __future__ import annotations

from typing import Any

from evalkit.results.description import Json
from evalkit.ruling.rule import RuleResult


def describe_rule(rule: RuleResult[Any, Any], candidate: str) -> Json:
    """Return what a rule saw of one system as a JSON object."""
    return {
        "candidate": candidate,
        "row": rule.row,
        "name": rule.name,
        "words": rule.words,
        **({"seen": rule.seen} if rule.seen else {}),
        "passed": rule.passed,
        "observed": rule.observed,
        "low": rule.low,
        "high": rule.high,
        "limit": rule.limit,
        "unit": rule.unit,
        "sites": [
            {"query": site.query, "measure": site.measure and str(site.measure), "segment": site.segment}
            for site in rule.sites
        ],
        "p": rule.p,
        "verdict": rule.verdict,
        "reason": rule.reason,
        "queries_needed": rule.queries_needed,
        "segment": rule.segment,
        "measure": None if rule.measure is None else str(rule.measure),
        "about": rule.about,
        "term": rule.term,
    }
