"""A broken candidate is told as such by every command, and short results by every kind of system."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from evalkit.cli import main
from evalkit.evaluation import Setting, System, evaluate
from evalkit.golden.folder import read_golden
from evalkit.scoring.measure import Measure

QUERIES, DOCUMENTS, DIMS = 40, 120, 24


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write a golden set with sound vectors, and go to its folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    (tmp_path / "set" / "qrels").mkdir(parents=True)
    for name, key, count in (("queries", "q", QUERIES), ("corpus", "d", DOCUMENTS)):
        lines = [json.dumps({"_id": f"{key}{n:03}", "text": f"text {key}{n}"}) + "\n" for n in range(count)]
        (tmp_path / "set" / f"{name}.jsonl").write_text("".join(lines))
    judged = "".join(f"q{n:03}\td{n:03}\t1\n" for n in range(QUERIES))
    (tmp_path / "set" / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\n" + judged)
    (tmp_path / "set" / "golden.toml").write_text('name = "set"\nversion = "1"\njudgments = "complete"\n')
    queries, corpus = vectors()
    save(tmp_path / "sound", queries, corpus)
    save(tmp_path / "shifted", queries, np.roll(corpus, 1, axis=0))
    save(tmp_path / "other", np.random.default_rng(9).standard_normal(queries.shape), corpus)
    return tmp_path


def vectors() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(4)
    corpus = rng.standard_normal((DOCUMENTS, DIMS))
    return corpus[:QUERIES] + 0.4 * rng.standard_normal((QUERIES, DIMS)), corpus


def save(folder: Path, queries: np.ndarray, corpus: np.ndarray) -> None:
    folder.mkdir()
    for stem, key, made in (("queries", "q", queries), ("corpus", "d", corpus)):
        np.save(folder / f"{stem}.npy", made.astype(np.float32))
        (folder / f"{stem}.ids").write_text("".join(f"{key}{n:03}\n" for n in range(len(made))))


@pytest.mark.parametrize("broken", ["shifted", "other"])
@pytest.mark.parametrize("door", ["run", "compare", "gate"])
def test_a_broken_candidate_is_told_as_the_baseline_is(
    shop: Path, capsys: pytest.CaptureFixture[str], broken: str, door: str
) -> None:
    del shop
    spec = f"vectors/{broken}"
    commands = {
        "run": (["run", "set", "--model", spec], 0),
        "compare": (["compare", "set", "--baseline", "vectors/sound", "--candidate", spec], 1),
        "gate": (["gate", "set", "--model", spec, "--update"], 2),
    }
    command, code = commands[door]

    assert main.run(command) == code

    told = capsys.readouterr()
    assert "[EK520]" in told.err
    assert "against its own id" in told.err
    if door == "compare":
        assert f"Mend the input of {spec}" in told.out
        assert "Look at each lost query" not in told.out


def test_a_run_of_other_ids_at_chance_has_a_hint_for_run_files(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [
        f"q{query:03} Q0 d{(query + 7 + place) % DOCUMENTS:03} {place + 1} {1 / (place + 1)} s\n"
        for query in range(QUERIES)
        for place in range(10)
    ]
    (shop / "shifted.trec").write_text("".join(lines))

    assert (
        main.run(
            ["compare", "set", "--baseline", "vectors/sound", "--candidate", "run/shifted.trec", "--json"]
        )
        == 1
    )

    told = capsys.readouterr()
    assert "was it made on this corpus" in told.err
    sentence = json.loads(told.out)["decisions"][0]["sentence"]
    assert sentence.startswith(
        "run/shifted.trec finds no more than a random order would: its input is broken"
    )


def short_lists(limit: int) -> str:
    return (
        "import numpy as np\nfrom test_broken_candidates import vectors\nQ, C = vectors()\n"
        "def find(queries, depth):\n"
        "    orders = [(-(C @ q)).argsort()[: min(depth, LIMIT)] for q in Q]\n"
        "    return [[(f'd{n:03}', float(C[n] @ q)) for n in order] for order, q in zip(orders, Q)]\n"
    ).replace("LIMIT", str(limit))


@pytest.mark.parametrize(
    ("limit", "measures", "told"),
    [
        (
            40,
            ["nDCG@10", "Recall@100"],
            ["no query has more than 40 results of the 100", "Recall@100 looks further"],
        ),
        (40, ["nDCG@10"], ["no query has more than 40 results of the 100"]),
        (100, ["nDCG@10", "Recall@100"], []),
    ],
)
def test_fewer_results_than_asked_are_told_of_a_search_too(
    shop: Path, limit: int, measures: Sequence[str], told: list[str]
) -> None:
    (shop / f"short_{limit}_{len(measures)}.py").write_text(short_lists(limit))
    system = System.parse(f"search/short_{limit}_{len(measures)}:find")
    setting = Setting(golden=read_golden(shop / "set"), measures=tuple(map(Measure.parse, measures)))

    found = [f.problem for f in evaluate(system, setting).findings if f.code == "EK438"]

    assert len(found) == min(1, len(told))
    assert all(words in found[0] for words in told)
