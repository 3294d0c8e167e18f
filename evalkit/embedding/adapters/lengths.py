"""Lengths: how many tokens texts have, by the file of a model's tokenizer alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

CHUNK = 1024
# A token of ordinary text has about four characters; this many for each is more than any language needs.
CHARACTERS_A_TOKEN = 8
# [CLS], [SEP] and a word-begin sign: what a tokenizer may add to a text of plain characters.
ADDED = 8


def count_longer(tokenizer_file: Path, texts: Iterable[str], limit: int, *, specials: bool) -> int | None:
    """Return how many texts have more than `limit` tokens.

    Args:
        tokenizer_file: The model's tokenizer.json.
        texts: Prompts applied.
        limit: Tokens that the model reads, ≥ 1.
        specials: Whether tokens that frame a text, such as [CLS], count.

    Returns:
        The count; None where the file or the library `tokenizers` is missing.
    """
    tokenizer = _tokenizer(tokenizer_file)
    if tokenizer is None:
        return None
    longer = 0
    for chunk in _chunks(text for text in texts if not _surely_short(text, limit)):
        openings = [_opening(text, limit) for text in chunk]
        encodings = tokenizer.encode_batch(openings, add_special_tokens=specials)
        over = [len(encoding) > limit for encoding in encodings]
        longer += sum(over)
        # An opening that fits says nothing of the text it opens.
        rest = [
            text
            for text, opening, is_over in zip(chunk, openings, over, strict=True)
            if not is_over and len(opening) < len(text)
        ]
        encodings = tokenizer.encode_batch(rest, add_special_tokens=specials)
        longer += sum(len(encoding) > limit for encoding in encodings)
    return longer


def count_tokens(
    tokenizer_file: Path, texts: Sequence[str], limit: int | None, *, specials: bool
) -> list[int] | None:
    """Return how many tokens of each text a model reads, at most `limit`; None as for `count_longer`."""
    tokenizer = _tokenizer(tokenizer_file)
    if tokenizer is None:
        return None
    lengths = [len(encoding) for encoding in tokenizer.encode_batch(list(texts), add_special_tokens=specials)]
    return lengths if limit is None else [min(length, limit) for length in lengths]


def _tokenizer(file: Path) -> Any:  # noqa: ANN401 - the library is optional, so its type is not at hand
    """Return the tokenizer of a file, which cuts nothing; None where it or the library is missing."""
    try:
        import tokenizers
    except ImportError:
        return None
    if not file.is_file():
        return None
    tokenizer: Any = tokenizers.Tokenizer.from_file(str(file))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _surely_short(text: str, limit: int) -> bool:
    """Return whether no tokenizer can make more than `limit` tokens of a text: one a character at most."""
    return text.isascii() and len(text) + ADDED <= limit


def _opening(text: str, limit: int) -> str:
    """Return a beginning of `text` that ends between words and nearly always has `limit` tokens."""
    end = limit * CHARACTERS_A_TOKEN
    if len(text) <= end:
        return text
    space = text.rfind(" ", 0, end)
    return text[:space] if space > 0 else text


def _chunks(texts: Iterable[str]) -> Iterator[list[str]]:
    chunk = []
    for text in texts:
        chunk.append(text)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
