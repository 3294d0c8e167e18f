"""What a test may demand: comparisons and gates of a small project, asked without pytest."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from evalkit.assertions.bench import Bench, tie_rule
from evalkit.assertions.comparisoncheck import ComparisonCheck, check_comparison
from evalkit.assertions.gatecheck import GateCheck, check_gate
from evalkit.config import Config, find_config
from evalkit.embedding.cache import VectorCache
from evalkit.errors import EvalkitError, ModelError, UnknownNameError
from evalkit.golden.goldenset import GoldenSet

QUERIES = 30
CONFIG = """
measures = ["nDCG@10", "MRR@10"]
depth = 20
[models.prod]
spec = "run/prod.trec"
[models.new]
spec = "run/new.trec"
"""


def write_run(path: Path, ranks: Mapping[int, int]) -> None:
    """Write a run in which query n finds its answer at rank ranks[n], else first."""
    rows = []
    for n in range(QUERIES):
        rank = ranks.get(n, 1)
        found = [f"x{place:02d}" for place in range(1, 12)]
        found.insert(rank - 1, f"d{n:02d}")
        rows += [
            f"q{n:02d} Q0 {document} {place} {50 - place} any" for place, document in enumerate(found, 1)
        ]
    path.write_text("\n".join(rows) + "\n")


def golden() -> GoldenSet:
    names = [f"{n:02d}" for n in range(QUERIES)]
    made = GoldenSet.of(
        "desk",
        queries={f"q{name}": f"question\x1b {name}" for name in names},
        corpus={**{f"d{name}": name for name in names}, **{f"x{n:02d}": "other" for n in range(1, 12)}},
        qrels={f"q{name}": {f"d{name}": 1} for name in names},
    )
    rows = np.arange(QUERIES)
    return replace(made, critical=rows < 3, segments={"first": rows < 25, "last": rows >= 25})


def bench(
    folder: Path, ranks: Mapping[int, int] | None = None, *, live: bool = False, update: bool = False
) -> Bench:
    """Return the bench of a project in a folder: `prod` answers everything first, `new` as `ranks` says."""
    (folder / "evalkit.toml").write_text(CONFIG)
    write_run(folder / "prod.trec", {})
    write_run(folder / "new.trec", ranks or {})
    config = find_config(folder)
    return Bench(
        config=config, cache=str(folder / "cache"), live=live, update=update, goldens={"desk": golden()}
    )


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def compared(folder: Path, ranks: Mapping[int, int]) -> ComparisonCheck:
    return check_comparison(bench(folder, ranks), "desk", baseline="prod", candidate="new")


def refused(check: ComparisonCheck, measure: str, *, margin: float, segment: str | None = None) -> str:
    with pytest.raises(AssertionError) as told:
        check.assert_non_inferior(measure, margin=margin, segment=segment)
    return str(told.value)


def gated(folder: Path, ranks: Mapping[int, int], **options: float | bool | str) -> GateCheck:
    """Store a baseline of `new` as it answers everything first, then hold what `ranks` says against it."""
    stored = check_gate(bench(folder, update=True), "desk", "new")
    assert stored.verdict == "UPDATED"
    return check_gate(bench(folder, ranks), "desk", "new", **options)  # type: ignore[arg-type] # by name


def test_a_candidate_that_loses_nothing_is_not_inferior_at_a_margin_that_so_few_queries_can_show(
    folder: Path,
) -> None:
    """Thirty ties exclude a loss of 0.1, and not one of 0.05: what never happened may yet happen."""
    same = compared(folder, {})
    for measure in ("nDCG@10", "MRR@10", "MAP@5"):
        same.assert_non_inferior(measure, margin=0.12)
        same.assert_non_inferior(measure, margin=0.12, segment="first")
    assert "difference 0.000" in refused(same, "MRR@10", margin=0.05)
    assert "worst" not in refused(same, "MRR@10", margin=0.05)
    same.assert_no_critical_losses()


def test_a_loss_is_refused_with_its_numbers_its_worst_queries_and_the_command(folder: Path) -> None:
    """Reciprocal ranks: 27 stay at 1, three fall to 1/2, 1/4 and 1/10: 0.0717 is lost on average."""
    told = refused(compared(folder, {7: 10, 8: 2, 9: 4}), "MRR@10", margin=0.02)
    because, numbers, difference, ends, *worst, again = told.split("\n")
    assert because.startswith("a loss of 0.02 in MRR@10 is not excluded (p ")
    assert because.endswith("> 0.025)")
    assert numbers == "  desk  MRR@10: prod 1.000, new 0.928"
    assert difference.startswith("  difference −0.072, 95 % interval [−0.")
    assert ends == "  won/tied/lost 0/27/3"
    assert worst == [
        '  worst  q07  1.000 → 0.100  "question\\x1b 07"',
        '  worst  q09  1.000 → 0.250  "question\\x1b 09"',
        '  worst  q08  1.000 → 0.500  "question\\x1b 08"',
    ]
    assert shlex.split(again)[1:4] == ["evalkit", "--config", str(folder / "evalkit.toml")]
    assert again.endswith(f"--cache {folder / 'cache'} --objective maintain --margin 0.02 --primary MRR@10")


def test_no_more_than_three_queries_are_named_and_none_that_did_not_fall(folder: Path) -> None:
    assert (
        refused(compared(folder, dict.fromkeys(range(5, 15), 5)), "MRR@10", margin=0.01).count("worst") == 3
    )
    assert refused(compared(folder, {5: 11}), "MRR@10", margin=0.001).count("worst") == 1


def test_a_loss_may_be_looked_for_in_a_segment_alone(folder: Path) -> None:
    check = compared(folder, dict.fromkeys(range(25, 30), 10))
    check.assert_non_inferior("MRR@10", margin=0.12, segment="first")
    told = refused(check, "MRR@10", margin=0.12, segment="last")
    assert "in MRR@10 in last is not excluded" in told
    assert told.count("worst") == 3
    assert "q25" in told


def test_a_segment_that_nobody_has_is_named_beside_the_nearest(folder: Path) -> None:
    with pytest.raises(UnknownNameError, match="no segment is called 'frist'") as told:
        compared(folder, {}).assert_non_inferior("MRR@10", margin=0.1, segment="frist")
    assert "did you mean first" in told.value.hint


def test_a_measure_that_was_not_asked_for_is_scored_now_and_gives_what_it_gives_when_asked(
    folder: Path,
) -> None:
    """The policy's level is one-sided 0.025: the margin at which it turns is the same either way."""
    check = compared(folder, dict.fromkeys(range(10), 3))
    assert "MAP@7" not in {str(row.measure) for row in check.outcome.comparisons[0]}
    assert "MAP@7: prod 1.000, new 0.778" in refused(check, "MAP@7", margin=0.2)
    check.assert_non_inferior("MAP@7", margin=0.6)


