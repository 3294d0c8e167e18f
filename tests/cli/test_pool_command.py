"""golden pool and the way back: what is told, what is refused, and that who said what is kept."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from support_sets import write_golden, write_run

from evalkit.cli import main
from evalkit.golden.folder import read_golden

HEADER = "query\tdocument\tgrade\tjudged_by\tdate\tnote\tcannot_say\n"
WHEN = "2026-11-29T10:00:00Z"


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A golden set whose sixty answers are judged, and two runs of thirteen results for each query."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    write_golden(tmp_path / "set")
    write_run(tmp_path / "old.trec", {})
    write_run(tmp_path / "new.trec", dict.fromkeys(range(60), 3))
    return tmp_path


def pooled(capsys: pytest.CaptureFixture[str], *more: str) -> dict[str, Any]:
    capsys.readouterr()
    words = ("golden", "pool", "set", "--system", "run/old.trec,run/new.trec", "--no-bm25", "-o", "page.html")
    assert main.run([*words, "--json", *more]) == 0
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return told


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    capsys.readouterr()
    code = main.run(["golden", "pool", *words])
    return code, capsys.readouterr().err


def test_the_first_results_of_all_systems_are_pooled_without_what_is_judged(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = pooled(capsys, "--depth", "2")

    # old finds q, q + 1; new q + 1, q + 2; q itself is judged
    assert (told["pairs"], told["queries"], told["judged"], told["empty"]) == (120, 60, 60, [])
    assert told["scale"] == [0, 1]
    assert told["systems"] == ["run/old.trec", "run/new.trec"]
    page = (work / "page.html").read_text("utf-8")
    assert "trec" not in page
    assert told["bytes"] == len(page.encode())


def test_the_same_task_is_written_again_and_another_one_only_by_force(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = pooled(capsys)
    assert pooled(capsys, "--judge", "ann")["digest"] == first["digest"]
    words = ("set", "--system", "run/old.trec", "--depth", "4", "--no-bm25", "-o", "page.html")
    before = (work / "page.html").read_bytes()

    assert refused(capsys, *words)[0] == 2
    assert (work / "page.html").read_bytes() == before
    assert main.run(["golden", "pool", *words, "--force"]) == 0
    (work / "page.html").write_text("somebody's own")
    code, err = refused(capsys, *words)
    assert (code, "EK612" in err) == (2, True)


def test_a_draft_of_a_log_is_pooled_before_anybody_has_judged(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (work / "set" / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\n")
    told = pooled(capsys, "--depth", "2")

    assert (told["pairs"], told["judged"], told["scale"]) == (180, 0, [0, 1, 2, 3])


def test_the_lexical_search_is_one_of_the_systems_and_enough_alone(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.run(["golden", "pool", "set", "-o", str(work / "lexical.html"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["systems"] == ["bm25"]
    code, err = refused(capsys, "set", "--no-bm25", "-o", "page.html")
    assert (code, "EK656" in err) == (2, True)


def test_queries_for_which_nothing_was_found_are_told_and_stand_on_the_page(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("old.trec", "new.trec"):
        lines = (work / name).read_text().splitlines(keepends=True)
        (work / name).write_text("".join(line for line in lines if not line.startswith(("q004", "q009"))))
    words = ("set", "--system", "run/old.trec,run/new.trec", "--no-bm25", "-o", "page.html")

    code, err = refused(capsys, *words)
    assert (code, "--missing-queries zero" in err) == (2, True)
    assert main.run(["golden", "pool", *words, "--missing-queries", "zero"]) == 0
    assert "nothing was found for 2 queries: q004, q009" in capsys.readouterr().out.replace("\u00a0", " ")
    assert "2 queries for which nothing was found" in (work / "page.html").read_text("utf-8")


def test_where_everything_is_judged_there_is_nothing_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    code, err = refused(
        capsys, "set", "--system", "run/old.trec", "--depth", "1", "--no-bm25", "-o", "page.html"
    )

    assert (code, "EK657" in err) == (5, True)
    assert not Path("page.html").exists()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--system", "run/absent.trec"), "EK430"),
        (("--system", "run/strange.trec"), "EK433"),
        (("--scale", "0,1,12"), "EK653"),
        (("--scale", "good,bad"), "EK653"),
        (("--judge", "a\x1bb"), "EK654"),
        (("--depth", "0"), "EK1"),
        (("--system", "lsa/8", "--seed", "1", "--seed", "2"), "EK107"),
    ],
)
def test_what_cannot_be_pooled_is_refused_in_the_usual_words(
    work: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], code: str
) -> None:
    lines = [f"q{n:03} Q0 d{n:03} 1 1.0 x\n" for n in range(59)]
    (work / "strange.trec").write_text("".join([*lines, "q059 Q0 nowhere 1 1.0 x\n"]))

    ended, err = refused(capsys, "set", *words, "--no-bm25", "-o", "page.html")
    assert (ended, code in err) == (2, True), err
    assert "\x1b" not in err
    assert not (work / "page.html").exists()


def table(path: Path, *rows: str) -> str:
    path.write_text(HEADER + "".join(f"{row}\n" for row in rows), "utf-8")
    return str(path)


def kept(work: Path) -> list[dict[str, str]]:
    with (work / "set" / "judged_by.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_judge_is_named_by_the_table_and_what_he_said_is_kept(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = table(
        work / "one.tsv",
        f"q000\td001\t1\tAnn\t{WHEN}\t'=old?\t",
        f"q000\td002\t\tAnn\t{WHEN}\t\tyes",
        f"q000\td003\t\tAnn\t{WHEN}\tlook again\t",
        f"q000\td000\t1\tAnn\t{WHEN}\tsure\t",
    )
    two = table(work / "two.tsv", f"q000\td001\t0\tBo\t{WHEN}\t\t", f"q000\td004\t0\tCy\t{WHEN}\t\t")

    assert main.run(["golden", "merge", "set", one, two, "--senior", "Ann"]) == 0
    assert "3 judges: Ann, Bo, Cy" in capsys.readouterr().out.replace("\u00a0", " ")
    said = {(row["document"], row["judge"]): row for row in kept(work)}
    assert {pair: (row["grade"], row["date"]) for pair, row in said.items()} == {
        ("d001", "Ann"): ("1", WHEN),
        ("d001", "Bo"): ("0", WHEN),
        ("d002", "Ann"): ("", WHEN),
        ("d003", "Ann"): ("", WHEN),
        ("d000", "Ann"): ("1", WHEN),  # the set had it; that he says so, too, is not lost
        ("d004", "Cy"): ("0", WHEN),
    }
    assert said["d001", "Ann"]["note"] == "'=old?"
    assert said["d002", "Ann"]["cannot_say"] == "yes"
    assert said["d003", "Ann"]["note"] == "look again"
    assert len(read_golden(work / "set").qrels) == 62


def test_a_second_export_of_a_judge_adds_what_is_new_and_repeats_nothing(work: Path) -> None:
    row = f"q000\td001\t1\tann\t{WHEN}\tseen\t"
    first = table(work / "first.tsv", row)
    both = table(work / "both.tsv", row, f"q001\td003\t0\tann\t{WHEN}\t\t")

    assert main.run(["golden", "merge", "set", first]) == 0
    assert main.run(["golden", "merge", "set", first, both]) == 0
    assert [(item["query"], item["note"]) for item in kept(work)] == [("q000", "seen"), ("q001", "")]


def test_two_tables_of_a_judge_that_differ_are_refused(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = table(work / "one.tsv", f"q000\td001\t1\tann\t{WHEN}\t\t")
    two = table(work / "two.tsv", f"q000\td001\t0\tann\t{WHEN}\t\t")

    assert main.run(["golden", "merge", "set", one, two]) == 2
    assert "EK655" in capsys.readouterr().err
    assert not (work / "set" / "judged_by.csv").exists()


def test_a_table_of_who_said_what_of_an_earlier_form_keeps_its_rows(work: Path) -> None:
    path = work / "set" / "judged_by.csv"
    path.write_bytes(b"query,document,judge,grade,date\r\nq000,d009,eve,1,2026-01-01\r\n")
    one = table(work / "one.tsv", f"q000\td001\t1\tann\t{WHEN}\t\t")

    assert main.run(["golden", "merge", "set", one]) == 0
    assert [(row["judge"], row["date"]) for row in kept(work)] == [("eve", "2026-01-01"), ("ann", WHEN)]


def test_one_table_may_hold_several_judges_and_is_imported_whole(work: Path) -> None:
    rows = (f"q000\td001\t1\tann\t{WHEN}\t\t", f"q000\td001\t1\tbo\t{WHEN}\t\t")
    joined = table(work / "joined.tsv", *rows)

    assert main.run(["golden", "merge", "set", joined]) == 0
    assert [row["judge"] for row in kept(work)] == ["ann", "bo"]
    single = table(work / "single.tsv", f"q000\td002\t0\tann\t{WHEN}\tnote\t")
    assert main.run(["golden", "import", single, "--into", "set"]) == 0
    assert len(read_golden(work / "set").qrels) == 62
