"""compare --judge ppi: a model's grades sharpen a verdict as far as people bear them out."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support_sets import write_golden, write_run

from evalkit import Policy
from evalkit.cli import main
from evalkit.decision.policy import Judge
from evalkit.errors import UsageError
from evalkit.judging.inference import predicted_mean
from evalkit.judging.prediction import Parts

QUERIES, SAMPLE, TEN = 110, 40, 10
HEADER = "query\tdocument\tgrade\tjudged_by\tdate\tflag\tsaid\tprompt\n"


def shown(path: str) -> dict[str, list[str]]:
    """Return the first ten documents of each query."""
    found: dict[str, list[str]] = {}
    for line in Path(path).read_text().splitlines():
        query, _, document, rank, *_ = line.split()
        if int(rank) <= TEN:
            found.setdefault(query, []).append(document)
    return found


def write_grades(path: str, *, wrong: float = 0.1, only: range = range(QUERIES), blank: str = "") -> None:
    """Write what a model says of everything shown: mostly which document answers."""
    chance = random.Random(7)  # noqa: S311 - grades that are always the same
    old, new = shown("old.trec"), shown("new.trec")
    lines = []
    for n in only:
        for document in dict.fromkeys([*old[f"q{n:03}"], *new[f"q{n:03}"]]):
            grade = int(document == f"d{n:03}") if chance.random() >= wrong else 1
            flag = "addresses the judge" if document == blank else ""
            lines.append(
                f"q{n:03}\t{document}\t{'' if flag else grade}\tbig/m\t2026-11-29\t{flag}\t{grade}\tabc\n"
            )
    Path(path).write_text(HEADER + "".join(lines))


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """110 queries, 40 of them judged whole by people; the candidate moves the answer up for most."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    write_golden(tmp_path / "support", queries=QUERIES)
    chance = random.Random(1)  # noqa: S311 - runs that are always the same
    write_run(tmp_path / "old.trec", {n: chance.choice((2, 3, 4)) for n in range(QUERIES)}, queries=QUERIES)
    write_run(
        tmp_path / "new.trec", {n: chance.choice((1, 1, 2, 3)) for n in range(QUERIES)}, queries=QUERIES
    )
    judge_whole(range(SAMPLE))
    write_grades("judged.tsv")
    return tmp_path


def judge_whole(queries: range) -> None:
    """Let people judge everything that is shown for some queries, and nothing else."""
    old, new = shown("old.trec"), shown("new.trec")
    lines = [
        f"q{n:03}\t{document}\t{int(document == f'd{n:03}')}"
        for n in queries
        for document in dict.fromkeys([*old[f"q{n:03}"], *new[f"q{n:03}"]])
    ]
    Path("support/qrels/test.tsv").write_text("\n".join(["query-id\tcorpus-id\tscore", *lines, ""]))


def compared(capsys: pytest.CaptureFixture[str], *more: str) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    models = "--baseline", "run/old.trec", "--candidate", "run/new.trec"
    code = main.run(["compare", "support", *models, "--json", *more])
    out = capsys.readouterr().out
    return code, json.loads(out) if out else {}


PPI = ("--judge", "ppi", "--model-grades", "judged.tsv")


