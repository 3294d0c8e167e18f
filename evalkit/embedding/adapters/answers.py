"""Answers: what an embeddings endpoint sent, checked for count, order and numbers."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from evalkit.arrays import Vectors
from evalkit.embedding.adapters.refusals import said
from evalkit.errors import ProviderError
from evalkit.parsing import parse_json

EXCERPT = 80
SHOWN = 5
SMALLEST, LARGEST, MOSTLY = 1e-7, 1e4, 0.9
# A whole number as JSON servers write it: 3, "3", 3.0, "3.0".
WHOLE = re.compile(r"([0-9]{1,9})(?:\.0{1,9})?")


class Answer(NamedTuple):
    """(n, E) vectors, and whether their numbers came packed in base64."""

    vectors: Vectors
    packed: bool


def read_answer(content: bytes, count: int, where: str) -> Answer:
    """Return the vectors of an answer, in the order of the texts that were sent; NaN where null stood.

    Args:
        content: The body of the answer: an object whose `data` lists objects with `index` and `embedding`.
        count: n, how many texts were sent.
        where: The endpoint and the model, for errors.

    Raises:
        ProviderError: It is no such answer, or holds another number of vectors, an index twice, or vectors
            of unlike lengths.
    """
    items = _items(content, where)
    if len(items) != count:
        raise ProviderError(
            f"{len(items)} vectors came back for {count} texts",
            places=(where,),
            hint="the server is at fault; run again with another batch_size, or report it there",
            code="EK716",
        )
    order = _order([item.get("index") for item in items], where)
    values = [items[at].get("embedding") for at in order]
    # A server that got no numbers says so by null: the text is then told like one of NaN.
    read = [None if value is None else _vector(value, where) for value in values]
    lengths = sorted({vector.size for vector in read if vector is not None})
    if not lengths:
        raise _malformed(content.decode("utf-8", "replace"), where)
    if len(lengths) > 1:
        raise ProviderError(
            f"one answer holds vectors of {' and '.join(map(str, lengths))} dimensions",
            places=(where,),
            hint="the server is at fault: behind one name it may run several models",
            code="EK717",
        )
    lost = np.full(lengths[0], np.nan, dtype=np.float32)
    vectors = np.stack([lost if vector is None else vector for vector in read])
    return Answer(vectors, any(isinstance(value, str) for value in values))


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


def _items(content: bytes, where: str) -> list[dict[str, Any]]:
    try:
        answer = parse_json(content)
    except ValueError as error:
        raise _malformed(content.decode("utf-8", "replace"), where) from error
    data = answer.get("data") if isinstance(answer, dict) else None
    if isinstance(data, list) and all(isinstance(item, dict) for item in data):
        return data
    if isinstance(answer, dict) and answer.get("error"):
        raise ProviderError(
            f"the server answered with an error: {said(answer)}",
            places=(where,),
            hint="correct what it names; nothing of such an answer is kept",
            code="EK718",
        )
    raise _malformed(content.decode("utf-8", "replace"), where)


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
    if not {type(number) for number in value} <= {int, float, type(None)}:  # null is how JSON says NaN
        raise _malformed(str(value[:SHOWN]), where)
    try:
        with np.errstate(over="ignore"):  # what overflows is infinite, and refused with the text's name
            return np.asarray(value, dtype=np.float64).astype(np.float32)
    except (ValueError, OverflowError) as error:
        raise _malformed("a number too large", where) from error


def _unpacked(value: str, where: str) -> Vectors:
    try:
        vector = np.frombuffer(base64.b64decode(value, validate=True), dtype="<f4").astype(np.float32)
    except (binascii.Error, ValueError) as error:
        raise _malformed(repr(value[:EXCERPT]), where) from error
    if not vector.size:
        raise _malformed(repr(value), where)
    return vector


def _malformed(content: str, where: str) -> ProviderError:
    start = " ".join(content[: 10 * EXCERPT].split())[:EXCERPT]
    return ProviderError(
        f"the answer is not a list of embeddings; it begins with {start!r}",
        places=(where,),
        hint="does base_url end where the server documents it, often in /v1?",
        code="EK715",
    )
