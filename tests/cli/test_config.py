"""The configuration: found upward, checked whole, outranked by environment and command line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from support_sets import write_golden

from evalkit.cli import main
from evalkit.config import find_config
from evalkit.errors import EvalkitError, UsageError

SOUND = """
baseline = "old"
candidates = ["new"]
measures = ["nDCG@10", "recall_5"]
depth = 50

[goldensets]
help = "sets/support"

[models.old]
spec = "vectors/vectors"
normalize = false

[models.new]
spec = "hash/128"

[policy]
objective = "maintain"
margin = 0.2
power = 0.9

[[policy.guardrails]]
measure = "Recall@10"
kind = "proven"
limit = 0.3

[policy.waivers]
q003 = "answered on the home page since May"
"""


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a golden set, vectors and a sound configuration."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    golden = write_golden(tmp_path / "sets" / "support")
    rng = np.random.default_rng(0)
    corpus = rng.normal(size=(120, 8)).astype(np.float32)
    (tmp_path / "vectors").mkdir()
    for stem, file, vectors in (
        ("corpus", "corpus.jsonl", corpus),
        ("queries", "queries.jsonl", corpus[:60]),
    ):
        ids = [json.loads(line)["_id"] for line in (golden / file).read_text().splitlines()]
        np.save(tmp_path / "vectors" / f"{stem}.npy", vectors)
        (tmp_path / "vectors" / f"{stem}.ids").write_text("\n".join(ids) + "\n")
    (tmp_path / "evalkit.toml").write_text(SOUND)
    return tmp_path


def compared(capsys: pytest.CaptureFixture[str], *more: str) -> dict:  # type: ignore[type-arg] # any JSON
    main.run(["compare", "help", "--json", *more])
    result: dict = json.loads(capsys.readouterr().out)  # type: ignore[type-arg] # the same
    return result


def test_names_paths_and_policy_come_from_the_file_wherever_one_stands(
    work: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    deep = work / "some" / "where"
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)

    result = compared(capsys)

    assert list(result["systems"]) == ["old", "new"]
    assert result["systems"]["old"]["spec"] == "vectors/vectors"
    assert result["systems"]["old"]["fingerprint"]["normalize"] is False
    assert result["question"]["objective"] == "maintain"
    assert (result["question"]["margin"], result["question"]["power"]) == (0.2, 0.9)
    assert result["question"]["depth"] == 50
    assert "Recall@5" in result["systems"]["old"]["measures"]
    assert [rule["name"] for rule in result["rules"] if "Recall@10" in rule["name"]]


def test_the_command_line_outranks_the_environment_and_that_the_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EVALKIT_COMPARE_MARGIN", "0.3")

    assert compared(capsys)["question"]["margin"] == 0.3
    assert compared(capsys, "--margin", "0.4")["question"]["margin"] == 0.4


def test_a_table_in_pyproject_says_the_same(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (work / "evalkit.toml").unlink()
    (work / "pyproject.toml").write_text('[tool.evalkit.models.old]\nspec = "hash/64"\n')

    assert main.run(["run", "sets/support", "--model", "old", "--json"]) == 0
    assert list(json.loads(capsys.readouterr().out)["systems"]) == ["old"]


def test_without_a_file_everything_has_its_default(tmp_path_factory: pytest.TempPathFactory) -> None:
    assert find_config(tmp_path_factory.mktemp("empty")).defaults() == {}


def test_all_problems_are_told_at_once_with_the_nearest_key(work: Path) -> None:
    (work / "evalkit.toml").write_text(
        """
        depht = 5
        depth = "many"
        measures = ["MRR@10", "Recal@20"]
        [models.x]
        normalize = true
        [models.z]
        spec = "vectors/new"
        normalise = false
        [models.r]
        spec = "run/prod.trec"
        normalize = false
        [models.t]
        spec = "openai/large"
        dimensions = "many"
        [models.y]
        spec = "hsh/64"
        [policy]
        margin = 3
        primary = "ndgc@10"
        objectiv = "improve"
        [[policy.guardrails]]
        kind = "strict"
        mesure = "MRR"
        """
    )

    with pytest.raises(UsageError) as caught:
        find_config(work)

    told = str(caught.value)
    for expected in (
        "unknown key depht",
        "did you mean depth?",
        "depth = 'many'",
        "models.x.spec is missing",
        "models.y.spec: no provider is called 'hsh'",
        "models.z: no option of vectors/ is called 'normalise'",
        "did you mean normalize?",
        "models.r: no option of run/ is called 'normalize'",
        "models.t: openai/large: dimensions = 'many' must be a whole number",
        "measures: no measure is called 'Recal@20'",
        "did you mean Recall@20?",
        "policy.margin = 3",
        "no measure is called 'ndgc@10'",
        "did you mean objective?",
        "policy.guardrails.0.kind",
        "did you mean measure?",
    ):
        assert expected in told
    assert {finding.code for finding in caught.value.findings} == {"EK132"}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("depth = ", "EK131"),
        ('[models.x]\nspec = "hash/8"\napi_key = "sk-123"\n', "EK133"),
        ("[policy]\nwaivers = 5\n", "EK132"),
    ],
)
def test_each_broken_file_names_its_code(work: Path, content: str, code: str) -> None:
    (work / "evalkit.toml").write_text(content)

    with pytest.raises(EvalkitError) as caught:
        find_config(work)

    assert code in [finding.code for finding in caught.value.findings]
    assert "sk-123" not in str(caught.value)


def test_a_config_that_was_named_and_is_absent_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["--config", "nowhere.toml", "golden", "check", "help"]) == 2
    assert "EK130" in capsys.readouterr().err


def test_an_alias_that_nothing_bears_offers_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["run", "help", "--model", "nw"]) == 2
    assert "did you mean new?" in capsys.readouterr().err


def test_an_unknown_option_of_a_model_offers_the_nearest(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (work / "evalkit.toml").write_text('[models.old]\nspec = "hash/8"\nnormalise = false\n')

    assert main.run(["run", "sets/support", "--model", "old"]) == 2
    assert "did you mean normalize?" in capsys.readouterr().err


def test_a_file_of_an_editor_that_writes_a_mark_is_read(work: Path) -> None:
    (work / "evalkit.toml").write_bytes(b"\xef\xbb\xbfdepth = 7\r\n")

    assert find_config(work).defaults() == {"depth": 7}


def test_a_misspelt_golden_set_offers_the_names_of_the_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["run", "hepl", "--model", "old"]) == 2
    assert "did you mean help?" in capsys.readouterr().err


def test_candidates_may_be_listed_by_their_aliases(capsys: pytest.CaptureFixture[str]) -> None:
    result = compared(capsys, "--baseline", "hash/512", "--candidate", "new,old,lsa/8", "--no-mix")

    assert list(result["systems"]) == ["hash/512", "new", "old", "lsa/8"]


def test_a_spec_in_the_file_is_relative_to_it_with_and_without_an_alias(
    work: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (work / "evalkit.toml").write_text(SOUND.replace('baseline = "old"', 'baseline = "vectors/vectors"'))
    (work / "deep").mkdir()
    monkeypatch.chdir(work / "deep")

    assert list(compared(capsys, "--no-mix")["systems"]) == ["vectors/vectors", "new"]


def test_a_folder_where_one_works_is_nearer_than_one_beside_the_file(
    work: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (work / "deep" / "vectors").mkdir(parents=True)
    monkeypatch.chdir(work / "deep")

    assert main.run(["run", "help", "--model", "vectors/vectors"]) == 2
    assert "queries.npy is missing\n  vectors/queries.npy" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        ('objective = "improve"', "policy.objective, under [policy]"),
        ('objectiv = "improve"', "policy.objective, under [policy]"),
        ("margin = 0.02", "policy.margin, under [policy]"),
        ("min_gian = 0.02", "policy.min_gain, under [policy]"),
        ('[policy]\nmeasures = ["nDCG@10"]', "measures at the top of the file"),
        ("[policy]\ndepht = 50", "depth at the top of the file"),
        ('[policy]\nobjectiv = "improve"', "did you mean objective?"),
        ("dpeth = 50", "did you mean depth?"),
    ],
)
def test_a_key_in_the_wrong_table_is_sent_to_the_right_one(content: str, hint: str, tmp_path: Path) -> None:
    (tmp_path / "evalkit.toml").write_text(content + "\n", encoding="utf-8")

    with pytest.raises(UsageError) as caught:
        find_config(tmp_path)

    assert hint in str(caught.value)


@pytest.mark.parametrize(
    "text", ["[policy]\nlooks = 1000000000000000000\n", "[policy]\nalpha = 1e-320\n", f"depth = {10**20}\n"]
)
def test_numbers_beyond_all_measure_are_bad_input(
    text: str, work: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(work)
    (work / "evalkit.toml").write_text(text)

    assert (
        main.run(["compare", "helpdesk", "--baseline", "hash/8", "--candidate", "hash/16", "--no-mix"]) == 2
    )
    assert "error[EK" in capsys.readouterr().err
