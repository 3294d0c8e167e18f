"""Truncation: a model that reads only the beginning of long documents says of how many."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from models_by_hand import DEMO, WORDS, static_model
from texts_by_hand import Counting, golden_set
from transformers import AutoTokenizer

from evalkit.arrays import Vectors
from evalkit.embedding.adapters.hashing import HashingEncoder
from evalkit.embedding.adapters.lengths import count_longer
from evalkit.embedding.adapters.sentence_transformers import find_source
from evalkit.embedding.cache import VectorCache
from evalkit.embedding.embeddedset import embed
from evalkit.embedding.encoder import Fingerprint, Role
from evalkit.embedding.modelspec import ModelSpec, open_encoder
from evalkit.findings import Severity
from evalkit.golden.goldenset import GoldenSet

LONG = "the migration of an embedding index is a matter of care " * 40
TEXTS = {"short": "a few words", "edge": "word " * 254, "over": "word " * 255, "long": LONG}
GOLDEN = GoldenSet.of("g", queries={"q": "words"}, corpus=TEXTS, qrels={"q": {"short": 1}})


@pytest.fixture(scope="module")
def static(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return static_model(tmp_path_factory.mktemp("static") / "m")


@dataclass(frozen=True)
class Reader:
    """The hashing encoder, which pretends to read eight characters, and notes how often it counts."""

    fingerprint: Fingerprint = field(
        default_factory=lambda: Fingerprint(provider="hash", model="16", dims=16, truncation=8)
    )
    counted: list[Role] = field(default_factory=list)
    knows: bool = True

    def encode(self, texts: Sequence[str], role: Role) -> Vectors:
        """Encode."""
        return HashingEncoder(self.fingerprint).encode(texts, role)

    def count_truncated(self, texts: Sequence[str], role: Role) -> int | None:
        """Count and note."""
        self.counted.append(role)
        return sum(len(text) > 8 for text in texts) if self.knows else None


def test_a_real_model_tells_how_many_documents_it_cuts() -> None:
    found = embed(GOLDEN, open_encoder(DEMO, GOLDEN))

    (told,) = [finding for finding in found.findings if finding.code == "EK324"]
    assert found.truncated == 2
    assert told.severity is Severity.WARNING
    assert told.problem == (
        "2 of 4 documents are longer than the 256 tokens that the model reads; "
        "the rest of them is not searched"
    )


def test_prompts_count_as_text() -> None:
    found = embed(GOLDEN, open_encoder(DEMO, GOLDEN, {"document_prompt": "passage "}))

    assert found.truncated == 3


def test_the_count_is_that_of_the_models_own_tokenizer() -> None:
    folder = find_source(DEMO, {}).folder
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    draw = random.Random(3)  # noqa: S311 - which texts are drawn is no secret
    words = [*LONG.split(), "Straße", "naïve", "漢字", "😀", "quantisation", "x" * 30, "\t\n", "a.b/c"]
    texts = [" ".join(draw.choices(words, k=draw.randint(1, 90))) for _ in range(300)]

    for limit in (8, 31, 64):
        own = [len(tokenizer(text, truncation=False)["input_ids"]) for text in texts]
        counted = count_longer(folder / "tokenizer.json", texts, limit, specials=True)
        assert counted == sum(length > limit for length in own)


@given(
    st.lists(st.lists(st.sampled_from([*WORDS[1:], "zebra"]), max_size=60).map(" ".join), max_size=8),
    st.integers(1, 50),
)
def test_shortcuts_never_change_the_count(static: Path, texts: list[str], limit: int) -> None:
    counted = count_longer(static / "tokenizer.json", texts, limit, specials=False)

    assert counted == sum(len(text.split()) > limit for text in texts)


def test_without_a_tokenizers_file_nothing_is_told(tmp_path: Path) -> None:
    assert count_longer(tmp_path / "tokenizer.json", [LONG], 5, specials=True) is None


def test_only_documents_are_counted() -> None:
    reader = Reader()

    embed(golden_set(), reader)

    assert reader.counted == [Role.document]


def test_the_count_is_remembered_with_the_vectors(tmp_path: Path) -> None:
    cache = VectorCache(tmp_path)
    first, second = Reader(), Reader()

    before = embed(golden_set(), first, cache=cache)
    again = embed(golden_set(), second, cache=cache)

    assert (first.counted, second.counted) == ([Role.document], [])
    assert before.truncated == again.truncated == 5
    assert before.findings == again.findings != ()


def test_a_count_that_was_not_known_is_made_up_for(tmp_path: Path) -> None:
    cache = VectorCache(tmp_path)
    silent, reader, third = Reader(knows=False), Reader(), Reader()

    assert embed(golden_set(), silent, cache=cache).truncated is None
    assert embed(golden_set(), reader, cache=cache).truncated == 5
    assert embed(golden_set(), third, cache=cache).truncated == 5
    assert third.counted == []


def test_another_corpus_is_counted_anew(tmp_path: Path) -> None:
    cache = VectorCache(tmp_path)
    embed(golden_set(), Reader(), cache=cache)

    assert embed(golden_set(documents=7), Reader(), cache=cache).truncated == 7


def test_nothing_is_told_of_a_model_that_cuts_nothing() -> None:
    reader = Reader(replace(Reader().fingerprint, truncation=None))
    short = GoldenSet.of("g", queries={"q": "a"}, corpus={"d": "a"}, qrels={"q": {"d": 1}})

    assert embed(short, reader).truncated == 0
    assert embed(short, reader).findings == ()
    assert embed(golden_set(), Counting()).truncated is None


def test_one_document_is_told_in_the_singular() -> None:
    golden = GoldenSet.of("g", queries={"q": "a"}, corpus={"d": LONG, "e": "a"}, qrels={"q": {"e": 1}})

    told = str(embed(golden, Reader()).findings[-1])

    assert "1 of 2 documents is longer than the 8 tokens that the model reads; the rest of it" in told


def test_a_warm_cache_tells_it_without_torch(tmp_path: Path) -> None:
    embed(GOLDEN, open_encoder(DEMO, GOLDEN), cache=VectorCache(tmp_path))
    program = (
        "import sys\n"
        "from evalkit.embedding.cache import VectorCache\n"
        "from evalkit.embedding.embeddedset import embed\n"
        "from evalkit.embedding.modelspec import ModelSpec, open_encoder\n"
        "from evalkit.golden.goldenset import GoldenSet\n"
        "qrels = {'q': {'short': 1}}\n"
        f"golden = GoldenSet.of('g', queries={{'q': 'words'}}, corpus={TEXTS!r}, qrels=qrels)\n"
        f"encoder = open_encoder(ModelSpec.parse('{DEMO}'), golden)\n"
        f"found = embed(golden, encoder, cache=VectorCache({str(tmp_path)!r}))\n"
        "print(found.encoded, found.truncated, 'torch' in sys.modules, 'tokenizers' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["0", "2", "False", "False"]


def test_the_limit_of_a_spec_is_that_of_its_files() -> None:
    assert open_encoder(ModelSpec.parse(str(DEMO)), GOLDEN).fingerprint.truncation == 256