def primary(result: dict[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = next(
        row for row in result["comparisons"] if row["measure"] == "nDCG@10" and row["segment"] is None
    )
    return row


def test_the_interval_of_people_and_model_is_narrower_and_lies_about_the_truth(
    capsys: pytest.CaptureFixture[str],
) -> None:
    _, alone = compared(capsys)
    _, both = compared(capsys, *PPI)
    judge_whole(range(QUERIES))
    _, truth = compared(capsys)

    width = [row["ci_t"][1] - row["ci_t"][0] for row in (primary(alone), primary(both))]
    assert width[1] < 0.9 * width[0]
    assert primary(both)["ci_t"][0] <= primary(truth)["delta"] <= primary(both)["ci_t"][1]
    assert primary(both)["candidate_mean"] - primary(both)["baseline_mean"] == pytest.approx(
        primary(both)["delta"]
    )


def test_the_page_and_the_result_say_first_that_a_model_judged(
    capsys: pytest.CaptureFixture[str],
) -> None:
    _, result = compared(capsys, *PPI)
    told = f"Judged by the model big/m and corrected by people, who judged {SAMPLE} of {QUERIES} queries"

    assert told in result["question"]["sentence"].replace("\u00a0", " ")
    assert result["question"]["judge"] == "ppi"
    assert result["question"]["model_grades"]["prompt"] == "abc"
    assert (
        f"on {SAMPLE} queries that people judged and {QUERIES - SAMPLE} queries that a model did"
        in (result["decisions"][0]["sentence"])
    )
    main.run(
        ["compare", "support", "--baseline", "run/old.trec", "--candidate", "run/new.trec", *PPI, "-o", "rep"]
    )
    page = Path("rep/report.html").read_text().replace("&nbsp;", " ").replace("\u00a0", " ")
    assert page.index("Judged by the model big/m") < page.index('id="rules"')


def test_without_the_policy_no_grade_of_a_model_counts(capsys: pytest.CaptureFixture[str]) -> None:
    code, _ = compared(capsys, "--model-grades", "judged.tsv")
    assert code == 2
    code, _ = compared(capsys, "--judge", "ppi")
    assert code == 2


def test_the_policy_of_the_file_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    Path("evalkit.toml").write_text('[policy]\njudge = "ppi"\n')
    assert compared(capsys)[0] == 2
    code, result = compared(capsys, "--model-grades", "judged.tsv")
    assert code in (0, 1, 3)
    assert result["question"]["judge"] == "ppi"


def test_queries_whose_right_answer_is_nothing_are_on_neither_side(
    capsys: pytest.CaptureFixture[str],
) -> None:
    _, before = compared(capsys, *PPI)
    queries = Path("support/queries.jsonl")
    lines = queries.read_text().splitlines()
    for row in range(100, QUERIES):
        record = json.loads(lines[row])
        lines[row] = json.dumps({**record, "metadata": {"answer": "none"}})
    queries.write_text("\n".join(lines))
    _, after = compared(capsys, *PPI, "--measure", "Silent@10")
    assert f"and {QUERIES - SAMPLE - 10} queries that a model did" in after["decisions"][0]["sentence"]
    assert f"and {QUERIES - SAMPLE} queries that a model did" in before["decisions"][0]["sentence"]


def test_a_worthless_judge_changes_little(capsys: pytest.CaptureFixture[str]) -> None:
    """A model whose grades are chance is hardly listened to."""
    write_grades("judged.tsv", wrong=1.0)
    _, alone = compared(capsys)
    _, both = compared(capsys, *PPI)
    assert primary(both)["delta"] == pytest.approx(primary(alone)["delta"], abs=0.02)


def test_few_queries_of_people_stay_few_however_many_a_model_judges(
    capsys: pytest.CaptureFixture[str],
) -> None:
    judge_whole(range(12))
    code, result = compared(capsys, *PPI)
    assert code == 3
    assert result["decisions"][0]["reason"] == "SMALL_N"


def test_queries_judged_in_part_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    qrels = Path("support/qrels/test.tsv")
    qrels.write_text("".join(qrels.read_text().splitlines(keepends=True)[:-3]))
    assert compared(capsys, *PPI)[0] == 2


@pytest.mark.parametrize("queries", [range(QUERIES), range(1)])
def test_people_who_judged_all_or_nearly_nothing_are_no_sample(
    capsys: pytest.CaptureFixture[str], queries: range
) -> None:
    judge_whole(queries)
    assert compared(capsys, *PPI)[0] == 2


def test_a_model_that_was_not_asked_about_what_people_judged_is_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_grades("judged.tsv", only=range(SAMPLE, QUERIES))
    assert compared(capsys, *PPI)[0] == 2
    write_grades("judged.tsv", only=range(SAMPLE))
    assert compared(capsys, *PPI)[0] == 2


def test_grades_of_flagged_texts_are_left_out_until_people_confirm_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_grades("judged.tsv", blank="d050")
    code, result = compared(capsys, *PPI)
    assert code in (0, 1, 3)
    assert result["question"]["model_grades"]["without"] > 0


ROW = "q001\td001\t{}\t{}\t\t{}\t1\tabc\n"
NO_TABLES = [
    "query\tdocument\tgrade\nq001\td001\t1\n",
    HEADER,
    HEADER + ROW.format("", "m", "no grade"),
    HEADER + ROW.format(1, "m", "") + ROW.format(1, "n", "").replace("d001", "d002"),
    HEADER + ROW.format("good", "m", ""),
    HEADER + ROW.format(1, "m", "").replace("d001", "nowhere"),
]


@pytest.mark.parametrize("text", NO_TABLES)
def test_tables_that_hold_no_grades_of_one_model_are_refused(
    capsys: pytest.CaptureFixture[str], text: str
) -> None:
    Path("judged.tsv").write_text(text)
    assert compared(capsys, *PPI)[0] == 2


def test_traffic_weights_do_not_go_with_it() -> None:
    with pytest.raises(UsageError, match="use_weights"):
        Policy(judge=Judge.PPI, use_weights=True)
    with pytest.raises(UsageError, match="judge"):
        Policy(judge="model")  # type: ignore[arg-type] # what people write


DRAW = np.random.default_rng(3)
HUMAN = DRAW.normal(0.02, 0.2, 90).clip(-1, 1)
MODEL = (0.7 * HUMAN + DRAW.normal(0.0, 0.1, 90)).clip(-1, 1)
PEOPLE = np.arange(90) < 30
EVERY = np.ones(90, dtype=bool)


def test_where_all_count_and_none_is_grouped_it_is_ppi_itself() -> None:
    found = Parts(EVERY, np.arange(90), PEOPLE, ~PEOPLE).mean(HUMAN, MODEL)
    expected = predicted_mean(HUMAN[PEOPLE], MODEL[PEOPLE], MODEL[~PEOPLE])
    assert (found.mean, found.error, found.lam) == pytest.approx(
        (expected.mean, expected.error, expected.lam)
    )


def test_queries_that_do_not_count_are_left_out_of_the_mean_and_not_taken_for_ties() -> None:
    counted = np.arange(90) % 3 > 0
    found = Parts(counted, np.arange(90), PEOPLE, ~PEOPLE).mean(np.where(counted, 0.3, 0.0), np.zeros(90))
    assert found.mean == pytest.approx(0.3)
    assert found.error == pytest.approx(0.0, abs=1e-9)


def test_a_query_told_twice_as_a_group_is_one_unit() -> None:
    twice = np.repeat(np.arange(90), 2)
    single = Parts(EVERY, np.arange(90), PEOPLE, ~PEOPLE).mean(HUMAN, MODEL)
    double = Parts(np.repeat(EVERY, 2), twice, np.repeat(PEOPLE, 2), np.repeat(~PEOPLE, 2)).mean(
        np.repeat(HUMAN, 2), np.repeat(MODEL, 2)
    )
    assert (double.mean, double.error) == pytest.approx((single.mean, single.error))


def test_no_difference_at_all_proves_nothing_about_a_margin() -> None:
    """Plain t would give an interval without width, and a GO from nothing."""
    effect = Parts(EVERY, np.arange(90), PEOPLE, ~PEOPLE).effect(np.zeros(90), np.zeros(90), 0.05)
    assert effect.interval.low < -0.05
    assert effect.p_non_inferior(0.02) > 0.025


def test_swapping_the_systems_turns_the_effect_round() -> None:
    parts = Parts(EVERY, np.arange(90), PEOPLE, ~PEOPLE)
    one, other = parts.effect(HUMAN, MODEL, 0.05), parts.effect(-HUMAN, -MODEL, 0.05)
    assert one.interval.estimate == pytest.approx(-other.interval.estimate)
    assert one.interval.low == pytest.approx(-other.interval.high)
    assert one.test.greater == pytest.approx(other.test.less)
