"""What a notebook shows and plots."""

from __future__ import annotations

import io
import sys
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
import workshop

from evalkit.errors import MissingExtraError, UsageError
from evalkit.evaluation import System
from evalkit.experiment import Experiment, Outcome, run_experiment
from evalkit.lab import Plan, curves_between
from evalkit.mixing.curve import MixCurve
from evalkit.reporting.notebook import plot, say, show, tabulate

plt = pytest.importorskip("matplotlib.pyplot")


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    golden = workshop.workshop(questions=2)
    return run_experiment(
        Experiment(golden=golden, baseline=System.parse("hash/64"), candidates=(System.parse("hash/512"),))
    )


@pytest.fixture(scope="module")
def curve(outcome: Outcome) -> MixCurve:
    return curve_of(outcome, strategies=("new-query", "dual-raw", "stay-old"), align="pad")


def curve_of(outcome: Outcome, **plan: Any) -> MixCurve:
    setting = outcome.experiment.setting
    (curve,) = curves_between(outcome.baseline, outcome.candidates[0], setting, Plan(**plan))
    return curve


def texts_of(figure: Any) -> str:
    """Return every text of a figure, one a line."""
    return "\n".join(text.get_text() for text in figure.findobj(lambda part: hasattr(part, "get_text")))


def heights_of(axes: Any) -> list[float]:
    return [bar.get_height() for bar in axes.patches]


def drawn_png(figure: Any) -> bytes:
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=40)
    return file.getvalue()


def test_an_outcome_is_shown_with_its_verdict_and_measures(
    outcome: Outcome, capsys: pytest.CaptureFixture[str]
) -> None:
    show(outcome)
    shown = capsys.readouterr().out
    assert str(outcome.conclusion.verdict) in shown.splitlines()[-1]
    assert "nDCG@10" in shown


def test_a_curve_is_shown_with_every_strategy_and_its_sentence(
    curve: MixCurve, capsys: pytest.CaptureFixture[str]
) -> None:
    show(curve)
    shown = capsys.readouterr().out
    assert all(name in shown for name in curve.strategies)
    assert curve.sentence() in shown


def test_a_comparison_and_a_golden_set_are_shown(
    outcome: Outcome, capsys: pytest.CaptureFixture[str]
) -> None:
    row = outcome.primaries[0]
    show(row)
    assert f"{row.wins} won, {row.ties} tied, {row.losses} lost" in capsys.readouterr().out
    show(outcome.experiment.golden)
    assert "relevant per query" in capsys.readouterr().out


def test_a_notebook_gets_formatted_text(curve: MixCurve, monkeypatch: pytest.MonkeyPatch) -> None:
    interactiveshell = pytest.importorskip("IPython.core.interactiveshell")
    captured = pytest.importorskip("IPython.utils.capture")
    monkeypatch.setattr(interactiveshell.InteractiveShell, "_instance", None)
    quiet = pytest.importorskip("traitlets.config").Config({"HistoryManager": {"enabled": False}})
    shell = interactiveshell.InteractiveShell.instance(config=quiet)
    try:
        with captured.capture_output() as output:
            show(curve)
    finally:
        shell.clear_instance()
    (shown,) = output.outputs
    assert "| switch queries first |" in shown.data["text/markdown"]
    assert curve.sentence() in shown.data["text/plain"]


def test_the_plot_of_a_curve_draws_every_strategy_at_its_means(curve: MixCurve) -> None:
    figure = plot(curve)
    left = figure.axes[0]
    drawn = [np.asarray(line.get_ydata()) for line in left.get_lines()]
    for strategy in ("new-query", "dual-raw"):
        means = curve.line(strategy).means
        assert any(values.shape == means.shape and np.array_equal(values, means) for values in drawn)
    names = texts_of(figure)
    assert all(name in names for name in ("switch queries first", "search both, merge", "the old index"))
    assert all(name in names for name in ("have moved", "have not moved", "average query"))
    assert left.get_ylim()[0] == 0
    assert drawn_png(figure).startswith(b"\x89PNG")


