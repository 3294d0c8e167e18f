"""The table of the red team on the page is what its program gives, and what an audit of a real store says."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import redteam
from audit_studies import EXPECTED, RECORDS, SAMPLE, model_of, passing, sampled_of, worded
from pyarrow import parquet

from evalkit.auditing.making import Ruler, make_vectors
from evalkit.cli import main


@pytest.mark.slow
def test_the_table_on_the_page_is_what_the_program_gives() -> None:
    page = redteam.PAGE.read_text("utf-8")

    assert redteam.with_table(page) == page


def test_every_kind_is_met_as_often_as_promised_and_topics_raise_no_alarm_on_the_page() -> None:
    _, _, rest = redteam.PAGE.read_text("utf-8").partition(redteam.BEGIN)
    rows = [line.strip("| ").split(" | ") for line in rest.partition(redteam.END)[0].splitlines()]
    kinds = {row[0]: row[2:] for row in rows if row[0] in redteam.WORDS.values()}

    at = redteam.SHARES.index(0.01)
    assert kinds.keys() == set(redteam.WORDS.values())
    assert all(float(row[at].removesuffix(" %")) >= 95 for row in kinds.values())
    assert f"0 of {redteam.TOPICS} stores whose topics turn" in rest


@pytest.mark.long
def test_an_audit_of_a_mixture_says_what_the_program_says_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(redteam, "MIXTURES", 8)
    sampled = sampled_of(worded(np.random.default_rng(18), RECORDS))
    encoder = model_of(EXPECTED, sampled.texts).encoder
    assert encoder is not None
    right = make_vectors(sampled, encoder)
    other = np.roll(right, 1, axis=0)
    passes = passing(right, other, Ruler())
    drawn, foreign = redteam.places()
    said, found = [], []
    for seed in range(redteam.MIXTURES):
        rows = foreign[0.001][seed]
        vectors = right.copy()
        vectors[rows] = other[rows]
        flat = pa.array(vectors.astype(np.float32).reshape(-1))
        cells = {"id": sampled.ids, "text": sampled.texts, "model": [EXPECTED] * RECORDS}
        held = pa.table({**cells, "vector": pa.FixedSizeListArray.from_arrays(flat, right.shape[1])})
        parquet.write_table(held, "index.parquet")
        asked = ["--sample", str(SAMPLE), "--seed", str(seed), "--json"]
        code = main.run(["-q", "audit", "index.parquet", "--expect", EXPECTED, *asked])
        said.append(bool(redteam.met(drawn[seed : seed + 1], [rows], passes)))
        found.append(code == 1)
        assert json.loads(capsys.readouterr().out)["forensic"]["examined"] == SAMPLE

    assert found == said
    assert set(found) == {False, True}
