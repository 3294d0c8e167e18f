"""Calibration of audits: C18 and C22, what is foreign is met as told; C19, topics alone are no alarm."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from study import Row, rate, repetitions

from evalkit import embed, read_golden
from evalkit.arrays import Bools, Floats, Ints
from evalkit.auditing.expectation import Expectation
from evalkit.auditing.groups import strangers
from evalkit.auditing.making import Ruler, Sampled, make_by, make_vectors
from evalkit.auditing.sampling import needed_sample
from evalkit.auditing.stores.counting import rank
from evalkit.auditing.variants import Variant, variants_of
from evalkit.embedding.modelspec import ModelSpec, open_encoder
from evalkit.golden.goldenset import GoldenSet

RECORDS, FEW, SAMPLE, FOREIGN = 3_000, 500, 299, 0.01
EXPECTED, OTHER = "hash/64", "lsa/64"
LANGUAGE = ("st/all-MiniLM-L6-v2", "hash/384")
PROMPTS = ("with the prompt 'passage: '", "with the prompt 'query: '")
TEXTS = ("the title left out", "the title alone")
TOPICS = 12
WORDS = np.array(
    [
        f"{first}{last}"
        for first in "bdfgklmnprst"
        for last in ("ak", "el", "im", "on", "ur", "ase", "ill", "orn")
    ]
)


def worded(rng: np.random.Generator, count: int, *, topic: int | None = None) -> tuple[str, ...]:
    """Return texts with a title and a number of their own; of one topic they share a twelfth of the words."""
    words = WORDS if topic is None else WORDS[topic::TOPICS]
    texts = []
    for number in range(count):  # texts have different lengths: nothing to vectorise over
        title, body = rng.choice(words, size=3), rng.choice(words, size=int(rng.integers(8, 30)))
        texts.append(f"{' '.join(title)} t{rng.integers(1 << 30)}\n{' '.join(body)} nr{number}")
    return tuple(texts)


def sampled_of(texts: Sequence[str]) -> Sampled:
    count = len(texts)
    return Sampled(
        ids=tuple(f"r{row:05}" for row in range(count)),
        vectors=np.zeros((count, 1), dtype=np.float32),
        texts=tuple(texts),
        claims=("",) * count,
        outdated=np.zeros(count, dtype=np.bool_),
    )


def model_of(spec: str, texts: Sequence[str]) -> Expectation:
    corpus = {f"r{row:05}": text for row, text in enumerate(texts)}
    golden = GoldenSet.of("world", queries={}, corpus=corpus, qrels={})
    return Expectation(name=spec, encoder=open_encoder(ModelSpec.parse(spec), golden))


def kinds_of(sampled: Sampled, right: Floats) -> Mapping[str, Floats]:
    """Return vectors for each kind of foreignness that changes every text's vector."""
    encoder, other = model_of(EXPECTED, sampled.texts).encoder, model_of(OTHER, sampled.texts).encoder
    assert encoder is not None
    assert other is not None
    ways: dict[str, Variant] = {way.name: way for way in variants_of(encoder)}  # type: ignore[arg-type] # it encodes
    turn = np.linalg.qr(np.random.default_rng(7).standard_normal((right.shape[1],) * 2))[0]
    older = Sampled(
        **{
            **{name: getattr(sampled, name) for name in ("ids", "vectors", "claims", "outdated")},
            "texts": tuple(f"{text} older words" for text in sampled.texts),
        }
    )
    return {
        **{name: make_by(sampled, ways[name])[0] for name in (*PROMPTS, *TEXTS)},
        "another model": make_vectors(sampled, other),
        "the model in other coordinates": right @ turn,
        "of another record": np.roll(right, 1, axis=0),
        "of an older text": make_vectors(older, encoder),
    }


def draws(ids: Sequence[str], count: int) -> Iterator[Ints]:
    """Yield the rows in the order in which each seed draws them, as stores do."""
    for seed in range(count):
        order = sorted(range(len(ids)), key=lambda row: rank(seed, ids[row]))
        yield np.array(order)


def passing(right: Floats, kind: Floats, ruler: Ruler) -> Bools:
    """Return (n,) which foreign vectors pass for those of the expected model."""
    return ruler.compare(kind.astype(np.float32), right).same


def met(foreign: Ints, drawn: Ints, passes: Bools) -> bool:
    """Return whether an audit of a mixture meets one of its foreign vectors."""
    seen = drawn[np.isin(drawn, foreign)]
    return not bool(passes[seen].all())


