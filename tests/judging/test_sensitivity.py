"""Unjudged documents: known values, labels that belong to pairs, and verdicts that hold or turn."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from decision_cases import DEPTH, SEED, Case, case, ranks
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.decision.evidence import CriticalLoss
from evalkit.decision.policy import Policy
from evalkit.decision.verdict import Reason, Verdict
from evalkit.golden.goldenset import GoldenSet
from evalkit.judging.sensitivity import DRAWS, RATES, examine_holes
from evalkit.judging.unjudged import Holes
from evalkit.judging.worklist import to_frame, worklist
from evalkit.retrieval.run import Run
from evalkit.scoring.judged import JudgedRun, Retrieved
from evalkit.scoring.measure import Measure
from evalkit.scoring.scores import score

_VECTORS = json.loads((Path(__file__).parents[1] / "data" / "statistics.json").read_text(encoding="utf-8"))
P18 = next(entry for entry in _VECTORS["vectors"] if entry["id"] == "P18")
POOLED = {"judgments": "pooled", "pooled_from": ("prod",)}
POLICY = Policy(guardrails=())


def ranking(golden: GoldenSet, documents: list[str]) -> Retrieved:
    rows = golden.corpus.rows(documents)[None, :]
    return Retrieved.of(Run.ranked("x", rows, -np.arange(float(len(documents)))[None, :]), golden)


@pytest.fixture
def known() -> Retrieved:
    documents = sorted({*P18["input"]["qrels"], *P18["input"]["ranking"]})
    golden = GoldenSet.of(
        "P18", queries={"q": "?"}, corpus=dict.fromkeys(documents, "so"), qrels={"q": P18["input"]["qrels"]}
    )
    return ranking(golden, P18["input"]["ranking"])


def value(measure: str, judged: JudgedRun) -> float:
    return float(Measure.parse(measure).values(judged)[0])


def test_the_known_ranking_has_the_known_values_as_long_as_nothing_is_imagined(known: Retrieved) -> None:
    answer = P18["expected"]

    (judged, _) = Holes.between(known, known, 4).labelled(0.0, 0, SEED)

    assert value("Judged@4", known.judged) == pytest.approx(answer["judged_at_k"], abs=1e-9)
    assert value("nDCG@4", judged) == pytest.approx(answer["ndcg_closed"], abs=1e-9)
    assert value("nDCG(exp)@4", judged) == pytest.approx(answer["ndcg_closed_exponential"], abs=1e-9)


def test_at_rate_one_the_known_ranking_has_the_known_optimistic_value(known: Retrieved) -> None:
    judged, _ = Holes.between(known, known, 4).labelled(1.0, 0, SEED)

    assert value("nDCG@4", judged) == pytest.approx(P18["expected"]["ndcg_optimistic_grade1"], abs=1e-9)
    assert judged.ideal.tolist() == [[2, 1, 1, 1]]


def test_the_known_ranking_has_the_known_values_in_lists_that_are_condensed_or_judged_at_their_best() -> None:
    """Neither decides anything here: the one over-estimates new systems, the other changes the ideal."""
    qrels, documents = P18["input"]["qrels"], P18["input"]["ranking"]
    best = {**qrels, **{document: 2 for document in documents if document not in qrels}}

    def ndcg(judgements: dict[str, int], shown: list[str]) -> float:
        golden = GoldenSet.of(
            "P18",
            queries={"q": "?"},
            corpus=dict.fromkeys({*qrels, *documents}, "so"),
            qrels={"q": judgements},
        )
        return value("nDCG@4", ranking(golden, shown).judged)

    condensed = ndcg(qrels, [document for document in documents if document in qrels])
    assert condensed == pytest.approx(P18["expected"]["ndcg_condensed"], abs=1e-9)
    assert ndcg(best, documents) == pytest.approx(P18["expected"]["ndcg_optimistic_maxgrade"], abs=1e-9)


@pytest.fixture
def two_systems() -> tuple[Retrieved, Retrieved]:
    data = case(ranks(50, seed=1), ranks(50, seed=2))
    return (
        Retrieved.of(data.baseline, data.golden).top(10),
        Retrieved.of(data.candidates[0], data.golden).top(10),
    )


def labels(system: Retrieved, judged: JudgedRun) -> dict[tuple[int, int], int]:
    """Return the imagined grade of each unjudged (query, document) pair of one system."""
    places = np.argwhere(system.holes(10))
    return {(q, int(system.rows[q, k])): int(judged.grades[q, k]) for q, k in places.tolist()}


def test_a_pair_has_the_same_label_in_both_systems(two_systems: tuple[Retrieved, Retrieved]) -> None:
    judged = Holes.between(*two_systems, 10).labelled(0.5, 3, SEED)

    first, second = (labels(system, after) for system, after in zip(two_systems, judged, strict=True))

    shared = first.keys() & second.keys()
    assert len(shared) > 400
    assert all(first[pair] == second[pair] for pair in shared)
    assert {first[pair] for pair in shared} == {0, 1}


def test_a_pair_has_the_same_label_whatever_else_is_retrieved(
    two_systems: tuple[Retrieved, Retrieved],
) -> None:
    first, second = two_systems

    alone, _ = Holes.between(first, first, 10).labelled(0.5, 3, SEED)
    among, _ = Holes.between(first, second, 10).labelled(0.5, 3, SEED)

    assert labels(first, alone) == labels(first, among)


def test_a_pair_that_one_system_shows_further_down_has_its_label_there_too() -> None:
    """filler01 is among the first two of the baseline; the candidate shows it twelfth."""
    data = case(np.array([0]), np.array([0]))
    rows = data.candidates[0].rows.copy()
    rows[0, [1, 11]] = rows[0, [11, 1]]
    moved = Run.ranked("moved", rows, data.candidates[0].scores)
    first, second = (Retrieved.of(run, data.golden) for run in (data.baseline, moved))

    before, after = Holes.between(first, second, 2).labelled(1.0, 0, SEED)

    assert before.grades[0].tolist() == [1, 1, *[-1] * 9, 1]
    assert after.grades[0].tolist() == [1, 1, *[-1] * 9, 1]
    assert before.relevant.tolist() == after.relevant.tolist() == [4]


@settings(max_examples=20, deadline=None)
@given(st.floats(0, 1), st.integers(0, DRAWS - 1))
def test_about_the_rate_asked_for_becomes_relevant(rate: float, draw: int) -> None:
    data = case(ranks(60, seed=1), ranks(60, seed=2))
    systems = [Retrieved.of(run, data.golden) for run in (data.baseline, data.candidates[0])]
    holes = Holes.between(systems[0], systems[1], 10)

    judged, _ = holes.labelled(rate, draw, SEED)

    share = np.mean(judged.grades[holes.masks[0]])
    assert abs(share - rate) <= 5 * np.sqrt(rate * (1 - rate) / holes.masks[0].sum()) + 1e-9


def test_a_label_given_at_one_rate_is_given_at_all_higher_ones(
    two_systems: tuple[Retrieved, Retrieved],
) -> None:
    holes = Holes.between(*two_systems, 10)

    grades = [holes.labelled(rate, 0, SEED)[0].grades[holes.masks[0]] for rate in (0.2, 0.5, 0.9)]

    assert np.all(grades[0] <= grades[1])
    assert np.all(grades[1] <= grades[2])


def test_measures_stay_in_their_range_because_the_ideal_grows_with_the_labels(
    two_systems: tuple[Retrieved, Retrieved],
) -> None:
    for judged in Holes.between(*two_systems, 10).labelled(0.7, 1, SEED):
        for name in ("nDCG@10", "Recall@10", "MAP@10"):
            values = Measure.parse(name).values(judged)
            assert np.all((values >= 0) & (values <= 1))
        assert np.all(judged.relevant >= 1)


def test_complete_judgements_are_not_examined() -> None:
    data = case(ranks(40, seed=1), ranks(40, seed=2))

    assert data.evidence(POLICY)[0].sensitivity is None


def test_judged_shares_and_the_rate_are_counted_at_the_cutoff_of_the_primary_measure() -> None:
    """The only judged document stands first for the baseline and twelfth for the candidate."""
    data = case(np.full(40, 1), np.full(40, 12), card=POOLED, miss_noted=True)

    known = data.evidence(POLICY)[0].sensitivity

    assert known is not None
    assert known.judged_baseline == pytest.approx(0.1)
    assert known.judged_candidate == 0.0
    assert known.gap == pytest.approx(-0.1)
    assert known.relevant_share == 1.0
    assert known.unjudged == 40 * 10


@pytest.mark.long
def test_an_overwhelming_verdict_tips_only_at_a_high_rate() -> None:
    """Both show the same unjudged documents, so that their labels hardly matter."""
    data = case(np.full(200, 9), np.full(200, 1), card=POOLED)

    known = data.evidence(POLICY)[0].sensitivity

    assert known is not None
    assert known.tipping is None or known.tipping >= 0.5
    assert dict(known.agreement)[RATES[0]] == 1.0


@pytest.mark.long
def test_the_tipping_rate_is_the_lowest_that_was_tried_and_failed() -> None:
    data = case(np.full(300, 1), np.where(np.arange(300) % 3 == 0, 2, 1), card=POOLED)

    known = data.evidence(POLICY)[0].sensitivity

    assert known is not None
    assert not known.stable
    assert known.tipping in RATES
    assert dict(known.agreement)[known.tipping] < 0.9
    assert all(share >= 0.9 for rate, share in known.agreement if rate < known.tipping)


@pytest.mark.long
def test_each_candidate_has_a_tipping_rate_of_its_own() -> None:
    """One loses a little and tips where fewer than nine draws in ten repeat it; one loses too much to tip."""
    little, much = (np.where(np.arange(300) % step == 0, 3, 1) for step in (20, 4))
    data = case(np.full(300, 1), little, much, card=POOLED, judged_fillers=6)

    first, second = (item.sensitivity for item in data.evidence(POLICY))

    assert first is not None
    assert second is not None
    agreement = dict(first.agreement)
    assert first.tipping == min(rate for rate in RATES if agreement[rate] < 0.9)
    assert 0.5 < agreement[first.tipping] < 0.9
    assert agreement[1.0] == 0.0
    assert second.tipping is None


def half_judged(*, baseline_keeps_hit: bool) -> Case:
    """Return a clear gain in which one critical query's hit may be lost; half of the results are judged."""
    after = np.where(np.arange(200) % 4 == 0, 3, 1)
    after[5] = 0
    critical = (np.arange(200) == 5) & baseline_keeps_hit
    return case(np.full(200, 3), after, card=POOLED, judged_fillers=5, critical=critical)


