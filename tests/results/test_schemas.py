"""The schemas: what was written is valid by them, what is damaged is not, and they agree with the records."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from evalkit.results.questions import KINDS
from evalkit.results.reading import read_result
from evalkit.results.result import Result
from evalkit.results.schemas import FOLDER, RECORDS, schema_of

WRITTEN = Path(__file__).parent / "written"
NAMES = ("compare", "diff", "gate", "mix", "run", "update")
Place = tuple[str | int, ...]


@cache
def validator(kind: str) -> Any:
    return jsonschema.Draft202012Validator(schema_of(kind))


@cache
def written(name: str) -> Any:
    """Return a result, of each list the first item alone: enough to be damaged, and quickly checked."""
    return shortened(json.loads((WRITTEN / f"{name}.json").read_text(encoding="utf-8")))


def shortened(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: shortened(item) for key, item in value.items()}
    return [shortened(item) for item in value[:1]] if isinstance(value, list) else value


def kind_of(name: str) -> str:
    return "gate" if name == "update" else name


def places(value: Any, place: Place = ()) -> Iterator[Place]:
    """Yield the place of every value of a JSON object."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield (*place, key)
        yield from places(item, (*place, key))


def changed(value: Any, place: Place, to: Any) -> Any:
    """Return a copy with another value at a place; without it where that is Ellipsis."""
    value = copy.deepcopy(value)
    part = value
    for step in place[:-1]:
        part = part[step]
    if to is ...:
        del part[place[-1]]
    else:
        part[place[-1]] = to
    return value


def is_read(value: Any) -> bool:
    """Return whether the records take a value, read as JSON is."""
    try:
        Result.model_validate(value)
    except ValidationError:
        return False
    return True


@pytest.mark.long
@pytest.mark.parametrize("kind", [*KINDS, *RECORDS])
def test_every_kind_has_a_schema_that_is_one_and_says_whose_it_is(kind: str) -> None:
    schema = validator(kind).schema
    jsonschema.Draft202012Validator.check_schema(schema)
    assert list(schema)[:2] == ["$schema", "title"]
    assert schema["title"] == f"result.json of evalkit {kind}, schema 1"


@pytest.mark.parametrize("kind", [*KINDS, *RECORDS])
def test_the_written_schema_is_what_the_records_generate(kind: str) -> None:
    written_ = (Path(__file__).parents[2] / FOLDER / f"{kind}.json").read_text(encoding="utf-8")
    assert json.loads(written_) == validator(kind).schema


@pytest.mark.parametrize("path", [path for path in sorted(WRITTEN.glob("*.json")) if path.stem != "baseline"])
def test_a_result_is_valid_by_the_schema_of_its_kind(path: Path) -> None:
    result = read_result(path)
    assert validator(result.kind).is_valid(result.to_json())


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "run"])
def test_a_question_must_be_asked_where_the_kind_has_one(kind: str) -> None:
    nothing = {"schema": 1}
    assert not validator(kind).is_valid(nothing)
    assert validator("run").is_valid(nothing)
    asked = validator(kind).schema["$defs"][KINDS[kind].__name__]["required"]
    assert asked


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("other", NAMES)
def test_a_result_is_valid_by_no_schema_but_that_of_its_kind(name: str, other: str) -> None:
    if kind_of(other) in ("run", kind_of(name)):
        return  # the schema of a run asks for no question
    question = validator(kind_of(other)).schema["$defs"][KINDS[kind_of(other)].__name__]
    fits = set(question["required"]) <= set(written(name)["question"])
    assert validator(kind_of(other)).is_valid(written(name)) is fits


@settings(max_examples=80)
@given(st.data())
def test_a_value_of_another_kind_is_refused_by_the_schema_wherever_the_records_refuse_it(
    data: st.DataObject,
) -> None:
    """Anything anywhere becomes something else; the two agree on whether that is a result."""
    name = data.draw(st.sampled_from(NAMES))
    place = data.draw(st.sampled_from(sorted(places(written(name)), key=str)))
    to = data.draw(st.sampled_from([None, True, "text", -1, 0.5, [], {}, ["text"], {"text": 1}]))
    if place[0] == "question":
        return  # records tell kinds apart by it
    damaged = changed(written(name), place, to)
    assert validator(kind_of(name)).is_valid(damaged) == is_read(damaged), (place, to)


@settings(max_examples=40)
@given(st.data())
def test_a_key_that_is_gone_is_missed_by_the_schema_wherever_the_records_miss_it(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(NAMES))
    keys = [place for place in places(written(name)) if isinstance(place[-1], str) and place[0] != "question"]
    place = data.draw(st.sampled_from(sorted(keys, key=str)))
    damaged = changed(written(name), place, ...)
    assert validator(kind_of(name)).is_valid(damaged) == is_read(damaged), place


@pytest.mark.parametrize("name", NAMES)
def test_a_result_that_is_written_again_stays_valid(name: str) -> None:
    again = read_result(WRITTEN / f"{name}.json").readable().to_json()
    assert validator(kind_of(name)).is_valid(again)
