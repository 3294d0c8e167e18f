"""The log of a plan: how unevenly it shows documents, and whether a later part of it bears that out."""

from __future__ import annotations

from evalkit import figures
from evalkit.evaluation import Evaluation, Setting
from evalkit.findings import Finding, Severity
from evalkit.lab import shown_by
from evalkit.planning.inputs import MEASURED, Input, Inputs
from evalkit.planning.zipf import ZipfFit, fit_zipf
from evalkit.studies.planinputs import Asked

WORTH_TELLING = 0.05  # of the traffic, that the law foretells wrongly


def fitted(old: Evaluation, setting: Setting, asked: Asked) -> ZipfFit | None:
    """Return Zipf's exponent of the log that was named; None where none was.

    Raises:
        EvalkitError: The log cannot be read, or tells no exponent.
    """
    if asked.log is None:
        return None
    given = [item for item in (*asked.file.numbers, *asked.told) if item.name == "candidates"]
    candidates = int(given[-1].value if given else Inputs.of([])["candidates"])
    depth = min(candidates, len(setting.golden.corpus))
    return fit_zipf(shown_by(old, setting, asked.log, depth), len(setting.golden.corpus))


def exponent_of(fit: ZipfFit, asked: Asked) -> Input:
    """Return the exponent as an input of the plan."""
    halves = figures.count(fit.queries), figures.count(fit.later)
    source = f"{asked.log}: {halves[0]} queries, held against {halves[1]} later ones"
    return Input(name="zipf", value=fit.s, low=fit.low, high=fit.high, kind=MEASURED, source=source)


def told_of(fit: ZipfFit | None) -> list[Finding]:
    """Return how well the law foretold the later half of the log."""
    if fit is None:
        return []
    wrong = abs(fit.error) > WORTH_TELLING
    predicted, observed = (figures.plain(figures.percent(share)) for share in (fit.predicted, fit.observed))
    problem = (
        f"Zipf's law with s = {figures.number(fit.s, 2)}, fitted on {fit.queries} queries, foretells that "
        f"{predicted} of what the {fit.later} later ones show was touched before; {observed} was"
    )
    hint = "reckon with the range of zipf, or replay the log: --order lazy:LOG" if wrong else ""
    return [Finding("EK761", Severity.WARNING if wrong else Severity.NOTICE, problem, hint=hint)]
