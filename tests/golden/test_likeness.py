"""Ids that do not meet: what they differ in is found, told so that it can be seen, and nothing is dropped."""

from __future__ import annotations

import re
import time
import unicodedata
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest
from golden_folders import write_folder
from hypothesis import assume, given
from hypothesis import strategies as st

from evalkit.cli import main
from evalkit.embedding.adapters.vectors import make
from evalkit.embedding.encoder import Role
from evalkit.embedding.modelspec import ModelSpec
from evalkit.errors import ModelError
from evalkit.golden.folder import read_golden
from evalkit.golden.goldenset import GoldenSet
from evalkit.golden.reading.likeness import likeness, visible

ROOM = (
    # what one side writes, what the other has, what is told
    (["77", "78"], ["0077", "0078", "0079"], "2 of 2 meet once zeros are put back: 77 → 0077"),
    (["0077"], ["77", "78"], "1 of 1 meet once zeros are left out: 0077 → 77"),
    (["KB-007"], ["KB-7", "KB-8"], "zeros are left out: KB-007 → KB-7"),
    (["kb-77"], ["KB-77", "KB-78"], "upper and lower case are alike: kb-77 → KB-77"),
    (["77.0", "78.0"], ["77", "78"], "2 of 2 meet once .0 is cut: 77.0 → 77"),
    (["77"], ["77.0"], ".0 is put back"),
    (["Gro\u0308ße.md"], ["Größe.md"], r"Unicode NFC: Gro\u0308ße.md → Gr\xf6ße.md"),
    (["７７"], ["77"], r"NFKC: \uff17\uff17 → 77"),
    (["docs\\a.md"], ["docs/a.md", "docs/b.md"], r"slashes are alike: docs\a.md → docs/a.md"),
    (["/docs/a/", "./docs/b"], ["docs/a", "docs/b"], "2 of 2 meet once slashes are alike"),
    (["a%20b%2Fc"], ["a b/c"], "URL escapes are resolved"),
    (["a+b"], ["a b"], "URL escapes are resolved, + as a space"),
    (["R&amp;D"], ["R&D"], "character references are resolved: R&amp;D → R&D"),
    (
        ["77#3", "78_2", "79-0", "80::1"],
        ["77", "78", "79", "80"],
        "4 of 4 meet once the chunk's number is cut",
    ),
    (["guide.chunk-3"], ["guide"], "the chunk's number is cut"),
    (
        ["guide", "bills"],
        ["guide#1", "guide#2", "bills#1"],
        "2 of 2 meet once the chunk's number is put back",
    ),
    (['"77"', "'78'", "<79>"], ["77", "78", "79"], "3 of 3 meet once quotes or brackets are taken off"),
    (["doc:77"], ["77", "78"], "the prefix is cut: doc:77 → 77"),
    (["77"], ["D77", "D78"], "the prefix is put back: 77 → D77"),
    (["77.txt"], ["77", "78"], "the extension is cut: 77.txt → 77"),
    (["data/raw/77.txt"], ["77", "78"], "the extension is cut and the folder is cut: data/raw/77.txt → 77"),
    (["https://kb.example/docs/a"], ["docs/a"], "the address is cut"),
    (
        ["\ufeff77", "7\u200b8"],
        ["77", "78"],
        r"2 of 2 meet once invisible characters are left out: \ufeff77 → 77",
    ),
    (["77\xa0"], ["77"], r"white space is left out: 77\xa0 → 77"),
    (["kb 77 "], ["KB77"], "white space is left out and upper and lower case are alike: 'kb 77 ' → KB77"),
    (["КВ-77"], ["KB-77"], r"letters of another alphabet are alike: \u041a\u0412-77 → KB-77"),
    (["GrÃ¶ÃŸe"], ["Größe"], "wrongly decoded letters are put right"),
    (["1,234"], ["1234"], "separators of thousands are left out"),
    (["1.23E+05"], ["123000"], "numbers are written out"),
    (["user_guide"], ["user guide"], "separators are alike"),
    (["kb–77"], ["kb-77"], "dashes and apostrophes are alike"),
    (["77"], ["KB-0077"], "zeros are put back and the prefix is put back: 77 → KB-0077"),
)


