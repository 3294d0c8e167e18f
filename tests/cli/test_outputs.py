"""What -o writes, what it never overwrites, and what becomes of a disk without room."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from support_sets import DOCUMENTS, QUERIES, write_golden, write_run

from evalkit.cli import main

FULL = Path("/dev/full")


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, with a golden set, vectors and a cache of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    write_golden(tmp_path / "support")
    write_vectors(tmp_path / "vectors")
    return tmp_path


def write_vectors(folder: Path, seed: int = 0) -> None:
    """Write vectors in which question n lies next to document n."""
    folder.mkdir()
    corpus = np.random.default_rng(seed).normal(size=(DOCUMENTS, 8)).astype(np.float32)
    np.save(folder / "corpus.npy", corpus)
    np.save(folder / "queries.npy", corpus[:QUERIES] + np.float32(0.01))
    (folder / "corpus.ids").write_text("\n".join(f"d{n:03}" for n in range(DOCUMENTS)))
    (folder / "queries.ids").write_text("\n".join(f"q{n:03}" for n in range(QUERIES)))


def cli(*arguments: object) -> int:
    return main.run([str(argument) for argument in arguments])


def run_to(output: object, *more: object, golden: str = "support", model: str = "vectors/vectors") -> int:
    return cli("run", golden, "--model", model, "-o", output, *more)


def compare_to(output: str, *more: str) -> int:
    old, new = write_run(Path("old.trec"), {4: 3}), write_run(Path("new.trec"), {})
    arguments = ("--baseline", f"run/{old}", "--candidate", f"run/{new}", "--measure", "nDCG@10")
    return cli("compare", "support", *arguments, "-o", output, *more)


def mix_to(output: str, *more: str) -> int:
    systems = ("--old", "vectors/vectors", "--new", "vectors/vectors")
    return cli("mix", "support", *systems, "-o", output, *(more or ("--shares", "3")))


def test_the_same_experiment_replaces_its_own_run(work: Path) -> None:
    assert run_to("a.trec") == 0
    before = (work / "a.trec").read_bytes()

    assert run_to("a.trec") == 0
    assert (work / "a.trec").read_bytes() == before


@pytest.mark.parametrize(
    "other",
    [
        ("--index", "HNSW8"),
        ("--depth", "10", "--measure", "nDCG@10"),
    ],
)
def test_a_run_of_another_index_or_depth_is_not_overwritten(work: Path, other: tuple[str, ...]) -> None:
    run_to("a.trec")
    before = (work / "a.trec").read_bytes()

    assert run_to("a.trec", *other) == 2
    assert (work / "a.trec").read_bytes() == before
    assert run_to("a.trec", *other, "--force") == 0
    assert (work / "a.trec").read_bytes() != before


def test_a_run_of_other_queries_is_not_overwritten(work: Path) -> None:
    write_golden(work / "smaller", queries=50)
    run_to("a.trec")

    assert run_to("a.trec", golden="smaller") == 2


def test_notes_of_somebody_are_not_overwritten_by_a_run(work: Path) -> None:
    (work / "notes.txt").write_text("buy milk\n")

    assert run_to("notes.txt") == 2
    assert (work / "notes.txt").read_text() == "buy milk\n"


def test_a_run_goes_to_stdout_and_its_scores_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_to("-", "--depth", "10", "--measure", "nDCG@10") == 0

    told = capsys.readouterr()
    assert {len(line.split()) for line in told.out.splitlines()} == {6}
    assert "nDCG@10" in told.err
    assert not Path("-").exists()


def test_a_run_and_a_json_object_do_not_share_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_to("-", "--json") == 2
    assert "both ask for stdout" in capsys.readouterr().err


def test_a_run_is_packed_where_its_name_says_so_and_read_back(work: Path) -> None:
    assert run_to("runs/a.trec.gz") == 0
    run_to("a.trec")

    assert gzip.decompress((work / "runs" / "a.trec.gz").read_bytes()) == (work / "a.trec").read_bytes()
    assert cli("run", "support", "--model", "run/runs/a.trec.gz") == 0
    assert run_to("runs/a.trec.gz") == 0


def test_a_run_that_could_not_be_read_back_is_refused(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    corpus = work / "support" / "corpus.jsonl"
    corpus.write_text(corpus.read_text().replace('"d119"', '"d 119"'))

    assert cli("run", "support", "--model", "hash/16", "-o", "a.trec") == 2
    assert "EK437" in capsys.readouterr().err
    assert not (work / "a.trec").exists()


needs_a_full_device = pytest.mark.skipif(
    not FULL.exists(), reason="only Linux has /dev/full, and nothing else runs out of space at will"
)


@needs_a_full_device
def test_a_device_is_written_as_it_is_and_a_full_one_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_to(FULL) == 2
    assert "EK611" in capsys.readouterr().err
    assert FULL.is_char_device()


@needs_a_full_device
def test_a_full_stdout_is_told_and_is_no_bug(work: Path) -> None:
    command = [sys.executable, "-m", "evalkit.cli.main", "run", "support", "--model", "hash/16", "--json"]
    with FULL.open("w") as full:
        done = subprocess.run(command, cwd=work, stdout=full, stderr=subprocess.PIPE, check=False, text=True)

    assert done.returncode == 2
    assert "error[EK611]: stdout cannot be written" in done.stderr


def test_a_closed_stdout_leaves_the_exit_code(work: Path) -> None:
    words = f"{sys.executable} -m evalkit.cli.main run support --model hash/16 --json >&-"
    done = subprocess.run(words, cwd=work, shell=True, stderr=subprocess.PIPE, check=False, text=True)  # noqa: S602 - our own words

    assert (done.returncode, "bug" in done.stderr) == (0, False)


def test_a_link_keeps_pointing_at_the_file_that_is_written(work: Path) -> None:
    (work / "real.trec").touch()
    (work / "link.trec").symlink_to(work / "real.trec")

    assert run_to("link.trec", "--force") == 0
    assert (work / "link.trec").is_symlink()
    assert (work / "real.trec").stat().st_size > 0


def test_the_lab_writes_its_report_and_the_same_experiment_replaces_it(work: Path) -> None:
    assert mix_to("lab") == 0
    assert {path.name for path in (work / "lab").iterdir()} == {"report.html", "result.json", "summary.md"}
    assert mix_to("lab") == 0


@pytest.mark.long
@pytest.mark.parametrize(
    "other",
    [
        ("--shares", "3", "--order", "id"),
        ("--shares", "3", "--strategy", "stay-old"),
        ("--shares", "3", "--measure", "Recall@10"),
        ("--shares", "5"),
        ("--shares", "3", "--seed", "7"),
        ("--shares", "3", "--margin", "0.1"),
    ],
)
def test_the_lab_asked_something_else_overwrites_nothing(work: Path, other: tuple[str, ...]) -> None:
    mix_to("lab")
    before = (work / "lab" / "result.json").read_bytes()

    assert mix_to("lab", *other) == 2
    assert (work / "lab" / "result.json").read_bytes() == before
    assert mix_to("lab", *other, "--force") == 0


def test_another_experiment_is_refused_before_anything_is_done(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The run is refused unread: it is no run at all."""
    compare_to("out")
    (work / "new.trec").write_text("nothing that a run holds\n")

    assert (
        cli("compare", "support", "--baseline", "run/old.trec", "--candidate", "run/new.trec", "-o", "out")
        == 2
    )
    assert "EK612" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["summary.md", "junit.xml", "worklist.csv", "report.html"])
