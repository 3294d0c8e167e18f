"""The question: what is guarded against getting worse, and how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from evalkit.comparison.table import Comparison
from evalkit.decision.critical import hit_of
from evalkit.decision.policy import Policy
from evalkit.defaults import DEPTH, SEED, TOLERANCE
from evalkit.embedding.cache import VectorCache
from evalkit.embedding.encoder import Encoder, VectorSource
from evalkit.errors import UnknownNameError, UsageError
from evalkit.evaluation import BY_ID, Evaluation, Setting, System
from evalkit.golden.goldenset import GoldenSet
from evalkit.regression import checks
from evalkit.regression.baseline import Baseline
from evalkit.regression.stamp import (
    Stamp,
    describe_golden,
    describe_policy,
    identify,
    libraries,
)
from evalkit.scoring.measure import Measure


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What is guarded, and how.

    Attributes:
        golden: What it is measured on.
        system: The model with its index, the run file or the function that searches.
        policy: Primary measure, guardrails, waivers, weights.
        measures: What else a baseline stores, beside what the policy needs.
        tolerance: The drop that is ignored where noise does not ask for more.
        depth: How many documents are retrieved.
        seed: What random signs are addressed by.
        cache: Where vectors and indexes are kept, None for nowhere.
        ties: What orders results that nothing tells apart, "id" or "expected"; None for the baseline's way.
    """

    golden: GoldenSet
    system: System
    policy: Policy = field(default_factory=Policy)
    measures: tuple[Measure, ...] = ()
    tolerance: float = TOLERANCE
    depth: int = DEPTH
    seed: int = SEED
    cache: VectorCache | None = None
    ties: str | None = None

    def __post_init__(self) -> None:
        """Check the tolerance, the level and that every waiver names a query."""
        if not 0 <= self.tolerance <= 1:
            raise UsageError(
                f"tolerance must lie in [0, 1], not {self.tolerance}", hint="0.01 is usual", code="EK122"
            )
        for query in self.policy.waivers:
            if self.golden.queries.row(query) < 0:
                raise UnknownNameError.among(
                    "query", query, self.golden.queries.ids, hint="correct the waiver"
                )
        object.__setattr__(self, "policy", checks.gate_policy(self.policy))

    @property
    def setting(self) -> Setting:
        """What the system is evaluated on when a baseline is stored; the policy's measures come first."""
        measures = tuple(dict.fromkeys([*self.policy.measures, *self.measures, hit_of(self.policy)]))
        return Setting(
            golden=self.golden,
            measures=measures,
            depth=self.depth,
            cache=self.cache,
            ties=self.ties or BY_ID,
        )

    def tolerance_of(self, row: Comparison, baseline: Baseline) -> float:
        """Return the drop in a comparison that is ignored."""
        return checks.tolerance(row, baseline.noise.variance, self.tolerance)

    def open(self) -> Encoder | VectorSource | None:
        """Return what makes the system's vectors, nothing encoded yet; None where it has none."""
        if not self.system.embeds:
            return None
        return self.system.open(self.golden)

    def identity(self, encoder: Encoder | VectorSource | None) -> Mapping[str, Any]:
        """Return what is known of the system before anything is computed: at least provider and model."""
        return identify(self.system) if encoder is None else encoder.fingerprint.to_settings()

    def stamp(self, evaluation: Evaluation, encoder: Encoder | VectorSource | None) -> Stamp:
        """Return everything that bears on the results of an evaluation."""
        embedded = evaluation.embedded
        return {
            "spec": str(self.system.spec),
            "fingerprint": identify(self.system) if embedded is None else embedded.fingerprint.to_settings(),
            "index": self.system.factory if embedded is not None else None,
            "depth": self.depth,
            "golden": describe_golden(self.golden),
            "policy": describe_policy(self.policy, self.tolerance) | self._ties,
            "libraries": libraries(encoder),
        }

    @property
    def _ties(self) -> dict[str, str]:
        """The order of ties, where it is not that of every day."""
        return {"ties": self.setting.ties} if self.setting.ties != BY_ID else {}
