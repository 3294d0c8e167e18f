"""A store anywhere a model is named: documents' vectors are the store's, queries' those of its model."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evalkit.auditing.stores import vectorsource
from evalkit.cli import main
from evalkit.config import find_config
from evalkit.embedding.embeddedset import embed
from evalkit.embedding.modelspec import ModelSpec, open_encoder
from evalkit.errors import EvalkitError
from evalkit.evaluation import System
from evalkit.golden.folder import find_golden, read_golden
from evalkit.golden.goldenset import GoldenSet

MODEL = "hash/64"
STORE = "sqlite-vec://store.db#docs"


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(vectorsource, "LAST", {})
    return tmp_path


@pytest.fixture
def golden() -> GoldenSet:
    return read_golden(find_golden("helpdesk"))


def store_of(golden: GoldenSet, *, model: str = MODEL, claim: str | None = MODEL, left_out: int = 0) -> Any:
    """Make a store of a golden set's documents; their vectors."""
    vectors = embed(golden, open_encoder(ModelSpec.parse(model), golden)).corpus.vectors
    with closing(sqlite3.connect("store.db")) as database:
        database.execute("CREATE TABLE docs (id TEXT PRIMARY KEY, embedding BLOB, model TEXT, body TEXT)")
        rows = zip(golden.corpus.ids, vectors, golden.corpus.bodies, strict=True)
        values = [(name, vector.tobytes(), claim, text) for name, vector, text in rows]
        database.executemany("INSERT INTO docs VALUES (?, ?, ?, ?)", values[left_out:])
        database.commit()
    return vectors


def change(statement: str) -> None:
    with closing(sqlite3.connect("store.db")) as database:
        database.execute(statement)
        database.commit()


def code_of(name: str, golden: GoldenSet) -> str:
    with pytest.raises(EvalkitError) as caught:
        System.parse(name).open(golden)
    return caught.value.findings[0].code


@pytest.mark.long
def test_a_store_ranks_as_the_model_that_made_it(
    golden: GoldenSet, capsys: pytest.CaptureFixture[str]
) -> None:
    store_of(golden)
    command = ["compare", "helpdesk", "--baseline", MODEL, "--candidate", STORE, "--json"]
    assert main.run(command) in (0, 1, 3), capsys.readouterr().err
    deltas = [row["delta"] for row in json.loads(capsys.readouterr().out)["comparisons"]]
    assert deltas
    assert not any(deltas)


@pytest.mark.parametrize("name", [f"{STORE}?queries={MODEL}", f"{STORE}?version=&queries={MODEL}"])
def test_the_model_of_the_queries_can_be_named(name: str, golden: GoldenSet) -> None:
    made = store_of(golden, claim="v1")
    embedded = embed(golden, System.parse(name).open(golden))
    np.testing.assert_allclose(embedded.corpus.vectors, made, rtol=1e-6)


def test_the_vectors_are_those_that_lie_there(golden: GoldenSet) -> None:
    store_of(golden)
    change("UPDATE docs SET embedding = zeroblob(256) WHERE id = (SELECT min(id) FROM docs)")
    first = embed(golden, System.parse(STORE).open(golden))
    assert not first.corpus.vectors[0].any()
    assert first.fingerprint.provider == "sqlite-vec"
    np.testing.assert_allclose(np.linalg.norm(first.corpus.vectors[1:], axis=1), 1, rtol=1e-5)
    vectorsource.LAST.clear()
    change(
        "UPDATE docs SET embedding = (SELECT max(embedding) FROM docs) WHERE id = (SELECT min(id) FROM docs)"
    )
    second = embed(golden, System.parse(STORE).open(golden))
    assert second.fingerprint.digest != first.fingerprint.digest


def test_a_store_is_mixed_with_a_model(golden: GoldenSet, capsys: pytest.CaptureFixture[str]) -> None:
    store_of(golden, model="hash/32", claim="hash/32")
    command = ["mix", "helpdesk", "--old", STORE, "--new", MODEL, "--json"]
    assert main.run(command) in (0, 1, 3), capsys.readouterr().err
    assert json.loads(capsys.readouterr().out)


def test_a_configuration_names_a_store(golden: GoldenSet, work: Path) -> None:
    store_of(golden, claim=None)
    (work / "below").mkdir()
    Path("evalkit.toml").write_text(f'[models.prod]\nspec = "{STORE}"\nqueries = "{MODEL}"\n')
    system = find_config(work).system("prod")
    assert (system.name, embed(golden, system.open(golden)).corpus.vectors.shape[1]) == ("prod", 64)


def test_what_does_not_fit_is_told(golden: GoldenSet) -> None:
    store_of(golden, claim="somebody's model", left_out=2)
    assert code_of(STORE, golden) == "EK341"
    Path("store.db").unlink()
    store_of(golden, claim="somebody's model")
    assert code_of(STORE, golden) == "EK629"
    assert code_of(f"{STORE}?queries={STORE.replace('#', '%23')}", golden) == "EK629"
    assert code_of(f"{STORE}?query={MODEL}", golden) == "EK615"
    change("UPDATE docs SET embedding = NULL WHERE id = (SELECT min(id) FROM docs)")
    assert code_of(f"{STORE}?queries={MODEL}", golden) == "EK628"


def test_claims_that_differ_are_told(golden: GoldenSet) -> None:
    store_of(golden)
    change("UPDATE docs SET model = 'hash/32' WHERE id = (SELECT min(id) FROM docs)")
    assert code_of(STORE, golden) == "EK629"
    found = embed(golden, System.parse(f"{STORE}?queries={MODEL}").open(golden))
    assert "EK630" in [told.code for told in found.findings]


def test_no_secret_of_a_store_is_in_the_name_of_its_system() -> None:
    system = System.parse("pgvector://me:hunter22@127.0.0.1:1/db#docs?queries=hash/64")
    assert "hunter22" not in f"{system!r} {system.spec}"
    assert str(system.spec) == system.name == "pgvector://127.0.0.1:1/db#docs?queries=hash/64"
    assert ModelSpec.parse(system.name) == system.spec


def test_a_golden_set_takes_its_documents_from_a_store(
    golden: GoldenSet, work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store_of(golden)
    folder = find_golden("helpdesk")
    files = ["--queries", str(folder / "queries.jsonl"), "--qrels", str(folder / "qrels" / "test.tsv")]
    command = ["golden", "import", *files, "--corpus", f"{STORE}?text=body", "-o", "made"]
    assert main.run(command) == 0, capsys.readouterr().err
    made = read_golden(work / "made")
    assert (made.corpus.ids, made.corpus.bodies) == (golden.corpus.ids, golden.corpus.bodies)
    assert STORE in (work / "made" / "golden.toml").read_text()
    change("ALTER TABLE docs RENAME COLUMN body TO words")
    assert main.run([*command[:-1], "again"]) == 2
    change("ALTER TABLE docs RENAME COLUMN words TO strange")
    assert main.run(["golden", "import", *files, "--corpus", STORE, "-o", "again"]) == 2
    assert "EK631" in capsys.readouterr().err
