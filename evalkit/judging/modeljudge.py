"""A model as judge: asked for the grade of each pair once, within a budget, and never believed blindly."""

from __future__ import annotations

import enum
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from evalkit.digests import digest_texts
from evalkit.embedding.adapters.chat import Chat
from evalkit.embedding.adapters.refusals import RefusedError
from evalkit.embedding.backfill.pacing import tokens_of
from evalkit.errors import EvalkitError
from evalkit.judging.addressing import addresses_judge
from evalkit.judging.answerfile import LONGEST, Answer, AnswerFile
from evalkit.judging.prompt import THOUGHTS, Prompt, grade_of
from evalkit.judging.terms import Purse, Terms

__all__ = ["Flag", "GradedPair", "ModelJudge", "ModelJudged", "Pair"]

LONGEST_TEXT = 20_000
ATTEMPTS = 2
ALL_REFUSED = 3  # so many at the beginning, and none answered: it is not the texts


class Flag(enum.StrEnum):
    """Why a model's grade is none that figures may use."""

    NONE = ""
    ADDRESSES = "addresses the judge"
    NO_GRADE = "no grade"
    REFUSED = "refused"
    LEFT = "not asked"


@dataclass(frozen=True, slots=True)
class Pair:
    """What is to be judged: a query and a document, by their ids and with their texts."""

    query: str
    document: str
    query_text: str
    document_text: str

    @property
    def shown(self) -> str:
        """The document as the model sees it: its beginning, where it is long."""
        return self.document_text[:LONGEST_TEXT]


