"""evalkit stamp: statements are printed once vectors are known, never run, and for the model they are of."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
from audited import EXPECTED, OTHER, store, texts_of, vectors_of

from evalkit.cli import main

TEXTS = texts_of(120)
RIGHT = vectors_of(EXPECTED, TEXTS)


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def asked(capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    capsys.readouterr()
    code = main.run(["stamp", "vectors/prod", "--model", EXPECTED, "--seed", "1"])
    shown = capsys.readouterr()
    return code, shown.out, shown.err


def test_what_is_printed_makes_the_next_audit_find_the_model_stated(
    capsys: pytest.CaptureFixture[str],
) -> None:
    store("prod", TEXTS, RIGHT, [None] * 120)
    before = Path("prod/corpus.parquet").read_bytes()

    code, printed, told = asked(capsys)

    assert code == 0
    assert "120 records state no model" in told
    assert sorted(path.name for path in Path("prod").iterdir()) == ["corpus.parquet"]  # nothing was run
    assert Path("prod/corpus.parquet").read_bytes() == before
    subprocess.run(["sh", "-c", printed], check=True)
    main.run(["audit", "vectors/prod", "--expect", EXPECTED, "--json"])
    shown = json.loads(capsys.readouterr().out)
    assert (shown["verdict"], shown["versions"][0]["reads"]) == ("SOUND", "expected")


def test_foreign_vectors_are_named_and_nothing_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    vectors = np.where(np.arange(120)[:, None] < 4, vectors_of(OTHER, TEXTS), RIGHT)
    store("prod", TEXTS, vectors, [None] * 120)

    code, printed, told = asked(capsys)

    assert (code, printed) == (1, "")
    assert "are not of hash/64: nothing is stamped" in told
    assert "another model, or vectors changed since: r000" in told


def test_only_records_that_state_nothing_are_looked_at(capsys: pytest.CaptureFixture[str]) -> None:
    vectors = np.where(np.arange(120)[:, None] < 40, vectors_of(OTHER, TEXTS), RIGHT)
    store("prod", TEXTS, vectors, [OTHER] * 40 + [None] * 80)

    assert asked(capsys)[0] == 0


def test_without_texts_nobody_knows_and_nothing_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    store("prod", TEXTS, RIGHT, [None] * 120, text=None)

    assert asked(capsys)[:2] == (3, "")


def test_where_every_record_states_its_model_there_is_nothing_to_do(
    capsys: pytest.CaptureFixture[str],
) -> None:
    store("prod", TEXTS, RIGHT, [EXPECTED] * 120)

    code, printed, told = asked(capsys)

    assert (code, printed) == (0, "")
    assert "nothing to stamp" in told
