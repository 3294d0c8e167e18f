"""The whole way: real documents, real models, one verdict, the same every time."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evalkit.decision.policy import Policy
from evalkit.embedding.cache import VectorCache
from evalkit.errors import ModelError, UsageError
from evalkit.evaluation import System
from evalkit.experiment import Experiment, run_experiment
from evalkit.golden.card import Card
from evalkit.golden.folder import find_golden, read_golden
from evalkit.golden.goldenset import GoldenSet
from evalkit.golden.texts import Texts
from evalkit.results.compare import result_of
from evalkit.scoring.measure import Measure

pytestmark = pytest.mark.long
DOCUMENTS = 600
DEMO = System.parse("st/all-MiniLM-L6-v2")


def first_documents(golden: GoldenSet, count: int) -> GoldenSet:
    """Return the set over `count` documents: the relevant ones of as many queries as fit, then others.

    What was judged of the other documents is lost, so the judgements are taken for complete.
    """
    relevant = golden.qrels.grades >= 1
    wanted: list[int] = []
    for query in range(len(golden.queries)):
        rows = golden.qrels.doc_rows[relevant & (golden.qrels.query_rows == query)]
        if len({*wanted, *rows.tolist()}) <= count:
            wanted = list(dict.fromkeys([*wanted, *rows.tolist()]))
    others = [row for row in range(len(golden.corpus)) if row not in set(wanted)]
    kept = sorted([*wanted, *others[: count - len(wanted)]])
    ids, bodies = golden.corpus.ids, golden.corpus.bodies
    corpus = {ids[row]: bodies[row] for row in kept}
    qrels: dict[str, dict[str, int]] = {}
    for query, doc, grade in zip(
        golden.qrels.query_rows, golden.qrels.doc_rows, golden.qrels.grades, strict=True
    ):
        if ids[doc] in corpus:
            qrels.setdefault(golden.queries.ids[query], {})[ids[doc]] = int(grade)
    queries = dict(zip(golden.queries.ids, golden.queries.bodies, strict=True))
    small = GoldenSet.of("stdlib-600", queries=queries, corpus=corpus, qrels=qrels)
    return replace(small, segments=golden.segments)


@pytest.fixture(scope="module")
def stdlib() -> GoldenSet:
    """Six hundred documents of the standard library with their questions."""
    return first_documents(read_golden(find_golden("python-stdlib")), DOCUMENTS)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> VectorCache:
    """One cache for all tests here."""
    return VectorCache(tmp_path_factory.mktemp("cache"))


def result(experiment: Experiment) -> dict[str, Any]:
    return result_of(run_experiment(experiment), {}).to_json()


def test_a_real_model_beats_lsa_on_real_documents(stdlib: GoldenSet, cache: VectorCache) -> None:
    experiment = Experiment(golden=stdlib, baseline=System.parse("lsa/128"), candidates=(DEMO,), cache=cache)

    outcome = run_experiment(experiment)

    (rows,) = outcome.comparisons
    primary = next(row for row in rows if row.measure == Measure("nDCG", 10) and row.segment is None)
    assert primary.delta > 0.05
    assert primary.low > 0
    assert outcome.conclusion.verdict == "GO"
    assert outcome.candidates[0].embedded is not None
    assert outcome.candidates[0].embedded.corpus.vectors.shape == (DOCUMENTS, 384)


def test_the_same_experiment_gives_the_same_result_to_the_last_bit(
    stdlib: GoldenSet, cache: VectorCache
) -> None:
    experiment = Experiment(golden=stdlib, baseline=System.parse("lsa/64"), candidates=(DEMO,), cache=cache)

    first, second = result(experiment), result(experiment)

    assert json.dumps(first) == json.dumps(second)


def test_one_more_measure_candidate_or_segment_changes_no_other_number(
    stdlib: GoldenSet, cache: VectorCache
) -> None:
    plain = Experiment(
        golden=stdlib, baseline=System.parse("hash/64"), candidates=(System.parse("hash/128"),), cache=cache
    )
    half = np.arange(len(stdlib.queries)) % 2 == 0
    more = replace(
        plain,
        golden=replace(stdlib, segments={**stdlib.segments, "half": half}),
        candidates=(*plain.candidates, System.parse("hash/256")),
        measures=(*plain.measures, Measure("MAP", 50)),
    )

    def rows(experiment: Experiment) -> dict[tuple[str, ...], dict[str, Any]]:
        return {
            (row["candidate"], row["measure"], str(row["segment"])): {**row, "p_adjusted": None}
            for row in result(experiment)["comparisons"]
        }

    before, after = rows(plain), rows(more)
    assert {key: after[key] for key in before} == before


def first_queries(golden: GoldenSet, count: int) -> GoldenSet:
    """Return the set with its first queries alone."""
    ids = golden.queries.ids[:count]
    qrels: dict[str, dict[str, int]] = {}
    for query, doc, grade in zip(
        golden.qrels.query_rows, golden.qrels.doc_rows, golden.qrels.grades, strict=True
    ):
        if query < count:
            qrels.setdefault(ids[query], {})[golden.corpus.ids[doc]] = int(grade)
    queries = dict(zip(ids, golden.queries.bodies, strict=False))
    corpus = dict(zip(golden.corpus.ids, golden.corpus.bodies, strict=True))
    return GoldenSet.of(golden.name, queries=queries, corpus=corpus, qrels=qrels)


@pytest.mark.parametrize(("baseline", "candidate"), [("lsa/64", str(DEMO.spec)), (str(DEMO.spec), "lsa/64")])
def test_the_first_29_30_and_all_queries_never_walk_from_open_by_a_no_go_to_a_go(
    stdlib: GoldenSet, cache: VectorCache, baseline: str, candidate: str
) -> None:
    answered = [row for row in range(len(stdlib.queries)) if stdlib.counted[row]]
    counts = [answered[28] + 1, answered[29] + 1, len(stdlib.queries)]

    walked = [
        run_experiment(
            Experiment(
                golden=first_queries(stdlib, count),
                baseline=System.parse(baseline),
                candidates=(System.parse(candidate),),
                cache=cache,
            )
        ).conclusion.verdict
        for count in counts
    ]

    assert walked != ["INCONCLUSIVE", "NO-GO", "GO"]
    assert walked[0] != "GO"
    assert {walked[0], walked[1]} != {"NO-GO", "GO"}


def test_an_experiment_needs_candidates_with_names_of_their_own(stdlib: GoldenSet) -> None:
    with pytest.raises(UsageError, match="no candidate"):
        Experiment(golden=stdlib, baseline=DEMO, candidates=())
    with pytest.raises(UsageError, match="two systems are called"):
        Experiment(golden=stdlib, baseline=DEMO, candidates=(DEMO,))


def test_queries_that_are_documents_do_not_find_themselves_where_the_card_says_so(cache: VectorCache) -> None:
    texts = {f"t{n:02}": f"words {n} and number {n * n} of topic {n // 2}" for n in range(40)}
    golden = replace(
        GoldenSet.of(
            "twins", queries=texts, corpus=texts, qrels={f"t{n:02}": {f"t{n ^ 1:02}": 1} for n in range(40)}
        ),
        card=Card(self_hits="remove"),
    )

    outcome = run_experiment(
        Experiment(
            golden=golden,
            baseline=System.parse("hash/512"),
            candidates=(System.parse("hash/256"),),
            depth=10,
            measures=(Measure("nDCG", 10),),
            policy=Policy(guardrails=()),
            cache=cache,
        )
    )

    assert outcome.baseline.run.rows.shape == (40, 10)
    assert not (outcome.baseline.run.rows == np.arange(40)[:, None]).any()


def test_query_vectors_of_another_space_are_refused_as_a_baseline(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    golden = GoldenSet.of(
        "strangers",
        queries={f"q{n:03}": f"question {n}" for n in range(60)},
        corpus={f"d{n:03}": f"document {n}" for n in range(400)},
        qrels={f"q{n:03}": {f"d{n:03}": 1} for n in range(60)},
    )
    documents, strangers = rng.normal(size=(400, 32)), rng.normal(size=(60, 32))
    for folder, queries in (("wrong", strangers), ("right", documents[:60] + 0.1)):
        _write_vectors(tmp_path / folder, golden.queries, queries, golden.corpus, documents)
    wrong, right = (System.parse(f"vectors/{tmp_path / folder}") for folder in ("wrong", "right"))

    with pytest.raises(ModelError, match="do not live in this space"):
        run_experiment(Experiment(golden=golden, baseline=wrong, candidates=(right,)))
    outcome = run_experiment(Experiment(golden=golden, baseline=right, candidates=(wrong,)))

    assert outcome.conclusion.verdict == "NO-GO"


def _write_vectors(folder: Path, queries: Texts, query_vectors: Any, corpus: Texts, vectors: Any) -> None:
    folder.mkdir()
    for stem, texts, values in (("queries", queries, query_vectors), ("corpus", corpus, vectors)):
        np.save(folder / f"{stem}.npy", values.astype(np.float32))
        (folder / f"{stem}.ids").write_text("\n".join(texts.ids) + "\n")


@pytest.mark.slow
def test_the_demo_reaches_its_verdict_on_the_whole_standard_library(cache: VectorCache) -> None:
    golden = read_golden(find_golden("python-stdlib"))

    outcome = run_experiment(
        Experiment(golden=golden, baseline=System.parse("lsa/384"), candidates=(DEMO,), cache=cache)
    )

    assert len(golden.corpus) > 3_000
    assert outcome.conclusion.verdict == "GO"
    judged = result_of(outcome, {}).unjudged["st/all-MiniLM-L6-v2"]
    assert judged.judged_candidate >= 0.9
