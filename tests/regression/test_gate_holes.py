"""Documents that nobody judged: a failure that they may explain is a warning, any other stands."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from evalkit.cli import main

QUERIES, OTHERS = 60, 9


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Sixty queries with an answer each, first among ten that are all judged, and its baseline."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    write_set(tmp_path)
    write_lists({n: usual(n) for n in range(QUERIES)})
    assert gate("--update") == 0
    return tmp_path


def usual(n: int) -> list[str]:
    return [f"a{n:03}", *(f"o{n:03}-{k}" for k in range(OTHERS))]


def write_set(
    folder: Path, new: Sequence[str] = (), *, judgments: str = "pooled", noughts: bool = True
) -> None:
    (folder / "set" / "qrels").mkdir(parents=True, exist_ok=True)
    queries = [
        {"_id": f"q{n:03}", "text": f"question {n}", "metadata": {"critical": n == 3}} for n in range(QUERIES)
    ]
    documents = [name for n in range(QUERIES) for name in usual(n)]
    documents += [f"spare{n:03}-{k}" for n in range(QUERIES) for k in range(4)] + list(new)
    lines = [{"_id": name, "text": f"document {name}"} for name in documents]
    grades = ["query-id\tcorpus-id\tscore"]
    for n in range(QUERIES):
        grades += [
            f"q{n:03}\t{name}\t{int(name[0] == 'a')}" for name in usual(n) if noughts or name[0] == "a"
        ]
    (folder / "set" / "queries.jsonl").write_text("\n".join(map(json.dumps, queries)))
    (folder / "set" / "corpus.jsonl").write_text("\n".join(map(json.dumps, lines)))
    (folder / "set" / "qrels" / "test.tsv").write_text("\n".join(grades))
    (folder / "set" / "golden.toml").write_text(f'name = "set"\nversion = "1"\njudgments = "{judgments}"\n')


def write_lists(found: Mapping[int, Sequence[str]]) -> None:
    lines = [
        f"q{n:03} Q0 {name} {rank} {100 - rank} any"
        for n, names in found.items()
        for rank, name in enumerate(names[:10], 1)
    ]
    Path("now.trec").write_text("\n".join(lines) + "\n")


def gate(*arguments: object) -> int:
    return main.run(["gate", "set", "--model", "run/now.trec", *map(str, arguments)])


def told(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, Any]:
    capsys.readouterr()
    gate("--json", *arguments)
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    return result


def grown(work: Path, **settings: Any) -> None:
    """A new document for each query stands before its answer."""
    write_set(work, [f"new{n:03}" for n in range(QUERIES)], **settings)
    write_lists({n: [f"new{n:03}", *usual(n)] for n in range(QUERIES)})


def test_a_fall_below_new_documents_that_nobody_judged_is_a_warning_with_a_worklist(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    grown(work)
    capsys.readouterr()

    assert gate("-o", "out") == 0

    said = " ".join(capsys.readouterr().out.split())
    assert "1.0 of a query's first 10 documents are unjudged (baseline: 0.0)" in said
    assert "1.0 of them documents that were not there then" in said
    assert "WARN" in said
    rows = (work / "out" / "worklist.csv").read_text().splitlines()
    assert len(rows) == 1 + QUERIES
    assert rows[1].startswith("q000,question 0,new000,,document new000,1,")
    result = told(capsys)
    assert (result["verdict"], result["decisions"][0]["reason"]) == ("WARN", "UNJUDGED")
    assert result["unjudged"]["run/now.trec"]["unjudged"] == QUERIES
    assert not result["unjudged"]["run/now.trec"]["stable"]


def test_a_critical_query_that_new_documents_push_out_is_no_failure_either(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new = [f"new{k}" for k in range(10)]
    write_set(work, new)
    write_lists({n: new if n == 3 else usual(n) for n in range(QUERIES)})

    assert told(capsys)["verdict"] == "WARN"


@pytest.mark.long
def test_a_fall_that_new_documents_do_not_explain_fails(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A new document stands last, where it can repair little, and the answers are gone."""
    write_set(work, [f"new{n:03}" for n in range(QUERIES)])
    write_lists({n: [*usual(n)[1:], f"new{n:03}"] for n in range(QUERIES)})

    result = told(capsys)

    assert result["verdict"] == "FAIL"
    assert result["unjudged"]["run/now.trec"]["stable"]
    assert gate() == 1


@pytest.mark.long
def test_a_search_that_shows_what_nobody_ever_judged_does_not_pass_for_new_documents(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Unjudged documents that were always there take the place of all answers: too many to be right."""
    write_lists(
        {n: [*(f"spare{n:03}-{k}" for k in range(4)), *usual((n + 7) % QUERIES)[1:]] for n in range(QUERIES)}
    )

    assert told(capsys)["verdict"] == "FAIL"


def test_where_only_relevant_documents_are_judged_old_unjudged_ones_excuse_nothing(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_set(work, noughts=False)
    write_lists({n: usual(n) for n in range(QUERIES)})
    assert gate("--update") == 0
    write_lists({n: [f"spare{n:03}-{k}" for k in range(4)] for n in range(QUERIES)})

    assert told(capsys)["verdict"] == "FAIL"


def test_a_small_fall_to_old_unjudged_documents_is_examined_as_in_compare(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Half of what was judged is relevant, so that an unjudged document may well be."""
    path = work / "set" / "qrels" / "test.tsv"
    path.write_text(
        path.read_text().replace("-0\t0", "-0\t1").replace("-1\t0", "-1\t1").replace("-2\t0", "-2\t1")
    )
    write_lists({n: usual(n) for n in range(QUERIES)})
    assert gate("--update") == 0
    write_lists({n: [*usual(n)[:3], f"spare{n:03}-0", *usual(n)[3:]] for n in range(QUERIES)})

    result = told(capsys)

    assert (result["verdict"], result["decisions"][0]["reason"]) in (("WARN", "UNJUDGED"), ("PASS", "OK"))


@pytest.mark.parametrize("judgments", ["complete", "sparse"])
def test_a_set_that_is_not_pooled_fails_and_still_names_the_new_documents(
    work: Path, capsys: pytest.CaptureFixture[str], judgments: str
) -> None:
    grown(work, judgments=judgments)
    capsys.readouterr()

    assert gate() == 1
    assert "documents that were not there then" in " ".join(capsys.readouterr().out.split())


def test_nothing_is_said_of_holes_where_nothing_changed(capsys: pytest.CaptureFixture[str]) -> None:
    result = told(capsys)

    assert result["verdict"] == "PASS"
    assert result["unjudged"] == {}
