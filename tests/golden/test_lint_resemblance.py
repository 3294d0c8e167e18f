"""Resemblance: the quick search finds what comparing every pair would find."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.golden.checks.resemblance import connected, letter_shingles, resembling, word_shingles

VOCABULARY = [f"word{n}" for n in range(400)]


def texts_with_doubles(count: int, seed: int) -> list[str]:
    """Random texts, every third a copy of an earlier one with a few words changed."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    texts: list[list[str]] = []
    for number in range(count):
        if number % 3 == 2:
            copy = list(chance.choice(texts))
            for _ in range(chance.randrange(4)):
                copy[chance.randrange(len(copy))] = chance.choice(VOCABULARY)
            texts.append(copy)
        else:
            texts.append(chance.choices(VOCABULARY, k=chance.randrange(20, 80)))
    return [" ".join(words) for words in texts]


def by_comparing_all(
    texts: list[str], features: Callable[[str], set[str]], threshold: float
) -> list[tuple[int, int]]:
    sets = [features(text) for text in texts]
    return [
        (a, b)
        for a, b in combinations(range(len(texts)), 2)
        if sets[a] and sets[b] and len(sets[a] & sets[b]) / len(sets[a] | sets[b]) >= threshold
    ]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("threshold", [0.75, 0.8, 0.95])
def test_every_pair_above_the_threshold_is_found_and_no_other(seed: int, threshold: float) -> None:
    texts = texts_with_doubles(150, seed)

    found = [(pair.first, pair.second) for pair in resembling(texts, word_shingles, threshold=threshold)]

    assert found == by_comparing_all(texts, word_shingles, threshold)
    assert found


@given(st.lists(st.text(alphabet="ab c", max_size=12), max_size=8))
@settings(max_examples=200, deadline=None)
def test_any_texts_can_be_compared_and_equal_ones_always_meet(texts: list[str]) -> None:
    found = {(pair.first, pair.second) for pair in resembling(texts, letter_shingles, threshold=1.0)}

    assert found == set(by_comparing_all(texts, letter_shingles, 1.0))


def test_a_thousand_copies_are_one_group_without_half_a_million_comparisons() -> None:
    form = " ".join(VOCABULARY[:60])

    pairs = resembling([f"{form} {n}" for n in range(1000)], word_shingles, threshold=0.9)

    assert len(pairs) < 30_000
    assert connected((pair.first, pair.second) for pair in pairs) == [list(range(1000))]


def test_the_same_texts_resemble_each_other_alike_in_every_process() -> None:
    first, second = texts_with_doubles(60, 1), texts_with_doubles(60, 1)

    assert resembling(first, word_shingles, threshold=0.8) == resembling(second, word_shingles, threshold=0.8)


def test_shingles_by_hand() -> None:
    assert word_shingles("The cat, the DOG.") == {"the cat the", "cat the dog"}
    assert word_shingles("One two") == {"one two"}
    assert word_shingles("…") == set()
    assert letter_shingles("to do") == {" to", "to ", " do", "do "}
    assert letter_shingles("do to") == letter_shingles("to do")


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)).filter(lambda link: link[0] != link[1])))
def test_connected_groups_part_the_linked_positions(links: list[tuple[int, int]]) -> None:
    groups = connected(links)
    home = {position: number for number, group in enumerate(groups) for position in group}

    assert sorted(home) == sorted({position for link in links for position in link})
    assert all(home[first] == home[second] for first, second in links)
    assert all(group == sorted(group) for group in groups)
    assert len(groups) <= len(links)
