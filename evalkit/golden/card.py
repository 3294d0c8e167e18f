"""The card of a golden set: what `golden.toml` says about it."""

from __future__ import annotations

import json
import numbers
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from itertools import pairwise
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
GAINS = "gains"
LARGEST_GRADE = 1_000_000
SPLIT = "test"
GAINS_HINT = (
    "gains = {0 = 0.0, 1 = 0.25, 2 = 1.0}: whole grades, each with a gain ≥ 0 that never falls as grades rise"
)


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
        grades: "assumed" where the judgements came without grades, so that each was read as grade 1; "gains"
            where what stands in the place of grades are gains, decimals too.
        gains: Grade → what it is worth to measures that weigh grades; nothing where it is worth itself.
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
    gains: Mapping[int, float] = field(default_factory=dict)
    segments: Mapping[str, str] = field(default_factory=dict)

    @property
    def judging(self) -> str:
        """How the set was judged, in the words that are shown: as stated, or that nothing is."""
        return self.judgments or NOT_STATED


CHOICES = {
    "judgments": JUDGMENTS,
    "self_hits": SELF_HITS,
    "missing_documents": MISSING_DOCUMENTS,
    "grades": ("", ASSUMED, GAINS),
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
    if "gains" in frozen:
        frozen["gains"] = {int(grade): float(gain) for grade, gain in sorted_gains(frozen["gains"])}
    return Card(**frozen)


def card_text(card: Card) -> str:
    """Return the text of `golden.toml`; what is as it would be without a card is left out."""
    stated = [(item.name, getattr(card, item.name)) for item in fields(Card)]
    said = {name: value for name, value in stated if value != getattr(Card(), name)}
    lines = [f"{name} = {_toml(value)}" for name, value in said.items() if name != "segments"]
    segments = [f"{_toml(name)} = {_toml(meaning)}" for name, meaning in card.segments.items()]
    return "".join(f"{line}\n" for line in [*lines, *(["", "[segments]"] if segments else []), *segments])


def _toml(value: object) -> str:
    """Return texts or gains as TOML, whose quoted texts are JSON's but for the character after tilde."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, Mapping):
        return "{{{}}}".format(", ".join(f"{grade} = {gain!r}" for grade, gain in value.items()))
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
    if key == "gains":
        return [_error("EK690", wrong, path, GAINS_HINT) for wrong in wrong_with_gains(value)]
    wanted = list if isinstance(defaults[key], tuple) else dict if key == "segments" else str
    if not isinstance(value, wanted):
        words = {list: "a list of names", dict: "a table", str: "a text in quotes"}[wanted]
        return [_error("EK223", f"{key} = {value!r} must be {words}", path, "correct the card")]
    members = (
        value if isinstance(value, list) else [*value, *value.values()] if isinstance(value, dict) else ()
    )
    if not all(isinstance(member, str) for member in members):
        return [_error("EK223", f"{key} must hold texts in quotes alone", path, "correct the card")]
    wrong = wrong_with_name(str(value)) if key in ("name", "split") else ""
    return [_error("EK248", f"{key} = {value!r} {wrong}", path, NAME_HINT)] if wrong else []


def sorted_gains(table: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Return the grades and gains of a card, the lowest grade first."""
    return sorted(table.items(), key=lambda item: int(item[0]))


def wrong_with_gains(table: object) -> Iterator[str]:
    """Yield what is wrong with the gains of a card, or of a caller: keys are grades, values their gains."""
    if not isinstance(table, Mapping) or not table:
        yield f"gains = {table!r} is no table of grades and gains"
        return
    grades = [str(grade) for grade in table]
    strange = [grade for grade in grades if not (grade.isascii() and grade.isdecimal())]
    strange += [grade for grade in grades if grade not in strange and int(grade) > LARGEST_GRADE]
    unfit = [grade for grade, gain in table.items() if not _is_gain(gain)]
    if strange:
        yield f"gains holds {strange[0]!r}, which is no grade"
    elif unfit:
        yield f"gains has {table[unfit[0]]!r} for grade {unfit[0]}, which is no gain"
    else:
        known = [(int(grade), gain) for grade, gain in sorted_gains({str(g): v for g, v in table.items()})]
        falls = [(low, high) for low, high in pairwise(known) if high[1] < low[1]]
        if dict(known).get(0, 0) != 0:
            yield f"gains has {dict(known)[0]} for grade 0, which is not relevant and gains nothing"
        elif falls:
            (low, more), (high, less) = falls[0]
            yield f"gains falls from {more} for grade {low} to {less} for grade {high}"


def _is_gain(gain: object) -> bool:
    number = isinstance(gain, numbers.Real) and not isinstance(gain, bool)
    return number and 0 <= float(gain) <= LARGEST_GRADE  # type: ignore[arg-type] # what is real is a float


def _error(code: str, problem: str, path: Path, hint: str) -> Finding:
    return Finding(code, Severity.ERROR, problem, (place(path),), hint)
