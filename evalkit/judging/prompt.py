"""The prompt: what a model is told that grades a document, and how its answer is read as a grade."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from evalkit.digests import digest_text, digest_texts
from evalkit.errors import UsageError
from evalkit.opening import FILE_FAULTS, fault, read_settings
from evalkit.parsing import NotationError, parse_json

__all__ = ["Prompt", "grade_of", "read_prompt"]

HIGHEST = 3
MARKED = 12
SHIPPED = Path(__file__).with_name("prompt.txt")
PLACES = ("{query}", "{document}")
AGAIN = "\n\nThe answer must be one digit, 0, 1, 2 or 3. No word, no reason, no sign beside it."
THOUGHTS = re.compile(r"<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL | re.IGNORECASE)
AROUND = r"[\s*_#\"'`()\[\].:]*"
SAID = re.compile(
    rf"{AROUND}(?:(?:the\s+)?(?:relevance\s+)?(?:grade|score|rating|relevance|answer)\b[\s*_:=]*(?:is\b\s*:?\s*)?)?"
    rf"(?<!\.)([0-3]){AROUND}",
    re.IGNORECASE,
)
FILLED = re.compile(r"\{(query|document|mark)\}")


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a model is told, with {query} and {document} where they go, and {mark} in what parts them.

    The mark differs from text to text and cannot be known by who writes a document: it is made of both texts.
    """

    text: str

    @property
    def digest(self) -> str:
        """The digest of the text."""
        return digest_text(self.text)

    def filled(self, query: str, document: str, *, again: bool = False) -> str:
        """Return what is sent.

        Args:
            query: What was asked.
            document: What was found.
            again: Whether an earlier answer was no grade.
        """
        mark = digest_texts((self.text, query, document))[:MARKED]
        told = {"query": query, "document": document, "mark": mark}
        return FILLED.sub(lambda match: told[match[1]], self.text) + (AGAIN if again else "")


def read_prompt(path: Path | None = None) -> Prompt:
    """Return the prompt of a file, the one of this package where none is named.

    Raises:
        UsageError: The file cannot be read, or does not say where the query and the document go.
    """
    try:
        text = read_settings(path or SHIPPED).strip()
    except FILE_FAULTS as error:
        raise UsageError(
            f"the prompt {path} cannot be read: {fault(error)}", hint="name a text in UTF-8", code="EK671"
        ) from error
    missing = [place for place in PLACES if text.count(place) != 1]
    if missing:
        raise UsageError(
            f"the prompt {path} does not say once where {' and '.join(missing)} goes",
            hint="write {query} and {document} where the texts go, between lines with {mark}",
            code="EK671",
        )
    return Prompt(text)


def grade_of(said: str) -> int | None:
    """Return the grade that an answer is, None where it is none; nothing is looked for inside sentences.

    Examples:
        >>> grade_of("Grade: 2."), grade_of('{"grade": 3}'), grade_of("2 or 3"), grade_of("7")
        (2, 3, None, None)
    """
    answer = THOUGHTS.sub("", said).strip().removeprefix("```json").strip("`").strip()
    if answer.startswith("{"):
        return _stated(answer)
    match = SAID.fullmatch(answer)
    return int(match[1]) if match else None


def _stated(answer: str) -> int | None:
    """Return the grade in an object with one key for it."""
    try:
        told = parse_json(answer)
    except NotationError:
        return None
    values = [told[name] for name in ("grade", "score", "relevance", "rating") if name in told]
    if len(values) != 1 or isinstance(values[0], bool) or not isinstance(values[0], int):
        return None
    return values[0] if 0 <= values[0] <= HIGHEST else None
