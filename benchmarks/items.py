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
                Contender("bare Python", "nothing"),
            ),
            (
                Aim("help: 150 ms more", _more_s(OURS, "bare Python"), 0.15, "{:.3f} s more"),
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
            ),
            (
                Aim(
                    "peak of 4,000 MB, mapped pages counted",
                    lambda found: found.median("10,000,000 documents", "peak_mb"),
                    4_000,
                    "{:,.0f} MB",
                ),
            ),
            rounds=1,
        ),
        Item(
            "compare",
            "`evalkit compare`, warm cache: 5,000 and 1,000 queries × 100,000 documents",
            "compare_stages.py",
            (
                Contender("5,000 queries, 101 shares", "stages"),
                Contender("1,000 queries", "memory"),
            ),
            rounds=1,
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
