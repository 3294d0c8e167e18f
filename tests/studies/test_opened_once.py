"""Once means once: an encoder is opened one time for each question."""

from __future__ import annotations

from collections import Counter

import pytest

from evalkit import evaluation
from evalkit.embedding.modelspec import ModelSpec, open_encoder
from evalkit.evaluation import System
from evalkit.experiment import Experiment, run_experiment
from evalkit.golden.goldenset import GoldenSet
from evalkit.regression.acceptance import make_baseline
from evalkit.regression.gate import Gate
from evalkit.regression.outcome import run_gate
from evalkit.studies.comparison import complete

PLACES = ("bakery", "harbour", "library", "station")
WANTS = ("open on Sundays", "closed for repair", "full of people")
MODELS = ("hash/64", "hash/32", "lsa/16")


@pytest.fixture(scope="module")
def golden() -> GoldenSet:
    pairs = [(place, want) for place in PLACES for want in WANTS]
    return GoldenSet.of(
        "town",
        queries={f"q{n:02}": f"{place} {want}?" for n, (place, want) in enumerate(pairs)},
        corpus={f"d{n:02}": f"The {place} is {want}." for n, (place, want) in enumerate(pairs)},
        qrels={f"q{n:02}": {f"d{n:02}": 1} for n in range(len(pairs))},
    )


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often the encoder of each model is opened."""
    seen: Counter[str] = Counter()

    def counting(spec: ModelSpec, *rest: object) -> object:
        seen[str(spec)] += 1
        return open_encoder(spec, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(evaluation, "open_encoder", counting)
    return seen


def test_a_comparison_with_its_lab_opens_each_encoder_once(golden: GoldenSet, opened: Counter[str]) -> None:
    systems = [System.parse(name) for name in MODELS]
    experiment = Experiment(golden=golden, baseline=systems[0], candidates=tuple(systems[1:]))

    study = complete(run_experiment(experiment), self_tested=True)

    assert len(study.curves) == len(MODELS) - 1
    assert opened == dict.fromkeys(MODELS, 1)


def test_a_gate_opens_its_encoder_once_each_time(golden: GoldenSet, opened: Counter[str]) -> None:
    gate = Gate(golden=golden, system=System.parse("hash/64"))
    baseline, _ = make_baseline(gate, noise_runs=2)
    assert opened == {"hash/64": 1}

    run_gate(gate, baseline)

    assert opened == {"hash/64": 2}
