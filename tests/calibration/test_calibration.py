"""The statistics keep their promises: simulated rates lie in their bands, and controls fall outside.

`pytest -m calibration` runs everything and prints the table of docs/statistics.md; a quarter of five studies
runs every day. Seeds are fixed. At full length a band is three standard errors wide or more to either side; a
shorter run is given two standard errors more.
"""

from collections.abc import Callable

import audit_studies as auditing
import comparison_studies as comparing
import decision_studies as deciding
import holes_studies as holes
import prediction_studies as predicting
import pytest
import rollout_studies as rolling
import voting_studies as voting
from study import PROPERTY, Study

STUDIES: dict[str, Study] = {
    "C1": comparing.sign_flip_level,
    "C2": comparing.sign_flip_on_hits,
    "C3": comparing.superiority_under_skew,
    "C4": comparing.non_inferiority_under_rare_harm,
    "C5": comparing.non_inferiority_at_the_margin,
    "C6": comparing.coverage,
    "C7": comparing.plain_coverage,
    "C8": comparing.power_as_planned,
    "C9": comparing.clusters,
    "C10": comparing.weights,
    "C11": deciding.several_candidates,
    "C12": deciding.several_guardrails,
    "C13": lambda share: [*rolling.false_alarms(share), *voting.wrong_divisions(share)],
    "C15": deciding.operating_characteristics,
    "C16": rolling.decisions,
    "C17": holes.unjudged_documents,
    "C18": auditing.foreign_vectors,
    "C19": auditing.topic_drift,
    "C20": voting.preferences,
    "C21": predicting.prediction,
    "C22": auditing.vectors_alone,
}


@pytest.mark.calibration
@pytest.mark.parametrize("name", STUDIES)
def test_every_rate_lies_in_its_band(name: str, record_property: Callable[[str, object], None]) -> None:
    rows = STUDIES[name](1.0)

    record_property(PROPERTY, (name.removeprefix("C"), [str(row) for row in rows]))
    assert [str(row) for row in rows if not row.holds()] == []


@pytest.mark.long
def test_a_few_worlds_with_unjudged_documents_give_verdicts_within_their_bands() -> None:
    rows = holes.unjudged_documents(0.1)

    assert [str(row) for row in rows if not row.holds()] == []
    assert {row.control for row in rows} == {False, True}


def test_a_model_that_people_correct_keeps_its_promises_and_alone_it_does_not() -> None:
    rows = predicting.prediction(0.05)

    assert [str(row) for row in rows if not row.holds(errors=3)] == []
    assert {row.control for row in rows} == {False, True}


@pytest.mark.parametrize("name", ["C18", "C19"])
def test_a_few_mixtures_are_met_and_topics_raise_no_alarm(name: str) -> None:
    rows = STUDIES[name](0.05)

    assert [str(row) for row in rows if not row.holds(errors=3)] == []
    assert {row.control for row in rows} == {False, True}


@pytest.mark.long
@pytest.mark.parametrize("name", ["C1", "C4", "C6", "C9", "C11"])
def test_a_quarter_of_the_repetitions_gives_rates_near_their_bands(name: str) -> None:
    rows = STUDIES[name](0.25)

    assert [str(row) for row in rows if not row.holds(errors=2)] == []
