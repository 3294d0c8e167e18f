"""The delivery: a study from Python becomes a folder with its page and its result, as commands write them."""

from __future__ import annotations

from pathlib import Path

from evalkit.experiment import Outcome
from evalkit.regression.outcome import GateOutcome
from evalkit.reporting import files
from evalkit.results.compare import result_of_study
from evalkit.results.diff import result_of_diff
from evalkit.results.gate import result_of_gate
from evalkit.results.mix import result_of_mix
from evalkit.results.plan import result_of_plan
from evalkit.results.provenance import now, provenance
from evalkit.results.reading import REPORT
from evalkit.results.redaction import redacted
from evalkit.results.result import Result
from evalkit.studies.comparison import Study, complete
from evalkit.studies.difference import Difference
from evalkit.studies.migration import Migration
from evalkit.studies.planning import MigrationPlan

Reportable = Outcome | Study | Migration | Difference | GateOutcome | MigrationPlan


def write_report(
    study: Reportable,
    folder: str | Path,
    *,
    force: bool = False,
    redact_text: bool = False,
    assets: bool = False,
) -> Path:
    """Write what a study found into a folder, as the command of its kind does.

    Args:
        study: An outcome (the mixed index and the costs are added), a study of one, a migration, a
            difference or what a gate found.
        folder: Where to; it is made where there is none.
        force: Whether the report of another experiment may be overwritten.
        redact_text: Whether queries and documents are named by id alone.
        assets: Whether the page's style sheet and script become files beside it.

    Returns:
        The path of the page.

    Raises:
        OutputError: Another experiment or a graded worklist lies there and `force` is off, or the folder
            cannot be written.
    """
    place = Path(folder)
    whole = complete(study) if isinstance(study, Outcome) else study
    result = result_of_any(whole)
    result = redacted(result) if redact_text else result
    files.write_folder(place, result, _files(whole, result, assets=assets), force=force)
    return place / REPORT


def result_of_any(study: Study | Migration | Difference | GateOutcome | MigrationPlan) -> Result:
    """Return the record of a study of any kind, made now from Python."""
    origin = provenance(now())
    match study:
        case Study():
            return result_of_study(study, origin)
        case Migration():
            return result_of_mix(study, origin)
        case Difference():
            return result_of_diff(study, origin)
        case MigrationPlan():
            return result_of_plan(study, origin)
        case GateOutcome():
            return result_of_gate(study, origin, reproduce="")


def _files(
    study: Study | Migration | Difference | GateOutcome | MigrationPlan, result: Result, *, assets: bool
) -> dict[str, bytes]:
    match study:
        case Study():
            return files.outcome_files(result, study.outcome, assets=assets)
        case Migration():
            return files.mix_files(result, assets=assets)
        case Difference():
            return files.diff_files(result, assets=assets)
        case MigrationPlan():
            return files.plan_files(result, assets=assets)
        case GateOutcome():
            return files.gate_files(result)
