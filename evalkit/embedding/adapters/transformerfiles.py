"""Transformer files: what the files of a sentence-transformers model state, read without loading it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from evalkit.embedding.adapters.modelfiles import read_object, tensors
from evalkit.embedding.modelspec import Options
from evalkit.errors import ModelError
from evalkit.opening import read_json

NO_LIMIT = 1_000_000_000  # tokenizers without a limit state one that no text reaches


def prompts(folder: Path, options: Options) -> dict[str, object]:
    """Return the prompt of each role: the user's, else the one that the model's files state.

    A document's may be called passage or corpus, which encode_document documents, though version 6.2 does
    not get that far: the empty prompt that it adds for "document" comes first. What the model's authors
    state counts.
    """
    stated = read_object(folder / "config_sentence_transformers.json").get("prompts") or {}
    document = next((stated[name] for name in ("document", "passage", "corpus") if stated.get(name)), "")
    return {
        "query": options.get("query_prompt", stated.get("query")),
        "document": options.get("document_prompt", document),
    }


def dimensions(folder: Path, options: Options) -> int:
    """Return E: the model's dimensions, or as many of them as `truncate_dim` keeps.

    Raises:
        ModelError: The model has fewer than that.
    """
    full = 0
    for module in _modules(folder):
        config = read_object(folder / str(module.get("path", "")) / "config.json")
        for key in ("word_embedding_dimension", "embedding_dimension", "out_features"):
            full = int(config.get(key, full))
        full *= max(1, len(_modes(config)))  # several poolings stand side by side
    full = full or int(read_object(folder / "config.json").get("hidden_size", 0)) or _static_width(folder)
    wanted = int(str(options.get("truncate_dim", full)))
    if not 1 <= wanted <= full:
        raise ModelError(
            f"truncate_dim = {wanted} does not fit a model of {full} dimensions",
            places=(str(folder),),
            hint=f"choose from 1 to {full}",
            code="EK355",
        )
    return wanted


def _static_width(folder: Path) -> int:
    """Return the dimensions of a table of token vectors, which states them nowhere but in its weights."""
    found = tensors(first_folder(folder) / "model.safetensors")
    shapes = [found[name][1] for name in ("embedding.weight", "embeddings") if name in found]
    return shapes[0][1] if shapes else 0


def truncation(folder: Path) -> int | None:
    """Return how many tokens of a document the model reads, None where there is no limit."""
    first = first_folder(folder)
    config = read_object(first / "sentence_bert_config.json")
    stated = config.get("document_length") or config.get("max_seq_length")
    length = stated or read_object(first / "tokenizer_config.json").get("model_max_length")
    positions = read_object(first / "config.json").get("max_position_embeddings")
    known = [int(value) for value in (length, positions) if value and 0 < value < NO_LIMIT]
    return min(known) if known else None


def stored_dtype(folder: Path) -> str:
    """Return the number type that the model's configuration states, "float32" where it states none."""
    config = read_object(first_folder(folder) / "config.json")
    return str(config.get("dtype") or config.get("torch_dtype") or "float32")


def pooling(folder: Path) -> str:
    """Return how the vectors of tokens become one, as the model's files call it."""
    for module in _modules(folder):
        if str(module.get("type", "")).endswith(".Pooling"):
            modes = _modes(read_object(folder / str(module["path"]) / "config.json"))
            return "+".join(modes)
    return "mean"


def _modes(config: dict[str, Any]) -> list[str]:
    """Return the poolings of a module: named since version 6, one switch for each before."""
    named = config.get("pooling_mode")
    if named:
        return [named] if isinstance(named, str) else [str(mode) for mode in named]
    switches = [key for key, on in config.items() if key.startswith("pooling_mode_") and on is True]
    return [key.removeprefix("pooling_mode_") for key in switches]


def first_folder(folder: Path) -> Path:
    """Return where the module lies that reads the text."""
    modules = _modules(folder)
    return folder / str(modules[0].get("path", "")) if modules else folder


def _modules(folder: Path) -> list[dict[str, Any]]:
    path = folder / "modules.json"
    try:
        stated = read_json(path) if path.exists() else []
        return [dict(module) for module in stated]
    except (ValueError, TypeError) as error:
        raise ModelError(
            f"{path.name} is not a list of modules: {error}",
            places=(str(path),),
            hint="fetch the model again",
            code="EK351",
        ) from error
