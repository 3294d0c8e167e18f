"""evalkit canary: what it reads, what it refuses, and what it leaves behind."""

from __future__ import annotations

import itertools
import json
import random
import re
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pyarrow as pa
import pytest
from logs import START, Row, iso, visits, write
from pyarrow import parquet

from evalkit.cli import main
from evalkit.results.canary import CanaryResult
from evalkit.results.schemas import FOLDER, schema_of

ASKED = ("--margin", "0.02", "--share", "0.05")
CRASH = visits(3_000, delta=-0.25)


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def canary(*arguments: object) -> int:
    return main.run(["canary", *map(str, arguments)])


def asked(capsys: pytest.CaptureFixture[str], *arguments: object, code: int | None = None) -> dict[str, Any]:
    capsys.readouterr()
    found = canary(*arguments, "--json")
    shown: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert found == {"OK": 0, "ROLL BACK": 1, "GO ON": 3}[shown["verdict"]]
    assert code is None or found == code
    return shown


def without_origin(shown: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in shown.items() if key not in {"provenance", "trail", "findings"}}


def test_json_holds_what_is_promised(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shown = asked(capsys, write(work / "e.csv", CRASH), *ASKED, code=1)
    assert {"verdict", "e_ok", "e_harm", "e_sample_ratio", "users"} <= shown.keys()
    assert shown["verdict"] == "ROLL BACK"
    assert shown["e_harm"] >= 20 > shown["e_ok"]
    assert shown["users"].keys() == {"canary", "control", "both"}
    assert sum(shown["users"].values()) == 3_000
    jsonschema.validate(shown, schema_of("canary"))
    assert CanaryResult.of(shown).to_json() == shown


def test_the_written_schemas_are_what_the_records_generate() -> None:
    for kind in ("canary", "canary-plan"):
        written = (Path(__file__).parents[2] / FOLDER / f"{kind}.json").read_text(encoding="utf-8")
        assert json.loads(written) == schema_of(kind)


def test_every_form_of_one_log_says_the_same(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Seconds, ISO in several zones, milliseconds, shuffled files, Parquet, other names, other separators."""
    first = without_origin(asked(capsys, write(work / "e.csv", CRASH), *ASKED))
    mixed = list(CRASH)
    random.Random(3).shuffle(mixed)  # noqa: S311 - an order, no secret
    zones = [timezone(timedelta(hours=hours)) for hours in (-8, 0, 5)]
    zoned = [
        (arm, user, metric, datetime.fromtimestamp(time, zones[row % 3]).isoformat())
        for row, (arm, user, metric, time) in enumerate(mixed)
    ]
    named = "\n".join(
        ["when;who;what;grp", *(f"{t:.0f};{u};{m};{'AB'[a == 'canary']}" for a, u, m, t in mixed)]
    )
    (work / "named.csv").write_text(named)
    frame = {
        "arm": [row[0] for row in mixed],
        "user": [row[1] for row in mixed],
        "metric": [row[2] for row in mixed],
        "timestamp": pa.array(
            [int(row[3] * 1e9) for row in mixed], pa.timestamp("ns", tz="America/New_York")
        ),
    }
    parquet.write_table(pa.table(frame), work / "e.parquet")
    named_options = ("--map", "arm=grp,user=who,metric=what,timestamp=when", "--arms", "control=A,canary=B")
    for arguments in (
        (write(work / "s.csv", mixed, seconds=True),),
        (write(work / "z.csv", zoned),),
        (write(work / "b.csv", mixed[1_000:]), write(work / "a.csv", mixed[:1_000])),
        (write(work / "ms.csv", [(*row[:3], f"{row[3] * 1000:.0f}") for row in mixed]), "--time-unit", "ms"),
        (work / "e.parquet",),
        (work / "named.csv", *named_options),
    ):
        assert without_origin(asked(capsys, *arguments, *ASKED)) == first


def test_times_without_a_zone_are_read_in_the_one_that_is_named(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    naive = [(arm, user, metric, iso(time)[:-6]) for arm, user, metric, time in CRASH]
    plain = asked(capsys, write(work / "n.csv", naive), *ASKED)
    there = asked(capsys, work / "n.csv", *ASKED, "--timezone", "Asia/Kolkata")
    assert plain["until"].endswith("+00:00")
    assert plain["e_harm"] == there["e_harm"]
    assert plain["until"] != there["until"]
    mixed = [*naive[:1500], *[(arm, user, metric, iso(time)) for arm, user, metric, time in CRASH[1500:]]]
    write(work / "m.csv", mixed)
    assert canary(work / "m.csv", *ASKED) == 2
    assert "EK462" in capsys.readouterr().err
    assert asked(capsys, work / "m.csv", *ASKED, "--timezone", "UTC")["e_harm"] == plain["e_harm"]


BAD = {
    "a third arm": ([("blue", "u", 1.0, START)], "EK461", "e.csv:3   blue"),
    "a time that is none": ([("canary", "u", 1.0, "yesterday")], "EK462", "e.csv:3   yesterday"),
    "milliseconds": ([("canary", "u", 1.0, "1770000000000")], "EK462", "--time-unit ms"),
    "a year": ([("canary", "u", 1.0, "2026")], "EK462", "e.csv:3   2026"),
    "a metric above its range": ([("canary", "u", 1.5, START)], "EK463", "e.csv:3   1.5"),
    "a metric that is no number": ([("canary", "u", "nan", START)], "EK463", "e.csv:3   nan"),
    "an empty metric": ([("canary", "u", "", START)], "EK463", "e.csv:3"),
    "an event without a user": ([("canary", "", 1.0, START)], "EK460", "e.csv:3"),
}


@pytest.mark.parametrize(("rows", "code", "told"), BAD.values(), ids=BAD.keys())
def test_a_bad_row_is_told_with_file_and_line(
    rows: list[Row], code: str, told: str, work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(work / "e.csv", [("control", "c", 0.0, START), *rows])
    assert canary("e.csv", *ASKED) == 2
    shown = capsys.readouterr().err
    assert f"error[{code}]" in shown
    assert told in shown


def test_all_that_is_wrong_is_told_at_once(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(work / "e.csv", [("blue", "u", 7, "never")])
    assert canary("e.csv", *ASKED) == 2
    shown = capsys.readouterr().err
    assert all(code in shown for code in ("EK461", "EK462", "EK463"))


FILES = {
    "no file": (None, "EK459"),
    "an empty file": ("", "EK459"),
    "no column of users": ("arm,metric,timestamp\ncanary,1,5\n", "EK460"),
    "no column of arms": ("user,metric,timestamp\nu,1,5\n", "EK459"),
    "two columns that could be the arm": ("variant,group,user,metric,timestamp\na,b,u,1,5\n", "EK459"),
    "no header": ("canary,u1,1,1770000000\n", "EK459"),
    "a line that was cut": ("arm,user,metric,timestamp\ncanary,u\n", "EK459"),
    "bytes that are no text": (b"arm,user,metric,timestamp\n\xff\xfe\n", "EK459"),
    "Parquet that was cut": (b"PAR1 and no more", "EK459"),
}


@pytest.mark.parametrize(("content", "code"), FILES.values(), ids=FILES.keys())
def test_a_file_that_cannot_be_used_says_why(
    content: str | bytes | None, code: str, work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if content is not None:
        (work / "e.csv").write_bytes(content.encode() if isinstance(content, str) else content)
    assert canary("e.csv", *ASKED) == 2
    assert f"error[{code}]" in capsys.readouterr().err


OPTIONS = {
    "no share": (("--margin", "0.02"), "EK554"),
    "a share in percent": (("--margin", "0.02", "--share", "5"), "EK553"),
    "a margin as large as the metric": (("--margin", "1", "--share", "0.05"), "EK554"),
    "a window without a unit": ((*ASKED, "--window", "24"), "EK554"),
    "a range turned round": ((*ASKED, "--range", "1,0"), "EK554"),
    "an arm that is none": ((*ASKED, "--arms", "blue=A,canary=B"), "EK554"),
    "one name for both arms": ((*ASKED, "--arms", "control=A,canary=A"), "EK554"),
    "a zone that is none": ((*ASKED, "--timezone", "Mars/Olympus"), "EK462"),
    "a time that is none": ((*ASKED, "--until", "soon"), "EK462"),
}


@pytest.mark.parametrize(("options", "code"), OPTIONS.values(), ids=OPTIONS.keys())
def test_an_option_that_makes_no_sense_is_refused(
    options: tuple[str, ...], code: str, work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(work / "e.csv", CRASH[:50])
    assert canary("e.csv", *options) == 2
    assert f"error[{code}]" in capsys.readouterr().err


def test_events_count_as_they_are_only_when_asked(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (work / "e.csv").write_text(
        "arm,metric,timestamp\n" + "".join(f"{arm},{metric},{iso(time)}\n" for arm, _, metric, time in CRASH)
    )
    assert canary("e.csv", *ASKED) == 2
    assert "--unit event" in capsys.readouterr().err
    assert asked(capsys, "e.csv", *ASKED, "--unit", "event")["users"]["both"] == 0


def test_a_state_file_adds_and_never_recounts(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    days = [CRASH[begin : begin + 1_000] for begin in range(0, 3_000, 1_000)]
    for number, rows in enumerate(days):
        shown = asked(capsys, write(work / f"{number}.csv", rows), *ASKED, "--state", "canary.state")
    assert without_origin(shown) == without_origin(asked(capsys, write(work / "all.csv", CRASH), *ASKED))
    again = asked(capsys, "1.csv", *ASKED, "--state", "canary.state")
    assert without_origin(again) == without_origin(shown)
    assert [finding["code"] for finding in again["findings"]] == ["EK468"]


def test_a_log_that_grows_gives_its_new_lines(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for end in (700, 701, 3_000):
        shown = asked(capsys, write(work / "log.csv", CRASH[:end]), *ASKED, "--state", "s")
    assert without_origin(shown) == without_origin(asked(capsys, "log.csv", *ASKED))


def test_what_does_not_fit_a_state_is_refused(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(work / "e.csv", CRASH)
    asked(capsys, "e.csv", *ASKED, "--state", "s")
    stored = (work / "s").read_bytes()
    for options in (
        ("--margin", "0.03", "--share", "0.05"),
        (*ASKED, "--window", "2h"),
        ("--margin", "0.02", "--share", "0.06"),
    ):
        assert canary("e.csv", *options, "--state", "s") == 2
        assert "EK467" in capsys.readouterr().err
    write(work / "e.csv", CRASH[5:])
    assert canary("e.csv", *ASKED, "--state", "s") == 2
    assert "changed since" in capsys.readouterr().err
    assert (work / "s").read_bytes() == stored
    for damage in (b"", b"PK\x03\x04", stored[:-900], b"{}"):
        (work / "s").write_bytes(damage)
        assert canary("e.csv", *ASKED, "--state", "s") == 2
        assert "EK467" in capsys.readouterr().err


def test_a_damaged_state_is_told_or_gives_what_was_stored(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(work / "e.csv", CRASH)
    told = asked(capsys, "e.csv", *ASKED, "--state", "s")
    stored = (work / "s").read_bytes()
    draw = np.random.default_rng(3)
    directory = stored.rindex(b"PK\x01\x02")  # heads stand at both ends, arrays between
    heads = [(66, 0), (directory + 6, 6), (directory + 8, 0), *((int(at), 3) for at in range(60, 130, 2))]
    anywhere = [(int(at), int(bit)) for at, bit in draw.integers(0, [len(stored), 8], size=(40, 2))]
    for place, bit in [*heads, *anywhere]:
        damaged = bytearray(stored)
        damaged[place] ^= 1 << bit
        (work / "s").write_bytes(damaged)
        code = canary("e.csv", *ASKED, "--json", "--state", "s")
        shown = capsys.readouterr()
        assert code == 2 or json.loads(shown.out)["e_harm"] == told["e_harm"], place
        assert code != 2 or "EK467" in shown.err, (place, shown.err)


RAMP = """
[[stages]]
share = 0.05
hours = 2
[[stages]]
share = 0.5
{started}
[[stages]]
share = 1
"""


def test_a_ramp_says_when_the_next_stage_may_begin(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (work / "ramp.toml").write_text(RAMP.format(started=""))
    write(work / "1.csv", visits(2_500))
    options = ("--margin", "0.02", "--ramp", "ramp.toml", "--state", "s")
    shown = asked(capsys, "1.csv", *options, code=3)
    assert shown["ramp"] == {
        "stage": 1, "stages": 3, "share": 0.05, "next_share": 0.5, "advance": True, "lacking": [],
    }  # fmt: skip
    assert canary(*options) == 2, "no events are named"
    (work / "ramp.toml").write_text(RAMP.format(started=f"started = {iso(START + 10_000)}"))
    later = [
        (arm, f"x{user}", metric, time + 10_001)
        for arm, user, metric, time in visits(9_000, share=0.5, delta=0.05)
    ]
    shown = asked(capsys, write(work / "2.csv", later), *options, code=0)
    assert shown["ramp"]["stage"] == 2
    assert shown["ramp"]["next_share"] == 1
    assert shown["ramp"]["lacking"] == ["14 more hours"]


@pytest.mark.parametrize(
    "text",
    [
        "", "stages = 3", "[[stages]]\nhours = 3", "[[stages]]\nshare = 0", "[[stages]]\nshare = 2",
        "[[stages]]\nshare = 0.5\n[[stages]]\nshare = 0.1", "[[stages]]\nshare = 0.1\nuser = 3",
        "[[stages]]\nshare = 0.1\nusers = 1.5", "[[stages]]\nshare = 0.1\nstarted = 3", "[[stages]", "a = 1",
        "[[stages]]\nshare = 0.1\n[[stages]]\nshare = 0.2\n[[stages]]\nshare = 0.3\nstarted = 2026-03-01",
        "[[stages]]\nshare = true",
    ],
)  # fmt: skip
def test_a_ramp_that_cannot_be_climbed_is_refused(
    text: str, work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (work / "ramp.toml").write_text(text)
    write(work / "e.csv", CRASH[:9])
    assert canary("e.csv", "--margin", "0.02", "--ramp", "ramp.toml") == 2
    assert "error[EK469]" in capsys.readouterr().err


def test_the_page_the_record_and_the_gauges_are_written(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(work / "<b>.csv", CRASH)
    assert canary("<b>.csv", *ASKED, "-o", "out", "-o", "node.prom") == 1
    assert "ROLL BACK" in capsys.readouterr().out
    page = (work / "out" / "report.html").read_text()
    assert "ROLL BACK" in page
    assert "<b>.csv" not in page
    assert json.loads((work / "out" / "result.json").read_text())["verdict"] == "ROLL BACK"
    assert main.run(["report", "out", "-o", "again.html"]) == 0
    assert (work / "again.html").read_text() == page
    assert main.run(["report", "out", "-o", "again.md"]) == 0
    assert "## ❌ ROLL BACK" in (work / "again.md").read_text()
    assert main.run(["report", "out", "-o", "again.pdf"]) == 2
    gauges = (work / "node.prom").read_text().splitlines()
    assert 'evalkit_canary_verdict{verdict="ROLL BACK"} 1' in gauges
    names = [line.split()[2] for line in gauges if line.startswith("# TYPE")]
    samples = [line.rsplit(" ", 1) for line in gauges if not line.startswith("#")]
    assert len(names) == len(set(names))
    assert len({name for name, _ in samples}) == len(samples)
    assert all(float(value) >= 0 for _, value in samples)
    assert oct((work / "node.prom").stat().st_mode)[-3:] == "644"


def test_the_margin_of_a_measure_is_none_of_clicks(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (work / "evalkit.toml").write_text("[policy]\nmargin = 0.05\n")
    write(work / "e.csv", CRASH)
    assert canary("e.csv", "--share", "0.05") == 2
    assert "--margin" in capsys.readouterr().err


def test_a_plan_tells_sizes_and_delays(capsys: pytest.CaptureFixture[str]) -> None:
    assert canary("--plan", *ASKED, "--users-a-day", 20_000, "--json") == 0
    plan = json.loads(capsys.readouterr().out)
    jsonschema.validate(plan, schema_of("canary-plan"))
    assert (plan["fixed_two_sided"], plan["fixed_one_sided"]) == (4338, 3417)
    median = {row["delta"]: row["users"] for row in plan["delays"]}
    for delta, users in ((0.0, 4_006), (-0.04, 4_475), (-0.1, 180), (-0.25, 31)):
        assert median[delta] == pytest.approx(users, rel=0.25)
    assert canary("--plan", *ASKED) == 0
    assert "4,338" in capsys.readouterr().out
    assert canary("--plan", *ASKED, "--mean", "1.5") == 2


@pytest.mark.parametrize("stopped_at", range(1, 6))
@pytest.mark.parametrize("form", ["files", "a folder"])
def test_a_folder_never_tells_two_looks(
    work: Path, stopped_at: int, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped before any of its renames and removals, a look leaves the old files or new ones, never both."""
    names = ("result.json", "report.html", "canary.prom")
    outputs = (
        [word for name in names for word in ("-o", work / "w" / name)] if form == "files" else ["-o", "w"]
    )
    calm = write(work / "calm.csv", visits(3_000))
    assert canary(calm, "--margin", "0.9", "--share", "0.05", *outputs) == 0
    steps = itertools.count(1)

    def stopping(step: Any) -> Any:
        def act(path: Path, *rest: Any, **named: Any) -> Any:
            if path.parent.name == "w" and next(steps) == stopped_at:
                raise KeyboardInterrupt
            return step(path, *rest, **named)

        return act

    with monkeypatch.context() as patched:
        for name in ("replace", "unlink"):
            patched.setattr(Path, name, stopping(getattr(Path, name)))
        assert canary(write(work / "e.csv", CRASH), *ASKED, *outputs) == 130

    assert len(set(verdicts(work))) == 1


def verdicts(work: Path) -> list[str]:
    """Return what each file in the folder says of the canary."""
    lying = {path.name: path.read_text() for path in (work / "w").iterdir() if path.suffix != ".part"}
    told = []
    if "result.json" in lying:
        told.append(json.loads(lying["result.json"])["verdict"])
    if "report.html" in lying:
        told += re.findall(r"<title>([A-Z ]+)", lying["report.html"])
    if "canary.prom" in lying:
        told += re.findall(r'verdict="([A-Z ]+)"} 1', lying["canary.prom"])
    return told
