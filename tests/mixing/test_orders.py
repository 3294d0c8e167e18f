"""Which documents move first."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from small_worlds import World, embedded, world

from evalkit.errors import EvalkitError, GoldenSetError, InvalidValueError, UnknownNameError
from evalkit.mixing.orders import Order, make_order


def ranking(found: World, name: str, **fields: tuple[object, ...]) -> list[int]:
    golden = replace(found.golden, document_fields=fields)
    positions = make_order(name, golden, found.old, found.new, seed=1).positions
    assert positions is not None
    assert sorted(positions * found.documents) == pytest.approx(range(1, found.documents + 1))
    return [int(row) for row in np.argsort(positions)]


def test_the_random_order_has_no_positions() -> None:
    found = world(1)

    assert make_order("random", found.golden, found.old, found.new, seed=1).positions is None


def test_ids_are_walked_in_their_order() -> None:
    assert ranking(world(1, documents=5), "id") == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("date", [2, 0, 1, 3, 4]),
        ("date:newest", [3, 0, 1, 2, 4]),
        ("date:updated_at:newest", [3, 0, 1, 2, 4]),
        ("date:updated_at:oldest", [2, 0, 1, 3, 4]),
    ],
)
def test_dates_go_oldest_first_unless_told_otherwise_and_unknown_ones_last(
    name: str, wanted: list[int]
) -> None:
    times = ("2024-05-01", "2024-05-01T00:00:00+00:00", "2023-01-31", "2024-05-01T12:00:00", None)

    assert ranking(world(1, documents=5), name, updated_at=times) == wanted


def test_a_field_goes_value_by_value() -> None:
    found = world(1, documents=5)

    assert ranking(found, "field:tenant", tenant=("b", "a", None, "b", "a")) == [1, 4, 0, 3, 2]
    assert ranking(found, "field:tenant", tenant=(10, 9, 10, None, 2)) == [4, 1, 0, 2, 3]


def test_hot_documents_are_those_that_the_old_index_retrieves_for_heavy_queries() -> None:
    vectors = np.eye(30)
    found = world(1, queries=3, documents=30)
    old = embedded(vectors[[5, 7, 7]] + 0.1 * vectors[[9, 9, 9]] - 1, vectors)
    weighed = replace(found.golden, weights=np.array([9.0, 1.0, 1.0]))

    order = make_order("hot", weighed, old, old, seed=1)

    assert order.positions is not None
    # 9 is retrieved by all three, 5 by the heaviest, 7 by the others, ties by the larger row.
    assert np.argsort(order.positions)[0] == 9
    assert order.positions[5] < order.positions[7]


def test_a_log_may_say_what_is_hot() -> None:
    assert ranking(world(1, documents=4), "hot:views", views=(3, None, 20, "7")) == [2, 3, 0, 1]


def test_clusters_move_one_after_the_other() -> None:
    rng = np.random.default_rng(0)
    topics = np.array([[10.0, 0, 0], [0, 10, 0], [0, 0, 10]])
    labels = rng.integers(0, 3, 60)
    vectors = topics[labels] + rng.normal(size=(60, 3))
    found = world(1, documents=60)

    order = make_order("cluster:3", found.golden, found.old, embedded(np.eye(3)[[0] * 6], vectors), seed=2)

    assert order.positions is not None
    walked = labels[np.argsort(order.positions)]
    assert np.count_nonzero(np.diff(walked)) == 2


@pytest.mark.parametrize(
    ("name", "error", "told"),
    [
        ("dates", UnknownNameError, "did you mean date"),
        ("field", UnknownNameError, "no order"),
        ("field:tenants", UnknownNameError, "did you mean tenant"),
        ("date:tenant", GoldenSetError, "no date"),
        ("hot:tenant", GoldenSetError, "no number"),
        ("date:tenant:soonest", EvalkitError, "soonest"),
        ("cluster:none", EvalkitError, "none"),
    ],
)
def test_orders_that_make_no_sense_are_refused(name: str, error: type[EvalkitError], told: str) -> None:
    with pytest.raises(error, match=told):
        ranking(world(1, documents=4), name, tenant=("a", "b", "a", "b"))


@pytest.mark.parametrize("positions", [[0.0, 1.0], [0.5, 1.1], [np.nan, 1.0]])
def test_positions_are_shares_of_the_corpus(positions: list[float]) -> None:
    with pytest.raises(InvalidValueError):
        Order("mine", np.array(positions))