def test_files_of_somebody_are_not_overwritten_by_a_report(work: Path, name: str) -> None:
    (work / "mine").mkdir()
    (work / "mine" / name).write_text("mine")

    assert compare_to("mine") == 2
    assert (work / "mine" / name).read_text() == "mine"
    assert not (work / "mine" / "result.json").exists()


def test_a_comparison_that_fails_leaves_no_folder(work: Path) -> None:
    write_golden(work / "empty", relevant=False)
    run = write_run(work / "a.trec", {})

    code = cli("compare", "empty", "--baseline", f"run/{run}", "--candidate", "hash/16", "-o", "out/deep")

    assert code == 5
    assert not (work / "out").exists()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"golden": None}, "golden"),
        ({"comparisons": {}}, "comparisons"),
        ({"golden": {"name": "x"}}, "golden.digest"),
        ({"systems": {"a": 1}}, "systems.a"),
        ({"decisions": [{"candidate": "run/new.trec"}]}, "not a whole result"),
        ("only", "comparisons"),
    ],
)
def test_a_result_that_lacks_something_is_told_and_is_no_bug(
    work: Path, capsys: pytest.CaptureFixture[str], change: dict[str, object] | str, told: str
) -> None:
    compare_to("out")
    path = work / "out" / "result.json"
    whole = json.loads(path.read_text())
    path.write_text(json.dumps({"schema": 1} if isinstance(change, str) else whole | change))
    capsys.readouterr()

    assert cli("report", "out", "-o", "page.html") == 2
    error = capsys.readouterr().err
    assert "EK118" in error
    assert told in error
    assert not (work / "page.html").exists()


def test_a_result_of_before_a_key_was_added_is_still_drawn(work: Path) -> None:
    compare_to("out")
    path = work / "out" / "result.json"
    older = json.loads(path.read_text())
    del older["self_test"], older["reranking"]
    path.write_text(json.dumps(older))

    assert cli("report", "out", "-o", "page.html") == 0


def test_a_report_goes_into_a_folder_that_is_made(work: Path) -> None:
    compare_to("out")

    assert cli("report", "out", "-o", "pages/today.html") == 0
    assert (work / "pages" / "today.html").read_bytes() == (work / "out" / "report.html").read_bytes()


def test_a_folder_that_cannot_be_written_is_told_before_any_work(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file stands where the folder should be, which stops root too; the absent model is not even opened."""
    (work / "locked").write_text("no folder")

    assert run_to("locked/a.trec", model="vectors/absent") == 2

    assert "error[EK611]: locked cannot be written" in capsys.readouterr().err
