"""Measures of other packages: what is registered has a curve of the mixed index, or says why it cannot."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_worlds import world

from evalkit.errors import UsageError
from evalkit.indexing.faiss import build_index
from evalkit.mixing.curve import mix
from evalkit.retrieval.run import retrieve
from evalkit.scoring.measure import Measure, words_of
from evalkit.scoring.scores import score

PACKAGE = """
import os
import numpy as np
from evalkit.scoring.crediting import Counts, CreditRule, one, relevant_alike
from evalkit.scoring.definition import Definition

def worth(ranks):
    return 0.2 * 0.8 ** (ranks - 1)

def rbp(judged, cutoff):
    relevant = judged.grades[:, :cutoff] >= 1
    return (relevant * worth(np.arange(1, relevant.shape[1] + 1))).sum(axis=1)

def plain(judged, cutoff):
    return rbp(judged, cutoff)

RULE = CreditRule(counts=Counts.EACH, worth=worth, gains=relevant_alike, divisor=one)
RBP = Definition(name="Patience", formula=rbp, words="A reader who goes on with p = 0.8.", credit=RULE)
WRONG = Definition(
    name="Wrong", formula=rbp,
    credit=CreditRule(counts=Counts.FIRST, worth=worth, gains=relevant_alike, divisor=one),
)
number = 7

def ending(judged, cutoff):
    os._exit(0)
"""
NAMES = {
    "Patience": "RBP",
    "Plain": "plain",
    "Wrong": "WRONG",
    "Other": "RBP",
    "Number": "number",
    "Absent": "nothing_here",
    "Ending": "ending",
}


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A distribution that registers measures that work, and others that do not."""
    (tmp_path / "acme_measures.py").write_text(PACKAGE)
    info = tmp_path / "acme_measures-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-measures\nVersion: 1.0\n")
    lines = [f"{name} = acme_measures:{attribute}" for name, attribute in NAMES.items()]
    (info / "entry_points.txt").write_text("[evalkit.measures]\n" + "\n".join(lines) + "\n")
    monkeypatch.syspath_prepend(tmp_path)


@pytest.mark.usefixtures("installed")
def test_a_registered_definition_is_scored_and_has_words_and_a_mixed_curve() -> None:
    found = world(7)
    curve = mix(
        found.golden,
        found.old,
        found.new,
        measures=["Patience@5"],
        shares=[0.0, 0.5, 1.0],
        strategies=["new-query"],
    )
    line = curve.line("new-query", "Patience@5")
    arrived = retrieve(found.new, build_index(found.new.corpus), depth=10)

    assert words_of("Patience") == "A reader who goes on with p = 0.8."
    assert str(Measure.parse("patience@5")) == "Patience@5"
    assert line.means[-1] == pytest.approx(
        score(arrived, found.golden, ["Patience@5"]).mean("Patience@5"), abs=1e-12
    )


@pytest.mark.usefixtures("installed")
def test_a_registered_function_is_scored_and_says_why_it_has_no_mixed_curve() -> None:
    found = world(7)
    run = retrieve(found.new, build_index(found.new.corpus), depth=10)

    assert score(run, found.golden, ["Plain@5"]).mean("Plain@5") > 0
    with pytest.raises(UsageError, match="a measure of your own needs a definition with a credit rule"):
        mix(found.golden, found.old, found.new, measures=["Plain@5"])


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Wrong", "the credit of measure Wrong does not add up to its formula"),
        ("Other", "measure Other is registered as a definition of Patience"),
        ("Number", "measure Number is registered as int"),
        ("Absent", "measure Absent cannot be loaded.*nothing_here"),
    ],
)
def test_what_is_registered_and_no_measure_says_so(name: str, told: str) -> None:
    with pytest.raises(UsageError, match=told) as caught:
        Measure.parse(f"{name}@5")

    assert caught.value.findings[0].code == "EK110"


@pytest.mark.usefixtures("installed")
def test_a_registered_formula_ends_no_process() -> None:
    found = world(7)
    run = retrieve(found.new, build_index(found.new.corpus), depth=10)

    with pytest.raises(UsageError, match=r"measure Ending ended the process: SystemExit\(0\)"):
        score(run, found.golden, ["Ending@5"])
