"""The card of a golden set: what `golden.toml` says about it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from evalkit.errors import GoldenSetError, nearest
from evalkit.findings import Finding, Severity, place
from evalkit.golden.disguises import settings_disguise
from evalkit.golden.links import refuse_leaving
from evalkit.golden.naming import NAME_HINT, wrong_with_name
from evalkit.opening import fault, is_there, read_settings
from evalkit.parsing import parse_toml

if TYPE_CHECKING:
    from pathlib import Path

CARD = "golden.toml"
JUDGMENTS = ("complete", "pooled", "sparse")
NOT_STATED = "not stated"
SELF_HITS = ("", "remove", "keep")
MISSING_DOCUMENTS = ("error", "drop")
ASSUMED = "assumed"
SPLIT = "test"


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What a golden set says about itself.

    Attributes:
        name: How reports call it; the folder's name when empty.
        version: The author's version; the digest, not this, identifies the content.
        judgments: "complete" (every relevant document is judged), "pooled" (the tops of some systems were
            judged) or "sparse" (a known answer for each query); "" when nothing is stated, which is computed
            as "complete" and told.
        pooled_from: The systems whose results were judged, or where known answers come from.
        self_hits: Where a query is itself a document: "remove" it from the query's results or "keep" it;
            "" when nothing has been decided.
        missing_documents: What to do with judgements of documents that the corpus lacks.
        corpus: "" for `corpus.jsonl`, or the name of a corpus built at run time.
        chunks_of: The metadata field by which a document names what it is a chunk of, "" where documents are
            searched whole.
        grades: "assumed" where the judgements came without grades, so that each was read as grade 1.
        segments: Name of a segment → what it means.
    """

    name: str = ""
    version: str = ""
    description: str = ""
    license: str = ""
    language: str = ""
    split: str = SPLIT
    judgments: str = ""
    pooled_from: tuple[str, ...] = ()
    self_hits: str = ""
    missing_documents: str = "error"
    corpus: str = ""
    chunks_of: str = ""
    grades: str = ""
    segments: Mapping[str, str] = field(default_factory=dict)

    @property
    def judging(self) -> str:
        """How the set was judged, in the words that are shown: as stated, or that nothing is."""
        return self.judgments or NOT_STATED


CHOICES = {
    "judgments": JUDGMENTS,
    "self_hits": SELF_HITS,
    "missing_documents": MISSING_DOCUMENTS,
    "grades": ("", ASSUMED),
}


def read_card(path: Path) -> Card:
    """Read `golden.toml`; without that file, return the card of a folder that says nothing.

    Raises:
        GoldenSetError: The file is not TOML, or a key or a value is unknown; all problems at once.
    """
    if not is_there(path):
        return Card()
    refuse_leaving(path, path.parent)
    try:
        settings: dict[str, Any] = parse_toml(read_settings(path))
    except (OSError, ValueError) as error:
        raise GoldenSetError(
            f"the card cannot be read: {fault(error)}"
            if isinstance(error, OSError)
            else f"the card is not valid TOML: {fault(error)}",
            places=(str(path),),
            hint=settings_disguise(path) or "see https://toml.io for the notation",
            code="EK220",
        ) from error
    findings = [finding for key, value in settings.items() for finding in _problems(path, key, value)]
    if findings:
        raise GoldenSetError.of(findings)
    frozen: dict[str, Any] = {}
    for key, value in settings.items():
        frozen[key] = tuple(value) if isinstance(value, list) else value
    return Card(**frozen)


def card_text(card: Card) -> str:
    """Return the text of `golden.toml`; what is as it would be without a card is left out."""
    stated = [(item.name, getattr(card, item.name)) for item in fields(Card)]
    said = {name: value for name, value in stated if value != getattr(Card(), name)}
    lines = [f"{name} = {_toml(value)}" for name, value in said.items() if name != "segments"]
    segments = [f"{_toml(name)} = {_toml(meaning)}" for name, meaning in card.segments.items()]
    return "".join(f"{line}\n" for line in [*lines, *(["", "[segments]"] if segments else []), *segments])


def _toml(value: object) -> str:
    """Return a text, or texts, as TOML, whose quoted texts are JSON's but for the character after tilde."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _problems(path: Path, key: str, value: object) -> list[Finding]:
    defaults = {item.name: getattr(Card(), item.name) for item in fields(Card)}
    if key not in defaults:
        near = nearest(key, defaults)
        hint = f"did you mean {near}?" if near else f"known keys: {', '.join(defaults)}"
        return [_error("EK221", f"unknown key {key!r}", path, hint)]
    if key in CHOICES and value not in CHOICES[key]:
        allowed = ", ".join(repr(choice) for choice in CHOICES[key] if choice)
        return [_error("EK222", f"{key} = {value!r} is not a choice", path, f"choose from {allowed}")]
    wanted = list if isinstance(defaults[key], tuple) else dict if key == "segments" else str
    if not isinstance(value, wanted):
        words = {list: "a list of names", dict: "a table", str: "a text in quotes"}[wanted]
        return [_error("EK223", f"{key} = {value!r} must be {words}", path, "correct the card")]
    members = (
        value if isinstance(value, list) else [*value, *value.values()] if isinstance(value, dict) else ()
    )
    if not all(isinstance(member, str) for member in members):
        return [_error("EK223", f"{key} must hold texts in quotes alone", path, "correct the card")]
    if key in ("name", "split") and (wrong := wrong_with_name(str(value))):
        return [_error("EK248", f"{key} = {value!r} {wrong}", path, NAME_HINT)]
    return []


def _error(code: str, problem: str, path: Path, hint: str) -> Finding:
    return Finding(code, Severity.ERROR, problem, (place(path),), hint)
