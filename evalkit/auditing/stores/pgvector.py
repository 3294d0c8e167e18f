"""PostgreSQL with pgvector as a store: one read-only transaction on one snapshot, vectors in binary."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.auditing.stores.cells import ID, TEXT, USUAL, VECTOR, VERSION, records_of, way_to
from evalkit.auditing.stores.counting import counted, drawn, groups_of
from evalkit.auditing.stores.faults import (
    forbidden,
    hidden_rows,
    missing_extra,
    no_numbers,
    no_role,
    null_ids,
    said,
    several_vectors,
    unreachable,
    which_table,
)
from evalkit.auditing.stores.pgcolumns import (
    COLUMNS,
    INDEXES,
    KEYS,
    OTHERS,
    STORED,
    TABLES,
    PgColumn,
    PgTable,
    decoded,
    is_json,
    metric_of,
    values_of,
)
from evalkit.auditing.stores.roles import quoted, settled_roles
from evalkit.auditing.stores.store import BATCH, Description, Group, Records, Stratum
from evalkit.auditing.stores.streamed import StreamedStore
from evalkit.confidential import keep_secret
from evalkit.embedding.storespec import StoreSpec, pairs_of
from evalkit.errors import EvalkitError, UsageError
from evalkit.findings import Finding

if TYPE_CHECKING:
    import psycopg

_USUAL_IDS = ("id", "_id", "doc_id", "chunk_id", "uuid")
_PLAIN_VECTORS = ("embedding", "vector")
_KEYWORDS = re.compile(r"^\s*\w+\s*=")
_WHOLE, _UUID = r"-?\d{1,18}", r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_FORMS = {"int8": _WHOLE, "int4": r"-?\d{1,9}", "int2": r"-?\d{1,4}", "numeric": _WHOLE, "uuid": _UUID}
_CONNECT_S = 10
_SNAPSHOT = "one read-only transaction at repeatable read"
_DSN_HINT = (
    "pgvector://USER:PASSWORD@HOST:5432/DATABASE#TABLE; percent-encode signs of a password, or PGPASSWORD"
)
_CAST_HINT = "CREATE VIEW v AS SELECT …, COLUMN::vector AS embedding …, and name the view"


@dataclass(frozen=True, slots=True, eq=False)
class PgVectorStore(StreamedStore):
    """A table or view with a column of vectors.

    Attributes:
        connection: In a transaction that cannot write.
        table: What is read of it.
        findings: What is worth knowing about it.
    """

    connection: psycopg.Connection
    table: PgTable
    findings: tuple[Finding, ...] = ()

    def census(self) -> tuple[Group, ...]:
        """Return how many records say what of themselves, counted by the database where it knows months."""
        if not self.table.dated:
            return counted(self.claims())
        columns = (*self.table.strata(), self.table.width())
        statement = f"SELECT {', '.join(columns)}, count(*) FROM {self.table.source} GROUP BY 1, 2, 3, 4"  # noqa: S608 - names quoted
        rows = self._rows(statement)
        return groups_of({(Stratum(*row[:3]), int(row[3])): int(row[4]) for row in rows})

    def sample(self, sizes: Mapping[Stratum | None, int], seed: int) -> dict[Stratum | None, tuple[str, ...]]:
        """Return ids drawn evenly within each stratum, by the database where it knows months."""
        if not self.table.dated:
            return drawn(self.claims(), sizes, seed)
        identity = self.table.text(ID)
        found: dict[Stratum | None, tuple[str, ...]] = {}
        for stratum, size in sizes.items():
            within = " AND ".join(f"{column} = %s" for column in self.table.strata()) if stratum else "true"
            order = f"ORDER BY md5(%s || ':' || {identity}) COLLATE \"C\" LIMIT %s"
            statement = f"SELECT {identity} FROM {self.table.source} WHERE {within} {order}"  # noqa: S608 - names quoted
            rows = self._rows(statement, (*(stratum or ()), str(seed), size))
            found[stratum] = tuple(row[0] for row in rows)
        return found

    def fetch(self, ids: Sequence[str]) -> Records:
        """Return the records of some ids, in their order."""
        columns = self._columns()
        found: dict[str, Sequence[Any]] = {}
        for start in range(0, len(ids), BATCH):
            where = f"{quoted(self.table.roles[ID])} = ANY(%s::{self.table.key()}[])"
            some = self._typed(ids[start : start + BATCH])
            found |= {row[0]: row for row in self._rows(self._select(columns, where), (some,))}
        return self._records([found[name] for name in ids if name in found], tuple(columns))

    def stream(self, after: str = "", *, vectors: bool = True, texts: bool = True) -> Iterator[Records]:
        """Give all records in batches, by id, through a cursor of the server."""
        columns = self._columns(vectors=vectors, texts=texts)
        identity = quoted(self.table.roles[ID])
        where, values = (f"{identity} > %s::{self.table.key()}", (after,)) if after else ("true", ())
        statement = f"{self._select(columns, where)} ORDER BY {identity}"
        import psycopg

        try:
            with self.connection.cursor(name="evalkit", binary=True) as cursor:
                cursor.execute(statement.encode(), values)
                while rows := cursor.fetchmany(BATCH):
                    yield self._records(rows, tuple(columns), vectors=vectors, checkpoint=str(rows[-1][0]))
        except psycopg.Error as error:
            raise _failed(self.description.name, error) from error

    def close(self) -> None:
        """End the transaction, and let go of the connection."""
        self.connection.close()

    def _columns(self, *, vectors: bool = True, texts: bool = True) -> dict[str, str]:
        roles = (role for role in self.table.roles if role not in (ID, VECTOR) and (texts or role != TEXT))
        vector = self.table.binary() if vectors else self.table.width()
        return {ID: self.table.text(ID), VECTOR: vector, **{role: self.table.cell(role) for role in roles}}

    def _select(self, columns: Mapping[str, str], where: str) -> str:
        return f"SELECT {', '.join(columns.values())} FROM {self.table.source} WHERE {where}"  # noqa: S608 - names quoted

    def _typed(self, ids: Sequence[str]) -> list[str]:
        """Return those ids that the column's type can hold at all."""
        form = _FORMS.get(self.table.key(), "")
        return [name for name in ids if not form or re.fullmatch(form, name)]

    def _rows(self, statement: str, values: Sequence[Any] = ()) -> list[Any]:
        import psycopg

        try:
            rows: list[Any] = (
                self.connection.cursor(binary=True).execute(statement.encode(), values).fetchall()
            )
        except psycopg.Error as error:
            raise _failed(self.description.name, error) from error
        return rows

    def _records(
        self, rows: Sequence[Any], roles: Sequence[str], *, vectors: bool = True, checkpoint: str = ""
    ) -> Records:
        cells = values_of(rows, roles)
        ids, held = cells.pop(ID), cells.pop(VECTOR)
        if None in ids:
            raise null_ids(self.description.name, self.table.roles[ID])
        if vectors:
            found, widths = decoded(held, self.table.vector.kind, self.description.width)
            return records_of(ids, cells, vectors=found, widths=widths, checkpoint=checkpoint)
        return records_of(ids, cells, widths=np.array(held, dtype=np.int64), checkpoint=checkpoint)


