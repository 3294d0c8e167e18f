"""The difference as a study: how much of what people see changes, on queries that nobody judged."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from evalkit.defaults import CUTOFF
from evalkit.embedding.embeddedset import EmbeddedSet
from evalkit.embedding.encoding import Progress
from evalkit.evaluation import Setting, System, results_of
from evalkit.findings import Finding
from evalkit.golden.goldenset import GoldenSet
from evalkit.reports import report_of
from evalkit.retrieval.run import Run


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SystemSide:
    """What one system retrieves, judged or not, and its vectors where it has any."""

    system: System
    run: Run
    embedded: EmbeddedSet | None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What embedding and retrieving noticed."""
        return (self.embedded.findings if self.embedded else ()) + self.run.findings


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Difference:
    """Two systems on the same queries.

    Attributes:
        old: What the system in production retrieves.
        new: What the system to come retrieves.
        setting: Queries, documents and depth.
        cutoff: How many results people see.
    """

    old: SystemSide
    new: SystemSide
    setting: Setting
    cutoff: int

    @property
    def golden(self) -> GoldenSet:
        """Queries and documents."""
        return self.setting.golden

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was noticed on the way, each once."""
        return tuple(dict.fromkeys((*self.golden.findings, *self.old.findings, *self.new.findings)))

    def report(self, folder: str | Path, *, force: bool = False) -> Path:
        """Write the page, the result and the changed queries into a folder; return the page's path."""
        return report_of(self, folder, force=force)


def run_difference(
    old: System, new: System, setting: Setting, *, cutoff: int = CUTOFF, progress: Progress | None = None
) -> Difference:
    """Retrieve with two systems on the same queries.

    Args:
        old: The system in production.
        new: The system to come.
        setting: Queries, documents, depth and where vectors are kept.
        cutoff: How many results people see.
        progress: Called with role, texts done and texts to do while a model encodes.
    """
    before, after = (
        SystemSide(system=system, run=run, embedded=embedded)
        for system in (old, new)
        for run, embedded in [results_of(system, setting, progress=progress)]
    )
    return Difference(old=before, new=after, setting=setting, cutoff=cutoff)
