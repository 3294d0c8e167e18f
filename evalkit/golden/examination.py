"""The examination: everything that can be told about a golden-set folder, errors or not, in one go."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from evalkit.errors import GoldenSetError
from evalkit.findings import Finding, Severity
from evalkit.golden.assembly import assemble
from evalkit.golden.checks.doubles import double_findings
from evalkit.golden.checks.doubts import doubt_findings
from evalkit.golden.checks.leakage import leakage_findings
from evalkit.golden.checks.lint import essential_findings
from evalkit.golden.checks.notation import notation_findings
from evalkit.golden.checks.strength import strength_findings
from evalkit.golden.checks.threads import thread_findings
from evalkit.golden.folder import read_draft
from evalkit.golden.goldenset import GoldenSet
from evalkit.golden.lock import lock_findings
from evalkit.golden.naming import name_for
from evalkit.golden.reading.records import Draft

ORDER = (Severity.ERROR, Severity.WARNING, Severity.NOTICE)


@dataclass(frozen=True, slots=True)
class Examination:
    """What was found in a folder: all findings, the gravest first; the golden set unless one is an error."""

    findings: tuple[Finding, ...]
    golden: GoldenSet | None

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that stop an evaluation."""
        return tuple(finding for finding in self.findings if finding.severity is Severity.ERROR)


def examine(folder: Path, *, allow_unreachable: bool = False) -> Examination:
    """Examine a golden set.

    Args:
        folder: Where it lies.
        allow_unreachable: Let judged documents that the corpus lacks stay in the denominators.

    Returns:
        Every essential finding; the thorough ones too unless an error has left rows unread, which would
        make them misleading.
    """
    try:
        draft = read_draft(folder)
    except GoldenSetError as error:
        return Examination(error.findings, None)
    findings = [finding for sheet in draft.sheets for finding in sheet.findings()]
    findings += essential_findings(draft, allow_unreachable=allow_unreachable) + notation_findings(draft)
    if any(finding.severity is Severity.ERROR for finding in findings):
        return Examination(_ordered(findings), None)
    golden = assemble(draft, name=name_for(draft.card.name, folder), findings=tuple(findings))
    findings += [*thorough_findings(draft, golden), *lock_findings(folder, draft, golden)]
    return Examination(_ordered(findings), golden)


def thorough_findings(draft: Draft, golden: GoldenSet) -> list[Finding]:
    """Return what takes time to find or thought to weigh: doubles, leaks, doubts and too little strength."""
    return [
        *double_findings(draft),
        *leakage_findings(draft),
        *doubt_findings(draft, golden),
        *strength_findings(draft, golden),
        *thread_findings(draft, golden),
    ]


def _ordered(findings: list[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda finding: (ORDER.index(finding.severity), finding.code)))
