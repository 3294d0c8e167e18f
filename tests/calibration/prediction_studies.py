"""Calibration of verdicts that rest on a model's grades, corrected by people's: C21."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats
from study import Row, rate, repetitions, seeds

from evalkit.arrays import Floats
from evalkit.judging.inference import ppi
from evalkit.judging.prediction import Parts

FULL = 2_000
PEOPLE, ALL = 60, 600
SPREAD, COUNTED = 0.2, 0.9
LEVEL = 0.025


@dataclass(frozen=True)
class Judge:
    """A model whose deltas go with people's by `rho`, and lie beside them by `bias`."""

    rho: float
    bias: float

    def deltas(self, human: Floats, draw: np.random.Generator) -> Floats:
        """Return what the model would say of queries whose true deltas are known."""
        noise = draw.normal(0.0, SPREAD * np.sqrt(1 - self.rho**2), human.size)
        said: Floats = np.clip(self.rho * human + noise + self.bias, -1, 1)
        return said


GOOD, WEAK = Judge(0.8, -0.03), Judge(0.3, 0.05)


def prediction(share: float) -> list[Row]:
    """C21: intervals cover, harmful candidates do not pass; a model alone fails both."""
    return [row for name, judge in (("good", GOOD), ("weak", WEAK)) for row in _rows(name, judge, share)]


def _rows(name: str, judge: Judge, share: float) -> list[Row]:
    number = repetitions(FULL, share)
    plain, guarded, alone, passed, widths = [], [], [], [], []
    for seed, draw in seeds(21, number):
        human = _skewed(draw)
        model = judge.deltas(human, draw)
        people = np.arange(ALL) < PEOPLE
        found = ppi(human[people], model[people], model[~people])
        parts = Parts(draw.random(ALL) < COUNTED, np.arange(ALL), people, ~people)
        effect = parts.effect(human, model, 2 * LEVEL)
        plain.append(found.low <= 0 <= found.high)
        guarded.append(effect.interval.low <= 0 <= effect.interval.high)
        passed.append(effect.p_superior <= LEVEL)
        low, high = stats.t.interval(0.95, ALL - 1, model.mean(), stats.sem(model))
        alone.append(low <= 0 <= high)
        widths.append((found.high - found.low) / _width(human[people]))
        del seed
    narrow = {"good": (0.5, 0.75), "weak": (0.9, 1.02)}[name]
    return [
        Row(
            "C21",
            f"{name} judge: the interval of ppi covers, 60 of 600 judged",
            rate(plain),
            0.935,
            0.965,
            number,
        ),
        Row("C21", f"{name} judge: the guarded interval covers", rate(guarded), 0.945, 1.0, number),
        Row("C21", f"{name} judge: an equal candidate is called better", rate(passed), 0.0, 0.03, number),
        Row(
            "C21", f"{name} judge: width, of the one of people alone", float(np.mean(widths)), *narrow, number
        ),
        Row(
            "C21",
            f"{name} judge: control: the model alone covers",
            rate(alone),
            0.0,
            0.3,
            number,
            control=True,
        ),
    ]


def _skewed(draw: np.random.Generator) -> Floats:
    """Return (Q,) true deltas of mean 0: half of the queries tell the systems apart."""
    deltas = np.where(draw.random(ALL) < 0.5, draw.normal(0.0, SPREAD * np.sqrt(2), ALL), 0.0)
    return np.asarray(np.clip(deltas, -1, 1))


def _width(sample: Sequence[float] | Floats) -> float:
    low, high = stats.t.interval(0.95, len(sample) - 1, np.mean(sample), stats.sem(sample))
    return float(high - low)
