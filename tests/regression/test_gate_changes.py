"""What the gate knows of its baseline: whether its run is one of its repetitions, and what was asked."""

from __future__ import annotations

import json
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from gate_worlds import QUERIES, write_golden, write_run
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.cli import main
from evalkit.golden.folder import read_golden
from evalkit.golden.goldenset import GoldenSet
from evalkit.regression.asked import describe_queries
from evalkit.regression.baselinefile import baseline_text, read_baseline, write_baseline
from evalkit.regression.changes import Changes, narrowed
from evalkit.scoring.measure import Measure

SEARCH = """
calls = 0

def find(queries, depth):
    global calls
    calls += 1
    lost = {lost}
    wanted = [int(text.split()[1].removeprefix("topic")) for text in queries]
    return [[(f"d{{n:03}}", 1.0)] if n not in lost else [(f"d{{n + 1:03}}", 1.0)] for n in wanted]
"""


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A golden set and a run that answers every query first."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    write_golden(tmp_path / "support")
    write_run(tmp_path / "now.trec")
    return tmp_path


def cli(*arguments: object, model: str = "run/now.trec") -> int:
    return main.run(["gate", "support", "--model", model, *map(str, arguments)])


def searched(work: Path, name: str, lost: str) -> str:
    (work / f"{name}.py").write_text(SEARCH.format(lost=lost))
    return f"search/{name}:find"


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.mark.parametrize("cold", [1, 20])
def test_a_first_run_that_is_no_repetition_is_told_and_not_stored(
    work: Path, capsys: pytest.CaptureFixture[str], cold: int
) -> None:
    model = searched(work, f"cold_{cold}", f"range({cold}) if calls == 1 else ()")

    assert cli("--update", model=model) == 0

    told = capsys.readouterr()
    assert "no value moved" not in told.out
    assert f"differs on {cold} quer" in told.out
    assert "EK159" in told.err
    assert "q000" in told.err
    stored = read_baseline(work / "baselines" / "support" / f"search-cold_{cold}-find.json")
    np.testing.assert_array_equal(stored.values, np.ones((3, QUERIES)))
    assert stored.noise.first is not None
    assert stored.noise.first.means[0] == pytest.approx(1 - cold / QUERIES)
    assert stored.asked["q000"].shown == ("d000",)
    assert cli(model=model) == 0
    assert "PASS" in capsys.readouterr().out


