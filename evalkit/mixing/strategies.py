"""Strategies by name: which two columns each of them ranks by, and what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evalkit.embedding.embeddedset import EmbeddedSet
from evalkit.errors import ModelError, UnknownNameError
from evalkit.figures import number
from evalkit.findings import Finding, Severity
from evalkit.mixing.columns import ScoreColumn, Sides, Strategy
from evalkit.spaces.alignment import align
from evalkit.spaces.bridges import Bridge, fit_bridge
from evalkit.spaces.calibration import PseudoQueries, QuantileMap, fit_quantile_map

ONE_COLUMN = ("new-query", "old-query")
BRIDGES = {"bridged": "procrustes", "bridged-affine": "affine", "bridged-mean-shift": "mean-shift"}
BY_RANK = ("cascade", "dual-rrf", "dual-rrf-share")
SEARCHES = {
    "new-query": 1,
    "old-query": 1,
    "filter-new": 1,
    "filter-old": 1,
    "dual-raw": 2,
    "dual-calibrated": 2,
    **dict.fromkeys(BRIDGES, 2),
    "stay-old": 1,
    "cascade": 1,
    "dual-rrf": 2,
    "dual-rrf-share": 2,
}
DEFAULT_STRATEGIES = ("new-query", "old-query", "filter-new", "dual-raw", "dual-calibrated", "stay-old")


@dataclass(frozen=True, slots=True, eq=False)
class ColumnPairs:
    """The four columns that two embedded sets give, named for their query and their document side.

    `old_new` and `new_old` are None where the dimensions differ.
    """

    old_old: ScoreColumn
    new_new: ScoreColumn
    old_new: ScoreColumn | None
    new_old: ScoreColumn | None

    @classmethod
    def of(cls, old: EmbeddedSet, new: EmbeddedSet) -> ColumnPairs:
        """Return the columns of two sets."""
        left, right = (side.queries.vectors for side in (old, new))
        before, after = (side.corpus.vectors for side in (old, new))
        alike = left.shape[1] == right.shape[1]
        make, earlier, later = Sides().product, old.fingerprint, new.fingerprint
        return cls(
            old_old=ScoreColumn(make(left, before, earlier)),
            new_new=ScoreColumn(make(right, after, later)),
            old_new=ScoreColumn(make(left, after, earlier)) if alike else None,
            new_old=ScoreColumn(make(right, before, later)) if alike else None,
        )


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Setup:
    """Two embedded sets, and what is needed to answer queries from both.

    Attributes:
        old: Vectors of the index in production.
        new: Vectors of the index to come.
        aligned: "truncate" or "pad", how vectors of different dimensions share a column; "": they do not.
        pseudo: Stand-ins for queries that `dual-calibrated` is fitted on; None: documents' own vectors.
        seed: What samples are addressed by.
    """

    old: EmbeddedSet
    new: EmbeddedSet
    aligned: str = ""
    pseudo: PseudoQueries | None = None
    seed: int

    @property
    def same_dimensions(self) -> bool:
        """Whether both models' vectors are equally long."""
        return bool(self.old.corpus.vectors.shape[1] == self.new.corpus.vectors.shape[1])


def check_names(names: Sequence[str]) -> tuple[str, ...]:
    """Return strategy names, each once.

    Raises:
        UnknownNameError: No strategy is called so; the nearest is offered.
    """
    for name in names:
        if name not in SEARCHES:
            raise UnknownNameError.among("strategy", name, SEARCHES)
    return tuple(dict.fromkeys(names))


def possible(names: Sequence[str], setup: Setup) -> tuple[tuple[str, ...], tuple[Finding, ...]]:
    """Return the strategies that these two spaces allow, and what is to be told about the others.

    Raises:
        ModelError: None is left.
    """
    if setup.same_dimensions:
        return tuple(names), ()
    # A translation is fitted between the models' own spaces, which alignment leaves as they are.
    impossible = {"bridged-mean-shift", *(() if setup.aligned else ONE_COLUMN)}
    refused = [name for name in names if name in impossible]
    if not refused:
        return tuple(names), ()
    dims = [side.corpus.vectors.shape[1] for side in (setup.old, setup.new)]
    problem = (
        f"{', '.join(refused)}: vectors of {dims[0]} and {dims[1]} dimensions cannot share a column; "
        "stores refuse such vectors with an error, or silently leave them out of every result"
    )
    hint = "use dual-raw, dual-calibrated or bridged, or simulate a convention with align = truncate or pad"
    left = tuple(name for name in names if name not in refused)
    if not left:
        raise ModelError(problem, hint=hint, code="EK186")
    unasked = tuple(names) == DEFAULT_STRATEGIES
    severity = Severity.NOTICE if unasked else Severity.WARNING
    return left, (Finding("EK186", severity, problem, hint=hint),)


