"""Reading golden-set folders: what is sound is read, what is not is told with its place."""

from __future__ import annotations

import gzip
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from golden_folders import CORPUS, QRELS, QUERIES, write_folder

from evalkit.errors import GoldenSetError, UnknownNameError
from evalkit.golden.folder import find_golden, read_golden

Spoil = Callable[[Path], object]


def test_a_sound_folder_becomes_a_golden_set_by_row(tmp_path: Path) -> None:
    golden = read_golden(write_folder(tmp_path))

    assert golden.name == "support"
    assert golden.version == "1"
    assert golden.queries.ids == ("q1", "q2", "q3", "q4")
    assert golden.corpus.bodies[0] == "Password\nOpen settings and choose a new password."
    assert golden.corpus.bodies[3] == "Our offices are closed on public holidays."
    assert golden.qrels.grades.tolist() == [2, 2, 1, 2, 1, 0]
    assert golden.weights.tolist() == [1.0, 2.5, 1.0, 1.0]
    assert golden.critical.tolist() == [True, False, False, False]
    assert {name: rows.tolist() for name, rows in golden.segments.items()} == {
        "account": [True, False, False, False],
        "billing": [False, True, True, False],
        "money": [False, True, False, False],
    }
    assert golden.groups[2] == golden.groups[3]
    assert len(set(golden.groups.tolist())) == 3


def test_a_folder_without_a_card_is_read_under_its_own_name(tmp_path: Path) -> None:
    assert read_golden(write_folder(tmp_path / "beir", card="")).name == "beir"


def test_the_order_of_lines_changes_nothing(tmp_path: Path) -> None:
    shuffled = random.Random(3)  # noqa: S311 - no secret

    def mixed(rows: tuple) -> list:  # type: ignore[type-arg] # any rows
        return shuffled.sample(list(rows), len(rows))

    sound = read_golden(write_folder(tmp_path / "a"))
    other = read_golden(
        write_folder(tmp_path / "b", queries=mixed(QUERIES), corpus=mixed(CORPUS), qrels=mixed(QRELS))
    )

    assert other.digest == sound.digest
    assert other.qrels.doc_rows.tolist() == sound.qrels.doc_rows.tolist()


def test_windows_line_ends_a_byte_order_mark_and_gzip_are_read(tmp_path: Path) -> None:
    sound = read_golden(write_folder(tmp_path / "a"))
    folder = write_folder(tmp_path / "b")
    for name in ("queries.jsonl", "qrels/test.tsv"):
        path = folder / name
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    corpus = folder / "corpus.jsonl"
    (folder / "corpus.jsonl.gz").write_bytes(gzip.compress(corpus.read_bytes()))
    corpus.unlink()

    assert read_golden(folder).digest == sound.digest


def test_a_headerless_qrels_file_keeps_its_first_row(tmp_path: Path) -> None:
    folder = write_folder(tmp_path)
    path = folder / "qrels" / "test.tsv"
    path.write_text(path.read_text().partition("\n")[2])

    assert len(read_golden(folder).qrels) == len(QRELS)


def _append(name: str, text: str) -> Spoil:
    def spoil(folder: Path) -> None:
        with (folder / name).open("ab") as file:
            file.write(text.encode("latin-1"))

    return spoil


def _replace(name: str, content: str) -> Spoil:
    return lambda folder: (folder / name).write_text(content)


