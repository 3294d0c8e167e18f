"""Folds: the ways in which one id is written in two files, each a function that takes the difference away."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote, unquote_plus

Change = Callable[[str], str]
ZEROS = re.compile(r"(?<![0-9])0+(?=[0-9])")
POINT_ZERO = re.compile(r"([+-]?[0-9]+)[.,]0+")
THOUSANDS = re.compile(r"[0-9]{1,3}(?:([,.'’_ ])[0-9]{3})(?:\1[0-9]{3})*")
CHUNK = re.compile(
    r"(?:(?:#|::|[_\-.:/@|~ ])(?:chunk|part|page|passage|split|seg|sec|para|node|c|p|s)?[_\-. ]?[0-9]+"
    r"|\[[0-9]+\]|\([0-9]+\))(?:[_\-:][0-9]+)?$",
    re.IGNORECASE,
)
EXTENSION = re.compile(r"(?<=[^./\\])\.[A-Za-z][A-Za-z0-9]{0,5}$")
SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*://[^/]*/?")
QUERY = re.compile(r"[?#].*$")
PREFIX = re.compile(r"^[^\W\d_]+(?:[:/#|_.\- ]+(?=.)|(?=[0-9]))|^[^:/#|]+(?:::|[:/#|])(?=.)")
SEPARATORS = re.compile(r"[\s_\-.–—]+")
DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−﹣－"), "-") | dict.fromkeys(map(ord, "’‘‚‛ʼ′`´"), "'")
QUOTES = "\"'`“”„‟«»‹›’‘‚"
BRACKETS = {"<": ">", "[": "]", "(": ")", "{": "}"}
UUID = re.compile(
    r"(?:urn:uuid:)?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})", re.IGNORECASE
)
# What programs print around a value: ObjectId("…"), UUID('…'), b'…', ('…',)
WRAPPED = re.compile(r"=?(?:[A-Za-z_]+\w*)?\(?\[?([\"'])(.+)\1,?\]?\)?")
ESCAPED = re.compile(r"\\[nrt0]")
END_ZEROS = re.compile(r"([+-]?[0-9]+)\.([0-9]*?)0*")
HOST = re.compile(r"^(?:[a-z][a-z0-9+.-]*:)?//(?:www\.)?|^www\.", re.IGNORECASE)
# Letters of other alphabets that look like a Latin one; a font shows no difference.
LOOKALIKES = str.maketrans(
    "АВЕЅІЈКМНОРСТХУаеіјорсухѕԁһԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧονρ", "ABESIJKMHOPCTXYaeijopcyxsdhqwABEZHIKMNOPTYXovp"
)


@dataclass(frozen=True, slots=True)
class Fold:
    """One way to take a difference away.

    Attributes:
        words: "they meet once …".
        stranger: What is done to the id that is not found.
        known: What is done to the ids that there are.
        back: The words where the known id is the longer of the two.
        hidden: Whether a reader may not see the difference.
        several: Whether one stranger may stand for several known ids, as a document for its chunks.
        loses: Whether it takes away what tells ids apart, so that it is not done to both sides.
    """

    words: str
    stranger: Change
    known: Change
    back: str = ""
    hidden: bool = False
    several: bool = False
    loses: bool = False


def as_it_is(text: str) -> str:
    """Return the text."""
    return text


def _both(words: str, change: Change, *, back: str = "", hidden: bool = False) -> Fold:
    return Fold(words, change, change, back, hidden)


def _one_side(what: str, change: Change, *, several: bool = False, loses: bool = False) -> tuple[Fold, Fold]:
    """Return the fold that cuts the stranger, and that which cuts the known ids."""
    return (
        Fold(f"{what} cut", change, as_it_is, loses=loses),
        Fold(f"{what} put back", as_it_is, change, several=several, loses=loses),
    )


def _form(name: str) -> Change:
    def change(text: str) -> str:
        return unicodedata.normalize(name, text)  # type: ignore[arg-type] # one of the four names

    return change


def _without_hidden(text: str) -> str:
    return "".join(char for char in text if unicodedata.category(char) not in {"Cf", "Cc", "Cn", "Co"})


def _without_spaces(text: str) -> str:
    return "".join(text.split())


def _without_marks(text: str) -> str:
    apart = unicodedata.normalize("NFD", text)
    return "".join(char for char in apart if unicodedata.category(char) != "Mn")


def _slashes(text: str) -> str:
    return "/".join(part for part in text.replace("\\", "/").split("/") if part not in ("", "."))


def _unescaped(text: str) -> str:
    return unquote(text)


def _unquoted(text: str) -> str:
    inner = text.strip()
    while len(inner) > 1 and (
        (inner[0] in QUOTES and inner[-1] in QUOTES) or BRACKETS.get(inner[0]) == inner[-1]
    ):
        inner = inner[1:-1]
    return inner


def _read_again(text: str) -> str:
    """Return UTF-8 that was once read as Windows-1252 or Latin-1, read as UTF-8."""
    for encoding in ("cp1252", "latin-1"):
        try:
            return text.encode(encoding).decode("utf-8")
        except UnicodeError:
            continue
    return text


def _thousands(text: str) -> str:
    return re.sub(r"[^0-9]", "", text) if THOUSANDS.fullmatch(text) else text


def _point_zero(text: str) -> str:
    return POINT_ZERO.sub(r"\1", text) if POINT_ZERO.fullmatch(text) else text


def _last_part(text: str) -> str:
    return re.split(r"[/\\]", text.rstrip("/\\"))[-1]


def _uuid(text: str) -> str:
    """Return a UUID in one of its spellings: with or without dashes, braces and urn:uuid:."""
    told = UUID.fullmatch(text.strip("{}"))
    return "-".join(told.groups()).casefold() if told else text


def _unwrapped(text: str) -> str:
    wrapped = WRAPPED.fullmatch(text)
    return wrapped[2] if wrapped else text


def _without_end_zeros(text: str) -> str:
    number = END_ZEROS.fullmatch(text)
    return ".".join(filter(None, number.groups())) if number else text


def _address(text: str) -> str:
    """Return an address as the page it means: without scheme, www., the part after # and a final slash."""
    return HOST.sub("", text.partition("#")[0]).rstrip("/") if HOST.match(text) else text


