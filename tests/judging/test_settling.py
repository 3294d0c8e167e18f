"""The fewest judgements that could settle a verdict: held against every prefix of the worklist, and told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from decision_cases import SEED, Case, case
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.decision.decide import decide
from evalkit.decision.policy import Objective, Policy
from evalkit.decision.verdict import Reason, Verdict
from evalkit.golden.goldenset import GoldenSet
from evalkit.judging import sensitivity, settling
from evalkit.judging.settling import Settling, settle, smallest
from evalkit.judging.worklist import WorkItem, worklist
from evalkit.reporting.sections.fewest import fewest_judgements
from evalkit.results.parts import SettlingPart
from evalkit.scoring.measure import Measure
from evalkit.scoring.scores import score

POOLED = {"judgments": "pooled", "pooled_from": ("prod",)}
FIRST = Measure("nDCG", 1)
IMPROVE = Policy(guardrails=(), primary=FIRST)
MAINTAIN = Policy(objective=Objective.MAINTAIN, guardrails=(), primary=FIRST)
TWO = Policy(guardrails=(), primary=Measure("nDCG", 2))


@pytest.fixture(scope="module", autouse=True)
def _few_draws() -> Iterator[None]:
    """Draw less often: what is searched for is the same, and many prefixes are tried."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sensitivity, "RATES", ())
        patch.setattr(sensitivity, "DRAWS", 10)
        patch.setattr(settling, "DRAWS", 4)
        yield


def settled(data: Case, policy: Policy) -> tuple[Settling, tuple[WorkItem, ...]]:
    systems = data.systems
    items = worklist(systems, data.golden, policy)
    (found,) = settle(data.evidence(policy), systems, data.golden, policy, items, seed=SEED)
    assert found is not None
    return found, items


def demoted(queries: int = 60) -> Case:
    """Return a candidate that shows an unjudged document before every third answer."""
    after = np.where(np.arange(queries) % 3 == 0, 2, 1)
    return case(np.full(queries, 1), after, card=POOLED)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 60), st.integers(1, 70))
def test_halving_finds_the_smallest_prefix(number: int, first: int) -> None:
    brute = next((n for n in range(1, number + 1) if n >= first), None)

    assert smallest(number, lambda n: n >= first) == brute


@pytest.mark.slow
@settings(max_examples=2, deadline=None)
@given(st.integers(0, 2**16), st.sampled_from([IMPROVE, MAINTAIN]))
def test_the_number_is_that_of_trying_every_prefix(seed: int, policy: Policy) -> None:
    rng = np.random.default_rng(seed)
    before, after = rng.choice([0, 1, 2], (2, 30), p=[0.1, 0.6, 0.3])
    data = case(before, np.where(rng.random(30) < 0.3, 0, after), card=POOLED)
    if data.decide(policy).verdict != Verdict.INCONCLUSIVE:
        return
    tried: dict[Verdict, dict[int, bool]] = {Verdict.GO: {}, Verdict.NO_GO: {}}
    asked = settling._settles  # noqa: SLF001 - what is tried is counted, not replaced

    def noted(*given: object) -> bool:
        answer = asked(*given)  # type: ignore[arg-type]
        tried[given[-1]][len(given[2][0])] = answer  # type: ignore[index]
        return answer

    with pytest.MonkeyPatch.context() as patch:
        found, items = settled(data, policy)
        patch.setattr(settling, "_settles", noted)
        patch.setattr(
            settling, "smallest", lambda number, settles: [settles(n) for n in range(1, number + 1)]
        )
        settled(data, policy)

    assert found.listed == len(items)
    for verdict, number in ((Verdict.GO, found.go), (Verdict.NO_GO, found.no_go)):
        answers = tried[verdict]
        if number is None:
            assert not answers[len(items)]
        else:
            assert answers[number]
            assert not answers.get(number - 1, False)
            steady = sorted(answers.values()) == [answers[n] for n in sorted(answers)]
            assert not steady or number == min(n for n, answer in answers.items() if answer)


def graded(data: Case, items: tuple[WorkItem, ...], *, relevant: bool) -> Case:
    """Return the case with grades for these items, each as it moves the difference."""
    golden = data.golden
    qrels: dict[str, dict[str, int]] = {query: {} for query in golden.queries.ids}
    rows = zip(golden.qrels.query_rows, golden.qrels.doc_rows, golden.qrels.grades, strict=True)
    for query, document, grade in rows:
        qrels[golden.queries.ids[query]][golden.document_id(int(document))] = int(grade)
    for item in items:
        qrels[item.query][item.document] = int((item.moves > 0) == relevant)
    known = GoldenSet.of(
        golden.name,
        queries=dict(zip(golden.queries.ids, golden.queries.bodies, strict=True)),
        corpus=dict(zip(golden.corpus.ids, golden.corpus.bodies, strict=True)),
        qrels=qrels,
    )
    return Case(replace(known, card=golden.card), data.baseline, data.candidates)


def test_judging_so_many_gives_the_verdict_and_is_far_less_than_all() -> None:
    data = demoted()
    assert data.decide(TWO).reason == Reason.UNJUDGED

    found, items = settled(data, TWO)

    assert found.no_go is not None
    assert found.no_go < found.listed
    after = graded(data, items[: found.no_go], relevant=False).decide(TWO)
    assert after.verdict == Verdict.NO_GO


def test_a_verdict_that_stands_is_not_asked_about() -> None:
    same = np.full(40, 1)
    data = case(same, np.full(40, 0), card=POOLED, judged_fillers=12, miss_noted=True)
    systems = data.systems
    assert decide(data.evidence(IMPROVE), IMPROVE).verdict == Verdict.NO_GO

    assert settle(
        data.evidence(IMPROVE), systems, data.golden, IMPROVE, worklist(systems, data.golden, IMPROVE), seed=1
    ) == (None,)
    assert score(data.baseline, data.golden, [IMPROVE.primary]).mean(IMPROVE.primary) > 0


@pytest.mark.parametrize(
    ("go", "no_go", "words"),
    [
        (
            3,
            3,
            "Judge the first 3 documents of the worklist (of 40), the fewest that could settle it: as GO or",
        ),
        (3, 7, "settle it: 3 as GO and 7 as NO-GO. Then compare again."),
        (
            9,
            7,
            "the first 7 documents of the worklist (of 40), the fewest that could settle it: 7 as NO-GO and",
        ),
        (
            None,
            1,
            "the first 1 document of the worklist (of 40), the fewest that could settle it: as NO-GO; no",
        ),
        (5, None, "settle it: as GO; no grades of these documents could make it NO-GO."),
        (None, None, "even grades for all 40 documents of the worklist could not settle it"),
    ],
)
def test_the_words_say_the_fewest_and_both_ways_where_they_differ(
    go: int | None, no_go: int | None, words: str
) -> None:
    said = fewest_judgements(SettlingPart.of({"listed": 40, "go": go, "no_go": no_go}))

    assert words in said.replace("\N{NO-BREAK SPACE}", " ")


def test_nothing_is_said_where_it_was_not_looked_for() -> None:
    assert fewest_judgements(SettlingPart()) == ""
