"""The seal: a result that is not what was written says so, whoever changed it; older ones have none."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from outcomes import outcomes

from evalkit.cli import main
from evalkit.results.reading import read_result
from evalkit.results.record import json_text
from evalkit.results.seal import CHANGED, seal_findings, sealed

WRITTEN = Path(__file__).parent.parent / "results" / "written"
RESULTS = {
    "compare": "rep/result.json",
    "mix": "mixed/result.json",
    "plan": "planned/plan.json",
    "diff": "diffed/result.json",
    "gate": "gated/result.json",
    "audit": "audited/result.json",
    "canary": "watched/result.json",
    "parity": "parity.json",
}
COUNTS = re.compile(r'"(documents|count|users|events|n)": ([0-9])')
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()
)
objects = st.dictionaries(
    st.text(), st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the outcome of every command that writes one."""
    return outcomes(tmp_path_factory.mktemp("place"), "gate --update", "embed", *RESULTS)


@pytest.fixture(autouse=True)
def _there(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    monkeypatch.setenv("EVALKIT_CACHE", str(place / "kept"))


def flipped(text: str) -> str:
    """Return a result with another digit in one of its counts."""
    found = COUNTS.search(text)
    assert found
    return text[: found.end() - 1] + str((int(found[2]) + 1) % 9 + 1) + text[found.end() :]


@pytest.mark.parametrize("name", RESULTS)
def test_what_is_written_is_sealed_and_its_seal_fits(name: str) -> None:
    written = json.loads(Path(RESULTS[name]).read_text(encoding="utf-8"))
    assert len(written["provenance"]["seal"]) == 64
    assert seal_findings(written, "x") == ()


@pytest.mark.parametrize("name", ["compare", "mix", "plan", "diff", "gate", "audit", "canary"])
def test_one_flipped_digit_is_told_and_stands_on_no_page_in_silence(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / Path(RESULTS[name]).name
    path.write_text(flipped(Path(RESULTS[name]).read_text(encoding="utf-8")), encoding="utf-8")

    assert main.run(["report", RESULTS[name], "-o", str(tmp_path / "sound.md")]) == 0
    assert CHANGED not in capsys.readouterr().err
    assert main.run(["report", str(path), "-o", str(tmp_path / "changed.md")]) == 0
    told = capsys.readouterr().err
    assert f"warning[{CHANGED}]" in told
    assert str(path) in told


def test_a_changed_result_says_so_among_its_findings(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    path.write_text(flipped(Path(RESULTS["compare"]).read_text(encoding="utf-8")))
    assert read_result(path).findings[-1].code == CHANGED
    assert CHANGED not in [part.code for part in read_result(Path(RESULTS["compare"])).findings]


def test_what_is_read_and_written_again_has_the_same_bytes(tmp_path: Path) -> None:
    assert read_result(Path("rep")).text() == Path("rep/result.json").read_text(encoding="utf-8")
    changed = tmp_path / "result.json"
    written = json.loads(Path("rep/result.json").read_text())
    del written["provenance"]["seal"]  # as the hint says
    changed.write_text(json_text({**written, "verdict": "GO"}))
    assert CHANGED not in [part.code for part in read_result(changed).findings]


@pytest.mark.parametrize("path", sorted(WRITTEN.glob("*.json")), ids=lambda path: path.stem)
def test_what_an_earlier_version_wrote_has_no_seal_and_gets_none(path: Path) -> None:
    written = json.loads(path.read_text(encoding="utf-8"))
    assert seal_findings(written, "x") == ()
    assert sealed(written) is written


@pytest.mark.long
@given(value=objects, change=st.sampled_from(["added", "taken", "made text"]))
def test_whatever_is_changed_breaks_the_seal(value: dict[str, Any], change: str) -> None:
    changes: dict[str, Callable[[dict[str, Any]], object]] = {
        "added": lambda found: found.update({"another key of it": None}),
        "taken": lambda found: found.pop(next(iter(found))),
        "made text": lambda found: found.update({"provenance": {**found["provenance"], "created": "then"}}),
    }
    found = json.loads(json_text({**value, "provenance": {"created": "now", "seal": ""}}))
    assert seal_findings(found, "x") == ()
    if change == "taken" and next(iter(found)) == "provenance":
        return
    changes[change](found)
    assert [finding.code for finding in seal_findings(found, "x")] == [CHANGED]


@pytest.mark.parametrize(
    "value", [None, [], "text", 3, {}, {"provenance": 3}, {"provenance": {"seal": None}}]
)
def test_what_states_no_seal_breaks_none(value: object) -> None:
    assert seal_findings(value, "x") == ()