def foreign_vectors(share: float) -> list[Row]:
    """C18: 1 % of 3,000 records is foreign; an audit of 299 meets it in 95 of 100 mixtures of each kind."""
    reps = repetitions(400, share)
    records = RECORDS if share == 1 else FEW
    count = SAMPLE if share == 1 else needed_sample(FOREIGN, total=FEW)
    sampled = sampled_of(worded(np.random.default_rng(18), records))
    encoder = model_of(EXPECTED, sampled.texts).encoder
    assert encoder is not None
    right = make_vectors(sampled, encoder)
    kinds = kinds_of(sampled, right)
    drawn = [rows[:count] for rows in draws(sampled.ids, reps)]
    mixtures = {
        name: [
            np.random.default_rng([18, number, seed]).choice(records, round(FOREIGN * records), replace=False)
            for seed in range(reps)
        ]
        for number, name in enumerate(kinds)
    }
    assert passing(right, right, Ruler()).all()
    hits = {
        name: [met(foreign, rows, passes) for foreign, rows in zip(mixtures[name], drawn, strict=True)]
        for name, passes in ((name, passing(right, kind, Ruler())) for name, kind in kinds.items())
    }
    lax = passing(right, kinds[PROMPTS[0]], Ruler(same=0.9))
    lost = [met(foreign, rows, lax) for foreign, rows in zip(mixtures[PROMPTS[0]], drawn, strict=True)]
    every = [hit for row in hits.values() for hit in row]
    return [
        *(
            Row("C18", f"1 % foreign is met: {name}", rate(row), 0.917, 1.0, reps)
            for name, row in hits.items()
        ),
        Row("C18", "1 % foreign is met, over all kinds", rate(every), 0.95, 1.0, len(every)),
        Row(
            "C18",
            "the same at a cosine of 0.9: a prompt passes for the model",
            rate(lost),
            0.0,
            0.5,
            reps,
            control=True,
        ),
    ]


def topic_halves(count: int) -> Iterator[tuple[bool, bool]]:
    """Yield, for stores of one model whose topics turn, whether an audit and a test of two means alarm."""
    for seed in range(count):
        rng = np.random.default_rng([19, seed])
        first, second = rng.choice(TOPICS, size=2, replace=False)
        texts = (*worded(rng, 150, topic=int(first)), *worded(rng, 149, topic=int(second)))
        encoder = model_of(EXPECTED, texts).encoder
        assert encoder is not None
        right = make_vectors(sampled_of(texts), encoder)
        stored = right.astype(np.float16).astype(np.float32)  # rounded in the store, as it happens
        yield not bool(Ruler().compare(stored, right).same.all()), mean_shift(right[:150], right[150:]) > 3


def topic_drift(share: float) -> list[Row]:
    """C19: one model, whose texts turn to other topics from one half to the other; 200 seeds."""
    reps = repetitions(200, share)
    alarms, shifts = zip(*topic_halves(reps), strict=True)
    return [
        Row("C19", "topics drift under one model: an alarm", rate(alarms), 0.0, 0.0, reps),
        Row(
            "C19",
            "a test of two means calls the same drift a change",
            rate(shifts),
            0.5,
            1.0,
            reps,
            control=True,
        ),
    ]


def vectors_alone(share: float) -> list[Row]:
    """C22: a model of language on real texts, part of them under another model; no model is at hand."""
    reps = repetitions(50, share)
    golden = read_golden("helpdesk")
    model, other = (embed(golden, open_encoder(ModelSpec.parse(spec), golden)) for spec in LANGUAGE)
    documents, asked = model.corpus.vectors.astype(float), model.queries.vectors.astype(float)
    foreign = {"in other coordinates": None, "of another model": other.corpus.vectors.astype(float)}
    rows = []
    for name, texts in (("documents", documents), ("documents and queries", np.vstack([documents, asked]))):
        found = [suspected(texts, None, 0.0, seed) for seed in range(reps)]
        rows.append(Row("C22", f"one model alone, {name}: a hint", rate(found), 0.0, 0.0, reps))
    for name, vectors in foreign.items():
        for part, least in ((0.02, 0.0), (0.05, 0.8), (0.1, 0.95), (0.3, 0.95)):
            found = [suspected(documents, vectors, part, seed) for seed in range(reps)]
            rows.append(Row("C22", f"{part:.0%} {name}: a hint", rate(found), least, 1.0, reps))
    drifted = [strangers(two_topics(seed)) is not None for seed in range(reps)]
    rows.append(Row("C22", "two topics, words counted: a hint", rate(drifted), 0.5, 1.0, reps, control=True))
    return rows


def suspected(documents: Floats, foreign: Floats | None, part: float, seed: int) -> bool:
    """Return whether a sample is hinted at, part of which is of another model or in other coordinates."""
    rng = np.random.default_rng([22, seed])
    rows = rng.permutation(len(documents))[:SAMPLE]
    few, vectors = round(part * SAMPLE), documents[rows].copy()
    if foreign is None:
        turn = np.linalg.qr(rng.standard_normal((documents.shape[1],) * 2))[0]
        vectors[:few] = vectors[:few] @ turn
    else:
        vectors[:few] = foreign[rows[:few]]
    return strangers(vectors) is not None


def two_topics(seed: int) -> Floats:
    """Return vectors that count words, of texts on two topics without a common word."""
    rng = np.random.default_rng([22, seed])
    texts = (*worded(rng, 150, topic=0), *worded(rng, 149, topic=1))
    encoder = model_of(EXPECTED, texts).encoder
    assert encoder is not None
    return make_vectors(sampled_of(texts), encoder)


def mean_shift(first: Floats, second: Floats) -> float:
    """Return how many standard errors two means are apart, on average over coordinates."""
    spread = np.sqrt(first.var(axis=0) / len(first) + second.var(axis=0) / len(second))
    return float(
        np.sqrt(np.mean(((first.mean(axis=0) - second.mean(axis=0)) / np.maximum(spread, 1e-12)) ** 2))
    )
