"""The sign-flip test: known answers, exact enumeration, and numbers that nothing else can move."""

import itertools
import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given as always
from hypothesis import settings
from hypothesis import strategies as st
from known_answers import D40, expected, given
from scipy import stats

from evalkit.comparison.querygroups import cluster
from evalkit.comparison.signflip import SignFlip, on_lattice, sign_flip, sign_flip_columns
from evalkit.errors import InvalidValueError, NothingToEvaluateError
from evalkit.streams import stream

deltas = st.lists(st.floats(-1, 1).map(lambda value: round(value, 3)), min_size=1, max_size=10)


def tails(test: SignFlip) -> tuple[float, float, float]:
    return test.greater, test.less, test.two_sided


@pytest.mark.parametrize("identity", ["P1", "P2"])
def test_small_samples_have_the_known_p_values(identity: str) -> None:
    test, answer = sign_flip(given(identity)["d"]), expected(identity)

    assert test.exact
    assert tails(test) == pytest.approx((answer["greater"], answer["less"], answer["two-sided"]), abs=1e-12)


def test_no_difference_one_difference_and_twenty_wins_have_the_known_p_values() -> None:
    tests = [sign_flip([0.0] * 10), sign_flip([0.4] + [0.0] * 9), sign_flip([1.0] * 20)]

    assert [t.two_sided for t in tests] == pytest.approx(expected("P3")["two_sided"], abs=1e-12)
    assert [t.greater for t in tests] == pytest.approx(expected("P3")["greater"], abs=1e-12)


@pytest.mark.parametrize("identity", ["P4", "P5"])
def test_wins_and_losses_alone_give_exact_mcnemar(identity: str) -> None:
    case = given(identity)
    zeros = case["n"] - case["gains"] - case["losses"]

    test = sign_flip([1.0] * case["gains"] + [-1.0] * case["losses"] + [0.0] * zeros)

    answer = expected(identity)
    assert tails(test) == pytest.approx((answer["greater"], answer["less"], answer["two-sided"]), abs=1e-9)
    oracle = stats.binomtest(case["gains"], case["gains"] + case["losses"], alternative="greater")
    assert test.greater == pytest.approx(oracle.pvalue, abs=1e-12)


def test_forty_queries_have_the_known_p_values() -> None:
    test = sign_flip(D40)

    assert test.two_sided == pytest.approx(expected("P6")["signflip_two_sided"], abs=1e-9)
    assert test.greater == pytest.approx(expected("P6")["signflip_greater"], abs=1e-9)


def test_weights_and_clusters_flip_together() -> None:
    case = given("P8")

    test = sign_flip(case["d"], weights=case["w"], groups=case["g"])

    assert test.two_sided == pytest.approx(expected("P8")["signflip_cluster_two_sided"], abs=1e-12)


@settings(deadline=None)
@always(deltas)
def test_the_exact_test_is_the_enumeration_of_all_signs(values: list[float]) -> None:
    total, slack = sum(values), 1e-9
    sums = [
        sum(s * v for s, v in zip(signs, values, strict=True))
        for signs in itertools.product([-1, 1], repeat=len(values))
    ]

    test = sign_flip(values)

    assert test.greater == pytest.approx(np.mean([s >= total - slack for s in sums]))
    assert test.less == pytest.approx(np.mean([s <= total + slack for s in sums]))
    assert test.two_sided == pytest.approx(np.mean([abs(s) >= abs(total) - slack for s in sums]))


@settings(max_examples=20, deadline=None)
@always(st.integers(0, 2**32 - 1))
def test_the_exact_test_agrees_with_scipy(seed: int) -> None:
    values = np.random.default_rng(seed).normal(0.1, 0.3, 11).clip(-1, 1)

    oracle = stats.permutation_test(
        (values,), np.mean, permutation_type="samples", n_resamples=10**4, alternative="greater"
    )

    assert sign_flip(values).greater == pytest.approx(oracle.pvalue, abs=1e-12)


