"""st/: what the files of a model state is what the library makes of them; nothing runs unasked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sentence_transformers
from models_by_hand import DEMO, static_model, transformer
from texts_by_hand import golden_set

from evalkit.embedding.embeddedset import EmbeddedSet, embed
from evalkit.embedding.encoder import Fingerprint, Role
from evalkit.embedding.modelspec import ModelSpec, open_encoder
from evalkit.errors import EvalkitError, ModelError, UnknownNameError, UsageError

GOLDEN = golden_set()


def fingerprint(model: object = "all-MiniLM-L6-v2", **options: Any) -> Fingerprint:
    return open_encoder(ModelSpec.parse(f"st/{model}"), GOLDEN, options).fingerprint


def embedded(model: object = "all-MiniLM-L6-v2", **options: Any) -> EmbeddedSet:
    return embed(GOLDEN, open_encoder(ModelSpec.parse(f"st/{model}"), GOLDEN, options))


def library(folder: Path) -> sentence_transformers.SentenceTransformer:
    return sentence_transformers.SentenceTransformer(str(folder), device="cpu", local_files_only=True)


@pytest.mark.long
@pytest.mark.parametrize(
    ("prompts", "default"),
    [
        ({"query": "find: ", "document": "read: "}, None),
        ({"query": "find: ", "document": None}, "query"),
        ({"other": "hello: "}, "other"),
    ],
)
def test_prompts_are_those_of_the_library(tmp_path: Path, prompts: dict[str, Any], default: str) -> None:
    stated = {"prompts": prompts, "default_prompt_name": default}
    folder = transformer(tmp_path / "m", config_sentence_transformers=stated)
    model = library(folder)

    found = embedded(folder)

    queries, corpus = (list(texts.bodies) for texts in (GOLDEN.queries, GOLDEN.corpus))
    np.testing.assert_allclose(found.queries.vectors, model.encode_query(queries), atol=1e-5)
    np.testing.assert_allclose(found.corpus.vectors, model.encode_document(corpus), atol=1e-5)
    assert dict(found.fingerprint.prompts) == {
        role: prompts[role] for role in ("query", "document") if prompts.get(role)
    }


@pytest.mark.parametrize("name", ["passage", "corpus"])
def test_a_prompt_of_another_name_is_that_of_documents(tmp_path: Path, name: str) -> None:
    stated = {"prompts": {"query": "find: ", name: "read: "}}
    folder = transformer(tmp_path / "m", config_sentence_transformers=stated)

    assert fingerprint(folder).prompt(Role.document) == "read: "
    assert fingerprint(folder, document_prompt="mine: ").prompt(Role.document) == "mine: "
    assert fingerprint(folder, document_prompt="").prompt(Role.document) == ""


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"sentence_bert_config": {"max_seq_length": 64}},
        {"sentence_bert_config": {"max_seq_length": None}},
        {
            "sentence_bert_config": {"max_seq_length": None},
            "tokenizer_config": {"model_max_length": 1000000000000000019884624838656},
        },
        {
            "sentence_bert_config": {"max_seq_length": None},
            "tokenizer_config": {"model_max_length": 99},
        },
    ],
)
def test_the_limit_is_that_of_the_library(tmp_path: Path, settings: dict[str, Any]) -> None:
    folder = transformer(tmp_path / "m", **settings)

    assert fingerprint(folder).truncation == library(folder).max_seq_length


def test_a_model_that_the_library_saved_anew_states_the_same(tmp_path: Path) -> None:
    folder = transformer(tmp_path / "m")
    library(folder).save(str(tmp_path / "saved"))

    before, after = fingerprint(folder), fingerprint(tmp_path / "saved")

    assert (after.dims, after.truncation, after.dtype) == (before.dims, before.truncation, before.dtype)
    assert (before.pooling, after.pooling) == ("mean_tokens", "mean")


def test_poolings_side_by_side_add_their_dimensions(tmp_path: Path) -> None:
    folder = transformer(tmp_path / "m")
    (folder / "1_Pooling" / "config.json").write_text(
        json.dumps({"embedding_dimension": 384, "pooling_mode": ["cls", "mean"], "include_prompt": True})
    )

    assert fingerprint(folder).dims == library(folder).get_embedding_dimension() == 768
    assert fingerprint(folder).pooling == "cls+mean"


def test_a_table_of_token_vectors_is_a_model_too(tmp_path: Path) -> None:
    folder = static_model(tmp_path / "m", dims=6)

    found = embedded(folder)

    assert (found.fingerprint.dims, found.fingerprint.truncation) == (6, None)
    wanted = library(folder).encode(list(GOLDEN.corpus.bodies), normalize_embeddings=True)
    np.testing.assert_allclose(found.corpus.vectors, wanted, atol=1e-6)


def test_a_model_computes_in_the_number_type_that_its_fingerprint_states(tmp_path: Path) -> None:
    folder = transformer(tmp_path / "m", config={"torch_dtype": "float16"})

    half, whole = embedded(folder), embedded(folder, dtype="float32")

    assert (half.fingerprint.dtype, whole.fingerprint.dtype) == ("float16", "float32")
    difference = np.abs(half.corpus.vectors - whole.corpus.vectors).max()
    assert 1e-5 < difference < 1e-2
    np.testing.assert_array_equal(
        whole.corpus.vectors, embedded(tmp_path / "m", dtype="float32").corpus.vectors
    )


@pytest.mark.parametrize(
    "options",
    [
        {"normalize": False},
        {"query_prompt": "q: "},
        {"document_prompt": "d: "},
        {"truncate_dim": 128},
        {"dtype": "bfloat16"},
        {"backend": "onnx"},
    ],
    ids=lambda options: next(iter(options)),
)
def test_what_moves_the_space_moves_the_fingerprint(options: dict[str, Any]) -> None:
    assert fingerprint(**options).digest != fingerprint().digest


@pytest.mark.parametrize(
    "options",
    [
        {"device": "cpu"},
        {"batch_size": 7},
        {"offline": True},
        {"trust_remote_code": True},
        {"truncate_dim": 384},
        {"dtype": "float32"},
        {"query_prompt": ""},
    ],
    ids=lambda options: next(iter(options)),
)
def test_how_it_is_computed_does_not(options: dict[str, Any]) -> None:
    assert fingerprint(**options).digest == fingerprint().digest


@pytest.mark.parametrize("name", ["config", "tokenizer", "1_Pooling/config"])
def test_each_file_of_the_model_moves_its_revision(tmp_path: Path, name: str) -> None:
    folder = transformer(tmp_path / "m")
    before = fingerprint(folder).revision
    file = folder / f"{name}.json"
    file.write_text(file.read_text() + " ")

    assert fingerprint(folder).revision != before


def test_code_that_comes_with_a_model_runs_only_when_told_so(tmp_path: Path) -> None:
    folder = transformer(tmp_path / "m")
    modules = json.loads((folder / "modules.json").read_text())
    modules[1]["type"] = "custom.Custom"
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "custom.py").write_text(
        f"open({str(tmp_path / 'ran')!r}, 'w').close()\n"
        "from sentence_transformers.sentence_transformer.modules import Pooling as Custom\n"
    )

    with pytest.raises(ModelError, match="trust_remote_code = true") as caught:
        embedded(folder)
    assert caught.value.exit_code == 2
    assert not (tmp_path / "ran").exists()

    assert embedded(folder, trust_remote_code=True).corpus.vectors.shape == (5, 384)
    assert (tmp_path / "ran").exists()


@pytest.mark.parametrize("ending", ["sys.exit(0)", "os._exit(0)"])
def test_code_that_comes_with_a_model_ends_no_process(tmp_path: Path, ending: str) -> None:
    folder = transformer(tmp_path / "m")
    modules = json.loads((folder / "modules.json").read_text())
    modules[1]["type"] = "custom.Custom"
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "custom.py").write_text(
        "import os, sys\n"
        "from sentence_transformers.sentence_transformer.modules import Pooling\n"
        "class Custom(Pooling):\n"
        f"    def forward(self, features, **more):\n        {ending}\n"
    )
    with pytest.raises(ModelError, match=r"ended the process: SystemExit\(0\)"):
        embedded(folder, trust_remote_code=True)


@pytest.mark.parametrize("name", ["pytorch_model.bin", "pytorch_model-00001-of-00002.bin"])
def test_weights_of_a_module_that_can_run_code_are_refused(tmp_path: Path, name: str) -> None:
    folder = transformer(tmp_path / "m")
    (folder / "3_Dense").mkdir()
    (folder / "3_Dense" / name).write_bytes(b"pickle")

    with pytest.raises(ModelError, match=r"can run code") as caught:
        fingerprint(folder)

    assert "3_Dense" in str(caught.value)


@pytest.mark.parametrize("backend", ["onnx", "openvino"])
def test_a_backend_that_is_not_installed_says_how_it_is(backend: str) -> None:
    with pytest.raises(ModelError, match=rf"pip install 'sentence-transformers\[{backend}\]'"):
        embedded(backend=backend)


@pytest.mark.parametrize(
    ("options", "kind", "told"),
    [
        ({"backend": "onyx"}, UnknownNameError, "did you mean onnx"),
        ({"dtype": "float8"}, UnknownNameError, "did you mean float"),
        ({"dtype": "float16", "backend": "onnx"}, UsageError, "leave dtype out"),
    ],
)
def test_wrong_options_are_told(options: dict[str, Any], kind: type[EvalkitError], told: str) -> None:
    with pytest.raises(kind, match=told):
        fingerprint(**options)


def test_files_that_are_not_what_they_should_be_are_told(tmp_path: Path) -> None:
    folder = transformer(tmp_path / "m")
    (folder / "modules.json").write_text("[3]")
    with pytest.raises(ModelError, match=r"modules\.json is not a list of modules"):
        fingerprint(folder)

    (folder / "modules.json").write_text("[]")
    (folder / "config.json").write_text("[1, 2]")
    with pytest.raises(ModelError, match=r"config\.json is not a JSON object"):
        fingerprint(folder)


def test_a_model_of_the_hubs_cache_has_its_commit_as_revision(tmp_path: Path) -> None:
    """Each provider finds what a hub fetched earlier, without a network."""
    commit = "0123456789012345678901234567890123456789"
    for name in ("minishlab--tiny", "sentence-transformers--tiny"):
        home = tmp_path / f"models--{name}"
        static_model(home / "snapshots" / commit)
        (home / "refs").mkdir()
        (home / "refs" / "main").write_text(commit)
    program = (
        "from evalkit.embedding.modelspec import ModelSpec, open_encoder\n"
        "for spec in ('model2vec/tiny', 'st/tiny', f'st/sentence-transformers/tiny@{COMMIT}'):\n"
        "    print(open_encoder(ModelSpec.parse(spec), None, {'offline': True}).fingerprint.revision)\n"
    ).replace("{COMMIT}", commit)

    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "HF_HUB_CACHE": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.split() == [commit] * 3


def test_its_libraries_are_noted() -> None:
    encoder: Any = open_encoder(DEMO, GOLDEN)

    assert encoder.libraries == ("sentence-transformers", "transformers", "torch")
