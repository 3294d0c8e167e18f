"""Gains in golden sets: the card's table, decimals in every form of file, what is refused and how."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from golden_folders import CORPUS, QUERIES, write_folder

from evalkit.errors import GoldenSetError
from evalkit.golden.card import Card, card_text, read_card
from evalkit.golden.examination import examine
from evalkit.golden.folder import read_golden
from evalkit.golden.goldenset import GoldenSet
from evalkit.golden.reading.grades import decimal

GAINS = 'judgments = "complete"\ngrades = "gains"\n'
DECIMALS = (("q1", "d1", 1.0), ("q2", "d2", 0.25), ("q2", "d5", 0.1), ("q3", "d3", 2), ("q4", "d4", 0))


def stated(golden: GoldenSet) -> dict[tuple[str, str], float]:
    """Return what each pair gains."""
    frame = golden.to_frame()
    pairs = zip(frame["query_id"], frame["document_id"], strict=True)
    return dict(zip(pairs, frame["gain"], strict=True))


def tsv(folder: Path) -> None:
    """Leave the file as it is."""
    del folder


def trec(folder: Path) -> None:
    (folder / "qrels" / "test.tsv").unlink()
    (folder / "qrels.txt").write_text("".join(f"{q} 0 {d} {g}\n" for q, d, g in DECIMALS))


def csv(folder: Path) -> None:
    (folder / "qrels" / "test.tsv").unlink()
    rows = "".join(f"{q},{d},{g}\n" for q, d, g in DECIMALS)
    (folder / "qrels.csv").write_text(f"query_id,doc_id,grade\n{rows}")


def european(folder: Path) -> None:
    (folder / "qrels" / "test.tsv").unlink()
    rows = "".join(f"{q};{d};{str(g).replace('.', ',')}\n" for q, d, g in DECIMALS)
    (folder / "qrels.csv").write_text(f"query_id;doc_id;grade\n{rows}")


def jsonl(folder: Path) -> None:
    (folder / "qrels" / "test.tsv").unlink()
    rows = [{"query_id": q, "doc_id": d, "grade": g} for q, d, g in DECIMALS]
    (folder / "qrels.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))


def parquet(folder: Path) -> None:
    """Write gains in four bytes, as torch and pandas often hold them."""
    (folder / "qrels" / "test.tsv").unlink()
    columns = list(zip(*DECIMALS, strict=True))
    table = {"query_id": columns[0], "doc_id": columns[1], "grade": pa.array(columns[2], pa.float32())}
    pq.write_table(pa.table(table), folder / "qrels.parquet")


@pytest.mark.parametrize("form", [tsv, trec, csv, european, jsonl, parquet])
def test_decimals_are_read_in_every_form(form: Callable[[Path], None], tmp_path: Path) -> None:
    form(write_folder(tmp_path, qrels=DECIMALS, card=GAINS))

    golden = read_golden(tmp_path)

    assert stated(golden) == {(q, d): float(g) for q, d, g in DECIMALS}
    assert golden.gains is not None
    assert golden.gains.of_grade.tolist() == [0.0, 0.1, 0.25, 1.0, 2.0]
    assert golden.counted.tolist() == [True, True, True, False]


@pytest.mark.parametrize("form", [tsv, trec, csv, jsonl, parquet])
def test_decimals_are_an_error_that_names_the_key(form: Callable[[Path], None], tmp_path: Path) -> None:
    form(write_folder(tmp_path, qrels=DECIMALS, card='judgments = "complete"\n'))

    found = [finding for finding in examine(tmp_path).errors if finding.code == "EK209"]

    assert len(found) == 1
    assert 'grades = "gains"' in found[0].hint


def test_grades_are_worth_what_the_card_says(tmp_path: Path) -> None:
    card = 'judgments = "complete"\ngains = {0 = 0.0, 1 = 0.25, 2 = 1.0}\n'

    golden = read_golden(write_folder(tmp_path, card=card))

    assert stated(golden)["q2", "d5"] == 0.25
    assert golden.gains is not None
    assert golden.gains.graded


def test_decimals_take_the_grade_that_the_card_gives_them(tmp_path: Path) -> None:
    card = f"{GAINS}gains = {{1 = 0.1, 2 = 0.25, 3 = 1, 5 = 2}}\n"

    golden = read_golden(write_folder(tmp_path, qrels=DECIMALS, card=card))

    grades = dict(zip(golden.to_frame()["document_id"], golden.qrels.grades.tolist(), strict=True))
    assert grades == {"d1": 3, "d2": 2, "d5": 1, "d3": 5, "d4": 0}


@pytest.mark.parametrize(
    ("gains", "says"),
    [
        ('"linear"', "no table"),
        ("{}", "no table"),
        ("{a = 1}", "'a', which is no grade"),
        ("{1.5 = 0.3}", "for grade 1, which is no gain"),
        ("{0 = 0.5}", "0.5 for grade 0"),
        ("{1 = 1, 2 = 0.5}", "falls from 1 for grade 1 to 0.5 for grade 2"),
        ("{1 = true}", "no gain"),
        ("{1 = nan}", "no gain"),
        ('{1 = "0.5"}', "no gain"),
    ],
)
def test_a_wrong_table_is_told(gains: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(GoldenSetError, match="EK690") as caught:
        read_golden(write_folder(tmp_path, card=f"gains = {gains}\n"))

    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("card", "code"),
    [
        ("gains = {1 = 0.5}\n", "EK694"),
        (f"{GAINS}gains = {{1 = 0.1, 2 = 1.0, 3 = 2.0}}\n", "EK694"),
        (f"{GAINS}gains = {{1 = 0.1, 2 = 0.25, 3 = 0.25, 4 = 1, 5 = 2}}\n", "EK695"),
    ],
)
def test_what_the_table_does_not_settle_is_an_error(card: str, code: str, tmp_path: Path) -> None:
    qrels = DECIMALS if "grades" in card else (("q1", "d1", 1), ("q2", "d2", 2))

    with pytest.raises(GoldenSetError, match=code):
        read_golden(write_folder(tmp_path, qrels=qrels, card=card))


@pytest.mark.parametrize(
    ("cell", "gain"),
    [
        ("0.25", 0.25),
        (".5", 0.5),
        ("0,5", 0.5),
        ("1e-3", 0.001),
        (2, 2.0),
        (True, 1.0),
        (np.float32(0.1), 0.1),
        (float(np.float32(0.7)), 0.7),
        (1 / 3, 1 / 3),
        ("half", None),
        ("1_0", None),
        ("50%", None),
        ("nan", None),
        ("inf", None),
        (float("nan"), None),
        (None, None),
    ],
)
def test_a_cell_is_a_gain_or_none(cell: object, gain: float | None) -> None:
    assert decimal(cell) == gain


@pytest.mark.parametrize(("gain", "code"), [("-0.5", "EK210"), ("much", "EK209"), ("1,250", "EK191")])
def test_what_is_no_gain_is_an_error_with_its_line(gain: str, code: str, tmp_path: Path) -> None:
    folder = write_folder(tmp_path, qrels=(("q1", "d1", 0.5), ("q2", "d2", gain)), card=GAINS)

    found = [finding for finding in examine(folder).errors if finding.code == code]

    assert len(found) == 1
    assert ":3" in found[0].places[0]


def test_the_card_is_written_as_it_is_read(tmp_path: Path) -> None:
    card = Card(name="x", grades="gains", gains={0: 0.0, 1: 0.1, 2: 1.0}, segments={"a": "b"})
    (tmp_path / "golden.toml").write_text(card_text(card))

    assert read_card(tmp_path / "golden.toml") == card


def test_judgements_that_repeat_with_another_gain_are_told(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, qrels=(("q1", "d1", 0.5), ("q1", "d1", 0.25)), card=GAINS)

    assert any("another grade" in finding.problem for finding in examine(folder).errors)


def test_files_of_this_test_are_sound() -> None:
    """The cases above name queries and documents that exist."""
    assert {q for q, _, _ in DECIMALS} <= {row["_id"] for row in QUERIES}
    assert {d for _, d, _ in DECIMALS} <= {row["_id"] for row in CORPUS}
