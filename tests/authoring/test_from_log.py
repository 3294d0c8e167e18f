"""From a log to a draft of a golden set, by the command."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from evalkit.cli import main
from evalkit.errors import UnknownNameError
from evalkit.golden.authoring.paraphrases import paraphrases
from evalkit.golden.folder import read_golden


def cli(*words: object) -> int:
    """Run a command and return its exit code."""
    return main.run([str(word) for word in words])


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Return a log of 60 queries, two of them paraphrases and one with an address in it."""
    rows = [(f"how do I set up thing number{n}", 60 - n) for n in range(57)]
    rows += [("reset my passwords", 50), ("reset my password", 40), ("forward mail to jo@example.org", 55)]
    path = tmp_path / "searches.csv"
    path.write_text("query,count\n" + "".join(f"{text},{count}\n" for text, count in rows), "utf-8")
    return path


def test_the_draft_has_ids_weights_and_groups(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli("golden", "from-log", log, "--size", 30, "--json") == 0

    told = json.loads(capsys.readouterr().out)
    queries = told["queries"]
    assert len(queries) == 30
    assert {"id", "text", "weight", "group"} <= queries[0].keys()
    assert sum(query["weight"] for query in queries) == pytest.approx(told["lines"])
    assert not any("@" in query["text"] for query in queries)
    assert len({len(query["id"]) for query in queries}) == 1


def test_a_draft_is_a_golden_set_as_soon_as_it_is_judged(log: Path, tmp_path: Path) -> None:
    corpus = tmp_path / "docs.jsonl"
    corpus.write_text('{"_id": "d1", "text": "passwords"}\n{"_id": "d2", "text": "mail"}\n', "utf-8")

    assert cli("golden", "from-log", log, "--size", 60, "--corpus", corpus, "-o", tmp_path / "draft") == 0
    draft = tmp_path / "draft"
    first = json.loads((draft / "queries.jsonl").read_text("utf-8").splitlines()[0])
    with (draft / "qrels/test.tsv").open("a", encoding="utf-8") as file:
        file.write(f"{first['_id']}\td1\t1\n")
    golden = read_golden(draft)

    assert len(golden.queries) == 60
    assert golden.weights.sum() == pytest.approx(sum(range(4, 61)) + 145)
    with (draft / "review.csv").open(encoding="utf-8", newline="") as file:
        reviewed = list(csv.DictReader(file))
    assert [row["why"] for row in reviewed] == ["taken out: email"]


def test_the_same_seed_draws_the_same_and_another_another(
    log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def drawn(seed: int) -> str:
        assert cli("golden", "from-log", log, "--size", 20, "--json", "--seed", seed) == 0
        return capsys.readouterr().out

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)


def test_a_folder_that_is_there_is_left_alone(log: Path, tmp_path: Path) -> None:
    (tmp_path / "draft").mkdir()
    (tmp_path / "draft" / "mine.txt").write_text("kept", "utf-8")

    assert cli("golden", "from-log", log, "-o", tmp_path / "draft") == 2
    assert [path.name for path in (tmp_path / "draft").iterdir()] == ["mine.txt"]


def test_queries_that_ask_nearly_the_same_are_one_group() -> None:
    texts = [
        "reset my password",
        "connect to the vpn",
        "resetting my passwords",
        "password my reset",
        "connect to the wifi",
        "how to print",
    ]

    assert paraphrases(texts) == [0, 1, 0, 0, 4, 5]


@pytest.mark.parametrize("language", ["englsh", "bad\udcff", "", "../english"])
def test_a_language_that_nobody_stems_is_refused(language: str) -> None:
    with pytest.raises(UnknownNameError, match="language"):
        paraphrases(["how is a refund paid"], language=language)
