"""What is asked for beside the texts: the body of a request, and what of it makes another space."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from evalkit.digests import digest_settings
from evalkit.embedding.encoder import Role
from evalkit.embedding.modelspec import ModelSpec, Options, one_of, positive
from evalkit.errors import EvalkitError, UsageError

OPTIONS: dict[str, type] = {
    "dimensions": int,
    "encoding_format": str,
    "input_type": object,
    "extra_body": dict,
    "query_body": dict,
    "document_body": dict,
}
BASE64, FLOAT, LEFT_OUT = "base64", "float", "none"
ENCODINGS = (BASE64, FLOAT, LEFT_OUT)
OWN = {
    "input": "the texts are put there",
    "model": "name the model in its spec",
    "encoding_format": "write it as an option beside extra_body",
    "dimensions": "write it as an option beside extra_body",
}
MARKED = 12


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a request states beside its model and texts.

    Attributes:
        dimensions: E, None for the model's own.
        encoding: How numbers are asked for at first, one of ENCODINGS.
        extra: Further keys of the body, by role.
    """

    dimensions: int | None = None
    encoding: str = BASE64
    extra: Mapping[Role, Mapping[str, Any]] = field(default_factory=dict)

    def body(self, model: str, texts: list[str], role: Role, encoding: str) -> dict[str, Any]:
        """Return the body of a request."""
        body: dict[str, Any] = {**self.extra.get(role, {}), "input": texts, "model": model}
        if self.dimensions is not None:
            body["dimensions"] = self.dimensions
        if encoding != LEFT_OUT:
            body["encoding_format"] = encoding
        return body

    @property
    def choosing(self) -> str:
        """A digest of the keys that may move the space, "" where there are none."""
        stated = {str(role): dict(extra) for role, extra in self.extra.items() if extra}
        return digest_settings(stated)[:MARKED] if stated else ""


def wanted_of(spec: ModelSpec, options: Options) -> Wanted:
    """Return what options state.

    Raises:
        UsageError: One is out of its range, or would replace what is set elsewhere.
    """
    one_of(spec, options, "encoding_format", ENCODINGS)
    dimensions = int(positive(spec, options, "dimensions", 1)) if "dimensions" in options else None
    types = _types(spec, options.get("input_type", {}))
    extra = {}
    for role in Role:
        stated: dict[str, Any] = {}
        for name in ("extra_body", f"{role}_body"):
            table = options.get(name, {})
            stated |= _own_words(spec, name, table if isinstance(table, Mapping) else {})
        extra[role] = {**stated, **({"input_type": types[role]} if role in types else {})}
    return Wanted(dimensions, str(options.get("encoding_format", BASE64)), extra)


def _types(spec: ModelSpec, stated: object) -> dict[Role, str]:
    """Return the input type of each role; a text is that of both."""
    if isinstance(stated, str) and stated:
        return dict.fromkeys(Role, stated)
    known = isinstance(stated, Mapping) and set(stated) <= set(Role)
    if isinstance(stated, Mapping) and known and all(isinstance(text, str) for text in stated.values()):
        return {Role(role): text for role, text in stated.items()}
    raise UsageError(
        f"{spec}: input_type = {stated!r} is neither a text nor one for query and document each",
        hint='such as input_type = { query = "search_query", document = "search_document" }',
        code="EK114",
    )


def _own_words(spec: ModelSpec, name: str, table: Mapping[str, Any]) -> dict[str, Any]:
    for key in table:
        if key in OWN:
            raise UsageError(f"{spec}: {name} cannot set {key!r}", hint=OWN[key], code="EK114")
    try:
        digest_settings(table)
    except (TypeError, ValueError, RecursionError, EvalkitError):  # TOML knows dates and NaN, JSON does not
        raise UsageError(
            f"{spec}: {name} holds what JSON cannot say", hint="write dates as texts", code="EK114"
        ) from None
    return dict(table)
