"""Thorough checks: what they tell, and what they leave alone."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from golden_folders import CORPUS, QRELS, QUERIES, write_folder
from hypothesis import given
from hypothesis import strategies as st

from evalkit.comparison.querygroups import cluster
from evalkit.findings import Finding, Severity
from evalkit.golden.checks.effective import effective_number, effective_queries
from evalkit.golden.examination import examine
from evalkit.golden.folder import find_golden, read_golden

HERBS = (
    "amber",
    "birch",
    "cedar",
    "daisy",
    "elder",
    "fennel",
    "ginger",
    "hazel",
    "iris",
    "jasmine",
    "kale",
    "laurel",
)
MANUAL = (
    "To change the address of your account open the profile page, choose the pencil beside the address, "
    "type the new one and confirm it with your password. Letters that are on their way go to the old one."
)


def told(folder: Path) -> dict[str, Finding]:
    return {finding.code: finding for finding in examine(folder).findings}


def write_large(
    folder: Path, count: int = 40, *, metadata: Mapping[int, Mapping[str, Any]] | None = None
) -> Path:
    """Write a golden set of `count` queries that have nothing in common, with a grade 0 each."""
    names = [f"{HERBS[n % 12]}{HERBS[n // 12]}{n:02}x" for n in range(count)]
    return write_folder(
        folder,
        queries=[
            {"_id": f"q{n:02}", "text": f"{name} care", "metadata": dict((metadata or {}).get(n, {}))}
            for n, name in enumerate(names)
        ],
        corpus=[
            {"_id": f"d{n:02}", "text": f"On {name}, its soil and its seasons."}
            for n, name in enumerate(names)
        ],
        qrels=[
            row
            for n in range(count)
            for row in ((f"q{n:02}", f"d{n:02}", 1), (f"q{n:02}", f"d{(n + 1) % count:02}", 0))
        ],
    )


def test_a_sound_set_of_forty_queries_has_no_finding(tmp_path: Path) -> None:
    assert examine(write_large(tmp_path)).findings == ()


def test_an_examination_agrees_with_reading(tmp_path: Path) -> None:
    folder = write_large(tmp_path)

    examined = examine(folder).golden

    assert examined is not None
    assert examined.digest == read_golden(folder).digest


def test_findings_come_gravest_first_and_thorough_checks_wait_for_sound_rows(tmp_path: Path) -> None:
    folder = write_folder(
        tmp_path,
        queries=[*QUERIES, {"_id": "q5", "text": "how do I reset my password"}, {"_id": "q6", "text": ""}],
        qrels=[*QRELS, ("q1", "d9", 1)],
    )

    found = examine(folder)

    assert [finding.severity for finding in found.findings] == sorted(
        (finding.severity for finding in found.findings), key=list(Severity).index
    )
    assert found.golden is None
    assert {finding.code for finding in found.findings} == {"EK203", "EK208", "EK224"}


def test_a_folder_that_cannot_be_read_is_told_like_any_other(tmp_path: Path) -> None:
    found = examine(tmp_path / "nowhere")

    assert [finding.code for finding in found.errors] == ["EK201"]


def test_queries_of_one_group_may_resemble_each_other(tmp_path: Path) -> None:
    twins = [
        {"_id": "a", "text": "where do I find the invoices", "metadata": {"group": "find"}},
        {"_id": "b", "text": "where do I find the invoice", "metadata": {"group": "find"}},
    ]

    assert "EK243" not in told(write_folder(tmp_path, queries=[*QUERIES, *twins]))


@pytest.mark.parametrize(
    ("first", "second", "alike"),
    [
        ("How do I reset my password?", "how do i reset my passwords", True),
        ("reset password how", "how reset password", True),
        ("what does the error code 404 mean here", "what does the error code 500 mean here", False),
        ("how do I open a file", "how do I open a pipe", False),
        ("cancel my order please", "where is my order now", False),
    ],
)
def test_queries_are_near_duplicates_when_people_would_say_so(
    tmp_path: Path, first: str, second: str, *, alike: bool
) -> None:
    asked = [{"_id": "a", "text": first}, {"_id": "b", "text": second}]
    folder = write_folder(tmp_path, queries=asked, qrels=[("a", "d1", 1), ("b", "d1", 1), ("b", "d2", 0)])

    assert ("EK243" in told(folder)) is alike


def test_identical_documents_are_not_told_again_as_near_duplicates(tmp_path: Path) -> None:
    copies = [{"_id": name, "text": MANUAL} for name in ("x1", "x2", "x3")]
    found = told(write_folder(tmp_path, corpus=[*CORPUS, *copies]))

    assert found["EK240"].problem.startswith("2 documents repeat")
    assert found["EK240"].places[0].endswith("corpus.jsonl:7,8   x2 = x1, x3 = x1")
    assert "EK241" not in found


def test_chunks_of_one_parent_may_resemble_each_other(tmp_path: Path) -> None:
    chunks = [{"_id": f"x{n}", "text": f"{MANUAL} {n}", "metadata": {"parent": "manual"}} for n in range(2)]
    parts = {"parted": chunks, "whole": [{**chunk, "metadata": {}} for chunk in chunks]}

    found = {
        name: told(
            write_folder(
                tmp_path / name,
                corpus=[*CORPUS, *rows],
                card='chunks_of = "parent"\n' if name == "parted" else "",
            )
        )
        for name, rows in parts.items()
    }

    assert "EK241" in found["whole"]
    assert "EK241" not in found["parted"]


@pytest.mark.parametrize(("grade", "severity"), [(None, Severity.WARNING), (0, Severity.WARNING), (1, None)])
def test_a_copy_of_an_answer_must_be_an_answer(
    tmp_path: Path, grade: int | None, severity: Severity | None
) -> None:
    copy = {**CORPUS[0], "_id": "copy"}
    qrels = [*QRELS, *([] if grade is None else [("q1", "copy", grade)])]

    found = told(write_folder(tmp_path, corpus=[*CORPUS, copy], qrels=qrels)).get("EK242")

    assert (found.severity if found else None) is severity


@pytest.mark.parametrize(("grade", "severity"), [(None, Severity.NOTICE), (0, None), (1, None)])
def test_a_near_duplicate_of_an_answer_must_have_been_looked_at(
    tmp_path: Path, grade: int | None, severity: Severity | None
) -> None:
    corpus = [*CORPUS, {"_id": "x1", "text": MANUAL}, {"_id": "x2", "text": MANUAL + " Really."}]
    qrels = [*QRELS, ("q1", "x1", 1), *([] if grade is None else [("q1", "x2", grade)])]

    found = told(write_folder(tmp_path, corpus=corpus, qrels=qrels)).get("EK242")

    assert (found.severity if found else None) is severity


def test_short_queries_and_the_query_itself_are_no_leaks(tmp_path: Path) -> None:
    queries = [
        {"_id": "d4", "text": "Our offices are closed on public holidays."},
        {"_id": "short", "text": "returned to the bank"},
        {"_id": "turned", "text": "is the bank account returned money"},
    ]
    qrels = [("d4", "d5", 1), ("short", "d5", 1), ("turned", "d5", 1)]
    folder = write_folder(tmp_path, queries=queries, qrels=qrels, card='self_hits = "remove"\n')

    assert "EK245" not in told(folder)


def test_a_query_that_opens_twice_in_a_document_is_found_where_it_goes_on(tmp_path: Path) -> None:
    text = "We send letters every day at noon. We send letters every day at five o'clock."
    folder = write_folder(
        tmp_path,
        queries=[{"_id": "q1", "text": "we send letters every day at five"}],
        corpus=[*CORPUS, {"_id": "d6", "text": text}],
        qrels=[("q1", "d1", 1)],
    )

    assert told(folder)["EK245"].places[0].endswith("queries.jsonl:1   q1 in d6")


def test_a_query_that_only_opens_like_a_document_is_no_leak(tmp_path: Path) -> None:
    query = {"_id": "q1", "text": "money is returned to the bank when"}

    assert "EK245" not in told(write_folder(tmp_path, queries=[query], qrels=[("q1", "d1", 1)]))


def test_an_answer_that_is_the_removed_query_itself_is_unreachable(tmp_path: Path) -> None:
    query = {"_id": "d4", "text": CORPUS[3]["text"]}
    cards = {rule: f'self_hits = "{rule}"\n' for rule in ("remove", "keep")}

    found = {
        rule: told(
            write_folder(
                tmp_path / rule, queries=[*QUERIES, query], qrels=[*QRELS, ("d4", "d4", 1)], card=card
            )
        )
        for rule, card in cards.items()
    }

    assert found["remove"]["EK250"].places[0].endswith("test.tsv:8   d4 d4")
    assert "EK250" not in found["keep"]


def test_a_sparse_set_is_not_asked_for_grades_of_zero(tmp_path: Path) -> None:
    positive = [row for row in QRELS if row[2]]

    assert "EK251" in told(write_folder(tmp_path / "a", qrels=positive))
    assert "EK251" not in told(write_folder(tmp_path / "b", qrels=positive, card='judgments = "sparse"\n'))


def test_queries_of_one_group_count_once_for_a_document_that_answers_many(tmp_path: Path) -> None:
    def folder(name: str, groups: Sequence[str]) -> Path:
        queries = [
            {"_id": f"a{n:02}", "text": f"{HERBS[n]} question", "metadata": {"group": group}}
            for n, group in enumerate(groups)
        ]
        return write_folder(tmp_path / name, queries=queries, qrels=[(q["_id"], "d1", 1) for q in queries])

    several = folder("several", [f"g{n}" for n in range(10)])
    with (several / "qrels" / "test.tsv").open("a") as file:
        file.writelines(f"a{n:02}\td2\t1\n" for n in range(10))

    assert "EK253" not in told(several)
    assert "EK253" in told(folder("many", [f"g{n}" for n in range(10)]))
    assert "EK253" not in told(folder("one", ["g"] * 10))


@given(st.lists(st.tuples(st.floats(0.01, 100), st.integers(0, 5)), min_size=1, max_size=30))
def test_effective_queries_are_those_of_the_statistics(rows: list[tuple[float, int]]) -> None:
    weights, groups = np.array([w for w, _ in rows]), np.array([g for _, g in rows])

    effective = effective_queries(weights, groups)

    same = cluster(np.zeros(len(rows)), weights=weights, groups=groups)
    assert effective == pytest.approx(same.effective)
    by_hand = [sum(w for w, g in rows if g == name) for name in set(groups.tolist())]
    assert effective == pytest.approx(sum(by_hand) ** 2 / sum(w**2 for w in by_hand))


def test_equal_weights_count_whole_and_no_query_counts_nothing() -> None:
    assert effective_number(np.full(7, 0.1)) == 7
    assert effective_queries(np.array([]), np.array([], dtype=np.int64)) == 0


def test_weights_are_only_told_where_the_queries_alone_would_do(tmp_path: Path) -> None:
    heavy = {0: {"weight": 1000}}

    assert set(told(write_large(tmp_path / "many", metadata=heavy))) == {"EK261"}
    assert set(told(write_large(tmp_path / "few", 20, metadata=heavy))) == {"EK260"}


def test_a_segment_of_twenty_effective_queries_is_large_enough(tmp_path: Path) -> None:
    def members(count: int) -> dict[int, dict[str, str]]:
        return {n: {"segment": "herbs"} for n in range(count)}

    assert told(write_large(tmp_path / "a", metadata=members(20))) == {}
    assert told(write_large(tmp_path / "b", metadata=members(19)))["EK262"].places[0].endswith("herbs 19")


def test_segments_need_no_explanation_but_where_there_is_one_names_must_agree(tmp_path: Path) -> None:
    segments = {n: {"segment": "herbs"} for n in range(40)}
    folder = write_large(tmp_path, metadata=segments)
    assert told(folder) == {}

    (folder / "golden.toml").write_text('[segments]\nherb = "Plants."\n')

    assert told(folder)["EK263"].places[0].endswith("herb, herbs")


def test_windows_line_ends_are_the_rule_in_csv_files(tmp_path: Path) -> None:
    folder = write_folder(tmp_path)
    rows = ["id,text", *(f"{query['_id']},{query['text']}" for query in QUERIES)]
    (folder / "queries.csv").write_bytes("\r\n".join(rows).encode())
    (folder / "queries.jsonl").unlink()

    assert not {"EK201", "EK231"} & set(told(folder))


@pytest.mark.parametrize("text", ["café", "Ångström", "SÃO PAULO", "naïve — “quoted”…"])
def test_letters_of_other_languages_are_not_taken_for_spoilt_ones(tmp_path: Path, text: str) -> None:
    folder = write_folder(tmp_path)
    with (folder / "corpus.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps({"_id": "d6", "text": text}, ensure_ascii=False) + "\n")

    assert "EK233" not in told(folder)


@pytest.mark.parametrize("text", ["cafÃ©", "donâ€™t", "ca\ufffd"])
def test_texts_that_were_decoded_wrongly_are_told(tmp_path: Path, text: str) -> None:
    folder = write_folder(tmp_path, corpus=[*CORPUS, {"_id": "d6", "text": text}])

    assert told(folder)["EK233"].places[0].endswith("corpus.jsonl:6   d6")


def test_the_shipped_set_has_no_error_and_no_warning() -> None:
    found = examine(find_golden("python-stdlib"))

    assert {finding.severity for finding in found.findings} <= {Severity.NOTICE}
