"""Critical queries keep what the primary measure calls relevant: thresholds hold for hits and losses."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from evalkit.cli import main
from evalkit.decision.critical import critical_gains, critical_losses, hit_of
from evalkit.decision.policy import Guardrail, Kind, Policy
from evalkit.golden.goldenset import GoldenSet
from evalkit.retrieval.run import Run
from evalkit.scoring.judged import judge
from evalkit.scoring.measure import Measure
from evalkit.studies.dictionaries import compare_runs

QRELS = {f"q{n:02}": {"best": 2, "fair": 1} for n in range(40)}
BEST = {query: {"best": 2.0, "fair": 1.0} for query in QRELS}
FAIR = {**BEST, "q07": {"fair": 1.0}}
EVERY = (Guardrail(kind=Kind.CRITICAL),)


def policy_of(primary: str) -> Policy:
    return Policy(primary=Measure.parse(primary), guardrails=EVERY)


@pytest.mark.parametrize(
    ("primary", "lost"), [("Recall@10", ()), ("Recall(rel=2)@10", ("q07",)), ("nDCG@10", ())]
)
def test_a_hit_is_lost_where_no_document_of_the_threshold_is_left(
    primary: str, lost: tuple[str, ...]
) -> None:
    golden = GoldenSet.of(
        "set", queries=dict.fromkeys(QRELS, "x"), corpus={"best": "x", "fair": "x"}, qrels=QRELS
    )
    judged = [judge(Run.of("s", results, golden), golden) for results in (BEST, FAIR)]

    found = critical_losses(judged[0], judged[1], golden, policy_of(primary))
    back = critical_gains(judged[1], judged[0], golden, policy_of(primary))

    assert tuple(loss.query for loss in found) == lost
    assert back == lost
    excused = critical_losses(judged[0], judged[1], golden, policy_of(primary), exact=judged[0])
    assert [loss.confirmed for loss in excused] == [False] * len(lost)


def test_the_verdict_names_the_grade() -> None:
    outcome = compare_runs(QRELS, BEST, FAIR, policy=policy_of("Recall(rel=2)@10"))

    words = [rule.words for rule in outcome.conclusion.decisions[0].rules if rule.name == "critical queries"]
    assert words == [
        "1 critical query lost every document of grade 2 or more from the top ten: q07; 0 allowed."
    ]
    plain = compare_runs(QRELS, BEST, FAIR, policy=policy_of("Recall@10"))
    assert plain.conclusion.decisions[0].evidence.losses == ()


@pytest.mark.parametrize("rel", [1, 2, 3])
def test_the_hit_is_that_of_brute_force(rel: int) -> None:
    rng = np.random.default_rng(rel)
    names = [f"d{n:02}" for n in range(30)]
    qrels = {f"q{n:02}": {name: int(rng.integers(0, 4)) for name in names} for n in range(25)}
    golden = GoldenSet.of(
        "set", queries=dict.fromkeys(qrels, "x"), corpus=dict.fromkeys(names, "x"), qrels=qrels
    )
    golden = replace(golden, critical=np.ones(25, dtype=bool))
    runs = [{q: {n: float(rng.random()) for n in names[:20]} for q in qrels} for _ in range(2)]
    policy = Policy(primary=Measure("Recall", 3, rel))

    judged = [judge(Run.of("s", run, golden), golden) for run in runs]

    found = critical_losses(judged[0], judged[1], golden, policy)

    def hits(query: str, run: dict[str, dict[str, float]]) -> bool:
        top = sorted(run[query], key=lambda name: (-run[query][name], name))[:10]
        return any(qrels[query][name] >= rel for name in top)

    assert hit_of(policy) == Measure("Hit", 10, rel)
    assert [loss.query for loss in found] == [q for q in qrels if hits(q, runs[0]) and not hits(q, runs[1])]


def test_a_gate_watches_the_same_hit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    home = tmp_path / "set"
    (home / "qrels").mkdir(parents=True)
    rows = "".join(f'{{"_id": "{q}", "text": "ask {q}", "metadata": {{"critical": true}}}}\n' for q in QRELS)
    (home / "queries.jsonl").write_text(rows)
    (home / "corpus.jsonl").write_text(
        "".join(f'{{"_id": "{n}", "text": "on {n}"}}\n' for n in ("best", "fair"))
    )
    judged = "".join(f"{q}\tbest\t2\n{q}\tfair\t1\n" for q in QRELS)
    (home / "qrels" / "test.tsv").write_text(f"query-id\tcorpus-id\tscore\n{judged}")
    (tmp_path / "evalkit.toml").write_text('[policy]\nprimary = "Recall(rel=2)@10"\nguardrails = []\n')
    written(tmp_path / "run.trec", BEST)
    asked = ["gate", "set", "--model", "run/run.trec"]
    assert main.run([*asked, "--update"]) == 0

    written(tmp_path / "run.trec", FAIR)

    assert main.run(asked) == 1


def written(path: Path, results: dict[str, dict[str, float]]) -> None:
    path.write_text(
        "".join(
            f"{query} Q0 {name} {rank} {score} s\n"
            for query, found in results.items()
            for rank, (name, score) in enumerate(found.items(), 1)
        )
    )
