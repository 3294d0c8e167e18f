"""What embedding a corpus tells: its record, the line on a terminal, and where rates and price come from."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest
from endpoint_by_hand import Endpoint, endpoint

from evalkit.cli import main
from evalkit.embedding.backfill.pacing import Limits
from evalkit.results.embed import EmbedResult
from evalkit.results.schemas import FOLDER, schema_of

CONFIG = """
[models.prod]
spec = "openai/m"
base_url = "{url}"
api_key_env = "BACKFILL_KEY"
batch_size = 7
"""


@pytest.fixture(autouse=True)
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    """A server of vectors, and an empty folder to work in whose configuration names it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BACKFILL_KEY", "none")
    with endpoint() as state:
        Path("evalkit.toml").write_text(CONFIG.format(url=state.url))
        yield state


def corpus(number: int) -> str:
    rows = [{"_id": f"d{row}", "text": f"text {row}"} for row in range(number)]
    Path("docs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return "docs.jsonl"


def embed(path: str, *options: str) -> int:
    return main.run(["embed", path, "--model", "prod", "-o", "S", *options])


def test_the_record_is_what_its_schema_says_and_holds_the_dated_price(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert embed(corpus(12), "--price", "2@2026-11-01", "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    jsonschema.validate(shown, schema_of("embed"))
    assert EmbedResult.of(shown).to_json() == shown
    assert (shown["kind"], shown["price"], shown["price_date"]) == ("embed", 2.0, "2026-11-01")
    assert shown["cost"] == pytest.approx(2e-6 * shown["tokens"])
    assert (shown["texts"], shown["kept"], shown["embedded"], shown["complete"]) == (12, 0, 12, True)
    written = (Path(__file__).parents[2] / FOLDER / "embed.json").read_text(encoding="utf-8")
    assert json.loads(written) == schema_of("embed")


def test_rates_and_price_are_those_of_the_plan_and_options_win(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    paces: list[Limits] = []
    monkeypatch.setattr(
        "evalkit.embedding.backfill.pacing.Pace.wait", lambda pace, _: paces.append(pace.limits)
    )
    Path("plan.toml").write_text(
        "[provider]\ntpm = 6e5\nrpm = 300\nheadroom = 0.25\n[price]\nprice = {value=3,date=2026-10-01}\n"
    )
    assert embed(corpus(5), "--plan", "plan.toml", "--rpm", "90", "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["price"], shown["price_date"]) == (3.0, "2026-10-01")
    assert {(item.rpm, item.tpm, item.headroom) for item in paces} == {(90.0, 600_000.0, 0.75)}
    Path("plan.toml").write_text("price = 3\n")
    assert embed(corpus(6), "--plan", "plan.toml") == 2
    assert "EK749" in capsys.readouterr().err


def test_the_line_on_a_terminal_tells_speed_time_left_and_cost(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evalkit.cli.embed._EVERY_S", 0.0)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    assert embed(corpus(30), "--price", "20@2026-11-01") == 0
    told = capsys.readouterr().err
    assert re.search(r"embedding \d+/30 · [\d,]+ texts/s · 0:00:0\d left · cost 0\.00\d\d", told), told
