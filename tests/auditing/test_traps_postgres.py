"""What goes wrong with PostgreSQL: hidden rows, writers, privileges, types, and secrets in messages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest
from live_stores import code_of, pg_table, postgres, vector_text
from store_folders import DIMS, IDS, SIZE, VERSIONS, vectors

import evalkit
from evalkit.auditing.stores.opening import open_store
from evalkit.auditing.stores.pgvector import PgVectorStore
from evalkit.confidential import without_secrets
from evalkit.errors import EvalkitError, ProviderError


@pytest.fixture(scope="session")
def database() -> str:
    """PostgreSQL with a filled table."""
    return postgres()


@pytest.fixture
def admin(database: str) -> Iterator[Any]:
    """A connection that may write."""
    with psycopg.connect(database.replace("pgvector://", "postgresql://"), autocommit=True) as connection:
        yield connection


def as_role(database: str, role: str) -> str:
    return database.replace("postgres:@", f"{role}:hunter22@")


def test_nothing_can_be_written(database: str) -> None:
    with closing(open_store(f"{database}#docs")) as store:
        assert isinstance(store, PgVectorStore)
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            store.connection.execute("DELETE FROM docs")


def test_what_is_written_meanwhile_is_not_seen(database: str, admin: Any) -> None:
    pg_table(admin, "busy")
    with closing(open_store(f"{database}#busy")) as store:
        first = store.census()
        admin.execute("DELETE FROM busy WHERE id < 'd030'")
        assert store.census() == first
        assert sum(map(len, store.stream())) == SIZE


def test_rows_that_a_policy_hides_are_an_error_and_no_silence(database: str, admin: Any) -> None:
    pg_table(admin, "hidden")
    admin.execute("DROP ROLE IF EXISTS half")
    admin.execute("CREATE ROLE half LOGIN PASSWORD 'hunter22'")
    admin.execute("GRANT SELECT ON hidden, docs TO half")
    admin.execute("ALTER TABLE hidden ENABLE ROW LEVEL SECURITY")
    admin.execute("CREATE POLICY own ON hidden USING (tenant = 'a')")
    assert code_of(f"{as_role(database, 'half')}#hidden") == "EK622"
    with closing(open_store(f"{as_role(database, 'half')}#docs")) as store:
        assert "hunter22" not in str(store.describe())
        assert store.describe().count == SIZE


def test_a_role_without_the_grant_is_told_which_one(database: str, admin: Any) -> None:
    pg_table(admin, "closed")
    admin.execute("DROP ROLE IF EXISTS nobody")
    admin.execute("CREATE ROLE nobody LOGIN PASSWORD 'hunter22'")
    assert code_of(f"{as_role(database, 'nobody')}#closed") == "EK625"


@pytest.mark.parametrize(
    ("kind", "stored"),
    [("halfvec", "float16"), ("vector", "float32"), ("real[]", "float32"), ("float8[]", "float64")],
)
def test_every_type_of_vectors_is_read(database: str, admin: Any, kind: str, stored: str) -> None:
    admin.execute("DROP TABLE IF EXISTS kinds")
    admin.execute(f"CREATE TABLE kinds (id bigint PRIMARY KEY, embedding {kind})")
    held = vectors().astype(np.float16).astype(np.float32)
    for row, vector in enumerate(held):
        text = (
            vector_text(vector)
            if "[]" not in kind
            else vector_text(vector).replace("[", "{").replace("]", "}")
        )
        admin.execute(f"INSERT INTO kinds VALUES (%s, %s::{kind})", (row, text))
    with closing(open_store(f"{database}#kinds")) as store:
        assert (store.describe().stored, store.describe().width) == (stored, DIMS)
        assert [group.width for group in store.census()] == [DIMS]
        np.testing.assert_array_equal(store.fetch(["3", "x", "50"]).vectors, held[[3, 50]])
        (batch,) = store.stream("57")
        assert batch.ids == ("58", "59")


def test_sparse_vectors_are_told_and_not_taken_for_texts(database: str, admin: Any) -> None:
    admin.execute("DROP TABLE IF EXISTS sparse")
    admin.execute("CREATE TABLE sparse (id text PRIMARY KEY, embedding sparsevec(9), content text)")
    assert code_of(f"{database}#sparse") == "EK621"


def test_the_role_of_the_page_can_read_and_nothing_else(database: str, admin: Any) -> None:
    """The statements are those of docs/how-to-audit.md, as they stand there."""
    page = (Path(evalkit.__file__).parents[1] / "docs" / "how-to-audit.md").read_text("utf-8")
    (statements,) = re.findall(r"```sql\n(.*?)```", page, re.DOTALL)
    admin.execute("DROP OWNED BY evalkit; DROP ROLE evalkit" if _has_role(admin) else "SELECT 1")
    admin.execute(statements.replace("…", "hunter22"))
    name = f"{as_role(database, 'evalkit')}#docs"
    with closing(open_store(name)) as store:
        assert sum(map(len, store.stream())) == SIZE
    pg_table(admin, "hidden")
    admin.execute("GRANT SELECT ON hidden TO evalkit; ALTER TABLE hidden ENABLE ROW LEVEL SECURITY")
    with closing(open_store(f"{as_role(database, 'evalkit')}#hidden")) as store:
        assert store.describe().count == SIZE  # BYPASSRLS sees all of a table with policies
    address = as_role(database, "evalkit").replace("pgvector://", "postgresql://")
    with psycopg.connect(address, autocommit=True) as reader:
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            reader.execute("DELETE FROM docs")
        assert reader.execute("SHOW statement_timeout").fetchone() == ("10min",)
        reader.execute("SET default_transaction_read_only = off")  # as whoever stole the role would
        for statement in ("DELETE FROM docs", "CREATE TABLE mine (id int)", "UPDATE docs SET id = '1'"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                reader.execute(statement.encode())
    admin.execute("ALTER ROLE evalkit SET statement_timeout = '1ms'")
    pg_table(admin, "large")
    admin.execute("INSERT INTO large SELECT id || n, embedding FROM large, generate_series(1, 2000) n")
    admin.execute("GRANT SELECT ON large TO evalkit")
    assert code_of(f"{as_role(database, 'evalkit')}#large") == "EK616"


def _has_role(admin: Any) -> bool:
    return admin.execute("SELECT FROM pg_roles WHERE rolname = 'evalkit'").fetchone() is not None


def test_arrays_with_what_is_no_number_are_counted_and_stop_nothing(database: str, admin: Any) -> None:
    """A cast to a vector refuses all of a table for one such row."""
    admin.execute("DROP TABLE IF EXISTS arrays; CREATE TABLE arrays (id text PRIMARY KEY, embedding real[])")
    cells = ["{1,2}", "{1,NaN}", "{1,NULL}", "{}", None, "{1,2,3}", "{{1,2},{3,4}}", "{Infinity,1}", "{3,4}"]
    for row, cell in enumerate(cells):
        admin.execute("INSERT INTO arrays VALUES (%s, %s::real[])", (f"r{row}", cell))
    with closing(open_store(f"{database}#arrays")) as store:
        records = store.fetch([f"r{row}" for row in range(len(cells))])
        assert records.ids == tuple(f"r{row}" for row in range(len(cells)))
        assert records.sound.tolist() == [0, 8]
        assert records.vectors[[0, 8]].tolist() == [[1, 2], [3, 4]]
        assert sum(group.count for group in store.census()) == len(cells)
    admin.execute("ALTER TABLE arrays ALTER embedding TYPE float8[]")
    admin.execute("UPDATE arrays SET embedding = '{1e300,1}' WHERE id = 'r0'")
    assert code_of(f"{database}#arrays") == "EK621"


def test_bits_are_read(database: str, admin: Any) -> None:
    admin.execute("DROP TABLE IF EXISTS bits; CREATE TABLE bits (id uuid PRIMARY KEY, embedding bit(10))")
    name = "6f9619ff-8b86-d011-b42d-00c04fc964ff"
    admin.execute("INSERT INTO bits VALUES (%s, B'1010000001')", (name,))
    with closing(open_store(f"{database}#bits")) as store:
        found = store.fetch(["no uuid", name])
        assert found.ids == (name,)
        assert found.vectors.tolist() == [[1, 0, 1, 0, 0, 0, 0, 0, 0, 1]]


def test_widths_that_differ_and_no_vector_at_all_are_counted(database: str, admin: Any) -> None:
    pg_table(admin, "mixed", "vector")
    admin.execute("UPDATE mixed SET embedding = NULL WHERE id = 'd001'")
    admin.execute("UPDATE mixed SET embedding = '[1,2]' WHERE id = 'd002'")
    with closing(open_store(f"{database}#mixed")) as store:
        found: dict[int, int] = {}
        for group in store.census():
            found[group.width] = found.get(group.width, 0) + group.count
        assert found == {DIMS: SIZE - 2, 0: 1, 2: 1}
        records = store.fetch(IDS[:4])
        assert records.widths.tolist() == [DIMS, 0, 2, DIMS]
        assert records.sound.tolist() == [0, 3]


def test_claims_inside_json_are_counted(database: str, admin: Any) -> None:
    pg_table(admin, "inside")
    admin.execute("ALTER TABLE inside ADD meta jsonb")
    admin.execute(
        "UPDATE inside SET meta = jsonb_build_object('embedding', jsonb_build_object('model', model_version))"
    )
    with closing(open_store(f"{database}#inside", {"version": "meta.embedding.model"})) as store:
        counts: dict[str, int] = {}
        for group in store.census():
            counts[group.stratum.version] = counts.get(group.stratum.version, 0) + group.count
        assert counts == {name or "": VERSIONS.count(name) for name in set(VERSIONS)}
        batches = list(store.stream())
        assert [name for records in batches for name in records.versions] == [name or "" for name in VERSIONS]


def test_dates_that_are_texts_are_counted_by_month(database: str, admin: Any) -> None:
    pg_table(admin, "texts")
    admin.execute("ALTER TABLE texts ALTER updated_at TYPE text")
    with closing(open_store(f"{database}#texts")) as store, closing(open_store(f"{database}#docs")) as other:
        assert store.census() == other.census()
        assert store.sample({None: 9}, 5) == other.sample({None: 9}, 5)


def test_the_index_says_how_vectors_are_compared(database: str, admin: Any) -> None:
    pg_table(admin, "indexed")
    admin.execute("CREATE INDEX ON indexed USING hnsw (embedding vector_cosine_ops)")
    with closing(open_store(f"{database}#indexed")) as store:
        assert (store.describe().index, store.describe().metric) == ("hnsw", "cosine")


def test_names_in_other_schemas_and_with_odd_signs_are_found(database: str, admin: Any) -> None:
    admin.execute('CREATE SCHEMA IF NOT EXISTS "Apart"; DROP TABLE IF EXISTS "Apart"."My docs"')
    admin.execute('CREATE TABLE "Apart"."My docs" AS SELECT * FROM docs')
    for name in ("Apart.My docs", "Apart.My%20docs"):
        with closing(open_store(f"{database}#{name}")) as store:
            assert store.describe().count == SIZE


def test_what_is_no_store_is_told(database: str, admin: Any) -> None:
    pg_table(admin, "plain", "text")
    admin.execute("DROP TABLE IF EXISTS twice; CREATE TABLE twice AS SELECT *, embedding AS other FROM docs")
    admin.execute("DROP TABLE IF EXISTS bare; CREATE TABLE bare AS SELECT embedding, content FROM docs")
    assert code_of(f"{database}#plain") == "EK621"
    assert code_of(f"{database}#twice") == "EK620"
    assert code_of(f"{database}#bare") == "EK618"
    assert code_of(f"{database}#dcos") == "EK617"
    assert code_of(database) == "EK617"
    assert code_of(f"{database}#docs", version="modle") == "EK618"
    with closing(open_store(f"{database}#twice", {"vector": "other"})) as store:
        assert store.describe().count == SIZE
    admin.execute("INSERT INTO twice (content) VALUES ('no id')")
    assert code_of(f"{database}#twice", vector="other") == "EK618"


@pytest.mark.parametrize(
    "place",
    [
        "me:hunter22@127.0.0.1:1/db",
        "me:hunter22@127.0.0.1:port/db",
        "me:hunter22@[127.0.0.1/db",
        "127.0.0.1:1/db?user=me&password=hunter22",
        "host=127.0.0.1 port=1 password=hunter22",
        "me:x#hunter22@127.0.0.1:1/db",
    ],
)
def test_a_server_that_cannot_be_reached_is_told_without_the_password(place: str) -> None:
    with pytest.raises(EvalkitError) as caught:
        open_store(f"pgvector://{place}#docs")
    assert "hunter22" not in str(caught.value)
    assert "hunter22" not in without_secrets(str(caught.value.__cause__))
    assert caught.value.findings[0].code in ("EK615", "EK616")
    assert isinstance(caught.value, ProviderError) == (caught.value.findings[0].code == "EK616")
