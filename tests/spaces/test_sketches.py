"""Sketches: about as far from each other as the vectors, packed to the bit, and silent about edited texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest

from evalkit.arrays import Vectors
from evalkit.digests import digest_text
from evalkit.embedding.embeddedset import embed
from evalkit.embedding.encoder import Fingerprint, Role
from evalkit.errors import InvalidValueError
from evalkit.golden.goldenset import GoldenSet
from evalkit.golden.texts import Texts
from evalkit.spaces.sketches import (
    EACH,
    MOVED,
    WIDTH,
    WOBBLES,
    Sketch,
    check_cached,
    embed_again,
    sketches,
    usual_wobble,
    watch,
)

DIMS = 64
STAMP = Fingerprint(provider="test", model="m", dims=DIMS)


@dataclass
class Drifting:
    """A model that gives each text a vector of its own, and may turn it; it counts how often it was asked."""

    turned: Callable[[int], float] = lambda _: 0.0  # of the nth call: how far vectors are turned
    fingerprint: Fingerprint = STAMP
    calls: int = 0

    def encode(self, texts: Sequence[str], role: Role) -> Vectors:
        """Return (n, E) unit vectors."""
        del role
        self.calls += 1
        far = self.turned(self.calls)
        made = []
        for text in texts:
            rng = np.random.default_rng(int(digest_text(text)[:8], 16))
            own, other = rng.normal(size=(2, DIMS))
            own, other = own / np.linalg.norm(own), other / np.linalg.norm(other)
            made.append(own + far * other)
        return np.array(made, dtype=np.float32)


def golden(queries: int = 5, documents: int = 7) -> GoldenSet:
    return GoldenSet.of(
        "set",
        queries={f"q{n:03d}": f"question {n}" for n in range(queries)},
        corpus={f"d{n:03d}": f"document {n}" for n in range(documents)},
        qrels={"q000": {"d000": 1}},
    )


def taken(known: GoldenSet) -> tuple[Sketch, ...]:
    return sketches(known, embed(known, Drifting()))


def test_every_text_has_a_sketch_queries_first_with_the_digest_of_its_body() -> None:
    found = taken(golden())
    assert [canary.text for canary in found] == [
        *(f"q{n:03d}" for n in range(5)),
        *(f"d{n:03d}" for n in range(7)),
    ]
    assert {canary.role for canary in found[:5]} == {Role.query}
    assert found[0].digest == digest_text("question 0")[:12]


def test_of_many_texts_a_hundred_of_each_role_are_kept_and_new_texts_displace_few() -> None:
    before, after = golden(150, 150), golden(160, 160)
    kept, later = ({canary.text for canary in taken(known)} for known in (before, after))
    assert len(kept) == len(later) == 2 * EACH
    assert len(kept & later) >= 2 * EACH - 20


@pytest.mark.parametrize("far", [0.01, 0.3, 2.0])
def test_sketches_are_on_average_as_far_apart_as_the_vectors(far: float) -> None:
    """Of the mean of 90 squares; that of one pair alone may be off by a half."""
    known = golden(90, 90)
    embedded = embed(known, Drifting())
    noise = far / np.sqrt(DIMS) * np.random.default_rng(5).normal(size=(90, DIMS))
    moved = embedded.corpus.vectors + noise.astype(np.float32)
    other = replace(embedded, corpus=replace(embedded.corpus, vectors=moved))
    pairs = zip(sketches(known, embedded)[90:], sketches(known, other)[90:], strict=True)
    squares = [np.sum((a.sketch - b.sketch) ** 2) for a, b in pairs]
    assert np.mean(squares) == pytest.approx(np.mean(np.sum(noise**2, axis=1)), rel=0.2)


def test_a_sketch_is_packed_to_the_bit_and_cannot_be_changed() -> None:
    (first, *_) = taken(golden())
    again = Sketch.unpacked(str(first.role), first.text, first.digest, first.packed)
    assert again.sketch.tobytes() == first.sketch.tobytes()
    assert (again.role, again.text, again.digest) == (first.role, first.text, first.digest)
    with pytest.raises(ValueError, match="read-only"):
        first.sketch[0] = 1


@pytest.mark.parametrize(("role", "packed"), [("query", "no base64!"), ("reader", "AAAA"), ("query", "AAA")])
def test_what_is_no_sketch_is_refused(role: str, packed: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - one kind for all that is wrong with a text
        Sketch.unpacked(role, "q", "", packed)


def test_a_sketch_of_another_width_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="sketch"):
        Sketch(Role.query, "q", "", np.zeros(WIDTH - 1, dtype=np.float32))


def test_a_model_that_stayed_has_moved_no_vector_and_one_that_was_turned_has_moved_all() -> None:
    known = golden()
    canaries = taken(known)
    same = watch(canaries, known, Drifting())
    assert (same.compared, same.moved, same.farthest) == (12, 0, 0.0)
    turned = watch(canaries, known, Drifting(lambda _: 0.5))
    assert (turned.compared, turned.moved) == (12, 12)
    assert turned.farthest > 0.2
    little = watch(canaries, known, Drifting(lambda _: MOVED / 10))
    assert (little.moved, little.farthest > 0) == (0, True)


def test_of_texts_that_are_gone_or_edited_nothing_is_said() -> None:
    canaries = taken(golden())
    edited = golden(4, 7)
    bodies = {**dict(zip(edited.corpus.ids, edited.corpus.bodies, strict=True)), "d000": "edited"}
    edited = replace(edited, corpus=Texts.of(bodies))
    found = watch(canaries, edited, Drifting(lambda _: 0.5))
    assert found.compared == 4 + 6
    assert watch((), edited, Drifting()).compared == 0
    assert watch((), edited, Drifting()).farthest == 0.0


def test_what_a_model_varies_by_itself_is_no_change() -> None:
    """Vectors of the first call are far from the cache, and those of the second as far from the first."""
    known = golden()
    canaries = taken(known)
    wobbling = Drifting(lambda call: 0.5 if call <= 2 else 0.0)
    found, fresh = check_cached(canaries, known, wobbling)
    assert found.moved == 0
    assert wobbling.calls == 4
    assert len(fresh) == len(canaries)

    changed, now = check_cached(canaries, known, Drifting(lambda _: 0.5))
    assert changed.moved == 12
    np.testing.assert_allclose(now[0].sketch, embed_again(canaries, known, Drifting(lambda _: 0.5))[0].sketch)


def test_a_model_that_stayed_is_asked_once_for_each_role() -> None:
    known = golden()
    steady = Drifting()
    found, _ = check_cached(taken(known), known, steady)
    assert (found.compared, found.moved) == (12, 0)
    assert steady.calls == 2


def test_texts_of_one_role_alone_ask_for_nothing_of_the_other() -> None:
    known = golden()
    steady = Drifting()
    own = [canary for canary in taken(known) if canary.role is Role.document]
    assert [canary.text for canary in embed_again(own, known, steady)] == [canary.text for canary in own]
    assert steady.calls == 1


def test_a_text_that_stood_still_once_is_judged_by_how_the_others_wobble() -> None:
    """Of 200 texts that wobble alike in few dimensions, a second step is by chance three times the first."""
    draw = np.random.default_rng(4)
    alone = together = 0
    for _ in range(400):
        first, second, third = draw.normal(size=(3, 200, 8))
        far, wobble = (np.linalg.norm(b - a, axis=1) for a, b in ((first, second), (second, third)))
        alone += bool((far > WOBBLES * wobble).any())
        together += bool((far > WOBBLES * usual_wobble(wobble)).any())

    assert alone > 0
    assert together == 0
    assert usual_wobble(np.array([0.0, 0.0, 0.0, 0.5])).tolist() == [0.0, 0.0, 0.0, 0.5]
