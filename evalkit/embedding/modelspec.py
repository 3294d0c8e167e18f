"""The model spec: how a user names a model, and the encoder it becomes."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points

from evalkit.embedding.encoder import Encoder, VectorSource
from evalkit.errors import UnknownNameError, UsageError
from evalkit.golden.goldenset import GoldenSet

Options = Mapping[str, object]
Factory = Callable[["ModelSpec", GoldenSet, Options], Encoder | VectorSource]

ENTRY_POINTS = "evalkit.encoders"
FACTORIES = {
    "st": "evalkit.embedding.adapters.sentence_transformers",
    "lsa": "evalkit.embedding.adapters.lsa",
    "vectors": "evalkit.embedding.adapters.vectors",
    "hash": "evalkit.embedding.adapters.hashing",
}
RUN_FILE = "run"


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """`provider/model[@revision]`, the first segment always the provider.

    Attributes:
        provider: "st", "lsa", "vectors", "hash" …, or "run" for a run file in place of a model.
        model: A name, a folder or a number, as the provider reads it.
        revision: What stands after the last "@", "" when nothing does.
    """

    provider: str
    model: str
    revision: str = ""

    @classmethod
    def parse(cls, text: str) -> ModelSpec:
        """Return the spec that `text` states.

        Raises:
            UsageError: There is no "/", or nothing after it.
            UnknownNameError: No provider is called so; the nearest is offered.
        """
        provider, slash, rest = text.partition("/")
        if not slash or not rest:
            raise UsageError(
                f"{text!r} does not name a model",
                hint="write provider/model, such as lsa/384, st/all-MiniLM-L6-v2, vectors/FOLDER or run/FILE",
                code="EK113",
            )
        if provider not in providers():
            raise UnknownNameError.among(
                "provider", provider, providers(), hint=f"to name a local folder of a model, write st/{text}"
            )
        model, at, revision = rest.rpartition("@")
        return cls(provider, model, revision) if at and provider == "st" else cls(provider, rest)

    def __str__(self) -> str:
        return f"{self.provider}/{self.model}" + (f"@{self.revision}" if self.revision else "")


def providers() -> list[str]:
    """Return the names of all providers, those of other packages and "run" included."""
    return sorted({*FACTORIES, RUN_FILE, *(point.name for point in entry_points(group=ENTRY_POINTS))})


def open_encoder(
    spec: ModelSpec, golden: GoldenSet, options: Options | None = None
) -> Encoder | VectorSource:
    """Return the encoder that a spec names.

    Args:
        spec: Whose encoder.
        golden: Handed to the factory, since some models are fitted on the corpus.
        options: The provider's own options, such as `normalize`.
    """
    return _factory(spec.provider)(spec, golden, options or {})


def check_options(spec: ModelSpec, options: Options, known: Mapping[str, type]) -> None:
    """Raise unless every option is one of `known` and has its type.

    Raises:
        UnknownNameError: No option is called so; the nearest is offered.
        UsageError: A value has another type.
    """
    for name, value in options.items():
        if name not in known:
            raise UnknownNameError.among(f"option of {spec.provider}/", name, known)
        if not isinstance(value, known[name]):
            raise UsageError(
                f"{spec}: {name} = {value!r} must be a {known[name].__name__}",
                hint="correct it",
                code="EK114",
            )


def _factory(provider: str) -> Factory:
    if provider in FACTORIES:
        make: Factory = importlib.import_module(FACTORIES[provider]).make
        return make
    for point in entry_points(group=ENTRY_POINTS, name=provider):
        registered: Factory = point.load()
        return registered
    raise UnknownNameError.among("provider of vectors", provider, providers())