def test_a_restless_search_is_stored_as_its_mean_and_no_first_run_is_blamed(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = searched(work, "restless", "[(calls * 13 + step * 7) % 60 for step in range(6)]")

    assert cli("--update", model=model) == 0

    stored = read_baseline(work / "baselines" / "support" / "search-restless-find.json")
    assert "EK159" not in capsys.readouterr().err
    assert ((stored.values > 0) & (stored.values < 1)).any()
    assert stored.values.mean() == pytest.approx(0.9)


def test_a_critical_query_that_is_found_now_and_then_is_not_lost_when_it_is_not(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = searched(work, "flaky", "[3] if calls % 2 == 0 else ()")
    assert cli("--update", model=model) == 0

    (work / "flaky.py").write_text(SEARCH.format(lost="[3]"))
    sys.modules.pop("flaky")
    capsys.readouterr()

    assert cli("--json", model=model) == 0
    assert json.loads(capsys.readouterr().out)["critical"] == []


def test_vectors_of_an_endpoint_that_changed_are_told_from_what_the_cache_holds(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = (
        "import numpy as np\n\ndef encode(texts):\n    made = np.zeros((len(texts), 128), dtype=np.float32)\n"
        "    for row, text in enumerate(texts):\n"
        "        made[row, int(text.split()[1].removeprefix('topic')) {shift}] = 1.0\n    return made\n"
    )
    (work / "evalkit.toml").write_text(
        '[models.prod]\nspec = "python/served:encode"\ndims = 128\nrevision = "pinned"\n'
    )
    (work / "served.py").write_text(code.format(shift=""))
    assert cli("--update", model="prod") == 0
    capsys.readouterr()
    sys.modules.pop("served")
    (work / "served.py").write_text(code.format(shift="- 1"))

    assert cli("--update", model="prod") == 0

    told = " ".join(capsys.readouterr().err.split())  # a narrow terminal folds it
    assert "EK160" in told
    assert "evalkit cache prune --model" in told
    sys.modules.pop("served")


def grow(work: Path) -> None:
    """Two questions more, one reworded, one judged anew, one taken out."""
    folder = work / "support"
    write_golden(folder, queries=QUERIES + 2)
    edit(folder / "queries.jsonl", "question topic5 ", "query topic5 ")
    edit(folder / "qrels" / "test.tsv", "q007\td007\t1", "q007\td008\t1")
    lines = (folder / "queries.jsonl").read_text().splitlines()
    (folder / "queries.jsonl").write_text("\n".join(line for line in lines if '"q009"' not in line))
    edit(folder / "qrels" / "test.tsv", "q009\td009\t1\n", "")
    write_run(work / "now.trec", queries=QUERIES + 2)


def test_what_changed_is_listed_and_the_others_can_be_looked_at(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli("--update") == 0
    grow(work)
    capsys.readouterr()

    assert cli() == 2
    told = capsys.readouterr().err
    for words in (
        "2 queries new: q060, q061",
        "1 query gone: q009",
        "1 query with another text: q005",
        "1 query with other judgements: q007",
        "--common",
        "--update",
    ):
        assert words in told
    assert cli("--common", "--json") == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["verdict"], result["golden"]["queries"]) == ("PASS", QUERIES - 3)
    assert result["gate"]["changes"]["added"] == ["q060", "q061"]
    assert cli("--common") == 0
    assert "57 queries are compared, 5 are left out" in " ".join(capsys.readouterr().out.split())


def test_a_fall_on_the_common_queries_still_fails(work: Path) -> None:
    assert cli("--update") == 0
    grow(work)
    write_run(work / "now.trec", dict.fromkeys(range(20, 40), 0), queries=QUERIES + 2)

    assert cli("--common") == 1


def test_an_update_says_over_which_queries_unchanged_holds(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli("--update") == 0
    grow(work)
    capsys.readouterr()

    assert cli("--update") == 0

    told = capsys.readouterr().out
    assert "unchanged on the 59 queries that both hold" in told
    assert "queries   2 queries new: q060, q061" in told


def test_a_baseline_of_the_first_form_serves_common_queries_only_where_they_are_proven(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli("--update") == 0
    path = work / "baselines" / "support" / "run-now.trec.json"
    write_baseline(path, replace(read_baseline(path), asked={}, corpus=None))
    assert '"schema": 1' in baseline_text(read_baseline(path))
    write_golden(work / "support", queries=QUERIES + 2)
    write_run(work / "now.trec", queries=QUERIES + 2)

    assert cli() == 2
    assert "2 queries new" in capsys.readouterr().err
    assert cli("--common") == 0
    edit(work / "support" / "queries.jsonl", "question topic5 ", "query topic5 ")
    assert cli("--common") == 2
    assert "EK153" in capsys.readouterr().err


def test_documents_that_are_gone_are_named_with_the_queries_that_lost_them(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = "hash/512"
    assert cli("--update", model=model) == 0
    corpus = work / "support" / "corpus.jsonl"
    kept = [line for line in corpus.read_text().splitlines() if '"d011"' not in line]
    corpus.write_text("\n".join(kept))
    capsys.readouterr()

    assert cli(model=model) == 2
    assert "d011" in capsys.readouterr().err
    cli("--allow-unreachable", "--json", model=model)
    result = json.loads(capsys.readouterr().out)
    (lost,) = [item for item in result["gate"]["changes"]["vanished"] if item["relevant"]]
    assert (lost["document"], lost["relevant"]) == ("d011", ["q011"])
    edit(work / "support" / "qrels" / "test.tsv", "q011\td011\t1\n", "q011\td012\t1\n")
    assert cli(model=model) == 2
    assert "document d011 is gone: it answered q011" in capsys.readouterr().err


@pytest.mark.parametrize("case", ["baseline", "queries", "golden", "model", "vectors"])
def test_where_there_is_no_verdict_the_build_still_says_why(
    work: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], case: str
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(work / "step.md"))
    assert case == "baseline" or cli("--update") == 0
    assert case == "baseline" or cli("-o", "out") == 0
    model = {"model": "nothing/here", "vectors": "vectors/absent"}.get(case, "run/now.trec")
    if case == "queries":
        write_golden(work / "support", queries=QUERIES + 1)
    if case == "golden":
        (work / "support" / "queries.jsonl").write_text("{")
    out = "other" if case in ("model", "vectors") else "out"
    capsys.readouterr()

    assert cli("--github", "-o", out, model=model) == 2

    told = capsys.readouterr()
    code = told.err.partition("[")[2].partition("]")[0]
    assert any(
        line.startswith("::error title=evalkit gate%3A") and code in line for line in told.out.splitlines()
    )
    assert (work / "step.md").read_text().startswith("## 🚫 ERROR")
    suite = ET.parse(work / out / "junit.xml").getroot()[0]  # noqa: S314 - our own file
    assert suite.get("errors") == str(len(suite.findall("testcase/error")))
    assert int(suite.get("errors") or 0) >= 1
    assert json.loads((work / out / "result.json").read_text())["verdict"] == "ERROR"
    assert "ERROR" in (work / out / "summary.md").read_text()
    assert main.run(["report", out, "-o", "again.md"]) == 0
    write_golden(work / "support")
    assert cli("--update") == 0
    assert cli("-o", "out") == 0
    assert json.loads((work / "out" / "result.json").read_text())["verdict"] == "PASS"


def test_a_text_of_an_error_cannot_give_commands_to_a_build_log(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli("--github", "--baseline", "x\n::stop-commands::y.json") == 2

    assert not [line for line in capsys.readouterr().out.splitlines() if line.startswith("::stop")]


@given(kept=st.sets(st.integers(0, 11), min_size=1))
@settings(max_examples=30)
def test_a_narrowed_set_is_the_set_that_was_never_larger(kept: set[int]) -> None:
    def made(numbers: list[int]) -> GoldenSet:
        return GoldenSet.of(
            "some",
            queries={f"q{n:02}": f"text {n}" for n in numbers},
            corpus={f"d{n:02}": f"body {n}" for n in range(12)},
            qrels={f"q{n:02}": {f"d{n:02}": 1 + n % 2, f"d{(n + 1) % 12:02}": 0} for n in numbers},
        )

    small = narrowed(made(list(range(12))), {f"q{n:02}" for n in kept})

    assert small.judgements_digest == made(sorted(kept)).judgements_digest
    assert small.digest == made(sorted(kept)).digest


@given(
    numbers=st.lists(
        st.sampled_from(["same", "new", "gone", "reworded", "rejudged"]), min_size=1, max_size=12
    )
)
def test_every_query_is_common_or_named_with_what_happened(numbers: list[str]) -> None:
    def asked(*, after: bool) -> GoldenSet:
        shown = {f"q{n:02}": what for n, what in enumerate(numbers) if what != ("gone" if after else "new")}
        return GoldenSet.of(
            "some",
            queries={
                q: "other" if after and what == "reworded" else f"text {q}" for q, what in shown.items()
            },
            corpus={"d": "body"},
            qrels={q: {"d": 2 if after and what == "rejudged" else 1} for q, what in shown.items()},
        )

    before, after = describe_queries(asked(after=False)), describe_queries(asked(after=True))
    found = Changes.between(before, set(before), after)

    for what, names in (
        ("same", found.common),
        ("new", found.added),
        ("gone", found.gone),
        ("reworded", found.reworded),
        ("rejudged", found.rejudged),
    ):
        assert list(names) == [f"q{n:02}" for n, name in enumerate(numbers) if name == what]
    assert found.left_out + len(found.common) == len(numbers)


def test_measures_of_the_stored_means_are_those_of_the_golden_set(work: Path) -> None:
    assert cli("--update") == 0

    stored = read_baseline(work / "baselines" / "support" / "run-now.trec.json")

    assert stored.scores(read_golden(work / "support")).mean(Measure("nDCG", 10)) == 1.0
