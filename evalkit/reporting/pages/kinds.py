"""The kinds: which page a result of each kind has."""

from __future__ import annotations

from evalkit.reporting.page import Page
from evalkit.reporting.pages.compare import compare_page
from evalkit.reporting.pages.diff import diff_page
from evalkit.reporting.pages.gate import gate_page
from evalkit.reporting.pages.gatefailure import failure_page
from evalkit.reporting.pages.mix import mix_page
from evalkit.reporting.pages.plan import plan_page
from evalkit.reporting.pages.scores import scores_page
from evalkit.reporting.pages.update import update_page
from evalkit.results.gatefailure import is_failure
from evalkit.results.older import completed
from evalkit.results.reading import is_gate
from evalkit.results.result import Result


def page_of(result: Result) -> Page:
    """Return the page of a result, whatever was studied."""
    if is_gate(result):
        return failure_page(result) if is_failure(result) else gate_page(result)
    if result.gate.updated is not None:
        return update_page(result)
    if result.plan:
        return plan_page(result)
    if result.decisions:
        return compare_page(completed(result))
    if result.mix_summary:
        return mix_page(result)
    return diff_page(result) if result.reranking else scores_page(result)
