"""What can be wrong with a live store, told alike for all of them and without what is secret."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from evalkit.confidential import without_secrets
from evalkit.errors import EvalkitError, MissingExtraError, ModelError, ProviderError, UsageError, nearest

SHOWN = 8
# Of a library in Rust that met what it held impossible: no Exception, and no public class.
PANIC = "PanicException"


def missing_extra(kind: str) -> MissingExtraError:
    """Return the error where the library of a store is not installed."""
    return MissingExtraError.for_extra(kind, f"reading {kind}://")


def unreachable(name: str, error: object, hint: str) -> ProviderError:
    """Return the error where a store does not answer, breaks off or refuses."""
    return ProviderError(f"{name} cannot be read: {said(error)}", hint=hint, code="EK616")


def said(error: object) -> str:
    """Return what a library said, on one line, without secrets."""
    told = " ".join(without_secrets(str(error)).split())
    return told or type(error).__name__


def which_table(name: str, table: str, held: Iterable[str], noun: str = "table") -> str:
    """Return the table that is meant: the one that is named, or the only one.

    Raises:
        UsageError: It is not there, or there are several and none is named.
    """
    tables = sorted(held)
    if table in tables or (not table and len(tables) == 1):
        return table or tables[0]
    some = ", ".join(tables[:SHOWN]) + (" …" if len(tables) > SHOWN else "")
    if table:
        near = nearest(table, tables)
        hint = f"did you mean {near}?" if near else f"it holds {some}" if tables else "it holds none"
        raise UsageError(f"{name} has no {noun} {table!r} with vectors", hint=hint, code="EK617")
    if not tables:
        raise UsageError(f"{name} has no {noun} with vectors", hint="is it the right place?", code="EK617")
    raise UsageError(
        f"{name} has several {noun}s with vectors: {some}",
        hint=f"name one behind the place, such as {name}#{tables[0]}",
        code="EK617",
    )


def no_role(name: str, role: str, held: Iterable[str]) -> ModelError:
    """Return the error where no column can be taken for the ids, or for the vectors."""
    return ModelError(
        f"{name} has no column that is known as the {role}; it holds {', '.join(sorted(held)) or 'none'}",
        hint=f"--map {role}=COLUMN",
        code="EK618",
    )


def several_vectors(name: str, columns: Sequence[str]) -> UsageError:
    """Return the error where records have several vectors and nobody said which is meant."""
    return UsageError(
        f"{name} has {len(columns)} vectors for each record: {', '.join(columns)}",
        hint=f"--map vector={columns[0]}",
        code="EK620",
    )


def no_numbers(name: str, column: str, kind: str, hint: str) -> ModelError:
    """Return the error where a column of vectors holds something else, such as texts."""
    return ModelError(f"{name} keeps {column} as {kind}, not as vectors", hint=hint, code="EK621")


def locked(name: str, error: object, hint: str) -> ProviderError:
    """Return the error where another program holds the store."""
    return ProviderError(f"{name} is held by another program: {said(error)}", hint=hint, code="EK624")


def null_ids(name: str, column: str) -> ModelError:
    """Return the error where records have no id."""
    return ModelError(
        f"{name} has records whose {column} is NULL",
        hint="--map id=COLUMN, one with an id for each",
        code="EK618",
    )


def forbidden(name: str, error: object, hint: str) -> ProviderError:
    """Return the error where a role may not read what is asked for."""
    return ProviderError(f"{name} may not be read: {said(error)}", hint=hint, code="EK625")


def hidden_rows(name: str) -> ProviderError:
    """Return the error where a policy would hide some records from this role."""
    return ProviderError(
        f"{name}: a policy of row-level security hides some of its rows from this role",
        hint="ALTER ROLE … BYPASSRLS, or a role that owns the table; half of a store is not audited",
        code="EK622",
    )


@dataclass(frozen=True, slots=True)
class Client:
    """How a client's faults are told.

    Attributes:
        refuses: Whether a fault is that this role may not read.
        needed: What would let it.
        hint: What to do where nothing answers.
        said: What is shown of a refusal, where the fault says more than that.
    """

    refuses: Callable[[Exception], bool]
    needed: str
    hint: str
    said: Callable[[Exception], object] = str

    def asked(self, name: str, verb: Any, *values: Any, **options: Any) -> Any:
        """Return what the client of the store `name` answers.

        Raises:
            ProviderError: It does not answer, or refuses.
        """
        try:
            return verb(*values, **options)
        except EvalkitError:
            raise
        except Exception as error:
            if self.refuses(error):
                raise forbidden(name, self.said(error), self.needed) from error
            raise unreachable(name, error, self.hint) from error
        except BaseException as error:
            if type(error).__name__ != PANIC:
                raise
            raise unreachable(name, error, self.hint) from error
