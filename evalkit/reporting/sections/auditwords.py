"""What an audit's page says in words: the next step, and what each reading of a version means."""

from __future__ import annotations

from evalkit import figures
from evalkit.results.audit import AuditResult

READINGS = {
    "nothing": "states nothing",
    "expected": "the expected model",
    "label": "names no model",
    "other": "another model",
}
NOTHING = "nothing"


def next_step(result: AuditResult) -> str:
    """Return what to do."""
    forensic = result.forensic
    if result.verdict == "SOUND":
        return "Nothing. Ask again tomorrow: other records are drawn each day."
    if forensic.foreign:
        return (
            "Embed the foreign records again; their ids stand below. While they are in the index they are "
            "found by nobody, or push others down."
        )
    if result.verdict == "DRIFT":
        failing = {rule.name for rule in result.rules if rule.passed is False}
        if failing & {"Schedule"}:
            return "Look at the backfill: it is late, or writes what it should not."
        if failing == {"One width"}:
            return "Embed again, or remove, the records without a vector of the right width."
        return (
            "Find out what wrote the other versions. Where the vectors are right and only the statement is "
            "wrong or missing,  evalkit stamp  prints what corrects it."
        )
    return f"Let it certify: {_remedy(result)}."


def _remedy(result: AuditResult) -> str:
    lacking = result.forensic.lacking
    if "text" in lacking:
        return "name where the texts are, by --golden SET or --map text=COLUMN"
    if "approximation" in lacking:
        return "audit the store that the index was built from"
    if "looked at" in lacking:
        return "leave --sample 0 out"
    return "examine more vectors"


def interval_words(result: AuditResult) -> str:
    """Return between what the foreign share of the whole store lies."""
    forensic = result.forensic
    if not forensic.examined:
        return "not examined"
    if forensic.low == forensic.high == forensic.share:
        return f"{percent(forensic.share)}, all of them"
    return f"{percent(forensic.low)} to {percent(forensic.high)}"


def percent(share: float) -> str:
    """Return a small share in percent with digits enough to tell it from nothing: "0.97 %"."""
    if not share or share >= 0.1:  # noqa: PLR2004 - ten percent
        return figures.plain(figures.percent(share))
    return f"{figures.significant(100 * share)} %"
