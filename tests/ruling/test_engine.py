"""The engine of rules: who decides, in either order, and what is withheld."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.regression.checks import Check, GateReason, GateVerdict
from evalkit.ruling.engine import doubts, speaking, withheld
from evalkit.ruling.rule import About

SAYS = (None, GateVerdict.WARN, GateVerdict.FAIL)
GRAVEST = (GateVerdict.FAIL, GateVerdict.WARN)


def checks(verdicts: list[GateVerdict | None]) -> list[Check]:
    return [
        Check(
            row=str(place),
            name=f"rule {place}",
            about=About.PRIMARY,
            words="seen",
            passed=verdict is None,
            verdict=verdict,
            reason=GateReason.PRIMARY_DROP,
        )
        for place, verdict in enumerate(verdicts)
    ]


@given(st.lists(st.sampled_from(SAYS)))
def test_the_first_that_speaks_decides_or_the_first_of_the_gravest(
    verdicts: list[GateVerdict | None],
) -> None:
    results = checks(verdicts)
    spoken = [result for result in results if result.verdict]
    first, gravest = speaking(results), speaking(results, GRAVEST)

    assert first is (spoken[0] if spoken else None)
    if gravest is None:
        assert not spoken
    else:
        failing = [result for result in spoken if result.verdict is GateVerdict.FAIL]
        assert gravest is (failing or spoken)[0]


def test_what_is_withheld_says_why_and_the_rest_stays_as_it_is() -> None:
    results = checks([None, GateVerdict.FAIL, GateVerdict.WARN])

    found = withheld(results, GateVerdict.FAIL, GateVerdict.WARN, GateReason.COPIES, "copies may explain it")

    assert found[0] is results[0]
    assert found[2] is results[2]
    assert (found[1].verdict, found[1].reason) == (GateVerdict.WARN, GateReason.COPIES)
    assert found[1].words == "seen; copies may explain it"


@pytest.mark.parametrize(("said", "expected"), [(GateReason.OK, 1), (GateReason.CRITICAL, 0)])
def test_a_failing_doubt_withholds_what_it_is_said_to(said: GateReason, expected: int) -> None:
    results = checks([None, GateVerdict.FAIL])

    assert len(doubts(results, said, {GateReason.PRIMARY_DROP: {GateReason.OK}})) == expected
