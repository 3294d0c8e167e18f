"""A bank tells families of models apart without an encoder, knows strangers, and certifies nothing."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from audited import EXPECTED, OTHER, store, texts_of, vectors_of

from evalkit.arrays import Floats
from evalkit.auditing.bank import Bank, unit
from evalkit.cli import main
from evalkit.errors import UsageError

TEXTS = texts_of(300)
FIRST, SECOND = unit(vectors_of(EXPECTED, TEXTS)), unit(vectors_of(OTHER, TEXTS))


def turned(vectors: Floats, seed: int = 0) -> Floats:
    """Return the vectors of a model that is as good, and a stranger."""
    width = vectors.shape[1]
    return np.asarray(vectors @ np.linalg.qr(np.random.default_rng(seed).standard_normal((width, width)))[0])


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("count", [25, 50, 100])
def test_each_vector_reads_as_its_own_model(count: int) -> None:
    bank = Bank({"first": FIRST[:count], "second": SECOND[:count]})

    for name, vectors in (("first", FIRST), ("second", SECOND)):
        told = bank.tell(vectors[100:].astype(np.float32))
        assert told.count(name) / len(told) > 0.93
        assert set(told) <= {name, ""}


def test_a_stranger_is_none_of_the_bank_and_a_relative_is_its_relative() -> None:
    dense = unit(vectors_of("lsa/64", TEXTS) + 1)  # with a common direction, as models of language have
    bank = Bank({"dense": dense[:60], "second": SECOND[:60]})
    relative = dense + 0.02 * np.random.default_rng(1).standard_normal((1, 64))

    assert bank.tell(turned(dense)[100:].astype(np.float32)).count("") / 200 > 0.8
    assert bank.tell(relative[100:].astype(np.float32)).count("dense") / 200 > 0.9


@pytest.mark.parametrize(
    "vectors",
    [
        {"first": FIRST[:50]},
        {"first": FIRST[:50], "second": SECOND[:24]},
        {"first": FIRST[:50], "second": SECOND[:50, :32]},
    ],
)
def test_a_bank_that_tells_nothing_apart_is_refused(vectors: dict[str, Floats]) -> None:
    with pytest.raises(UsageError, match="tells no models apart"):
        Bank(vectors)


def test_its_word_is_a_hint_and_the_verdict_stays_unknown(capsys: pytest.CaptureFixture[str]) -> None:
    mixed = np.where(np.arange(300)[:, None] < 90, SECOND, FIRST)
    store("prod", TEXTS, mixed, [None] * 300, text=None)
    some = dict(list(TEXTS.items())[100:160])
    store("a", some, FIRST[100:160], [None] * 60, text=None)
    store("b", some, SECOND[100:160], [None] * 60, text=None)
    asking = [
        "audit",
        "prod",
        "--expect",
        EXPECTED,
        "--sample",
        "300",
        "--bank",
        "hash/64=a",
        "--bank",
        "lsa/64=b",
    ]

    code = main.run([*asking, "--json"])

    shown = json.loads(capsys.readouterr().out)
    assert (code, shown["verdict"]) == (3, "UNKNOWN")
    hint, alone = shown["hints"]
    assert alone.startswith("Without any model: ")
    assert "90 read as lsa/64 or a relative of it" in hint
    assert "read as hash/64 or a relative of it" in hint


def test_a_bank_of_another_corpus_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    store("prod", TEXTS, FIRST, [None] * 300, text=None)
    others = {f"x{name}": text for name, text in texts_of(60, seed=4).items()}
    store("a", others, FIRST[:60], [None] * 60, text=None)
    store("b", others, SECOND[:60], [None] * 60, text=None)

    code = main.run(["audit", "prod", "--expect", EXPECTED, "--bank", "hash/64=a", "--bank", "lsa/64=b"])

    told = capsys.readouterr().err
    assert code == 2
    assert "EK651" in told
    assert "of another corpus" in told


def test_an_option_that_names_no_store_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    store("prod", TEXTS, FIRST, [None] * 300, text=None)

    assert main.run(["audit", "prod", "--expect", EXPECTED, "--bank", "hash/64"]) == 2
    assert "is no MODEL=STORE" in capsys.readouterr().err
