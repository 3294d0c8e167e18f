"""The exact expected curve of an index of which each document has moved with the same probability.

Suppose that a relevant document r has moved, and its score is t = s_new(r), or that it has not, and
t = s_old(r). Every other document beats t always (A of them), only if it has moved (B), only if it has not
(C), or never. Documents move independently with probability f, so the rank of r is
1 + A + Binomial(B, f) + Binomial(C, 1 − f), and the expectation of every measure that is a sum over relevant
documents follows, for all f at once, without an index ever being rebuilt.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from evalkit.arrays import Floats, Ints, check_shape, check_unit_interval
from evalkit.errors import InvalidValueError
from evalkit.golden.gains import Gains
from evalkit.mixing.credit import Credit
from evalkit.mixing.relevant import Relevant
from evalkit.mixing.rivals import standings_of_matrices
from evalkit.scoring.measure import Measure


def expected_curve(
    s_old: npt.ArrayLike,
    s_new: npt.ArrayLike,
    grades: npt.ArrayLike,
    *,
    shares: npt.ArrayLike,
    measure: Measure | str,
    gains: Gains | None = None,
) -> Floats:
    """Return the exact expectation of a measure while documents move independently, in random order.

    Args:
        s_old: (Q, D) score of each document as long as it has not moved; −inf: never retrieved.
        s_new: (Q, D) its score once it has moved; −inf: never retrieved.
        grades: (Q, D) integer grades, −1 (or any negative number) where unjudged.
        shares: (S,) probabilities of having moved, in [0, 1].
        measure: nDCG, nDCG(exp), Recall, RecallCap, Precision, MRR, MAP or Hit, with a cutoff; without one
            the whole corpus is looked at.
        gains: What grades are worth; None where each is worth itself.

    Returns:
        (S, Q) expected values; 0 for a query without a relevant document. Documents are ordered as in
        `Run.ranked`: by score descending, then by row descending.

    Raises:
        InvalidValueError: Shapes differ, a score is NaN, or a share lies outside [0, 1].
        UsageError: The measure is not a sum over relevant documents.

    Examples:
        >>> curve = expected_curve(
        ...     [[0.1, 0.5]], [[0.9, 0.5]], [[1, 0]], shares=[0, 0.5, 1], measure="MRR@1"
        ... )
        >>> curve[:, 0].tolist()  # the answer is beaten until it has moved
        [0.0, 0.5, 1.0]
    """
    fractions = np.atleast_1d(np.asarray(shares, dtype=np.float64))
    check_shape("shares", fractions, (None,))
    check_unit_interval("shares", fractions)
    judged: Ints = np.asarray(grades)
    check_shape("grades", judged, (None, None))
    old, new = _checked("s_old", s_old, judged), _checked("s_new", s_new, judged)
    relevant = Relevant.of_grades(judged, gains)
    wanted = Measure.parse(measure) if isinstance(measure, str) else measure
    credit = Credit.of(wanted, relevant, judged.shape[1])
    moved, unmoved = (
        credit.expected(standing, fractions) for standing in standings_of_matrices(old, new, relevant)
    )
    return relevant.summed(fractions * moved + (1.0 - fractions) * unmoved)


def _checked(name: str, scores: npt.ArrayLike, grades: Ints) -> Floats:
    array = np.asarray(scores, dtype=np.float64)
    check_shape(name, array, grades.shape)
    if np.isnan(array).any():
        raise InvalidValueError(
            f"{name} holds a NaN", hint="-inf stands for a document that is never retrieved", code="EK502"
        )
    return array
