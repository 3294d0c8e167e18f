"""The escaping of Markdown: foreign text that can neither format, link nor notify."""

from __future__ import annotations

import re

_PUNCTUATION = re.compile(r"([\\`*_{}\[\]#|~<>&]|(?<=:)/|(?<=:/)/|(?<=www)\.)")
_MENTION = re.compile(r"(?<!\w)@")


def code(text: str) -> str:
    """Return foreign text as a code span that nothing in it can end, fit for a table cell."""
    cleaned = text.replace("|", "\\|") or " "
    longest = max((len(run) for run in re.findall("`+", cleaned)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if cleaned.startswith("`") or cleaned.endswith("`") else ""
    return f"{fence}{pad}{cleaned}{pad}{fence}"


def escaped(text: str) -> str:
    """Return foreign text with every sign escaped that formats or links, and mentions broken."""
    return _MENTION.sub("@\N{WORD JOINER}", _PUNCTUATION.sub(r"\\\1", text))


def strong(text: str) -> str:
    """Return foreign text that stands out."""
    return f"**{escaped(text)}**"
