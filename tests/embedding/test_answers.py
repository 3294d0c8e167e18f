"""Answers of endpoints: whatever a server sends, a vector is that of its text or there is none."""

from __future__ import annotations

import base64
import json
import random
from typing import Any

import numpy as np
import pytest
from damaged_answers import Items, damaged

from evalkit.embedding.adapters.answers import check_packed, read_answer
from evalkit.errors import EvalkitError, ProviderError


def told(items: object) -> bytes:
    return json.dumps({"data": items}).encode()


def items_of(indexes: list[Any]) -> Items:
    """Return items whose vectors say which text they belong to, in that order of arrival."""
    rows = range(len(indexes))
    return [
        {"embedding": [float(row), 1.0], **({} if index == "absent" else {"index": index})}
        for row, index in zip(rows, indexes, strict=True)
    ]


@pytest.mark.parametrize(
    ("indexes", "arrival"),
    [
        ([1, 0], [1, 0]),
        (["1", "0"], [1, 0]),
        ([1.0, 0.0], [1, 0]),
        (["1.0", 0], [1, 0]),
        (["absent", 1], [0, 1]),
        ([1, "absent"], [1, 0]),
        ([2, None, 1], [1, 2, 0]),
        (["absent", "absent"], [0, 1]),
        (["absent"], [0]),
        ([1], [0]),
        (["first"], [0]),
    ],
)
def test_indexes_in_any_numeric_spelling_are_an_order(indexes: list[Any], arrival: list[int]) -> None:
    vectors = read_answer(told(items_of(indexes)), len(indexes), "there").vectors

    assert vectors[:, 0].tolist() == arrival


@pytest.mark.parametrize(
    "indexes",
    [
        [0, 0],
        [1, 2],
        [True, False],
        [0, "absent", "absent"],
        [0, "absent", 2],
        ["a", "b"],
        [-1, 0],
        [0.5, 1],
        [1e300, 0],
        [float("nan"), 0],
        [10**400, 0],
        ["9" * 5000, 0],
        ["\u0661", 0],
        [[0], [1]],
        ["", ""],
    ],
)
def test_indexes_that_leave_it_open_are_an_error(indexes: list[Any]) -> None:
    body = f'{{"data": {json.dumps(items_of(["absent"] * len(indexes)))}}}'
    items = [{**item, "index": index} for item, index in zip(items_of(indexes), indexes, strict=True)]
    if 10**400 in indexes:
        body = told(items_of([0, 1])).decode().replace('"index": 0', '"index": ' + "9" * 400)
    else:
        body = told([{k: v for k, v in item.items() if v != "absent"} for item in items]).decode()

    with pytest.raises(ProviderError) as caught:
        read_answer(body.encode(), len(indexes), "there")

    assert caught.value.findings[0].code == "EK716"


@pytest.mark.parametrize(
    ("embedding", "code"),
    [
        ([[1.0, 2.0]], "EK719"),
        ([[1.0], [2.0]], "EK719"),
        ([True, 1.0], "EK715"),
        (["1", "2"], "EK715"),
        ({"0": 1.0}, "EK715"),
        ("AAA=", "EK715"),
        (3, "EK715"),
    ],
)
def test_what_is_no_vector_is_told(embedding: object, code: str) -> None:
    with pytest.raises(ProviderError) as caught:
        read_answer(told([{"embedding": embedding}]), 1, "there")

    assert caught.value.findings[0].code == code


@pytest.mark.parametrize(
    "content", [b"", b"\xff", b"[" * 100_000, b"null", b"[[1]]", b'{"data": {"a": 1}}', b'{"data": [1]}']
)
def test_what_is_no_answer_is_told(content: bytes) -> None:
    with pytest.raises(ProviderError, match="not a list of embeddings"):
        read_answer(content, 1, "there")


def test_null_for_a_number_or_a_vector_is_one_that_is_not_finite() -> None:
    vectors = read_answer(told([{"embedding": [1.0, None]}, {"embedding": None}]), 2, "there").vectors

    assert not np.isfinite(vectors).all(axis=1).any()


@pytest.mark.parametrize("dtype", ["<f2", "<f8", ">f4", ">f8"])
def test_packed_numbers_of_another_type_are_noticed(dtype: str) -> None:
    numbers = np.random.default_rng(1).standard_normal((4, 64)).astype("<f4") / 8
    for made, is_fine in ((numbers.astype(dtype), False), (numbers, True)):
        items = [{"embedding": base64.b64encode(row.tobytes()).decode()} for row in made]
        vectors, packed, _ = read_answer(told(items), 4, "there")

        assert packed
        if is_fine:
            check_packed(vectors, "there")
        else:
            with pytest.raises(ProviderError, match="not 32-bit floats"):
                check_packed(vectors, "there")


def test_no_wrong_vector_comes_out_of_ten_thousand_damaged_answers() -> None:
    """Each vector carries the number of its text, so that any other order or width would be seen."""
    random_, read = random.Random(14), 0  # noqa: S311 - the same damages every time
    for _ in range(10_000):
        count = random_.randint(1, 6)
        items: Items = [{"index": row, "embedding": [float(row), 1.0, 0.5]} for row in range(count)]
        try:
            vectors = read_answer(told(damaged(items, random_)), count, "there").vectors
        except EvalkitError:
            continue
        finite = np.isfinite(vectors).all(axis=1)
        if vectors.shape[1] != 3:  # a width that the encoder then refuses
            continue
        read += 1
        assert vectors.shape[0] == count
        assert vectors[finite].tolist() == [[float(row), 1.0, 0.5] for row in np.flatnonzero(finite)]
    assert read > 2_000