def test_the_rate_is_the_share_of_judged_results_that_are_relevant() -> None:
    """Of ten results of the baseline the answer and five others are judged."""
    known = half_judged(baseline_keeps_hit=False).evidence(POLICY)[0].sensitivity

    assert known is not None
    assert known.judged_baseline == pytest.approx(0.6)
    assert known.relevant_share == pytest.approx(1 / 6)
    assert {1 / 12, 1 / 6} <= dict(known.agreement).keys()
    assert known.unjudged == 200 * 4 + 1
    assert known.stable


def test_a_critical_loss_that_an_unjudged_document_may_undo_is_withheld() -> None:
    decision = half_judged(baseline_keeps_hit=True).decide(POLICY)

    assert (decision.verdict, decision.reason) == (Verdict.INCONCLUSIVE, Reason.UNJUDGED)
    assert "critical query lost" in decision.sentence


@pytest.mark.long
def test_a_critical_loss_of_the_index_alone_stays_excused_under_every_label() -> None:
    data = half_judged(baseline_keeps_hit=True)
    (item,) = data.evidence(POLICY)
    excused = replace(item, losses=tuple(replace(loss, confirmed=False) for loss in item.losses))

    (examined,) = examine_holes([excused], data.systems, data.golden, POLICY, seed=SEED)

    assert examined.sensitivity is not None
    assert examined.sensitivity.stable