def test_critical_queries_that_are_lost_are_named_one_by_one(folder: Path) -> None:
    with pytest.raises(AssertionError) as told:
        compared(folder, {0: 11, 2: 12, 5: 11}).assert_no_critical_losses()
    lines = str(told.value).split("\n")
    assert lines[0] == "2 critical queries lost every relevant document from the top ten"
    assert lines[-2:] == ['  lost   q00  "question\\x1b 00"', '  lost   q02  "question\\x1b 02"']

    with pytest.raises(AssertionError, match="1 critical query lost"):
        compared(folder, {1: 11}).assert_no_critical_losses()
    compared(folder, {1: 10, 5: 11}).assert_no_critical_losses()


def test_the_numbers_of_a_comparison_are_those_of_its_primary_measure(folder: Path) -> None:
    numbers = compared(folder, {9: 2}).numbers
    assert (numbers["measure"], numbers["baseline"]) == ("nDCG@10", 1.0)
    assert numbers["now"] == pytest.approx((29 + 1 / np.log2(3)) / 30)
    assert numbers["delta"] == pytest.approx(numbers["now"] - 1)
    assert numbers["low"] <= numbers["delta"] <= numbers["high"]
    assert numbers["verdict"] in ("GO", "NO-GO", "INCONCLUSIVE")


def test_the_measures_that_the_config_states_are_those_that_are_scored(folder: Path) -> None:
    scored = compared(folder, {}).outcome.baseline.scores.measures
    assert [str(measure) for measure in scored] == ["nDCG@10", "Recall@10", "MRR@10"]


def test_what_was_said_of_index_and_ties_stands_in_the_command(folder: Path) -> None:
    check = check_comparison(
        bench(folder), "desk", baseline="prod", candidate="new", index="HNSW32", ties="expected"
    )
    assert "--baseline prod --candidate new --index HNSW32 --ties expected --cache" in check.command
    assert check.outcome.experiment.ties == "expected"
    assert (check.outcome.experiment.depth, check.outcome.experiment.seed) == (
        20,
        compared(folder, {}).outcome.experiment.seed,
    )


