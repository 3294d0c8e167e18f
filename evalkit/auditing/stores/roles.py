"""Roles: which column of a store plays which, as somebody said or as columns are usually called."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from evalkit.auditing.stores.cells import USUAL
from evalkit.errors import UsageError, nearest
from evalkit.findings import Finding, Severity


def settled_roles(
    name: str, held: Iterable[str], asked: Mapping[str, str], usual: Mapping[str, tuple[str, ...]] = USUAL
) -> tuple[dict[str, str], tuple[Finding, ...]]:
    """Return role → column, and what is worth knowing about the choice.

    Args:
        name: The store, as it may be shown.
        held: Its columns, or the keys that its records carry.
        asked: Role → column as somebody said; "" for none. What is said wins.
        usual: Role → the names that are looked for where nobody said.

    Raises:
        UsageError: A column that somebody named is not there.
    """
    columns = sorted(set(held))
    roles: dict[str, str] = {}
    told: list[Finding] = []
    for role in dict.fromkeys((*asked, *usual)):
        if role in asked:
            if asked[role]:
                roles[role] = _there(name, role, asked[role], columns)
            continue
        found = [column for column in usual[role] if column in columns]
        if found:
            roles[role] = found[0]
        if len(found) > 1 and role in USUAL:  # ids and vectors are looked for by what a store says of them
            told.append(_several(name, role, found))
    return roles, tuple(told)


def quoted(name: str) -> str:
    """Return a name as SQL quotes it."""
    return '"' + name.replace('"', '""') + '"'


def _there(name: str, role: str, column: str, columns: list[str]) -> str:
    if column in columns or column.partition(".")[0] in columns:
        return column
    near = nearest(column, columns)
    choice = f"did you mean {near}?" if near else f"it holds {', '.join(columns) or 'none'}"
    raise UsageError(f"{name} has no {column!r}, which was to be its {role}", hint=choice, code="EK618")


def _several(name: str, role: str, found: list[str]) -> Finding:
    return Finding(
        "EK619",
        Severity.NOTICE,
        f"{name}: {found[0]} is read as the {role}; {', '.join(found[1:])} could be meant, too",
        (),
        f"--map {role}={found[1]} if so, --map {role}= for none",
    )
