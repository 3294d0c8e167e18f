"""The password of a store is in nothing that a command prints or leaves, wherever the store was named."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from audited import EXPECTED, golden_folder, texts_of, vectors_of
from live_stores import hold, pg_table, postgres

from evalkit import confidential
from evalkit.cli import main

SECRET = "Hunter22-x"  # noqa: S105 - of a test
TEXTS = texts_of(60)
STORE, CLOSED, DOWN = "{reader}#kept", "{reader}#shut", f"pgvector://me:{SECRET}@127.0.0.1:1/db#docs"
IMPORT = ["--queries", "support/queries.jsonl", "--qrels", "support/qrels/test.tsv"]

SOUND = [
    ["audit", STORE, "--expect", EXPECTED, "-o", "out"],
    ["audit", STORE, "--expect", EXPECTED, "--json"],
    ["audit", "--audit", "audit.toml", "-o", "out"],
    ["audit", STORE, "--expect", EXPECTED, "--bank", f"a={STORE}", "--bank", f"b={STORE}"],
    ["stamp", STORE, "--model", EXPECTED],
    ["parity", STORE, "{admin}#kept", "-o", "p.html", "-o", "p.json"],
    ["golden", "import", *IMPORT, "--corpus", STORE, "-o", "made"],
    ["compare", "support", "--baseline", f"{STORE}?queries={EXPECTED}", "--candidate", "hash/32"],
    ["mix", "support", "--old", f"{STORE}?queries={EXPECTED}", "--new", "hash/32", "-o", "mixed"],
    ["compare", "support", "--baseline", "prod", "--candidate", "hash/32"],
    ["doctor"],
]
WRONG = [
    *(["audit", name, "--expect", EXPECTED, "-o", "out"] for name in (CLOSED, DOWN, "{reader}#nothing")),
    ["audit", f"pgvector://host=127.0.0.1 port=1 password='{SECRET}'#docs", "--expect", EXPECTED],
    ["audit", f"pgvector://me:{SECRET}@[127.0.0.1/db#docs", "--expect", EXPECTED],
    ["audit", f"qdrant://https://me:{SECRET}@127.0.0.1:1#docs", "--expect", EXPECTED],
    ["audit", f"chroma://http://127.0.0.1:1?token={SECRET}#docs", "--expect", EXPECTED],
    ["audit", f"redis://me:{SECRET}@127.0.0.1:1#docs", "--expect", EXPECTED],
    ["audit", STORE, "--expect", STORE],
    ["audit", STORE, "--expect", "prod"],
    ["audit", STORE, "--expect", EXPECTED, "--suspect", STORE],
    ["audit", STORE, "--expect", EXPECTED, "--golden", STORE],
    ["audit", STORE, "--expect", EXPECTED, "--bank", STORE],
    ["audit", STORE, STORE, "--expect", EXPECTED],
    ["audit", f"--store={STORE}", "--expect", EXPECTED],
    ["audit", "--audit", STORE],
    ["audit", STORE, "--expect", EXPECTED, "-o", STORE],
    ["embed", "support", "--model", EXPECTED, "-o", STORE],
    ["embed", "support", "--model", EXPECTED, f"--output={STORE}"],
    ["parity", STORE, CLOSED],
    ["run", STORE],
    [STORE],
    ["--config", STORE, "doctor"],
]


@pytest.fixture(scope="module")
def names() -> dict[str, str]:
    """A store that a role with a password may read, one that it may not."""
    admin = postgres()
    with pytest.MonkeyPatch.context() as patch:
        hold(patch, TEXTS, vectors_of(EXPECTED, TEXTS), [EXPECTED] * len(TEXTS))
        with psycopg.connect(admin.replace("pgvector://", "postgresql://"), autocommit=True) as connection:
            pg_table(connection, "kept")
            pg_table(connection, "shut")
            connection.execute("DROP ROLE IF EXISTS keeper")
            connection.execute(f"CREATE ROLE keeper LOGIN PASSWORD '{SECRET}'")
            connection.execute("GRANT SELECT ON kept TO keeper")
    return {"admin": admin, "reader": admin.replace("postgres:@", f"keeper:{SECRET}@")}


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names: dict[str, str]) -> Path:
    """A folder with a golden set and an alias of the store, by a process that knows no secret yet."""
    monkeypatch.chdir(tmp_path)
    for name in ("cache", "temporary"):
        Path(name).mkdir()
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    monkeypatch.setenv("STORE", f"{names['reader']}#kept")
    for known in ("KNOWN", "WHOLE", "TYPED"):
        monkeypatch.setattr(confidential, known, type(getattr(confidential, known))())
    golden_folder("support", TEXTS)
    Path("audit.toml").write_text(f'store = "${{STORE}}"\nexpect = "{EXPECTED}"\n')
    return tmp_path


def traces(work: Path) -> list[str]:
    """Return the files that hold the secret, beside the one in which the user wrote it down."""
    files = [path for path in work.rglob("*") if path.is_file() and path.name != "evalkit.toml"]
    return [str(path) for path in files if SECRET.encode() in path.read_bytes()]


@pytest.fixture
def told(
    names: dict[str, str], work: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[list[str]], int]:
    """Runs a command as it is typed, with tracebacks; its exit code. Nothing of the secret is anywhere."""

    def ran(command: list[str]) -> int:
        words = ["-vv", *(word.format(**names) for word in command)]
        if "prod" in command:
            Path("evalkit.toml").write_text(
                f'[models.prod]\nspec = "{names["reader"]}#kept"\nqueries = "{EXPECTED}"\n'
            )
        monkeypatch.setattr(sys, "argv", ["evalkit", *words])
        capsys.readouterr()

        code = main.run(words)

        shown = capsys.readouterr()
        assert SECRET not in shown.out + shown.err
        assert traces(work) == []
        return code

    return ran


@pytest.mark.parametrize("command", SOUND, ids=" ".join)
def test_what_succeeds_keeps_the_secret(command: list[str], told: Callable[[list[str]], int]) -> None:
    assert told(command) in (0, 1, 3)


@pytest.mark.parametrize("command", WRONG, ids=" ".join)
def test_what_fails_keeps_the_secret(command: list[str], told: Callable[[list[str]], int]) -> None:
    assert told(command) in (2, 4)
