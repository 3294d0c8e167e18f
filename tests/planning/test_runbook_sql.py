"""The statements of runbooks run on a PostgreSQL with pgvector, and say what the runbook says they say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from postgres import postgres

from evalkit.planning.runbook import before_launch, preconditions, steps_of
from evalkit.planning.steps import Scope
from evalkit.planning.ways import PATHS

SCOPE = Scope(
    golden="support",
    old="lsa/384",
    new="st/model",
    engine="pgvector",
    backfill_hours=12.0,
    canary_hours=24.0,
    rollback_hours=72.0,
    building="Its graph takes 3 hours to 4 hours of one thread.",
)
STEPS = (
    *(step for path in PATHS for step in (*preconditions(SCOPE), *steps_of(path, SCOPE))),
    *before_launch("st/model"),
)
STATEMENTS = tuple(dict.fromkeys(step.check for step in STEPS if step.check.endswith(";")))


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with postgres(tmp_path_factory) as server:
        yield server


@pytest.fixture
def tables(database: Any) -> Any:
    """Three documents in the old index, two of them in the new one."""
    database.psql(
        "drop view if exists documents_live; drop table if exists documents, documents_new, documents_v1;"
        "create table documents(id text primary key, embedding vector(3), embedding_model text,"
        " written_at timestamptz default now());"
        "create table documents_new (like documents including all);"
        "create table documents_v1 (like documents including all);"
        "insert into documents values ('a', '[1,0,0]', 'old'), ('b', '[0,1,0]', 'old'),"
        " ('c', '[0,0,1]', null);"
        "insert into documents_new values ('a', '[1,0,0]', 'st/model'), ('b', '[0,1,0]', 'st/model');"
    )
    return database


@pytest.mark.slow
@pytest.mark.parametrize("statement", STATEMENTS)
def test_every_statement_runs(tables: Any, statement: str) -> None:
    assert "ERROR" not in tables.psql(f"\\set ON_ERROR_STOP on\n{statement}")


@pytest.mark.slow
def test_what_is_not_there_yet_is_counted(tables: Any) -> None:
    missing = next(item for item in STATEMENTS if "LEFT JOIN" in item)
    assert tables.psql(missing).split()[2] == "1"
    unnamed = next(item for item in STATEMENTS if "IS NULL" in item and "LEFT JOIN" not in item)
    assert tables.psql(unnamed).split()[2] == "1"
    models = next(item for item in STATEMENTS if "FROM documents_new GROUP BY" in item)
    assert "st/model" in tables.psql(models)
    tail = next(item for item in STATEMENTS if "IS DISTINCT FROM" in item)
    assert "'st/model'" in tail
    assert int(tables.psql(tail).split()[2]) > 0
