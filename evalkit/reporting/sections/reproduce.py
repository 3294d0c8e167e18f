"""The reproduction: what it takes to get the same result again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evalkit.reporting.blocks import Block, Command, Folded, Grid
from evalkit.reporting.page import Section
from evalkit.reporting.tables import Column, Row, Table
from evalkit.results.parts import SystemPart
from evalkit.results.result import Result


def reproduce(result: Result) -> Section:
    """Return what it takes to get the same numbers again."""
    provenance = result.provenance.to_json()
    command = provenance.pop("command", "")
    for key in ("costs", "scale", "seal"):  # told where costs are; of the seal, whether it fits
        provenance.pop(key, None)
    question = {key: value for key, value in result.question.to_json().items() if key != "sentence"}
    known = result.golden.to_json()
    named = ("name", "version", "digest", "judgements_digest", "license")
    golden = {key: known[key] for key in named if known.get(key)}
    tables = [
        _settings("Question, fixed before any score was seen", question),
        _settings("Golden set", golden),
        *(_settings(f"Fingerprint of {name}", _identity(system)) for name, system in result.systems.items()),
        _settings("Where and when", provenance),
    ]
    blocks: list[Block] = [Command(str(command))] if command else []
    blocks += [
        Folded(table.caption, (Grid(table, "plain settings"),), printed=True)
        for table in tables
        if table.rows
    ]
    return Section("reproduce", "Reproduce", tuple(blocks))


def _identity(system: SystemPart) -> dict[str, Any]:
    return {"spec": system.spec, "index": system.index, **(system.fingerprint or {})}


def _settings(caption: str, settings: Mapping[str, Any]) -> Table:
    """Return nested settings as rows of dotted names; what is absent is left out."""
    rows = [Row((name, value)) for name, value in _flat("", settings)]
    return Table(caption, (Column("Setting"), Column("Value")), tuple(rows))


def _flat(prefix: str, settings: Mapping[str, Any]) -> list[tuple[str, str]]:
    flat: list[tuple[str, str]] = []
    for key, value in settings.items():
        name = f"{prefix}.{key}" if prefix else str(key)
        if isinstance(value, dict):
            flat += _flat(name, value)
        elif isinstance(value, list):
            flat.append((name, ", ".join(map(str, value))))
        elif value is not None and value != "":
            flat.append((name, {True: "yes", False: "no"}[value] if isinstance(value, bool) else f"{value}"))
    return flat
