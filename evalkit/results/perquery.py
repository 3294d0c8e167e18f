"""The table per query: what every system scored, and whether it shows other results than the baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evalkit.experiment import Outcome
from evalkit.retrieval.agreement import Agreement

if TYPE_CHECKING:
    import pandas as pd

OTHER_RESULTS = "other_results"


def per_query(outcome: Outcome) -> pd.DataFrame:
    """Return one row for each query and system: its measures, and `other_results`.

    That is whether its first ten results, or their order, are not those of the baseline: a query may show
    other documents at the same score.
    """
    changed = [~Agreement.between(outcome.baseline.run, item.run).same_order for item in outcome.evaluations]
    return outcome.to_frame().assign(**{OTHER_RESULTS: np.concatenate(changed)})
