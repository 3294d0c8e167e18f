"""Model specs and the encoders they become: lsa, hash, and real sentence-transformers weights."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from texts_by_hand import golden_set

from evalkit.embedding.adapters import sentence_transformers as adapter
from evalkit.embedding.embeddedset import EmbeddedSet, embed
from evalkit.embedding.encoder import Fingerprint
from evalkit.embedding.modelspec import ModelSpec, open_encoder
from evalkit.errors import EvalkitError, ModelError, UnknownNameError, UsageError
from evalkit.golden.goldenset import GoldenSet

DEMO = "st/all-MiniLM-L6-v2"
PETS = GoldenSet.of(
    "pets",
    queries={"q1": "my kitten is ill", "q2": "repairing a bicycle wheel"},
    corpus={"a": "A vet treats sick cats.", "b": "How to mend a flat tyre.", "c": "Taxes are due in April."},
    qrels={"q1": {"a": 1}, "q2": {"b": 1}},
)


@pytest.fixture(scope="module")
def model_folder() -> Path:
    """The folder of the real model that the extra `demo` brings."""
    return adapter.find_source(ModelSpec.parse(DEMO), {}).folder


def embedded(spec: str, golden: GoldenSet = PETS, **options: object) -> EmbeddedSet:
    return embed(golden, open_encoder(ModelSpec.parse(spec), golden, options))


@pytest.mark.parametrize(
    ("text", "provider", "model", "revision"),
    [
        ("lsa/384", "lsa", "384", ""),
        ("st/BAAI/bge-m3", "st", "BAAI/bge-m3", ""),
        ("st/BAAI/bge-m3@abc", "st", "BAAI/bge-m3", "abc"),
        ("vectors/a@b/c", "vectors", "a@b/c", ""),
        ("run/out/x.trec", "run", "out/x.trec", ""),
    ],
)
def test_the_first_segment_is_the_provider(text: str, provider: str, model: str, revision: str) -> None:
    assert ModelSpec.parse(text) == ModelSpec(provider, model, revision)
    assert str(ModelSpec.parse(text)) == text


@pytest.mark.parametrize(
    ("text", "told"),
    [("minilm", "provider/model"), ("ls/384", "did you mean lsa"), ("lsa/", "provider/model")],
)
def test_a_spec_that_names_no_model_says_how_to_write_one(text: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        ModelSpec.parse(text)


@pytest.mark.parametrize("spec", ["lsa/0", "lsa/many", "hash/-5"])
def test_dimensions_must_be_a_number(spec: str) -> None:
    with pytest.raises(UsageError, match="write a number"):
        embedded(spec)


def test_lsa_finds_the_document_that_shares_words_and_carries_the_corpus_in_its_fingerprint() -> None:
    golden = golden_set(documents=40)
    found = embedded("lsa/8", golden)

    assert int((found.corpus.vectors @ found.queries.vectors[0]).argmax()) == 0
    assert found.fingerprint != embedded("lsa/8", golden_set(documents=41)).fingerprint
    np.testing.assert_allclose(np.linalg.norm(found.corpus.vectors, axis=1), 1, atol=1e-6)


def test_lsa_of_a_corpus_smaller_than_its_dimensions_keeps_the_words_themselves() -> None:
    assert embedded("lsa/384").corpus.vectors.shape == (3, 384)


def test_lsa_of_a_corpus_without_words_is_refused() -> None:
    silent = GoldenSet.of("s", queries={"q": "?"}, corpus={"a": "!", "b": "-"}, qrels={"q": {"a": 1}})

    with pytest.raises(ModelError, match="finds no words"):
        embedded("lsa/4", silent)


def test_a_real_model_finds_what_shares_meaning_but_no_words() -> None:
    found = embedded(DEMO)

    assert (found.corpus.vectors @ found.queries.vectors.T).argmax(axis=0).tolist() == [0, 1]
    assert found.fingerprint == Fingerprint(
        provider="st",
        model="sentence-transformers/all-MiniLM-L6-v2",
        revision="1110a243fdf4706b3f48f1d95db1a4f5529b4d41",
        dims=384,
        truncation=256,
        pooling="mean_tokens",
        backend="torch",
    )


def test_prompts_and_dimensions_move_the_space_and_the_vectors() -> None:
    plain, prompted = embedded(DEMO), embedded(DEMO, query_prompt="query: ", truncate_dim=128)

    assert prompted.queries.vectors.shape == (2, 128)
    assert prompted.fingerprint.prompts == (("query", "query: "),)
    assert not np.allclose(plain.queries.vectors[:, :128], prompted.queries.vectors, atol=1e-3)


def test_a_local_folder_is_a_model_and_its_revision_a_digest_of_its_files(
    tmp_path: Path, model_folder: Path
) -> None:
    copy = tmp_path / "mine"
    shutil.copytree(model_folder, copy)
    first = open_encoder(ModelSpec.parse(f"st/{copy}"), PETS).fingerprint
    config = json.loads((copy / "tokenizer_config.json").read_text())
    (copy / "tokenizer_config.json").write_text(json.dumps({**config, "do_lower_case": False}))

    second = open_encoder(ModelSpec.parse(f"st/{copy}"), PETS).fingerprint

    assert first.model == second.model == "mine"
    assert first.revision != second.revision


def test_weights_that_are_not_the_published_ones_are_refused(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"something else")

    with pytest.raises(ModelError, match="not the published ones"):
        adapter._bundled(tmp_path)  # noqa: SLF001 - the check that guards the demo


def test_weights_that_can_run_code_are_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "pytorch_model.bin").write_bytes(b"pickle")

    with pytest.raises(ModelError, match=r"model\.safetensors"):
        embedded(f"st/{tmp_path}")


def test_a_folder_that_holds_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="holds no sentence-transformers model"):
        embedded(f"st/{tmp_path}")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"truncate_dim": 999}, "choose from 1 to 384"),
        ({"truncat_dim": 5}, "truncate_dim"),
        ({"device": 3}, "must be a text"),
        ({"batch_size": True}, "must be a whole number"),
    ],
)
def test_wrong_options_are_told(options: dict[str, Any], told: str) -> None:
    with pytest.raises(EvalkitError, match=told):
        embedded(DEMO, **options)


def test_offline_a_model_that_is_not_here_is_told_without_asking_the_hub() -> None:
    with pytest.raises(EvalkitError, match="nor in the hub's cache") as caught:
        embedded("st/nobody/nothing", offline=True)

    assert caught.value.exit_code == 4


def test_an_unknown_provider_key_of_a_fingerprint_is_told() -> None:
    with pytest.raises(ModelError, match="did you mean pooling"):
        Fingerprint.of({"provider": "x", "model": "y", "poolng": "mean"})
    with pytest.raises(UnknownNameError):
        ModelSpec.parse("nope/1")
