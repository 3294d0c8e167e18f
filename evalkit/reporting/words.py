"""The words: text in which some parts stand out, as any view can write it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Strong:
    """Text that stands out."""

    text: str


@dataclass(frozen=True, slots=True)
class Code:
    """Foreign text, such as a name or a command, as it is."""

    text: str


Part = str | Strong | Code
Words = str | tuple[Part, ...]


def parts_of(words: Words) -> tuple[Part, ...]:
    """Return the parts of some words."""
    return (words,) if isinstance(words, str) else words


def unmarked(words: Words) -> str:
    """Return the text alone."""
    return "".join(part if isinstance(part, str) else part.text for part in parts_of(words))


def marked(words: Words, writers: Mapping[type, Callable[[str], str]]) -> str:
    """Return the text with each kind of part written by its writer; `writers` has one for `str`, too."""
    written = (
        writers[str](part) if isinstance(part, str) else writers[type(part)](part.text)
        for part in parts_of(words)
    )
    return "".join(written)