BROKEN: dict[str, tuple[Spoil, str, str]] = {
    "no queries file": (lambda folder: (folder / "queries.jsonl").unlink(), "EK201", "queries.jsonl"),
    "no corpus file": (lambda folder: (folder / "corpus.jsonl").unlink(), "EK201", "corpus.jsonl"),
    "no qrels file": (lambda folder: (folder / "qrels" / "test.tsv").unlink(), "EK201", "test.tsv"),
    "repeated query id": (
        _append("queries.jsonl", '{"_id": "q1", "text": "x"}\n'),
        "EK202",
        "queries.jsonl:1,5",
    ),
    "repeated document id": (
        _append("corpus.jsonl", '{"_id": "d2", "text": "x"}\n'),
        "EK202",
        "corpus.jsonl:2,6",
    ),
    "unknown document": (_append("qrels/test.tsv", "q1\td9\t1\n"), "EK203", "test.tsv:8   d9"),
    "unknown query": (_append("qrels/test.tsv", "q9\td1\t1\n"), "EK204", "test.tsv:8   q9"),
    "truncated line": (_append("corpus.jsonl", '{"_id": "d6", "te'), "EK205", "corpus.jsonl:6"),
    "not an object": (_append("queries.jsonl", "[1]\n"), "EK205", "queries.jsonl:5"),
    "no id": (_append("queries.jsonl", '{"text": "x"}\n'), "EK206", "queries.jsonl:5"),
    "empty id": (_append("queries.jsonl", '{"_id": " ", "text": "x"}\n'), "EK206", "queries.jsonl:5"),
    "no text": (_append("corpus.jsonl", '{"_id": "d6"}\n'), "EK206", "corpus.jsonl:6   d6"),
    "text is a number": (_append("corpus.jsonl", '{"_id": "d6", "text": 5}\n'), "EK206", "corpus.jsonl:6"),
    "metadata is a list": (
        _append("queries.jsonl", '{"_id": "q5", "text": "x", "metadata": [1]}\n'),
        "EK206",
        "queries.jsonl:5",
    ),
    "float grade": (_append("qrels/test.tsv", "q1\td2\t0.5\n"), "EK209", "test.tsv:8   0.5"),
    "word for a grade": (_append("qrels/test.tsv", "q1\td2\tgood\n"), "EK209", "test.tsv:8   good"),
    "negative grade": (_append("qrels/test.tsv", "q1\td2\t-1\n"), "EK210", "test.tsv:8   -1"),
    "repeated judgement": (_append("qrels/test.tsv", "q1\td1\t2\n"), "EK211", "test.tsv:8"),
    "conflicting judgement": (_append("qrels/test.tsv", "q1\td1\t0\n"), "EK211", "another grade"),
    "two columns": (_append("qrels/test.tsv", "q1\td1\n"), "EK212", "test.tsv:8"),
    "no queries at all": (_replace("queries.jsonl", ""), "EK213", "queries.jsonl"),
    "no documents at all": (_replace("corpus.jsonl", "\n"), "EK213", "corpus.jsonl"),
    "no judgements at all": (_replace("qrels/test.tsv", ""), "EK213", "test.tsv"),
    "a query that is a document": (
        _append("queries.jsonl", '{"_id": "d4", "text": "Our offices are closed on public holidays."}\n'),
        "EK214",
        "queries.jsonl:5   d4",
    ),
    "weight of zero": (
        _append("queries.jsonl", '{"_id": "q5", "text": "x", "metadata": {"weight": 0}}\n'),
        "EK216",
        "queries.jsonl:5   q5",
    ),
    "not UTF-8": (_append("corpus.jsonl", '{"_id": "d6", "text": "caf\xe9"}\n'), "EK218", "corpus.jsonl:6"),
    "NUL byte": (_append("corpus.jsonl", '{"_id": "d6", "text": "\0"}\n'), "EK219", "corpus.jsonl:6"),
    "card is not TOML": (_replace("golden.toml", "name = \n"), "EK220", "golden.toml"),
    "card has a misspelt key": (_replace("golden.toml", 'judgements = "pooled"\n'), "EK221", "judgments"),
    "card has an unknown choice": (_replace("golden.toml", 'judgments = "some"\n'), "EK222", "pooled"),
    "card has a wrong type": (_replace("golden.toml", "name = 5\n"), "EK223", "golden.toml"),
}


