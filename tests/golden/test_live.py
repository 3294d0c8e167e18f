"""Live queries ask a golden set's documents, whatever form their log has."""

from __future__ import annotations

from pathlib import Path

import pytest

from evalkit.errors import GoldenSetError, UsageError
from evalkit.golden.goldenset import GoldenSet
from evalkit.golden.live import with_live_queries


@pytest.fixture
def golden() -> GoldenSet:
    return GoldenSet.of(
        "pages",
        queries={"q": "judged before"},
        corpus={"a": "first page", "b": "second page"},
        qrels={"q": {"a": 1}},
    )


def asked(golden: GoldenSet, folder: Path, name: str, written: str, **stated: str) -> dict[str, str]:
    path = folder / name
    path.write_text(written, encoding="utf-8")
    live = with_live_queries(golden, path, stated)
    assert live.corpus is golden.corpus
    assert len(live.qrels) == 0
    return dict(zip(live.queries.ids, live.queries.bodies, strict=True))


@pytest.mark.parametrize(
    ("name", "text", "wanted"),
    [
        ("log.txt", "one\n\ntwo words\r\n", {"1": "one", "3": "two words"}),
        ("log", "b\tsecond\na\tfirst\n", {"a": "first", "b": "second"}),
        ("log.tsv", "b\tsecond\na\tfirst\n", {"a": "first", "b": "second"}),
        ("log.csv", "query,count\none,3\ntwo,1\n", {"2": "one", "3": "two"}),
        ("log.tsv", "query\tcount\none\t3\n", {"2": "one"}),
        ("log.csv", "id,query\nx,one\ny,two\n", {"x": "one", "y": "two"}),
        ("log.jsonl", '{"text": "one"}\n{"text": "two"}\n', {"1": "one", "2": "two"}),
        ("log.jsonl", '{"_id": "x", "text": "one"}\n', {"x": "one"}),
    ],
)
def test_every_form_of_log_is_read(
    golden: GoldenSet, tmp_path: Path, name: str, text: str, wanted: dict[str, str]
) -> None:
    assert asked(golden, tmp_path, name, text) == wanted


def test_a_column_is_named_where_its_own_name_does_not_tell(golden: GoldenSet, tmp_path: Path) -> None:
    found = asked(golden, tmp_path, "log.csv", "term,hits\none,3\n", text="term")
    assert list(found.values()) == ["one"]


def test_lines_keep_their_order_however_many_there_are(golden: GoldenSet, tmp_path: Path) -> None:
    found = asked(golden, tmp_path, "log.txt", "\n".join(f"query {n}" for n in range(120)))
    assert list(found.values()) == [f"query {n}" for n in range(120)]


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("log.txt", "", "EK213"),
        ("log.txt", "a\tfirst\nsecond\n", "EK292"),
        ("log.csv", "a,b\n1,2\n", "EK291"),
        ("log.csv", "id,query\nx,one\nx,two\n", "EK202"),
        ("log.jsonl", '{"text": "one"}\n{broken\n', "EK205"),
    ],
)
def test_a_broken_log_is_refused_with_its_lines(
    golden: GoldenSet, tmp_path: Path, name: str, text: str, code: str
) -> None:
    with pytest.raises(GoldenSetError) as caught:
        asked(golden, tmp_path, name, text)
    assert code in {finding.code for finding in caught.value.findings}


def test_a_log_that_is_not_there_is_named(golden: GoldenSet, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nowhere\.txt is not a file"):
        with_live_queries(golden, tmp_path / "nowhere.txt")
