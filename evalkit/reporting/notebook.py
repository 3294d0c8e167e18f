"""The notebook: shows what evalkit found in words, and plots it."""

from __future__ import annotations

import sys
import zlib
from typing import TYPE_CHECKING

from evalkit import figures
from evalkit.auditing.audit import Audit
from evalkit.comparison.table import Comparison
from evalkit.errors import UsageError
from evalkit.experiment import Outcome
from evalkit.golden.goldenset import GoldenSet
from evalkit.mixing.curve import MixCurve
from evalkit.quoting import lines
from evalkit.reporting.pages.audit import audit_page
from evalkit.reporting.pages.compare import compare_page
from evalkit.reporting.pages.golden import golden_page
from evalkit.reporting.pages.mix import way_section
from evalkit.reporting.plots.effects import plot_comparison, plot_outcome
from evalkit.reporting.plots.golden import plot_golden
from evalkit.reporting.plots.mixed import plot_mix
from evalkit.reporting.sections.curvetables import curve_tables
from evalkit.reporting.sections.effects import says
from evalkit.reporting.sections.mixture import migration
from evalkit.reporting.views.escaping import escaped
from evalkit.reporting.views.markdown import markdown, sections_text
from evalkit.reporting.views.terminal import UNFOLDED, sections_lines, terminal
from evalkit.results.audit import result_of_audit
from evalkit.results.compare import describe_comparison, result_of
from evalkit.results.curves import describe_curves
from evalkit.results.parts import ComparisonPart
from evalkit.results.result import Result

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure
    from pandas.io.formats.style import Styler
    from pandas.io.formats.style_render import CSSDict

__all__ = ["plot", "say", "show", "tabulate"]

Shown = Outcome | Comparison | MixCurve | GoldenSet | Audit


def show(found: Shown) -> None:
    """Show what was found: as formatted text in a notebook, else as plain text on stdout.

    Args:
        found: An outcome (its verdict, measures and failing rules), a comparison, a curve of the mixed-index
            lab (its sentence and strategies), a golden set (its make-up) or an audit of a store.

    Raises:
        UsageError: It is none of these.
    """
    _display(*_words(found))


def say(text: str) -> None:
    """Show a sentence in Markdown, as a paragraph in a notebook, else as it stands on stdout."""
    _display(text, text)


def tabulate(frame: pd.DataFrame, precision: int = 2) -> Styler:
    """Return a table for a notebook: no index, texts to the left, numbers to so many digits, gaps empty.

    Texts are shown as they are, line breaks too, never as HTML. The same table is the same HTML each time, so
    that a notebook run again does not change.
    """
    frame = frame.reset_index(drop=True)
    name = f"{zlib.crc32(frame.to_csv(float_format=f'%.{precision}f').encode()):08x}"
    texts = [
        place
        for place, (_, column) in enumerate(frame.items())
        if any(isinstance(cell, str) for cell in column)
    ]
    styles: list[CSSDict] = [
        {"selector": f".col{place}", "props": "text-align: left; vertical-align: top; white-space: pre-line"}
        for place in texts
    ]
    styler = frame.style.hide(axis="index").set_uuid(name).set_table_styles(styles)
    return styler.format(precision=precision, na_rep="", escape="html").format_index(escape="html", axis=1)


def plot(found: Shown) -> Figure:
    """Draw what was found.

    Args:
        found: An outcome (intervals of its measures, the primary one query by query), a comparison (its
            interval), a curve of the mixed-index lab (every strategy, and both halves of the corpus) or a
            golden set (relevant documents per query).

    Returns:
        A matplotlib figure; as the last value of a notebook's cell it is displayed, and `savefig` writes it.

    Raises:
        MissingExtraError: matplotlib is not installed.
        UsageError: There is no picture of such a thing.
    """
    match found:
        case Outcome():
            return plot_outcome(found)
        case Comparison():
            return plot_comparison(found)
        case MixCurve():
            return plot_mix(found)
        case GoldenSet():
            return plot_golden(found)
        case _:
            raise _unknown(found, "plotted")


def _words(found: Shown) -> tuple[str, str]:
    """Return plain text and Markdown."""
    match found:
        case Outcome():
            page = compare_page(result_of(found, {}))
            return terminal(page), markdown(page)
        case Comparison():
            text = _comparison(found)
            return text, escaped(text)
        case MixCurve():
            result = Result.found(**describe_curves([found]))
            way = way_section(migration(result, result.mix_summary[0]), named=False)
            return sections_lines(tuple(curve_tables(result)), width=UNFOLDED), sections_text((way,))
        case Audit():
            audited = audit_page(result_of_audit(found, {}))
            return terminal(audited), markdown(audited)
        case GoldenSet():
            text = lines(terminal(golden_page(found), width=UNFOLDED))
            return text, f"```text\n{text}\n```"
        case _:
            raise _unknown(found, "shown")


def _comparison(row: Comparison) -> str:
    where = f" on {row.segment}" if row.segment else ""
    before, after, delta, interval = figures.comparison(
        row.baseline_mean, row.candidate_mean, row.delta, row.low, row.high
    )
    record = f"{row.wins} won, {row.ties} tied, {row.losses} lost"
    meaning = says(ComparisonPart.of(describe_comparison(row)), 0.0)
    return (
        f"{row.candidate} against {row.baseline}, {row.measure}{where}: {before} → {after} "
        f"({delta}, interval {interval}, {figures.told_p(row.p_two_sided)}; {record}): {meaning}"
    )


def _display(text: str, markdown: str) -> None:
    if not _in_notebook():
        print(lines(text))  # noqa: T201 - to print is what it is called for
        return
    from IPython.display import display  # noqa: PLC0415 - it is loaded where there is a notebook

    display({"text/plain": text, "text/markdown": markdown}, raw=True)  # type: ignore[no-untyped-call]


def _in_notebook() -> bool:
    """Return whether this runs in IPython, without loading it where it does not."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and ipython.get_ipython() is not None


def _unknown(found: object, verb: str) -> UsageError:
    return UsageError(
        f"a {type(found).__name__} cannot be {verb}",
        hint="pass an Outcome, a Comparison, a MixCurve, a GoldenSet or an Audit",
        code="EK125",
    )
