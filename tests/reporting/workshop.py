"""A bicycle workshop's questions: invented texts, and the results that reports are drawn from."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np

from evalkit.decision.policy import Objective, Policy
from evalkit.evaluation import System
from evalkit.experiment import Experiment, run_experiment
from evalkit.golden.card import Card
from evalkit.golden.goldenset import GoldenSet
from evalkit.lab import Plan, curves_between
from evalkit.reporting.pages.kinds import page_of
from evalkit.reporting.views.html import html
from evalkit.reporting.views.junit import junit
from evalkit.reporting.views.markdown import markdown
from evalkit.reporting.views.terminal import terminal
from evalkit.results.compare import result_of
from evalkit.results.result import Result
from evalkit.scoring.measure import Measure

PARTS = ("chain", "saddle", "brake", "pedal", "wheel", "lamp", "bell", "fork")
JOBS = {
    "clean": "Wipe the {} with a dry cloth, then use a little soap. Never point a hose at the bearings.",
    "replace": "Take the old {} off with the right key, grease the thread and fit the new one by hand first.",
    "adjust": "Turn the screw of the {} by a quarter, ride a few metres and look again.",
    "store": "Keep the {} dry and out of the sun through the winter; a drop of oil stops the rust.",
}
QUESTIONS = (
    "how do I {} my {}",
    "best way to {} the {} at home",
    "when should one {} a {}",
    "tools that I need to {} a worn {}",
)
MEASURES = tuple(Measure.parse(name) for name in ("nDCG@10", "Recall@10", "MRR@10", "Judged@10"))
PROVENANCE = {
    "command": "evalkit compare workshop --baseline hash/512 --candidate hash/24 --measure nDCG@10,Recall@10,"
    "MRR@10,Judged@10 --depth 20 --output reports/workshop --primary nDCG@10 --margin 0.02",
    "created": "2026-01-31T12:00:00Z",
    "versions": {"evalkit": "0.1.0"},
    "costs": {
        "hash/512": {
            "encoded": 0,
            "documents_per_second": 1234.5,
            "index_bytes": 65_536,
            "searches": 32,
            "search_p50_ms": 0.0421,
            "search_p95_ms": 0.0933,
        },
        "hash/24": {
            "encoded": 64,
            "documents_per_second": None,
            "index_bytes": 3_072,
            "searches": 32,
            "search_p50_ms": 0.0105,
            "search_p95_ms": 12.4,
        },
    },
}


def html_page(result: Result, *, assets: str = "") -> str:
    """Return the page of a result."""
    return html(page_of(result), assets=assets)


def summary_markdown(result: Result) -> str:
    """Return what a pull request shows of a result."""
    return markdown(page_of(result))


def terminal_text(result: Result, *, color: bool, width: int, report: str | None = None) -> str:
    """Return what a terminal shows of a result."""
    return terminal(page_of(result), color=color, width=width, report=report)


def junit_xml(result: Result) -> str:
    """Return what a build server shows of a result."""
    return junit(page_of(result))


def workshop(*, questions: int = 1) -> GoldenSet:
    """Return 32 documents and 32 queries for each of up to four ways to ask, every fourth query critical."""
    corpus = {f"{part}/{job}": f"{job} a {part}\n{JOBS[job].format(part)}" for part in PARTS for job in JOBS}
    queries, qrels = {}, {}
    for number, (way, part, job) in enumerate(
        (way, part, job) for way in QUESTIONS[:questions] for part in PARTS for job in JOBS
    ):
        queries[f"q-{number:03d}"] = way.format(job, part)
        other = PARTS[(PARTS.index(part) + 1) % len(PARTS)]
        qrels[f"q-{number:03d}"] = {f"{part}/{job}": 2, f"{other}/{job}": 1, f"{other}/store": 0}
    golden = GoldenSet.of("workshop", queries=queries, corpus=corpus, qrels=qrels)
    numbers = np.arange(len(queries))
    return replace(
        golden,
        critical=numbers % 4 == 0,
        segments={"drive": numbers % 4 > 0, "rare": numbers % 16 == 1},
        card=Card(version="1", segments={"drive": "parts that turn", "rare": "asked once a year"}),
    )


def result_on(
    golden: GoldenSet, *candidates: str, baseline: str = "hash/512", policy: Policy | None = None
) -> Any:
    """Return the result of a comparison, as it comes back from `result.json`."""
    experiment = Experiment(
        golden=golden,
        baseline=System.parse(baseline),
        candidates=tuple(System.parse(name) for name in candidates),
        policy=policy or Policy(resamples=2000),
        measures=MEASURES,
        depth=20,
    )
    return json.loads(result_of(run_experiment(experiment), PROVENANCE).text())


def worse() -> Any:
    """Return a result in which the candidate loses."""
    return result_on(workshop(), "hash/24")


def better() -> Any:
    """Return a result in which the candidate wins."""
    return result_on(workshop(questions=4), "hash/512", baseline="hash/16")


def several() -> Any:
    """Return a result with three candidates, asked whether quality is kept."""
    policy = Policy(objective=Objective.MAINTAIN, margin=0.1, resamples=2000)
    return result_on(workshop(questions=2), "hash/1024", "hash/64", "hash/8", policy=policy)


def open_several() -> Any:
    """Return a result with three candidates of which none is settled."""
    return result_on(workshop(), "hash/500", "hash/490", "hash/480")


def long() -> Any:
    """Return a result with long texts and long names of systems."""
    told = json.dumps(crowd(300))
    models = {"hash/48": "st/some-organisation/a-model-of-a-rather-long-name-v1.5-multilingual-large"}
    for short, name in (*models.items(), ("hash/64", "vectors//data/search/embeddings/of-the-old-model")):
        told = told.replace(f'"{short}"', f'"{name}"').replace(f"{short} ", f"{name} ")
    return json.loads(told)


def unjudged() -> Any:
    """Return a result on pooled judgements, most of which are missing."""
    golden = workshop(questions=2)
    return result_on(replace(golden, card=replace(golden.card, judgments="pooled")), "hash/1024")


def mixed() -> Any:
    """Return a result with a mixed index: two hashings that share a column only by padding, and a control."""
    experiment = Experiment(
        golden=workshop(),
        baseline=System.parse("hash/512"),
        candidates=(System.parse("hash/256"),),
        policy=Policy(resamples=2000),
        measures=MEASURES,
        depth=20,
    )
    outcome = run_experiment(experiment)
    plan = Plan(
        strategies=("new-query", "old-query", "filter-new", "dual-raw", "stay-old"),
        shares=(0.0, 0.25, 0.5, 0.75, 1.0),
        align="pad",
        controls=("float16",),
    )
    curves = curves_between(outcome.baseline, outcome.candidates[0], experiment.setting, plan)
    result = result_of(outcome, PROVENANCE, curves=curves)
    return json.loads(result.text())


def crowd(queries: int = 5000, *, word: str = "word", document: str = "document") -> Any:
    """Return a result on many queries, with long texts and a corpus in which hardly any document repeats."""
    words = [f"{word}{number:03d}" for number in range(400)]
    generator = np.random.default_rng(7)
    drawn = generator.choice(words, size=(queries, 40))
    corpus = {f"{document}-{number:06d}": " ".join(row) for number, row in enumerate(drawn)}
    texts = {f"query-{number:06d}": " ".join(row[:9]) for number, row in enumerate(drawn)}
    qrels = {f"query-{number:06d}": {f"{document}-{number:06d}": 1} for number in range(queries)}
    golden = GoldenSet.of("crowd", queries=texts, corpus=corpus, qrels=qrels)
    golden = replace(golden, critical=np.arange(queries) % 10 == 0)
    return result_on(golden, "hash/48", baseline="hash/64")
