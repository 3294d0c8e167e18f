"""Limits of input: texts longer than `max_input_tokens` are cut or left out before they are sent."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from evalkit.embedding.modelspec import ModelSpec, Options, one_of, positive

OPTIONS: dict[str, type] = {"max_input_tokens": int, "too_long": str}
TRUNCATE, SKIP = "truncate", "skip"
# No tokenizer is at hand for a model behind an endpoint. Words of ASCII letters have about four characters a
# token in every common vocabulary; whatever else is counted as a token each, which is rather too many.
PIECE = re.compile(r"[A-Za-z]+|\s+|.", re.DOTALL)
CHARACTERS_A_TOKEN = 4


@dataclass(frozen=True, slots=True)
class InputLimit:
    """How long a text may be.

    Attributes:
        tokens: As many as are estimated, None for no limit.
        skips: Whether longer texts are left out; otherwise their beginnings are sent.
    """

    tokens: int | None = None
    skips: bool = False

    @property
    def choosing(self) -> str:
        """What of it moves vectors beside the number of tokens."""
        return SKIP if self.tokens is not None and self.skips else ""

    def applied(self, texts: list[str]) -> list[str]:
        """Return the texts as they are sent, "" for those left out."""
        if self.tokens is None:
            return texts
        return [text if self._fits(text) else "" if self.skips else self._cut(text) for text in texts]

    def count_longer(self, texts: Sequence[str]) -> int | None:
        """Return how many texts are longer, None where no limit is stated."""
        return None if self.tokens is None else sum(not self._fits(text) for text in texts)

    def _fits(self, text: str) -> bool:
        limit = self.tokens or 0
        return len(text) <= limit or estimated_tokens(text) <= limit

    def _cut(self, text: str) -> str:
        """Return the longest beginning that ends between pieces, or in the first where that is too long."""
        limit = self.tokens or 0
        pieces = PIECE.findall(text)
        used = list(accumulate(_tokens(piece) for piece in pieces))
        whole = sum(count <= limit for count in used)
        return "".join(pieces[:whole]) or text[: limit * CHARACTERS_A_TOKEN]


def estimated_tokens(text: str) -> int:
    """Return about how many tokens a model makes of a text."""
    return sum(map(_tokens, PIECE.findall(text)))


def limit_of(spec: ModelSpec, options: Options) -> InputLimit:
    """Return the limit that options state.

    Raises:
        UsageError: It is below 1, or `too_long` is no way to treat a text.
    """
    one_of(spec, options, "too_long", (TRUNCATE, SKIP))
    name = "max_input_tokens"
    tokens = int(positive(spec, options, name, 1)) if name in options else None
    return InputLimit(tokens, options.get("too_long") == SKIP)


def _tokens(piece: str) -> int:
    return 0 if piece.isspace() else -(-len(piece) // CHARACTERS_A_TOKEN) if piece[0].isascii() else 1