def test_a_gate_passes_on_what_was_stored_and_its_numbers_are_told(folder: Path) -> None:
    found = gated(folder, {})
    assert found.verdict == "PASS"
    found.check(strict=True)
    assert found.numbers["verdict"] == "PASS"
    assert found.text.split("\n")[-1].startswith("PASS")


def test_a_gate_fails_with_what_a_terminal_would_show(folder: Path) -> None:
    found = gated(folder, dict.fromkeys(range(10, 20), 10))
    assert found.verdict == "FAIL"
    for strict in (False, True):
        with pytest.raises(AssertionError) as told:
            found.check(strict=strict)
        assert str(told.value) == found.text
    assert "nDCG@10" in found.text
    assert "\x1b" not in found.text


@pytest.mark.parametrize(
    ("verdict", "strict", "fails"), [("WARN", False, False), ("WARN", True, True), ("PASS", True, False)]
)
def test_a_warning_is_no_pass_where_a_test_is_strict(verdict: str, strict: bool, fails: bool) -> None:  # noqa: FBT001 - drawn
    check = GateCheck(verdict=verdict, text="why", numbers={})
    if not fails:
        check.check(strict=strict)
        return
    with pytest.raises(AssertionError, match="why"):
        check.check(strict=strict)


def test_a_gate_says_how_to_ask_again_with_what_was_not_as_usual(folder: Path) -> None:
    usual = gated(folder, dict.fromkeys(range(10, 20), 10)).text
    assert f"gate desk --model new --cache {folder / 'cache'}" in usual.replace("\n", " ")

    ranks = dict.fromkeys(range(10, 20), 10)
    told = gated(folder, ranks, tolerance=0.02, common=True, index="HNSW32").text.replace("\n", " ")
    assert "gate desk --model new --index HNSW32 --tolerance 0.02 --common --cache" in told


def test_a_baseline_is_stored_where_it_was_said_or_beside_the_config(folder: Path) -> None:
    stored = check_gate(bench(folder, update=True), "desk", "new", baseline=str(folder / "mine.json"))
    assert stored.text == f"stored {folder / 'mine.json'}"
    assert (stored.numbers["measure"], stored.numbers["now"]) == ("nDCG@10", 1.0)
    assert (folder / "mine.json").exists()
    assert not (folder / "baselines").exists()

    check_gate(bench(folder, update=True), "desk", "new")
    assert (folder / "baselines" / "desk" / "new.json").exists()
    assert check_gate(bench(folder), "desk", "new", baseline=str(folder / "mine.json")).verdict == "PASS"


def test_without_a_baseline_there_is_nothing_to_hold_a_system_against(folder: Path) -> None:
    with pytest.raises(EvalkitError):
        check_gate(bench(folder), "desk", "new")


def test_offline_no_model_is_asked_and_live_one_is(folder: Path) -> None:
    with pytest.raises(ModelError, match="none is embedded here") as told:
        check_comparison(bench(folder), "desk", baseline="hash/8", candidate="new")
    assert "evalkit" in told.value.hint
    assert "run desk --model hash/8" in told.value.hint
    found = check_comparison(bench(folder, live=True), "desk", baseline="hash/64", candidate="hash/32")
    assert [item.system.name for item in found.outcome.evaluations] == ["hash/64", "hash/32"]


@pytest.mark.parametrize("stated", [None, "id", "expected"])
def test_a_rule_for_ties_is_one_that_there_is(stated: str | None) -> None:
    assert tie_rule(stated) == stated


@pytest.mark.parametrize("stated", ["", "ids", "exepcted"])
def test_a_rule_for_ties_that_there_is_not_is_told(stated: str) -> None:
    with pytest.raises(UnknownNameError, match="rule for ties"):
        tie_rule(stated)


def test_a_bench_reads_each_golden_set_once_and_knows_its_defaults(folder: Path) -> None:
    made = bench(folder)
    assert made.golden("helpdesk") is made.golden("helpdesk")
    assert made.system("prod", None).factory == "Flat"
    assert made.system("prod", "HNSW8").factory == "HNSW8"
    assert made.open_cache().folder == VectorCache(str(folder / "cache")).folder


def test_a_command_is_typed_as_a_shell_takes_it() -> None:
    bare = Bench(config=Config())
    assert bare.command("gate", "a set", "--model", "it's") == """evalkit gate 'a set' --model 'it'"'"'s'"""
    assert Bench(config=Config(), cache="c d").command("gate") == "evalkit gate --cache 'c d'"
