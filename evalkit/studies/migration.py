"""The migration as a study: two systems, and what becomes of search while an index moves between them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from evalkit.embedding.encoding import Progress
from evalkit.evaluation import Evaluation, Setting, System, evaluate
from evalkit.findings import Finding
from evalkit.lab import Plan, check_vectors, curves_between
from evalkit.mixing.curve import MixCurve
from evalkit.reports import report_of

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Migration:
    """What the mixed-index lab found alone, without any verdict.

    Attributes:
        old: The system in production, evaluated.
        new: The system to come.
        setting: What both were evaluated on.
        plan: How the lab looked at it.
        curves: The curve of the migration, then those of the controls.
    """

    old: Evaluation
    new: Evaluation
    setting: Setting
    plan: Plan
    curves: tuple[MixCurve, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was noticed on the way, each once."""
        told = [*self.setting.golden.findings, *self.old.findings, *self.new.findings]
        told += [finding for curve in self.curves for finding in curve.findings]
        return tuple(dict.fromkeys(told))

    def to_frame(self) -> pd.DataFrame:
        """Return every curve in one table, one row for each share."""
        import pandas as pd  # noqa: PLC0415 - only those who want a table pay for pandas

        return pd.concat([curve.to_frame() for curve in self.curves], ignore_index=True)

    def report(self, folder: str | Path, *, force: bool = False) -> Path:
        """Write the page, the result and the summary into a folder; return the page's path."""
        return report_of(self, folder, force=force)


def run_migration(
    old: System, new: System, setting: Setting, plan: Plan | None = None, *, progress: Progress | None = None
) -> Migration:
    """Evaluate two systems, and compute what search is worth while an index moves between them.

    Args:
        old: The system in production.
        new: The system to come.
        setting: The golden set, and where vectors are kept.
        plan: How to look at it; as `evalkit mix` does when left out.
        progress: Called with role, texts done and texts to do while a model encodes.

    Raises:
        ModelError: One of the two has no vectors.
    """
    check_vectors((old, new))
    asked = plan or Plan()
    before, after = (evaluate(system, setting, progress=progress) for system in (old, new))
    return Migration(
        old=before,
        new=after,
        setting=setting,
        plan=asked,
        curves=curves_between(before, after, setting, asked),
    )
