"""The encoder: what turns texts into vectors, and the fingerprint of the space they live in."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from evalkit.arrays import Array
from evalkit.digests import digest_settings
from evalkit.embedding.rowfile import RowFile
from evalkit.errors import ModelError, UnknownNameError, nearest
from evalkit.findings import Finding
from evalkit.golden.texts import Texts
from evalkit.usercode import described

TEXT: tuple[tuple[type, ...], str] = ((str,), "a text")
KINDS: dict[str, tuple[tuple[type, ...], str]] = {  # of fields that are no texts
    "prompts": ((Mapping, list, tuple, type(None)), "an object of texts by role"),
    "dims": ((int,), "a whole number"),
    "truncation": ((int, type(None)), "a whole number or null"),
    "normalize": ((bool,), "true or false"),
}


COSINE, DOT, L2, HAMMING = "cosine", "dot", "l2", "hamming"
METRICS = (COSINE, DOT, L2, HAMMING)


class Role(enum.StrEnum):
    """What a text is to the model: many encode a query and a document differently."""

    query = "query"
    document = "document"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """The identity of an embedding space: two vectors may be compared only when theirs are equal.

    Attributes:
        provider: Who encodes: "st", "lsa", "vectors" …
        model: The model's name there.
        revision: A commit, or a digest of the weights or of the corpus that the model was fitted on.
        prompts: (role, text put before every text of that role) pairs, sorted; empty prompts are absent.
        dims: E, the length of a vector.
        truncation: Tokens after which a text is cut; None where nothing is cut or nobody knows.
        pooling: How token vectors become one.
        normalize: Whether vectors are brought to unit length.
        dtype: The number type that the model computes in.
        backend: What runs the model, where there is a choice: "torch", "onnx", "openvino".
        metric: How vectors are compared where somebody said so, one of METRICS; "" for the cosine where they
            are brought to unit length, and the inner product where not.
    """

    provider: str
    model: str
    revision: str = ""
    prompts: tuple[tuple[str, str], ...] = ()
    dims: int = 0
    truncation: int | None = None
    pooling: str = ""
    normalize: bool = True
    dtype: str = "float32"
    backend: str = ""
    metric: str = ""

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Fingerprint:
        """Return the fingerprint that a JSON object states; prompts may be an object by role.

        Raises:
            ModelError: A key is unknown, the nearest one is offered; or a value is of another type.
        """
        known = [item.name for item in dataclasses.fields(cls)]
        for key in settings:
            if key not in known:
                near = nearest(key, known)
                hint = f"did you mean {near}?" if near else f"known keys: {', '.join(known)}"
                raise ModelError(f"a fingerprint has no key {key!r}", hint=hint, code="EK311")
            kinds, words = KINDS.get(key, TEXT)
            value = settings[key]
            if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
                raise ModelError(
                    f"the {key} of a fingerprint cannot be {value!r}", hint=f"it is {words}", code="EK344"
                )
        settings = compared({**settings, "metric": check_metric(settings.get("metric", ""))})
        prompts = settings.get("prompts") or {}
        pairs = prompts.items() if isinstance(prompts, Mapping) else prompts
        frozen = tuple(sorted((str(role), str(text)) for role, text in pairs if text))
        return cls(**{**settings, "prompts": frozen})

    @property
    def digest(self) -> str:
        """The digest that is stamped on vectors, index, run and report."""
        return digest_settings(self.to_settings())

    def __str__(self) -> str:
        return f"{self.provider}/{self.model}"

    def to_settings(self) -> dict[str, Any]:
        """Return the fields as a JSON object, prompts by role; a metric only where one was stated."""
        settings = {**dataclasses.asdict(self), "prompts": dict(self.prompts)}
        if not self.metric:  # so that a space keeps the digest that it has always had
            del settings["metric"]
        return settings

    @property
    def stored(self) -> Fingerprint:
        """The same vectors, however they are compared: by this the cache knows them."""
        return dataclasses.replace(self, metric="") if self.metric else self

    @property
    def by_distance(self) -> bool:
        """Whether vectors are compared by their Euclidean distance."""
        return self.metric == L2

    def prompt(self, role: Role) -> str:
        """Return the text put before every text of `role`."""
        return dict(self.prompts).get(role, "")


def check_metric(metric: str) -> str:
    """Return the metric where there is one of that name; "" is none.

    Raises:
        UnknownNameError: There is not; the nearest is offered.
    """
    if metric and metric not in METRICS:
        raise UnknownNameError.among(
            "metric", metric, METRICS, hint="dot is the inner product, l2 the Euclidean distance"
        )
    return metric


def compared(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings in which `normalize` and `metric` agree.

    The cosine is the inner product at unit length, which is what is compared where nothing is stated; the
    other metrics are of the vectors as they are, unless `normalize` was stated as well.
    """
    metric = settings.get("metric", "")
    if metric == COSINE:
        return {**settings, "normalize": True, "metric": ""}
    if metric in (DOT, L2):
        return {"normalize": False, **settings}
    return {name: value for name, value in settings.items() if name != "metric" or value}