def test_every_draw_has_labels_of_its_own(two_systems: tuple[Retrieved, Retrieved]) -> None:
    holes = Holes.between(*two_systems, 10)

    first, second = (holes.labelled(0.5, draw, SEED)[0].grades for draw in (0, 1))

    assert not np.array_equal(first, second)


def test_only_the_first_results_have_holes() -> None:
    data = case(np.full(4, 1), np.full(4, 2))
    system = Retrieved.of(data.baseline, data.golden)

    assert system.holes(3).sum() == 4 * 2
    assert system.holes(None).sum() == 4 * (DEPTH - 1)


@pytest.mark.long
def test_examining_twice_gives_the_same_numbers_and_another_candidate_changes_the_labels_of_none() -> None:
    first, second = ranks(80, seed=2), ranks(80, seed=3)
    one = case(ranks(80, seed=1), first, card=POOLED)
    two = case(ranks(80, seed=1), first, second, card=POOLED)

    assert one.evidence(POLICY) == one.evidence(POLICY)
    shares = [data.evidence(POLICY)[0].sensitivity for data in (one, two)]
    assert shares[0] is not None
    assert shares[1] is not None
    assert shares[0].unjudged == shares[1].unjudged


@pytest.mark.long
def test_blocks_of_draws_change_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    data = case(np.full(90, 1), np.where(np.arange(90) % 3 == 0, 2, 1), card=POOLED)
    whole = data.evidence(POLICY)

    monkeypatch.setattr("evalkit.judging.sensitivity.COLUMN_BYTES", 1)

    assert data.evidence(POLICY) == whole


