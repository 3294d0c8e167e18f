"""From a log to a verdict by the commands of the how-to page: nothing is done by hand but judging."""

from __future__ import annotations

import csv
import gzip
import json
import random
import re
import shlex
from collections.abc import Mapping
from pathlib import Path

import pytest

from evalkit import read_golden
from evalkit.cli import main
from evalkit.golden.goldenset import GoldenSet

pytest.importorskip("rapidfuzz")

PAGE = Path(__file__).parents[2] / "docs" / "how-to-golden-set.md"
HEADING = "## From a log to a verdict"
LINES = 20_000
ENDINGS = ("", "", "", " please", " help", " how", "?", " not working", " today")
BEGINNINGS = ("", "", "", "how do i ", "cannot ", "where is ", "question: ", "hello ")
JUDGES = {"ann": 0.0, "bo": 0.04}  # how often each slips


def commands() -> list[list[str]]:
    """Return the commands of the page's block, in order."""
    after = PAGE.read_text(encoding="utf-8").split(HEADING, 1)[1]
    block = re.search(r"```sh\n(.*?)```", after, re.DOTALL)
    assert block is not None
    lines = block[1].replace("\\\n", " ").splitlines()
    return [shlex.split(line)[1:] for line in lines if line.startswith("evalkit ")]


def write_traffic(golden: GoldenSet, chance: random.Random) -> dict[str, str]:
    """Write documents, and a log of what people asked, few things often and most things rarely."""
    with Path("articles.jsonl").open("w", encoding="utf-8") as file:
        for identity, body in zip(golden.corpus.ids, golden.corpus.bodies, strict=True):
            title, _, text = body.partition("\n")
            file.write(json.dumps({"_id": identity, "title": title, "text": text}) + "\n")
    meant: dict[str, str] = {}
    for identity, text in zip(golden.queries.ids, golden.queries.bodies, strict=True):
        for beginning in BEGINNINGS:
            for ending in ENDINGS:
                meant.setdefault(f"{beginning}{text}{ending}", identity)
    asked = sorted(meant)
    chance.shuffle(asked)
    weights = [1 / (place + 3) for place in range(len(asked))]
    log = chance.choices(asked, weights, k=LINES)
    with gzip.open("searches.csv.gz", "wt", encoding="utf-8", newline="") as packed:
        csv.writer(packed).writerows([("time", "query"), *((n, text) for n, text in enumerate(log))])
    return meant


def judge_by(page: Path, truth: Mapping[str, Mapping[str, int]], chance: random.Random) -> None:
    """Grade everything on a judging page as its judges would, and export a table for each."""
    found = re.search(
        r'<script type="application/json" id="task">(.*?)</script>', page.read_text("utf-8"), re.DOTALL
    )
    assert found is not None
    task = json.loads(found[1])
    for judge, slips in JUDGES.items():
        with Path(f"support-{judge}.tsv").open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file, delimiter="\t", lineterminator="\n")
            table.writerow(("query", "document", "grade", "judged_by", "date"))
            for identity, _, text, places in task["queries"]:
                for place in places:
                    document = task["documents"][place][0]
                    grade = truth[text].get(document, 0)
                    slipped = chance.random() < slips
                    table.writerow(
                        (identity, document, 1 - min(grade, 1) if slipped else grade, judge, "2026-11-29")
                    )


@pytest.mark.long
def test_the_commands_of_the_page_lead_from_a_log_to_a_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    golden, chance = read_golden("helpdesk"), random.Random(29)  # noqa: S311 - traffic that is always the same
    meant = write_traffic(golden, chance)
    qrels: dict[str, dict[str, int]] = {identity: {} for identity in golden.queries.ids}
    judged = golden.qrels
    for query, row, grade in zip(judged.query_rows, judged.doc_rows, judged.grades, strict=True):
        qrels[golden.queries.ids[query]][golden.corpus.ids[row]] = int(grade)
    truth = {text: qrels[identity] for text, identity in meant.items()}

    way = commands()
    assert [line[:2] for line in way[:3]] == [["golden", "from-log"], ["golden", "pool"], ["golden", "merge"]]
    assert way[-1][0] == "compare"
    for line in way:
        code = main.run(line)
        told = capsys.readouterr()
        assert code in ((0, 1, 3) if line[0] == "compare" else (0,)), told.err
        if line[:2] == ["golden", "pool"]:
            judge_by(Path(line[line.index("-o") + 1]), truth, chance)

    result = json.loads(next(Path("reports").rglob("result.json")).read_text("utf-8"))
    assert result["verdict"] == "GO"
    assert result["golden"]["queries"] == 300
    assert result["unjudged"]["lsa/384"]["unjudged"] == 0
