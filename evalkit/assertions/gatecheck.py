"""The gate of a test: a system held against its stored baseline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.assertions.bench import Bench, tie_rule
from evalkit.defaults import DEPTH, SEED, TOLERANCE
from evalkit.quoting import lines, one_line
from evalkit.regression.acceptance import as_before, make_baseline
from evalkit.regression.baselinefile import read_baseline, write_baseline
from evalkit.regression.baselinepath import baseline_path
from evalkit.regression.gate import Gate
from evalkit.regression.offline import check_cached
from evalkit.regression.outcome import judge_held
from evalkit.regression.validity import hold
from evalkit.reporting.pages.gate import gate_page
from evalkit.reporting.sections.gatenumbers import GateNumbers
from evalkit.reporting.views.terminal import terminal
from evalkit.results.gate import result_of_gate
from evalkit.scoring.measure import parse_measures


@dataclass(frozen=True, slots=True, kw_only=True)
class GateCheck:
    """What the gate found for a test.

    Attributes:
        verdict: PASS, WARN or FAIL; UPDATED where a baseline was stored instead.
        text: What the terminal would show.
        numbers: The figures behind it.
    """

    verdict: str
    text: str
    numbers: Mapping[str, Any]

    def check(self, *, strict: bool = False) -> None:
        """Demand that retrieval has not got worse.

        Args:
            strict: Whether a WARN is no pass either.

        Raises:
            AssertionError: The gate failed.
        """
        __tracebackhide__ = True
        if self.verdict == "FAIL" or (strict and self.verdict == "WARN"):
            raise AssertionError(self.text)


def check_gate(  # noqa: PLR0913 - a test names what it wants by keyword
    bench: Bench,
    golden: str,
    model: str,
    *,
    baseline: str | None = None,
    index: str | None = None,
    tolerance: float = TOLERANCE,
    common: bool = False,
    ties: str | None = None,
) -> GateCheck:
    """Hold a system against its stored baseline, or store one where the bench says so.

    Args:
        bench: Where.
        golden: A folder, a name in the config or a shipped name.
        model: An alias in the config or a spec.
        baseline: The baseline's file; baselines/GOLDEN/MODEL.json beside the config when left out.
        index: FAISS factory string; the configured one when left out.
        tolerance: The drop that is ignored where noise does not ask for more.
        common: Whether only the queries are looked at that are as they were when the baseline was stored.
        ties: What orders results that nothing tells apart: "id" or "expected"; None for the baseline's way.
    """
    stated, cache = bench.config.defaults(), bench.open_cache()
    known, system = bench.golden(golden), bench.system(model, index)
    options = ["--index", index] if index else []
    options += ["--baseline", baseline] if baseline else []
    options += ["--tolerance", str(tolerance)] if tolerance != TOLERANCE else []
    options += ["--common"] if common else []
    options += ["--ties", ties] if ties else []
    command = bench.command("gate", golden, "--model", model, *options)
    gate = Gate(
        golden=known,
        system=system,
        policy=bench.policy(),
        measures=parse_measures(stated.get("measures", ())),
        tolerance=tolerance,
        depth=stated.get("depth", DEPTH),
        seed=stated.get("seed", SEED),
        cache=cache,
        ties=tie_rule(ties),
    )
    path = Path(baseline) if baseline else baseline_path(bench.config.folder, known.name, system.name)
    if bench.update:
        stored, evaluation = make_baseline(as_before(gate, path))
        write_baseline(path, stored, within=None if baseline else bench.config.folder)
        mean = evaluation.scores.mean(gate.policy.primary)
        numbers = {"verdict": "UPDATED", "measure": str(gate.policy.primary), "now": mean}
        return GateCheck(verdict="UPDATED", text=one_line(f"stored {path}"), numbers=numbers)
    held = read_baseline(path)
    valid = hold(gate, held, common=common)  # before the cache: no vector cures a baseline of other questions
    if not bench.live:
        check_cached(system, valid.gate.golden, cache, command=command, encoder=valid.encoder)
    outcome = judge_held(valid, live=bench.live)
    result = result_of_gate(outcome, {}, reproduce=command)
    named = GateNumbers.of(result).named
    return GateCheck(verdict=str(outcome.verdict), text=lines(terminal(gate_page(result))), numbers=named)
