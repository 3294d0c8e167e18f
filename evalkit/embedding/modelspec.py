"""The model spec: how a user names a model, and the encoder it becomes."""

from __future__ import annotations

import copy
import importlib
import math
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import EntryPoint, entry_points

from evalkit.embedding.encoder import (
    HAMMING,
    Encoder,
    VectorSource,
    check_metric,
    compared,
    foreign_failure,
)
from evalkit.embedding.storespec import LIVE, is_store, shown_name
from evalkit.errors import UnknownNameError, UsageError
from evalkit.findings import Finding, Severity
from evalkit.golden.goldenset import GoldenSet
from evalkit.golden.reading.folds import LOOKALIKES
from evalkit.usercode import described, guarded

__all__ = ["ModelSpec", "encoder_of", "open_encoder"]

Options = Mapping[str, object]
Factory = Callable[["ModelSpec", GoldenSet, Options], Encoder | VectorSource]

ENTRY_POINTS = "evalkit.encoders"
FACTORIES = {
    "st": "evalkit.embedding.adapters.sentence_transformers",
    "lsa": "evalkit.embedding.adapters.lsa",
    "vectors": "evalkit.embedding.adapters.vectors",
    "hash": "evalkit.embedding.adapters.hashing",
    "openai": "evalkit.embedding.adapters.openai",
    "model2vec": "evalkit.embedding.adapters.model2vec",
    "python": "evalkit.embedding.adapters.callable",
    # Of a later stage, hence known by name alone, as those of other packages are.
    **dict.fromkeys(LIVE, "evalkit.auditing.stores.vectorsource"),
}
RUN_FILE = "run"
SEARCH = "search"
PYTHON = "python"
HTTP = "http"
WITHOUT_VECTORS = (RUN_FILE, SEARCH, HTTP)
KINDS: dict[type, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a text",
    dict: "a table",
}
COMPARING: Mapping[str, type] = {"metric": str}  # an option of every provider of vectors
OWN_METRIC = ("vectors",)  # files may state theirs
SLASHES = dict.fromkeys(map(ord, "\u2044\u2215\u29f8\u2571"), "/")  # which look like one
WITH_REVISION = ("st", "model2vec")  # elsewhere an "@" is part of the name


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """`provider/model[@revision]`, the first segment always the provider.

    Attributes:
        provider: "st", "lsa", "vectors", "hash" …, or "run" for a run file and "search" for a function that
            searches, in place of a model.
        model: A name, a folder or a number, as the provider reads it; of a store what its colon is
            followed by, without credentials.
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
        if is_store(text):
            shown = shown_name(text)
            return cls(*shown.split(":", 1))
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
        return cls(provider, model, revision) if at and provider in WITH_REVISION else cls(provider, rest)

    def __str__(self) -> str:
        if self.provider in LIVE:
            return f"{self.provider}:{self.model}"
        return f"{self.provider}/{self.model}" + (f"@{self.revision}" if self.revision else "")


def reads_as_spec(name: str) -> bool:
    """Return whether a name looks like `provider/model`, in any capitals or letters that look alike."""
    seen = unicodedata.normalize("NFKC", name).translate(LOOKALIKES).translate(SLASHES).casefold()
    plain = "".join(sign for sign in seen if sign.isprintable() and sign != " ")
    provider, slash, rest = plain.partition("/")
    return bool(slash and rest) and provider in providers()


def providers() -> list[str]:
    """Return the names of all providers, "run", "search" and those of other packages included."""
    return sorted({*FACTORIES, *WITHOUT_VECTORS, *(point.name for point in entry_points(group=ENTRY_POINTS))})


def open_encoder(
    spec: ModelSpec, golden: GoldenSet, options: Options | None = None
) -> Encoder | VectorSource:
    """Return the encoder that a spec names.

    Args:
        spec: Whose encoder.
        golden: Handed to the factory, since some models are fitted on the corpus.
        options: The provider's own options, such as `normalize`, and `metric`, which every provider has.

    Raises:
        UsageError: There is no such metric, or it does not go with these vectors.
    """
    given = dict(options or {})
    if "metric" not in given or spec.provider in OWN_METRIC:
        return _factory(spec.provider)(spec, golden, given)
    check_options(spec, {"metric": given["metric"]}, COMPARING)
    metric = check_metric(str(given["metric"]))
    if metric == HAMMING:
        raise UsageError(
            f"{spec}: metric = 'hamming' is of packed bits, which only vectors/ reads",
            hint="cosine, dot or l2",
            code="EK356",
        )
    agreed = compared(given)
    stated = agreed.pop("metric", "")
    return _comparing(_factory(spec.provider)(spec, golden, agreed), stated)


def encoder_of(model: str | Encoder | VectorSource, golden: GoldenSet) -> Encoder | VectorSource:
    """Return what embeds: an encoder as it is, and of a name such as "st/all-MiniLM-L6-v2" its encoder.

    Raises:
        UsageError: The name names no model.
    """
    return open_encoder(ModelSpec.parse(model), golden) if isinstance(model, str) else model


def _comparing(encoder: Encoder | VectorSource, metric: str) -> Encoder | VectorSource:
    """Return an encoder whose fingerprint states how its vectors are compared."""
    if not metric:
        return encoder
    twin = copy.copy(encoder)
    # Every adapter keeps its fingerprint as an attribute, some in a frozen dataclass.
    object.__setattr__(twin, "fingerprint", replace(encoder.fingerprint, metric=metric))
    return twin


def check_options(spec: ModelSpec, options: Options, known: Mapping[str, type]) -> None:
    """Raise unless every option is one of `known` and has its type; all problems are told at once.

    Raises:
        UsageError: No option is called so, the nearest is offered; or a value has another type.
    """
    findings = [
        finding for name, value in options.items() for finding in option_findings(spec, name, value, known)
    ]
    if findings:
        raise UsageError.of(findings)


def option_findings(
    spec: ModelSpec, name: str, value: object, known: Mapping[str, type]
) -> tuple[Finding, ...]:
    """Return what is wrong with one option: its name, with the nearest offered, or the type of its value."""
    if name not in known:
        return UnknownNameError.among(f"option of {spec.provider}/", name, known).findings
    if known[name] is object or _is_a(value, known[name]):  # its provider looks at it more closely
        return ()
    problem = f"{spec}: {name} = {value!r} must be {KINDS[known[name]]}"
    return (Finding("EK114", Severity.ERROR, problem, hint="correct it"),)


def known_options(provider: str) -> Mapping[str, type] | None:
    """Return the options that a provider of this package takes, None for others."""
    if provider not in FACTORIES:
        return None
    known: Mapping[str, type] = importlib.import_module(FACTORIES[provider]).OPTIONS
    return {**known, **COMPARING}


def positive(spec: ModelSpec, options: Options, name: str, default: float) -> float:
    """Return the number that an option states, which must be greater than 0.

    Raises:
        UsageError: It is not.
    """
    value = float(str(options.get(name, default)))
    if not 0 < value < math.inf:
        raise UsageError(
            f"{spec}: {name} = {options[name]!r} must be greater than 0", hint="correct it", code="EK114"
        )
    return value


def one_of(spec: ModelSpec, options: Options, name: str, values: Sequence[str]) -> None:
    """Raise unless an option, where it is given, has one of a few values.

    Raises:
        UsageError: It has another.
    """
    if name in options and options[name] not in values:
        raise UsageError(
            f"{spec}: {name} = {options[name]!r} is none of {', '.join(values)}",
            hint="correct it",
            code="EK114",
        )


def _is_a(value: object, kind: type) -> bool:
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, kind) and (kind is bool or not isinstance(value, bool))


def _factory(provider: str) -> Factory:
    if provider in FACTORIES:
        make: Factory = importlib.import_module(FACTORIES[provider]).make
        return make
    for point in entry_points(group=ENTRY_POINTS, name=provider):
        with guarded(partial(_not_loaded, provider, point)):
            registered: Factory = point.load()
        return _guarded(registered)
    raise UnknownNameError.among("provider of vectors", provider, providers())


def _not_loaded(provider: str, point: EntryPoint, error: BaseException) -> UsageError:
    where = point.dist.name if point.dist is not None else point.value
    return UsageError(
        f"the provider {provider!r} cannot be loaded: {described(error)}",
        places=(f"{where}   {point.value}",),
        hint=f"another package registers it under {ENTRY_POINTS}; look for the fault there",
        code="EK129",
    )


def _guarded(factory: Factory) -> Factory:
    """Return a factory of another package whose failures are errors, whatever it does."""

    def make(spec: ModelSpec, golden: GoldenSet, options: Options) -> Encoder | VectorSource:
        with guarded(lambda error: foreign_failure(str(spec), error)):
            return factory(spec, golden, options)

    return make