def make_strategies(names: Sequence[str], setup: Setup) -> tuple[tuple[Strategy, ...], tuple[Finding, ...]]:
    """Return the strategies that rank by score, in the order of `names`, and what fitting them has shown.

    Args:
        names: Names that `possible` let through; those that merge by rank are passed over.
        setup: The two sets.
    """
    own = ColumnPairs.of(setup.old, setup.new)
    # Without alignment the shared columns *are* the models' own, so that each product is made once.
    shared = ColumnPairs.of(*align(setup.old, setup.new, setup.aligned)) if setup.aligned else own
    made, findings = [], []
    for name in names:
        if name in BY_RANK:
            continue
        strategy, told = _strategy(name, setup, own, shared)
        made.append(strategy)
        findings += told
    return tuple(made), tuple(findings)


def _strategy(
    name: str, setup: Setup, own: ColumnPairs, shared: ColumnPairs
) -> tuple[Strategy, list[Finding]]:
    told = []
    old: ScoreColumn | None
    new: ScoreColumn | None
    if name == "dual-calibrated":
        scale, finding = _calibration(setup)
        told.append(finding)
        old, new = ScoreColumn(own.old_old.product, scale), own.new_new
    elif name in BRIDGES:
        bridge = _bridge(name, setup)
        told.append(_told(name, bridge))
        old, new = _crossed(bridge, setup), own.new_new
    else:
        old, new = {
            "new-query": (shared.new_old, shared.new_new),
            "old-query": (shared.old_old, shared.old_new),
            "filter-new": (None, own.new_new),
            "filter-old": (own.old_old, None),
            "dual-raw": (own.old_old, own.new_new),
            "stay-old": (own.old_old, own.old_old),
        }[name]
    return Strategy(name=name, old=old, new=new), told


def _calibration(setup: Setup) -> tuple[QuantileMap, Finding]:
    pseudo = setup.pseudo or PseudoQueries.of_documents(setup.old, setup.new, seed=setup.seed)
    old, new = setup.old.corpus.vectors, setup.new.corpus.vectors
    asking = (setup.old.fingerprint, setup.new.fingerprint)
    scale = fit_quantile_map(pseudo, old, new, seed=setup.seed, asking=asking)
    error = f"held-out error of the top 1 % of scores {number(scale.error)}"
    if pseudo.from_texts:
        problem = f"dual-calibrated: fitted on {pseudo.doc_rows.size} titles or first sentences; {error}"
        return scale, Finding("EK563", Severity.NOTICE, problem)
    problem = f"dual-calibrated: no encoder at hand, so its map is fitted on document vectors; {error}"
    hint = "scores between documents differ from those of queries: it may do worse than dual-raw"
    return scale, Finding("EK564", Severity.WARNING, problem, hint=hint)


def _bridge(name: str, setup: Setup) -> Bridge:
    return fit_bridge(
        BRIDGES[name],
        setup.new.corpus.vectors,
        setup.old.corpus.vectors,
        unit=setup.old.fingerprint.normalize,
        seed=setup.seed,
    )


def _crossed(bridge: Bridge, setup: Setup) -> ScoreColumn:
    queries = bridge.crossed(setup.new.queries.vectors)
    return ScoreColumn(Sides().product(queries, setup.old.corpus.vectors, setup.old.fingerprint))


def _told(name: str, bridge: Bridge) -> Finding:
    error = "too few documents to hold any out" if bridge.error is None else number(bridge.error)
    problem = f"{name}: {bridge.kind} fitted on documents; held-out error (1 − cosine) {error}"
    return Finding("EK565", Severity.NOTICE, problem)


def norm_findings(old: EmbeddedSet, new: EmbeddedSet) -> tuple[Finding, ...]:
    """Return what the lengths of both sides' document vectors mean for a shared column."""
    means = [_mean_norm(side) for side in (old, new)]
    told = f"mean length of document vectors: old {number(means[0])}, new {number(means[1])}"
    low, high = sorted(means)
    if high > UNEQUAL * low:
        hint = "with inner products the longer ones fill the results; normalise both sides"
        return (Finding("EK566", Severity.WARNING, told, hint=hint),)
    return (Finding("EK567", Severity.NOTICE, told),)


UNEQUAL = 1.2
_BLOCK = 16_384


def _mean_norm(embedded: EmbeddedSet) -> float:
    vectors = embedded.corpus.vectors
    blocks = (vectors[start : start + _BLOCK] for start in range(0, vectors.shape[0], _BLOCK))
    total = sum(float(np.linalg.norm(block.astype(np.float32), axis=1).sum()) for block in blocks)
    return float(total / max(1, vectors.shape[0]))
