"""Foreign text made safe to read: what is invisible or turns a line around shows as an escape."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Mapping
from typing import Any

LONGEST = 1000
EXCERPT = 160
_HIDDEN = re.compile(
    "["
    "\\x00-\\x1f\\x7f-\\x9f"  # controls
    "\u061c\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff"  # marks that steer a line
    "\u180e\u206a-\u206f\ufff9-\ufffb"  # marks that no one sees and nobody needs
    "\ud800-\udfff"  # halves of surrogate pairs, which no file can hold
    "\ufdd0-\ufdef\ufffe\uffff"  # what is no character, which XML refuses
    "]"
)
_LONG_WORD = re.compile("(\\S{300})\\S{101,}(\\S{100})")
# What build servers take for a command: "::" where a line begins, "##[" and "##vso[" anywhere in it.
_COMMAND = re.compile("^(\\s*)(?=::)|(?<=#)(?=#[\\w.-]*\\[)")
_HIDDEN_IN_JSON = re.compile(f"(?!\n){_HIDDEN.pattern}|#(?=#[\\w.-]*\\[)")
# What spreadsheets take for the start of a formula, also behind white space and marks that no one sees.
_FORMULA = re.compile(
    "'*(?:[\\t\\r\\n]"
    "|[\\s\ufeff\u200b-\u200f\u2060]*"
    "[=+\\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u2212])"  # full width and small forms, minus
)


def visible(text: str) -> str:
    r"""Return `text` with every control, direction mark and non-character written out, "\x1b" or "\u202e".

    Line breaks and tabs become spaces. Joiners stay: emoji and many scripts need them.
    """
    return _HIDDEN.sub(_escape, text)


def one_line(text: str) -> str:
    r"""Return `text` as one line of a terminal or a build log: visible, and no command to either.

    A backslash stands before what a build server would take for a command, "\::error" or "#\#[group]".
    """
    return _COMMAND.sub(r"\1\\", visible(text))


def lines(text: str) -> str:
    """Return `text` with each of its lines made fit for a terminal or a build log; its line breaks stay."""
    return "\n".join(map(one_line, text.split("\n")))


def json_lines(text: str) -> str:
    """Return a JSON text that says the same, with escapes for what terminals and build logs obey."""
    return _HIDDEN_IN_JSON.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def json_ascii(text: str) -> str:
    """Return a JSON text that says the same in ASCII alone."""
    return re.sub("[^\\x00-\\x7f]", lambda match: json.dumps(match.group())[1:-1], text)


def visible_throughout(value: Any) -> Any:  # noqa: ANN401 - any JSON value in, any JSON value out
    """Return a JSON value with its texts, keys too, made visible and cut to a thousand characters."""
    if isinstance(value, str):
        return shortened(visible(value[: LONGEST + 1]))
    if isinstance(value, Mapping):
        return {visible_throughout(key): visible_throughout(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [visible_throughout(item) for item in value]
    return value


def shortened(text: str, longest: int = LONGEST) -> str:
    """Return `text` cut to at most `longest` characters, the cut marked."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def without_long_words(text: str) -> str:
    """Return `text` with the middle left out of words that would fill a terminal: names typed by mistake."""
    return _LONG_WORD.sub(r"\1…\2", text)


def excerpt(text: str) -> str:
    """Return the first 160 characters of a text on one line."""
    return shortened(" ".join(text[: 4 * EXCERPT].split()), EXCERPT)


def folded(line: str, width: int) -> list[str]:
    """Return a line folded to a width, what follows indented by two more; words stay whole."""
    indent = line[: len(line) - len(line.lstrip())]
    return textwrap.wrap(
        line.strip(),
        width,
        initial_indent=indent,
        subsequent_indent=f"{indent}  ",
        break_on_hyphens=False,
        break_long_words=False,
    )


def title_of(body: str) -> str:
    """Return the first line of a document that has more than one, which is its title; "" of any other."""
    first, _, rest = body.partition("\n")
    title = " ".join(first.split())
    return title if title and rest.strip() and len(title) <= EXCERPT else ""


def quoted(text: str, longest: int) -> str:
    """Return `text` shortened and in quotation marks; "" for no text, as where it was left out."""
    return f'"{shortened(text, longest)}"' if text else ""


def harmless(cell: object) -> object:
    """Return a cell of a table with an apostrophe before a text that a spreadsheet would run as a formula.

    A text that begins with apostrophes before such a start gets one more, so that `original` gives every text
    back. Numbers stay numbers.
    """
    return f"'{cell}" if isinstance(cell, str) and _FORMULA.match(cell) else cell


def original(text: str) -> str:
    """Return the text that `harmless` wrote, without the apostrophe that it put before it."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


def _escape(match: re.Match[str]) -> str:
    character = match.group()
    if character in "\t\n\r\u2028\u2029":
        return " "
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"  # noqa: PLR2004 - one byte
