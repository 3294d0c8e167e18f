"""Assay sensitivity: comparisons that could not have shown anything are said to be so."""

import numpy as np
import pytest
from paired_scores import NDCG, golden_of, scores_of

from evalkit.comparison.assay import assay
from evalkit.comparison.paired import compare
from evalkit.decision.policy import Policy


def codes(baseline: float, changes: int, gain: float) -> list[str]:
    """Return the findings where `changes` of 60 queries gain something over a flat baseline."""
    golden = golden_of(60)
    before = np.full(60, baseline)
    after = before + gain * (np.arange(60) < changes)
    first, second = scores_of(golden, "a", {NDCG: before}), scores_of(golden, "b", {NDCG: after})
    return [f.code for f in assay(compare(first, second, golden, policy=Policy(), seed=1)[0])]


@pytest.mark.parametrize(
    ("baseline", "changes", "gain", "expected"),
    [
        (0.5, 30, 0.1, []),
        (0.5, 0, 0.0, []),
        (0.01, 30, 0.1, ["EK560"]),
        (0.99, 30, 0.01, ["EK561"]),
        (0.5, 9, 0.1, ["EK562"]),
        (0.01, 5, 0.1, ["EK560", "EK562"]),
    ],
)
def test_a_baseline_at_an_end_of_the_scale_or_few_differences_are_told(
    baseline: float, changes: int, gain: float, expected: list[str]
) -> None:
    assert codes(baseline, changes, gain) == expected
