"""Real models in a folder: tiny static ones, and copies of a transformer with other settings."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import tokenizers
from model2vec import StaticModel

from evalkit.embedding.adapters.sentence_transformers import find_source
from evalkit.embedding.modelspec import ModelSpec

WORDS = ("[UNK]", "shared", "words", "question", "document", "cat", "dog", "wheel", "repair")
DEMO = ModelSpec.parse("st/all-MiniLM-L6-v2")


def static_model(
    folder: Path, *, dims: int = 4, max_length: int | None = 512, dtype: str = "float32"
) -> Path:
    """Write a static model whose vocabulary is WORDS, each with a random vector, and return its folder."""
    vocabulary = {word: number for number, word in enumerate(WORDS)}
    words = tokenizers.models.WordLevel(vocabulary, unk_token=WORDS[0])
    tokenizer = tokenizers.Tokenizer(words)
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    vectors = np.random.default_rng(5).standard_normal((len(WORDS), dims)).astype(dtype)
    StaticModel(vectors, tokenizer, max_length=max_length).save_pretrained(folder)
    return folder


def transformer(folder: Path, **settings: dict[str, Any]) -> Path:
    """Copy the demo's model, its JSON files updated by the settings of their names; return the folder."""
    shutil.copytree(find_source(DEMO, {}).folder, folder, copy_function=_copy)
    for name, changes in settings.items():
        path = folder / f"{name}.json"
        stated = json.loads(path.read_text()) if path.exists() else {}
        path.write_text(json.dumps({**stated, **changes}))
    return folder


def _copy(source: str, target: str) -> None:
    """Copy a file, but link to weights, which are large and stay as they are."""
    if source.endswith(".safetensors"):
        Path(target).symlink_to(source)
    else:
        shutil.copyfile(source, target)
