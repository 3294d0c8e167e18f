"""Grades of several judges: majority, seniority, what stays open, and how far they agree."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.cli import main
from evalkit.errors import UsageError
from evalkit.golden.folder import read_golden
from evalkit.golden.reading.records import Judgement
from evalkit.judging.merging import merge


def judged(**grades: int) -> list[Judgement]:
    """Return judgements of query q on documents by name."""
    return [Judgement("q", document, grade, 0) for document, grade in grades.items()]


def test_the_majority_settles_and_what_has_none_stays_open() -> None:
    merged = merge({"ann": judged(a=2, b=1, c=0), "bo": judged(a=2, b=0, c=0), "cy": judged(a=1, b=2)})

    assert {item.document: item.grade for item in merged.judgements} == {"a": 2, "c": 0}
    assert [(item.document, dict(item.grades)) for item in merged.open] == [
        ("b", {"ann": 1, "bo": 0, "cy": 2})
    ]
    assert [item.document for item in merged.disputed] == ["a", "b"]
    assert merged.agreement.pairs == 3
    assert merged.agreement.share == pytest.approx(1 / 3)
    assert merged.agreement.kappa is None


def test_the_senior_judge_settles_what_no_majority_does() -> None:
    graded = {"ann": judged(a=2, b=1), "bo": judged(a=1, b=1, c=3)}

    assert [item.grade for item in merge(graded, senior="bo").judgements] == [1, 1, 3]
    assert [item.grade for item in merge(graded).judgements] == [1, 3]
    with pytest.raises(UsageError, match="none of the judges"):
        merge(graded, senior="cy")


def test_agreement_beyond_chance_may_be_none_at_ninety_five_per_cent() -> None:
    documents = {f"d{n}": 0 for n in range(40)}
    ann, bo = {**documents, "d0": 1}, {**documents, "d1": 1}
    found = merge({"ann": judged(**ann), "bo": judged(**bo)}).agreement

    assert found.share == pytest.approx(0.95)
    assert found.kappa == pytest.approx(-0.025641, abs=1e-6)


@given(
    st.dictionaries(
        st.sampled_from("abcdef"), st.lists(st.none() | st.integers(0, 3), min_size=3, max_size=3)
    )
)
def test_a_settled_grade_was_given_by_somebody_and_the_order_of_judges_is_of_no_account(
    table: dict[str, list[int | None]],
) -> None:
    graded = {
        judge: [
            Judgement("q", document, grades[place] or 0, 0)
            for document, grades in table.items()
            if grades[place] is not None
        ]
        for place, judge in enumerate(("ann", "bo", "cy"))
    }
    merged = merge(graded)
    turned = merge(dict(reversed(graded.items())))

    for item in merged.judgements:
        assert item.grade in table[item.document]
    assert {(item.document, item.grade) for item in merged.judgements} == {
        (item.document, item.grade) for item in turned.judgements
    }
    assert len(merged.judgements) + len(merged.open) == sum(
        any(g is not None for g in row) for row in table.values()
    )


@pytest.fixture
def support(tmp_path: Path) -> Path:
    """Return a golden set with one judgement, and two judges' tables beside it."""
    folder = tmp_path / "support"
    (folder / "qrels").mkdir(parents=True)
    (folder / "golden.toml").write_text('name = "support"\n', "utf-8")
    (folder / "queries.jsonl").write_text('{"_id": "q", "text": "vpn"}\n', "utf-8")
    corpus = "".join(json.dumps({"_id": name, "text": name}) + "\n" for name in "abcd")
    (folder / "corpus.jsonl").write_text(corpus, "utf-8")
    (folder / "qrels/test.tsv").write_text("query-id\tcorpus-id\tscore\nq\ta\t1\n", "utf-8")
    head = "query\tdocument\tgrade\n"
    (tmp_path / "ann.tsv").write_text(head + "q\ta\t1\nq\tb\t2\nq\tc\t0\nq\td\t\n", "utf-8")
    (tmp_path / "bo.tsv").write_text(head + "q\tb\t2\nq\tc\t1\n", "utf-8")
    return folder


def run(*words: object) -> int:
    """Run a command and return its exit code."""
    return main.run([str(word) for word in words])


def test_what_is_settled_is_added_and_who_gave_it_is_kept(
    support: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ann, bo = support.parent / "ann.tsv", support.parent / "bo.tsv"

    assert run("golden", "merge", support, ann, bo) == 0

    told = capsys.readouterr().out
    assert "1 judgement added, 1 there already" in told.replace("\u202f", " ").replace("\u00a0", " ")
    golden = read_golden(support)
    assert sorted(golden.qrels.grades.tolist()) == [1, 2]
    with (support / "judged_by.csv").open(encoding="utf-8", newline="") as file:
        given = [(row["document"], row["judge"], row["grade"]) for row in csv.DictReader(file)]
    assert given == [("b", "ann", "2"), ("b", "bo", "2"), ("c", "ann", "0"), ("c", "bo", "1")]
    with (support / "disputed.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.DictReader(file)) == [
            {"query": "q", "document": "c", "ann": "0", "bo": "1", "grade": ""}
        ]


@pytest.mark.parametrize("damaged", [b"query,document\nq,\xff\n", b'query,document\nq,"' + b"x" * 140_000])
def test_a_damaged_table_of_who_gave_what_is_told_before_anything_is_written(
    support: Path, damaged: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    (support / "judged_by.csv").write_bytes(damaged)
    before = (support / "qrels/test.tsv").read_bytes()

    assert run("golden", "merge", support, support.parent / "ann.tsv", support.parent / "bo.tsv") == 2

    assert "EK140" in (told := capsys.readouterr().err)
    assert "judged_by.csv cannot be read" in told
    assert (support / "qrels/test.tsv").read_bytes() == before


def test_an_open_grade_that_somebody_fills_in_is_taken_back(support: Path) -> None:
    ann, bo = support.parent / "ann.tsv", support.parent / "bo.tsv"
    assert run("golden", "merge", support, ann, bo) == 0
    disputed = support / "disputed.csv"
    disputed.write_text(disputed.read_text("utf-8").replace("q,c,0,1,", "q,c,0,1,3"), "utf-8")

    assert run("golden", "import", disputed, "--into", support) == 0
    assert sorted(read_golden(support).qrels.grades.tolist()) == [1, 2, 3]


def test_a_look_writes_nothing(support: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: path.read_bytes() for path in support.rglob("*") if path.is_file()}

    assert (
        run(
            "golden",
            "merge",
            support,
            support.parent / "ann.tsv",
            support.parent / "bo.tsv",
            "--dry-run",
            "--json",
        )
        == 0
    )

    told = json.loads(capsys.readouterr().out)
    assert told["agreement"]["pairs"] == 2
    assert told["agreement"]["share"] == 0.5
    assert told["disputed"][0]["grades"] == {"ann": 0, "bo": 1}
    assert {path: path.read_bytes() for path in support.rglob("*") if path.is_file()} == before


def test_two_files_of_one_judge_are_refused(support: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = support.parent / "other"
    other.mkdir()
    (other / "ann.tsv").write_bytes((support.parent / "ann.tsv").read_bytes())

    assert run("golden", "merge", support, support.parent / "ann.tsv", other / "ann.tsv") == 2
    assert "EK138" in capsys.readouterr().err