def open_store(spec: StoreSpec, asked: Mapping[str, str]) -> PgVectorStore:
    """Return a table of PostgreSQL as a store.

    Args:
        spec: `pgvector://DSN#table`.
        asked: Role → column as somebody said; a dotted name leads into a column of JSON.

    Raises:
        MissingExtraError: psycopg is not installed.
        UsageError: There is no such table or column, or several vectors and none named.
        ModelError: It has no ids, or vectors that are none.
        ProviderError: The server does not answer, or refuses.
    """
    try:
        import psycopg
    except ImportError:
        raise missing_extra(spec.kind) from None
    connection = _connected(spec)
    try:
        return _opened(spec, asked, connection)
    except psycopg.Error as error:
        connection.close()
        raise _failed(spec.shown, error) from error
    except EvalkitError:
        connection.close()
        raise


def _connected(spec: StoreSpec) -> psycopg.Connection:
    """Return a connection whose transactions cannot write, and in which hidden rows are an error."""
    import psycopg
    from psycopg import conninfo

    given = spec.place if _KEYWORDS.match(spec.place) else f"postgresql://{spec.place}"
    try:
        parts = conninfo.conninfo_to_dict(given)
    except psycopg.Error:  # which repeats the text, password included
        raise UsageError(f"{spec.shown} is no address of a database", hint=_DSN_HINT, code="EK615") from None
    keep_secret(str(parts.get("password", "")))
    stated = {"connect_timeout": _CONNECT_S, "application_name": "evalkit", **parts}
    try:
        connection = psycopg.connect(**stated)
    except psycopg.Error as error:
        raise unreachable(spec.shown, error, "is it running, and may this role connect?") from error
    connection.read_only = True
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    return connection