def _number_as_written(text: str) -> str:
    """Return a number in scientific notation, as spreadsheets write long ones, digit by digit."""
    if not re.fullmatch(r"[0-9](?:[.,][0-9]{1,15})?[eE]\+?[0-9]{1,2}", text):
        return text
    return f"{float(text.replace(',', '.')):.0f}"


FOLDS: tuple[Fold, ...] = (
    _both("white space is left out", _without_spaces, hidden=True),
    _both("invisible characters are left out", _without_hidden, hidden=True),
    _both("both are in Unicode NFC", _form("NFC"), hidden=True),
    _both("upper and lower case are alike", str.casefold),
    _both("zeros are left out", lambda text: ZEROS.sub("", text), back="zeros are put back"),
    _both(".0 is cut", _point_zero, back=".0 is put back"),
    _both("slashes are alike", _slashes),
    _both("URL escapes are resolved", _unescaped),
    _both("quotes or brackets are taken off", _unquoted),
    _both("both are in Unicode NFKC", _form("NFKC"), hidden=True),
    _both("dashes and apostrophes are alike", lambda text: text.translate(DASHES), hidden=True),
    *_one_side("the chunk's number is", lambda text: CHUNK.sub("", text), several=True, loses=True),
    *_one_side("the extension is", lambda text: EXTENSION.sub("", text)),
    *_one_side("the folder is", _last_part, loses=True),
    *_one_side("the prefix is", lambda text: PREFIX.sub("", text, count=1)),
    *_one_side("the address is", lambda text: SCHEME.sub("", text), loses=True),
    *_one_side("what follows ? or # is", lambda text: QUERY.sub("", text), loses=True),
    _both("separators are alike", lambda text: SEPARATORS.sub("-", text)),
    _both("URL escapes are resolved, + as a space", unquote_plus),
    _both("character references are resolved", html.unescape),
    _both("separators of thousands are left out", _thousands),
    _both("numbers are written out", _number_as_written),
    _both("wrongly decoded letters are put right", _read_again),
    _both("letters of another alphabet are alike", lambda text: text.translate(LOOKALIKES), hidden=True),
    _both("accents are left out", _without_marks),
    *_one_side("what stands before a tab is", lambda text: text.rpartition("\t")[2]),
    *_one_side("what stands after a tab is", lambda text: text.partition("\t")[0]),
    _both("UUIDs are spelt alike", _uuid),
    _both("what a program printed around them is taken off", _unwrapped),
    _both("an apostrophe before them is taken off", lambda text: text.lstrip("'\u2019")),
    _both("escaped line breaks are left out", lambda text: ESCAPED.sub("", text)),
    _both("zeros at the end are left out", _without_end_zeros, back="zeros at the end are put back"),
    _both("addresses are alike", _address),
)
