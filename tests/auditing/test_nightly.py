"""What `evalkit init --audit` writes: a job that can be taken as it is, and says what it needs."""

from __future__ import annotations

import configparser
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped] # comes with the builder of pages
from audited import EXPECTED, store, texts_of, vectors_of

from evalkit.auditing.auditfile import _KINDS, _WINDOW, audit_file_of
from evalkit.cli import main

FILES = {
    ".github/workflows/audit.yml",
    "alerts.yml",
    "audit.toml",
    "crontab.txt",
    "evalkit-audit.service",
    "evalkit-audit.timer",
}


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """A folder in which the files of an audit were just written."""
    monkeypatch.chdir(tmp_path)
    assert main.run(["init", "--audit"]) == 0
    capsys.readouterr()
    return tmp_path


def test_it_writes_a_file_for_each_way_to_run_it_every_night(work: Path) -> None:
    assert {str(path.relative_to(work)) for path in work.rglob("*") if path.is_file()} == FILES


def test_nothing_that_is_there_is_overwritten(capsys: pytest.CaptureFixture[str]) -> None:
    Path("audit.toml").write_text("mine")

    assert main.run(["init", "--audit"]) == 2
    assert "EK613" in capsys.readouterr().err
    assert Path("audit.toml").read_text() == "mine"


def test_the_store_comes_from_the_environment_and_is_asked_for_where_it_is_absent(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main.run(["audit", "--audit", "audit.toml"]) == 2
    assert "AUDIT_STORE, which is not set" in capsys.readouterr().err

    texts = texts_of(60)
    monkeypatch.setenv("AUDIT_STORE", store("prod", texts, vectors_of(EXPECTED, texts), [EXPECTED] * 60))
    assert main.run(["audit", "--audit", "audit.toml", "--expect", EXPECTED, "-o", "audits"]) == 0


def test_everything_that_a_file_may_say_is_shown_in_it_and_right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDIT_STORE", "vectors/prod")
    text = Path("audit.toml").read_text()
    shown = re.sub(r"^# (?=\[|\w+ = )", "", text, flags=re.MULTILINE)

    content = tomllib.loads(shown)

    assert set(content) >= set(_KINDS) - {"sample", "same", "tenants", "show_tenants"}
    assert set(content["window"]) >= set(_WINDOW) - {"start_share", "end_share"}
    assert audit_file_of(content).window is not None
    assert audit_file_of(tomllib.loads(text)).expect == "st/all-MiniLM-L6-v2"


def test_units_of_systemd_have_their_sections() -> None:
    service, timer = (configparser.ConfigParser(interpolation=None) for _ in range(2))
    service.read("evalkit-audit.service")
    timer.read("evalkit-audit.timer")

    assert service["Service"]["Type"] == "oneshot"
    assert "evalkit audit --audit audit.toml -o audits" in service["Service"]["ExecStart"]
    assert timer["Install"]["WantedBy"] == "timers.target"


def test_alerts_look_at_gauges_that_an_audit_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = texts_of(60)
    monkeypatch.setenv("AUDIT_STORE", store("prod", texts, vectors_of(EXPECTED, texts), [EXPECTED] * 60))
    main.run(["audit", "--audit", "audit.toml", "--expect", EXPECTED, "-o", "audits"])
    written = set(re.findall(r"^# TYPE (\w+)", Path("audits/audit.prom").read_text(), flags=re.MULTILINE))

    (group,) = yaml.safe_load(Path("alerts.yml").read_text())["groups"]
    looked_at = {name for rule in group["rules"] for name in re.findall(r"evalkit_\w+", rule["expr"])}

    assert looked_at <= written
    assert len(group["rules"]) == 4


def test_the_workflow_reads_only_and_names_no_host() -> None:
    text = Path(".github/workflows/audit.yml").read_text()
    workflow: dict[str, Any] = yaml.safe_load(text)

    assert "://" not in text
    assert workflow["permissions"] == {"contents": "read"}
    steps = workflow["jobs"]["audit"]["steps"]
    assert "evalkit audit --audit audit.toml -o audits" in [step.get("run") for step in steps]