@pytest.mark.parametrize(("spoil", "code", "told"), BROKEN.values(), ids=BROKEN.keys())
def test_each_broken_input_names_its_code_and_place(
    tmp_path: Path, spoil: Spoil, code: str, told: str
) -> None:
    folder = write_folder(tmp_path)
    spoil(folder)

    with pytest.raises(GoldenSetError) as caught:
        read_golden(folder)

    assert code in [finding.code for finding in caught.value.findings]
    assert told in str(caught.value)
    assert all(finding.hint for finding in caught.value.findings)


@pytest.mark.parametrize(
    "field",
    [{"segment": 7}, {"critical": "perhaps"}, {"weight": "heavy"}, {"weight": {"kg": 3}}, {"segment": [1]}],
)
def test_a_field_of_another_meaning_is_left_aside_and_told(tmp_path: Path, field: dict[str, object]) -> None:
    query = {"_id": "q5", "text": "x", "metadata": field}
    golden = read_golden(write_folder(tmp_path, queries=[*QUERIES, query]))

    told = [finding for finding in golden.findings if finding.code == "EK216"]
    assert [finding.severity for finding in told] == ["warning"]
    assert "queries.jsonl:5   q5" in told[0].places[0]
    row = golden.queries.row("q5")
    assert (golden.weights[row], golden.critical[row]) == (1.0, False)
    assert not any(members[row] for members in golden.segments.values())


def test_all_problems_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    folder = write_folder(tmp_path)
    for spoil in ("unknown document", "repeated query id", "float grade"):
        BROKEN[spoil][0](folder)

    with pytest.raises(GoldenSetError) as caught:
        read_golden(folder)

    assert {finding.code for finding in caught.value.findings} == {"EK202", "EK203", "EK209"}


def test_missing_documents_are_dropped_and_counted_where_the_card_says_so(tmp_path: Path) -> None:
    folder = write_folder(
        tmp_path,
        qrels=[*QRELS, ("q1", "gone", 2)],
        card='missing_documents = "drop"\njudgments = "complete"\n',
    )

    golden = read_golden(folder)

    assert len(golden.qrels) == len(QRELS)
    assert golden.missing == ()
    assert [(finding.code, finding.severity) for finding in golden.findings] == [("EK226", "notice")]


def test_unreachable_documents_stay_in_the_denominator_when_allowed(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, qrels=[*QRELS, ("q1", "gone", 2)])

    golden = read_golden(folder, allow_unreachable=True)

    assert golden.missing == ("gone",)
    assert golden.qrels.relevant_per_query(4).tolist() == [2, 2, 1, 1]


def test_a_query_without_a_relevant_document_is_a_notice_and_not_counted(tmp_path: Path) -> None:
    golden = read_golden(write_folder(tmp_path, qrels=[row for row in QRELS if row[0] != "q1"]))

    assert golden.counted.tolist() == [False, True, True, True]
    assert [finding.code for finding in golden.findings] == ["EK224", "EK264"]


def test_ids_that_merely_collide_are_a_notice(tmp_path: Path) -> None:
    golden = read_golden(write_folder(tmp_path, queries=[*QUERIES, {"_id": "d1", "text": "something else"}]))

    assert "EK215" in [finding.code for finding in golden.findings]
    assert golden.self_hits.tolist() == [-1] * 5


def test_shipped_sets_are_found_by_name_and_a_typo_is_corrected() -> None:
    assert (find_golden("python-stdlib") / "queries.jsonl").exists()
    with pytest.raises(UnknownNameError, match="did you mean python-stdlib"):
        find_golden("python-stdlb")


def test_a_shipped_set_is_read_by_its_name_unless_a_folder_is_called_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert read_golden("helpdesk").digest == read_golden(find_golden("helpdesk")).digest
    Path("helpdesk").mkdir()
    with pytest.raises(GoldenSetError, match="queries"):
        read_golden("helpdesk")
