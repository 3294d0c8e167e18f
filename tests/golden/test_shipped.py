"""The shipped golden sets are what their cards say: large, hard, judged enough, and agreed upon."""

from __future__ import annotations

import re
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from evalkit.embedding.cache import VectorCache
from evalkit.golden.folder import read_golden

if TYPE_CHECKING:
    from figures import Figures

HOME = Path(__file__).parents[2] / "goldensets"
DEMO_SYSTEMS = ("lsa/384", "st/all-MiniLM-L6-v2")


def measured(name: str, folder: Path) -> Figures:
    """Return what `make figures` prints, measured afresh."""
    sys.path.insert(0, str(HOME))
    try:
        import figures  # noqa: PLC0415 - a script beside the sets, not part of the package
    finally:
        sys.path.remove(str(HOME))
    return figures.figures(name, VectorCache(folder))


def check(found: Figures) -> None:
    """Hold a set to what is asked of every shipped one, and its card to the numbers."""
    card = (HOME / found.name / "README.md").read_text()
    ndcg = {system: scores.mean("nDCG@10") for system, scores in found.scores.items()}
    assert ndcg["BM25"] <= 0.60
    assert max(ndcg[system] for system in DEMO_SYSTEMS) <= 0.92
    assert all(found.scores[system].mean("Judged@10") >= 0.98 for system in DEMO_SYSTEMS)
    assert found.two_or_more >= 0.40
    assert found.near_duplicates <= 0.02
    pairs, kappa = found.agreement
    assert (pairs, kappa >= 0.6) == (150, True)
    assert f"{found.judgements:,}" in card
    assert f"κ = {kappa:.2f}" in card
    for system in DEMO_SYSTEMS:
        stated = re.search(rf"^\| {re.escape(system)} \| (0\.\d+) ", card, re.MULTILINE)
        assert stated is not None
        assert ndcg[system] == pytest.approx(float(stated[1]), abs=0.005)


@pytest.mark.long
def test_helpdesk_is_what_its_card_says(tmp_path: Path) -> None:
    found = measured("helpdesk", tmp_path)

    check(found)
    assert found.documents >= 300
    assert found.queries >= 240
    assert found.segments >= 5
    assert found.critical >= 20
    assert found.groups >= 150
    assert found.effective >= 100
    assert found.spread is not None
    assert min(found.spread.areas, found.spread.tenants) >= 3
    assert date.fromisoformat(found.spread.last) - date.fromisoformat(found.spread.first) > timedelta(
        days=2 * 365
    )
    assert min(found.spread.superseding, found.spread.long) >= 5


@pytest.mark.slow
def test_python_stdlib_is_what_its_card_says(tmp_path: Path) -> None:
    found = measured("python-stdlib", tmp_path)

    check(found)
    assert found.documents >= 3_000
    assert found.queries >= 150


@pytest.mark.parametrize("name", ["helpdesk", "python-stdlib"])
def test_shipped_sets_are_sound_and_unchanged_under_their_lock(name: str) -> None:
    golden = read_golden(HOME / name)

    assert (HOME / name / "golden.lock").exists()
    assert not [finding for finding in golden.findings if finding.severity != "notice"]
    assert golden.card.judgments == "pooled"
    assert golden.card.pooled_from == ("lsa/384", "st/all-MiniLM-L6-v2", "BM25")
    assert golden.card.license == "Apache-2.0"


def test_agreement_on_helpdesk_compares_with_the_judgements_that_are_shipped() -> None:
    shipped = {
        (query, document): grade
        for query, document, grade in tab_separated(HOME / "helpdesk" / "qrels" / "test.tsv")
    }

    for query, document, first, _second in tab_separated(HOME / "helpdesk" / "agreement.tsv"):
        assert shipped[query, document] == first


def test_python_stdlib_holds_names_and_grades_and_no_word_of_a_docstring() -> None:
    judged = tab_separated(HOME / "python-stdlib" / "qrels" / "test.tsv")
    again = tab_separated(HOME / "python-stdlib" / "agreement.tsv")

    assert all(re.fullmatch(r"\w+(\.\w+)*", document) for _query, document, *_grades in judged)
    assert {tuple(row[:2]) for row in again} <= {tuple(row[:2]) for row in judged}


def tab_separated(path: Path) -> list[list[str]]:
    """Return the fields of each line after the header."""
    return [line.split("\t") for line in path.read_text().splitlines()[1:]]
