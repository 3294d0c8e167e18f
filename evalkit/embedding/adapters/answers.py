"""Answers: what an embeddings endpoint sent, checked for count, order and numbers."""

from __future__ import annotations

import base64
import binascii
from typing import Any

import numpy as np

from evalkit.arrays import Vectors
from evalkit.errors import ProviderError
from evalkit.parsing import parse_json

EXCERPT = 80


def read_answer(content: bytes, count: int, where: str) -> Vectors:
    """Return the (n, E) vectors of an answer, in the order of the texts that were sent.

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
    vectors = [_vector(items[at].get("embedding"), where) for at in order]
    lengths = sorted({vector.size for vector in vectors})
    if len(lengths) > 1:
        raise ProviderError(
            f"one answer holds vectors of {' and '.join(map(str, lengths))} dimensions",
            places=(where,),
            hint="the server is at fault: behind one name it may run several models",
            code="EK717",
        )
    return np.stack(vectors)


def _items(content: bytes, where: str) -> list[dict[str, Any]]:
    try:
        answer = parse_json(content)
        return [dict(item) for item in answer["data"]]
    except (ValueError, TypeError, KeyError) as error:
        raise _malformed(content.decode("utf-8", "replace"), where) from error


def _order(indexes: list[object], where: str) -> list[int]:
    """Return for each text where its vector stands; an answer without any index is in order."""
    numbers = [index for index in indexes if isinstance(index, int)]
    if not numbers:
        return list(range(len(indexes)))
    if sorted(numbers) != list(range(len(indexes))):
        shown = ", ".join(map(str, indexes[:5]))
        raise ProviderError(
            f"the indexes of {len(indexes)} vectors are {shown} …, so that nobody knows whose they are",
            places=(where,),
            hint="the server is at fault; batch_size = 1 asks for one vector at a time",
            code="EK716",
        )
    order = [0] * len(numbers)
    for at, number in enumerate(numbers):
        order[number] = at
    return order


def _vector(value: object, where: str) -> Vectors:
    try:
        if isinstance(value, str):
            return np.frombuffer(base64.b64decode(value, validate=True), dtype="<f4").astype(np.float32)
        vector = np.asarray(value, dtype=np.float32)
    except (binascii.Error, ValueError, TypeError) as error:
        raise _malformed(repr(value), where) from error
    if vector.ndim != 1 or not vector.size:
        raise _malformed(repr(value), where)
    return vector


def _malformed(content: str, where: str) -> ProviderError:
    start = " ".join(content.split())[:EXCERPT]
    return ProviderError(
        f"the answer is not a list of embeddings; it begins with {start!r}",
        places=(where,),
        hint="does base_url end where the server documents it, often in /v1?",
        code="EK715",
    )