class Encoder(Protocol):
    """Turns texts into vectors; made by a factory that is handed the golden set."""

    @property
    def fingerprint(self) -> Fingerprint:
        """The space of the vectors; known without encoding anything."""

    def encode(self, texts: Sequence[str], role: Role) -> Array:
        """Return (n, E) finite vectors, one for each text, prompts applied, of any length."""


def foreign_failure(name: str, error: BaseException) -> ModelError:
    """Return the error where code of another package, or one that lies beside a model, failed in any way."""
    return ModelError(
        f"{name} {described(error)}",
        hint="the fault is in the package that registers it, or in the code beside the model",
        code="EK372",
    )


class TextError(ModelError):
    """Texts that a model cannot encode; what was encoded beside them is kept."""

    rows: tuple[int, ...] = ()
    texts: tuple[str, ...] = ()

    def naming(self, names: Sequence[str]) -> ModelError:
        """Return the error that says which texts of a golden set they are."""
        told = self.findings[0]
        return ModelError(told.problem, places=(*told.places, *names), hint=told.hint, code=told.code)


@runtime_checkable
class Piecemeal(Protocol):
    """An encoder whose work is done in pieces that are worth keeping one by one, such as paid requests."""

    def pieces(self, texts: Sequence[str], role: Role) -> Iterator[tuple[list[int], Array]]:
        """Give rows of `texts` and their vectors as they are finished; each row once, in any order."""


@runtime_checkable
class Placed(Protocol):
    """An encoder that works at an address."""

    @property
    def place(self) -> str:
        """The address, without what is secret in it."""


@runtime_checkable
class Probing(Protocol):
    """An encoder that may have to be asked for its dimensions; until then its fingerprint states 0."""

    def probe(self) -> int:
        """Return E, learned by encoding one short text."""

    def settled(self, dims: int) -> Encoder:
        """Return the encoder with its dimensions known."""


@runtime_checkable
class Truncating(Protocol):
    """An encoder that reads only the beginning of a long text, and can say of how many."""

    def count_truncated(self, texts: Sequence[str], role: Role) -> int | None:
        """Return how many texts are longer than what is read; None where that cannot be known here."""


@runtime_checkable
class Counting(Protocol):
    """An encoder that can say how many tokens texts have."""

    def count_tokens(self, texts: Sequence[str], role: Role) -> list[int] | None:
        """Return how many tokens of each text are read, prompts included; None where nobody knows here."""


@runtime_checkable
class Versioned(Protocol):
    """An encoder whose vectors depend on the versions of libraries."""

    @property
    def libraries(self) -> tuple[str, ...]:
        """The distributions that produce the vectors, by the names that pip knows."""


@runtime_checkable
class Varying(Protocol):
    """An encoder that can be used otherwise than its files say, to try what somebody may have done."""

    def varied(self) -> Iterator[tuple[str, Encoder]]:
        """Give what each way is, and an encoder that goes it; what is loaded already is shared."""


@runtime_checkable
class Telling(Protocol):
    """A source of vectors that noticed something while it read them."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is worth knowing and no error."""


@runtime_checkable
class VectorSource(Protocol):
    """Vectors that exist already and are known by id, so that nothing is encoded or cached."""

    @property
    def fingerprint(self) -> Fingerprint:
        """The space of the vectors."""

    def vectors(self, texts: Texts, role: Role) -> Array | RowFile:
        """Return (n, E) vectors in the order of `texts.ids`."""
