"""The lock: a change of content is told with what changed, a change of notation is not taken for one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from golden_folders import CORPUS, write_folder

from evalkit.digests import digest_file
from evalkit.errors import GoldenSetError
from evalkit.findings import Finding, Severity
from evalkit.golden.folder import read_draft, read_golden
from evalkit.golden.lock import LOCK, Lock, check_lock, lock_text, read_lock


def lock_up(folder: Path) -> Lock:
    lock = Lock.of(folder, read_draft(folder), read_golden(folder))
    (folder / LOCK).write_text(lock_text(lock), encoding="utf-8")
    return lock


def found(folder: Path) -> Finding | None:
    told = [finding for finding in read_golden(folder).findings if finding.code in ("EK270", "EK271")]
    return told[0] if told else None


def test_a_lock_names_every_file_by_its_sha256_and_the_content_by_its_digest(tmp_path: Path) -> None:
    lock = lock_up(write_folder(tmp_path))

    assert lock.digest == read_golden(tmp_path).digest
    assert lock.files == {
        name: digest_file(tmp_path / name)
        for name in ("corpus.jsonl", "golden.toml", "qrels/test.tsv", "queries.jsonl")
    }


def test_a_lock_is_read_as_it_was_written_whatever_the_names_hold(tmp_path: Path) -> None:
    lock = Lock(version='2 "beta"\nß', digest="ab" * 32, files={'a "b".jsonl': "12" * 32, "ü.tsv": "34" * 32})
    (tmp_path / LOCK).write_text(lock_text(lock), encoding="utf-8")

    assert read_lock(tmp_path) == lock


def test_nothing_is_told_without_a_lock_nor_while_it_agrees(tmp_path: Path) -> None:
    folder = write_folder(tmp_path)
    assert found(folder) is None
    lock_up(folder)
    assert found(folder) is None


def test_changed_new_and_absent_files_are_named(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, card="")
    before = lock_up(folder)
    write_folder(
        folder, corpus=[*CORPUS, {"_id": "d6", "text": "more"}], card='name = "support"\nversion = "1"\n'
    )
    (folder / LOCK).write_text(
        lock_text(Lock(version="", digest=before.digest, files={**before.files, "gone.tsv": "0"}))
    )

    told = found(folder)

    assert told is not None
    assert told.severity is Severity.WARNING
    assert told.places == (f"{folder / LOCK}   corpus.jsonl changed, golden.toml is new, gone.tsv is gone",)
    assert f"it was {before.digest[:6]} and is {read_golden(folder).digest[:6]}" in told.problem


def test_other_line_ends_and_another_order_are_a_notice(tmp_path: Path) -> None:
    folder = write_folder(tmp_path)
    lock_up(folder)
    path = folder / "corpus.jsonl"
    path.write_bytes(b"".join(line + b"\r\n" for line in reversed(path.read_bytes().splitlines())))

    told = found(folder)

    assert told is not None
    assert told.severity is Severity.NOTICE
    check_lock(folder, read_draft(folder), read_golden(folder))


def test_the_advice_asks_for_a_new_version_until_there_is_one(tmp_path: Path) -> None:
    folder = write_folder(tmp_path)
    lock_up(folder)
    changed = [*CORPUS, {"_id": "d6", "text": "more"}]

    same = found(write_folder(folder, corpus=changed))
    raised = found(write_folder(folder, corpus=changed, card='name = "support"\nversion = "2"\n'))

    assert same is not None
    assert raised is not None
    assert "raise its version" in same.hint
    assert "raise its version" not in raised.hint


@pytest.mark.long
def test_a_corpus_built_at_run_time_is_locked_by_its_files_alone(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, card='corpus = "python-stdlib"\nmissing_documents = "drop"\n')
    (folder / "corpus.jsonl").unlink()
    (folder / "qrels" / "test.tsv").write_text("q1\tatexit.register\t1\n")

    lock = lock_up(folder)

    assert lock.digest == ""
    assert set(lock.files) == {"golden.toml", "qrels/test.tsv", "queries.jsonl"}
    assert "digest" not in (folder / LOCK).read_text()
    assert found(folder) is None
    (folder / "qrels" / "test.tsv").write_text("q1\tatexit.register\t2\n")
    assert found(folder) is not None


@pytest.mark.parametrize(
    "text",
    ["", "lock = 1\n", "lock = 2\nversion = ''\n[files]\n", "files", "lock = 1\nfiles = 3\nversion = ''"],
)
def test_a_damaged_lock_is_a_warning_when_reading_and_an_error_when_asked_for(
    tmp_path: Path, text: str
) -> None:
    folder = write_folder(tmp_path)
    (folder / LOCK).write_text(text)

    told = found(folder)

    assert told is not None
    assert (told.code, told.severity) == ("EK271", Severity.WARNING)
    with pytest.raises(GoldenSetError, match="EK271"):
        check_lock(folder, read_draft(folder), read_golden(folder))


def test_a_check_wants_a_lock_and_the_content_it_fixed(tmp_path: Path) -> None:
    folder = write_folder(tmp_path)
    with pytest.raises(GoldenSetError, match="EK272"):
        check_lock(folder, read_draft(folder), read_golden(folder))
    lock_up(folder)
    check_lock(folder, read_draft(folder), read_golden(folder))

    with (folder / "queries.jsonl").open("a") as file:
        file.write(json.dumps({"_id": "q5", "text": "more"}) + "\n")

    with pytest.raises(GoldenSetError, match="EK270") as caught:
        check_lock(folder, read_draft(folder), read_golden(folder))
    assert [finding.severity for finding in caught.value.findings] == [Severity.ERROR]
