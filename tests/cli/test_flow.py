"""The command line: verdicts become exit codes, results go to stdout, files are whole or absent."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support_sets import write_golden, write_run

from evalkit.auditing.stores.faults import Client
from evalkit.cli import main
from evalkit.errors import EvalkitError

Cli = Callable[..., int]


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, with a cache of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    write_golden(tmp_path / "support")
    return tmp_path


def cli(*arguments: object) -> int:
    return main.run([str(argument) for argument in arguments])


def compared(work: Path, baseline: dict[int, int], candidate: dict[int, int], *more: str) -> int:
    old, new = write_run(work / "old.trec", baseline), write_run(work / "new.trec", candidate)
    return cli("compare", "support", "--baseline", f"run/{old}", "--candidate", f"run/{new}", *more)


def better(count: int, rank: int) -> dict[int, int]:
    """Every second query at `rank`, so that both segments have some."""
    return dict.fromkeys(range(4, 4 + count), rank)


def result_in(text: str) -> dict[str, Any]:
    def refuse(name: str) -> None:
        raise AssertionError(f"{name} in the JSON")

    parsed: dict[str, Any] = json.loads(text, parse_constant=refuse)
    return parsed


def test_a_clear_gain_is_go_and_exits_with_0(work: Path) -> None:
    assert compared(work, better(40, 5), {}) == 0


def test_a_clear_loss_is_no_go_and_exits_with_1(work: Path) -> None:
    assert compared(work, {}, better(40, 5)) == 1


def test_two_equal_systems_are_inconclusive_and_exit_with_3(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compared(work, {}, {}, "--json") == 3
    result = result_in(capsys.readouterr().out)
    rows = [row for row in result["comparisons"] if row["segment"] is None]
    assert {row["delta"] for row in rows} == {0.0}
    assert {row["p_two_sided"] for row in rows} == {1.0}


@pytest.mark.parametrize(("choice", "code"), [("pass", 0), ("fail", 1)])
def test_inconclusive_exits_as_the_user_chose(work: Path, choice: str, code: int) -> None:
    assert compared(work, {}, {}, "--inconclusive", choice) == code


def test_equal_systems_are_go_when_a_loss_within_the_margin_is_accepted(work: Path) -> None:
    assert compared(work, {}, {}, "--objective", "maintain", "--margin", "0.1") == 0


def test_one_lost_critical_query_stops_a_clear_gain_and_the_other_verdict_is_told(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compared(work, better(40, 5), {3: 0}, "--json") == 1
    (decision,) = result_in(capsys.readouterr().out)["decisions"]
    assert (decision["reason"], decision["verdict_without_critical"]) == ("CRITICAL", "GO")


def test_json_is_one_object_with_every_promised_key(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    compared(work, better(40, 5), {}, "--json", "--segment", "source=mail", "--measure", "MAP@10,Hit@1")

    result = result_in(capsys.readouterr().out)

    promised = (
        "schema verdict golden systems comparisons rules critical unjudged power counts queries decisions"
    )
    assert set(promised.split()) | {"mix", "provenance"} <= set(result)
    assert result["golden"]["queries"] == 60
    assert {row["measure"] for row in result["comparisons"]} >= {"nDCG@10", "Recall@10", "MAP@10", "Hit@1"}
    assert {row["segment"] for row in result["comparisons"]} == {None, "even", "odd", "source=mail"}
    whole = {"measure": "nDCG@10", "segment": None}
    (row,) = [row for row in result["comparisons"] if whole.items() <= row.items()]
    assert (row["wins"], row["ties"], row["losses"]) == (40, 20, 0)
    assert row["low"] < row["delta"] < row["high"]


def test_the_terminal_names_verdict_and_next_command_in_its_last_line(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    compared(work, better(40, 5), {})

    last = capsys.readouterr().out.rstrip("\n").split("\n")[-1]

    assert last.startswith("GO")
    assert "reports/support/report.html" in last


def test_the_files_of_an_outcome_are_written_together(work: Path) -> None:
    compared(work, better(40, 5), {}, "-o", "out")

    names = {path.name for path in (work / "out").iterdir()}
    assert {"report.html", "result.json", "summary.md", "junit.xml"} <= names
    assert names & {"per_query.parquet", "per_query.csv"}
    assert not [name for name in names if "part" in name]


def test_another_experiment_is_never_overwritten_without_force(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    compared(work, better(40, 5), {}, "-o", "out")
    before = (work / "out" / "result.json").read_bytes()

    assert compared(work, better(40, 5), {}, "-o", "out", "--margin", "0.05") == 2
    assert "EK612" in capsys.readouterr().err
    assert (work / "out" / "result.json").read_bytes() == before
    assert compared(work, better(40, 5), {}, "-o", "out") == 0
    assert compared(work, better(40, 5), {}, "-o", "out", "--margin", "0.05", "--force") == 0


def test_without_an_output_another_experiment_gets_a_folder_of_its_own(work: Path) -> None:
    compared(work, better(40, 5), {})
    compared(work, better(40, 5), {}, "--margin", "0.05")

    assert len(list((work / "reports").iterdir())) == 2


def test_an_output_that_cannot_be_written_is_told_before_the_work(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (work / "file").write_text("in the way")

    assert (
        cli("compare", "support", "--baseline", "hash/64", "--candidate", "hash/128", "-o", "file/out") == 2
    )
    assert "EK611" in capsys.readouterr().err


def test_a_result_renders_again_byte_for_byte_from_its_file_alone(work: Path) -> None:
    compared(work, better(40, 5), {}, "-o", "out")
    moved = work / "elsewhere.json"
    moved.write_bytes((work / "out" / "result.json").read_bytes())

    assert cli("report", moved, "-o", "again.html") == 0
    assert (work / "again.html").read_bytes() == (work / "out" / "report.html").read_bytes()
    assert cli("report", moved, "-o", "again.md") == 0
    assert (work / "again.md").read_bytes() == (work / "out" / "summary.md").read_bytes()


@pytest.mark.parametrize("content", [None, "{", "[]", '{"schema": 99}', "{}"])
def test_what_is_no_result_is_refused(
    work: Path, content: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    if content is not None:
        (work / "some.json").write_text(content)

    assert cli("report", "some.json") == 2
    assert "EK118" in capsys.readouterr().err


def test_redacted_no_text_reaches_a_file_stdout_or_a_page_made_later(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = ("question about topic", "answer on topic")
    compared(work, {3: 0}, {}, "-o", "open")
    compared(work, {}, {3: 0}, "-o", "out", "--redact-text", "--assets")
    compared(work, {}, {3: 0}, "--redact-text", "--json")
    capsys.readouterr()
    assert cli("report", "out", "-o", "-") == 0
    assert cli("report", "open", "-o", "later.html", "--redact-text") == 0
    written = [*(work / "out").iterdir(), work / "later.html"]
    assert {"report.css", "report.js"} <= {path.name for path in written}
    told = [capsys.readouterr().out, *(path.read_bytes().decode("utf-8", "ignore") for path in written)]
    assert "q003" in told[0]
    for text in texts:
        assert text in (work / "open" / "result.json").read_text()
        assert not [one for one in told if text in one]


def test_a_page_with_assets_is_rendered_again_byte_for_byte(work: Path) -> None:
    compared(work, better(40, 5), {}, "-o", "out", "--assets")
    pages = {path.name: path.read_bytes() for path in (work / "out").glob("report.*")}
    for path in (work / "out").glob("report.*"):
        path.unlink()
    assert cli("report", "out", "--assets") == 0
    assert {path.name: path.read_bytes() for path in (work / "out").glob("report.*")} == pages
    assert len(pages) == 3


def test_a_report_has_an_extension_that_says_its_form(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    compared(work, {}, {}, "-o", "out")

    assert cli("report", "out", "-o", "x.pdf") == 2
    assert ".html, .md, .xml" in capsys.readouterr().err


def test_a_run_that_was_written_scores_the_same_when_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli("run", "support", "--model", "hash/256", "-o", "hash.trec", "--json") == 0
    direct = result_in(capsys.readouterr().out)["systems"]["hash/256"]["measures"]

    assert cli("run", "support", "--model", "run/hash.trec", "--json") == 0
    assert result_in(capsys.readouterr().out)["systems"]["run/hash.trec"]["measures"] == direct


def test_a_run_file_of_another_system_is_not_overwritten(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli("run", "support", "--model", "hash/256", "-o", "x.trec") == 0

    assert cli("run", "support", "--model", "hash/64", "-o", "x.trec") == 2
    assert "EK612" in capsys.readouterr().err
    assert cli("run", "support", "--model", "hash/256", "-o", "x.trec") == 0


def test_a_second_run_embeds_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("compare", "support", "--baseline", "hash/64", "--candidate", "lsa/32", "--inconclusive", "pass")
    cli(*asked)
    capsys.readouterr()

    cli(*asked)

    assert "nothing embedded" in capsys.readouterr().err


def test_an_approximate_index_is_shown_beside_exact_search(capsys: pytest.CaptureFixture[str]) -> None:
    cli(
        "compare", "support", "--baseline", "hash/64", "--candidate", "hash/128", "--index", "HNSW8", "--json"
    )

    systems = result_in(capsys.readouterr().out)["systems"]

    assert systems["hash/128"]["index"] == "HNSW8"
    assert set(systems["hash/128"]["exact_measures"]) == set(systems["hash/128"]["measures"])


BAD: dict[str, tuple[tuple[str, ...], str, str]] = {
    "unknown command": (("compar",), "EK102", "did you mean compare"),
    "no golden set": (
        ("compare", "nowhere", "--baseline", "hash/8", "--candidate", "hash/9"),
        "EK102",
        "nowhere",
    ),
    "missing option": (("compare", "support", "--baseline", "hash/8"), "EK101", "--candidate"),
    "unknown option": (("compare", "support", "--basline", "hash/8"), "EK101", "--baseline"),
    "unknown provider": (("run", "support", "--model", "hsh/8"), "EK102", "did you mean hash"),
    "no provider": (("run", "support", "--model", "minilm"), "EK113", "provider/model"),
    "unknown measure": (("run", "support", "--model", "hash/8", "--measure", "ndgc@10"), "EK102", "nDCG"),
    "cutoff of zero": (
        ("run", "support", "--model", "hash/8", "--measure", "nDCG@0"),
        "EK111",
        "looks at nothing",
    ),
    "cutoff beyond depth": (
        ("run", "support", "--model", "hash/8", "--measure", "Recall@50", "--depth", "20"),
        "EK112",
        "--depth 50",
    ),
    "depth of zero": (("run", "support", "--model", "hash/8", "--depth", "0"), "EK116", "1 or more"),
    "bad index": (("run", "support", "--model", "hash/8", "--index", "Flatter"), "EK403", "factory string"),
    "no such run file": (("run", "support", "--model", "run/none.trec"), "EK430", "none.trec"),
    "margin above one": (
        ("compare", "support", "--baseline", "hash/8", "--candidate", "hash/9", "--margin", "2"),
        "EK122",
        "margin",
    ),
    "candidate is the baseline": (
        ("compare", "support", "--baseline", "hash/8", "--candidate", "hash/8"),
        "EK117",
        "hash/8",
    ),
    "segment without value": (
        ("compare", "support", "--baseline", "hash/8", "--candidate", "hash/9", "--segment", "mail"),
        "EK124",
        "KEY=VALUE",
    ),
    "vectors of another set": (("run", "support", "--model", "vectors/none"), "EK342", "none"),
}


@pytest.mark.parametrize(("arguments", "code", "told"), BAD.values(), ids=BAD.keys())
def test_each_bad_input_is_one_clear_error_and_exit_code_2(
    work: Path, arguments: tuple[str, ...], code: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli(*arguments) == 2

    captured = capsys.readouterr()
    assert captured.err.startswith(f"error[{code}]")
    assert told in captured.err
    assert "hint:" in captured.err
    assert "Traceback" not in captured.err
    assert captured.out == ""
    assert not (work / "reports").exists()


def test_nothing_to_evaluate_exits_with_5(work: Path) -> None:
    write_golden(work / "unanswered", relevant=False)

    assert cli("run", "unanswered", "--model", "hash/64") == 5


def test_a_provider_that_fails_exits_with_4() -> None:
    assert cli("--offline", "run", "support", "--model", "st/nobody/nothing") == 4


def test_a_baseline_at_chance_level_is_refused(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    never = dict.fromkeys(range(60), 0)

    assert compared(work, never, {}) == 2
    told = capsys.readouterr().err
    assert "EK520" in told
    assert "do its ids mean the queries and documents of this golden set" in told


def test_a_bug_is_a_message_and_exits_with_70(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(main.COMMANDS, "nowhere", "A command without a module.")

    assert cli("nowhere") == 70
    assert "bug[EK900]" in capsys.readouterr().err


def test_a_panic_of_a_library_is_no_verdict(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Libraries in Rust raise what is no Exception, which would end the process with 1: NO-GO."""

    class PanicException(BaseException):
        """As pyo3 calls it."""

    def panic(*_: object, **__: object) -> None:
        raise PanicException("called `Option::unwrap()` on a `None` value")

    monkeypatch.setattr(main.evalkit, "main", panic)
    assert cli("doctor") == 70
    assert "bug[EK900]: PanicException: called" in capsys.readouterr().err

    asked = Client(refuses=lambda _: False, needed="", hint="take a copy")
    with pytest.raises(EvalkitError, match="chroma://x cannot be read: called"):
        asked.asked("chroma://x", panic)

    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        asked.asked("chroma://x", interrupted)


