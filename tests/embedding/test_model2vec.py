"""model2vec/: tiny static models in a folder, against the library itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from model2vec import StaticModel
from models_by_hand import WORDS, static_model, transformer
from texts_by_hand import golden_set

from evalkit.embedding.cache import VectorCache
from evalkit.embedding.embeddedset import EmbeddedSet, embed
from evalkit.embedding.encoder import Fingerprint
from evalkit.embedding.modelspec import ModelSpec, open_encoder
from evalkit.errors import EvalkitError, ModelError, ProviderError, UsageError
from evalkit.golden.goldenset import GoldenSet

GOLDEN = golden_set()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return static_model(tmp_path_factory.mktemp("static") / "tiny")


def embedded(folder: Path, golden: GoldenSet = GOLDEN, **options: Any) -> EmbeddedSet:
    return embed(golden, open_encoder(ModelSpec.parse(f"model2vec/{folder}"), golden, options))


def fingerprint(folder: Path, **options: Any) -> Fingerprint:
    return open_encoder(ModelSpec.parse(f"model2vec/{folder}"), GOLDEN, options).fingerprint


def test_vectors_are_those_of_the_library(folder: Path) -> None:
    wanted = StaticModel.from_pretrained(folder).encode(list(GOLDEN.corpus.bodies))

    found = embedded(folder, normalize=False)

    np.testing.assert_allclose(found.corpus.vectors, wanted, rtol=1e-6)
    assert found.fingerprint.dims == 4


def test_vectors_have_unit_length_unless_told_otherwise(folder: Path) -> None:
    lengths = np.linalg.norm(embedded(folder).corpus.vectors, axis=1)

    np.testing.assert_allclose(lengths, 1, atol=1e-6)


def test_prompts_stand_before_the_texts_of_their_role(folder: Path) -> None:
    model = StaticModel.from_pretrained(folder)

    found = embedded(folder, normalize=False, query_prompt="cat ")

    np.testing.assert_allclose(
        found.queries.vectors, model.encode(["cat " + body for body in GOLDEN.queries.bodies]), rtol=1e-6
    )
    np.testing.assert_allclose(found.corpus.vectors, model.encode(list(GOLDEN.corpus.bodies)), rtol=1e-6)


def test_a_text_without_a_known_word_is_told(folder: Path) -> None:
    golden = GoldenSet.of("g", queries={"q": "cat"}, corpus={"a": "cat", "b": "zebra"}, qrels={"q": {"a": 1}})

    assert [finding.code for finding in embedded(folder, golden).findings] == ["EK321"]


def test_the_revision_is_a_digest_of_the_content(folder: Path, tmp_path: Path) -> None:
    same = static_model(tmp_path / "tiny")
    assert fingerprint(same) == fingerprint(folder)

    table = same / "model.safetensors"
    data = bytearray(table.read_bytes())
    data[-1] ^= 1
    table.write_bytes(data)

    assert fingerprint(same).revision != fingerprint(folder).revision


@pytest.mark.parametrize(
    "options",
    [{"normalize": False}, {"query_prompt": "q "}, {"document_prompt": "d "}, {"max_length": 3}],
    ids=lambda options: next(iter(options)),
)
def test_what_moves_the_space_moves_the_fingerprint(folder: Path, options: dict[str, Any]) -> None:
    assert fingerprint(folder, **options).digest != fingerprint(folder).digest


@pytest.mark.parametrize("options", [{"batch_size": 1}, {"offline": True}, {"query_prompt": ""}], ids=str)
def test_how_it_is_computed_does_not(folder: Path, options: dict[str, Any]) -> None:
    assert fingerprint(folder, **options).digest == fingerprint(folder).digest
    np.testing.assert_array_equal(embedded(folder, **options).corpus.vectors, embedded(folder).corpus.vectors)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_the_number_type_is_that_of_the_table(tmp_path: Path, dtype: str) -> None:
    model = static_model(tmp_path / "m", dtype=dtype)

    assert fingerprint(model).dtype == dtype
    assert embedded(model).corpus.vectors.dtype == np.float32


def test_the_folder_may_have_the_layout_of_sentence_transformers(folder: Path, tmp_path: Path) -> None:
    inner = tmp_path / "m" / "0_StaticEmbedding"
    inner.mkdir(parents=True)
    (inner / "tokenizer.json").write_bytes((folder / "tokenizer.json").read_bytes())
    _rename_tensor(folder / "model.safetensors", inner / "model.safetensors")
    (tmp_path / "m" / "config_sentence_transformers.json").write_text("{}")

    np.testing.assert_allclose(
        embedded(tmp_path / "m").corpus.vectors, embedded(folder).corpus.vectors, rtol=1e-6
    )


def _rename_tensor(source: Path, target: Path) -> None:
    from safetensors.numpy import load_file, save_file  # noqa: PLC0415 - for one test

    save_file({"embedding.weight": load_file(source)["embeddings"]}, target)


def test_texts_that_the_library_cuts_are_counted(tmp_path: Path) -> None:
    model = static_model(tmp_path / "m", max_length=4)
    corpus = {
        "fits": "cat dog cat dog",
        "tokens": "cat dog cat dog cat",
        "characters": "x" * (4 * _median() + 1),
    }
    golden = GoldenSet.of("g", queries={"q": "cat"}, corpus=corpus, qrels={"q": {"fits": 1}})

    found = embedded(model, golden)

    assert found.truncated == 2
    assert "2 of 3 documents are longer than the 4 tokens" in str(found.findings[-1])


def _median() -> int:
    return int(np.median([len(word) for word in WORDS]))


def test_a_model_without_a_limit_cuts_nothing(tmp_path: Path) -> None:
    model = static_model(tmp_path / "m", max_length=None)
    golden = GoldenSet.of("g", queries={"q": "cat"}, corpus={"d": "cat " * 2000}, qrels={"q": {"d": 1}})

    found = embedded(model, golden)

    assert fingerprint(model).truncation is None
    assert (found.truncated, found.findings) == (None, ())


def test_a_warm_cache_needs_neither_model_nor_network(folder: Path, tmp_path: Path) -> None:
    embed(GOLDEN, open_encoder(ModelSpec.parse(f"model2vec/{folder}"), GOLDEN), cache=VectorCache(tmp_path))
    program = (
        "import sys\n"
        "from evalkit.embedding.cache import VectorCache\n"
        "from evalkit.embedding.embeddedset import embed\n"
        "from evalkit.embedding.modelspec import ModelSpec, open_encoder\n"
        "from texts_by_hand import golden_set\n"
        f"encoder = open_encoder(ModelSpec.parse('model2vec/{folder}'), golden_set())\n"
        f"found = embed(golden_set(), encoder, cache=VectorCache({str(tmp_path)!r}))\n"
        "print(found.encoded, found.truncated, 'model2vec' in sys.modules, 'torch' in sys.modules)\n"
    )
    path = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}

    done = subprocess.run(
        [sys.executable, "-c", program], env=path, capture_output=True, text=True, check=True
    )

    assert done.stdout.split() == ["0", "0", "False", "False"]


def test_a_folder_that_holds_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"config\.json, model\.safetensors and tokenizer\.json"):
        fingerprint(tmp_path)


def test_a_table_that_is_none_is_refused(tmp_path: Path) -> None:
    broken = static_model(tmp_path / "m")
    (broken / "model.safetensors").write_bytes(b"\x08\0\0\0\0\0\0\0not json")
    with pytest.raises(ModelError, match="no safetensors file"):
        fingerprint(broken)

    (broken / "model.safetensors").write_bytes(b"\xff" * 16)
    with pytest.raises(ModelError, match="a header of"):
        fingerprint(broken)

    with pytest.raises(ModelError, match="no table of token vectors"):
        fingerprint(transformer(tmp_path / "transformer"))


def test_a_model_that_the_library_cannot_load_is_told(tmp_path: Path) -> None:
    broken = static_model(tmp_path / "m")
    (broken / "tokenizer.json").write_text(json.dumps({"model": {}}))

    with pytest.raises(ModelError, match="cannot be loaded"):
        embedded(broken)


def test_offline_a_model_that_is_not_here_is_told() -> None:
    with pytest.raises(ProviderError, match="nor in the hub's cache"):
        fingerprint(Path("nobody/nothing"), offline=True)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"max_length": 0}, "greater than 0"),
        ({"batch_size": -1}, "greater than 0"),
        ({"truncate_dim": 2}, "no option"),
    ],
)
def test_wrong_options_are_told(folder: Path, options: dict[str, Any], told: str) -> None:
    with pytest.raises((UsageError, EvalkitError), match=told):
        fingerprint(folder, **options)


def test_a_revision_may_be_named() -> None:
    assert ModelSpec.parse("model2vec/minishlab/potion-base-8M@abc").revision == "abc"
