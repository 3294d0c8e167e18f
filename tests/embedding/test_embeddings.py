"""Embedding: unit length, one space, nothing encoded twice, and encoders held to their word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from texts_by_hand import Counting, golden_set

from evalkit.arrays import Array, Floats
from evalkit.embedding.cache import VectorCache
from evalkit.embedding.embeddedset import EmbeddedSet, embed
from evalkit.embedding.embeddings import Embeddings
from evalkit.embedding.encoder import Fingerprint, Role
from evalkit.errors import InvalidValueError, ModelError
from evalkit.golden.texts import Texts


def test_vectors_have_unit_length_unless_told_otherwise() -> None:
    plain = Counting(Fingerprint(provider="hash", model="16", dims=16, normalize=False))

    unit, raw = embed(golden_set(), Counting()), embed(golden_set(), plain)

    np.testing.assert_allclose(np.linalg.norm(unit.corpus.vectors, axis=1), 1, atol=1e-6)
    assert np.linalg.norm(raw.corpus.vectors, axis=1).max() > 1.2
    assert unit.corpus.vectors.dtype == np.float32


def test_rows_are_those_of_the_texts() -> None:
    golden = golden_set()
    embedded = embed(golden, Counting())

    alone = Counting().encode([golden.corpus.bodies[3]], Role.document)[0]

    np.testing.assert_allclose(embedded.corpus.vectors[3], alone / np.linalg.norm(alone), atol=1e-6)


def test_a_second_time_nothing_is_encoded(tmp_path: Path) -> None:
    cache = VectorCache(tmp_path)
    first = embed(golden_set(), Counting(), cache=cache)
    again = Counting()

    second = embed(golden_set(), again, cache=cache)

    assert (first.encoded, second.encoded) == (8, 0)
    assert again.seen == []
    assert second.corpus.vectors.tolist() == first.corpus.vectors.tolist()


def test_only_new_texts_are_encoded(tmp_path: Path) -> None:
    cache = VectorCache(tmp_path)
    embed(golden_set(documents=5), Counting(), cache=cache)
    encoder = Counting()

    embed(golden_set(documents=7), encoder, cache=cache)

    assert sorted(encoder.seen) == [(Role.document, "document 5"), (Role.document, "document 6")]


def test_equal_texts_are_encoded_once_for_each_role() -> None:
    golden = replace(golden_set(), corpus=Texts.of({f"d{n}": "same" for n in range(5)}))
    encoder = Counting()

    embed(golden, encoder)

    assert encoder.seen.count((Role.document, "same")) == 1


def test_a_query_never_gets_the_vector_of_a_document_with_its_text(tmp_path: Path) -> None:
    encoder = Counting()

    embed(golden_set(), encoder, cache=VectorCache(tmp_path))

    assert {(Role.query, "shared words"), (Role.document, "shared words")} <= set(encoder.seen)


@pytest.mark.parametrize(
    "other",
    [
        {"model": "17"},
        {"provider": "other"},
        {"revision": "2"},
        {"prompts": (("query", "query: "),)},
        {"pooling": "cls"},
        {"truncation": 64},
        {"normalize": False},
        {"dtype": "float16"},
        {"backend": "onnx"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_another_space_shares_no_vector(tmp_path: Path, other: dict[str, Any]) -> None:
    cache = VectorCache(tmp_path)
    embed(golden_set(), Counting(), cache=cache)
    encoder = Counting(replace(Counting().fingerprint, **other))

    assert embed(golden_set(), encoder, cache=cache).encoded == 8
    assert encoder.fingerprint.digest != Counting().fingerprint.digest


def test_a_text_without_known_words_is_told() -> None:
    golden = replace(golden_set(), queries=Texts.of({"q0": "???", "q1": "one", "q2": "two"}))

    embedded = embed(golden, Counting())

    assert [finding.code for finding in embedded.findings] == ["EK321"]
    assert "q0" in str(embedded.findings[0])
    assert not embedded.queries.vectors[0].any()


@dataclass(frozen=True)
class Faulty:
    """An encoder that gives whatever it was made with."""

    made: Array
    fingerprint: Fingerprint = field(
        default_factory=lambda: Fingerprint(provider="x", model="faulty", dims=4)
    )

    def encode(self, texts: Sequence[str], role: Role) -> Array:
        """Give the same, whatever is asked."""
        del texts, role
        return self.made


@pytest.mark.parametrize(
    ("made", "code"),
    [
        (np.ones((2, 4)), "EK314"),
        (np.ones((3, 5)), "EK314"),
        (np.ones(3), "EK314"),
        (np.full((3, 4), np.nan), "EK315"),
        (np.full((3, 4), np.inf), "EK315"),
    ],
)
def test_an_encoder_that_gives_something_wrong_is_stopped(tmp_path: Path, made: Floats, code: str) -> None:
    cache = VectorCache(tmp_path)

    with pytest.raises(ModelError) as caught:
        embed(golden_set(), Faulty(made), cache=cache)

    assert caught.value.findings[0].code == code
    assert cache.read(Faulty(made).fingerprint, Role.query, ["x"]) == {}


def test_both_sides_must_live_in_one_space() -> None:
    embedded = embed(golden_set(), Counting())
    stranger = Embeddings(
        fingerprint=Fingerprint(provider="y", model="z", dims=16),
        role=Role.query,
        vectors=embedded.queries.vectors,
    )

    with pytest.raises(ModelError, match="different spaces"):
        EmbeddedSet(queries=stranger, corpus=embedded.corpus)


@pytest.mark.parametrize(
    "wrong", [np.ones((2, 2)), np.ones(3, dtype=np.float32), np.full((1, 2), np.nan, "f4")]
)
def test_embeddings_refuse_other_types_shapes_and_nan(wrong: Array) -> None:
    with pytest.raises(InvalidValueError):
        Embeddings(fingerprint=Fingerprint(provider="x", model="y"), role=Role.query, vectors=wrong)  # type: ignore[arg-type] # what is tested


def test_progress_is_told_while_encoding() -> None:
    steps: list[tuple[str, int, int]] = []

    embed(golden_set(documents=300), Counting(), progress=lambda *step: steps.append(step))

    assert steps == [("query", 3, 3), ("document", 256, 300), ("document", 300, 300)]
