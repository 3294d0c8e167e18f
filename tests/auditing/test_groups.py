"""Vectors alone: what two models have made looks like two, what one has made of two topics does not."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from audited import EXPECTED, store, texts_of

from evalkit.arrays import Floats
from evalkit.auditing.groups import LEAST, SUSPECT, kinship, strangers
from evalkit.cli import main

WIDTH, TOPICS = 96, 24


class Language:
    """A model as those of language are: a common direction, topics in a few directions, uneven dimensions."""

    def __init__(self, seed: int) -> None:
        """Draw a model."""
        rng = np.random.default_rng([7, seed])
        self.scales = np.exp(0.5 * rng.standard_normal(WIDTH))
        self.mean = 0.6 * rng.standard_normal(WIDTH)
        self.topics = 0.5 * rng.standard_normal((TOPICS, WIDTH))

    def vectors(self, count: int, seed: int, *, topics: slice = slice(None)) -> Floats:
        """Return unit vectors of texts that are of some topics."""
        rng = np.random.default_rng([8, seed])
        weights = np.zeros((count, TOPICS))
        weights[:, topics] = rng.standard_normal((count, len(range(TOPICS)[topics])))
        rows = (self.mean + weights @ self.topics + rng.standard_normal((count, WIDTH))) * self.scales
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


@pytest.mark.parametrize("seed", range(10))
def test_one_model_is_not_taken_for_two(seed: int) -> None:
    model = Language(seed)
    assert strangers(model.vectors(299, seed)) is None
    topics = (model.vectors(150, 1, topics=slice(0, 8)), model.vectors(149, 2, topics=slice(8, 16)))
    assert strangers(np.concatenate(topics)) is None


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5])
@pytest.mark.parametrize("seed", range(4))
def test_two_models_are_told_apart_and_the_smaller_part_is_named(seed: int, share: float) -> None:
    few = round(share * 299)
    vectors = np.concatenate([Language(seed).vectors(few, 1), Language(seed + 50).vectors(299 - few, 2)])
    order = np.random.default_rng(seed).permutation(299)

    found = strangers(vectors[order])

    assert found is not None
    foreign = order < few
    agreeing = max(np.mean(found == foreign), np.mean(found != foreign) if share == 0.5 else 0)
    assert agreeing > 0.9


def test_a_group_is_akin_to_its_own_and_no_other() -> None:
    model, other = Language(1), Language(2)
    near = kinship(model.vectors(100, 1), model.vectors(100, 2))
    far = kinship(model.vectors(100, 1), other.vectors(100, 2))
    assert min(near) > 0.8
    assert max(far) < SUSPECT


def test_where_nothing_can_be_said_nothing_is() -> None:
    two = np.concatenate([Language(1).vectors(30, 1), Language(2).vectors(2 * LEAST - 1, 2)])
    assert strangers(two) is None  # too few
    rng = np.random.default_rng(3)
    ordered = rng.standard_normal((299, WIDTH)) * np.geomspace(1, 0.01, WIDTH)
    ordered[:100] = ordered[:100] @ np.linalg.qr(rng.standard_normal((WIDTH, WIDTH)))[0]
    assert strangers(np.sort(np.abs(ordered), axis=1)[:, ::-1]) is None  # sorted dimensions mislead
    assert strangers(np.zeros((299, WIDTH))) is None


def test_it_is_a_hint_that_certifies_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    texts = texts_of(300)
    vectors = np.concatenate([Language(1).vectors(60, 1), Language(2).vectors(240, 2)])
    store("prod", texts, vectors, [None] * 300, text=None)

    code = main.run(["audit", "prod", "--expect", EXPECTED, "--sample", "300", "--json"])

    shown = json.loads(capsys.readouterr().out)
    assert (code, shown["verdict"]) == (3, "UNKNOWN")
    (hint,) = shown["hints"]
    assert hint.startswith("Without any model: ")
    assert "confirm it by embedding" in hint
