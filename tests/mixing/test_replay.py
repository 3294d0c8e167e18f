"""The replay of a log: first touches, the order that they give, and strategies that starve."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit import lab
from evalkit.embedding.cache import VectorCache
from evalkit.errors import InvalidValueError, UnknownNameError, UsageError
from evalkit.evaluation import Setting, System, evaluate
from evalkit.golden.folder import read_golden
from evalkit.mixing.replay import replay
from evalkit.planning.lazy import coverage, exposures_of

logs = st.integers(2, 12).flatmap(
    lambda documents: st.tuples(
        st.just(documents),
        st.lists(
            st.lists(st.integers(0, documents - 1), min_size=2, max_size=2, unique=True),
            min_size=1,
            max_size=20,
        ),
    )
)


@given(log=logs)
def test_a_replay_equals_going_through_the_log(log: tuple[int, list[list[int]]]) -> None:
    documents, shown = log
    found = replay(np.array(shown), documents)
    touched: list[int] = []
    for query, (rows, embedded, covered) in enumerate(zip(shown, found.embedded, found.covered, strict=True)):
        fresh = [row for row in rows if row not in touched]
        assert (embedded, covered) == (len(fresh), 1 - len(fresh) / len(rows)), query
        touched += fresh
    rest = [row for row in range(documents) if row not in touched]
    assert found.first_to_last.tolist() == touched + rest
    assert (found.touched, found.corpus) == (len(touched), len(touched) / documents)


def test_places_that_show_nothing_touch_nothing() -> None:
    found = replay(np.array([[1, -1], [-1, -1], [1, 0]]), 3)
    assert found.embedded.tolist() == [1, 0, 1]
    assert found.covered.tolist() == [0, 1, 0.5]


def test_the_closed_form_holds_for_a_log_drawn_from_its_own_exposures() -> None:
    generator = np.random.default_rng(5)
    sets = np.array([generator.choice(60, size=5, replace=False) for _ in range(40)])
    weights = generator.random(40)
    asked = generator.choice(40, size=(400, 30), p=weights / weights.sum())
    found = [replay(sets[log], 60).corpus for log in asked]
    closed = coverage(exposures_of(sets, weights, 60), 30, k=5)
    assert np.mean(found) == pytest.approx(closed.corpus, abs=4 * float(np.std(found)) / 20)


@pytest.mark.parametrize("shown", [[[3]], [[]], [1, 2]])
def test_what_is_no_log_is_refused(shown: list[object]) -> None:
    with pytest.raises(InvalidValueError):
        replay(np.array(shown, dtype=np.int64), 3)


@pytest.mark.parametrize("strategy", ["new-query", "filter-new"])
def test_the_lab_refuses_a_lazy_order_under_which_nothing_is_touched(strategy: str) -> None:
    with pytest.raises(UsageError, match="starves"):
        lab.Plan(order="lazy:log.txt", strategies=("stay-old", strategy))


def test_strategies_that_nobody_asked_for_are_left_out_where_they_starve() -> None:
    left = lab.feeding(("new-query", "stay-old", "filter-new"), "lazy:log.txt")
    assert left == ("stay-old", "cascade")
    assert lab.feeding(("new-query",), "random") == ("new-query",)


def test_a_log_is_named_and_there() -> None:
    golden = read_golden("helpdesk")
    with pytest.raises(UnknownNameError, match="lazy"):
        lab.Plan(order="lazy:", strategies=("stay-old",))
    with pytest.raises(UsageError, match="absent"):
        lab.check_fields(lab.Plan(order="lazy:absent.txt", strategies=("stay-old",)), golden)


def test_a_log_of_texts_and_one_of_ids_give_one_order(tmp_path: Path) -> None:
    golden = read_golden("helpdesk")
    setting = Setting(golden=golden, cache=VectorCache(tmp_path / "cache"))
    old = evaluate(System.parse("hash/256"), setting)
    ids = [golden.queries.ids[row] for row in (7, 3, 7, 100)]
    bodies = [golden.queries.bodies[golden.queries.row(identity)] for identity in ids]
    by_id, by_text = tmp_path / "ids.txt", tmp_path / "texts.jsonl"
    by_id.write_text("\n".join(ids) + "\n", encoding="utf-8")
    rows = [{"_id": f"z{9 - place}", "text": body} for place, body in enumerate(bodies)]
    by_text.write_text("\n".join(map(json.dumps, rows)) + "\n", encoding="utf-8")
    orders = [lab.lazy_order(old, setting, f"lazy:{path}") for path in (by_id, by_text)]
    (first, told), (second, _) = orders
    assert first.positions is not None
    assert second.positions is not None
    assert first.positions.tolist() == second.positions.tolist()
    top = old.run.rows[golden.queries.row(ids[0]), 0]
    assert first.positions[top] == 1 / len(golden.corpus)
    assert told[0].code == "EK758"
