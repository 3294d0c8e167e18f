"""Values that nobody can mean, in files of the right form: told, never a bug, never reckoned with."""

from __future__ import annotations

import copy
import csv
import io
import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lines import LINES
from outcomes import outcomes
from place import furnish

from evalkit.cli import main
from evalkit.golden.authoring.redaction import redact
from evalkit.reporting.gauges import Gauge
from evalkit.reporting.page import Page
from evalkit.reporting.views.prometheus import prometheus

ODD: tuple[object, ...] = (
    None,
    True,
    -1,
    1e308,
    -1e308,
    "",
    "x",
    [],
    {},
    [None],
    {"x": "y"},
    10**18,
    "\x1b[31m",
)
CANARY = LINES["canary"].line
FEW = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
Where = tuple[str | int, ...]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A furnished folder in which results of several kinds lie."""
    return outcomes(tmp_path_factory.mktemp("made"), "compare", "plan", "canary")


def places(value: object, path: Where = ()) -> Iterator[Where]:
    """Yield the place of every value of a JSON value, of lists the first few."""
    yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from places(inner, (*path, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value[:2]):
            yield from places(inner, (*path, number))


def changed(value: Any, path: Where, odd: object) -> Any:
    """Return a JSON value with another one at a place."""
    if not path:
        return odd
    whole = copy.deepcopy(value)
    inner = whole
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = odd
    return whole


def no_bug(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Hold that a line ends in a verdict or in a clear error."""
    capsys.readouterr()
    code, told = main.run(line.split()), capsys.readouterr().err
    assert code in (0, 1, 3) or (code == 2 and "error[EK" in told), f"{code} {told}"


