"""The few numbers of a curve that a decision needs, and the sentence."""

from __future__ import annotations

import numpy as np
import pytest
from small_worlds import World, golden_of, similarities, world

from evalkit.arrays import Floats
from evalkit.errors import UnknownNameError
from evalkit.mixing.controls import rotated
from evalkit.mixing.curve import MixCurve, mix
from evalkit.mixing.line import Line
from evalkit.mixing.summary import break_even, summarise, valley
from evalkit.scoring.measure import Measure

SHARES = np.array([0.0, 0.25, 0.5, 0.75, 1.0])


def line(means: list[float], *, strategy: str = "new-query", lows: float = -0.1) -> Line:
    row = np.array(means)
    return Line(
        strategy=strategy,
        measure=Measure.parse("nDCG@10"),
        values=row[:, None],
        means=row,
        old_mean=0.5,
        lows=np.full(5, lows),
        highs=np.full(5, 0.6),
        cohorts={"moved": row, "unmoved": row},
        blackout=np.array([np.nan] * 5),
        spread=np.full(5, np.nan),
        errors=np.zeros(5),
        searches=1,
    )


def curve(*lines: Line) -> MixCurve:
    return MixCurve(old="a", new="b", order="random", shares=SHARES, lines=lines, query_ids=("q",))


def test_a_summary_names_the_ends_the_middle_and_the_worst_point_between() -> None:
    told = summarise(line([0.5, 0.2, 0.3, 0.6, 0.1]), SHARES, margin=0.02)

    assert (told.start, told.half, told.end, told.worst, told.worst_share) == (0.5, 0.3, 0.1, 0.2, 0.25)
    assert (told.blackout, told.spread, told.never_below) == (None, None, False)


@pytest.mark.parametrize(
    ("means", "share"),
    [
        ([0.5, 0.2, 0.3, 0.6, 0.7], 0.75),
        ([0.1, 0.6, 0.3, 0.4, 0.5], 1.0),
        ([0.5, 0.5, 0.5, 0.5, 0.5], 0.0),
        ([0.5, 0.6, 0.7, 0.8, 0.4], None),
    ],
)
def test_break_even_is_the_least_share_from_which_on_nothing_is_lost(
    means: list[float], share: float | None
) -> None:
    assert break_even(SHARES, np.array(means), 0.5) == share


def test_half_way_lies_between_its_neighbours_where_no_share_is_one_half() -> None:
    told = summarise(line([0.0, 0.2, 0.4, 0.6, 0.8]), np.array([0.0, 0.1, 0.2, 0.8, 1.0]), margin=0.0)

    assert told.half == pytest.approx(0.5)


def test_the_valley_is_the_worst_of_the_better_of_two() -> None:
    assert valley(SHARES, np.array([0.0, 0.2, 0.3, 0.6, 0.9]), np.array([0.8, 0.4, 0.35, 0.1, 0])) == (
        0.35,
        0.5,
    )
    both = curve(line([0.0, 0.2, 0.3, 0.6, 0.9]), line([0.8, 0.4, 0.35, 0.1, 0], strategy="old-query"))

    assert both.valley() == (0.35, 0.5)
    assert curve(line([0.0] * 5)).valley() is None


def test_the_sentence_names_what_carelessness_costs_and_what_never_falls_below() -> None:
    careless = line([0.03, 0.2, 0.36, 0.5, 0.7])
    safe = line([0.5] * 5, strategy="dual-calibrated", lows=-0.01)

    assert curve(careless, safe).sentence() == (
        "new-query: 0.03 when nothing has moved yet, 0.36 half way, at worst 0.03 with 0% moved; "
        "dual-calibrated never falls below the old index by more than 0.02"
    )
    assert (
        curve(careless)
        .sentence()
        .endswith("no strategy is shown never to fall below the old index by more than 0.02")
    )
    kept = line([0.5] * 5, strategy="stay-old", lows=-0.4)
    assert curve(careless, kept).sentence().endswith("; stay-old never falls below the old index")


def test_staying_with_the_old_index_is_safe_however_few_queries_there_are() -> None:
    assert summarise(line([0.5] * 5, strategy="stay-old", lows=-0.4), SHARES, margin=0.02).never_below


def test_a_line_that_was_not_asked_for_is_named() -> None:
    with pytest.raises(UnknownNameError, match="dual-raw in nDCG@10"):
        curve(line([0.5] * 5)).line("dual-raw")


def test_bands_are_held_to_what_a_measure_can_be() -> None:
    lows, highs = line([0.5] * 5, lows=-0.9).band

    assert (lows.tolist(), highs.tolist()) == ([0.0] * 5, [1.0] * 5)


def test_the_blackout_counts_what_was_found_before_and_cannot_be_found_now() -> None:
    """Under a fixed order it is the share of the old top ten that is gone, counted one by one."""
    found = world(2, queries=20, documents=120, dims=12)
    control = World(found.golden, found.old, rotated(found.old))

    random = mix(control.golden, control.old, control.new, shares=SHARES)
    fixed = mix(control.golden, control.old, control.new, shares=SHARES, order="id")

    ranks = _ranks(found)
    before = ranks <= 10
    after = 1 + np.array(
        [
            np.sum(scores > scores[doc])
            for query, doc in _relevant(found)
            for scores in [
                np.where(
                    np.arange(120) < 60,
                    similarities(control.new, control.new)[query],
                    similarities(control.new, control.old)[query],
                )
            ]
        ]
    )
    assert fixed.line("new-query").blackout[2] == pytest.approx(np.mean(after[before] > 10))
    # By chance an unmoved document still gets through now and then; a moved one always does.
    assert random.line("new-query").blackout[-1] == 0
    assert 0.3 < random.line("new-query").blackout[2] <= 0.5


def _relevant(found: World) -> list[tuple[int, int]]:
    qrels = found.golden.qrels
    here = qrels.grades >= 1
    return list(zip(qrels.query_rows[here].tolist(), qrels.doc_rows[here].tolist(), strict=True))


def _ranks(found: World) -> Floats:
    scores = similarities(found.old, found.old)
    return np.array([1.0 + np.sum(scores[query] > scores[query, doc]) for query, doc in _relevant(found)])


def test_no_relevant_document_found_before_leaves_no_blackout_to_count() -> None:
    found = world(4, queries=1, documents=40)
    worst = int(similarities(found.old, found.old)[0].argmin())
    golden = golden_of(np.array([[worst]]), np.array([[1]]), 40)

    assert mix(golden, found.old, found.new, shares=3).summary("new-query").blackout is None
