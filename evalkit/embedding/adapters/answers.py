"""Answers: what an embeddings endpoint sent, checked for count, order and numbers."""

from __future__ import annotations

import base64
import binascii
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from evalkit.arrays import Vectors
from evalkit.embedding.adapters.refusals import SPEAKING, said
from evalkit.errors import ProviderError
from evalkit.parsing import parse_json

EXCERPT = 80
SHOWN = 5
NOTHING: tuple[object, ...] = (None, [], "")
# How protobuf's JSON spells what JSON has no numbers for.
NO_NUMBERS = frozenset({"nan", "inf", "-inf", "infinity", "-infinity"})
CLOSING = {"{": "}", "[": "]"}
DOCUMENTED = "does base_url end where the server documents it, often in /v1?"
BROKEN_OFF = "the server or a proxy broke it off: run again, with a smaller batch_size if that happens again"
OTHER = (
    "that is another protocol than OpenAI's, which most servers speak at an address of its own, such as "
    'base_url = "http://HOST:PORT/v1" of Ollama, llama.cpp and TEI; one that does not is asked by a function '
    "of yours, python/MODULE:FUNCTION"
)
PROTOCOLS = (
    (re.compile("<"), f"that is a page for people, of a proxy or a login perhaps; {DOCUMENTED}"),
    (re.compile(r'\[\[|\[\{|\{.*"(?:embeddings?|predictions|output|result)"\s*:(?!.*"data"\s*:)'), OTHER),
    (re.compile("data:"), "that is a stream of events, of a server or proxy at fault"),
    (re.compile(r"\[['\"]"), "numbers are written as texts, which is the server's fault"),
)
SMALLEST, LARGEST, MOSTLY = 1e-7, 1e4, 0.9
# A whole number as JSON servers write it: 3, "3", 3.0, "3.0".
WHOLE = re.compile(r"([0-9]{1,9})(?:\.0{1,9})?")


class EmbeddedTexts(NamedTuple):
    """(n, E) vectors, and whether their numbers came packed in base64.

    A row is NaN where no vector came, and `reasons` says by row what stood in its place; E is 0 where none
    came at all.
    """

    vectors: Vectors
    packed: bool
    reasons: Mapping[int, str]


def read_answer(content: bytes, count: int, where: str, texts: Sequence[str] = ()) -> EmbeddedTexts:
    """Return the vectors of an answer, in the order of the texts that were sent; NaN where null stood.

    Args:
        content: The body of the answer: an object whose `data` lists objects with `index` and `embedding`.
        count: n, how many texts were sent.
        where: The endpoint and the model, for errors.
        texts: What was sent, for errors.

    Raises:
        ProviderError: It is no such answer, or holds another number of vectors, an index twice, or vectors
            of unlike lengths.
    """
    items = _items(content, count, where)
    order = _order([item.get("index") for item in items], where)
    sent = [items[at] for at in order]
    if not any("embedding" in item or said(item.get("error")) for item in sent):
        raise _malformed(content.decode("utf-8", "replace"), where, whole=True)
    # A server that got no numbers sends null or nothing: the text is then told like one of NaN.
    reasons = {row: _in_place(item) for row, item in enumerate(sent) if item.get("embedding") in NOTHING}
    read = [None if row in reasons else _vector(item["embedding"], where) for row, item in enumerate(sent)]
    lengths = Counter(vector.size for vector in read if vector is not None)
    if len(lengths) > 1:
        raise _ragged(read, lengths, where, texts)
    lost = np.full(max(lengths, default=0), np.nan, dtype=np.float32)
    vectors = np.stack([lost if vector is None else vector for vector in read])
    return EmbeddedTexts(vectors, any(isinstance(item.get("embedding"), str) for item in sent), reasons)


def _in_place(item: Mapping[str, Any]) -> str:
    """Return what stood in the place of a vector, or what the server says of it."""
    told = said(item.get("error"))
    held = item.get("embedding")
    return told or (
        "null" if held is None else "an empty list" if isinstance(held, list) else "an empty text"
    )


def _ragged(
    read: Sequence[Vectors | None], lengths: Counter[int], where: str, texts: Sequence[str]
) -> ProviderError:
    """Return the error of vectors of unlike lengths, which names the texts whose length is the rarer one."""
    usual = max(lengths, key=lambda length: (lengths[length], length))
    odd = [row for row, vector in enumerate(read) if vector is not None and vector.size != usual]
    places = [f"text {row + 1} of {len(read)}   {texts[row][:EXCERPT]!r}" for row in odd[:SHOWN] if texts]
    return ProviderError(
        f"one answer holds vectors of {' and '.join(map(str, sorted(lengths)))} dimensions, "
        f"{lengths[usual]} of them of {usual}",
        places=(where, *places),
        hint="the server is at fault: behind one name it may run several models",
        code="EK717",
    )


def check_packed(vectors: Vectors, where: str) -> None:
    """Raise where packed numbers read as no embedding does: they are not 32 bits, or in another byte order.

    Numbers of 16 or 64 bits read as those of 32 are scattered over all orders of magnitude.

    Raises:
        ProviderError: They do.
    """
    sizes = np.abs(vectors[~np.isnan(vectors).all(axis=1)])
    sizes = sizes[sizes != 0]
    usual = (sizes >= SMALLEST) & (sizes <= LARGEST)  # false for NaN
    if sizes.size and usual.mean() < MOSTLY:
        raise ProviderError(
            "the numbers packed in base64 are not 32-bit floats as the protocol says",
            places=(where,),
            hint='encoding_format = "float" asks for plain numbers; it is a fault to pack them all the same',
            code="EK722",
        )