@settings(deadline=None)
@always(deltas)
def test_swapping_the_systems_swaps_the_tails(values: list[float]) -> None:
    there, back = sign_flip(values), sign_flip([-value for value in values])

    assert tails(there) == (back.less, back.greater, back.two_sided)


@settings(deadline=None)
@always(deltas, st.integers(0, 50), st.randoms(use_true_random=False))
def test_order_and_queries_without_a_difference_do_not_matter(
    values: list[float], zeros: int, random: object
) -> None:
    shuffled = values + [0.0] * zeros
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert tails(sign_flip(shuffled)) == pytest.approx(tails(sign_flip(values)), abs=1e-12)


@pytest.mark.parametrize("seed", range(8))
def test_random_signs_come_within_four_standard_errors_of_the_exact_p(seed: int) -> None:
    values = np.random.default_rng(seed).normal(0.03, 0.3, 30).clip(-1, 1)
    exact = sign_flip(values)

    sampled = sign_flip_columns(values[:, None], resamples=20_000, seed=seed, exact_up_to=10)[0]

    assert exact.exact
    assert not sampled.exact
    for p, estimate in zip(tails(exact), tails(sampled), strict=True):
        assert abs(estimate - p) <= 4 * math.sqrt(p * (1 - p) / 20_000) + 1 / 20_000


def test_forty_wins_never_have_a_p_value_of_zero() -> None:
    test = sign_flip([0.5] * 40, resamples=999)

    assert test.greater == test.two_sided == 1 / 1000
    assert test.less == 1.0


def test_random_signs_keep_their_numbers_between_releases() -> None:
    """A snapshot: when it changes, say so under "Numbers that change"."""
    values = np.linspace(-0.45, 0.55, 101)

    test = sign_flip(values, resamples=2_000, seed=20240501)

    assert tails(test) == (92 / 2001, 1911 / 2001, 182 / 2001)


def test_equal_seeds_give_equal_numbers_and_other_seeds_others() -> None:
    values = np.random.default_rng(0).normal(0.02, 0.3, 200).clip(-1, 1)

    first, second, other = (sign_flip(values, resamples=500, seed=seed) for seed in (1, 1, 2))

    assert first == second
    assert first != other


@settings(max_examples=15, deadline=None)
@always(st.integers(0, 2**32 - 1), st.integers(1, 9))
def test_a_column_has_the_same_bits_beside_any_other_columns(seed: int, others: int) -> None:
    rng = np.random.default_rng(seed)
    column = rng.normal(0.01, 0.3, (150, 1)).clip(-1, 1) * (rng.random((150, 1)) < 0.6)
    beside = rng.normal(0, 1e3, (150, others))

    alone = sign_flip_columns(column, resamples=300, seed=3, levels=(0.025,))[0]
    among = sign_flip_columns(np.hstack([beside, column]), resamples=300, seed=3, levels=(0.025,))[-1]

    assert alone == among


def test_the_size_of_a_batch_changes_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(0).normal(0.02, 0.3, (120, 2)).clip(-1, 1)
    whole = sign_flip_columns(values, resamples=400, seed=1)

    monkeypatch.setattr("evalkit.comparison.signflip.BATCH_BYTES", 8 * 120 * 7)

    assert sign_flip_columns(values, resamples=400, seed=1) == whole


