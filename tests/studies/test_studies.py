"""Studies are whole in Python: what a command writes, a study writes by itself."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from evalkit import (
    Experiment,
    GoldenSet,
    Measure,
    Outcome,
    Policy,
    System,
    complete,
    run_difference,
    run_experiment,
    run_migration,
    write_report,
)
from evalkit.cli import main
from evalkit.errors import ModelError, OutputError
from evalkit.evaluation import Evaluation, Setting
from evalkit.experiment import conclude
from evalkit.lab import Plan
from evalkit.regression.acceptance import make_baseline
from evalkit.regression.gate import Gate
from evalkit.regression.outcome import run_gate
from evalkit.reporting.pages.compare import compare_page
from evalkit.reporting.views.terminal import terminal
from evalkit.results.compare import result_of
from evalkit.results.reading import read_result
from evalkit.retrieval.run import Run
from evalkit.scoring.judged import Retrieved
from evalkit.scoring.scores import score

PLACES = ("bakery", "harbour", "library", "station", "garden")
WANTS = (
    "open late",
    "near the old bridge",
    "with parking for bicycles",
    "where dogs may come in",
    "closed on Mondays",
    "renovated last spring",
    "with a view",
)
MEASURES = tuple(Measure.parse(name) for name in ("nDCG@10", "Recall@10", "Judged@10"))


@pytest.fixture(scope="module")
def golden() -> GoldenSet:
    pairs = [(place, want) for place in PLACES for want in WANTS]
    return GoldenSet.of(
        "town",
        queries={f"q{n:02}": f"{place} {want}?" for n, (place, want) in enumerate(pairs)},
        corpus={
            f"d{n:02}": f"The {place} is {want}, as the sign says." for n, (place, want) in enumerate(pairs)
        },
        qrels={f"q{n:02}": {f"d{n:02}": 1} for n in range(len(pairs))},
    )


@pytest.fixture(scope="module")
def outcome(golden: GoldenSet) -> Outcome:
    return run_experiment(
        Experiment(
            golden=golden,
            baseline=System.parse("hash/64"),
            candidates=(System.parse("hash/32"),),
            policy=Policy(resamples=2000),
            measures=MEASURES,
            depth=20,
        )
    )


def test_an_outcome_makes_its_own_report_with_the_way_there_and_the_costs(
    outcome: Outcome, tmp_path: Path
) -> None:
    page = outcome.report(tmp_path / "report")
    result = read_result(tmp_path / "report")
    assert page == tmp_path / "report" / "report.html"
    assert "Mixed index" in page.read_text(encoding="utf-8")
    assert result.verdict == outcome.conclusion.verdict
    assert {row.strategy for row in result.mix} >= {"dual-raw", "stay-old"}
    assert result.provenance.costs.keys() == {"hash/64", "hash/32"}
    assert {path.name for path in page.parent.iterdir()} >= {"summary.md", "junit.xml"}


def test_the_report_of_an_outcome_is_that_of_the_command(
    outcome: Outcome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    golden = outcome.experiment.golden
    folder = tmp_path / "town"
    (folder / "qrels").mkdir(parents=True)
    for name, texts in (("queries", golden.queries), ("corpus", golden.corpus)):
        rows = [
            json.dumps({"_id": i, "title": "", "text": body})
            for i, body in zip(texts.ids, texts.bodies, strict=True)
        ]
        (folder / f"{name}.jsonl").write_text("\n".join(rows), encoding="utf-8")
    lines = ["query-id\tcorpus-id\tscore", *(f"{q}\td{q[1:]}\t1" for q in golden.queries.ids)]
    (folder / "qrels" / "test.tsv").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    models = ["--baseline", "hash/64", "--candidate", "hash/32", "--measure", "nDCG@10,Recall@10,Judged@10"]
    main.run(["-q", "compare", str(folder), *models, "--depth", "20", "-o", str(tmp_path / "typed")])
    typed = read_result(tmp_path / "typed")
    outcome.report(tmp_path / "called")
    called = read_result(tmp_path / "called")
    for part in ("systems", "comparisons", "mix", "mix_summary", "ceiling", "deltas", "queries"):
        if part == "comparisons":  # the command's policy draws more signs
            assert [row.delta for row in typed.comparisons] == [row.delta for row in called.comparisons]
        else:
            assert getattr(typed, part) == getattr(called, part), part


def test_a_report_of_another_experiment_is_never_overwritten(
    outcome: Outcome, golden: GoldenSet, tmp_path: Path
) -> None:
    outcome.report(tmp_path)
    outcome.report(tmp_path)
    other = run_migration(
        System.parse("hash/16"), System.parse("hash/8"), Setting(golden=golden), Plan(shares=3)
    )
    with pytest.raises(OutputError, match="not of this experiment"):
        other.report(tmp_path)
    other.report(tmp_path, force=True)
    assert read_result(tmp_path).kind == "mix"


def test_a_study_tells_the_findings_of_all_its_parts_once(outcome: Outcome) -> None:
    study = complete(outcome, self_tested=True)
    assert {step.share for step in study.steps} >= {0.0, 1.0}
    assert len(study.findings) == len(set(study.findings))
    assert set(outcome.findings) <= set(study.findings)
    assert complete(outcome, mixed=False).curves == ()
    assert list(study.to_frame().columns) == list(outcome.to_frame().columns)


def test_a_migration_has_a_table_and_a_report(golden: GoldenSet, tmp_path: Path) -> None:
    plan = Plan(shares=3, strategies=("new-query", "stay-old"), align="pad")
    study = run_migration(System.parse("hash/64"), System.parse("hash/32"), Setting(golden=golden), plan)
    assert set(study.to_frame()["strategy"]) == {"new-query", "stay-old"}
    assert study.report(tmp_path).is_file()
    with pytest.raises(ModelError, match="no vectors"):
        run_migration(System.parse("run/none.trec"), System.parse("hash/8"), Setting(golden=golden))


def test_a_difference_has_a_report_without_judgements(golden: GoldenSet, tmp_path: Path) -> None:
    study = run_difference(
        System.parse("hash/64"), System.parse("hash/32"), Setting(golden=golden, depth=20), cutoff=5
    )
    assert study.report(tmp_path).is_file()
    assert read_result(tmp_path).reranking["hash/32"].cutoff == 5
    assert (tmp_path / "changes.csv").read_text(encoding="utf-8").count("\n") == len(golden.queries) + 1


def test_a_gate_has_a_report(golden: GoldenSet, tmp_path: Path) -> None:
    gate = Gate(golden=golden, system=System.parse("hash/64"), depth=20)
    stored, _ = make_baseline(gate)
    found = run_gate(gate, stored)
    assert found.report(tmp_path) == tmp_path / "report.html"
    assert read_result(tmp_path).verdict == "PASS"
    assert (tmp_path / "junit.xml").is_file()


def test_a_redacted_report_holds_no_text(outcome: Outcome, tmp_path: Path) -> None:
    page = write_report(outcome, tmp_path, redact_text=True, assets=True)
    assert "parking for bicycles" not in page.read_text(encoding="utf-8")
    assert (tmp_path / "report.css").is_file()


def test_critical_queries_gained_stand_beside_those_lost(golden: GoldenSet) -> None:
    critical = replace(golden, critical=np.ones(len(golden.queries), dtype=bool))
    right = {query: {f"d{query[1:]}": 1.0} for query in golden.queries.ids}
    wrong = {query: {"d01" if query == "q00" else "d00": 1.0} for query in golden.queries.ids}
    before = {**right, "q03": wrong["q03"], "q05": wrong["q05"]}
    after = {**right, "q07": wrong["q07"]}
    experiment = Experiment(
        golden=critical,
        baseline=System.parse("run/old"),
        candidates=(System.parse("run/new"),),
        policy=Policy(resamples=2000),
        measures=MEASURES,
    )
    evaluations = [
        Evaluation(
            system=system,
            run=(run := Run.of(system.name, results, critical)),
            retrieved=Retrieved.of(run, critical),
            scores=score(run, critical, experiment.setting.measures),
        )
        for system, results in zip(experiment.systems, (before, after), strict=True)
    ]
    result = result_of(conclude(experiment, evaluations[0], evaluations[1:]), {})

    assert [gain.query for gain in result.decisions[0].critical_gained] == ["q03", "q05"]
    assert [loss.query for loss in result.critical] == ["q07"]
    [told] = [line for line in terminal(compare_page(result), width=200).split("\n") if "critical  " in line]
    assert "1 of 35 lost: q07" in told
    assert told.endswith("; 2 gained (q03, q05)")
