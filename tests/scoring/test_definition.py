"""The record of a measure: its credit adds up to its formula, and a wrong one is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.errors import UsageError
from evalkit.golden.goldenset import GoldenSet
from evalkit.retrieval.run import Run
from evalkit.scoring import crediting
from evalkit.scoring.definition import DEFINITIONS, Definition
from evalkit.scoring.judged import Retrieved
from evalkit.scoring.measure import words_of


@pytest.mark.parametrize("definition", DEFINITIONS.values(), ids=DEFINITIONS)
def test_credit_adds_up_to_the_formula(definition: Definition) -> None:
    definition.check()


@given(
    st.lists(st.integers(-1, 3), min_size=1, max_size=8),
    st.lists(st.integers(1, 3), max_size=4),
    st.sampled_from([name for name, known in DEFINITIONS.items() if known.credit]),
    st.integers(1, 9),
)
def test_credit_adds_up_to_the_formula_on_any_judgements(
    grades: list[int], elsewhere: list[int], name: str, cutoff: int
) -> None:
    names = [f"d{place}" for place in range(len(grades) + len(elsewhere))]
    judged = {name: grade for name, grade in zip(names, [*grades, *elsewhere], strict=True) if grade >= 0}
    golden = GoldenSet.of("set", queries={"q": "x"}, corpus=dict.fromkeys(names, "y"), qrels={"q": judged})
    found = {name: -float(place) for place, name in enumerate(names[: len(grades)])}
    seen = Retrieved.of(Run.of("mine", {"q": found}, golden), golden).judged
    definition = DEFINITIONS[name]

    assert definition.credit is not None
    by_credit = definition.credit.values(seen, cutoff)
    assert by_credit == pytest.approx(definition.formula(seen, cutoff), abs=1e-12)


@pytest.mark.parametrize("name", [name for name, known in DEFINITIONS.items() if known.credit])
def test_a_wrong_credit_is_refused(name: str) -> None:
    right = DEFINITIONS[name].credit
    assert right is not None
    others = [crediting.NDCG, crediting.RECALL, crediting.RECIPROCAL_RANK, crediting.AVERAGE_PRECISION]

    for wrong in (other for other in others if other is not right):
        with pytest.raises(UsageError, match="does not add up to its formula"):
            replace(DEFINITIONS[name], credit=wrong).check()


def test_words_of_a_measure_that_is_not_installed_here_are_none() -> None:
    assert words_of("Novelty") == ""
