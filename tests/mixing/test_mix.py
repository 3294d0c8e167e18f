"""The lab from vectors: what it must equal at its ends, at every step, on average and when swapped."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_worlds import (
    World,
    columns,
    embedded,
    golden_of,
    rebuilt,
    searched,
    simulated_means,
    values_of,
    world,
)

from evalkit.arrays import Floats
from evalkit.comparison.intervals import guarded_interval
from evalkit.embedding.embeddedset import EmbeddedSet
from evalkit.errors import InvalidValueError, ModelError, NothingToEvaluateError, UnknownNameError, UsageError
from evalkit.golden.goldenset import GoldenSet
from evalkit.golden.qrels import Qrels
from evalkit.indexing.faiss import build_index
from evalkit.mixing.controls import float16, rotated
from evalkit.mixing.curve import MixCurve, mix
from evalkit.mixing.expected import expected_curve
from evalkit.mixing.options import MixOptions, mixable
from evalkit.mixing.orders import Order
from evalkit.retrieval.run import retrieve
from evalkit.scoring.measure import Measure

MEASURES = ("nDCG@5", "Recall@5", "MRR@5", "MAP@5", "Hit@3")
MERGES = ("new-query", "old-query", "filter-new", "filter-old", "dual-raw", "stay-old")
SHARES = np.array([0.0, 0.3, 0.5, 1.0])
seeds = st.integers(0, 2**32 - 1)


def lab(found: World, *strategies: str, **said: object) -> MixCurve:
    arguments = {"strategies": strategies, "shares": SHARES, "measures": MEASURES, **said}
    return mix(found.golden, found.old, found.new, **arguments)  # type: ignore[arg-type]


def single(found: World, side: EmbeddedSet, measure: str) -> Floats:
    run = retrieve(side, build_index(side.corpus), depth=found.documents)
    return np.asarray(values_of(found, run, measure)[0])


@pytest.mark.long
@settings(max_examples=20)
@given(seed=seeds, ties=st.booleans())
def test_the_curve_from_vectors_equals_the_closed_form_on_whole_matrices(seed: int, ties: bool) -> None:  # noqa: FBT001 - drawn
    found = world(seed, ties=ties)
    if not found.golden.counted.any():
        return

    curve = lab(found, *MERGES)

    grades = np.full((len(found.golden.queries), found.documents), -1)
    grades[found.golden.qrels.query_rows, found.golden.qrels.doc_rows] = found.golden.qrels.grades
    for line in curve.lines:
        before, after = columns(line.strategy, found.old, found.new)
        wanted = expected_curve(before, after, grades, shares=SHARES, measure=line.measure)
        np.testing.assert_allclose(line.values, wanted, rtol=0, atol=1e-12)


@pytest.mark.long
@settings(max_examples=15)
@given(seed=seeds, ties=st.booleans())
def test_each_end_is_a_search_of_one_column_with_the_strategys_query(seed: int, ties: bool) -> None:  # noqa: FBT001 - drawn
    found = world(seed, ties=ties)
    if not found.golden.counted.any():
        return
    ranked = ("dual-calibrated", "bridged", "dual-rrf", "dual-rrf-share")

    curve = lab(found, *MERGES, *ranked, measures=("nDCG@5", "MAP@5"), options=MixOptions(realisations=2))

    for measure in ("nDCG@5", "MAP@5"):
        old, new = (single(found, side, measure) for side in (found.old, found.new))
        starts = {line.strategy: line.values[0] for line in curve.lines if str(line.measure) == measure}
        ends = {line.strategy: line.values[-1] for line in curve.lines if str(line.measure) == measure}
        for name in ("dual-raw", "dual-calibrated", "dual-rrf", "dual-rrf-share", "old-query", "stay-old"):
            np.testing.assert_allclose(starts[name], old, atol=1e-12, err_msg=name)
        for name in ("dual-raw", "dual-calibrated", "dual-rrf", "dual-rrf-share", "new-query", "bridged"):
            np.testing.assert_allclose(ends[name], new, atol=1e-12, err_msg=name)
        assert not starts["filter-new"].any()
        assert not ends["filter-old"].any()
        crossed = rebuilt(found, found.new, np.zeros(found.documents, dtype=bool), found.documents)
        np.testing.assert_allclose(starts["new-query"], values_of(found, crossed, measure)[0], atol=1e-12)


@pytest.mark.parametrize("strategy", MERGES)
@settings(max_examples=2)
@given(seed=seeds, ties=st.booleans())
def test_a_fixed_order_equals_a_search_of_both_halves_at_every_step(
    strategy: str,
    seed: int,
    ties: bool,  # noqa: FBT001 - drawn
) -> None:
    found = world(seed, documents=16, ties=ties)
    if not found.golden.counted.any():
        return
    order = Order.of_ranking("shuffled", np.random.default_rng(seed).permutation(16))
    shares = np.arange(17) / 16

    curve = lab(found, strategy, order=order, shares=shares)

    assert order.positions is not None
    before, after = columns(strategy, found.old, found.new)
    for step, share in enumerate(shares):
        moved = order.positions <= share
        assert moved.sum() == step
        wanted = values_of(found, searched(before, after, moved), *MEASURES)
        values = [line.values[step] for line in curve.lines]
        np.testing.assert_allclose(values, wanted, rtol=0, atol=1e-12)


@settings(max_examples=3)
@given(seed=seeds, ties=st.booleans())
def test_new_query_under_a_fixed_order_equals_an_index_rebuilt_at_every_step(seed: int, ties: bool) -> None:  # noqa: FBT001 - drawn
    found = world(seed, documents=16, ties=ties)
    if not found.golden.counted.any():
        return
    shares = np.arange(17) / 16

    curve = lab(found, "new-query", order="id", shares=shares, measures=("nDCG@5",))

    for step in range(17):
        index = rebuilt(found, found.new, np.arange(16) < step, 5)
        np.testing.assert_allclose(
            curve.lines[0].values[step], values_of(found, index, "nDCG@5")[0], atol=1e-12
        )


@pytest.mark.parametrize("strategy", ["new-query", "filter-old", "dual-raw"])
def test_the_expected_curve_lies_within_four_errors_of_rebuild_and_search(strategy: str) -> None:
    found, runs = world(5, queries=12, documents=60), 30
    shares = np.array([0.2, 0.6, 0.9])

    curve = lab(found, strategy, shares=shares)

    for step, share in enumerate(shares):
        means = simulated_means(found, strategy, share, MEASURES, runs)
        errors = np.maximum(means.std(axis=0, ddof=1) / np.sqrt(runs), 1 / (runs * len(found.golden.queries)))
        expected = np.array([line.means[step] for line in curve.lines])
        assert np.all(np.abs(expected - means.mean(axis=0)) <= 4 * errors)


@settings(max_examples=10)
@given(seed=seeds)
def test_equal_models_give_flat_curves_that_nothing_can_split(seed: int) -> None:
    found = world(seed)
    same = World(found.golden, found.old, found.old)

    curve = lab(same, "new-query", "old-query", "dual-raw")

    for line in curve.lines:
        np.testing.assert_allclose(line.values, line.values[:1].repeat(SHARES.size, axis=0), atol=1e-14)
        if line.measure.name != "MAP":  # whose spread is not known
            np.testing.assert_allclose(line.spread, 0, atol=1e-7)


@settings(max_examples=10)
@given(seed=seeds)
def test_swapping_models_and_shares_swaps_the_two_accidents(seed: int) -> None:
    found = world(seed)
    swapped = World(found.golden, found.new, found.old)

    forth, back = lab(found, "new-query"), lab(swapped, "old-query", shares=1 - SHARES)

    for one, other in zip(forth.lines, back.lines, strict=True):
        np.testing.assert_allclose(one.values, other.values[::-1], rtol=0, atol=1e-12)
        np.testing.assert_allclose(one.cohorts["moved"], other.cohorts["unmoved"][::-1], atol=1e-12)


def test_swapping_models_and_reversing_a_fixed_order_swaps_the_two_accidents() -> None:
    found = world(3, documents=20)
    ranking = np.random.default_rng(3).permutation(20)
    shares = np.arange(21) / 20

    forth = lab(found, "new-query", order=Order.of_ranking("forth", ranking), shares=shares)
    swapped = World(found.golden, found.new, found.old)
    back = lab(swapped, "old-query", order=Order.of_ranking("back", ranking[::-1]), shares=shares)

    for one, other in zip(forth.lines, back.lines, strict=True):
        np.testing.assert_allclose(one.values, other.values[::-1], rtol=0, atol=1e-12)


def test_permuting_the_corpus_changes_nothing() -> None:
    """Rows are sorted by id, so a corpus given in any sequence is the same corpus."""
    found = world(4)
    bodies = dict(zip(found.golden.corpus.ids, found.golden.corpus.bodies, strict=True))
    judged: dict[str, dict[str, int]] = {query: {} for query in found.golden.queries.ids}
    qrels = found.golden.qrels
    for query, doc, grade in zip(qrels.query_rows, qrels.doc_rows, qrels.grades, strict=True):
        judged[found.golden.queries.ids[query]][found.golden.corpus.ids[doc]] = int(grade)
    shuffled = GoldenSet.of(
        "world",
        queries=dict(zip(found.golden.queries.ids, found.golden.queries.bodies, strict=True)),
        corpus=dict(reversed(bodies.items())),
        qrels=judged,
    )
    names = ("new-query", "dual-calibrated", "bridged", "dual-rrf")

    one = mix(found.golden, found.old, found.new, strategies=names, shares=3)
    other = mix(shuffled, found.old, found.new, strategies=names, shares=3)

    assert one.rows() == other.rows()


def test_the_rotated_control_shows_the_damage_and_procrustes_restores_it() -> None:
    found = world(6, queries=20, documents=300, dims=24)
    control = World(found.golden, found.old, rotated(found.old))

    curve = lab(control, "new-query", "dual-raw", "bridged", measures=("nDCG@5",))

    whole = curve.line("dual-raw").old_mean
    assert curve.line("dual-raw").means[-1] == pytest.approx(whole, abs=1e-9)
    assert curve.line("new-query").means[0] < 0.2 * whole
    np.testing.assert_allclose(curve.line("bridged").means, whole, atol=1e-9)


def test_half_precision_shares_the_space_and_loses_next_to_nothing() -> None:
    found = world(7, queries=20, documents=300, dims=24)
    control = World(found.golden, found.old, float16(found.old))

    curve = lab(control, "new-query", "old-query")

    for line in curve.lines:
        assert np.abs(line.means - line.old_mean).max() < 0.01


def test_a_zero_query_retrieves_nothing_and_counts() -> None:
    found = world(8)
    silent = found.new.queries.vectors.copy()
    silent[0] = 0
    new = embedded(silent, found.new.corpus.vectors, model="new")

    curve = lab(
        World(found.golden, found.old, new), "new-query", "dual-raw", "cascade", measures=["Recall@40"]
    )

    assert not curve.line("new-query").values[:, 0].any()
    assert not curve.line("dual-raw").values[-1, 0].any()
    assert not curve.line("cascade").values[:, 0].any()


def test_a_query_that_is_a_document_never_finds_itself_where_the_card_says_so() -> None:
    vectors = np.array([[1.0, 0.0], [0.8, 0.6], [0.0, 1.0]])
    golden = GoldenSet.of(
        "self", queries={"a": "same"}, corpus={"a": "same", "b": "other", "c": "third"}, qrels={"a": {"b": 1}}
    )
    removing = replace(golden, card=replace(golden.card, self_hits="remove"))
    side = embedded(vectors[:1], vectors)
    other = embedded(vectors[:1], vectors, model="new")

    for order in ("random", "id"):
        kept = mix(golden, side, other, measures=["MRR@2"], order=order, shares=3)
        gone = mix(removing, side, other, measures=["MRR@2"], order=order, shares=3)
        np.testing.assert_allclose(kept.lines[0].means, 0.5)
        np.testing.assert_allclose(gone.lines[0].means, 1.0)


def test_cohorts_are_ratios_of_sums_under_both_kinds_of_order() -> None:
    """Two queries, documents a (old) and b (moved); the moved one is found, the other is not."""
    golden = golden_of(np.array([[0], [1]]), np.array([[1], [1]]), 4)
    old = embedded(np.array([[0.0, 1], [0, 1]]), np.array([[1.0, 0], [1, 0], [1, 0], [1, 0]]))
    new = embedded(np.array([[1.0, 0], [0, 1]]), np.array([[1.0, 0], [0, 1], [-1, 0], [0, -1]]), model="new")

    fixed = mix(
        golden, old, new, strategies=["filter-new"], order="id", shares=[0, 0.25, 0.5], measures=["Recall@1"]
    )
    random = mix(golden, old, new, strategies=["filter-new"], shares=[0, 0.25, 1], measures=["Recall@1"])

    np.testing.assert_array_equal(fixed.lines[0].cohorts["moved"], [np.nan, 1, 1])
    np.testing.assert_array_equal(fixed.lines[0].cohorts["unmoved"], [0, 0, np.nan])
    np.testing.assert_array_equal(random.lines[0].cohorts["moved"], [np.nan, 1, 1])
    np.testing.assert_array_equal(random.lines[0].cohorts["unmoved"], [0, 0, np.nan])
    np.testing.assert_allclose(random.lines[0].means, [0, 0.25, 1])


@settings(max_examples=10)
@given(seed=seeds)
def test_recall_is_the_mean_of_its_cohorts_weighed_by_the_share(seed: int) -> None:
    line = lab(world(seed), "new-query", measures=("Recall@5",)).lines[0]

    inside = SHARES[1:-1]
    mean = inside * line.cohorts["moved"][1:-1] + (1 - inside) * line.cohorts["unmoved"][1:-1]

    np.testing.assert_allclose(mean, line.means[1:-1], atol=1e-12)


def test_values_of_a_document_field_are_cohorts_too() -> None:
    found = world(9)
    tenants = tuple("even" if row % 2 == 0 else "odd" for row in range(found.documents))
    golden = replace(found.golden, document_fields={"tenant": tenants})

    curve = mix(golden, found.old, found.new, measures=["Recall@5"], options=MixOptions(cohorts=("tenant",)))

    assert {row["cohort"] for row in curve.rows()} == {None, "moved", "unmoved", "tenant=even", "tenant=odd"}


def test_the_spread_is_that_of_actual_migrations() -> None:
    found, runs = world(10, queries=40, documents=120, dims=12), 120
    measures = ("nDCG@5", "Recall@5", "MRR@5", "Hit@5")

    curve = lab(found, "new-query", shares=[0.5], measures=measures)

    means = simulated_means(found, "new-query", 0.5, measures, runs)
    spreads = [line.spread[0] for line in curve.lines]
    np.testing.assert_allclose(spreads, means.std(axis=0, ddof=1), rtol=0.3)


def test_the_spread_by_hand_where_only_what_has_moved_is_found() -> None:
    """Two queries share their three answers, which fill the top as soon as they move: a share of 1/4."""
    vectors = np.eye(2)[[0, 0, 0, 1, 1, 1]]
    golden = golden_of(np.array([[0, 1, 2], [0, 1, 2]]), np.ones((2, 3), dtype=np.int64), 6)
    side = embedded(np.array([[1.0, 0], [1, 0]]), vectors)

    curve = lab(World(golden, side, side), "filter-new", shares=[0.25], measures=("Recall@3",))

    assert curve.lines[0].spread[0] == pytest.approx(np.sqrt(0.25 * 0.75 / 3))


def test_the_spread_of_a_single_query_s_hit_is_that_of_a_coin() -> None:
    golden = golden_of(np.array([[0, 1, 2]]), np.ones((1, 3), dtype=np.int64), 6)
    side = embedded(np.array([[1.0, 0]]), np.eye(2)[[0, 0, 0, 1, 1, 1]])

    curve = lab(World(golden, side, side), "filter-new", shares=[0.25], measures=("Hit@3",))

    assert curve.lines[0].spread[0] == pytest.approx(np.sqrt(0.75**3 * (1 - 0.75**3)))


def test_different_dimensions_are_refused_with_the_reason_unless_a_strategy_needs_no_shared_column() -> None:
    found = world(11)
    wider = embedded(
        np.pad(found.new.queries.vectors, ((0, 0), (0, 2))),
        np.pad(found.new.corpus.vectors, ((0, 0), (0, 2))),
    )
    unlike = World(found.golden, found.old, wider)

    with pytest.raises(ModelError, match="cannot share a column"):
        lab(unlike, "new-query")
    some = lab(unlike, "new-query", "dual-raw", "bridged", "bridged-affine", "dual-calibrated")

    assert some.strategies == ("dual-raw", "bridged", "bridged-affine", "dual-calibrated")
    assert "EK186" in [finding.code for finding in some.findings]


@pytest.mark.parametrize("how", ["truncate", "pad"])
def test_alignment_gives_back_the_shared_column(how: str) -> None:
    found = world(12)
    wider = embedded(
        np.pad(found.new.queries.vectors, ((0, 0), (0, 2))),
        np.pad(found.new.corpus.vectors, ((0, 0), (0, 2))),
    )

    plain = lab(found, "new-query")
    aligned = lab(World(found.golden, found.old, wider), "new-query", options=MixOptions(align=how))

    np.testing.assert_allclose(aligned.lines[0].values, plain.lines[0].values, atol=1e-12)


def test_bands_are_guarded_intervals_of_the_difference_to_the_old_index() -> None:
    found = world(19, queries=12)
    grouped = replace(found.golden, groups=np.arange(12) // 2)

    line = mix(grouped, found.old, found.new, shares=[0.5], measures=["nDCG@5"]).lines[0]

    counted = grouped.counted
    deltas = line.values[0] - single(found, found.old, "nDCG@5")
    wanted = guarded_interval(deltas[counted], groups=grouped.groups[counted].tolist())
    assert (line.lows[0], line.highs[0]) == pytest.approx((wanted.low, wanted.high))
    assert line.means[0] - line.old_mean == pytest.approx(wanted.estimate)


def test_traffic_weighs_queries_on_request() -> None:
    found = world(20)
    weighed = replace(found.golden, weights=np.arange(1.0, 7.0))

    line = mix(weighed, found.old, found.new, shares=[0.5], options=MixOptions(use_weights=True)).lines[0]

    weights = weighed.weights * weighed.counted
    assert line.means[0] == pytest.approx(line.values[0] @ weights / weights.sum())


def test_rows_are_plain_and_hold_no_nan() -> None:
    curve = lab(world(13), "new-query", "stay-old", measures=("nDCG@5",))

    rows = curve.rows()
    frame = curve.to_frame()

    assert len(rows) == len(frame) == 2 * 3 * SHARES.size
    assert list(frame.columns) == list(rows[0])
    assert [row["value"] for row in rows if row["cohort"] == "moved" and row["share"] == 0] == [None, None]
    assert all(value == value for row in rows for value in row.values())  # noqa: PLR0124 - no NaN
    average = [row for row in rows if row["cohort"] is None]
    assert all(row["low"] <= row["value"] <= row["high"] for row in average)  # type: ignore[operator]


def test_adding_a_strategy_or_a_measure_changes_no_other_number() -> None:
    found = world(14)

    alone = lab(found, "dual-rrf", measures=("nDCG@5",), shares=3)
    among = lab(found, "new-query", "dual-rrf", "bridged", measures=("MRR@5", "nDCG@5"), shares=3)

    np.testing.assert_array_equal(alone.lines[0].values, among.line("dual-rrf", "nDCG@5").values)


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ({"strategies": ["dual"]}, UnknownNameError),
        ({"order": "dates"}, UnknownNameError),
        ({"measures": ["nDCG"]}, UsageError),
        ({"measures": ["Judged@10"]}, UsageError),
        ({"measures": []}, UsageError),
        ({"shares": 1}, UsageError),
        ({"shares": []}, UsageError),
        ({"options": MixOptions(align="stretch")}, UnknownNameError),
        ({"options": MixOptions(cohorts=("tenant",))}, UnknownNameError),
    ],
)
def test_what_cannot_be_done_is_said(said: dict[str, object], error: type[Exception]) -> None:
    found = world(15)

    with pytest.raises(error):
        mix(found.golden, found.old, found.new, **said)  # type: ignore[arg-type]


def test_a_set_that_does_not_fit_and_one_without_relevant_documents_are_refused() -> None:
    found, other = world(16), world(16, documents=41)
    nothing = golden_of(np.array([[0]] * 6), np.zeros((6, 1), dtype=np.int64), found.documents)

    with pytest.raises(ModelError, match="embed this golden set"):
        mix(found.golden, found.old, other.new)
    with pytest.raises(NothingToEvaluateError):
        mix(nothing, found.old, found.new)


def test_a_relevant_document_that_the_corpus_lacks_stays_in_the_denominator() -> None:
    found = world(17)
    qrels = found.golden.qrels
    more = Qrels.ordered(
        np.append(qrels.query_rows, 0), np.append(qrels.doc_rows, found.documents), np.append(qrels.grades, 1)
    )
    lacking = replace(found.golden, qrels=more, missing=("nowhere",))

    for order in ("random", "id"):
        whole = mix(found.golden, found.old, found.new, order=order, measures=["Recall@5"]).lines[0]
        short = mix(lacking, found.old, found.new, order=order, measures=["Recall@5"]).lines[0]
        count = int(found.golden.qrels.relevant_per_query(len(found.golden.queries))[0])
        np.testing.assert_allclose(short.values[:, 0], whole.values[:, 0] * count / (count + 1), atol=1e-12)
        np.testing.assert_array_equal(short.values[:, 1:], whole.values[:, 1:])


def test_positions_of_another_corpus_are_refused() -> None:
    found = world(18)

    with pytest.raises(InvalidValueError, match="positions"):
        lab(found, "new-query", order=Order.of_ranking("mine", np.arange(3)))


def test_measures_without_a_mixed_curve_can_be_left_out_beforehand() -> None:
    measures = [Measure.parse(name) for name in ("nDCG@10", "Judged@10", "MAP", "Hit@1")]

    assert [str(measure) for measure in mixable(measures)] == ["nDCG@10", "Hit@1"]
