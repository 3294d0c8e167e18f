"""Interleaving: fair lists, votes by user, and what is refused."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from fractions import Fraction
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.cli import main
from evalkit.reporting.pages.interleave import interleave_page
from evalkit.reporting.views.html import html
from evalkit.results.interleave import InterleaveResult
from evalkit.results.schemas import FOLDER, schema_of
from evalkit.rollout.band import share_sequence
from evalkit.rollout.interleaving import team_draft

RANKED = st.lists(st.sampled_from("abcdefgh"), unique=True, max_size=6)


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_lists_and_credits_have_their_known_answers() -> None:
    drawn = [
        team_draft("abc", "bad", iter(coins), depth=3) for coins in itertools.product([True, False], repeat=2)
    ]
    shares = Counter("".join(documents) + "/" + teams for documents, teams in drawn)
    assert shares == {"abc/ABA": 1, "abd/ABB": 1, "bac/BAA": 1, "bad/BAB": 1}
    credit: dict[str, Fraction] = {}
    for documents, teams in drawn:
        for document, team in zip(documents, teams, strict=True):
            credit[document] = credit.get(document, Fraction()) + Fraction(
                1 if team == "A" else -1, len(drawn)
            )
    assert credit == {"a": 1, "b": -1, "c": Fraction(1, 2), "d": Fraction(-1, 2)}


@given(
    old=RANKED, new=RANKED, depth=st.integers(1, 8), coins=st.lists(st.booleans(), min_size=12, max_size=12)
)
def test_every_list_is_fair_and_full(old: list[str], new: list[str], depth: int, coins: list[bool]) -> None:
    documents, teams = team_draft(old, new, iter(coins), depth=depth)
    assert len(documents) == len(teams) == min(depth, len({*old, *new}))
    assert len(set(documents)) == len(documents)
    for document, team in zip(documents, teams, strict=True):
        assert document in (old if team == "A" else new)
    if old == new:
        assert list(documents) == old[:depth]
    other, sides = team_draft(new, old, iter([not coin for coin in coins]), depth=depth)
    assert other == documents
    assert sides == teams.translate(str.maketrans("AB", "BA"))


LISTS = [
    {"list": "q/0", "query": "q", "documents": ["a", "b"], "teams": "AB"},
    {"list": "q/1", "query": "q", "documents": ["b", "a"], "teams": "BA"},
]


def written(rows: list[tuple[str, str, str]]) -> None:
    Path("lists.jsonl").write_text("".join(json.dumps(item) + "\n" for item in LISTS))
    Path("clicks.csv").write_text("list,user,document\n" + "".join(",".join(row) + "\n" for row in rows))


def score(*options: str) -> int:
    return main.run(["interleave", "score", "lists.jsonl", "clicks.csv", *options])


@pytest.mark.parametrize(
    ("new", "old", "code", "verdict"), [(13, 4, 3, "GO ON"), (13, 1, 0, "NEW"), (1, 13, 1, "OLD")]
)
def test_each_user_is_one_vote(
    new: int, old: int, code: int, verdict: str, capsys: pytest.CaptureFixture[str]
) -> None:
    votes = [("q/0", f"n{row}", "b") for row in range(new)] + [("q/1", f"o{row}", "a") for row in range(old)]
    repeated = [("q/1", "n0", "b"), ("q/0", "n0", "b")]
    written([*votes, *repeated, ("q/0", "even", "a"), ("q/0", "even", "b")])
    assert score("--json") == code
    shown = json.loads(capsys.readouterr().out)
    jsonschema.validate(shown, schema_of("interleave"))
    assert (shown["verdict"], shown["wins"], shown["losses"], shown["ties"]) == (verdict, new, old, 1)
    if (new, old) == (13, 4):
        assert shown["e_new"] == pytest.approx(6.02465, abs=5e-6)


def test_clicks_on_nothing_that_was_shown_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    written(
        [("q/0", f"u{row}", "b") for row in range(9)]
        + [("q/7", "u", "b"), ("q/0", "u", "z"), ("q/0", "", "a")]
    )
    assert score() == 0
    assert "3 of 12 clicks" in capsys.readouterr().err
    written([("q/9", "u", "b"), ("q/0", "u", "b"), ("q/8", "u", "b")])
    assert score() == 2
    assert "EK555" in capsys.readouterr().err


@pytest.mark.parametrize(
    "text", ["", "no json\n", '{"list": 1}\n', '{"list":"l","query":"q","documents":["a"],"teams":"AB"}\n']
)
def test_lists_that_are_none_are_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    written([("q/0", "u", "b")])
    Path("lists.jsonl").write_text(text)
    assert score() == 2
    assert "EK555" in capsys.readouterr().err


def test_lists_are_drafted_from_two_systems(capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--old", "hash/64", "--new", "hash/16", "--draws", "2", "-k", "5", "--cache", "cache")
    assert main.run(["interleave", "draft", "helpdesk", *options, "-o", "lists.jsonl"]) == 0
    assert "602 lists for 301 queries" in capsys.readouterr().out
    first = Path("lists.jsonl").read_bytes()
    rows = [json.loads(line) for line in first.splitlines()]
    assert all(len(row["documents"]) == len(row["teams"]) == 5 for row in rows)
    assert main.run(["interleave", "draft", "helpdesk", *options, "-o", "lists.jsonl"]) == 0
    assert Path("lists.jsonl").read_bytes() == first


def test_a_page_and_a_record_are_two_views_of_one_result(capsys: pytest.CaptureFixture[str]) -> None:
    written([("q/0", f"<b>{row}", "b") for row in range(14)] + [("q/9", "<i>", "a"), ("q/1", "o", "a")])
    assert score("-o", "votes") == 0
    capsys.readouterr()
    record = json.loads(Path("votes/result.json").read_text())
    jsonschema.validate(record, schema_of("interleave"))
    assert InterleaveResult.of(record).to_json() == record
    assert record["provenance"]["command"]
    page = Path("votes/report.html").read_text()
    assert page == html(interleave_page(InterleaveResult.of(record)))
    for part in ("People prefer the new system.", ">14<", "clicks.csv:16"):
        assert part in page
    assert "<b>1" not in page
    assert main.run(["report", "votes"]) == 0
    assert Path("votes/report.html").read_text() == page


def test_nobody_who_prefers_either_gives_no_share(capsys: pytest.CaptureFixture[str]) -> None:
    written([("q/0", "even", "a"), ("q/0", "even", "b")])
    assert score("--json") == 3
    shown = json.loads(capsys.readouterr().out)
    assert (shown["win_share"], shown["low"], shown["high"], shown["e_new"]) == (None, None, None, 1.0)
    assert score() == 3
    assert "GO ON" in capsys.readouterr().out


def test_the_written_schema_of_votes_is_what_the_record_generates() -> None:
    path = Path(__file__).parents[2] / FOLDER / "interleave.json"
    assert json.loads(path.read_text(encoding="utf-8")) == schema_of("interleave")


@given(wins=st.integers(0, 400), losses=st.integers(0, 400))
def test_the_sequence_holds_the_share_and_mirrors(wins: int, losses: int) -> None:
    low, high = share_sequence(wins, losses)
    assert 0 <= low <= high <= 1
    if wins + losses:
        assert low <= wins / (wins + losses) <= high
    assert share_sequence(losses, wins) == pytest.approx((1 - high, 1 - low), abs=1e-9)


def test_the_ends_of_the_sequence_are_where_the_mixture_is_twenty_times_as_likely() -> None:
    """Held against a sum of fractions: B(w+1, l+1) = w! l! / (w+l+1)!."""
    wins, losses = 13, 4
    mixed = Fraction(1, 18 * 2380)  # 1 / ((n+1) · C(n, w))
    for end in share_sequence(wins, losses):
        assert float(mixed) / (end**wins * (1 - end) ** losses) == pytest.approx(20, rel=1e-6)
