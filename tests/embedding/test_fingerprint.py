"""The fingerprint: it changes with each thing that moves the space, and with nothing else."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from evalkit.embedding.encoder import METRICS, Fingerprint, Role

NAMES = st.text(max_size=6)
PROMPTS = st.dictionaries(st.sampled_from([str(role) for role in Role]), NAMES)
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "provider": NAMES,
    "model": NAMES,
    "revision": NAMES,
    "prompts": PROMPTS,
    "dims": st.integers(0, 4096),
    "truncation": st.none() | st.integers(1, 8192),
    "pooling": NAMES,
    "normalize": st.booleans(),
    "dtype": NAMES,
    "backend": NAMES,
    "metric": st.sampled_from(["", *METRICS]),
}
SETTINGS = st.fixed_dictionaries(FIELDS)


def test_the_properties_cover_every_field() -> None:
    assert [item.name for item in dataclasses.fields(Fingerprint)] == list(FIELDS)


@pytest.mark.long
@pytest.mark.parametrize("name", FIELDS)
@given(data=st.data())
def test_each_field_moves_the_digest(name: str, data: st.DataObject) -> None:
    settings = data.draw(SETTINGS)
    other = {**settings, name: data.draw(FIELDS[name])}
    one, two = Fingerprint.of(settings), Fingerprint.of(other)
    assume(getattr(one, name) != getattr(two, name))

    assert one.digest != two.digest


@given(SETTINGS, SETTINGS)
def test_fingerprints_are_equal_exactly_when_their_digests_are(
    one: dict[str, Any], two: dict[str, Any]
) -> None:
    assert (Fingerprint.of(one) == Fingerprint.of(two)) == (
        Fingerprint.of(one).digest == Fingerprint.of(two).digest
    )


@given(SETTINGS, st.randoms(use_true_random=False))
def test_the_order_of_settings_and_prompts_does_not_matter(settings: dict[str, Any], random: Any) -> None:
    names, roles = list(settings), list(settings["prompts"])
    random.shuffle(names)
    random.shuffle(roles)
    shuffled = {**settings, "prompts": {role: settings["prompts"][role] for role in roles}}

    again = Fingerprint.of({name: shuffled[name] for name in names})

    assert again.digest == Fingerprint.of(settings).digest


@given(SETTINGS)
def test_an_empty_prompt_is_no_prompt(settings: dict[str, Any]) -> None:
    stated = {role: text for role, text in settings["prompts"].items() if text}
    spelt_out = {**dict.fromkeys((str(role) for role in Role), ""), **stated}

    assert Fingerprint.of({**settings, "prompts": spelt_out}) == Fingerprint.of(
        {**settings, "prompts": stated}
    )


@given(SETTINGS)
def test_it_survives_being_written_and_read(settings: dict[str, Any]) -> None:
    fingerprint = Fingerprint.of(settings)

    again = Fingerprint.of(json.loads(json.dumps(fingerprint.to_settings())))

    assert again == fingerprint
    assert again.digest == fingerprint.digest
    assert {fingerprint} == {again}


@given(SETTINGS, st.sampled_from(Role))
def test_a_prompt_belongs_to_its_role_alone(settings: dict[str, Any], role: Role) -> None:
    assert Fingerprint.of(settings).prompt(role) == settings["prompts"].get(str(role), "")


def test_texts_that_swap_their_field_are_two_fingerprints() -> None:
    assert Fingerprint.of({"provider": "a", "model": "b"}) != Fingerprint.of({"provider": "b", "model": "a"})
    assert (
        Fingerprint.of({"provider": "a", "model": "bc"}).digest
        != Fingerprint.of({"provider": "ab", "model": "c"}).digest
    )
