"""Secrets that this process knows, and texts without them: what is printed, raised or logged holds none."""

from __future__ import annotations

import base64
import logging
from urllib.parse import quote

SHORTEST = 4  # a shorter one would be found in ordinary words
KNOWN: set[str] = set()
WHOLE: dict[str, str] = {}  # what may be shown → what it stands for, credentials included
TYPED: dict[str, str] = {}  # a word of the command line, credentials included → what may be shown of it


def keep_secret(secret: str) -> None:
    """Remember a secret, also as it is written in addresses and headers."""
    if len(secret) >= SHORTEST:
        KNOWN.update({secret, quote(secret, safe=""), repr(secret)[1:-1]})
        KNOWN.add(base64.b64encode(secret.encode("utf-8", "surrogatepass")).decode())


def without_secrets(text: str) -> str:
    """Return `text` with every known secret left out."""
    for word, shown in TYPED.items():
        text = text.replace(word, shown)
    for secret in sorted(KNOWN, key=len, reverse=True):
        text = text.replace(secret, "[the key]")
    return text


def show_instead(whole: str, shown: str) -> None:
    """Remember what a name stands for of which only a part may be shown."""
    if whole != shown:
        WHOLE[shown] = whole


def whole_of(shown: str) -> str:
    """Return what a name stands for; the name itself where nothing of it was left out."""
    return WHOLE.get(shown, shown)


class Redacting(logging.Filter):
    """Takes known secrets out of what a library logs."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, its text without secrets."""
        record.msg, record.args = without_secrets(record.getMessage()), ()
        return True
