"""The parts of a baseline file, each read strictly: finite, possible, once."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from evalkit import parsing
from evalkit.figures import as_set, spread
from evalkit.regression.asked import AskedQuery, Corpus
from evalkit.regression.baseline import FirstRun, Noise
from evalkit.scoring.measure import Measure
from evalkit.spaces.sketches import Sketch

_Kind = TypeVar("_Kind")
CANARY = 4
_ROUNDING = 1e-9


def parse_json(text: str) -> dict[str, Any]:
    """Return the object that a text holds; ValueError where a key stands twice or a number is none."""
    content = parsing.parse_json(text, unique=True, finite=True)
    return the(dict, content, "the file")


def the(kind: type[_Kind], value: object, name: str) -> _Kind:
    """Return a value of the kind that a key must hold; ValueError names the key."""
    if isinstance(value, kind) and not (isinstance(value, bool) and kind is not bool):
        return value
    raise ValueError(f"{name} holds {_shown(value)}, where {_KINDS[kind]} belongs")


def count(value: object, name: str, least: int = 0) -> int:
    """Return a whole number that is no less than it can be."""
    number = the(int, value, name)
    if number < least:
        raise ValueError(f"{name} is {number}: less than {least} is not possible")
    return number


def number(value: object, name: str, low: float, high: float) -> float:
    """Return a finite number within what is possible."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{name} holds {_shown(value)}, where a finite number belongs")
    if not low <= value <= high + _ROUNDING:
        raise ValueError(f"{name} is {value}: it lies between {as_set(low)} and {spread(high)}")
    return float(value)


def texts(value: object, name: str) -> tuple[str, ...]:
    """Return a list of texts."""
    return tuple(the(str, item, f"{name}[{place}]") for place, item in enumerate(the(list, value, name)))


def read_measures(value: object) -> tuple[Measure, ...]:
    """Return the measures, each once."""
    measures = tuple(Measure.parse(name) for name in texts(value, '"measures"'))
    if len(set(measures)) != len(measures) or not measures:
        raise ValueError('"measures" names none, or one twice')
    return measures


def read_values(value: object, measures: Sequence[Measure]) -> dict[str, list[float]]:
    """Return the values of each query, one for each measure."""
    found = {}
    for query, row in the(dict, value, 'the table of values, "queries",').items():
        values = the(list, row, f'"queries" {query!r}')
        if len(values) != len(measures):
            raise ValueError(f'"queries" {query!r} holds {len(values)} values for {len(measures)} measures')
        found[query] = [number(item, f'"queries" {query!r}', 0.0, 1.0) for item in values]
    return found


def read_noise(value: object, means: Mapping[Measure, Sequence[float]], *, repeated: bool) -> Noise:
    """Return the noise, no more of it than values such as the stored ones can have.

    Args:
        value: The block.
        means: The stored values of each measure.
        repeated: Whether these are means over the repetitions, which bounds their variance.

    Source: Bhatia and Davis, A better bound on the variance, American Mathematical Monthly 107(4), 2000.
    """
    block = the(dict, value, '"noise"')
    runs = count(block["runs"], '"noise" "runs"')
    if runs == 1:
        raise ValueError('"noise" "runs" is 1: one run alone shows no noise')
    variance = the(dict, block["variance"], '"noise" "variance"')
    if {Measure.parse(name) for name in variance} != set(means) or len(variance) != len(means):
        raise ValueError('"noise" "variance" is of other measures')
    found = {}
    for name, stated in variance.items():
        measure = Measure.parse(name)
        place = f'"noise" "variance" {name!r}'
        found[measure] = number(stated, place, 0.0, _most(runs, means[measure], repeated=repeated))
    first = _read_first(block["first"], len(means)) if "first" in block else None
    return Noise(
        runs=runs, repeated=the(str, block["repeated"], '"noise" "repeated"'), variance=found, first=first
    )


def read_stamp(content: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Return a stamp that says what was measured, and on what."""
    for part, needed in (("golden", ("name", "judgements_digest")), ("fingerprint", ("provider", "model"))):
        block = the(dict, content[part], f'"{part}"')
        for name in needed:
            if name not in block:
                raise ValueError(f"its {part} has no {name}")
            the(str, block[name], f'"{part}" "{name}"')
    the(str, content["spec"], '"spec"')
    count(content["depth"], '"depth"', 1)
    for name in ("queries", "documents"):
        if name in content["golden"]:
            count(content["golden"][name], f'"golden" "{name}"')
    for part in ("policy", "libraries"):
        the(dict, content[part], f'"{part}"')
    return {name: content[name] for name in names}


def read_canaries(value: object) -> tuple[Sketch, ...]:
    """Return the canaries."""
    found = []
    for place, item in enumerate(the(list, value, '"canaries"')):
        parts = texts(item, f'"canaries"[{place}]')
        if len(parts) != CANARY:
            raise ValueError(f'"canaries"[{place}] has {len(parts)} parts, not {CANARY}')
        canary = Sketch.unpacked(*parts)
        if not all(map(math.isfinite, canary.sketch.tolist())):
            raise ValueError(f'"canaries"[{place}] is not finite')
        found.append(canary)
    return tuple(found)


def read_asked(value: object, queries: Sequence[str]) -> dict[str, AskedQuery]:
    """Return what each query was."""
    asked = {}
    for number, item in enumerate(the(list, value, '"asked"')):
        place = f'"asked"[{number}]'
        query, text, judgements, relevant, shown = the(list, item, place)
        if the(str, query, place) in asked:
            raise ValueError(f'"asked" holds {query!r} twice')
        grades = the(dict, relevant, place).items()
        asked[query] = AskedQuery(
            text=the(str, text, place),
            judgements=the(str, judgements, place),
            relevant={key: count(grade, f"{place} {key!r}", 1) for key, grade in grades},
            shown=texts(shown, place),
        )
    strangers = sorted(asked.keys() ^ set(queries))
    if strangers:
        raise ValueError(f'"asked" and "queries" do not hold the same queries: {strangers[0]!r}')
    return asked


def read_corpus(value: object) -> Corpus:
    """Return what is remembered of the documents."""
    block = the(dict, value, '"corpus"')
    return Corpus.unpacked(
        count(block["documents"], '"corpus" "documents"'), the(str, block["filter"], '"corpus" "filter"')
    )


def _read_first(value: object, measures: int) -> FirstRun:
    block = the(dict, value, '"noise" "first"')
    means = [number(item, '"noise" "first" "means"', 0.0, 1.0) for item in the(list, block["means"], "means")]
    if len(means) != measures:
        raise ValueError('"noise" "first" holds other measures')
    return FirstRun(
        means=tuple(means),
        queries=texts(block["queries"], '"noise" "first" "queries"'),
    )


def _most(runs: int, means: Sequence[float], *, repeated: bool) -> float:
    """Return the largest mean variance within queries, of values in [0, 1], that so many runs can have."""
    if not runs or not means:
        return 0.0
    spread = sum(mean * (1 - mean) for mean in means) / len(means) if repeated else 0.25
    return runs / (runs - 1) * spread


def _shown(value: object) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= 40 else f"{text[:39]}…"  # noqa: PLR2004 - what fits into a sentence


_KINDS: Mapping[Callable[..., object], str] = {
    dict: "an object",
    list: "a list",
    str: "a text",
    int: "a whole number",
}
