"""What systems, curves, questions and studies are told as: vectors in bytes, kinds by their keys."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from small_studies import AFTER, BEFORE, evaluation, golden, outcome, run

from evalkit.comparison.resolution import Resolution
from evalkit.embedding.embeddedset import EmbeddedSet
from evalkit.embedding.embeddings import Embeddings
from evalkit.embedding.encoder import Fingerprint, Role
from evalkit.evaluation import Setting, System, evaluate
from evalkit.golden.checks.portrait import Portrait
from evalkit.golden.goldenset import GoldenSet
from evalkit.lab import Plan, curves_between
from evalkit.results.curves import describe_curves
from evalkit.results.description import describe_portrait, describe_system, describe_vectors, means_of
from evalkit.results.diff import result_of_diff
from evalkit.results.mix import result_of_mix
from evalkit.results.questions import KINDS, CompareQuestion, NoQuestion, kind_of
from evalkit.results.result import Result
from evalkit.scoring.judged import judge
from evalkit.scoring.measure import Measure
from evalkit.studies.difference import Difference, SystemSide
from evalkit.studies.migration import Migration

MEASURES = (Measure("nDCG", 10), Measure("MRR", 10))


def embedded(golden_set: GoldenSet, dims: int = 6) -> EmbeddedSet:
    """Return vectors of a golden set, the fourth document cut to what its model reads."""
    stamp = Fingerprint(provider="test", model="m", dims=dims, truncation=4)
    sizes = {Role.query: len(golden_set.queries), Role.document: len(golden_set.corpus)}
    queries, corpus = (
        Embeddings(fingerprint=stamp, role=role, vectors=np.ones((count, dims), dtype=np.float32))
        for role, count in sizes.items()
    )
    return EmbeddedSet(queries=queries, corpus=corpus)


def desk() -> GoldenSet:
    words = ("red", "green", "blue", "grey", "pink", "gold")
    return GoldenSet.of(
        "desk",
        queries={f"q{word}": f"{word} paint" for word in words},
        corpus={f"d{word}": f"{word} paint in a tin of {word}" for word in words},
        qrels={f"q{word}": {f"d{word}": 1} for word in words},
    )


@pytest.fixture(scope="module")
def migration() -> Migration:
    setting = Setting(golden=desk(), measures=MEASURES, depth=20)
    old, new = (evaluate(System.parse(name), setting) for name in ("hash/5", "hash/3"))
    plan = Plan(
        strategies=("stay-old", "dual-raw"), shares=(0.0, 0.5, 1.0), measures=("nDCG@10",), align="pad"
    )
    return Migration(
        old=old, new=new, setting=setting, plan=plan, curves=curves_between(old, new, setting, plan)
    )


def test_vectors_are_told_with_their_space_and_their_bytes() -> None:
    told = describe_vectors(System.parse("hash/6", factory="HNSW8"), embedded(golden()), "candidate")
    assert (told["spec"], told["role"], told["index"], told["dims"]) == ("hash/6", "candidate", "HNSW8", 6)
    assert (told["bytes_per_vector"], told["vector_bytes"]) == (24, 12 * 24)
    assert told["fingerprint"]["digest"] == embedded(golden()).fingerprint.digest
    assert told["fingerprint"]["provider"] == "test"
    assert told["truncated_documents"] == embedded(golden()).truncated


def test_a_run_has_neither_space_nor_bytes_nor_index() -> None:
    told = describe_vectors(System.parse("run/a.trec", factory="HNSW8"), None, "alone")
    assert {key for key, value in told.items() if value is not None} == {"spec", "role"}


def test_queries_without_results_and_ties_are_told_of_the_counted_queries() -> None:
    setting = outcome().experiment.setting
    empty = describe_system(evaluation("old", {**BEFORE, "later": "", "nothing": ""}, setting), "alone")
    assert empty["queries_without_results"] == 1
    assert empty["tie_rate"] == 0
    assert (empty["exact_measures"], empty["index_recall"]) == ({}, None)


def test_means_of_exact_search_stand_beside_those_of_an_index_that_is_not() -> None:
    setting = outcome().experiment.setting
    made = evaluation("old", AFTER, setting)
    exact = dataclasses.replace(made, exact=judge(run("old", BEFORE, golden()), golden()), index_recall=0.5)
    told = describe_system(exact, "alone")
    assert told["measures"]["MRR@10"] == pytest.approx(0.5)
    assert told["exact_measures"] == pytest.approx({"MRR@10": 2.5 / 3, "Recall@10": 1.0})
    assert told["index_recall"] == 0.5


def test_the_judged_share_is_that_of_the_first_measures_cutoff_and_told_once() -> None:
    setting = Setting(golden=golden(), measures=(Measure("MRR", 2), Measure("Judged", 10)), depth=20)
    assert list(means_of(evaluation("old", BEFORE, setting))) == ["MRR@2", "Judged@10", "Judged@2"]
    asked = Setting(golden=golden(), measures=(Measure("MRR", 10), Measure("Judged", 10)), depth=20)
    assert list(means_of(evaluation("old", BEFORE, asked))) == ["MRR@10", "Judged@10"]


def test_what_a_golden_set_can_resolve_is_told_with_what_an_effect_needs() -> None:
    row = Resolution(segment=None, queries=4, effective_queries=4.0, sd=0.26, gain=0.3, loss=None)
    portrait = Portrait.of(golden())
    told = describe_portrait(portrait, [row], {0.02: (100, 90)})
    assert told["portrait"] == dataclasses.asdict(portrait)
    assert told["resolution"] == [dataclasses.asdict(row)]
    assert told["needed"] == [{"effect": 0.02, "to_show": 100, "to_exclude": 90}]


@pytest.mark.parametrize("kind", KINDS)
def test_a_question_that_was_read_is_told_by_its_kind(kind: str) -> None:
    asked = {
        "run": {},
        "compare": {"objective": "improve", "primary": "MRR@10"},
        "gate": {
            **dict.fromkeys(("objective", "primary"), "x"),
            **dict.fromkeys(("tolerance", "level", "large_drop", "alpha", "power"), 0.5),
        },
        "mix": {"order": "random", "strategies": [], "shares": 3, "measures": []},
        "diff": {"cutoff": 10, "depth": 100},
        "plan": {"orders": [], "measure": "m", "engine": "e", "kind": "k", "lazy_strategy": "cascade"},
    }[kind]
    assert kind_of(asked) == kind
    result = Result.found(question=asked)
    assert result.kind == kind
    assert type(result.question) is KINDS[kind]


@pytest.mark.parametrize(
    ("keys", "kind"),
    [
        ({"orders": 1, "measure": 1}, "plan"),
        ({"objective": "gate", "tolerance": 0.01}, "gate"),
        ({"objective": "improve"}, "compare"),
        ({"strategies": [], "shares": 3}, "mix"),
        ({"cutoff": 10}, "diff"),
        ({}, "run"),
        ("text", "run"),
        (None, "run"),
    ],
)
def test_a_question_in_a_file_is_told_by_the_first_key_that_only_its_kind_has(
    keys: object, kind: str
) -> None:
    assert kind_of(keys) == kind


def test_what_a_result_says_of_its_question_is_there_for_every_kind() -> None:
    nothing = Result.found()
    assert (nothing.kind, nothing.primary, nothing.alpha, nothing.power_asked) == ("run", "", None, 0.8)
    assert nothing.guarding is None
    assert nothing.comparing.primary == ""
    asked = Result.found(question={"objective": "improve", "primary": "MRR@10", "alpha": 0.1, "power": 0.9})
    assert (asked.kind, asked.primary, asked.alpha, asked.power_asked) == ("compare", "MRR@10", 0.1, 0.9)
    assert isinstance(asked.question, CompareQuestion)
    assert asked.comparing is asked.question
    assert isinstance(nothing.question, NoQuestion)


def test_a_migration_is_told_with_both_systems_its_curves_and_what_changes(migration: Migration) -> None:
    told = result_of_mix(migration, {"command": "evalkit mix desk"})
    assert told.kind == "mix"
    assert {name: part.role for name, part in told.systems.items()} == {"hash/5": "old", "hash/3": "new"}
    assert told.provenance.command == "evalkit mix desk"
    assert told.verdict is None
    assert told.question.to_json()["strategies"] == ["stay-old", "dual-raw"]
    assert list(told.reranking) == ["hash/3"]
    assert set(told.documents) <= set(desk().corpus.ids)
    assert told.counts.scored == len(desk().queries)


def test_a_curve_is_told_at_every_share_and_in_sum(migration: Migration) -> None:
    (curve,) = migration.curves
    told = result_of_mix(migration, {})
    rows = [row for row in told.mix if row.strategy == "dual-raw" and row.cohort is None]
    assert [row.share for row in rows] == [0.0, 0.5, 1.0]
    assert {(row.old, row.new, row.order, row.measure) for row in rows} == {
        ("hash/5", "hash/3", "random", "nDCG@10")
    }
    (summary,) = told.mix_summary
    assert [line.strategy for line in summary.lines] == ["stay-old", "dual-raw"]
    assert summary.sentence == curve.sentence()
    stay, dual = summary.lines
    assert (stay.start, stay.end, stay.old) == pytest.approx(
        (told.systems["hash/5"].measures["nDCG@10"],) * 3
    )
    assert stay.start < 0.99
    assert (rows[0].value, rows[-1].value) == pytest.approx((dual.start, dual.end))
    assert dual.end == pytest.approx(told.systems["hash/3"].measures["nDCG@10"])


def test_no_curve_has_no_rows() -> None:
    assert describe_curves([]) == {"mix": [], "mix_summary": []}


def test_a_finding_of_several_curves_is_told_once(migration: Migration) -> None:
    (curve,) = migration.curves
    twice = dataclasses.replace(migration, curves=(curve, curve))
    codes = [item.code for item in result_of_mix(twice, {}).findings]
    assert codes == [item.code for item in result_of_mix(migration, {}).findings]
    assert len(result_of_mix(twice, {}).mix_summary) == 2


def test_a_difference_needs_no_judgement_and_tells_every_query(migration: Migration) -> None:
    setting = Setting(golden=golden(), measures=MEASURES, depth=20)
    old, new = (
        SystemSide(system=System.parse(f"run/{name}.trec"), run=run(name, found, golden()), embedded=None)
        for name, found in (("old", BEFORE), ("new", {**AFTER, "later": ""}))
    )
    told = result_of_diff(Difference(old=old, new=new, setting=setting, cutoff=3), {"command": "c"})
    assert (told.kind, told.verdict, told.counts.queries) == ("diff", None, 0)
    assert told.question.to_json() == {"cutoff": 3, "depth": 20}
    before, after = told.systems.values()
    assert (before.role, after.role) == ("old", "new")
    assert (before.queries_without_results, after.queries_without_results) == (0, 1)
    (changed,) = told.reranking.values()
    assert (changed.cutoff, len(changed.queries)) == (3, 4)
    assert changed.queries[0].overlap == 0.0
    assert list(told.documents) == sorted(told.documents)
    assert migration.old.embedded is not None
