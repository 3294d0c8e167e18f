"""The gate: one system against its own baseline; a failure is looked at twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from evalkit.comparison.table import Comparison
from evalkit.embedding.encoder import Encoder, VectorSource
from evalkit.embedding.encoding import Progress, settled
from evalkit.evaluation import evaluate
from evalkit.figures import permille
from evalkit.regression.baseline import Baseline
from evalkit.regression.bestorder import order_explains
from evalkit.regression.changes import Changes
from evalkit.regression.checks import (
    Check,
    GateReason,
    GateVerdict,
    deciding,
    missed_below,
    verdict_of,
    warned,
)
from evalkit.regression.gate import Gate
from evalkit.regression.look import Look, standing, take_look
from evalkit.regression.newcomers import Unjudged, look_for_holes
from evalkit.regression.stamp import Drift, Stamp, drift
from evalkit.regression.validity import Held, hold
from evalkit.reports import report_of
from evalkit.ruling.rule import About, Unit
from evalkit.scoring.scores import Scores
from evalkit.spaces.sketches import SketchCheck, watch

COPIES = "in another order of identical documents it does not fail: judge copies alike, or --ties expected"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class GateOutcome:
    """What the gate found.

    Attributes:
        gate: What was guarded.
        baseline: What it was held against.
        before: The baseline's values as scores.
        look: The look that counts: the second where the first one failed.
        first: The first look, where it failed; else None.
        drift: What is no longer as it was when the baseline was stored.
        changes: What has become of its queries and documents; the queries that changed are left out.
        unjudged: What nobody judged among the first results; None where that is as it was.
        watched: What the canaries have shown; None where none were embedded.
        checks: What each check says in the end.
    """

    gate: Gate
    baseline: Baseline
    before: Scores
    look: Look
    first: Look | None
    drift: tuple[Drift, ...]
    changes: Changes
    unjudged: Unjudged | None
    watched: SketchCheck | None
    checks: tuple[Check, ...]

    @property
    def verdict(self) -> GateVerdict:
        """PASS, WARN or FAIL."""
        return verdict_of(self.checks)

    @property
    def speaking(self) -> Check | None:
        """The check that decides: the first of the gravest verdict; None where all hold."""
        return deciding(self.checks)

    @property
    def reason(self) -> GateReason:
        """Why, in one word."""
        if self.speaking is not None:
            return self.speaking.reason
        return GateReason.UNCHANGED if self.look.unchanged else GateReason.OK

    @property
    def primary(self) -> Comparison:
        """The primary measure on the whole golden set."""
        return self.look.primary(self.gate.policy)

    @property
    def tolerance(self) -> float:
        """The drop in the primary measure that is ignored."""
        return self.gate.tolerance_of(self.primary, self.baseline)

    @property
    def missed_below(self) -> float:
        """The size below which a true drop in the primary measure would often be missed."""
        return missed_below(self.primary, self.tolerance, self.gate.policy.power)

    def report(self, folder: str | Path, *, force: bool = False) -> Path:
        """Write page, result, summary and test cases into a folder; return the page's path."""
        return report_of(self, folder, force=force)


def run_gate(
    gate: Gate,
    baseline: Baseline,
    *,
    common: bool = False,
    live: bool = False,
    progress: Progress | None = None,
) -> GateOutcome:
    """Hold a system against its baseline.

    Args:
        gate: What is guarded.
        baseline: The values that were accepted.
        common: Whether only the queries are looked at that are as they were; else any change is refused.
        live: Whether canary texts are embedded afresh, to see if the model still gives the vectors it gave.
        progress: Called with role, texts done and texts to do while a model encodes.

    Returns:
        The outcome. A look that fails is taken a second time over a fresh index, and the failure stands only
        if the same measure or the same critical query fails again.

    Raises:
        UsageError: Other queries or judgements, another provider or model, or a measure that the baseline
            does not hold.
    """
    return judge_held(hold(gate, baseline, common=common), live=live, progress=progress)


def judge_held(held: Held, *, live: bool = False, progress: Progress | None = None) -> GateOutcome:
    """Hold a system against a baseline that is known to go with it, as `run_gate` does.

    Args:
        held: Both, as `hold` returned them; a model is loaded once.
        live: Whether canary texts are embedded afresh, to see if the model still gives the vectors it gave.
        progress: Called with role, texts done and texts to do while a model encodes.
    """
    gate, baseline, encoder = held.gate, held.baseline, held.encoder
    setting = replace(gate.setting, measures=baseline.measures)
    look = take_look(gate, baseline, evaluate(gate.system, setting, encoder=encoder, progress=progress))
    checks, first = look.checks, None
    if look.verdict is GateVerdict.FAIL:
        fresh, first = replace(setting, fresh_index=True), look
        look = take_look(gate, baseline, evaluate(gate.system, fresh, encoder=encoder, progress=progress))
        checks = standing(look, first)
    unjudged = look_for_holes(gate, baseline, look, checks)
    if unjudged is not None and not unjudged.stands:
        checks = warned(checks, GateReason.UNJUDGED, "documents that nobody judged may explain it")
    if verdict_of(checks) is GateVerdict.FAIL and order_explains(gate, baseline, look):
        checks = warned(checks, GateReason.COPIES, COPIES)
    stamp = gate.stamp(look.evaluation, encoder)
    watched = _watched(gate, baseline, encoder, stamp) if live else None
    return GateOutcome(
        gate=gate,
        baseline=baseline,
        before=baseline.scores(gate.golden),
        look=look,
        first=first,
        drift=drift(baseline.stamp, stamp),
        changes=held.changes,
        unjudged=unjudged,
        watched=watched,
        checks=(*checks, *_moved(watched)),
    )


def _watched(
    gate: Gate, baseline: Baseline, encoder: Encoder | VectorSource | None, stamp: Stamp
) -> SketchCheck | None:
    """Return what the canaries show; None where vectors are not made here or differ by right."""
    if encoder is None or isinstance(encoder, VectorSource) or not baseline.canaries:
        return None
    if stamp["fingerprint"] != baseline.stamp["fingerprint"]:
        return None
    return watch(baseline.canaries, gate.golden, settled(encoder, gate.cache))


def _moved(watched: SketchCheck | None) -> Sequence[Check]:
    if watched is None:
        return ()
    moved = f"{watched.moved} of {watched.compared} texts embedded afresh"
    says = (
        f"{moved} have other vectors than when the baseline was stored, by up to {permille(watched.farthest)}"
    )
    return (
        Check(
            row=GateReason.VECTORS_MOVED,
            name="canaries",
            about=About.VECTORS,
            passed=not watched.moved,
            reason=GateReason.VECTORS_MOVED,
            verdict=GateVerdict.WARN if watched.moved else None,
            words=says if watched.moved else f"{moved} have moved",
            observed=watched.moved,
            limit=0,
            unit=Unit.TEXTS,
        ),
    )
