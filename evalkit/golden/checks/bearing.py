"""What bears on a verdict: the doubts of a check that a report must not keep to itself."""

from __future__ import annotations

from evalkit.findings import Finding
from evalkit.golden.checks.doubts import doubt_findings
from evalkit.golden.checks.strength import strength_findings
from evalkit.golden.goldenset import GoldenSet
from evalkit.golden.reading.records import Draft

# Each may move a score, or decide whether a rule can speak, and is cheap to find. Doubles and leaks take
# longer than reading does and are left to the check; threads, too few queries and many critical ones are
# told otherwise.
BEARING = ("EK250", "EK251", "EK252", "EK253", "EK254", "EK261", "EK264")


def bearing_findings(draft: Draft, golden: GoldenSet) -> list[Finding]:
    """Return what a check would doubt and a reader of a verdict must know."""
    found = [*doubt_findings(draft, golden), *strength_findings(draft, golden)]
    return [finding for finding in found if finding.code in BEARING]