def test_the_names_of_lines_do_not_overlap(outcome: Outcome) -> None:
    figure = plot(
        curve_of(outcome, strategies=("new-query", "old-query", "filter-new", "filter-old"), align="pad")
    )
    left = figure.axes[0]
    drawn_png(figure)
    boxes = sorted((text.get_window_extent() for text in left.texts[1:]), key=lambda box: box.y0)
    assert len(boxes) == 5
    assert all(below.y1 <= above.y0 + 1 for below, above in pairwise(boxes))


@pytest.mark.parametrize("shares", [(0.0,), (1.0,), (0.5,), (0.0, 1.0)])
def test_a_curve_of_few_shares_is_plotted(outcome: Outcome, shares: tuple[float, ...]) -> None:
    figure = plot(curve_of(outcome, strategies=("new-query", "stay-old"), align="pad", shares=shares))
    assert drawn_png(figure)


def test_a_curve_without_a_simple_switch_is_one_plot(outcome: Outcome) -> None:
    figure = plot(curve_of(outcome, strategies=("dual-raw", "stay-old")))
    assert len(figure.axes) == 1
    assert "search both, merge" in texts_of(figure)


def test_the_plot_of_an_outcome_draws_measures_and_queries(outcome: Outcome) -> None:
    figure = plot(outcome)
    row = outcome.primaries[0]
    intervals, queries = figure.axes
    names = [label.get_text() for label in intervals.get_yticklabels()]
    assert names == [str(m) for m in outcome.baseline.scores.measures if m.name != "Judged"]
    heights = heights_of(queries)
    assert heights == sorted(heights)
    assert sum(heights) / len(heights) == pytest.approx(row.delta)
    assert f"{row.losses} lost · {row.ties} tied · {row.wins} won" in texts_of(figure)


def test_a_comparison_and_a_golden_set_are_plotted(outcome: Outcome) -> None:
    row, golden = outcome.primaries[0], outcome.experiment.golden
    assert f"{row.wins} won" in texts_of(plot(row))
    heights = heights_of(plot(golden).axes[0])
    assert sum(heights) == len(golden.queries)


def test_no_figure_is_left_open(outcome: Outcome) -> None:
    """An open figure is drawn a second time at the end of a notebook's cell."""
    plot(outcome)
    assert plt.get_fignums() == []


def test_without_matplotlib_the_extra_is_named(outcome: Outcome, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtraError, match="'plot'") as caught:
        plot(outcome)
    assert caught.value.hint == "pip install 'retrieval-evalkit[plot]'"


@pytest.mark.parametrize("verb", [show, plot])
def test_anything_else_is_refused(verb: Any) -> None:
    with pytest.raises(UsageError, match="a dict cannot be"):
        verb({})


def test_a_sentence_is_printed_where_there_is_no_notebook(capsys: pytest.CaptureFixture[str]) -> None:
    say("**What to see.** Nothing\x1b[31m.")
    assert capsys.readouterr().out == "**What to see.** Nothing\\x1b[31m.\n"


def test_a_table_shows_texts_as_they_are_and_gaps_empty() -> None:
    frame = pd.DataFrame(
        [["<script>", 0.123456, None], ["two\nlines", None, 3]], columns=["a<b", "x", "y"], index=[7, 7]
    )
    told = tabulate(frame).to_html()
    assert "<script>" not in told
    assert "&lt;script&gt;" in told
    assert "a&lt;b" in told
    assert ">0.12<" in told
    assert "nan" not in told.lower()
    assert "None" not in told
    assert told == tabulate(frame).to_html()
    assert "0.1235" in tabulate(frame, 4).to_html()
    styled = [line.split()[1] for line in told.splitlines() if line.startswith("#T_")]
    assert styled == [".col0"]  # numbers stay to the right


def test_a_curve_is_summarised_in_a_table(curve: MixCurve) -> None:
    frame = curve.summary_frame()
    assert list(frame["strategy"].unique()) == ["new-query", "dual-raw", "stay-old"]
    assert list(frame["measure"].unique()) == [str(measure) for measure in curve.measures]
    first, told = frame.iloc[0], curve.summary("new-query")
    assert (first["start"], first["half"], first["end"]) == (told.start, told.half, told.end)
    assert (first["old"], first["before"]) == (curve.old, told.old)