@pytest.mark.parametrize("name", main.COMMANDS)
def test_every_command_of_the_help_is_one(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli(name, "--help") == 0
    assert f"Usage: evalkit {name}" in capsys.readouterr().out


def test_help_tells_what_each_command_is_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli("--help") == 0
    told = " ".join(capsys.readouterr().out.split())
    assert all(f"{name} {summary}" in told for name, summary in main.COMMANDS.items())


def test_golden_check_tells_what_it_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli("golden", "check", "support") == 0
    told = " ".join(capsys.readouterr().out.split())  # a narrow terminal folds it
    assert "60 queries, 60 with a relevant document · 120 documents · 60 judgements" in told


def test_golden_check_of_a_broken_set_exits_with_2(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with (work / "support" / "qrels" / "test.tsv").open("a") as file:
        file.write("\nq001\tnowhere\t1\n")

    assert cli("golden", "check", "support") == 2
    assert "test.tsv:62   nowhere" in capsys.readouterr().err


def test_a_reader_that_leaves_a_pipe_early_is_no_error(work: Path) -> None:
    command = f"{sys.executable} -m evalkit.cli.main golden check support | true"
    assert subprocess.run(command, shell=True, cwd=work, env={**os.environ}, check=False).returncode == 0  # noqa: S602 - a pipe is what is tested


def test_the_way_to_a_candidate_is_part_of_the_result_unless_left_out(
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked = ("compare", "support", "--baseline", "hash/64", "--candidate", "hash/256", "--json")

    cli(*asked, "--primary", "MRR")
    with_way = result_in(capsys.readouterr().out)
    cli(*asked, "--no-mix")
    without = result_in(capsys.readouterr().out)

    assert {row["strategy"] for row in with_way["mix"]} == {
        "filter-new",
        "dual-raw",
        "dual-calibrated",
        "stay-old",
    }
    assert {row["measure"] for row in with_way["mix"]} == {"nDCG@10", "Recall@10"}
    assert (without["mix"], without["mix_summary"]) == ([], [])


def test_mix_prints_the_curve_and_its_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        cli("mix", "support", "--old", "lsa/64", "--new", "hash/64", "--shares", "0,0.5,1", "--controls") == 0
    )

    told = " ".join(capsys.readouterr().out.split())  # lines are folded at the width that there is
    assert "lsa/64 → hash/64, order random, nDCG@10" in told
    assert "hash/64, rotated" in told
    assert "never falls below the old index" in told or "never fall below the old index" in told


def test_mix_in_json_has_the_promised_rows(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("--strategy", "new-query,dual-rrf", "--shares", "3", "--order", "id", "-o", "lab", "--json")

    assert cli("mix", "support", "--old", "lsa/64", "--new", "hash/64", *asked) == 0

    rows = result_in(capsys.readouterr().out)["mix"]
    assert set(rows[0]) == {
        "old",
        "new",
        "order",
        "strategy",
        "measure",
        "cohort",
        "share",
        "value",
        "low",
        "high",
    }
    assert {row["share"] for row in rows} == {0.0, 0.5, 1.0}
    assert {row["cohort"] for row in rows} == {None, "moved", "unmoved"}
    assert {row["order"] for row in rows} == {"id"}
    assert (work / "lab" / "result.json").exists()


@pytest.mark.parametrize(
    "wrong", [("--strategy", "new-qery"), ("--order", "rndom"), ("--shares", "0,2"), ("--shares", "x")]
)
def test_mix_refuses_what_it_does_not_know(
    wrong: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli("mix", "support", "--old", "lsa/64", "--new", "hash/64", *wrong) == 2
    assert capsys.readouterr().err.startswith("error[")