def _opened(spec: StoreSpec, asked: Mapping[str, str], connection: psycopg.Connection) -> PgVectorStore:
    place = spec.bare
    # Row-level security would leave rows out without a word.
    connection.execute("SET LOCAL row_security = off")
    home = connection.execute(
        "SELECT n.nspname, e.extversion FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace "
        "WHERE e.extname = 'vector'"
    ).fetchone()
    if home is None:
        raise UsageError(f"{place} has no extension pgvector", hint="is it the right database?", code="EK617")
    source = _relation(connection, place, spec.table)
    shown = f"{place}#{spec.table or source.replace(chr(34), '')}"
    table, told = _table(connection, shown, source, asked, quoted(home[0]))
    server = connection.info.server_version
    definitions = [row[0] for row in connection.execute(INDEXES, (table.source,))]
    index, metric = metric_of(definitions, table.vector.name)
    kind = connection.execute(
        "SELECT relkind::text FROM pg_class WHERE oid = to_regclass(%s)", (source,)
    ).fetchone()
    counted_rows = connection.execute(f"SELECT count(*) FROM {table.source}".encode()).fetchone()  # noqa: S608 - quoted
    description = Description(
        name=shown,
        kind="pgvector",
        software=f"PostgreSQL {server // 10_000}.{server % 10_000}, pgvector {home[1]}",
        count=int(counted_rows[0]) if counted_rows else 0,
        width=_usual_width(connection, table),
        metric=metric,
        index=index,
        stored=STORED[table.vector.kind],
        snapshot=_SNAPSHOT,
        columns=pairs_of(table.roles),
        source=table.source,
        stating=way_to(table.roles.get(VERSION, ""), table.columns),
        is_view=kind is not None and kind[0] == "v",
    )
    return PgVectorStore(description, connection, table, told)


def _relation(connection: psycopg.Connection, place: str, named: str) -> str:
    """Return the table that is meant, as SQL writes it."""
    held = {
        name if seen else f"{schema}.{name}": (schema, name)
        for schema, name, seen in connection.execute(TABLES)
    }
    if named and named not in held:
        schema, dot, name = named.rpartition(".")
        forms = [quoted(named), f"{quoted(schema)}.{quoted(name)}"] if dot else [quoted(named)]
        for form in forms:
            row = connection.execute("SELECT to_regclass(%s)::text", (form,)).fetchone()
            if row is not None and row[0] is not None:
                return form
    return ".".join(map(quoted, held[which_table(place, named, held)]))


def _table(
    connection: psycopg.Connection, shown: str, source: str, asked: Mapping[str, str], home: str
) -> tuple[PgTable, tuple[Finding, ...]]:
    """Return what is read of a table, and what is worth knowing about the choice."""
    columns = {row[0]: PgColumn(*row) for row in connection.execute(COLUMNS, (source,))}
    keys = tuple(row[0] for row in connection.execute(KEYS, (source,)))
    vectors = tuple(name for name, column in columns.items() if column.kind in ("vector", "halfvec"))
    if len(vectors) > 1 and not asked.get(VECTOR):
        raise several_vectors(shown, vectors)
    usual = {ID: (*keys, *_USUAL_IDS), VECTOR: (*vectors, *_PLAIN_VECTORS), **USUAL}
    roles, told = settled_roles(shown, columns, asked, usual)
    for role in (ID, VECTOR):
        if role not in roles:
            raise no_role(shown, role, columns)
    kind = columns[roles[VECTOR]].kind
    if kind not in STORED:
        raise no_numbers(shown, roles[VECTOR], OTHERS.get(kind, kind), _CAST_HINT)
    for role, name in roles.items():
        if name not in columns and not is_json(columns[name.partition(".")[0]]):
            raise no_role(shown, role, columns)
    return PgTable(source, columns, roles, home), told


def _usual_width(connection: psycopg.Connection, table: PgTable) -> int:
    """Return the width that most vectors have among the first that there are."""
    statement = (
        f"SELECT w, count(*) FROM (SELECT {table.width()} AS w FROM {table.source} "  # noqa: S608 - names quoted
        f"WHERE {quoted(table.vector.name)} IS NOT NULL LIMIT {BATCH}) s GROUP BY w ORDER BY 2 DESC LIMIT 1"
    )
    row = connection.execute(statement.encode()).fetchone()
    return int(row[0]) if row else 0


def _failed(name: str, error: psycopg.Error) -> EvalkitError:
    """Return what a refusal of the database means."""
    import psycopg

    if "row-level security" in str(error):
        return hidden_rows(name)
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return forbidden(name, error, "GRANT SELECT ON TABLE … TO …, and USAGE on its schema")
    if isinstance(error, psycopg.errors.DataError):
        return no_numbers(name, "a value", f"something that is none ({said(error)})", _CAST_HINT)
    return unreachable(name, error, "run it again; nothing was written")
