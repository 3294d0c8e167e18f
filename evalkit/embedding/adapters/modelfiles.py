"""Model files: where those of a local or hub model lie, which revision they are, and how to read them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.digests import digest_files
from evalkit.embedding.modelspec import ModelSpec, Options
from evalkit.errors import MissingExtraError, ModelError, ProviderError
from evalkit.opening import expanded, open_regular, read_json, resolved
from evalkit.parsing import parse_json

CODE_CAPABLE = "pytorch_model*.bin"
LARGEST_HEADER = 100_000_000


@dataclass(frozen=True, slots=True)
class ModelSource:
    """Where a model's files lie, what it is called there, and the revision they are."""

    name: str
    folder: Path
    revision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelKind:
    """What the models of a provider consist of.

    Attributes:
        extra: The extra that brings the provider's libraries.
        organisation: Whose models are meant by a hub name without one.
        content: Patterns of the files that make the model what it is.
        ignored: Patterns of those among them that are not fetched from the hub.
        layout: One sentence on what a folder must hold.
        check: Raises where a folder does not hold that.
    """

    extra: str
    organisation: str
    content: tuple[str, ...]
    ignored: tuple[str, ...] = ()
    layout: str
    check: Callable[[Path], None]


def local_source(spec: ModelSpec, options: Options, kind: ModelKind) -> ModelSource | None:
    """Return the source where the spec names a folder; its revision is a digest of the content."""
    folder = expanded(Path(str(options.get("base", "")), spec.model))
    if not folder.is_dir():
        return None
    kind.check(folder)
    files = sorted({path for pattern in kind.content for path in folder.rglob(pattern) if path.is_file()})
    return ModelSource(resolved(folder).name, folder, digest_files(folder, files))


def hub_source(spec: ModelSpec, options: Options, kind: ModelKind) -> ModelSource:
    """Return the source of a model of the hub, fetched where it is not here yet; its revision is a commit.

    Raises:
        ModelError: The hub has no such model or revision, or its files are not what they should be.
        ProviderError: The hub cannot be reached, or may not be.
        MissingExtraError: The libraries are not installed.
    """
    name = hub_name(spec, kind)
    try:
        import huggingface_hub
        from huggingface_hub import errors
    except ImportError:
        raise MissingExtraError.for_extra(kind.extra, f"{spec}") from None
    try:
        folder = huggingface_hub.snapshot_download(
            name,
            revision=spec.revision or None,
            local_files_only=bool(options.get("offline", False)),
            allow_patterns=list(kind.content),
            ignore_patterns=list(kind.ignored),
        )
    except (errors.RepositoryNotFoundError, errors.RevisionNotFoundError, errors.HFValidationError) as error:
        raise ModelError(
            f"neither a folder nor the hub has {spec}",
            hint=f"name a local folder, or a model of the hub: {spec.provider}/{kind.organisation}/NAME",
            code="EK353",
        ) from error
    except (OSError, errors.LocalEntryNotFoundError) as error:
        raise ProviderError(
            f"{spec} is neither a folder nor in the hub's cache, and the hub cannot be reached",
            hint=f"go online once, or name a local folder; {kind.layout}",
            code="EK701",
        ) from error
    kind.check(Path(folder))
    return ModelSource(name, Path(folder), Path(folder).name)


def hub_name(spec: ModelSpec, kind: ModelKind) -> str:
    """Return the hub's name of a model, its organisation included."""
    return spec.model if "/" in spec.model else f"{kind.organisation}/{spec.model}"


def refuse_unsafe(folder: Path) -> None:
    """Raise where weights, of the model or of one of its modules, come only in a form that can run code.

    Raises:
        ModelError: Such a file lies where no safetensors file lies beside it.
    """
    for path in sorted(folder.rglob(CODE_CAPABLE)):
        if not list(path.parent.glob("*.safetensors")):
            raise ModelError(
                f"{folder.name} has weights only as {path.name}, which can run code when it is loaded",
                places=(str(path),),
                hint="convert them to model.safetensors with the transformers library",
                code="EK354",
            )


def read_object(path: Path) -> dict[str, Any]:
    """Return the JSON object of a file, {} where the file is missing.

    Raises:
        ModelError: The file holds something else.
    """
    try:
        return dict(read_json(path))
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError) as error:
        raise ModelError(
            f"{path.name} is not a JSON object: {error}",
            places=(str(path),),
            hint="fetch the model again",
            code="EK351",
        ) from error


def tensors(path: Path) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Return number type and shape of each tensor in a safetensors file, from its header alone.

    Raises:
        ModelError: The file is not one.

    ModelSource: the safetensors format, https://github.com/huggingface/safetensors#format
    """
    try:
        with open_regular(path) as file:
            length = int.from_bytes(file.read(8), "little")
            if length > LARGEST_HEADER:
                raise ValueError(f"a header of {length} bytes")  # noqa: TRY301 - told below with the rest
            header: dict[str, dict[str, Any]] = parse_json(file.read(length))
        return {
            name: (str(tensor["dtype"]), tuple(int(size) for size in tensor["shape"]))
            for name, tensor in header.items()
            if name != "__metadata__"
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(
            f"{path.name} is no safetensors file: {error}",
            places=(str(path),),
            hint="fetch the model again",
            code="EK351",
        ) from error
