"""The self-test spoils results step by step, and a verdict that never turns is found out."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from evalkit.decision.verdict import Verdict
from evalkit.evaluation import System
from evalkit.experiment import Experiment, Outcome, run_experiment
from evalkit.golden.goldenset import GoldenSet
from evalkit.reporting.sections.selftest import self_test_lines
from evalkit.results.parts import StepPart
from evalkit.selftest import SHARES, self_test, spoil


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    """A candidate that is clearly better: more dimensions for hashed words."""
    words = np.random.default_rng(2).integers(0, 400, size=(200, 12))
    corpus = {f"d{n:03}": " ".join(f"w{word}" for word in row) for n, row in enumerate(words)}
    queries = {f"q{n:03}": " ".join(f"w{word}" for word in words[n, :4]) for n in range(100)}
    qrels = {f"q{n:03}": {f"d{n:03}": 1} for n in range(100)}
    golden = GoldenSet.of("words", queries=queries, corpus=corpus, qrels=qrels)
    return run_experiment(
        Experiment(golden=golden, baseline=System.parse("hash/24"), candidates=(System.parse("hash/512"),))
    )


def test_a_candidate_whose_results_are_random_is_never_a_go(outcome: Outcome) -> None:
    steps = self_test(outcome)

    assert [step.share for step in steps] == list(SHARES)
    assert steps[0].verdict == outcome.conclusion.verdict == Verdict.GO
    assert steps[-1].verdict == Verdict.NO_GO
    assert all(later.delta <= earlier.delta + 0.02 for earlier, later in itertools.pairwise(steps))


def test_a_larger_share_keeps_every_list_that_was_spoilt_before(outcome: Outcome) -> None:
    whole = outcome.candidates[0].run.rows
    some, more = (spoil(outcome.candidates[0], outcome, share).run.rows for share in (0.2, 0.5))

    spoilt = (some != whole).any(axis=1)

    assert spoilt.sum() == 20
    assert (more[spoilt] == some[spoilt]).all()
    assert (more != whole).any(axis=1).sum() == 50


@pytest.mark.parametrize(
    ("verdicts", "told"),
    [
        (["GO", "GO", "INCONCLUSIVE"], "the verdict turns at 100%"),
        (["GO", "INCONCLUSIVE", "NO-GO"], "the verdict turns at 50%"),
        (["INCONCLUSIVE", "INCONCLUSIVE", "INCONCLUSIVE"], "the verdict never turns: it decides nothing"),
        (["NO-GO", "NO-GO", "NO-GO"], "it is a NO-GO before anything is spoilt: there is nothing to turn"),
    ],
)
def test_where_the_verdict_turns_is_told_in_the_last_line(verdicts: list[str], told: str) -> None:
    steps = [
        StepPart(candidate="new", share=share, delta=0.1, verdict=verdict, reason="OK")
        for share, verdict in zip((0.0, 0.5, 1.0), verdicts, strict=True)
    ]

    assert self_test_lines(steps)[-1].strip() == told
