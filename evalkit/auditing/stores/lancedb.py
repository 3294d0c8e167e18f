"""LanceDB as a store: a table at one version, read in batches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from evalkit.auditing.stores.arrowrows import arrow_records, top
from evalkit.auditing.stores.cells import ID, TEXT, USUAL, VECTOR, VERSION, nested, way_to
from evalkit.auditing.stores.counting import drawn
from evalkit.auditing.stores.faults import (
    Client,
    missing_extra,
    no_numbers,
    no_role,
    several_vectors,
    unreachable,
    which_table,
)
from evalkit.auditing.stores.roles import settled_roles
from evalkit.auditing.stores.store import BATCH, Description, Records, Stratum
from evalkit.auditing.stores.streamed import StreamedStore
from evalkit.embedding.storespec import StoreSpec, pairs_of
from evalkit.errors import EvalkitError, ModelError, UsageError
from evalkit.findings import Finding

_USUAL = {ID: ("id", "_id", "doc_id", "chunk_id", "uuid"), **nested(USUAL, "metadata")}
_AT_ONCE = 500  # ids in one filter
_HINT = "lancedb://FOLDER#table"
_CLIENT = Client(  # a folder that can be opened may yet hold files that are damaged or gone
    refuses=lambda _: False,
    needed="",
    hint="is a file of it damaged, cut off or gone? take a copy that is whole",
)


@dataclass(frozen=True, slots=True, eq=False)
class LanceStore(StreamedStore):
    """A table of LanceDB, which stays at the version that it had when it was opened.

    Attributes:
        table: Of lancedb.
        roles: Role → column.
        whole: Whether ids are whole numbers.
        findings: What is worth knowing about it.
    """

    table: Any
    roles: Mapping[str, str]
    whole: bool
    findings: tuple[Finding, ...] = ()

    def sample(self, sizes: Mapping[Stratum | None, int], seed: int) -> dict[Stratum | None, tuple[str, ...]]:
        """Return ids drawn evenly within each stratum."""
        claims = {role: name for role, name in self.roles.items() if role not in (VECTOR, TEXT)}
        return drawn(self._batches(claims, 0, vectors=False), sizes, seed)

    def fetch(self, ids: Sequence[str]) -> Records:
        """Return the records of some ids, in their order."""
        import pyarrow as pa

        parts = [self._asked(self._query(self.roles).where("false").to_arrow)]
        keys = [literal for name in ids if (literal := self._literal(name))]
        for start in range(0, len(keys), _AT_ONCE):
            within = f"{_quoted(self.roles[ID])} IN ({', '.join(keys[start : start + _AT_ONCE])})"
            parts.append(self._asked(self._query(self.roles).where(within).to_arrow))
        found = pa.concat_tables(parts)
        row_of = {str(name): row for row, name in enumerate(found[self.roles[ID]].to_pylist())}
        order = [row_of[name] for name in ids if name in row_of]
        return self._records(found.take(pa.array(order, pa.int64())))

    def stream(self, after: str = "", *, vectors: bool = True, texts: bool = True) -> Iterator[Records]:
        """Give all records in batches, in the order in which they lie; a checkpoint names its version."""
        at = 0
        if after:
            number, _, rows = after.partition(":")
            at = int(rows)
            self._check_version(int(number))
        roles = {role: name for role, name in self.roles.items() if role != TEXT or texts}
        if not vectors and not self._may_differ():
            del roles[VECTOR]
        yield from self._batches(roles, at, vectors=vectors)

    def close(self) -> None:
        """Let go of it; no file stays open."""

    def _may_differ(self) -> bool:
        """Return whether vectors may have several widths, or be missing."""
        field = self.table.schema.field(self.roles[VECTOR])
        return bool(getattr(field.type, "list_size", -1) < 0 or field.nullable)

    def _batches(self, roles: Mapping[str, str], at: int, *, vectors: bool) -> Iterator[Records]:
        import pyarrow as pa

        query = self._query(roles)
        batches = self._asked((query.offset(at) if at else query).to_batches, BATCH)
        while (batch := self._asked(next, batches, None)) is not None:
            at += batch.num_rows
            if batch.num_rows:
                table = pa.Table.from_batches([batch])
                yield self._records(table, vectors=vectors, checkpoint=f"{self.table.version}:{at}")

    def _asked(self, verb: Any, *values: Any) -> Any:
        return _CLIENT.asked(self.description.name, verb, *values)

    def _query(self, roles: Mapping[str, str]) -> Any:
        names = self.table.schema.names
        return self.table.search().select(list(dict.fromkeys(top(name, names) for name in roles.values())))

    def _literal(self, name: str) -> str:
        """Return an id as a filter writes it, "" where none there can be it."""
        if self.whole:
            return name if name.lstrip("-").isdigit() else ""
        return "'" + name.replace("'", "''") + "'"

    def _check_version(self, number: int) -> None:
        if number != self.table.version:
            raise UsageError(
                f"{self.description.name} is at version {self.table.version}, the checkpoint at {number}",
                hint="begin again: rows have other places in another version",
                code="EK627",
            )

    def _records(self, table: Any, *, vectors: bool = True, checkpoint: str = "") -> Records:
        place, width = Path(self.description.name), self.description.width
        return arrow_records(table, self.roles, width, place=place, vectors=vectors, checkpoint=checkpoint)


def open_store(spec: StoreSpec, asked: Mapping[str, str]) -> LanceStore:
    """Return a table of LanceDB as a store.

    Args:
        spec: `lancedb://FOLDER#table`.
        asked: Role → column as somebody said.

    Raises:
        MissingExtraError: lancedb is not installed.
        UsageError: There is no such table, or a column that was named is not there.
        ModelError: The folder is none of LanceDB's, or the table has no ids or vectors.
    """
    try:
        import lancedb
    except ImportError:
        raise missing_extra(spec.kind) from None
    remote = "://" in spec.place
    if not remote and not Path(spec.place).is_dir():  # which LanceDB would make
        raise ModelError(f"{spec.shown} is no folder", hint=_HINT, code="EK557")
    place = spec.bare
    try:
        database = lancedb.connect(spec.place)
        name = which_table(place, spec.table, database.list_tables().tables)
        return _opened(f"{place}#{name}", database.open_table(name), asked)
    except EvalkitError:
        raise
    except Exception as error:  # whatever its Rust side says
        raise unreachable(spec.shown, error, _HINT) from error


def _opened(shown: str, table: Any, asked: Mapping[str, str]) -> LanceStore:
    import pyarrow as pa

    lists = {
        field.name: field.type
        for field in table.schema
        if pa.types.is_fixed_size_list(field.type) or pa.types.is_list(field.type)
    }
    vectors = tuple(name for name, kind in lists.items() if pa.types.is_floating(kind.value_type))
    if len(vectors) > 1 and not asked.get(VECTOR):
        raise several_vectors(shown, vectors)
    roles, told = settled_roles(
        shown, _names(table.schema), asked, {VECTOR: (*vectors, "vector", "embedding"), **_USUAL}
    )
    for role in (ID, VECTOR):
        if role not in roles:
            raise no_role(shown, role, table.schema.names)
    if roles[VECTOR] not in lists:
        kind = str(table.schema.field(roles[VECTOR]).type)
        raise no_numbers(shown, roles[VECTOR], kind, "a column of fixed-size lists of floats")
    kind = lists[roles[VECTOR]]
    index, metric = _index(table, roles[VECTOR])
    description = Description(
        name=shown,
        kind="lancedb",
        software=f"lancedb {version('lancedb')}",
        count=int(table.count_rows()),
        width=int(getattr(kind, "list_size", 0)) or _usual_width(table, roles[VECTOR]),
        metric=metric,
        index=index,
        stored={"float": "float32", "halffloat": "float16", "double": "float64"}.get(
            str(kind.value_type), str(kind.value_type)
        ),
        snapshot=f"version {table.version} of the table",
        columns=pairs_of(roles),
        source=str(table.name),
        stating=way_to(roles.get(VERSION, ""), table.schema.names),
    )
    return LanceStore(
        description, table, roles, pa.types.is_integer(table.schema.field(roles[ID]).type), told
    )


def _names(schema: Any) -> list[str]:
    """Return the columns, those inside structs as dotted paths."""
    import pyarrow as pa

    inner = (
        f"{field.name}.{part.name}"
        for field in schema
        if pa.types.is_struct(field.type)
        for part in field.type
    )
    return [*schema.names, *inner]


def _usual_width(table: Any, column: str) -> int:
    cells = table.search().select([column]).limit(BATCH).to_arrow()[column].to_pylist()
    widths = [len(cell) for cell in cells if cell is not None]
    return max(sorted(set(widths)), key=widths.count, default=0)


def _index(table: Any, column: str) -> tuple[str, str]:
    """Return the index over the vectors and how it compares, "" for either where there is none."""
    for index in table.list_indices():
        if column in index.columns:
            stats = table.index_stats(index.name)
            return str(index.index_type), str(getattr(stats, "distance_type", "") or "")
    return "", ""


def _quoted(name: str) -> str:
    return f"`{name}`"
