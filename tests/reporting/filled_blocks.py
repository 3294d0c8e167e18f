"""Blocks of every kind in which each text is a word of its own, so that a view can be asked what it shows."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from typing import Any, Union, get_args, get_origin, get_type_hints

from evalkit.reporting import blocks, charts, curves, querylines, tables
from evalkit.reporting.blocks import Block, Sentences
from evalkit.reporting.page import Page, Section
from evalkit.reporting.words import Code, Strong
from evalkit.results.parts import FindingPart

KINDS: tuple[type[Any], ...] = get_args(Block)
FIXED: dict[str, Any] = {  # what is no text to read, but a choice among few
    "tone": "good",
    "state": "fails",
    "look": "ink",
    "mark": "relevant",
    "path": "M0,0 100,100",
    "band": "M0,0 100,100",
}
ADDRESSES = ("anchor", "key", "term", "link")  # of places on a page, no text to read
_NAMES = {
    name: kind
    for module in (blocks, charts, curves, querylines, tables)
    for name, kind in vars(module).items()
}

Write = Callable[[str], str]


def filled(kind: type[Any], write: Write) -> Any:
    """Return a value of a kind, each text in it as `write` gives it for the path of its fields."""
    return _value(kind, kind.__name__, write)


def page_of(*shown: Block) -> Page:
    """Return a page that shows some blocks."""
    sections = (Section("first", "A part", tuple(shown)),)
    return Page(what="a test", title="t", name="n", facts=("f",), sections=sections)


def every_text(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield the path and the content of every text to read in a block, fixed words and addresses left out."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, tuple):
        for item in value:
            yield from every_text(item, path)
    elif isinstance(value, FindingPart):
        for name in ("code", "severity", "problem", "places", "hint"):
            yield from every_text(getattr(value, name), f"{path}.{name}")
    elif is_dataclass(value):
        start = path or type(value).__name__
        for part in fields(value):
            if part.name not in FIXED and part.name not in ADDRESSES:
                yield from every_text(getattr(value, part.name), f"{start}.{part.name}")


def _value(hint: Any, path: str, write: Write) -> Any:
    name = path.rpartition(".")[2]
    if name in FIXED:
        return FIXED[name]
    if hint is str:
        return name if name in ADDRESSES else write(path)
    if hint in (bool, int, float):
        return {bool: name == "captioned", int: 1, float: 50.0}[hint]
    if hint is FindingPart:
        said = {key: write(f"{path}.{key}") for key in ("code", "severity", "problem", "hint")}
        return FindingPart(**said, places=(write(f"{path}.places"),))
    if is_dataclass(hint):
        hints = get_type_hints(hint, localns=_NAMES)
        return hint(
            **{part.name: _value(hints[part.name], f"{path}.{part.name}", write) for part in fields(hint)}
        )  # type: ignore[operator] # a class
    return _several(hint, path, write)


def _several(hint: Any, path: str, write: Write) -> Any:
    inner = get_args(hint)
    if hint == Block:
        return Sentences((write(f"{path}.Sentences.texts"),))
    if get_origin(hint) is tuple:
        if inner[-1] is Ellipsis:
            return tuple(_value(inner[0], path, write) for _ in range(2))
        return tuple(_value(part, path, write) for part in inner)
    if get_origin(hint) in (Union, types.UnionType):
        if {str, Strong, Code} & set(inner) or (typing.get_origin(inner[-1]) is tuple and inner[0] is str):
            return (write(path), Strong(write(path)), Code(write(path)))
        return _value(next(part for part in inner if part is not type(None)), path, write)
    raise TypeError(f"{path} is of {hint}, which nobody knows how to fill")
