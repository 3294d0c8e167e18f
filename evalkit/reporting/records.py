"""The records of rollouts and audits, drawn again from their files: which record has which page."""

from __future__ import annotations

from evalkit.reporting.files import WHOLE, drawn_page
from evalkit.reporting.page import Page
from evalkit.reporting.pages.audit import audit_page
from evalkit.reporting.pages.canary import canary_page
from evalkit.reporting.pages.canaryplan import canary_plan_page
from evalkit.reporting.pages.interleave import interleave_page
from evalkit.reporting.pages.parity import parity_page
from evalkit.results.audit import AuditResult
from evalkit.results.canary import CanaryPlan, CanaryResult
from evalkit.results.interleave import InterleaveResult
from evalkit.results.parity import ParityResult
from evalkit.results.record import Record


def drawn_record(
    record: Record, name: str, *, assets: bool = False, view: str = WHOLE
) -> dict[str, bytes] | None:
    """Return the page of a record, and what lies beside it, by name; None where it has no page.

    Args:
        record: What was read from its file.
        name: The page's file name.
        assets: Whether style sheet and script become files of their own.
        view: "report", all of it, or "summary", what one page of paper holds.

    Raises:
        UsageError: Another view than the page is asked for.
    """
    page = _page_of(record)
    return None if page is None else drawn_page(page, name, assets=assets, view=view)


def _page_of(record: Record) -> Page | None:
    match record:
        case AuditResult():
            return audit_page(record)
        case CanaryResult():
            return canary_page(record)
        case CanaryPlan():
            return canary_plan_page(record)
        case InterleaveResult():
            return interleave_page(record)
        case ParityResult():
            return parity_page(record)
    return None
