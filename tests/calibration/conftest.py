"""The table of a calibration run: printed whole at its end, in the order of the studies, whoever ran them."""

from typing import Any

from study import PROPERTY


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print every measured rate beside its band; reports carry the rows, since workers have no terminal."""
    reports = [report for kind in terminalreporter.stats.values() for report in kind]
    studies = {
        int(study): rows
        for report in reports
        for name, (study, rows) in getattr(report, "user_properties", [])
        if name == PROPERTY
    }
    if studies:
        terminalreporter.section("calibration: what was measured, and the band it must lie in")
    for study in sorted(studies):
        terminalreporter.write_line("\n".join(studies[study]))
