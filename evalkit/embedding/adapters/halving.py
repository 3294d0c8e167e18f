"""Halving: requests as large as a server takes, and the texts that it cannot embed found and named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from evalkit.arrays import Array
from evalkit.embedding.adapters.asking import Asker
from evalkit.embedding.adapters.refusals import TOO_MANY, RefusedError
from evalkit.embedding.encoder import Fingerprint, Role, TextError

# A request may hold 300,000 tokens at OpenAI; in some scripts a character is a token.
CHARACTERS = 200_000
MOST = 5
BEGINNING = 60
Piece = tuple[list[int], Array]


@dataclass(slots=True)
class Halving:
    """One pass over the texts of a role, request by request.

    Attributes:
        asker: Who asks; it keeps how many texts the server takes.
        bodies: The texts, prompts applied.
        role: What they are to the model.
        fingerprint: Whose vectors are asked for.
    """

    asker: Asker
    bodies: Sequence[str]
    role: Role
    fingerprint: Fingerprint
    _lost: list[tuple[int, RefusedError | str]] = field(default_factory=list, init=False)

    def pieces(self) -> Iterator[Piece]:
        """Give rows and vectors as requests are answered; rows without a text are left out.

        Raises:
            TextError: Texts were found that the server cannot embed, after all others of their request.
            EvalkitError: The server cannot be asked, or its answers cannot be used.
        """
        left = [row for row, body in enumerate(self.bodies) if body]
        while left:
            rows = _batch(left, self.bodies, self.asker.size)
            try:
                yield from self._answered(rows)
            except RefusedError as refused:
                if len(rows) > 1 and refused.is_of_size:
                    self.asker.size = len(rows) // 2
                    continue
                if not refused.may_be_of_a_text:
                    raise refused.told from None
                yield from self._searched(rows, refused)
            if self._lost:
                raise self._told()
            del left[: len(rows)]

    def _answered(self, rows: list[int], retries: int | None = None) -> Iterator[Piece]:
        """Give the vectors of one request; those that are not finite are noted."""
        texts = [self.bodies[row] for row in rows]
        answer = self.asker.ask(texts, self.role, self.fingerprint, retries)
        sound = [bool(np.isfinite(vector).all()) for vector in answer.vectors]
        self._lost += [
            (rows[at], answer.reasons.get(at, "")) for at, is_sound in enumerate(sound) if not is_sound
        ]
        if any(sound):
            yield [row for row, is_sound in zip(rows, sound, strict=True) if is_sound], answer.vectors[sound]

    def _searched(self, rows: list[int], first: RefusedError) -> Iterator[Piece]:
        """Give what can be had of a refused request by halving it until the texts at fault stand alone."""
        if first.is_fault and not self.asker.is_well(self.role, self.fingerprint):
            raise first.told from None
        # A text is not called at fault for one failure of the server that nobody asked to look at twice.
        is_hasty = first.is_fault and not self.asker.endpoint.max_retries
        stack, largest = ([rows] if len(rows) == 1 else _halves(rows)), 0
        while stack and len(self._lost) < MOST:
            some = stack.pop()
            try:
                yield from self._again(some) if len(rows) > 1 or is_hasty else self._failing(first)
                largest = max(largest, len(some))
            except RefusedError as refused:
                if not refused.may_be_of_a_text:
                    raise refused.told from None
                if len(some) > 1:
                    stack += _halves(some)
                    continue
                if not self._lost and not self.asker.is_well(self.role, self.fingerprint):
                    raise first.told from None
                self._lost.append((some[0], refused))
        if largest and not self._lost and not first.is_fault:
            self.asker.size = largest

    def _again(self, rows: list[int]) -> Iterator[Piece]:
        """Ask for a part of a request; with patience where it is a single text, or the server asks for it."""
        try:
            yield from self._answered(rows, None if len(rows) == 1 else 0)
        except RefusedError as refused:
            if refused.is_fault or refused.status not in (0, TOO_MANY):
                raise
            yield from self._answered(rows)

    @staticmethod
    def _failing(refused: RefusedError) -> Iterator[Piece]:
        """Give nothing for a single text that was asked for with patience already."""
        yield from ()
        raise refused

    def _told(self) -> TextError:
        """Return the error that names the texts at fault."""
        row, refused = self._lost[0]
        shown = repr(self.bodies[row][:BEGINNING])
        more = f", and {len(self._lost) - 1} more of its request" if len(self._lost) > 1 else ""
        if isinstance(refused, str):
            held = f": {refused} in place of a vector" if refused else ""
            problem = f"{self.fingerprint} gave a value that is not finite for the text {shown}{more}{held}"
            hint = (
                "the server computes in a number type too small for the model (float16 overflows), or got no "
                "numbers at all: take the text out, or run the model in a larger type"
            )
            code = "EK365"
        else:
            length = f"{len(self.bodies[row]):,} characters"
            words = f": {refused.message}" if refused.message else ""
            because = f"({refused.status or 'it breaks off'}){words}"
            problem = f"{self.fingerprint}: the server cannot embed the text {shown}{more} {because}"
            hint = (
                f"it has {length}: if it is too long, split it or set max_input_tokens; else "
                "take it out, or run the model in a larger number type. All other answers are kept"
            )
            code = "EK325"
        error = TextError(problem, places=(self.asker.where(self.fingerprint),), hint=hint, code=code)
        error.rows = tuple(row for row, _ in self._lost)
        return error


def _halves(rows: list[int]) -> list[list[int]]:
    middle = (len(rows) + 1) // 2
    return [rows[middle:], rows[:middle]]


def _batch(rows: Sequence[int], bodies: Sequence[str], size: int) -> list[int]:
    """Return the first of `rows` that make one request: at most `size` texts and CHARACTERS characters."""
    batch: list[int] = []
    characters = 0
    for row in rows[:size]:
        characters += len(bodies[row])
        if batch and characters > CHARACTERS:
            break
        batch.append(row)
    return batch
