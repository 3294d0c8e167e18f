"""Shared counting: mixed curves are those of one pass, whatever the shards, to the bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shard_worlds import Cut
from small_worlds import world

from evalkit.mixing.curve import MixCurve, mix
from evalkit.mixing.options import MixOptions
from evalkit.mixing.strategies import SEARCHES


def curve(seed: int, order: str, executor: Cut | None, *, ties: bool) -> MixCurve:
    made = world(seed, ties=ties)
    names = tuple(SEARCHES)
    options = MixOptions(realisations=2, holdings=names, executor=executor)  # type: ignore[arg-type] # plays its part
    measures, sets = ("nDCG@10", "MRR@3"), (made.old, made.new)
    return mix(
        made.golden, *sets, order=order, strategies=names, shares=5, measures=measures, options=options
    )


@pytest.mark.long
@settings(max_examples=8, deadline=None)
@given(
    seed=st.integers(0, 200),
    order=st.sampled_from(["random", "id", "hot"]),
    edges=st.lists(st.integers(0, 60), max_size=5),
    ties=st.booleans(),
)
def test_every_number_of_a_curve_is_that_of_one_pass(
    seed: int,
    order: str,
    edges: list[int],
    ties: bool,  # noqa: FBT001 - hypothesis names it
) -> None:
    one, shared = (curve(seed, order, asked, ties=ties) for asked in (None, Cut(edges, seed)))
    for line, other in zip(one.lines, shared.lines, strict=True):
        assert line.values.tobytes() == other.values.tobytes()
        assert repr(line.held) == repr(other.held)
        for name in line.cohorts:
            assert line.cohorts[name].tobytes() == other.cohorts[name].tobytes()
    assert repr(one.summaries()) == repr(shared.summaries())
    assert repr(one.valleys) == repr(shared.valleys)
    assert one.findings == shared.findings


def test_one_document_less_changes_the_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Cut.partition
    monkeypatch.setattr(Cut, "partition", lambda self, rows, size: whole(self, rows, size)[1:])
    one, shared = (curve(3, "id", asked, ties=False) for asked in (None, Cut([4])))
    assert any(
        not np.array_equal(line.values, other.values)
        for line, other in zip(one.lines, shared.lines, strict=True)
    )
