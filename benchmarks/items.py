"""The items: which works are done by whom, and what is aimed at."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field

from measuring import Contender, Outcome

OURS = "evalkit"


@dataclass(frozen=True, slots=True)
class Aim:
    """One number that an item is measured by.

    Attributes:
        text: What is aimed at, as the page says it.
        value: The number that an outcome gives.
        limit: What it must not pass.
        form: How the number is printed.
        at_least: Whether the limit is a lower one.
    """

    text: str
    value: Callable[[Outcome], float]
    limit: float
    form: str = "{:.2f}×"
    at_least: bool = False

    def is_met(self, number: float) -> bool:
        """Return whether a number is on the right side of the limit."""
        return number >= self.limit if self.at_least else number <= self.limit


@dataclass(frozen=True, slots=True)
class Item:
    """One piece of work with everyone who does it."""

    key: str
    work: str
    script: str
    contenders: tuple[Contender, ...]
    aims: tuple[Aim, ...] = ()
    rounds: int = 5
    notes: tuple[str, ...] = field(default=())
    profile: tuple[str, ...] = field(default=())  # where its time goes: told where an aim is missed


def _times_faster(peer: str) -> Callable[[Outcome], float]:
    return lambda outcome: 1 / outcome.ratio(OURS, peer)


def _more_s(contender: str, peer: str) -> Callable[[Outcome], float]:
    return lambda outcome: outcome.median(contender) - outcome.median(peer)


def items(scratch: str) -> tuple[Item, ...]:
    """Return all items, in the order of the page.

    Args:
        scratch: Folder in which they may leave files until the end.
    """
    numba = {"NUMBA_CACHE_DIR": f"{scratch}/numba", "NO_COLOR": "1"}
    backends = os.environ.get("EVALKIT_BENCH_BACKENDS", "")  # a Python that has them, where this one cannot
    ours = Contender(OURS, "evalkit")
    curve = Contender(OURS, "random_order")
    walk = Contender(OURS, "fixed_order")
    rebuilds = Contender("101 rebuilds", "rebuilds", rounds=2)
    return (
        Item(
            "P1",
            "score 5,000 queries × 100 ranks, four measures, from dictionaries, fresh process",
            "p01_scoring.py",
            (
                ours,
                Contender("pytrec_eval", "pytrec_eval"),
                Contender("ir_measures", "ir_measures", rounds=3),
                Contender("ranx, nothing compiled", "ranx", rounds=1, environment=numba),
                Contender("ranx, compiled before", "ranx", rounds=2, environment=numba),
            ),
            (
                Aim("no slower than pytrec_eval", lambda found: found.ratio(OURS, "pytrec_eval"), 1.0),
                Aim(
                    "100× as fast as ranx when nothing is compiled",
                    _times_faster("ranx, nothing compiled"),
                    100,
                    "{:.0f}× as fast",
                    at_least=True,
                ),
            ),
            rounds=9,
        ),
        Item(
            "P1b",
            "score 5,000 queries × 100 ranks from a TREC file, as whole processes",
            "p01b_run_file.py",
            (ours, Contender("pytrec_eval", "pytrec_eval")),
            (
                Aim(
                    "1.3× pytrec_eval's script",
                    lambda found: found.ratio(OURS, "pytrec_eval", fact="processor_s"),
                    1.3,
                ),
            ),
            rounds=7,
            notes=("evalkit reads and checks 25,000 texts as well. Ratios are of processor time.",),
            profile=(
                "Of 3.4 s on a slow machine: imports 0.7, texts and judgements 0.7, held against each",
                "other 0.5, the run's 500,000 lines 1.4, scores and JSON 0.1. The lines take what the",
                "whole script of pytrec_eval takes; beside them there are checks, which stay, and",
                "texts, which it does not read.",
            ),
        ),
        Item(
            "P2",
            "sign-flip test of 5,000 queries, 20 columns, 100,000 resamples",
            "p02_signflip.py",
            (ours, Contender("scipy", "scipy"), Contender("ranx", "ranx", rounds=1, environment=numba)),
            (
                Aim("20× as fast as scipy", _times_faster("scipy"), 20, "{:.0f}× as fast", at_least=True),
                Aim("peak of 160 MB", lambda found: found.median(OURS, "peak_mb"), 160, "{:.0f} MB"),
            ),
            rounds=3,
            notes=("scipy is timed with 100 resamples, ranx with 1,000 of one column; both scale linearly.",),
        ),
        Item(
            "P3",
            "exact 100 best of 100,000 × 384 for 1,000 queries",
            "p03_search.py",
            (ours, Contender("matrix product", "product"), Contender("FAISS flat", "faiss")),
            (Aim("1.5× the bare product", lambda found: found.ratio(OURS, "matrix product"), 1.5),),
            rounds=7,
        ),
        Item(
            "P4",
            "mixed curve, 101 shares of a random order, 1,000 queries, 100,000 × 384",
            "p04_mixed_curve.py",
            (curve, Contender("two matrix products", "products"), rebuilds),
            (
                Aim("3× two products", lambda found: found.ratio(OURS, "two matrix products"), 3.0),
                Aim(
                    "30× as fast as 101 rebuilds",
                    _times_faster("101 rebuilds"),
                    30,
                    "{:.0f}× as fast",
                    at_least=True,
                ),
            ),
            notes=("Five rebuilds are timed and scaled; they give one noisy sample, the curve is exact.",),
        ),
        Item(
            "P5",
            "mixed curve, 101 shares of a fixed order, same size",
            "p04_mixed_curve.py",
            (walk, Contender("11 shares", "few_steps"), rebuilds),
            (
                Aim(
                    "20× as fast as 101 rebuilds",
                    _times_faster("101 rebuilds"),
                    20,
                    "{:.0f}× as fast",
                    at_least=True,
                ),
                Aim("101 shares cost 1.3× what 11 do", lambda found: found.ratio(OURS, "11 shares"), 1.3),
            ),
            rounds=3,
        ),
        Item(
            "P6",
            "embed helpdesk's 633 texts with MiniLM, cold cache",
            "p06_embedding.py",
            (ours, Contender("bare encoder", "encoder")),
            (
                Aim(
                    "1.03× the bare encoder", lambda found: found.ratio(OURS, "bare encoder"), 1.03, "{:.3f}×"
                ),
            ),
            rounds=3,
        ),
        Item(
            "P7",
            "embed 100,000 texts, warm cache",
            "p07_warm_cache.py",
            (ours, Contender("np.load", "load")),
            (Aim("2 s more than np.load", _more_s(OURS, "np.load"), 2.0, "{:.2f} s more"),),
            rounds=3,
        ),
        Item(
            "P8",
            "`evalkit --help`, and `import evalkit`, as processes",
            "p08_startup.py",
            (
                Contender(OURS, "help"),
                Contender("import evalkit", "package"),
                Contender("import click", "library"),
                Contender("bare Python", "nothing"),
            ),
            (
                Aim("help: 60 ms more (P14)", _more_s(OURS, "bare Python"), 0.06, "{:.3f} s more"),
                Aim("import: 150 ms more", _more_s("import evalkit", "bare Python"), 0.15, "{:.3f} s more"),
                Aim(
                    "no torch, faiss, scipy, pandas, numba",
                    lambda found: float(
                        sum(len(names.split()) for names in found.all("import evalkit", "heavy"))
                    ),
                    0,
                    "{:.0f} imported",
                ),
            ),
            rounds=7,
            profile=(
                "Of what help takes beyond bare Python, click alone takes what stands above. Of the",
                "rest, by `python -X importtime`, Python's own json, zipfile, urllib and tomllib take",
                "two thirds, the modules of this package one third.",
            ),
        ),
        Item(
            "P9",
            "`evalkit gate`, 300 queries × 10,000 documents, warm cache",
            "p09_gate.py",
            (ours,),
            (
                Aim("3 s", lambda found: found.median(OURS), 3.0, "{:.2f} s"),
                Aim(
                    "no torch",
                    lambda found: float("True" in found.all(OURS, "torch_imported")),
                    0,
                    "{:.0f} imported",
                ),
            ),
        ),
        Item(
            "P10",
            "`evalkit run`, 1,000 queries against 10,000,000 × 384 float16 on disk",
            "p10_scale.py",
            (
                Contender("10,000 documents", "e4"),
                Contender("100,000 documents", "e5"),
                Contender("1,000,000 documents", "e6"),
                Contender("10,000,000 documents", "e7"),
                Contender("bare product, 1,000,000", "product"),
            ),
            (
                Aim(
                    "1.5× the bare product on the same blocks, for 1,000,000",
                    lambda found: found.ratio(
                        "1,000,000 documents", "bare product, 1,000,000", fact="processor_s"
                    ),
                    1.5,
                ),
                Aim(
                    "peak of 4,000 MB, mapped pages counted",
                    lambda found: found.median("10,000,000 documents", "peak_mb"),
                    4_000,
                    "{:,.0f} MB",
                ),
            ),
            rounds=1,
            profile=(
                "By a profile of 500,000 documents: reading and checking their texts, a line at a time,",
                "takes half; the search itself a fifth, 1.1 times the bare product; reading vectors and",
                "bringing them to unit length an eighth; digests a twelfth. Every command that takes a",
                "golden set reads all of its texts.",
            ),
        ),
        Item(
            "P11",
            "read 100,000 × 384 vectors with their ids from Parquet",
            "p11_parquet.py",
            (ours, Contender("np.load", "load"), Contender("pyarrow", "arrow")),
            (Aim("2× np.load", lambda found: found.ratio(OURS, "np.load", fact="processor_s"), 2.0),),
            rounds=7,
            notes=("np.load reads the numbers alone. Ratios are of processor time.",),
            profile=(
                "Of 0.16 s: reading pages 0.03, their checksums 0.03, decompression 0.015, levels",
                "0.015, copying them into one matrix 0.04, ids as texts 0.03. pyarrow's own reader",
                "takes longer than all of it.",
            ),
        ),
        Item(
            "P12",
            "the page of a comparison on 5,000 queries",
            "p12_report.py",
            (ours, Contender("page alone", "page")),
            (Aim("page and views: 1 s", lambda found: found.median("page alone"), 1.0, "{:.2f} s"),),
            rounds=3,
        ),
        Item(
            "P13",
            "`evalkit golden check`, 100,000 documents and 10,000 queries",
            "p13_golden_check.py",
            (ours,),
            (
                Aim("10 s", lambda found: found.median(OURS), 10.0, "{:.1f} s"),
                Aim("peak of 1,000 MB", lambda found: found.median(OURS, "peak_mb"), 1_000, "{:,.0f} MB"),
            ),
            rounds=3,
        ),
        Item(
            "compare",
            "`evalkit compare`, warm cache: 5,000 and 1,000 queries × 100,000 documents",
            "compare_stages.py",
            (
                Contender("5,000 queries, 101 shares", "stages"),
                Contender("1,000 queries", "memory"),
            ),
            (
                Aim(
                    "5,000 queries with the lab: 20 s (P4b)",
                    lambda found: found.median("5,000 queries, 101 shares"),
                    20.0,
                    "{:.1f} s",
                ),
            ),
            rounds=1,
            profile=(
                "Stage by stage it stands below. The lab takes most, 50 s of 65.6 when this was first",
                "measured: a float32 product of all queries and documents for each column of scores,",
                "and a look in float64 at whatever may stand before a relevant document.",
            ),
        ),
        Item(
            "plan",
            "`evalkit plan helpdesk --documents 40e6`, cached vectors: six paths, page and runbook",
            "plan_table.py",
            (ours,),
            (Aim("10 s", lambda found: found.median(OURS), 10.0, "{:.2f} s"),),
            rounds=3,
        ),
        Item(
            "canary",
            "`evalkit canary`, 150,000 events of 75,000 users in one CSV",
            "canary_events.py",
            (ours,),
            (Aim("2 s", lambda found: found.median(OURS), 2.0, "{:.2f} s"),),
            rounds=5,
        ),
        Item(
            "backends",
            "embed helpdesk with `backend = torch`, `onnx` and `openvino`",
            "backends.py",
            (
                Contender("sentence-transformers", "plain", python=backends),
                Contender("torch", "torch", python=backends),
                Contender("onnx", "onnx", python=backends),
                Contender("openvino", "openvino", python=backends),
            ),
            rounds=2,
        ),
    )