@pytest.mark.parametrize(("strangers", "known", "told"), ROOM, ids=lambda value: str(value)[:30])
def test_each_way_of_writing_an_id_is_found(strangers: list[str], known: list[str], told: str) -> None:
    assert told in str(likeness(strangers, known))


@pytest.mark.parametrize(
    ("strangers", "known"),
    [
        (["KB-77"], ["KB-78", "KB-79"]),
        (["guide#9"], ["guide#1"]),
        (["d9"], ["d1", "d2"]),
        (["7"], ["07", "007"]),  # either could be meant
        (["x", "y"], ["1", "2"]),
        (["a"], []),
        ([], ["a"]),
    ],
)
def test_no_likeness_is_made_up(strangers: list[str], known: list[str]) -> None:
    assert likeness(strangers, known) is None


WRITTEN: dict[str, Callable[[str], str]] = {
    "case": str.upper,
    "zeros": lambda text: text.replace("-", "-00"),
    "NFD": lambda text: unicodedata.normalize("NFD", text),
    "escapes": lambda text: quote(text, safe=""),
    "quotes": lambda text: f'"{text}"',
    "prefix": lambda text: f"doc:{text}",
    "extension": lambda text: f"{text}.html",
    "spaces": lambda text: f" {text}",
}


@given(
    numbers=st.sets(st.integers(1, 10**6), min_size=2, max_size=30),
    one=st.sampled_from(sorted(WRITTEN)),
    other=st.sampled_from(sorted(WRITTEN)),
)
def test_two_ways_together_are_found_and_every_pair_is_the_right_one(
    numbers: set[int], one: str, other: str
) -> None:
    assume(one != other)
    known = [f"müll/kb-{number}" for number in sorted(numbers)]
    written = {WRITTEN[other](WRITTEN[one](name)): name for name in known}

    found = likeness(written, known)

    assert found is not None
    assert found.meet == len(known)
    assert all(written[stranger] == name for stranger, name in found.pairs)


def test_many_ids_are_looked_through_in_seconds() -> None:
    known = [f"KB-{number:07d}" for number in range(60_000)]
    start = time.perf_counter()

    found = likeness([str(number) for number in range(40_000, 45_000)], known)

    assert found is not None
    assert found.meet == 5_000
    assert time.perf_counter() - start < 10


def test_what_looks_the_same_is_spelt_out() -> None:
    assert visible("a\u200b") == "a\\u200b"
    assert visible("77 ") == "'77 '"
    assert visible("é", "e\u0301", hidden=True) == r"\xe9"
    assert visible("x" * 5000).endswith("…")


def check(folder: Path, capsys: pytest.CaptureFixture[str], *more: str) -> tuple[int, str]:
    code = main.run(["golden", "check", str(folder), *more])
    captured = capsys.readouterr()
    return code, captured.out + captured.err


def of(ids: list[str], judged: list[str], folder: Path, card: str = "") -> Path:
    corpus = [{"_id": name, "text": f"page number {row}"} for row, name in enumerate(ids)]
    queries = [{"_id": f"q{row}", "text": f"question {row}"} for row in range(len(judged))]
    rows = [(f"q{row}", name, 1) for row, name in enumerate(judged)]
    return write_folder(folder, queries=queries, corpus=corpus, qrels=rows, card=card)


