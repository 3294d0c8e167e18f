"""The naming: systems that are named by a long path go by the last parts of it, wherever a page says them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from evalkit.results.result import Result

_PARTS = 2  # provider/model is short enough
_NAMES = {"baseline", "candidate", "old", "new", "recommended"}
_KEYED = {"systems", "unjudged", "power", "reranking", "deltas", "costs"}
_PROSE = {"notes", "sentence", "words", "problem"}
_LEFT = {"question", "golden", "documents", "fingerprint", "gate"}

Rename = Callable[[str], str]


def short_names(names: Iterable[str]) -> dict[str, str]:
    """Return the systems' names with the last parts of those that are long paths, as many as tell them apart.

    Addresses stay as they are: the end of one says little.

    Examples:
        >>> short_names(["vectors//data/old/v1", "vectors//data/new/v1", "lsa/384"])
        {'vectors//data/old/v1': 'old/v1', 'vectors//data/new/v1': 'new/v1'}
    """
    known = list(names)
    long = [name for name in known if "://" not in name and len(_parts(name)) > _PARTS]
    taken = {*known} - {*long}
    for length in range(1, max((len(_parts(name)) for name in long), default=0)):
        ends = ["/".join(_parts(name)[-length:]) for name in long]
        if len({*ends}) == len(ends) and not {*ends} & taken:
            return dict(zip(long, ends, strict=True))
    return {}


def briefly_named(result: Result) -> Result:
    """Return a result in which long paths go by short names; the full one stays as the system's spec."""
    short = short_names(result.systems)
    if not short:
        return result
    longest_first = sorted(short, key=len, reverse=True)
    pattern = re.compile("|".join(rf"{re.escape(name)}(?![\w/.-]*[\w/])" for name in longest_first))

    def rename(text: str) -> str:
        return pattern.sub(lambda match: short[match[0]], text)

    return Result.of(_renamed(result.to_json(), rename))


def _parts(name: str) -> list[str]:
    return [part for part in name.split("/") if part]


def _renamed(value: dict[str, Any], rename: Rename) -> dict[str, Any]:
    return {key: item if key in _LEFT else _part(key, item, rename) for key, item in value.items()}


def _part(key: str, item: Any, rename: Rename) -> Any:  # noqa: ANN401 - any JSON value in, any JSON value out
    if isinstance(item, str):
        return rename(item) if key in _NAMES | _PROSE else item
    if isinstance(item, dict):
        keyed = {rename(name): part for name, part in item.items()} if key in _KEYED else item
        return _renamed(keyed, rename)
    if isinstance(item, list):
        inside = key if key in _PROSE else ""  # a list of names would be one of documents
        return [_part(inside, part, rename) for part in item]
    return item
