"""The pytest plugin: retrieval tests that fail with the reason, offline, the same under xdist; else silent.

pytester forgets the modules that a run has loaded; compiled ones cannot be loaded twice, hence the imports.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import faiss  # noqa: F401 - see above
import pytest
import scipy.special  # noqa: F401 - see above
from plugin_projects import write_project, write_run

import evalkit.assertions.comparisoncheck
import evalkit.assertions.gatecheck
import evalkit.reporting.pages.update  # noqa: F401 - see above
from evalkit.cli import main

pytest_plugins = ["pytester"]

GATE = """
def test_retrieval_has_not_regressed(evalkit):
    evalkit.gate("helpdesk", model="prod").check()
"""
COMPARE = """
def test_candidate_is_no_worse(evalkit):
    comparison = evalkit.compare("helpdesk", baseline="prod", candidate="new")
    comparison.assert_non_inferior("nDCG@10", margin=0.1)
    comparison.assert_no_critical_losses()
"""


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A project whose baseline of `prod` is stored."""
    monkeypatch.setenv("EVALKIT_CACHE", str(pytester.path / "cache"))
    write_project(pytester.path)
    assert main.run(["-q", "gate", "helpdesk", "--model", "prod", "--update"]) == 0
    return pytester


def run(project: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return project.runpytest_inprocess("-p", "no:cacheprovider", *arguments)


def down(count: int) -> dict[int, int]:
    return dict.fromkeys(range(1, 1 + count), 2)


def test_unchanged_passes_and_the_summary_says_so(project: pytest.Pytester) -> None:
    project.makepyfile(GATE)

    result = run(project)

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*= evalkit =*", "gate helpdesk prod: PASS  nDCG@10 1.000 → 1.000 (0.000)"])


def test_a_failure_shows_the_comparison_the_worst_queries_and_the_command(project: pytest.Pytester) -> None:
    project.makepyfile(GATE)
    write_run(project.path / "prod.trec", {**down(9), 20: 0})

    result = run(project)

    result.assert_outcomes(failed=1)
    result.stdout.re_match_lines(
        [
            r".*evalkit\.gate\(\"helpdesk\", model=\"prod\"\)\.check\(\)",
            r"E .*nDCG@10 +1\.000 +0\.928 .*0/50/10",
            r"E .*worst +q20  1\.000 → 0\.000  \"question topic20\"",
            r"E .*FAIL .*again: evalkit --config .*evalkit\.toml gate helpdesk --model prod",
            r"gate helpdesk prod: FAIL .*",
        ]
    )
    told = result.stdout.str()
    assert len(re.findall(r"E +worst ", told)) == 3
    assert "gatecheck.py" not in told


def test_the_command_that_is_named_gives_the_same(project: pytest.Pytester) -> None:
    project.makepyfile(GATE)
    write_run(project.path / "prod.trec", down(10))

    told = run(project).stdout.str()

    match = re.search(r"again: evalkit (.*)", told)
    assert match is not None
    assert main.run(match[1].split()) == 1


def test_a_lost_critical_query_fails(project: pytest.Pytester) -> None:
    project.makepyfile(GATE + COMPARE)
    write_run(project.path / "prod.trec", {0: 11})
    run(project).assert_outcomes(passed=1, failed=1)
    write_run(project.path / "prod.trec")
    write_run(project.path / "new.trec", {0: 11})

    result = run(project)

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.re_match_lines(
        [
            r"E .*1 critical query lost every relevant document from the top ten",
            r"E .*again  evalkit .*compare helpdesk --baseline prod --candidate new",
            r"E .*lost   q00  \"question topic0\"",
        ]
    )


def test_a_worse_candidate_is_not_non_inferior(project: pytest.Pytester) -> None:
    project.makepyfile(COMPARE)
    write_run(project.path / "new.trec", {1: 0, **dict.fromkeys(range(2, 12), 3)})

    result = run(project)

    result.assert_outcomes(failed=1)
    result.stdout.re_match_lines(
        [
            r"E .*a loss of 0\.1 in nDCG@10 is not excluded",
            r"E .*prod 1\.000, new 0\.900",
            r"E .*worst  q01  1\.000 → 0\.000  \"question topic1\"",
            r"E .*again  evalkit .* --objective maintain --margin 0\.1 --primary nDCG@10",
        ]
    )


def test_any_measure_may_be_asked_of_a_comparison(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import pytest

        def test_others(evalkit):
            comparison = evalkit.compare("helpdesk", baseline="prod", candidate="new")
            comparison.assert_non_inferior("MAP@20", margin=0.1)
            with pytest.raises(AssertionError, match="is not excluded"):
                comparison.assert_non_inferior("MAP@20", margin=0.01)
        """
    )

    run(project).assert_outcomes(passed=1)


def test_a_warning_fails_only_when_strict(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import pytest

        def test_warned(evalkit):
            found = evalkit.gate("helpdesk", model="prod")
            assert found.verdict == "WARN"
            found.check()
            with pytest.raises(AssertionError, match="WARN"):
                found.check(strict=True)
        """
    )
    write_run(project.path / "prod.trec", down(2))

    run(project).assert_outcomes(passed=1)


def test_numbers_are_properties_in_junit(project: pytest.Pytester) -> None:
    project.makepyfile(GATE)

    run(project, "--junitxml=junit.xml").assert_outcomes(passed=1)

    root = ET.parse(project.path / "junit.xml").getroot()  # noqa: S314 - our own file
    found = {item.get("name"): item.get("value") for item in root.iter("property")}
    assert found["evalkit.gate.helpdesk.prod.verdict"] == "PASS"
    assert found["evalkit.gate.helpdesk.prod.delta"] == "0.0"


@pytest.mark.long
def test_a_cold_cache_fails_and_names_what_fills_it(project: pytest.Pytester) -> None:
    project.makepyfile(GATE.replace("prod", "words"))
    assert main.run(["-q", "gate", "helpdesk", "--model", "words", "--update"]) == 0
    run(project).assert_outcomes(passed=1)

    cold = run(project, "--evalkit-cache", "elsewhere")

    cold.assert_outcomes(failed=1)
    cold.stdout.re_match_lines(
        [
            r"error\[EK157\].*140 texts",
            r".*fill the cache with  evalkit .* gate helpdesk --model words --cache",
        ]
    )
    assert not list((project.path / "elsewhere" / "matrices").iterdir())
    run(project, "--evalkit-cache", "elsewhere", "--evalkit-live").assert_outcomes(passed=1)
    run(project, "--evalkit-cache", "elsewhere").assert_outcomes(passed=1)


def test_a_comparison_with_a_cold_cache_names_the_system(project: pytest.Pytester) -> None:
    project.makepyfile(COMPARE.replace("new", "words"))

    result = run(project)

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*evalkit*run helpdesk --model words*"])


def test_without_a_baseline_the_failure_says_how_to_store_one(project: pytest.Pytester) -> None:
    project.makepyfile(GATE.replace("prod", "new"))

    result = run(project)

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*EK151*", "*--update*"])
    assert "Traceback" not in result.stdout.str()


def test_a_baseline_is_stored_on_request_and_never_under_ci(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.makepyfile(GATE)
    write_run(project.path / "prod.trec", down(10))
    path = project.path / "baselines" / "helpdesk" / "prod.json"
    before = path.read_bytes()

    monkeypatch.setenv("CI", "true")
    refused = run(project, "--evalkit-update-baseline")
    assert refused.ret == pytest.ExitCode.USAGE_ERROR
    refused.stderr.fnmatch_lines(["*refused under CI=true*"])
    assert path.read_bytes() == before

    monkeypatch.delenv("CI")
    run(project).assert_outcomes(failed=1)
    run(project, "--evalkit-update-baseline").assert_outcomes(passed=1)
    assert path.read_bytes() != before
    run(project).assert_outcomes(passed=1)


def test_tests_that_use_it_are_marked(project: pytest.Pytester) -> None:
    project.makepyfile(GATE + "\ndef test_other():\n    pass\n")

    run(project, "-m", "evalkit", "--strict-markers").assert_outcomes(passed=1, deselected=1)


def test_unused_it_is_silent_and_imports_nothing(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import sys

        def test_nothing():
            loaded = {name for name in sys.modules if name.startswith("evalkit")}
            assert loaded <= {"evalkit", "evalkit.pytest_plugin"}, loaded
            assert "numpy" not in sys.modules
        """
    )

    result = project.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:hypothesispytest")

    result.assert_outcomes(passed=1)
    assert (
        "evalkit"
        not in result.stdout.str().replace(str(project.path), "").split("plugins:")[-1].split("\n", 1)[1]
    )


def test_importing_the_plugin_needs_no_more_than_pytest() -> None:
    code = "import sys, evalkit.pytest_plugin; print('numpy' in sys.modules, 'click' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["False", "False"]


def test_the_test_that_init_writes_passes_once_the_cache_is_filled(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVALKIT_CACHE", str(pytester.path / "cache"))
    assert main.run(["init"]) == 0
    run(pytester, "tests").assert_outcomes(failed=2)

    assert main.run(["-q", "gate", "example", "--model", "production"]) == 0
    assert main.run(["-q", "run", "example", "--model", "candidate"]) == 0

    run(pytester, "tests").assert_outcomes(passed=2)


@pytest.mark.long
@pytest.mark.parametrize("workers", ["2", pytest.param("8", marks=pytest.mark.slow)])
def test_many_workers_give_the_answer_of_one(project: pytest.Pytester, workers: str) -> None:
    project.makepyfile(
        """
        import pytest

        @pytest.mark.parametrize("number", range(8))
        def test_gate(evalkit, number):
            evalkit.gate("helpdesk", model="prod").check()
        """
    )
    write_run(project.path / "prod.trec", down(10))

    alone = run(project)
    shared = project.runpytest_subprocess("-p", "no:cacheprovider", "-n", workers)

    alone.assert_outcomes(failed=8)
    shared.assert_outcomes(failed=8)

    def told(result: pytest.RunResult) -> list[str]:
        lines = (line.strip() for line in result.stdout.lines)
        return sorted(line for line in lines if line.startswith(("E ", "gate helpdesk")))

    assert told(shared) == told(alone)
    assert len([line for line in told(alone) if line.startswith("gate helpdesk prod: FAIL")]) == 8


def test_errors_are_told_once_and_validity_comes_before_the_cache(project: pytest.Pytester) -> None:
    """A cold cache and a baseline of other questions: no command that fills the cache cures the second."""
    project.makepyfile(GATE.replace("prod", "words"))
    assert main.run(["-q", "gate", "helpdesk", "--model", "words", "--update"]) == 0
    folder = project.path / "sets" / "helpdesk"
    with (folder / "queries.jsonl").open("a") as file:
        file.write('\n{"_id": "zz", "text": "a question more"}')
    with (folder / "qrels" / "test.tsv").open("a") as file:
        file.write("\nzz\td00\t1\n")

    result = run(project, "--evalkit-cache", "elsewhere")

    result.assert_outcomes(failed=1)
    text = result.stdout.str()
    assert "EK157" not in text
    assert text.count("1 query new: zz") == 1
    assert "During handling" not in text
    project.makepyfile(GATE.replace('"prod"', '"words", common=True'))
    run(project).assert_outcomes(passed=1)


def test_a_test_states_the_tie_rule_and_a_new_baseline_keeps_it(project: pytest.Pytester) -> None:
    path = project.path / "baselines" / "helpdesk" / "prod.json"
    project.makepyfile(GATE.replace('"prod"', '"prod", ties="expected"'))

    run(project).assert_outcomes(failed=1)  # the baseline was stored by ids
    run(project, "--evalkit-update-baseline").assert_outcomes(passed=1)
    run(project).assert_outcomes(passed=1)
    project.makepyfile(GATE)
    run(project, "--evalkit-update-baseline").assert_outcomes(passed=1)
    assert '"ties": "expected"' in path.read_text()
    assert main.run(["-q", "gate", "helpdesk", "--model", "prod", "--update"]) == 0
    assert '"ties": "expected"' in path.read_text()
    assert main.run(["-q", "gate", "helpdesk", "--model", "prod", "--update", "--ties", "id"]) == 0
    assert '"ties"' not in path.read_text()


def test_a_tie_rule_that_is_none_is_told(project: pytest.Pytester) -> None:
    project.makepyfile(COMPARE.replace('"new"', '"new", ties="expectd"'))

    result = run(project)

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*expectd*", "*did you mean expected?*"])


def test_a_comparison_takes_the_tie_rule(project: pytest.Pytester) -> None:
    project.makepyfile(COMPARE.replace('"new"', '"new", ties="expected"'))

    run(project).assert_outcomes(passed=1)


@pytest.mark.parametrize("what", ["gate", "compare"])
def test_a_search_over_the_network_is_not_asked_offline(project: pytest.Pytester, what: str) -> None:
    address = 'spec = "http/http://127.0.0.1:9/?q={query}"'
    with (project.path / "evalkit.toml").open("a") as file:
        file.write(f"\n[models.shop]\n{address}\n")
    stored = project.path / "baselines" / "helpdesk" / "prod.json"
    told = json.loads(stored.read_text())
    told["system"], told["spec"] = "shop", "http/http://127.0.0.1:9/?q={query}"
    told["fingerprint"] |= {"provider": "http", "model": "http://127.0.0.1:9/?q={query}"}
    (stored.parent / "shop.json").write_text(json.dumps(told))
    project.makepyfile((GATE if what == "gate" else COMPARE).replace('"prod"', '"shop"'))

    result = run(project)

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*EK157*asked over the network*", "*--evalkit-live*"])
