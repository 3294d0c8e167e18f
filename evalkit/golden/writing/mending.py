"""Mending: a golden set that is being brought in goes through the repairs that `golden check --fix` makes."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from evalkit.errors import GoldenSetError
from evalkit.findings import Finding, Severity
from evalkit.golden.folder import draft_findings, read_draft
from evalkit.golden.reading.records import Draft
from evalkit.golden.writing.export import exported_files
from evalkit.golden.writing.repair import REPAIRS, repaired_files


def mended(draft: Draft, repairs: Sequence[str], output: Path) -> tuple[Draft, list[str]]:
    """Return a draft after repairs, and a line for each thing that they mended.

    Args:
        draft: What was read.
        repairs: Names of repairs.
        output: The folder that the set will stand in: findings that are left name its files.

    Raises:
        GoldenSetError: Something is wrong that these repairs do not mend.
    """
    codes = {code for name in repairs for code in REPAIRS[name].codes}
    reading = [finding for sheet in draft.sheets for finding in sheet.findings()]
    errors = [finding for finding in draft_findings(draft) if finding.severity is Severity.ERROR]
    left = [finding for finding in errors if finding.code not in codes or finding in reading]
    if left:
        raise GoldenSetError.of(left)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "set"
        for file, content in exported_files(draft, "native").items():
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_bytes(content)
        for path, content in repaired_files(folder, repairs).items():
            path.write_bytes(content)
        again = read_draft(folder)
        remaining = [_moved(finding, folder, output) for finding in draft_findings(again)]
    still = [finding for finding in remaining if finding.severity is Severity.ERROR]
    if still:
        raise GoldenSetError.of(still)
    told = [f"repaired: {finding.problem}" for finding in errors]
    moved = {
        role: replace(getattr(again, role), path=getattr(draft, role).path)
        for role in ("queries", "corpus", "qrels")
    }
    return replace(again, card=draft.card, **moved), told


def _moved(finding: Finding, before: Path, after: Path) -> Finding:
    places = tuple(place.replace(str(before), str(after)) for place in finding.places)
    return replace(finding, places=places)
