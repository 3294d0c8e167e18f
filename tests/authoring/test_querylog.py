"""Query logs in every form in which searches log them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from evalkit.errors import GoldenSetError, UsageError
from evalkit.golden.authoring.querylog import LoggedQuery, read_logs


def held(path: Path, *, stated: dict[str, str] | None = None) -> list[tuple[str, int]]:
    """Return the queries of a log with their counts."""
    return [(query.text, query.count) for query in read_logs([path], stated).queries]


def write(folder: Path, name: str, content: str | bytes) -> Path:
    """Write a log and return where it lies."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "query,count\nreset password,7\nvpn,2\n"),
        ("a.csv", "Search term,Event count\nreset password,7\nvpn,2\n"),
        (
            "a.csv",
            "# ----\n# Search terms\n# 20260101-20260131\nSearch term,Event count\nreset password,7\nvpn,2\n",
        ),
        ("a.csv", "keyword;frequency;clicks\nreset password;7;3\nvpn;2;0\n"),
        ("a.tsv", "query\tcount\nreset password\t7\nvpn\t2\n"),
        ("a.jsonl", '{"query": "reset password", "count": 7}\n{"query": "vpn", "count": 2}\n'),
        ("a.txt", "reset password\n" * 7 + "vpn\n" * 2),
        ("a.txt", "reset password\r\n\r\n" * 7 + "  vpn \r\n" * 2),
        ("a.csv", "query\n" + "Reset  Password\n" * 3 + "reset password\n" * 4 + "vpn\nVPN\n"),
    ],
)
def test_one_log_is_one_log_in_whatever_form(tmp_path: Path, name: str, content: str) -> None:
    plain = write(tmp_path, name, content)
    packed = write(tmp_path, f"{name}.gz", gzip.compress(content.encode()))

    assert [(text.casefold(), count) for text, count in held(plain)] == [("reset password", 7), ("vpn", 2)]
    assert held(packed) == held(plain)


def test_queries_of_user_behavior_insights_count_one_by_one(tmp_path: Path) -> None:
    lines = [
        {
            "application": "shop",
            "query_id": f"{n}",
            "client_id": "c",
            "user_query": text,
            "timestamp": "2026-01-01",
        }
        for n, text in enumerate(["red shoes", "red shoes", "boots"])
    ]
    bare = write(tmp_path, "ubi.jsonl", "".join(json.dumps(line) + "\n" for line in lines))
    hits = write(
        tmp_path,
        "hits.jsonl",
        "".join(json.dumps({"_id": f"{n}", "_source": line}) + "\n" for n, line in enumerate(lines)),
    )

    assert held(bare) == held(hits) == [("red shoes", 2), ("boots", 1)]


def test_requests_of_solr_are_unpacked(tmp_path: Path) -> None:
    start = "2026-01-01 INFO [c:docs] o.a.s.c.S.Request path=/select params="
    lines = [
        start + "{q=reset+pass%C3%A9&rows=10&wt=json} hits=3 status=0 QTime=2",
        start + "{fq=a:b&q=vpn} hits=0 status=0 QTime=2",
        start + "{q=*:*&rows=0} hits=9 status=0 QTime=0",
        "2026-01-01 INFO [c:docs] o.a.s.u.p.LogUpdateProcessor commit",
    ]
    log = write(tmp_path, "solr.log", "\n".join(lines))

    log_read = read_logs([log])

    assert [(query.text, query.count) for query in log_read.queries] == [("reset passé", 1), ("vpn", 1)]
    assert [finding.code for finding in log_read.findings] == ["EK217"]


def test_several_files_add_up_and_the_commonest_writing_stays(tmp_path: Path) -> None:
    one = write(tmp_path, "one.csv", "query,count\nVPN,2\n")
    other = write(tmp_path, "other.csv", "query,count\nvpn,3\nmail,1\n")

    log = read_logs([one, other])

    assert log.queries == (LoggedQuery("vpn", 5), LoggedQuery("mail", 1))
    assert log.lines == 6


def test_thousands_are_grouped_as_people_group_them(tmp_path: Path) -> None:
    log = write(tmp_path, "a.csv", 'query,count\nvpn,"1,234"\nmail,12.000\nfax,3.0\n')

    assert dict(held(log)) == {"vpn": 1234, "mail": 12000, "fax": 3}


@pytest.mark.parametrize(
    ("name", "content", "code", "said"),
    [
        ("a.csv", "query,count\nvpn,often\n", "EK225", "no whole numbers"),
        ("a.csv", "query,count\nvpn,1.5\n", "EK225", "no whole numbers"),
        ("a.csv", "query,count\nvpn,-1\n", "EK225", "no whole numbers"),
        ("a.csv", "alpha,beta\nvpn,2\n", "EK229", "--map query=COLUMN"),
        ("a.csv", "query,count,searches\nvpn,2,3\n", "EK229", "count, searches could be"),
        ("a.csv", "query,count\n*:*,4\n", "EK207", "nobody asked"),
        ("a.txt", "\n\n", "", ""),
    ],
)
def test_what_cannot_be_counted_is_told(
    tmp_path: Path, name: str, content: str, code: str, said: str
) -> None:
    with pytest.raises(GoldenSetError) as refused:
        read_logs([write(tmp_path, name, content)])
    told = f"{refused.value} {refused.value.hint} {[str(finding) for finding in refused.value.findings]}"
    assert said in told
    assert code in f"{refused.value.code} {told}"


def test_a_named_column_settles_it(tmp_path: Path) -> None:
    log = write(tmp_path, "a.csv", "alpha,count,searches\nvpn,2,3\n")

    assert held(log, stated={"query": "alpha", "count": "searches"}) == [("vpn", 3)]


def test_a_log_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not a file"):
        read_logs([tmp_path / "nothing.csv"])
