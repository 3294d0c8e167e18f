"""Pools: what several systems show first, once each, in an order that tells nothing, without who found it."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.errors import UsageError
from evalkit.golden.card import GAINS, Card
from evalkit.golden.goldenset import GoldenSet
from evalkit.judging.gradescale import GradeScale, parse_scale, scale_of
from evalkit.judging.pool import Pool, pool_of
from evalkit.judging.task import task_of
from evalkit.reporting.judgingpage import judging_page
from evalkit.retrieval.run import Run

QUERIES, DOCUMENTS = 6, 20
FINDS = st.lists(st.lists(st.integers(0, DOCUMENTS - 1), unique=True), min_size=QUERIES, max_size=QUERIES)
HOSTILE = (
    "</script><script>alert(1)</script>",
    "]]> <!-- --> &lt;",
    "{{ 7 * 7 }} {% raw %} ${x}",
    "a\u202eb\u2028c\u0000d\x1b[31me\x9bf",
)


def golden_of(texts: tuple[str, ...] = (), grades: dict[str, dict[str, int]] | None = None) -> GoldenSet:
    """Return a set of six queries and twenty documents, the first with these texts."""
    queries = {f"q{n}": f"query {n}" for n in range(QUERIES)}
    corpus = {f"d{n:02}": f"Title {n}\ntext {n}" for n in range(DOCUMENTS)}
    corpus |= {f"d{n:02}": text for n, text in enumerate(texts)}
    return GoldenSet.of("tiny", queries=queries, corpus=corpus, qrels=grades or {"q0": {"d00": 2, "d01": 0}})


def run_of(found: list[list[int]], golden: GoldenSet, name: str = "secret/system") -> Run:
    """Return a run in which each query finds these documents, in their order."""
    results = {
        f"q{query}": {f"d{row:02}": 1000.0 - rank for rank, row in enumerate(rows)}
        for query, rows in enumerate(found)
    }
    return Run.of(name, results, golden)


def pairs_of(pool: Pool) -> list[tuple[int, int]]:
    return [(int(query), int(document)) for query, document in pool.pairs]


@given(one=FINDS, other=FINDS, depth=st.integers(1, 12), seed=st.integers(0, 5))
def test_a_pool_is_the_union_of_first_results_each_pair_once_and_none_lost(
    one: list[list[int]], other: list[list[int]], depth: int, seed: int
) -> None:
    golden = golden_of()
    runs = [run_of(one, golden), run_of(other, golden)]
    wanted = {
        (query, row) for found in (one, other) for query, rows in enumerate(found) for row in rows[:depth]
    }
    known = {(0, 0), (0, 1)}
    pool = pool_of(runs, golden, depth=depth, seed=seed)

    assert sorted(pairs_of(pool)) == sorted(wanted - known)
    assert pool.known == len(wanted & known)
    queries = [query for query, _ in pairs_of(pool)]
    assert len(dict.fromkeys(queries)) == 1 + np.count_nonzero(np.diff(queries)) if queries else True
    assert {*queries, *pool.empty, *pool.settled} == set(range(QUERIES))
    assert set(pool.empty) == {query for query in range(QUERIES) if not (one[query] or other[query])}
    everything = pool_of(runs, golden, depth=depth, seed=seed, shows_judged=True)
    assert sorted(pairs_of(everything)) == sorted(wanted)
    assert {
        pair for pair, grade in zip(pairs_of(everything), everything.grades, strict=True) if grade >= 0
    } == (wanted & known)


@given(one=FINDS, other=FINDS, seed=st.integers(0, 5))
def test_the_order_of_systems_and_of_their_results_leaves_no_trace(
    one: list[list[int]], other: list[list[int]], seed: int
) -> None:
    golden = golden_of()
    first, second = run_of(one, golden, "a"), run_of(other, golden, "b")
    turned = run_of([rows[::-1] for rows in one], golden, "c")

    told = pairs_of(pool_of([first, second], golden, depth=20, seed=seed))
    assert told == pairs_of(pool_of([second, turned], golden, depth=20, seed=seed))


def test_another_seed_is_another_order_and_the_same_seed_the_same() -> None:
    golden = golden_of()
    runs = [run_of([list(range(DOCUMENTS))] * QUERIES, golden)]
    orders = [pairs_of(pool_of(runs, golden, depth=20, seed=seed)) for seed in (1, 1, 2)]

    assert orders[0] == orders[1] != orders[2]
    assert sorted(orders[0]) == sorted(orders[2])


def test_a_query_of_its_own_keeps_its_order_when_others_come_and_go() -> None:
    golden = golden_of()
    rows = list(range(DOCUMENTS))
    alone = pool_of([run_of([[], [], rows, [], [], []], golden)], golden, depth=20)
    among = pool_of([run_of([rows] * QUERIES, golden)], golden, depth=20)

    assert pairs_of(alone) == [pair for pair in pairs_of(among) if pair[0] == 2]


def test_a_document_that_is_the_query_itself_is_not_judged() -> None:
    golden = GoldenSet.of(
        "threads",
        queries={"a": "same words"},
        corpus={"a": "same words", "b": "other"},
        qrels={"a": {"b": 1}},
    )
    golden = replace(golden, card=Card(self_hits="remove"), qrels=golden.qrels)
    run = Run.of("x", {"a": {"a": 2.0, "b": 1.0}}, golden)

    assert pairs_of(pool_of([run], golden, depth=1, shows_judged=True)) == [(0, 1)]


def test_the_page_tells_nothing_of_systems_ranks_and_scores() -> None:
    golden = golden_of()
    runs = [run_of([[3, 4, 5]] * QUERIES, golden, "lsa/secret"), run_of([[5, 9]] * QUERIES, golden, "bm25")]
    pool = pool_of(runs, golden, depth=3)
    page = judging_page(task_of(pool, scale_of(golden)))

    assert not [word for word in ("secret", "bm25", "lsa", "1000", "999", "rank", "score") if word in page]


def test_each_text_stands_once_and_long_ones_are_cut_and_told() -> None:
    golden = golden_of(("Long\n" + "word " * 8000,))
    pool = pool_of([run_of([[0, 7]] * QUERIES, golden)], golden, depth=2)
    task = task_of(pool, scale_of(golden), longest=400)
    page = judging_page(task)

    assert page.count("text 7") == 1
    assert task.cut == 1
    documents = task.content["documents"]
    assert isinstance(documents, list)
    [cut] = [entry for entry in documents if entry[0] == "d00"]
    assert (len(cut[3]) <= 400, cut[4]) == (True, len(golden.corpus.bodies[0]))
    assert [len(entry) for entry in documents if entry[0] != "d00"] == [4]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_is_inert_in_the_file_and_comes_back_as_it_is_shown(text: str) -> None:
    golden = golden_of((text, f"Title {text}\n{text}"))
    task = task_of(pool_of([run_of([[0, 1]] * QUERIES, golden)], golden, depth=2), scale_of(golden))
    page = judging_page(task)
    data = page.split('<script type="application/json" id="task">')[1].split("</script>")[0]

    assert json.loads(data) == json.loads(json.dumps(task.record))
    assert page.count("<script") == 2
    assert not set("\u202e\u2028\x00\x1b\x9b") & set(page)


def test_the_digest_is_that_of_the_work_and_not_of_who_does_it() -> None:
    golden = golden_of()
    pool = pool_of([run_of([[3, 4]] * QUERIES, golden)], golden, depth=2)
    binary = GradeScale((0, 1), ("no", "yes"))

    plain = task_of(pool, scale_of(golden))
    assert plain.digest == task_of(pool, scale_of(golden), ["ann", "bo"]).digest
    assert plain.digest != task_of(pool, binary).digest
    other = pool_of([run_of([[3, 4]] * QUERIES, golden)], golden, depth=2, seed=9)
    assert plain.digest != task_of(other, scale_of(golden)).digest


@pytest.mark.parametrize("name", ["", "  ", "a\u202eb", "\x1b[31m", "x" * 81])
def test_what_is_no_name_of_a_judge_is_refused(name: str) -> None:
    golden = golden_of()
    pool = pool_of([run_of([[3]] * QUERIES, golden)], golden, depth=1)

    with pytest.raises(UsageError, match="no name of a judge"):
        task_of(pool, scale_of(golden), [name])


def test_the_scale_is_that_of_the_set_and_of_nothing_0_to_3() -> None:
    assert scale_of(golden_of()).grades == (0, 1, 2)
    assert scale_of(golden_of(grades={"q0": {"d00": 1}})) == GradeScale((0, 1), ("not relevant", "relevant"))
    assert scale_of(golden_of(grades={"q0": {"d00": 0}})).grades == (0, 1, 2, 3)
    assert parse_scale([]) is None
    assert parse_scale(["2=the answer", "0"]) == GradeScale((0, 2), ("not relevant", "the answer"))


@pytest.mark.parametrize(
    "parts", [["0"], ["0", "0"], ["0", "x"], ["0", "10"], ["-1", "1"], ["0.5", "1"], ["=no"]]
)
def test_what_no_key_can_answer_is_no_scale(parts: list[str]) -> None:
    with pytest.raises(UsageError) as told:
        parse_scale(parts)
    assert told.value.findings[0].code == "EK653"


def test_a_set_of_clicks_or_of_gains_asks_for_a_scale() -> None:
    with pytest.raises(UsageError, match="up to 412"):
        scale_of(golden_of(grades={"q0": {"d00": 412}}))
    gains = replace(golden_of(), card=Card(grades=GAINS))
    with pytest.raises(UsageError, match="gains"):
        scale_of(gains, GradeScale((0, 1), ("no", "yes")))