@pytest.mark.long
@pytest.mark.parametrize("name", ["rep/result.json", "planned/plan.json", "watched/result.json"])
@FEW
@given(data=st.data())
def test_no_result_that_says_the_impossible_is_a_bug(
    name: str,
    data: st.DataObject,
    made: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(made)
    text = (made / name).read_text()
    value = json.loads(text)
    path, odd = data.draw(st.sampled_from(list(places(value)))), data.draw(st.sampled_from(ODD))
    (made / name).write_text(json.dumps(changed(value, path, odd)))

    try:
        no_bug(f"report {name} -o -", capsys)
    finally:
        (made / name).write_text(text)


def state_with(made: Path, path: Where, odd: object, **arrays: Any) -> bytes:
    """Return the bytes of a state with another value at a place of its head, or with other arrays."""
    with np.load(io.BytesIO((made / "canary.state").read_bytes())) as stored:
        held: Mapping[str, Any] = dict(stored)
    head = changed(json.loads(held["head"].tobytes()), path, odd) if path else None
    packed = io.BytesIO()
    told = {"head": np.frombuffer(json.dumps(head).encode(), np.uint8)} if path else {}
    np.savez(packed, **{**held, **told, **arrays})
    return packed.getvalue()


@FEW
@given(data=st.data())
def test_no_state_that_says_the_impossible_is_a_bug(
    data: st.DataObject, made: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(made)
    before = (made / "canary.state").read_bytes()
    with np.load(io.BytesIO(before)) as stored:
        head = json.loads(stored["head"].tobytes())
    path = data.draw(st.sampled_from([path for path in places(head) if path]))
    (made / "canary.state").write_bytes(state_with(made, path, data.draw(st.sampled_from(ODD))))

    try:
        no_bug(CANARY, capsys)
    finally:
        (made / "canary.state").write_bytes(before)


WRONG: dict[str, tuple[Where, object, dict[str, Any]]] = {
    "a count below zero": (("canary", "users"), -5, {}),
    "a sum of text": (("control", "second"), "x", {}),
    "no evidence": (("ok", "log_e"), float("nan"), {}),
    "a time that never comes": (("harm_at", "seconds"), 1e308, {}),
    "a sum beyond all sums": (("canary", "first"), 1e308, {}),
    "a trail of texts": (("trail",), [["a", "b", "c"]], {}),
    "users that are not in order": ((), None, {"keys": np.array([3, 1, 2], "<u8")}),
    "times for other events": ((), None, {"open_times": np.zeros(7)}),
    "a table of users": ((), None, {"keys": np.zeros((2, 2), "<u8")}),
}


@pytest.mark.parametrize(("path", "odd", "arrays"), WRONG.values(), ids=WRONG.keys())
def test_a_state_that_says_the_impossible_is_told(
    path: Where,
    odd: object,
    arrays: dict[str, Any],
    made: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(made)
    (made / "other.state").write_bytes(state_with(made, path, odd, **arrays))

    assert main.run(CANARY.replace("canary.state", "other.state").split()) == 2
    assert "error[EK467]" in capsys.readouterr().err


@pytest.mark.parametrize("documents", ["1e308", "1" + "0" * 40, "1" + "0" * 400])
def test_a_plan_for_more_documents_than_there_are_grains_of_sand_is_refused(
    documents: str, made: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(made)
    (made / "huge.toml").write_text(f"documents = {documents}\n")

    line = LINES["plan"].line.replace("--plan plan.toml -o planned", "--plan huge.toml -o huge")
    assert main.run(line.split()) == 2
    assert "error[EK740]" in capsys.readouterr().err


@pytest.mark.parametrize(
    "word", ["x" * 400_000, "a.b" * 100_000, "1" * 300_000, "-" * 300_000, "a@" * 150_000]
)
def test_a_query_of_one_endless_word_is_redacted_at_once(word: str) -> None:
    begun = time.monotonic()
    redact(word)

    assert time.monotonic() - begun < 10


def test_judgements_are_added_to_a_file_that_has_none_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    furnish(tmp_path)
    monkeypatch.chdir(tmp_path)
    for content in ("", "\n\n"):
        Path("judged/qrels/test.tsv").write_text(content)

        assert main.run(("golden", "merge", "judged", "ann.csv", "bo.csv")) == 0
        lines = Path("judged/qrels/test.tsv").read_text().splitlines()
        assert lines[:2] == ["query-id\tcorpus-id\tscore", "q000\td001\t0"]
        assert len(lines) == 13
    assert "EK900" not in capsys.readouterr().err


def test_a_judge_whose_name_is_a_formula_heads_no_column_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    furnish(tmp_path)
    monkeypatch.chdir(tmp_path)
    rows = [("query_id", "document_id", "grade", "judged_by")]
    rows += [("q000", "d001", "0", "=1+1"), ("q000", "d001", "1", "@bo")]
    with Path("j.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)

    assert main.run(("golden", "merge", "judged", "j.csv")) == 0
    header = Path("judged/disputed.csv").read_text().splitlines()[0]
    assert header == "query,document,'=1+1,'@bo,grade"


def test_no_label_of_a_gauge_steers_a_terminal() -> None:
    named = 'a\x1b[31m"b\\c\u202e\nd'
    gauge = Gauge.of("evalkit_x", "what it is", [({"model": named}, 1.0), ({"model": named + "\x07"}, 2.0)])
    page = Page(what="", title="", name="", facts=(), sections=(), gauges=(gauge,))
    samples = [line for line in prometheus(page).splitlines() if line[0] != "#"]

    assert samples[0] == 'evalkit_x{model="a\\\\x1b[31m\\"b\\\\c\\\\u202e d"} 1.0'
    assert "\x07" not in samples[1]


NO_TEXT = (
    "golden merge judged odd.parquet --dry-run",
    "golden import odd.parquet --into judged",
    "golden from-log odd.parquet --size 1",
    "diff set odd.parquet --old hash/8 --new hash/16",
    "run set --model run/odd.parquet",
    "embed odd.parquet --model hash/8 -o new --map id=query_id,text=query",
    "canary odd.parquet --margin 0.02 --share 0.5",
    "interleave score lists.jsonl odd.parquet",
)


@pytest.mark.parametrize("line", NO_TEXT)
def test_texts_of_a_parquet_file_that_are_none_are_bad_input(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    furnish(tmp_path)
    monkeypatch.chdir(tmp_path)
    ends, texts = pa.py_buffer(np.array([0, 2], np.int32).tobytes()), pa.py_buffer(b"\xff\xfe")
    odd = pa.Array.from_buffers(pa.string(), 1, [None, ends, texts])
    names = ("query_id", "document_id", "query", "list", "user", "document", "arm", "metric", "timestamp")
    pq.write_table(pa.table({**dict.fromkeys(names, odd), "grade": [1], "score": [1.0]}), "odd.parquet")

    assert main.run(line.split()) == 2
    assert "error[EK" in capsys.readouterr().err


def test_a_query_that_was_asked_more_often_than_anybody_counts_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "log.csv").write_text("query,count\na,18446744073709551615\nb,1\n")

    assert main.run(("golden", "from-log", str(tmp_path / "log.csv"), "--size", "1")) == 2
    assert "error[EK225]" in capsys.readouterr().err
