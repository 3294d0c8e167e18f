"""Texts that would steer a terminal or command a build server, and what output must not hold."""

from __future__ import annotations

import re
import unicodedata

STEERING = {
    "colour": "\x1b[31mred",
    "title of the window": "\x1b]0;owned\x07",
    "link": "\x1b]8;;http://x\x1b\\click\x1b]8;;\x1b\\",
    "one-byte CSI": "\x9b2Jx",
    "bell, backspace, delete": "a\x07\x08\x7fb",
    "carriage return": "GO\rNO",
    "right to left": "a\u202egpj.exe\u2066x",
    "line separator": "a\u2028b\u2029c\x85d\x0be",
    "stop": "\n::stop-commands::x",
    "annotation": "::error file=a::b",
    "group": "##[group]x",
    "logging command": "x ##vso[task.setvariable variable=a]b",
    "after spaces": "x\r\n \t\u00a0::add-mask::a",
    "more signs": "####[error]x ###vso[a]",
}
_COMMAND = re.compile(r"^\s*::|##[\w.-]*\[")
_TURNS = ("LRE", "RLE", "LRO", "RLO", "LRI", "RLI", "FSI", "PDF", "PDI")


def harms(printed: str) -> list[str]:
    """Return the lines that would steer a terminal or command a build server."""
    return [line for line in printed.split("\n") if _COMMAND.search(line) or any(map(_steers, line))]


def _steers(sign: str) -> bool:
    unseen = unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp")
    return unseen or unicodedata.bidirectional(sign) in _TURNS
