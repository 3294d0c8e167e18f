"""The demo corpus: built from the running interpreter, nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from evalkit.golden.folder import find_golden, read_golden
from evalkit.golden.reading.records import Judgement, Sheet
from evalkit.golden.shipped.stdlib import read_stdlib_corpus, under_kept_names


def test_the_corpus_has_thousands_of_distinct_documented_objects() -> None:
    sheet, aliases = read_stdlib_corpus(Path("golden.toml"))

    identities = [record.identity for record in sheet.records]
    bodies = [record.body.partition("\n")[2] for record in sheet.records]
    assert len(identities) > 3_000
    assert len(set(identities)) == len(identities)
    assert len(set(bodies)) == len(bodies)
    assert {"atexit.register", "shutil.rmtree", "os.path.join", "builtins.str.split"} <= set(identities)
    assert not set(aliases) & set(identities)
    assert set(aliases.values()) <= set(identities)


def test_an_object_is_named_by_the_module_that_defines_it() -> None:
    _, aliases = read_stdlib_corpus(Path("golden.toml"))

    assert aliases["typing.Text.split"] == "builtins.str.split"


@pytest.mark.parametrize("grades", [(1, 0), (0, 1), (1, 1)])
def test_judgements_of_two_names_of_one_document_count_once_with_the_higher_grade(
    grades: tuple[int, int],
) -> None:
    of_other_name, of_kept_name = grades
    qrels = Sheet(
        Path("test.tsv"),
        judgements=[
            Judgement("q", "deque.count", of_other_name, 1),
            Judgement("q", "list.count", of_kept_name, 2),
            Judgement("r", "deque.count", 0, 3),
            Judgement("q", "list.sort", 2, 4),
        ],
    )

    under_kept_names(qrels, {"deque.count": "list.count"})

    assert [(item.query, item.document, item.grade) for item in qrels.judgements] == [
        ("q", "list.count", 1),
        ("r", "list.count", 0),
        ("q", "list.sort", 2),
    ]


def test_the_shipped_set_is_sound_and_most_judged_documents_exist() -> None:
    golden = read_golden(find_golden("python-stdlib"))

    assert golden.counted.sum() >= 60
    assert golden.card.judgments == "pooled"
    assert golden.missing == ()
    dropped = [finding for finding in golden.findings if finding.code == "EK226"]
    assert len(golden.qrels) > 500
    assert all(finding.severity != "error" for finding in dropped)
