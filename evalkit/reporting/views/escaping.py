"""The escaping of Markdown: foreign text that can neither format, link nor notify."""

from __future__ import annotations

import re

_PUNCTUATION = re.compile(r"([\\`*_{}\[\]#|~<>&]|(?<=:)/|(?<=:/)/|(?<=www)\.)")
_BLOCK = re.compile(
    r"^\s*(?:\d{1,9}(?=[.)](?:\s|$))|(?=(?:[-+]|=+|-+)(?:\s|$)))"
)  # a list, a heading, a rule
_MENTION = re.compile(r"(?<!\w)@")


def code(text: str) -> str:
    """Return foreign text as a code span that nothing in it can end, and that shows every sign of it."""
    cleaned = text or " "
    longest = max((len(run) for run in re.findall("`+", cleaned)), default=0)
    fence = "`" * (longest + 1)
    spaced = cleaned[0] == cleaned[-1] == " " and cleaned.strip()  # a reader takes one space from both ends
    pad = " " if spaced or "`" in (cleaned[0], cleaned[-1]) else ""
    return f"{fence}{pad}{cleaned}{pad}{fence}"


def code_in_cell(text: str) -> str:
    """Return the code span of foreign text within a table, whose cells a bar would part."""
    return code(text).replace("|", "\\|")


def escaped(text: str) -> str:
    """Return foreign text with every sign escaped that formats or links, and mentions broken."""
    inert = _MENTION.sub("@\N{WORD JOINER}", _PUNCTUATION.sub(r"\\\1", text))
    return _BLOCK.sub(r"\g<0>\\", inert)


def strong(text: str) -> str:
    """Return foreign text that stands out."""
    return f"**{escaped(text)}**"
