"""Quality by how many documents compete: the whole corpus gives what search gives, and rivals only harm."""

from __future__ import annotations

from itertools import pairwise

import pytest

from evalkit.embedding.embeddedset import EmbeddedSet, embed
from evalkit.embedding.modelspec import ModelSpec, open_encoder
from evalkit.evaluation import Setting, System, evaluate
from evalkit.golden.folder import read_golden
from evalkit.golden.goldenset import GoldenSet
from evalkit.planning.subsample import SizeStep, size_steps, unsettled
from evalkit.scoring.measure import Measure


@pytest.fixture(scope="module")
def golden() -> GoldenSet:
    return read_golden("helpdesk")


def embedded(golden: GoldenSet, model: str) -> EmbeddedSet:
    return embed(golden, open_encoder(ModelSpec.parse(model), golden))


@pytest.fixture(scope="module")
def steps(golden: GoldenSet) -> tuple[SizeStep, ...]:
    old, new = (embedded(golden, model) for model in ("hash/64", "hash/1024"))
    return size_steps(golden, old, new, measure="nDCG@10", seed=5)


def test_the_whole_corpus_gives_the_means_of_a_search(golden: GoldenSet, steps: tuple[SizeStep, ...]) -> None:
    measure = Measure.parse("nDCG@10")
    for model, mean in (("hash/64", steps[-1].old), ("hash/1024", steps[-1].new)):
        scores = evaluate(System.parse(model), Setting(golden=golden, measures=(measure,))).scores
        weights = golden.weights * scores.counted
        assert mean == pytest.approx(float(scores.row(measure) @ weights / weights.sum()), abs=1e-9)


def test_parts_are_of_the_size_that_they_say(golden: GoldenSet, steps: tuple[SizeStep, ...]) -> None:
    assert [step.part for step in steps] == [0.25, 0.5, 1.0]
    assert [step.documents for step in steps] == [round(part * len(golden.corpus)) for part in (0.25, 0.5, 1)]


def test_fewer_rivals_never_harm(steps: tuple[SizeStep, ...]) -> None:
    for smaller, larger in pairwise(steps):
        assert smaller.old >= larger.old - 0.01
        assert smaller.new >= larger.new - 0.01


def test_a_model_against_itself_breaks_even_at_the_end(golden: GoldenSet) -> None:
    same = embedded(golden, "hash/64")
    for step in size_steps(golden, same, same, measure="nDCG@10", seed=5):
        assert step.delta == pytest.approx(0)
        assert step.break_even == 1.0


def told(*deltas: float, break_even: float | None = 0.5) -> list[SizeStep]:
    return [
        SizeStep(
            part=part, documents=1, old=0.3, new=0.3 + delta, delta=delta, sd=0.001, break_even=break_even
        )
        for part, delta in zip((0.25, 0.5, 1.0), deltas, strict=True)
    ]


def test_what_has_not_settled_is_said() -> None:
    assert unsettled(told(0.1, 0.1, 0.105)) == ""
    assert "+0.200 to +0.100" in unsettled(told(0.3, 0.2, 0.1))
    assert "to −0.005" in unsettled(told(0.01, 0.005, -0.005))
    assert unsettled([]) == ""
    moved = [*told(0.1, 0.1, 0.1)[:2], told(0.1, 0.1, 0.1, break_even=None)[2]]
    assert "break-even" in unsettled(moved)
