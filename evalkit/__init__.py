"""Decide whether an embedding model may replace the one in production, on your documents and queries.

A measure is a function from a judged run to one number per query. A comparison is a function from two rows
of such numbers to an effect with an interval. A verdict is the first rule of a fixed list that speaks, where
each rule says go, no-go, or not yet known.

The names below are loaded when they are first used, so that importing evalkit costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evalkit.comparison.paired import compare
    from evalkit.comparison.table import Comparison
    from evalkit.decision.decide import decide
    from evalkit.decision.policy import Policy
    from evalkit.decision.verdict import Decision, Verdict
    from evalkit.embedding.cache import VectorCache
    from evalkit.embedding.embeddedset import EmbeddedSet, embed
    from evalkit.embedding.embeddings import Embeddings
    from evalkit.embedding.encoder import Encoder, Fingerprint, Role
    from evalkit.errors import EvalkitError
    from evalkit.evaluation import System
    from evalkit.experiment import Experiment, Outcome, run_experiment
    from evalkit.golden.folder import read_golden
    from evalkit.golden.goldenset import GoldenSet
    from evalkit.golden.qrels import Qrels
    from evalkit.golden.texts import Texts
    from evalkit.mixing.curve import MixCurve, mix
    from evalkit.mixing.options import MixOptions
    from evalkit.reporting.delivery import write_report
    from evalkit.reporting.notebook import plot, say, show, tabulate
    from evalkit.retrieval.run import Run, retrieve
    from evalkit.scoring.measure import Measure
    from evalkit.scoring.scores import Scores, score
    from evalkit.spaces.calibration import encode_pseudo_queries
    from evalkit.studies.comparison import Study, complete
    from evalkit.studies.dictionaries import compare_runs, score_run
    from evalkit.studies.difference import Difference, run_difference
    from evalkit.studies.migration import Migration, run_migration
    from evalkit.studies.planning import MigrationPlan, run_plan

__version__ = "0.1.0"

_HOMES = {
    "encode_pseudo_queries": "spaces.calibration",
    "MixOptions": "mixing.options",
    "tabulate": "reporting.notebook",
    "say": "reporting.notebook",
    "show": "reporting.notebook",
    "plot": "reporting.notebook",
    "VectorCache": "embedding.cache",
    "Comparison": "comparison.table",
    "Decision": "decision.verdict",
    "Difference": "studies.difference",
    "EmbeddedSet": "embedding.embeddedset",
    "Embeddings": "embedding.embeddings",
    "Encoder": "embedding.encoder",
    "EvalkitError": "errors",
    "Experiment": "experiment",
    "Fingerprint": "embedding.encoder",
    "GoldenSet": "golden.goldenset",
    "Measure": "scoring.measure",
    "Migration": "studies.migration",
    "MigrationPlan": "studies.planning",
    "MixCurve": "mixing.curve",
    "Outcome": "experiment",
    "Policy": "decision.policy",
    "Qrels": "golden.qrels",
    "Role": "embedding.encoder",
    "Run": "retrieval.run",
    "Scores": "scoring.scores",
    "Study": "studies.comparison",
    "System": "evaluation",
    "Texts": "golden.texts",
    "Verdict": "decision.verdict",
    "compare": "comparison.paired",
    "compare_runs": "studies.dictionaries",
    "complete": "studies.comparison",
    "decide": "decision.decide",
    "embed": "embedding.embeddedset",
    "mix": "mixing.curve",
    "read_golden": "golden.folder",
    "retrieve": "retrieval.run",
    "run_difference": "studies.difference",
    "run_experiment": "experiment",
    "run_migration": "studies.migration",
    "run_plan": "studies.planning",
    "score": "scoring.scores",
    "score_run": "studies.dictionaries",
    "write_report": "reporting.delivery",
}

__all__ = [
    "Comparison",
    "Decision",
    "Difference",
    "EmbeddedSet",
    "Embeddings",
    "Encoder",
    "EvalkitError",
    "Experiment",
    "Fingerprint",
    "GoldenSet",
    "Measure",
    "Migration",
    "MigrationPlan",
    "MixCurve",
    "MixOptions",
    "Outcome",
    "Policy",
    "Qrels",
    "Role",
    "Run",
    "Scores",
    "Study",
    "System",
    "Texts",
    "VectorCache",
    "Verdict",
    "__version__",
    "compare",
    "compare_runs",
    "complete",
    "decide",
    "embed",
    "encode_pseudo_queries",
    "mix",
    "plot",
    "read_golden",
    "retrieve",
    "run_difference",
    "run_experiment",
    "run_migration",
    "run_plan",
    "say",
    "score",
    "score_run",
    "show",
    "tabulate",
    "write_report",
]


def __getattr__(name: str) -> object:
    """Load a public name from the module that defines it."""
    if name not in _HOMES:
        raise AttributeError(f"module 'evalkit' has no attribute {name!r}")
    return getattr(importlib.import_module(f"evalkit.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