def test_the_worklist_starts_with_what_would_move_the_difference_most_against_what_is_seen() -> None:
    data = case(np.array([1, 2]), np.array([3, 1]), card=POOLED, weights=np.array([1.0, 4.0]))
    runs = [data.baseline, *data.candidates]

    plain = worklist(data.systems, data.golden, POLICY)
    weighted = worklist(data.systems[:1], data.golden, replace(POLICY, use_weights=True))

    scores = [score(run, data.golden, [POLICY.primary]).row(POLICY.primary) for run in runs]
    against = -np.sign((scores[1] - scores[0]).mean()) or 1.0
    values = [item.moves * against for item in plain]
    assert values == sorted(values, reverse=True)
    assert {(item.query, item.document) for item in plain} >= {("q00000", "filler00"), ("q00001", "filler08")}
    assert not any(item.document.startswith("answer") for item in plain)
    assert weighted[0].query == "q00001"


def test_what_an_item_moves_is_what_grading_it_relevant_moves() -> None:
    data = case(ranks(6, seed=3), ranks(6, seed=4), card=POOLED)
    runs = [data.baseline, *data.candidates]
    golden = data.golden

    def delta(known: GoldenSet) -> float:
        scores = [score(run, known, [POLICY.primary]) for run in runs]
        return scores[1].mean(POLICY.primary) - scores[0].mean(POLICY.primary)

    for item in worklist(data.systems, golden, POLICY)[:12]:
        qrels = {
            query: {
                golden.document_id(int(doc)): int(grade)
                for doc, grade, row in zip(
                    golden.qrels.doc_rows, golden.qrels.grades, golden.qrels.query_rows, strict=True
                )
                if golden.queries.ids[row] == query
            }
            for query in golden.queries.ids
        }
        qrels[item.query][item.document] = 1
        graded = GoldenSet.of(
            "graded",
            queries=dict(zip(golden.queries.ids, golden.queries.bodies, strict=True)),
            corpus=dict(zip(golden.corpus.ids, golden.corpus.bodies, strict=True)),
            qrels=qrels,
        )
        assert item.moves == pytest.approx(delta(graded) - delta(golden), abs=1e-12)


def test_an_item_tells_where_each_system_shows_it() -> None:
    data = case(np.array([1]), np.array([2]), card=POOLED)

    (item,) = [item for item in worklist(data.systems, data.golden, POLICY) if item.document == "filler00"]

    assert [rank for _, rank in item.ranks] == [2, 1]
    assert item.query_text == data.golden.queries.bodies[0]


def test_what_would_give_a_lost_critical_query_its_hit_back_comes_first() -> None:
    data = case(np.array([1, 1, 1]), np.array([11, 2, 2]), card=POOLED)
    items = worklist(data.systems, data.golden, POLICY, losses=[CriticalLoss(query="q00000")])

    shown = [item for item in items if item.query == "q00000" and (item.ranks[1][1] or 99) <= 10]
    assert list(items[: len(shown)]) == shown


def test_queries_that_do_not_count_are_not_worked_on() -> None:
    data = case(np.array([1, 1]), np.array([2, 2]), card=POOLED)
    unanswered = GoldenSet.of(
        "toy",
        queries=dict(zip(data.golden.queries.ids, data.golden.queries.bodies, strict=True)),
        corpus=dict(zip(data.golden.corpus.ids, data.golden.corpus.bodies, strict=True)),
        qrels={"q00000": {"answer00000": 1}},
    )

    assert {
        item.query for item in worklist([Retrieved.of(data.baseline, unanswered)], unanswered, POLICY)
    } == {"q00000"}


def test_the_worklist_is_a_table_with_a_column_to_fill_in() -> None:
    data = case(np.array([1]), np.array([2]), card=POOLED)

    frame = to_frame(worklist(data.systems[:1], data.golden, POLICY))

    assert list(frame.columns) == [
        "query",
        "query_text",
        "document",
        "title",
        "text",
        f"rank in {data.baseline.system}",
        "moves",
        "grade",
    ]
    assert (frame["grade"] == "").all()


def test_a_long_text_is_cut_to_one_short_line() -> None:
    data = case(np.array([1]), np.array([2]))
    bodies = tuple("line\n" * 100 for _ in data.golden.corpus.ids)
    golden = replace(data.golden, corpus=replace(data.golden.corpus, bodies=bodies))

    item = worklist([Retrieved.of(data.baseline, golden)], golden, POLICY)[0]

    assert len(item.text) == 160
    assert "\n" not in item.text
