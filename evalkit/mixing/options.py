"""Options: what may be asked of the lab, checked before anything is computed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evalkit.arrays import Floats, check_shape, check_unit_interval
from evalkit.defaults import MARGIN
from evalkit.errors import UsageError
from evalkit.mixing.credit import has_curve
from evalkit.scaling.executor import Executor
from evalkit.scoring.measure import Measure, parse_measures
from evalkit.spaces.calibration import PseudoQueries

__all__ = ["MixOptions"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class MixOptions:
    """What may be said beside the two sets, the order, the strategies, the shares and the measures.

    Attributes:
        old_name: What the old model goes by; its fingerprint's name when empty.
        new_name: What the new model goes by.
        align: "truncate" or "pad": how vectors of different dimensions share a column; "": they do not.
        pseudo_queries: What `dual-calibrated` is fitted on, best from `encode_pseudo_queries`; None: the
            documents' own vectors, which the findings tell.
        cohorts: Document fields of which each value becomes a cohort, "tenant" → "tenant=acme".
        cascade_depth: How many candidates `cascade` takes from the old index.
        realisations: How many random migrations are simulated for strategies that merge by rank.
        margin: Loss against the old index that is accepted.
        alpha: One minus the coverage of the bands.
        use_weights: Whether queries count by their traffic.
        holdings: Strategies of which to tell which share of the first results each cohort holds half way; it
            takes further searches.
        executor: Who counts and searches in parts, with the same result; None: this process as a whole.
    """

    old_name: str = ""
    new_name: str = ""
    align: str = ""
    pseudo_queries: PseudoQueries | None = None
    cohorts: tuple[str, ...] = ()
    cascade_depth: int = 50
    realisations: int = 40
    margin: float = MARGIN
    alpha: float = 0.05
    use_weights: bool = False
    holdings: tuple[str, ...] = ()
    executor: Executor | None = None

    def __post_init__(self) -> None:
        """Check the numbers."""
        check_unit_interval("margin", np.array([self.margin]))
        if self.cascade_depth < 1 or self.realisations < 2:  # noqa: PLR2004 - a standard error needs two
            raise UsageError(
                f"cascade_depth {self.cascade_depth}, realisations {self.realisations}: too few",
                hint="one candidate and two realisations are the least",
                code="EK183",
            )


def parse_shares(shares: npt.ArrayLike) -> Floats:
    """Return (S,) increasing shares from a list of them, or from how many there are to be.

    Raises:
        UsageError: There is none, or a count below 2.
        InvalidValueError: One lies outside [0, 1].
    """
    if isinstance(shares, int | np.integer):
        if shares < 2:  # noqa: PLR2004 - both ends
            raise UsageError(f"{shares} shares make no curve", hint="21 is usual", code="EK184")
        # Divided, not stepped: share i / (S − 1) is the nearest number to it, and reaches its position.
        return np.arange(int(shares)) / (int(shares) - 1)
    listed = np.unique(np.atleast_1d(np.asarray(shares, dtype=np.float64)))
    check_shape("shares", listed, (None,))
    check_unit_interval("shares", listed)
    if not listed.size:
        raise UsageError("there is no share", hint="--shares 0,0.25,0.5,0.75,1 or --shares 21", code="EK184")
    return listed


def mixable(measures: Iterable[Measure]) -> tuple[Measure, ...]:
    """Return those of the measures that have a mixed curve: sums over relevant documents, with a cutoff."""
    return tuple(measure for measure in measures if has_curve(measure) and measure.cutoff is not None)


def check_measures(measures: Sequence[Measure | str]) -> tuple[Measure, ...]:
    """Return the measures named, each once.

    Raises:
        UsageError: There is none, or one has no cutoff.
    """
    wanted = parse_measures(measures)
    if not wanted:
        raise UsageError("there is no measure", hint="--measure nDCG@10", code="EK185")
    for measure in wanted:
        if measure.cutoff is None:
            raise UsageError(
                f"{measure} looks at the whole corpus",
                hint=f"the lab needs a cutoff, such as {measure}@10",
                code="EK182",
            )
    return wanted