@dataclass(frozen=True, slots=True)
class GradedPair:
    """What a model said of a pair.

    Attributes:
        pair: The pair.
        said: The grade that it gave, None where it gave none.
        flag: Why that is not to be used, "" where it may be.
        date: The day on which it said so, "" where it was not asked.
    """

    pair: Pair
    said: int | None
    flag: Flag
    date: str = ""

    @property
    def grade(self) -> int | None:
        """The grade that figures may use, None where there is none until people confirm it."""
        return None if self.flag else self.said


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What asking will take.

    Attributes:
        pairs: How many pairs are to be judged.
        known: How many of them were answered before.
        tokens_in: Tokens to be sent for the others, estimated too high as a rule.
        tokens_out: Tokens that may be answered to them.
        cost: What that costs, None where no price is stated.
    """

    pairs: int
    known: int
    tokens_in: int
    tokens_out: int
    cost: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelJudged:
    """What a model made of a list of pairs.

    Attributes:
        model: Its name.
        prompt: What it was told.
        place: Where it was asked.
        graded: One for each pair, in their order.
        requests: How many requests were answered now.
        tokens_in: Tokens sent for these pairs, earlier requests included.
        tokens_out: Tokens answered, likewise.
        cost: What they cost, None where no price is stated.
    """

    model: str
    prompt: Prompt
    place: str
    graded: tuple[GradedPair, ...]
    requests: int
    tokens_in: int
    tokens_out: int
    cost: float | None

    def count(self, flag: Flag) -> int:
        """Return how many pairs have a flag."""
        return sum(item.flag is flag for item in self.graded)

    @property
    def grades(self) -> Counter[int]:
        """How often each grade was given that may be used."""
        return Counter(item.grade for item in self.graded if item.grade is not None)


@dataclass(slots=True)
class ModelJudge:
    """A model with its prompt, and the file that keeps its answers."""

    chat: Chat
    prompt: Prompt
    answers: AnswerFile
    terms: Terms = field(default_factory=Terms)
    threads: int = 4
    _requests: int = field(default=0, init=False)
    _refused: list[EvalkitError] = field(default_factory=list, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def estimate(self, pairs: Sequence[Pair]) -> Estimate:
        """Return what asking for these pairs will take, without asking."""
        open_ = [pair for pair in pairs if self.answers.get(self._key(pair, 0)) is None]
        tokens_in = sum(tokens_of(self.prompt.filled(pair.query_text, pair.shown)) for pair in open_)
        tokens_out = len(open_) * self.chat.most_tokens
        return Estimate(
            pairs=len(pairs),
            known=len(pairs) - len(open_),
            tokens_in=tokens_in,
            tokens_out=tokens_out,
            cost=self.terms.cost(tokens_in, tokens_out),
        )

    def judge(self, pairs: Sequence[Pair], told: Callable[[int], None] | None = None) -> ModelJudged:
        """Ask for the grade of each pair that is not known yet.

        Args:
            pairs: What is to be judged.
            told: Called with how many pairs are done.

        Raises:
            EvalkitError: The endpoint fails, retries included; what it answered is kept.
        """
        purse = Purse(self.terms)
        keys = dict.fromkeys(self._key(pair, attempt) for pair in pairs for attempt in range(ATTEMPTS))
        for known in filter(None, map(self.answers.get, keys)):
            purse.spend(known.tokens_in, known.tokens_out)
        graded = self._all_graded(pairs, purse, told)
        return ModelJudged(
            model=self.chat.model,
            prompt=self.prompt,
            place=self.chat.endpoint.shown,
            graded=tuple(graded),
            requests=self._requests,
            tokens_in=purse.tokens_in,
            tokens_out=purse.tokens_out,
            cost=purse.cost,
        )

    def _all_graded(
        self, pairs: Sequence[Pair], purse: Purse, told: Callable[[int], None] | None
    ) -> list[GradedPair]:
        """Return one for each pair; texts that repeat under several ids are asked for once."""
        keys = [self._key(pair, 0) for pair in pairs]
        graded = []
        with ThreadPoolExecutor(self.threads) as pool:
            first = dict(zip(reversed(keys), reversed(pairs), strict=True))
            futures = {key: pool.submit(self._graded, first[key], purse) for key in dict.fromkeys(keys)}
            try:
                for done, (key, pair) in enumerate(zip(keys, pairs, strict=True), 1):
                    graded.append(replace(futures[key].result(), pair=pair))
                    if told is not None:
                        told(done)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        return graded

    def _graded(self, pair: Pair, purse: Purse) -> GradedPair:
        try:
            answer, grade = self._answered(pair, purse)
        except RefusedError as refused:
            self._note_refusal(refused, purse)
            return GradedPair(pair, None, Flag.REFUSED)
        except BaseException:
            purse.is_empty = True  # what waits for its turn is not begun
            raise
        if answer is None:
            return GradedPair(pair, None, Flag.LEFT)
        flag = Flag.NO_GRADE if grade is None else Flag.NONE
        if addresses_judge(pair.document_text) or addresses_judge(pair.query_text):
            flag = Flag.ADDRESSES
        return GradedPair(pair, grade, flag, answer.date)

    def _answered(self, pair: Pair, purse: Purse) -> tuple[Answer | None, int | None]:
        """Return the answer to a pair with its grade; an answer that is no grade is asked for once more."""
        answer = None
        for attempt in range(ATTEMPTS):
            answer = self.answers.get(self._key(pair, attempt)) or self._asked(pair, attempt, purse)
            grade = None if answer is None else grade_of(answer.said)
            if answer is None or grade is not None:
                return answer, grade
        return answer, None

    def _asked(self, pair: Pair, attempt: int, purse: Purse) -> Answer | None:
        """Return a fresh answer, kept at once; None where the budget does not have it."""
        text = self.prompt.filled(pair.query_text, pair.shown, again=attempt > 0)
        held = tokens_of(text), self.chat.most_tokens
        if not purse.hold(*held):
            return None
        try:
            reply = self.chat.ask(text)
        except BaseException:
            purse.spend(0, 0, held)
            raise
        tokens_in = held[0] if reply.tokens_in is None else reply.tokens_in
        tokens_out = held[1] if reply.tokens_out is None else reply.tokens_out
        purse.spend(tokens_in, tokens_out, held)
        today = datetime.now(UTC).date().isoformat()
        answer = Answer(_short(reply.text), tokens_in, tokens_out, today)
        self.answers.keep(self._key(pair, attempt), answer)
        with self._lock:
            self._requests += 1
        return answer

    def _note_refusal(self, refused: RefusedError, purse: Purse) -> None:
        """Count a text that the server refuses; where it refuses all, something else is wrong.

        Raises:
            EvalkitError: Nothing was ever answered, and several texts were refused.
        """
        with self._lock:
            self._refused.append(refused.told)
            if len(self._refused) >= ALL_REFUSED and not len(self.answers):
                purse.is_empty = True
                raise refused.told from None

    def _key(self, pair: Pair, attempt: int) -> str:
        return digest_texts(
            (self.chat.identity, self.prompt.digest, pair.query_text, pair.shown, str(attempt))
        )


def _short(said: str) -> str:
    """Return the words of an answer as they are kept; one that is cut is no grade."""
    plain = THOUGHTS.sub("", said).strip()
    return plain if len(plain) <= LONGEST else plain[:LONGEST] + "…"
