"""The files of an outcome: what is written beside the report, whole or not at all."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from evalkit.digests import short
from evalkit.errors import OutputError, UsageError
from evalkit.experiment import Outcome
from evalkit.judging.grading import count_grades
from evalkit.judging.worklist import WorkItem, to_frame
from evalkit.output import check_folder, write_together
from evalkit.quoting import harmless
from evalkit.reporting.page import Page
from evalkit.reporting.pages.kinds import page_of
from evalkit.reporting.runbook import runbook
from evalkit.reporting.views.html import asset_files, html, one_page
from evalkit.reporting.views.junit import junit
from evalkit.reporting.views.markdown import markdown
from evalkit.reporting.views.prometheus import prometheus
from evalkit.results.diff import changes_csv
from evalkit.results.ownership import RUNBOOK, WRITTEN, identity, is_own
from evalkit.results.perquery import per_query
from evalkit.results.reading import PLAN, REPORT, RESULT, SHEET
from evalkit.results.redaction import redacted_worklist
from evalkit.results.result import Result

if TYPE_CHECKING:
    import pandas as pd

WORKLIST = "worklist.csv"
WHOLE, SUMMARY = "report", "summary"  # views that are pages
VIEWS: Mapping[str, Callable[[Page], str]] = {
    ".html": html,
    ".md": markdown,
    ".xml": junit,
    ".prom": prometheus,
}


def outcome_files(
    result: Result, outcome: Outcome, *, page: Page | None = None, assets: bool = False
) -> dict[str, bytes]:
    """Return the files that an outcome leaves behind, by name.

    Beside the views of `result` these are a table with one row for each query and system (Parquet where
    pyarrow is installed, else CSV) and, where something shown was never judged, the worklist.

    Args:
        result: The result; where it is redacted, no file holds a text.
        outcome: What it was made of.
        page: The page of the result, where it has been built already.
        assets: Whether the page's style sheet and script become files of their own.
    """
    items = redacted_worklist(outcome.worklist) if result.redacted else outcome.worklist
    return {
        **_shown(result, "summary.md", "junit.xml", page=page, assets=assets),
        **_worklist(items),
        **_table(per_query(outcome)),
    }


def gate_files(result: Result, items: Sequence[WorkItem] = ()) -> dict[str, bytes]:
    """Return the files that a gate leaves behind, by name; with what is to be judged where that decides."""
    return {**_shown(result, "summary.md", "junit.xml"), **_worklist(items)}


def mix_files(result: Result, *, assets: bool = False) -> dict[str, bytes]:
    """Return the files that the lab alone leaves behind, by name: the result and two views of it."""
    return _shown(result, "summary.md", assets=assets)


def plan_files(result: Result, *, assets: bool = False) -> dict[str, bytes]:
    """Return the files that a plan leaves behind, by name: the plan, its page and its runbook."""
    return {
        PLAN: result.text().encode(),
        **drawn_page(page_of(result), REPORT, assets=assets),
        RUNBOOK: runbook(result).encode(),
    }


def diff_files(result: Result, *, assets: bool = False) -> dict[str, bytes]:
    """Return the files that a difference leaves behind, by name: the result, its page and every query."""
    (changed,) = result.reranking.values()
    return {**_shown(result, assets=assets), "changes.csv": changes_csv(changed).encode()}


def rendered_files(result: Result, name: str, *, assets: bool, view: str = WHOLE) -> dict[str, bytes]:
    """Return the view that a file's name asks for, by that name, and what has to lie beside it.

    Args:
        result: What to show.
        name: The file's name; its extension chooses the view.
        assets: Whether the page's style sheet and script become files of their own.
        view: Which page: "report", all of it, or "summary", what one page of paper holds.

    Raises:
        UsageError: No view has that extension.
    """
    return drawn_page(page_of(result), name, assets=assets, view=view)


def page_files(result: Result, view: str = WHOLE, *, assets: bool = False) -> dict[str, bytes]:
    """Return the pages of a result by the names that they have beside it, the asked one among them."""
    page, name = page_of(result), SHEET if view == SUMMARY else REPORT
    pages = _pages(page, assets=assets)
    return pages if name in pages else drawn_page(page, name, assets=assets, view=view)


def _shown(result: Result, *names: str, page: Page | None = None, assets: bool = False) -> dict[str, bytes]:
    """Return the result and, from one page, the report with other views of it."""
    page = page or page_of(result)
    drawn = [drawn_page(page, name, assets=assets) for name in names]
    others = {name: data for files in drawn for name, data in files.items()}
    return {RESULT: result.text().encode(), **_pages(page, assets=assets), **others}


def _pages(page: Page, *, assets: bool) -> dict[str, bytes]:
    """Return the page and, of one that has a sheet, the sheet alone."""
    sheet = drawn_page(page, SHEET, assets=assets, view=SUMMARY) if page.sheet else {}
    return {**drawn_page(page, REPORT, assets=assets), **sheet}


def drawn_page(page: Page, name: str, *, assets: bool = False, view: str = WHOLE) -> dict[str, bytes]:
    """Return the view of a page that a file's name asks for; as `rendered_files`.

    Args:
        page: What to show.
        name: The file's name.
        assets: Whether style sheet and script become files of their own.
        view: "report" or "summary".
    """
    path = Path(name)
    if path.suffix not in VIEWS:
        raise UsageError(
            f"no report is written as {path.suffix or 'a file without extension'}",
            hint=f"end the file's name in {', '.join(VIEWS)}",
            code="EK119",
        )
    if path.suffix == ".html":
        draw, stem = one_page if view == SUMMARY else html, path.stem if assets else ""
        texts = {name: draw(page, assets=stem), **(asset_files(stem) if assets else {})}
    else:
        texts = {name: VIEWS[path.suffix](page)}
    return {file: text.encode() for file, text in texts.items()}


def default_folder(result: Result, *, force: bool = False) -> Path:
    """Return reports/NAME, or reports/NAME-DIGEST where another experiment lies in the first and may stay."""
    first, second = default_folders(result)
    return first if force or is_own(first, result) else second


def default_folders(result: Result) -> tuple[Path, Path]:
    """Return the folders that a result may have where none is named: reports/NAME, reports/NAME-DIGEST."""
    folder = Path("reports", str(result.golden.name))
    return folder, folder.with_name(f"{folder.name}-{short(identity(result))}")


def retire_older(result: Result, written: Path) -> Path | None:
    """Take away what the same experiment left in its other default folder, so that no older verdict stays.

    Args:
        result: The result that has just been written.
        written: Where to.

    Returns:
        The folder that stays all the same, since its worklist holds grades; else None.
    """
    (other,) = set(default_folders(result)) - {written}
    if not (other / RESULT).is_file() or not is_own(other, result):
        return None
    if count_grades(other / WORKLIST):
        return other
    for name in (RESULT, *WRITTEN, *asset_files(Path(REPORT).stem), *asset_files(Path(SHEET).stem)):
        (other / name).unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # somebody keeps something of his own there
        other.rmdir()
    return None


def claim_folder(folder: Path, asked: Result, *, force: bool) -> None:
    """Raise now, rather than after hours of embedding, where a result could not be written.

    Args:
        folder: Where the files are to go.
        asked: What the result will be known by, see `asked_of`.
        force: Whether another experiment may be overwritten.

    Raises:
        OutputError: Another experiment or a graded worklist lies there and `force` is off, or the folder
            cannot be written.
    """
    _check_own(folder, asked, force=force)
    check_folder(folder)


def write_folder(folder: Path, result: Result, files: Mapping[str, bytes], *, force: bool) -> None:
    """Write files into a folder; the same experiment replaces its own, another one is refused.

    Raises:
        OutputError: Another experiment or a graded worklist lies there and `force` is off, or the folder
            cannot be written.
    """
    _check_own(folder, result, force=force)
    write_together(folder, files, replaced=WRITTEN)


def _check_own(folder: Path, result: Result, *, force: bool) -> None:
    if not force and not is_own(folder, result):
        raise OutputError(
            f"{folder} holds what is not of this experiment",
            hint="name another folder with -o, or overwrite it with --force",
            code="EK612",
        )
    graded = 0 if force else count_grades(folder / WORKLIST)
    if graded:
        raise OutputError(
            f"{folder / WORKLIST} holds {graded} grades that its golden set does not have yet",
            hint=f"take them in with  evalkit golden import {folder / WORKLIST} --into GOLDEN, name another "
            "folder with -o, or lose them with --force",
            code="EK614",
        )


def _worklist(items: Sequence[WorkItem]) -> dict[str, bytes]:
    return {WORKLIST: _csv(to_frame(items))} if items else {}


def _table(frame: pd.DataFrame) -> dict[str, bytes]:
    try:
        import pyarrow as pa  # noqa: F401, PLC0415 - an extra: only whether it is there matters here
    except ImportError:
        return {"per_query.csv": _csv(frame)}
    data: bytes = frame.to_parquet(index=False)
    return {"per_query.parquet": data}


def _csv(frame: pd.DataFrame) -> bytes:
    """Return a table as CSV in which no cell opens as a formula."""
    texts = frame.select_dtypes(exclude=["number", "bool"]).columns
    safe = frame.assign(**{name: frame[name].map(harmless) for name in texts}).rename(columns=harmless)
    return safe.to_csv(index=False).encode()
