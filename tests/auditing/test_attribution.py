"""Whose vectors stored ones are: the same pipeline is known through rounding, everything else is shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from audited import EXPECTED, OTHER, expectation, sampled_of, texts_of, vectors_of

from evalkit.auditing.attribution import Attribution, attribute
from evalkit.auditing.explaining import References
from evalkit.auditing.grids import grids_of
from evalkit.auditing.making import Ruler, make_by
from evalkit.auditing.variants import Variant, variants_of

TEXTS = texts_of(60)
DENSE = "lsa/48"  # of full precision in every value, unlike counts of words


def found(
    vectors: Any, spec: str = EXPECTED, *, suspects: tuple[str, ...] = (), **fields: Any
) -> Attribution:
    bench = References(
        expectations=(expectation(spec, TEXTS),),
        suspects=tuple(expectation(name, TEXTS) for name in suspects),
        ruler=fields.pop("ruler", Ruler()),
    )
    return attribute(sampled_of(TEXTS, vectors, **fields), bench)


def names(attribution: Attribution) -> list[tuple[str, int, bool]]:
    return [(cause.name, cause.count, cause.shown) for cause in attribution.causes]


def stepped(vectors: Any, most: int) -> Any:
    step = np.abs(vectors).max(axis=1, keepdims=True) / most
    return np.round(vectors / step) * step


ROUNDED: dict[str, Callable[[Any], Any]] = {
    "as they are": lambda v: v,
    "half precision": lambda v: v.astype(np.float16),
    "bfloat16": lambda v: ((v.astype(np.float32).view(np.uint32) + 0x8000) & np.uint32(0xFFFF0000)).view(
        np.float32
    ),
    "four decimals": lambda v: np.round(v, 4),
    "eight bits a row": lambda v: stepped(v, 127),
    "eight bits, one scale": lambda v: np.round(v * 127) / 127,
    "eight bits, the integers alone": lambda v: np.round(v * 127),
    "eight bits, cut off": lambda v: np.trunc(v * 127),
    "eight bits a row, cut off": lambda v: np.trunc(v / np.abs(v).max(axis=1, keepdims=True) * 127),
    "four bits a row": lambda v: stepped(v, 7),
    "one bit": np.sign,
    "another length": lambda v: 3 * v,
}


@pytest.mark.long
@pytest.mark.parametrize("kind", ROUNDED)
def test_rounding_in_the_store_is_no_other_model(kind: str) -> None:
    dense = vectors_of(DENSE, TEXTS)

    assert not found(ROUNDED[kind](dense), DENSE).foreign.any()


@pytest.mark.long
@pytest.mark.parametrize("kind", [name for name in ROUNDED if name not in ("one bit", "four bits a row")])
def test_rounding_hides_no_other_prompt(kind: str) -> None:
    model = expectation(DENSE, TEXTS)
    assert model.encoder is not None
    variant = next(v for v in variants(model.encoder) if v.name == "the title left out")
    changed, _ = make_by(sampled_of(TEXTS), variant)

    attribution = found(ROUNDED[kind](changed), DENSE)

    assert attribution.foreign.mean() > 0.9
    assert names(attribution)[0][0] == "the title left out"


@pytest.mark.long
@pytest.mark.parametrize("kind", ROUNDED)
def test_rounding_hides_no_other_model(kind: str) -> None:
    turned = vectors_of(DENSE, TEXTS) @ np.linalg.qr(np.random.default_rng(0).standard_normal((48, 48)))[0]

    assert found(ROUNDED[kind](turned), DENSE).foreign.all()


def variants(encoder: Any) -> list[Variant]:
    return list(variants_of(encoder))


def every_variant() -> list[str]:
    encoder = expectation(EXPECTED, TEXTS).encoder
    assert encoder is not None
    return [variant.name for variant in variants(encoder)]


@pytest.mark.parametrize("name", every_variant())
def test_what_was_done_is_named_by_trying_it(name: str) -> None:
    encoder = expectation(EXPECTED, TEXTS).encoder
    assert encoder is not None
    variant = next(v for v in variants(encoder) if v.name == name)
    right, (wrong, changed) = vectors_of(EXPECTED, TEXTS), make_by(sampled_of(TEXTS), variant)
    differs = np.abs(right - wrong).max(axis=1) > 1e-6

    attribution = found(wrong)

    assert attribution.foreign.tolist() == differs.tolist()
    assert not (differs & ~changed).any()
    assert names(attribution) == ([(name, int(differs.sum()), True)] if differs.any() else [])


def test_another_model_of_the_same_width_is_named_where_it_is_suspected_and_else_not() -> None:
    vectors = vectors_of(EXPECTED, TEXTS)
    foreign = np.arange(60) % 7 == 0
    vectors[foreign] = vectors_of(OTHER, TEXTS)[foreign]

    unnamed, named = found(vectors), found(vectors, suspects=("lsa/8", OTHER))

    assert unnamed.foreign.tolist() == named.foreign.tolist() == foreign.tolist()
    assert names(named) == [(f"of the model {OTHER}", 9, True)]
    (told,) = names(unnamed)
    assert told == (f"not of {EXPECTED}: another model, or vectors changed since", 9, False)
    assert unnamed.tried >= 15


def test_vectors_that_changed_places_are_those_of_other_records() -> None:
    attribution = found(np.roll(vectors_of(EXPECTED, TEXTS), 1, axis=0))

    assert names(attribution) == [("the vector of another record", 60, True)]


def test_a_cut_vector_is_known_by_its_first_dimensions() -> None:
    assert names(found(vectors_of(EXPECTED, TEXTS)[:, :40])) == [("the first 40 of 64 dimensions", 60, True)]
    assert names(found(vectors_of("hash/96", TEXTS))) == [("of 96 dimensions, not 64", 60, True)]


def test_zeros_and_records_without_a_vector_are_foreign() -> None:
    vectors = vectors_of(EXPECTED, TEXTS)
    vectors[3], vectors[5] = 0, np.nan

    assert names(found(vectors)) == [
        ("a vector of zeros", 1, True),
        ("no vector of the store's width", 1, True),
    ]


def test_another_length_counts_where_vectors_are_compared_by_their_inner_product() -> None:
    vectors = vectors_of(EXPECTED, TEXTS)
    vectors[:6] *= 2

    assert not found(vectors).foreign.any()
    assert names(found(vectors, ruler=Ruler(lengths=True))) == [("of another length", 6, True)]


def test_the_vector_of_an_older_text_is_told_from_a_foreign_one() -> None:
    older = {name: text.replace("nr", "number") for name, text in TEXTS.items()}
    vectors = vectors_of(EXPECTED, older)

    held = found(vectors, held=tuple(older.values()))
    dated = found(vectors, outdated=np.ones(60, dtype=np.bool_))

    assert names(held) == [("of an older text, which the store still holds beside it", 60, True)]
    assert names(dated) == [("of an older text, as the record's own date or digest says", 60, False)]


def test_each_record_is_first_held_against_the_model_that_it_names() -> None:
    both = (expectation(EXPECTED, TEXTS), expectation(OTHER, TEXTS))
    claims = tuple((EXPECTED, OTHER, "", "e5")[row % 4] for row in range(60))
    vectors = vectors_of(EXPECTED, TEXTS)
    vectors[1::4] = vectors_of(OTHER, TEXTS)[1::4]
    vectors[2] = vectors_of(OTHER, TEXTS)[2]

    attribution = attribute(sampled_of(TEXTS, vectors, claims=claims), References(expectations=both))

    assert attribution.models.tolist() == [1 if row % 4 == 1 or row == 2 else 0 for row in range(60)]
    assert attribution.cosines[1] == pytest.approx(1)
    assert attribution.causes == ()


def test_several_causes_are_told_apart_with_their_records() -> None:
    right = vectors_of(EXPECTED, TEXTS)
    encoder = expectation(EXPECTED, TEXTS).encoder
    assert encoder is not None
    ways = {v.name: v for v in variants(encoder)}
    right[:10] = make_by(sampled_of(TEXTS), ways["with the prompt 'passage: '"])[0][:10]
    right[20:25] = make_by(sampled_of(TEXTS), ways["the title left out"])[0][20:25]
    right[40:42] = vectors_of(OTHER, TEXTS)[40:42]

    attribution = found(right, suspects=(OTHER,))

    assert names(attribution) == [
        ("with the prompt 'passage: '", 10, True),
        ("the title left out", 5, True),
        (f"of the model {OTHER}", 2, True),
    ]
    assert attribution.causes[2].ids == ("r0040", "r0041")


def test_a_kind_of_rounding_is_read_from_bits_alone() -> None:
    dense = vectors_of("lsa/48", texts_of(80)).astype(np.float32)
    found_grids = {
        kind: grids_of(np.asarray(rounded(dense), np.float32)).names() for kind, rounded in ROUNDED.items()
    }

    assert found_grids["as they are"] == found_grids["another length"] == {}
    assert found_grids["half precision"] == {"float16": 80}
    assert found_grids["bfloat16"] == {"bfloat16": 80}
    assert found_grids["four decimals"] == {"4 decimals": 80}
    assert (
        found_grids["eight bits, one scale"] == found_grids["four bits a row"] == {"256 levels or fewer": 80}
    )


def test_models_that_lie_on_a_grid_by_themselves_are_not_excused_by_it() -> None:
    counted = vectors_of("hash/256", TEXTS)
    wrong = counted.copy()
    wrong[:, 7] += np.abs(counted[counted > 0]).min()

    assert found(counted, "hash/256").foreign.sum() == 0
    assert found(wrong, "hash/256").foreign.all()


def test_a_wider_ruler_accepts_more() -> None:
    near = vectors_of(DENSE, TEXTS) + 0.002 * np.random.default_rng(1).standard_normal((60, 48))

    assert found(near, DENSE).foreign.any()
    assert not found(near, DENSE, ruler=replace(Ruler(), same=0.99)).foreign.any()
