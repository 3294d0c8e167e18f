"""Redaction: what identifies a person or opens a door leaves the queries of a log."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

__all__ = ["Redacted", "redact"]

_CARD_DIGITS = range(13, 20)
_IBAN_REST = 97
_PHONE_DIGITS = range(8, 16)


@dataclass(frozen=True, slots=True)
class Redacted:
    """A query without what was recognised in it.

    Attributes:
        text: The query, "[email]" in place of an address, and so on.
        kinds: What was taken out, each once, sorted.
    """

    text: str
    kinds: tuple[str, ...]


def redact(text: str) -> Redacted:
    """Return a query without addresses, cards, IBANs, telephone, social security and order numbers, and keys.

    Cards must pass the check of Luhn, IBANs that of ISO 7064, so that part numbers stay. Names of people are
    not recognised; see `looks_like_name`.

    Examples:
        >>> redact("reset password for jo@example.org, order #12345678").text
        'reset password for [email], order [order]'
    """
    kinds = set()
    for kind, pattern, is_one in _PATTERNS:

        def replaced(match: re.Match[str], kind: str = kind, is_one: Callable[[str], bool] = is_one) -> str:
            found = match["it"]
            if not is_one(found):
                return match[0]
            kinds.add(kind)
            return match[0].replace(found, f"[{kind}]")

        text = pattern.sub(replaced, text)
    return Redacted(text, tuple(sorted(kinds)))


def looks_like_name(text: str) -> bool:
    """Return whether two neighbouring words of a query are capitalised inside it, as names are.

    Meant for a list that a person looks through: most of what it finds are products and places.
    """
    words = text.split()
    inside = words[1:] if len(words) > 2 else words  # noqa: PLR2004 - the first word of a sentence is no sign
    return any(first.istitle() and second.istitle() for first, second in pairwise(inside))


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _is_card(text: str) -> bool:
    digits = [int(char) for char in _digits(text)]
    if len(digits) not in _CARD_DIGITS or len(set(digits)) == 1:
        return False
    doubled = (2 * digit - 9 * (digit > 4) for digit in digits[-2::-2])  # noqa: PLR2004 - Luhn: two digits are added
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _is_iban(text: str) -> bool:
    packed = re.sub(r"\s", "", text).upper()
    moved = packed[4:] + packed[:4]
    return int("".join(str(int(char, 36)) for char in moved)) % _IBAN_REST == 1


def _is_phone(text: str) -> bool:
    return len(_digits(text)) in _PHONE_DIGITS


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_token(text: str) -> bool:
    kinds = [any(map(test, text)) for test in (str.isdigit, str.islower, str.isupper)]
    return text.startswith(("sk-", "ghp_", "xox", "eyJ", "AKIA")) or sum(kinds) >= 3  # noqa: PLR2004 - all three


def _always(text: str) -> bool:
    return bool(text)


# Each begins where no sign of its own stands before: else a long word is looked at from each of its signs.
_EMAIL = r"(?<![\w.+-])(?P<it>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
_LONG_WORD = r"(?<![\w-])(?P<it>[A-Za-z0-9_\-]{20,}(?:\.[A-Za-z0-9_\-]+){0,2})(?![\w-])"
_IBAN = r"\b(?P<it>[A-Za-z]{2}\d{2}(?: ?[A-Za-z0-9]{4}){2,7}(?: ?[A-Za-z0-9]{1,4})?)\b"
_CARD = r"(?<!\d)(?P<it>\d(?:[ -]?\d){12,18})(?!\d)"
_IP = r"(?<![\w.:])(?P<it>\d{1,3}(?:\.\d{1,3}){3}|(?:[0-9a-fA-F]{0,4}:){3,7}[0-9a-fA-F]{0,4})(?![\w.:])"
_SSN = r"(?<![\d-])(?P<it>(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4})(?![\d-])"
_ORDER = (
    r"(?i)\b(?:order|invoice|ticket|case|rechnung|bestellung|auftrag)(?:\s*(?:number|no\.?|nr\.?|id))?"
    r"\s*:?\s*(?P<it>#?[A-Z]{0,4}-?(?:\d{2,4}[-/])?\d{5,}(?:-\d+)*)"
)
_PHONE = (
    r"(?<![\w.])(?<!\d )(?P<it>(?:\+|00)\d[\d ()/.-]{6,18}\d|\(?0\d{1,4}\)?[ /-]\d[\d /-]{4,12}\d"
    r"|\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4})(?!\w)"
)
# In this order: what one takes out, the next no longer sees.
_PATTERNS: tuple[tuple[str, re.Pattern[str], Callable[[str], bool]], ...] = (
    ("email", re.compile(_EMAIL), _always),
    ("token", re.compile(_LONG_WORD), _is_token),
    ("iban", re.compile(_IBAN), _is_iban),
    ("card", re.compile(_CARD), _is_card),
    ("ip", re.compile(_IP), _is_address),
    ("ssn", re.compile(_SSN), _always),
    ("order", re.compile(_ORDER), _always),
    ("phone", re.compile(_PHONE), _is_phone),
)
