"""Baselines whose ids do not meet those of the set, or that are no text: both sides and cause are told."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from evalkit.cli import main

GATE = ("gate", "set", "--model", "run/r.trec", "--baseline", "b.json")


@pytest.fixture
def stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A golden set, a run and the text of its baseline."""
    monkeypatch.chdir(tmp_path)
    home = tmp_path / "set"
    (home / "qrels").mkdir(parents=True)
    texts = {"queries": ("q7", "q8", "q9"), "corpus": ("d1", "d2", "d3")}
    for name, ids in texts.items():
        rows = (json.dumps({"_id": identity, "text": f"text of {identity}"}) for identity in ids)
        (home / f"{name}.jsonl").write_text("\n".join(rows) + "\n")
    lines = [f"{query}\t{document}\t1\n" for query, document in zip(*texts.values(), strict=True)]
    (home / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\n" + "".join(lines))
    Path("r.trec").write_text("".join(f"{query} Q0 d1 1 1.0 s\n" for query in texts["queries"]))
    assert main.run([*GATE, "--update"]) == 0
    return Path("b.json").read_text()


CHANGES: dict[str, tuple[Callable[[str], str], str]] = {
    "case": (str.upper, "upper and lower case"),
    "zeros": (lambda name: f"q0{name[1:]}", "zeros"),
    ".0": (lambda name: f"{name}.0", "q7.0"),
    "a prefix": (lambda name: f"test-{name}", "prefix"),
    "white space": (lambda name: f"{name} ", "white space"),
}


@pytest.mark.parametrize(("change", "told"), CHANGES.values(), ids=CHANGES)
def test_ids_of_a_baseline_that_do_not_meet_are_explained(
    stored: str, change: Callable[[str], str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("q7", "q8"):
        stored = stored.replace(json.dumps(name), json.dumps(change(name)))
    Path("b.json").write_text(stored)

    assert main.run(list(GATE)) == 2
    error = capsys.readouterr().err
    assert "set   has q7, q8" in error
    assert "2 of 2 meet" in error
    assert told in error


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (gzip.compress, "packed by gzip"),
        (lambda data: data.decode().encode("utf-16"), "UTF-16LE"),
        (lambda data: data[:200], "take the committed one"),
    ],
    ids=["gzip", "UTF-16", "cut"],
)
def test_a_baseline_in_disguise_is_named(
    stored: str, spoil: Callable[[bytes], bytes], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("b.json").write_bytes(spoil(stored.encode()))

    assert main.run(list(GATE)) == 2
    assert told in capsys.readouterr().err
