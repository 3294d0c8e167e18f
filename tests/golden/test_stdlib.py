"""The demo corpus: built from the running interpreter, nothing else."""

from __future__ import annotations

from pathlib import Path

from evalkit.golden.folder import find_golden, read_golden
from evalkit.golden.stdlib import read_stdlib_corpus


def test_the_corpus_has_thousands_of_distinct_documented_objects() -> None:
    sheet, aliases = read_stdlib_corpus(Path("golden.toml"))

    identities = [record.identity for record in sheet.records]
    bodies = [record.body.partition("\n")[2] for record in sheet.records]
    assert len(identities) > 3_000
    assert len(set(identities)) == len(identities)
    assert len(set(bodies)) == len(bodies)
    assert {"atexit.register", "shutil.rmtree", "os.path.join", "builtins.str.split"} <= set(identities)
    assert not set(aliases) & set(identities)
    assert set(aliases.values()) <= set(identities)


def test_an_object_is_named_by_the_module_that_defines_it() -> None:
    _, aliases = read_stdlib_corpus(Path("golden.toml"))

    assert aliases["typing.Text.split"] == "builtins.str.split"


def test_the_shipped_set_is_sound_and_most_judged_documents_exist() -> None:
    golden = read_golden(find_golden("python-stdlib"))

    assert golden.counted.sum() >= 60
    assert golden.card.judgments == "pooled"
    assert golden.missing == ()
    dropped = [finding for finding in golden.findings if finding.code == "EK226"]
    assert len(golden.qrels) > 500
    assert all(finding.severity != "error" for finding in dropped)
