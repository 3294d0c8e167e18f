"""Repair: what is safe is put right, what only people can know is left as it was."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from pathlib import Path

import pytest
from golden_folders import QRELS, write_folder
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evalkit.errors import UnknownNameError, UsageError
from evalkit.golden.examination import examine
from evalkit.golden.folder import read_golden
from evalkit.golden.writing.repair import REPAIRS, chosen, repaired_files

HEADER = "query-id\tcorpus-id\tscore"


def repaired(folder: Path, *wanted: str) -> str:
    """Return the judgements as the repairs would write them."""
    path = folder / "qrels" / "test.tsv"
    return repaired_files(folder, wanted).get(path, path.read_bytes()).decode()


def lines_of(rows: Sequence[tuple[object, ...]]) -> str:
    return "".join("\t".join(map(str, row)) + "\n" for row in rows)


def test_judgements_of_what_does_not_exist_are_dropped_and_nothing_else(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, qrels=[("q9", "d1", 1), *QRELS, ("q1", "d9", 2)])

    assert repaired(folder, "dangling") == f"{HEADER}\n{lines_of(QRELS)}"


def test_where_a_corpus_is_built_at_run_time_nothing_is_known_to_dangle(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, card='corpus = "python-stdlib"\nmissing_documents = "drop"\n')

    assert repaired_files(folder, ["dangling"]) == {}


def test_a_repeated_line_goes_and_a_contradiction_stays(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, qrels=[*QRELS, ("q1", "d1", 2), ("q2", "d2", 0)])

    assert repaired(folder, "repeats") == f"{HEADER}\n{lines_of([*QRELS, ('q2', 'd2', 0)])}"


def test_a_record_that_stands_twice_is_dropped_only_where_both_agree(tmp_path: Path) -> None:
    folder = write_folder(tmp_path)
    path = folder / "corpus.jsonl"
    sound = path.read_text()
    same = '{"text": "Our offices are closed on public holidays.",  "title": "", "_id": "d4"}\n'
    other = '{"_id": "d4", "text": "Our offices are open."}\n'
    path.write_text(sound + same + other + '{"_id": "d6", "te')

    assert repaired_files(folder, ["repeats"])[path].decode() == sound + other + '{"_id": "d6", "te'


def test_blank_and_unreadable_lines_are_nobody_s_copies(tmp_path: Path) -> None:
    folder = write_folder(tmp_path)
    with (folder / "corpus.jsonl").open("a") as file:
        file.write('\n\n{"_id": "d6", "te\n{"_id": "d6", "te\n')

    assert repaired_files(folder, ["repeats"]) == {}


def test_whole_grades_lose_their_point_and_half_grades_keep_it(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, qrels=[("q1", "d1", "2.0"), ("q2", "d2", "0.5"), ("q3", "3.0", "1.00")])

    assert (
        repaired(folder, "EK209")
        == f"{HEADER}\n{lines_of([('q1', 'd1', 2), ('q2', 'd2', 0.5), ('q3', '3.0', 1)])}"
    )


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_header_is_put_above_the_first_row_in_the_file_s_own_notation(
    tmp_path: Path, mark: bytes, end: bytes
) -> None:
    folder = write_folder(tmp_path)
    path = folder / "qrels" / "test.tsv"
    rows = lines_of(QRELS).encode().replace(b"\n", end)
    path.write_bytes(mark + rows)

    assert repaired_files(folder, ["header"])[path] == mark + HEADER.encode() + end + rows
    assert repaired_files(folder, ["all"])[path] == f"{HEADER}\n{lines_of(QRELS)}".encode()


def test_a_packed_file_stays_packed(tmp_path: Path) -> None:
    folder = write_folder(tmp_path)
    path = folder / "queries.jsonl"
    packed = path.with_name("queries.jsonl.gz")
    packed.write_bytes(gzip.compress(path.read_bytes().replace(b"\n", b"\r\n")))
    sound = path.read_bytes()
    path.unlink()

    assert gzip.decompress(repaired_files(folder, ["crlf"])[packed]) == sound


def test_a_sound_set_is_left_alone(tmp_path: Path) -> None:
    assert repaired_files(write_folder(tmp_path), ["all"]) == {}


SPOILS = st.sets(st.sampled_from(["mark", "returns", "headless", "dangling", "repeat", "float"]), min_size=1)


@given(SPOILS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
def test_whatever_is_spoilt_together_is_repaired_together_and_for_good(
    tmp_path_factory: pytest.TempPathFactory, spoils: set[str]
) -> None:
    sound = write_folder(tmp_path_factory.mktemp("sound"))
    folder = write_folder(tmp_path_factory.mktemp("spoilt"))
    path = folder / "qrels" / "test.tsv"
    rows = list(QRELS) + [("q1", "d9", 1)] * ("dangling" in spoils) + [("q3", "d3", 2)] * ("repeat" in spoils)
    text = ("" if "headless" in spoils else f"{HEADER}\n") + lines_of(rows)
    if "float" in spoils:
        text = text.replace("\t2\n", "\t2.0\n")
    if "returns" in spoils:
        text = text.replace("\n", "\r\n")
    path.write_bytes((b"\xef\xbb\xbf" if "mark" in spoils else b"") + text.encode())

    for changed, data in repaired_files(folder, ["all"]).items():
        changed.write_bytes(data)

    assert not examine(folder).errors
    assert read_golden(folder).digest == read_golden(sound).digest
    assert repaired_files(folder, ["all"]) == {}


def test_names_codes_and_all_choose_repairs_in_the_order_in_which_they_are_made() -> None:
    assert chosen(["EK211", "Dangling", "ek230"]) == ["dangling", "repeats", "bom"]
    assert chosen(["all"]) == [name for name in REPAIRS if name != "groups"]  # which changes intervals
    assert chosen(["groups", "dangling"]) == ["dangling", "groups"]


def test_what_cannot_be_repaired_safely_is_refused_and_a_typo_corrected() -> None:
    with pytest.raises(UsageError, match="EK210 has no safe repair"):
        chosen(["EK210"])
    with pytest.raises(UnknownNameError, match="did you mean dangling"):
        chosen(["dangeling"])
