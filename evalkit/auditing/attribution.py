"""Attribution: whose vectors stored ones are, shown by making the same vectors again from their texts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evalkit.arrays import Bools, Floats, Ints
from evalkit.auditing.causes import Cause
from evalkit.auditing.expectation import Expectation, expected_by
from evalkit.auditing.explaining import Explaining, References
from evalkit.auditing.making import Sampled, make_vectors


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Attribution:
    """What was found of records that were drawn.

    Attributes:
        sampled: The records.
        models: (n,) number of the expected model that made each vector; −1 for none of them.
        cosines: (n,) with what the model that a record names, else the first expected one, makes of its text.
        causes: What those of no expected model are.
        tried: In how many other ways vectors were made.
    """

    sampled: Sampled
    models: Ints
    cosines: Floats
    causes: tuple[Cause, ...] = ()
    tried: int = 0

    @property
    def foreign(self) -> Bools:
        """(n,) which vectors are of no expected model."""
        return np.asarray(self.models < 0, dtype=np.bool_)


def attribute(sampled: Sampled, bench: References) -> Attribution:
    """Return whose vectors they are; of those that no expected model made, what was done, by trying it."""
    named = np.array([expected_by(c, bench.expectations) or 0 for c in sampled.claims], dtype=np.int64)
    models, cosines = np.full(len(sampled), -1), np.full(len(sampled), np.nan)
    made: dict[int, Floats] = {}
    for step in range(len(bench.expectations)):  # the model that a record names goes first
        for number, model in enumerate(bench.expectations):
            wanted = (named + step) % len(bench.expectations) == number
            rows = np.flatnonzero((models < 0) & wanted)
            vectors = _made(sampled.rows(rows), model, bench)
            alike = bench.ruler.compare(sampled.vectors[rows], vectors)
            models[rows[alike.same]] = number
            if not step:
                cosines[rows] = alike.cosines
                made |= dict(zip(rows.tolist(), vectors, strict=True))
    foreign = np.flatnonzero(models < 0)
    if not foreign.size:
        return Attribution(sampled=sampled, models=models, cosines=cosines)
    explaining = Explaining(sampled.rows(foreign), cosines[foreign], bench)
    explaining.by_themselves([made[row] for row in foreign.tolist()], list(made.values()))
    explaining.by_trying()
    return Attribution(
        sampled=sampled,
        models=models,
        cosines=cosines,
        causes=explaining.causes(),
        tried=explaining.tried,
    )


def _made(sampled: Sampled, model: Expectation, bench: References) -> Floats:
    if model.encoder is None:
        return np.zeros((len(sampled), 0))
    return make_vectors(sampled, model.encoder, progress=bench.progress)
