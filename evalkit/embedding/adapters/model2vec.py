"""model2vec/NAME: static models, one vector a token and their mean, from a local folder or the hub."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from evalkit.arrays import Array
from evalkit.embedding.adapters.lengths import count_longer, count_tokens
from evalkit.embedding.adapters.modelfiles import (
    ModelKind,
    ModelSource,
    hub_source,
    local_source,
    read_object,
    tensors,
)
from evalkit.embedding.encoder import Fingerprint, Role
from evalkit.embedding.modelspec import ModelSpec, Options, check_options, positive
from evalkit.errors import MissingExtraError, ModelError
from evalkit.golden.goldenset import GoldenSet
from evalkit.opening import read_json

OPTIONS = {
    "normalize": bool,
    "query_prompt": str,
    "document_prompt": str,
    "max_length": int,
    "batch_size": int,
    "offline": bool,
    "base": str,
}
# The library finds its three files directly in the folder, or two of them in that of a module.
FOLDERS = ("", "0_StaticEmbedding")
TABLES = ("embeddings", "embedding.weight")
DTYPES = {"F64": "float64", "F32": "float32", "F16": "float16", "I8": "float32"}
LAYOUT = "a model2vec folder has config.json, model.safetensors and tokenizer.json"
BATCH = 1024
MAX_LENGTH = 512


class Model2VecEncoder:
    """A static model, loaded when the first text has to be encoded."""

    libraries = ("model2vec", "tokenizers")

    def __init__(self, fingerprint: Fingerprint, source: ModelSource, batch_size: int) -> None:
        """Take the space, the files and how many texts are encoded at once."""
        self.fingerprint = fingerprint
        self._source = source
        self._batch_size = batch_size
        self._model: Any = None

    def encode(self, texts: Sequence[str], role: Role) -> Array:
        """Return (n, E) means of token vectors; a text without a known token gets the zero vector."""
        model, prompt = self._model or self._load(), self.fingerprint.prompt(role)
        vectors: Array = model.encode(
            [prompt + text for text in texts],
            max_length=self.fingerprint.truncation,
            batch_size=self._batch_size,
            use_multiprocessing=False,
        )
        return vectors

    def count_truncated(self, texts: Sequence[str], role: Role) -> int | None:
        """Return how many texts, prompts included, the library cuts: by characters first, then by tokens."""
        limit, prompt = self.fingerprint.truncation, self.fingerprint.prompt(role)
        if limit is None:
            return None
        tokenizer = _inner(self._source.folder) / "tokenizer.json"
        bodies = [prompt + text for text in texts]
        characters = limit * _median_token_length(tokenizer)
        cut = sum(len(body) > characters for body in bodies)
        whole = [body for body in bodies if len(body) <= characters]
        longer = count_longer(tokenizer, whole, limit, specials=False)
        return None if longer is None else cut + longer

    def count_tokens(self, texts: Sequence[str], role: Role) -> list[int] | None:
        """Return how many tokens of each text are read."""
        prompt, file = self.fingerprint.prompt(role), _inner(self._source.folder) / "tokenizer.json"
        bodies = [prompt + text for text in texts]
        return count_tokens(file, bodies, self.fingerprint.truncation, specials=False)

    def _load(self) -> Any:  # noqa: ANN401 - the library is optional, so its type is not at hand
        try:
            import model2vec
        except ImportError:
            raise MissingExtraError.for_extra("model2vec", f"encoding with {self.fingerprint}") from None
        try:
            self._model = model2vec.StaticModel.from_pretrained(self._source.folder)
        except Exception as error:
            raise ModelError(
                f"{self.fingerprint} cannot be loaded: {error}",
                places=(str(self._source.folder),),
                hint=LAYOUT,
                code="EK351",
            ) from error
        return self._model


def make(spec: ModelSpec, golden: GoldenSet, options: Options) -> Model2VecEncoder:
    """Return the encoder of `model2vec/NAME`, its fingerprint read from the files.

    Raises:
        ModelError: There is no such model, or its files are not what they should be.
        ProviderError: The hub could not be reached.
        MissingExtraError: model2vec is not installed.
    """
    del golden
    check_options(spec, options, OPTIONS)
    kind = ModelKind(
        extra="model2vec",
        organisation="minishlab",
        content=("*.json", "*.safetensors"),
        layout=LAYOUT,
        check=_check,
    )
    source = local_source(spec, options, kind) or hub_source(spec, options, kind)
    number_type, dims = _table(source.folder)
    stated = read_object(source.folder / "config.json").get("max_length", MAX_LENGTH)
    limit = int(positive(spec, options, "max_length", 1)) if "max_length" in options else stated
    fingerprint = Fingerprint.of(
        {
            "provider": "model2vec",
            "model": source.name,
            "revision": source.revision,
            "prompts": {
                "query": options.get("query_prompt", ""),
                "document": options.get("document_prompt", ""),
            },
            "dims": dims,
            "truncation": limit,
            "pooling": "mean",
            "normalize": bool(options.get("normalize", True)),
            "dtype": number_type,
        }
    )
    return Model2VecEncoder(fingerprint, source, int(positive(spec, options, "batch_size", BATCH)))


def _check(folder: Path) -> None:
    inner = _inner(folder)
    configured = any(
        (folder / name).is_file() for name in ("config.json", "config_sentence_transformers.json")
    )
    if not configured or not all(
        (inner / name).is_file() for name in ("model.safetensors", "tokenizer.json")
    ):
        raise ModelError(f"{folder} holds no model2vec model", hint=LAYOUT, code="EK351")


def _inner(folder: Path) -> Path:
    """Return where the table and the tokenizer lie."""
    return next(
        (folder / name for name in FOLDERS if (folder / name / "model.safetensors").is_file()), folder
    )


def _table(folder: Path) -> tuple[str, int]:
    """Return the number type that the model computes in and its dimensions."""
    path = _inner(folder) / "model.safetensors"
    for name, (number_type, shape) in tensors(path).items():
        if name in TABLES and len(shape) == 2:  # noqa: PLR2004 - tokens and dimensions
            return DTYPES.get(number_type, number_type), shape[1]
    raise ModelError(
        f"{path.name} holds no table of token vectors", places=(str(path),), hint=LAYOUT, code="EK351"
    )


def _median_token_length(tokenizer: Path) -> int:
    """Return the library's measure for cutting long texts before it splits them into tokens."""
    try:
        import tokenizers
    except ImportError:
        vocabulary = read_json(tokenizer)["model"]["vocab"]
        return int(statistics.median([len(token) for token in vocabulary]))
    tokens = tokenizers.Tokenizer.from_file(str(tokenizer)).get_vocab()
    return int(statistics.median([len(token) for token in tokens]))
