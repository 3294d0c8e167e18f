"""The record: written as it was read, frozen, plain, and without a number that JSON lacks."""

from __future__ import annotations

import enum
import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from evalkit.results.parts import CountsPart, CriticalPart, SettlingPart, SystemPart
from evalkit.results.record import Number, Record, json_text, plain

texts = st.text(max_size=8)
numbers = st.one_of(st.integers(-(2**60), 2**60), st.floats())
json_values: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, texts),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=12,
)


class Colour(enum.StrEnum):
    """An enumeration, as verdicts and reasons are."""

    RED = "red"


class Inner(Record):
    """A part of a part."""

    value: Number | None = None


class Outer(Record):
    """A record with every shape of field that results have."""

    name: str = ""
    inner: Inner = Inner()
    several: tuple[Inner, ...] = ()
    by_name: dict[str, Number | None] = {}  # noqa: RUF012 - pydantic gives each record a copy


class Floats(Record):
    """A record whose numbers are lists."""

    values: tuple[Number, ...] = ()


def finite(value: Any) -> Any:
    """Return a JSON value as JSON can hold it: the oracle of `plain`."""
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


@settings(max_examples=40)
@given(json_values)
def test_plain_values_stay_what_they_are_but_for_numbers_that_json_lacks(value: Any) -> None:
    assert plain(value) == finite(value)
    assert json.loads(json.dumps(plain(value), allow_nan=False)) == plain(value)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (np.float64(0.5), 0.5),
        (np.float32(0.5), 0.5),
        (np.int64(3), 3),
        (np.bool_(True), True),  # noqa: FBT003 - the value is the matter
        (np.float64("nan"), None),
        (-math.inf, None),
        (np.array([1.0, math.nan]), [1.0, None]),
        ((1, (2, 3)), [1, [2, 3]]),
        ({1: Colour.RED}, {"1": "red"}),
        (Inner(value=2), {"value": 2}),
        ([Inner()], [{}]),
    ],
)
def test_values_of_libraries_are_made_plain(value: Any, written: Any) -> None:
    found = plain(value)
    assert found == written
    assert type(found) is type(written)


def test_an_enumeration_becomes_a_text_and_nothing_else() -> None:
    assert type(plain(Colour.RED)) is str


@settings(max_examples=40)
@given(
    name=texts,
    value=st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False)),
    more=st.dictionaries(st.sampled_from(["later", "newer"]), json_values.map(finite), max_size=2),
)
def test_what_was_written_is_written_again_and_what_was_never_set_is_not(
    name: str, value: float | None, more: dict[str, Any]
) -> None:
    written = {"name": name, "inner": {"value": value, **more}, "several": [{}, {"value": value}], **more}
    again = Outer.of(written).to_json()
    assert again == written
    assert list(again)[: len(written) - len(more)] == [key for key in written if key not in more]
    assert Outer.of(again) == Outer.of(written)


def test_a_field_that_was_set_to_its_default_is_written() -> None:
    assert Outer.of({"name": ""}).to_json() == {"name": ""}
    assert Outer.of({}).to_json() == {}


@pytest.mark.parametrize(
    ("record", "applies"), [(Outer(), False), (Outer(name=""), True), (Inner(value=None), True)]
)
def test_a_part_applies_where_anything_of_it_is_set(record: Record, applies: bool) -> None:  # noqa: FBT001 - drawn
    assert bool(record) is applies


def test_a_record_is_frozen_and_changed_by_making_another() -> None:
    record = CountsPart(queries=3)
    with pytest.raises(ValidationError, match="frozen"):
        record.queries = 4
    other = record.with_values(queries=4)
    assert (record.queries, other.queries) == (3, 4)
    assert other.to_json() == {"queries": 4}


@pytest.mark.parametrize("wrong", [True, "0.5", "nan", [1], {}, np.bool_(False)])  # noqa: FBT003 - the value is the matter
def test_no_number_is_made_out_of_what_only_looks_like_one(wrong: Any) -> None:
    with pytest.raises(ValidationError):
        Inner.of({"value": wrong})


@settings(max_examples=40)
@given(st.one_of(st.integers(-(2**60), 2**60), st.floats(allow_nan=False, allow_infinity=False)))
def test_whole_numbers_stay_whole_and_others_keep_every_bit(value: float) -> None:
    read = Inner.model_validate_json(json_text(Inner(value=value).to_json())).value
    assert read == value
    assert type(read) is type(value)


def test_a_list_of_numbers_is_read_as_numbers() -> None:
    assert Floats.of({"values": [1, 2.5]}).values == (1, 2.5)
    with pytest.raises(ValidationError, match="values"):
        Floats.of({"values": [1, "2.5"]})


def test_the_text_of_a_file_is_indented_readable_and_refuses_nan() -> None:
    assert json_text({"a": "é", "b": [1]}) == '{\n "a": "é",\n "b": [\n  1\n ]\n}\n'
    with pytest.raises(ValueError, match="not JSON compliant"):
        json_text({"a": math.nan})


def test_a_required_field_must_be_there() -> None:
    with pytest.raises(ValidationError, match="query"):
        CriticalPart.of({"candidate": "new", "text": ""})


def test_a_system_that_nobody_scored_is_written_with_its_ties_first_as_a_diff_has_done() -> None:
    told = {"spec": "hash/8", "role": "old", "queries_without_results": 2, "tie_rate": None}
    assert list(SystemPart.of({**told, "measures": {}}).to_json())[-2:] == [
        "tie_rate",
        "queries_without_results",
    ]
    scored = SystemPart.of({**told, "measures": {"MRR@10": 0.5}}).to_json()
    assert list(scored).index("queries_without_results") < list(scored).index("tie_rate")
    assert "queries_without_results" not in SystemPart.of({"spec": "a", "role": "old"}).to_json()


@pytest.mark.parametrize(
    ("go", "no_go", "fewest"),
    [(3, 5, 3), (5, 3, 3), (None, 5, 5), (3, None, 3), (None, None, None), (0, 4, 0)],
)
def test_the_fewest_judgements_settle_it_either_way(
    go: int | None, no_go: int | None, fewest: int | None
) -> None:
    assert SettlingPart(listed=9, go=go, no_go=no_go).fewest == fewest