def _items(content: bytes, count: int, where: str) -> list[dict[str, Any]]:
    """Return the objects that an answer lists, one for each text."""
    try:
        answer = parse_json(content)
    except ValueError as error:
        raise _malformed(content.decode("utf-8", "replace"), where, whole=True) from error
    data: Any = answer.get("data") if isinstance(answer, dict) else None
    is_list = isinstance(data, list) and all(isinstance(item, dict) for item in data)
    if is_list and len(data) == count:
        return list(data)
    told = {name: answer[name] for name in SPEAKING if answer.get(name)} if isinstance(answer, dict) else {}
    if told:
        raise ProviderError(
            f"the server answered with an error: {said(told)}",
            places=(where,),
            hint="correct what it names; nothing of such an answer is kept",
            code="EK718",
        )
    if not is_list:
        raise _malformed(content.decode("utf-8", "replace"), where, whole=True)
    raise ProviderError(
        f"{len(data)} vectors came back for {count} texts",
        places=(where,),
        hint="the server is at fault; run again with another batch_size, or report it there",
        code="EK716",
    )


def _order(indexes: Sequence[object], where: str) -> list[int]:
    """Return for each text where its vector stands.

    One vector of one text needs no index, and an answer without any index is in order. Servers that leave
    zeros out leave out the first one; any other hole, repeat or word leaves it open whose the vectors are.
    """
    if len(indexes) == 1 or all(index is None for index in indexes):
        return list(range(len(indexes)))
    numbers = [_whole(index) for index in indexes]
    if 0 not in numbers and sum(index is None for index in indexes) == 1:
        numbers[[index is None for index in indexes].index(True)] = 0
    found = [number for number in numbers if number is not None]
    if sorted(found) != list(range(len(indexes))):
        shown = ", ".join(_shown(index) for index in indexes[:SHOWN])
        raise ProviderError(
            f"the indexes of {len(indexes)} vectors are {shown} …, so that nobody knows whose they are",
            places=(where,),
            hint="the server is at fault; batch_size = 1 asks for one vector at a time",
            code="EK716",
        )
    order = [0] * len(found)
    for at, number in enumerate(found):
        order[number] = at
    return order


def _whole(index: object) -> int | None:
    """Return the whole number that an index states in any spelling; None where it states none."""
    if isinstance(index, bool) or not isinstance(index, int | float | str):
        return None
    spelt = WHOLE.fullmatch(index.strip() if isinstance(index, str) else _shown(index))
    return int(spelt[1]) if spelt else None


def _shown(index: object) -> str:
    if isinstance(index, int) and not isinstance(index, bool) and abs(index) >= 1 << 64:
        return "a number too large"  # Python refuses to spell those of thousands of digits
    return (
        "none" if index is None else repr(index)[:EXCERPT] if isinstance(index, str) else str(index)[:EXCERPT]
    )


def _vector(value: object, where: str) -> Vectors:
    if isinstance(value, str):
        return _unpacked(value, where)
    if not isinstance(value, list) or not value:
        raise _malformed(str(value)[:EXCERPT], where)
    if any(isinstance(number, list) for number in value):
        raise ProviderError(
            "the server gives a vector for each token, not one for each text",
            places=(where,),
            hint="start the server with pooling, such as --pooling mean (llama.cpp) or the pooling that the "
            "model was trained with",
            code="EK719",
        )
    numbers = [
        None if isinstance(number, str) and number.strip().casefold() in NO_NUMBERS else number
        for number in value
    ]
    if not {type(number) for number in numbers} <= {int, float, type(None)}:  # null is how JSON says NaN
        raise _malformed(str(value[:SHOWN]), where)
    try:
        with np.errstate(over="ignore"):  # what overflows is infinite, and refused with the text's name
            return np.asarray(numbers, dtype=np.float64).astype(np.float32)
    except (ValueError, OverflowError) as error:
        raise _malformed("a number too large", where) from error


def _unpacked(value: str, where: str) -> Vectors:
    try:
        return np.frombuffer(base64.b64decode(value, validate=True), dtype="<f4").astype(np.float32)
    except (binascii.Error, ValueError) as error:
        told = _malformed(repr(value[:EXCERPT]), where).findings[0]
        raise UnpackingError(told.problem, places=told.places, hint=told.hint, code=told.code) from error


class UnpackingError(ProviderError):
    """A text in the place of numbers that is no base64 of 32-bit floats; plain numbers may be had."""

    def plainly(self) -> ProviderError:
        """Return the error to tell where they cannot."""
        told = self.findings[0]
        return ProviderError(told.problem, places=told.places, hint=told.hint, code=told.code)


def _malformed(content: str, where: str, *, whole: bool = False) -> ProviderError:
    """Return the error for a body, or for an excerpt of one, that is no list of embeddings."""
    start = " ".join(content[: 10 * EXCERPT].split())[:EXCERPT]
    end = content.rstrip()[-1:]
    is_cut = whole and bool(start) and start[0] in CLOSING and end not in CLOSING.values()
    told = f"it begins with {start!r}" if start else "it is empty"
    if is_cut:
        told += f", and is cut off after {len(content):,} characters"
    hint = next((hint for form, hint in PROTOCOLS if form.match(start)), DOCUMENTED)
    return ProviderError(
        f"the answer is not a list of embeddings; {told}",
        places=(where,),
        hint=BROKEN_OFF if is_cut else hint,
        code="EK715",
    )