def test_many_queries_of_which_few_differ_take_little_memory() -> None:
    values = np.zeros(60_000)
    values[::1500] = 0.5

    tracemalloc.start()
    test = sign_flip(values, resamples=4_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert not test.exact
    assert peak < 100_000_000


def test_one_row_of_signs_is_drawn_for_each_cluster_those_without_a_difference_too() -> None:
    """Recomputed from the raw words: bit c of a row is the sign of cluster c."""
    values = np.random.default_rng(2).normal(0.05, 0.3, 100).clip(-1, 1)
    values[::3] = 0.0
    words = stream(9, "signflip").bit_generator.random_raw(2 * 250).reshape(250, 2)
    bits = [[(int(row[c // 64]) >> (c % 64)) & 1 for c in range(100)] for row in words]
    sums = (2 * np.array(bits) - 1) @ values

    test = sign_flip(values, resamples=250, seed=9)

    assert test.greater == (1 + np.sum(sums >= values.sum() - 1e-9)) / 251


def test_a_p_value_near_its_level_is_sampled_ten_times_as_long() -> None:
    rng = np.random.default_rng(4)
    near = rng.normal(0, 0.3, 100)
    near += 1.96 * near.std() / 10 - near.mean()
    far = rng.normal(0.5, 0.1, 100)
    columns = np.stack([near.clip(-1, 1), far.clip(-1, 1)], axis=1)

    tests = sign_flip_columns(columns, resamples=1_000, seed=1, levels=(0.025,))

    assert [test.resamples for test in tests] == [10_000, 1_000]
    assert sign_flip_columns(columns[:, :1], resamples=10_000, seed=1)[0] == tests[0]


def test_one_heavy_query_decides_alone() -> None:
    test = sign_flip([0.5, -0.5, -0.5, -0.5], weights=[1e9, 1, 1, 1])

    assert test.greater == 0.5


def test_labels_of_clusters_may_be_anything_hashable() -> None:
    values = [0.2, -0.1, 0.3, 0.4]

    by_text = sign_flip(values, groups=["a", "a", "b", "c"])
    by_pair = sign_flip(values, groups=[(1, 2), (1, 2), None, 7])

    assert by_text == by_pair == sign_flip([0.1, 0.3, 0.4])


def test_sums_of_clusters_are_weighted() -> None:
    sums = cluster([0.5, -0.5, 0.25], weights=[1, 2, 4], groups=["x", "y", "x"])

    assert sums.weights.tolist() == [5, 2]
    assert sums.sums.tolist() == [1.5, -1.0]
    assert sums.estimate == pytest.approx(0.5 / 7)
    assert sums.effective == pytest.approx(49 / 29)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"deltas": [0.1, math.nan]}, "not finite"),
        ({"deltas": [0.1, math.inf]}, "not finite"),
        ({"deltas": [0.1, 1.5]}, "must lie in"),
        ({"deltas": [[0.1], [0.2]]}, "shape"),
        ({"deltas": [0.1, 0.2], "weights": [1.0]}, "shape"),
        ({"deltas": [0.1, 0.2], "weights": [1.0, -1.0]}, "negative"),
        ({"deltas": [0.1, 0.2], "weights": [0.0, 0.0]}, "all weights are 0"),
        ({"deltas": [0.1, 0.2], "weights": [1.0, math.nan]}, "not finite"),
        ({"deltas": [0.1, 0.2], "groups": ["a"]}, "shape"),
        ({"deltas": [0.1], "resamples": 0}, "resamples"),
    ],
)
def test_what_cannot_be_tested_is_refused(arguments: dict[str, object], problem: str) -> None:
    with pytest.raises(InvalidValueError, match=problem):
        sign_flip(**arguments)  # type: ignore[arg-type]


def test_no_query_is_nothing_to_evaluate() -> None:
    with pytest.raises(NothingToEvaluateError):
        sign_flip([])


@settings(deadline=None)
@always(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60), st.randoms(use_true_random=False))
def test_sums_on_the_lattice_are_exact_in_every_order(values: list[float], random: object) -> None:
    column = on_lattice(np.array(values)[:, None])[:, 0]
    shuffled = column.tolist()
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert sum(shuffled) == sum(column.tolist()) == math.fsum(column)
    assert 2 * np.abs(column).sum() <= 2**53


@settings(deadline=None)
@always(st.lists(st.floats(-1, 1).map(lambda value: round(value, 9)), min_size=1, max_size=60))
def test_the_lattice_keeps_every_sum_to_fifteen_digits_of_the_whole(values: list[float]) -> None:
    column = np.array(values)[:, None]
    total = np.abs(column).sum()

    lattice = on_lattice(column)

    if total:
        scale = np.abs(lattice).sum() / total
        assert np.all(np.abs(lattice / scale - column) <= 1e-14 * total)