def test_the_check_names_the_likeness_and_offers_nothing_to_drop(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, told = check(of(["0077", "0078", "0079"], ["77", "78"], tmp_path / "s"), capsys)

    assert code == 2
    assert "error[EK203]: 2 judgements of documents that are not in the corpus" in told
    assert "2 of 2 meet once zeros are put back: 77 → 0077, 78 → 0078" in told
    assert "drop" not in told


def test_ids_without_a_likeness_are_told_from_both_sides(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, told = check(of(["a", "b"], ["x", "y"], tmp_path / "s"), capsys)

    assert "x, y" in told
    assert "the corpus has a, b" in told
    assert "drop" not in told


def test_a_few_dangling_judgements_may_still_be_dropped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = of(["a", "b", "c"], ["a", "b", "c", "gone"], tmp_path / "s")
    _, told = check(folder, capsys)

    assert 'missing_documents = "drop"' in told
    assert check(folder, capsys, "--fix", "dangling")[0] == 0


@pytest.mark.parametrize("more", [["--fix", "dangling"], ["--allow-unreachable"]])
def test_nearly_all_judgements_are_never_dropped(
    more: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = of(["0077", "0078"], ["77", "78"], tmp_path / "s")
    before = (folder / "qrels" / "test.tsv").read_bytes()

    code, told = check(folder, capsys, *more)

    assert code == 2
    assert "zeros are put back" in told
    assert (folder / "qrels" / "test.tsv").read_bytes() == before


def test_a_card_that_drops_does_not_drop_everything(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    card = 'missing_documents = "drop"\n'
    code, told = check(of(["0077", "0078"], ["77", "78"], tmp_path / "s", card), capsys)

    assert code == 2
    assert "zeros are put back" in told


def test_queries_that_do_not_meet_are_told_alike(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_folder(tmp_path / "s", qrels=[("Q1", "d1", 1), ("Q2", "d2", 1)])
    _, told = check(folder, capsys)

    assert "2 of 2 meet once upper and lower case are alike: Q1 → q1" in told


def test_a_run_whose_documents_do_not_meet_says_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = of(["a.md", "b.md"], ["a.md"], tmp_path / "s")
    (tmp_path / "run.trec").write_text("q0 Q0 docs/a 1 2 s\nq0 Q0 docs/b 2 1 s\n")
    code = main.run(["run", str(folder), "--model", f"run/{tmp_path / 'run.trec'}"])

    told = capsys.readouterr().err
    assert code == 2
    assert "EK433" in told
    assert "2 of 2 meet once" in told
    assert "docs/a → a.md" in told


def test_vectors_of_strangers_name_both_sides(tmp_path: Path) -> None:
    np.save(tmp_path / "corpus.npy", np.eye(2, dtype=np.float32))
    np.save(tmp_path / "queries.npy", np.eye(2, dtype=np.float32)[:1])
    (tmp_path / "corpus.ids").write_text("77.0\n78.0\n")
    (tmp_path / "queries.ids").write_text("q\n")
    golden = GoldenSet.of("s", queries={"q": "x"}, corpus={"77": "a", "78": "b"}, qrels={"q": {"77": 1}})
    stored = make(ModelSpec.parse(f"vectors/{tmp_path}"), golden, {})

    with pytest.raises(ModelError, match=r"2 of 2 meet once \.0 is put back: 77 → 77\.0") as caught:
        stored.vectors(golden.corpus, Role.document)

    assert "77.0" in str(caught.value)
    assert "corpus.npy   77, 78" in str(caught.value)
    assert "2 vectors of no document here" in str(caught.value)


def test_a_sound_set_is_as_it_was(tmp_path: Path) -> None:
    assert read_golden(write_folder(tmp_path)).findings == ()


def test_a_baseline_whose_queries_do_not_meet_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("CI", raising=False)
    folder = write_folder(tmp_path / "set")
    command = ["gate", "set", "--model", "hash/64"]
    assert main.run([*command, "--update"]) == 0
    for name in ("queries.jsonl", "qrels/test.tsv"):
        path = folder / name
        path.write_text(re.sub(r"q(?=[1-4])", "Q", path.read_text()))
    capsys.readouterr()

    assert main.run(command) == 2
    assert "4 of 4 meet once upper and lower case are alike: q1 → Q1" in capsys.readouterr().err


def test_endless_ids_are_not_compared() -> None:
    """A run with one id of 20,000 characters took for ever."""
    assert likeness(["d" * 20_000, "KB-077"], ["e" * 20_000, "KB-77"]) is not None
    assert likeness(["d" * 20_000], ["KB-77"]) is None
