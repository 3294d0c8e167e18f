"""Measures as values: they print, parse and refuse."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.cli.options import split_list
from evalkit.errors import UnknownNameError, UsageError
from evalkit.scoring.definition import DEFINITIONS
from evalkit.scoring.measure import Measure, parse_measures


@given(st.sampled_from(sorted(DEFINITIONS)), st.none() | st.integers(1, 10_000))
def test_what_a_measure_prints_it_parses(name: str, cutoff: int | None) -> None:
    measure = Measure(name, cutoff)

    assert Measure.parse(str(measure)) == measure
    assert Measure.parse(str(measure).upper()) == measure


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("ndcg_cut_10", "nDCG@10"),
        ("NDCG@10", "nDCG@10"),
        ("ndcg_burges@5", "nDCG(exp)@5"),
        ("R@100", "Recall@100"),
        ("recall_100", "Recall@100"),
        ("r_cap@10", "RecallCap@10"),
        ("P@5", "Precision@5"),
        ("P_5", "Precision@5"),
        ("RR@10", "MRR@10"),
        ("recip_rank", "MRR"),
        ("AP@100", "MAP@100"),
        ("map_cut_100", "MAP@100"),
        ("Success@1", "Hit@1"),
        ("hit_rate@10", "Hit@10"),
        ("judged@10", "Judged@10"),
        (" nDCG @ 10 ", "nDCG@10"),
        ("map_cut.100", "MAP@100"),
        ("P.5", "Precision@5"),
        ("Rprec", "Rprec"),
        ("RPrec", "Rprec"),
        ("bpref", "Bpref"),
        ("BPref", "Bpref"),
        ("err@20", "ERR@20"),
        ("RBP@10", "RBP@10"),
        ("RBP(p=0.8)@10", "RBP@10"),
        ("RBP(rel=2, p=0.5)@10", "RBP(rel=2,p=0.5)@10"),
        ("R(rel=2)@100", "Recall(rel=2)@100"),
        ("Recall(REL=1)@10", "Recall@10"),
        ("AP(rel=3)", "MAP(rel=3)"),
        ("nDCG(dcg='exp-log2')@10", "nDCG(exp)@10"),
        ("nDCG(dcg='log2')@10", "nDCG@10"),
    ],
)
def test_the_names_of_other_tools_parse(text: str, printed: str) -> None:
    assert str(Measure.parse(text)) == printed


@pytest.mark.parametrize(
    ("text", "offered"),
    [("nDGC@20", "mean nDCG@20"), ("recal@5", "mean Recall@5"), ("ndcg@x", "mean nDCG@10"), ("", "nDCG@10")],
)
def test_an_unknown_name_offers_the_nearest(text: str, offered: str) -> None:
    with pytest.raises(UnknownNameError, match=offered):
        Measure.parse(text)


def test_a_cutoff_of_zero_is_refused() -> None:
    with pytest.raises(UsageError, match="looks at nothing"):
        Measure.parse("nDCG@0")


def test_a_measure_named_twice_is_computed_once() -> None:
    assert parse_measures(["nDCG@10", "ndcg_cut_10", Measure("MRR")]) == (Measure("nDCG", 10), Measure("MRR"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Recall(rel=0)@10", "Recall takes rel, a grade of 1 or more"),
        ("Recall(rel=1.5)@10", "rel=1.5"),
        ("Recall(rel=x)@10", "rel=x"),
        ("Recall(p=0.5)@10", "Recall takes rel"),
        ("nDCG(rel=2)@10", "weighs grades itself"),
        ("ERR(rel=2)@10", "weighs grades itself"),
        ("RBP(p=1)@10", "p, between 0 and 1"),
        ("P(judged_only=True)@5", "judged_only=true"),
    ],
)
def test_a_parameter_that_a_measure_lacks_is_refused(text: str, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        Measure.parse(text)
    assert said in f"{refused.value} {refused.value.hint}"


def test_a_list_of_measures_is_parted_outside_brackets_alone() -> None:
    assert split_list(None, None, ["RBP(rel=2,p=0.5)@10,nDCG@10", "MRR"]) == (  # type: ignore[arg-type]
        "RBP(rel=2,p=0.5)@10",
        "nDCG@10",
        "MRR",
    )
