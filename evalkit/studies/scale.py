"""The scale: how many tokens documents are, and for how many of them the costs of a comparison are told."""

from __future__ import annotations

from dataclasses import dataclass

from evalkit.embedding.encoder import Counting, Role
from evalkit.evaluation import Evaluation
from evalkit.golden.goldenset import GoldenSet
from evalkit.planning.inputs import Input
from evalkit.planning.tokens import token_ratio

CHARACTERS_A_TOKEN = 4.0  # where nobody can count: what tokenizers make of English


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """For which size and at which price the costs of a comparison are told beside those of its corpus.

    Attributes:
        documents: How many documents; None for those that there are.
        price: Of a million tokens, with the day on which it was read; None where nothing is paid.
    """

    documents: Input | None = None
    price: Input | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusTokens:
    """How many tokens the documents of a corpus are for one model, and whether its tokenizer counted them."""

    number: float
    counted: bool


def corpus_tokens(evaluation: Evaluation, golden: GoldenSet, *, seed: int) -> CorpusTokens | None:
    """Return how many tokens a model reads of all documents; None for a system without vectors.

    Its tokenizer counts a few documents drawn by their length; without one, four characters are a token.
    """
    texts = golden.corpus.bodies
    if evaluation.embedded is None or not any(texts):
        return None
    encoder: object = evaluation.encoder
    counter = encoder if isinstance(encoder, Counting) else None
    if counter is None or not counter.count_tokens(texts[:1], Role.document):
        return CorpusTokens(number=sum(map(len, texts)) / CHARACTERS_A_TOKEN, counted=False)
    drawn = token_ratio(texts, lambda some: counter.count_tokens(some, Role.document) or [], seed=seed)
    return CorpusTokens(number=drawn.tokens, counted=True)
