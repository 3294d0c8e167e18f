"""The records of rollouts and audits, drawn again from their files: which kind has which page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from evalkit.errors import UsageError
from evalkit.opening import read_json
from evalkit.reporting.files import drawn_page
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
from evalkit.results.reading import RESULT

PAGES: Mapping[str, Callable[[Mapping[str, Any]], Page]] = {
    "audit": lambda written: audit_page(AuditResult.of(written)),
    "canary": lambda written: canary_page(CanaryResult.of(written)),
    "canary-plan": lambda written: canary_plan_page(CanaryPlan.of(written)),
    "interleave": lambda written: interleave_page(InterleaveResult.of(written)),
    "parity": lambda written: parity_page(ParityResult.of(written)),
}


def drawn_record(path: Path, name: str, *, assets: bool = False) -> dict[str, bytes] | None:
    """Return the page of a record, and what lies beside it, by name; None where the file is of another kind.

    Args:
        path: A `result.json`, or the folder of one.
        name: The page's file name.
        assets: Whether style sheet and script become files of their own.

    Raises:
        UsageError: The record is not whole, or another view than the page is asked for.
    """
    path = path / RESULT if path.is_dir() else path
    try:
        written = read_json(path)
    except (OSError, ValueError):
        return None  # whoever reads results says what is wrong
    draw = PAGES.get(str(written.get("kind"))) if isinstance(written, dict) else None
    if draw is None:
        return None
    try:
        page = draw(written)
    except ValidationError as error:
        lacking = ", ".join(".".join(map(str, item["loc"])) for item in error.errors()[:8])
        raise UsageError(
            f"{path} is not a whole result of evalkit: {lacking} missing or of another kind",
            hint="cut off, or changed by hand? run the command again",
            code="EK118",
        ) from error
    return drawn_page(page, name, assets=assets)
