"""vectors/FOLDER, or vectors/URL: vectors made elsewhere, joined to texts by id, read afresh every time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from evalkit.arrays import Array, Floats
from evalkit.digests import digest_texts
from evalkit.embedding.encoder import COSINE, HAMMING, Fingerprint, Role, check_metric
from evalkit.embedding.mirror import located
from evalkit.embedding.modelspec import ModelSpec, Options, check_options
from evalkit.embedding.rowfile import RowFile
from evalkit.embedding.vectorfiles.coding import BITS, CODINGS, decoded, is_bits, is_bytes
from evalkit.embedding.vectorfiles.forms import read_role
from evalkit.embedding.vectorfiles.signature import LAYOUT
from evalkit.embedding.vectorfiles.table import VectorColumns, VectorTable, check_finite_rows, check_pairing
from evalkit.embedding.vectorlint import SAME_LENGTH
from evalkit.errors import ModelError, UnknownNameError, UsageError
from evalkit.findings import Finding, Severity, place
from evalkit.golden.goldenset import GoldenSet
from evalkit.golden.reading.likeness import likeness, visible
from evalkit.golden.reading.telling import count
from evalkit.golden.texts import Texts
from evalkit.opening import read_json

OPTIONS = {
    "normalize": bool,
    "base": str,
    "metric": str,
    "dtype": str,
    "id_column": str,
    "vector_column": str,
}
NOUNS = {Role.query: ("query", "queries"), Role.document: ("document", "documents")}
UNPACKED = 8
UNLIKE = 1.2


@dataclass(frozen=True, slots=True, eq=False)
class StoredVectors:
    """The two tables of a vectors folder and the space that they are said to live in."""

    fingerprint: Fingerprint
    tables: dict[Role, VectorTable]
    findings: tuple[Finding, ...] = ()

    def vectors(self, texts: Texts, role: Role) -> Array | RowFile:
        """Return (n, E) vectors in the order of `texts.ids`; ids without a text are left out.

        Raises:
            ModelError: A text has no vector.
        """
        table = self.tables[role]
        if table.ids == texts.ids:  # as a rule; ten million ids are better not looked up one by one
            return table.values
        row_of = {identity: row for row, identity in enumerate(table.ids)}
        absent = [identity for identity in texts.ids if identity not in row_of]
        if absent:
            other = self.tables[Role.document if role is Role.query else Role.query]
            if set(other.ids).issuperset(absent):
                raise _swapped(table, other, role, absent)
            raise _absent(table, texts, role, absent)
        rows = np.array([row_of[identity] for identity in texts.ids], dtype=np.int64)
        return table.values.reordered(rows) if isinstance(table.values, RowFile) else table.values[rows]


def make(spec: ModelSpec, golden: GoldenSet, options: Options) -> StoredVectors:
    """Return the vectors in a folder, checked for ids, counts, dimensions and finiteness.

    Raises:
        ModelError: A file is missing or wrong; the file and the offending value are named.
        UsageError: An option is unknown, or does not go with these vectors.
    """
    del golden
    check_options(spec, options, OPTIONS)
    source = located(spec.model, str(options.get("base", "")))
    if not source.exists() or not (source.is_dir() or source.is_file()):
        raise ModelError(f"{source} is not a folder", hint=LAYOUT, code="EK342")
    columns = VectorColumns(
        ids=str(options.get("id_column", "")), vectors=str(options.get("vector_column", ""))
    )
    tables = {role: read_role(source, role, columns) for role in (Role.query, Role.document)}
    for table in tables.values():
        check_pairing(table)
    folder = source if source.is_dir() else source.parent
    statement = _Statement.of(folder / "fingerprint.json", options, tables)
    return _Reading(spec, folder, statement).stored(tables)


@dataclass(frozen=True, slots=True, eq=False)
class _Statement:
    """What options and `fingerprint.json` say of vectors; options win.

    Attributes:
        settings: Fields of the fingerprint.
        coding: What single bytes hold; "" where nothing says so.
        settled: Whether somebody said how vectors are compared.
        findings: What to tell of it.
    """

    settings: Mapping[str, Any]
    coding: str
    settled: bool
    findings: tuple[Finding, ...] = ()

    @classmethod
    def of(cls, path: Path, options: Options, tables: Mapping[Role, VectorTable]) -> _Statement:
        """Return what is said of the vectors of two tables."""
        stated = _settings(path)
        own = {name: options[name] for name in ("metric", "normalize", "dtype") if name in options}
        _check_coding(str(own.get("dtype", "")))
        check_metric(str(own.get("metric", "")))
        if "metric" in own and "normalize" not in own:  # what a file says of lengths goes with its own metric
            stated.pop("normalize", None)
        by_file = {table.metric for table in tables.values()} - {""}
        told: tuple[Finding, ...] = ()
        if by_file and not {"metric", "normalize"} & {*own, *stated}:
            metric = min(by_file)
            own["metric"] = metric
            told = (_by_file(tables[Role.document], metric),)
        settings = {**stated, **own}
        compared = settings.get("metric", "")
        coding = str(settings.get("dtype", ""))
        if coding not in CODINGS:
            coding = "ubinary" if compared == HAMMING or _packed(tables, settings.get("dims", 0)) else ""
        settled = compared == COSINE or "normalize" in own
        return cls(settings, coding, settled, told)


@dataclass(frozen=True, slots=True, eq=False)
class _Reading:
    """Turns tables as files state them into vectors in a stated space."""

    spec: ModelSpec
    folder: Path
    statement: _Statement

    def stored(self, tables: dict[Role, VectorTable]) -> StoredVectors:
        """Return the vectors of both tables, decoded and checked."""
        content = digest_texts(
            part for table in tables.values() for part in (digest_texts(table.ids), table.digest)
        )
        coding, findings = self.statement.coding, [*self.statement.findings]
        dims = self.statement.settings.get("dims")
        bits = [is_bits(table.values, coding) for table in tables.values()]
        self._check_metric(tables, any(bits))
        read, lengths = {}, {}
        for role, table in tables.items():
            values, told = decoded(table, coding, dims if isinstance(dims, int) else 0)
            lengths[role] = check_finite_rows(values, table)
            read[role] = replace(table, values=values)
            findings += told
        fingerprint = self._fingerprint(content, self._dims(read), any(bits))
        if fingerprint.normalize and not self.statement.settled:
            findings += [told for role in read for told in _uneven(read[role], role, lengths[role])]
        return StoredVectors(fingerprint, read, tuple(findings))

    def _dims(self, tables: dict[Role, VectorTable]) -> int:
        lengths = {table.path.name: table.values.shape[1] for table in tables.values()}
        found = {role: table.values.shape[1] for role, table in tables.items()}
        if len(set(found.values())) > 1:
            told = " and ".join(f"{length} dimensions in {name}" for name, length in lengths.items())
            raise ModelError(
                f"queries and corpus differ: {told}", places=(str(self.folder),), hint=LAYOUT, code="EK343"
            )
        return int(found[Role.document])

    def _fingerprint(self, content: str, dims: int, bits: bool) -> Fingerprint:  # noqa: FBT001 - a fact of the vectors
        path, name = self.folder / "fingerprint.json", Path(self.spec.model).name
        settings = {"provider": "vectors", "model": name, **self.statement.settings}
        if bits:
            settings = {
                **settings,
                "metric": HAMMING,
                "dtype": self.statement.coding or "bool",
                "normalize": True,
            }
        try:
            stated = Fingerprint.of(settings)
        except ModelError as error:
            raise ModelError.of([replace(told, places=(str(path),)) for told in error.findings]) from error
        except (ValueError, TypeError, AttributeError) as error:
            raise _no_fingerprint(path, error) from error
        if stated.dims not in (0, dims):
            raise ModelError(
                f"{path.name} states {stated.dims} dimensions, the vectors have {dims}",
                places=(str(path),),
                hint="correct whichever is wrong",
                code="EK343",
            )
        return replace(stated, dims=dims, revision=stated.revision or content)

    def _check_metric(self, tables: dict[Role, VectorTable], bits: bool) -> None:  # noqa: FBT001 - whether the vectors are bits
        metric = self.statement.settings.get("metric", "")
        kinds = sorted({str(table.values.dtype) for table in tables.values()})
        wrong = ""
        if (metric == HAMMING or self.statement.coding in BITS) and not bits:
            wrong = "packed bits are bytes or truth values"
        elif bits and kinds == ["int8", "uint8"]:
            wrong = "one side packs bits as int8, the other as uint8"
        if wrong:
            raise UsageError(
                f"{self.spec}: the vectors are {' and '.join(kinds)}, but {wrong}",
                places=(str(self.folder),),
                hint="cosine, dot or l2 for numbers; for bits np.packbits(values > 0, axis=1) on both sides",
                code="EK356",
            )


def _settings(path: Path) -> dict[str, Any]:
    """Return what a `fingerprint.json` holds, {} where there is none."""
    if not path.exists():
        return {}
    try:
        settings = read_json(path)
        return {name: value for name, value in settings.items() if value is not None}  # null: not stated
    except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise _no_fingerprint(path, error) from error


def _no_fingerprint(path: Path, error: Exception) -> ModelError:
    return ModelError(
        f"{path.name} is not a fingerprint: {error}",
        places=(str(path),),
        hint='a JSON object such as {"provider": "st", "model": "bge-m3", "dims": 1024}',
        code="EK344",
    )


def _check_coding(coding: str) -> None:
    if coding and coding not in (*CODINGS, "float16", "float32", "float64"):
        raise UnknownNameError.among("dtype of vectors", coding, [*CODINGS, "float16", "float32", "float64"])


def _packed(tables: Mapping[Role, VectorTable], dims: object) -> bool:
    """Return whether a stated number of dimensions shows that bytes pack eight bits each."""
    return isinstance(dims, int) and any(
        is_bytes(table.values) and 0 <= UNPACKED * table.values.shape[1] - dims < UNPACKED
        for table in tables.values()
    )


def _by_file(table: VectorTable, metric: str) -> Finding:
    problem = f"{table.path.name} says that its vectors are compared by {metric}; so they are here"
    return Finding("EK358", Severity.NOTICE, problem, (str(table.path),), "another way is the option metric")


def _uneven(table: VectorTable, role: Role, lengths: Floats) -> list[Finding]:
    """Tell of lengths that the cosine does not see, but a store that compares otherwise would."""
    some = lengths[(lengths > 0) & np.isfinite(lengths)]
    low, high = float(some.min(initial=np.inf)), float(some.max(initial=0.0))
    if high <= low * (1 + SAME_LENGTH):
        return []
    problem = (
        f"{NOUNS[role][0]} vectors have lengths from {low:.2g} to {high:.2g}, and are compared by cosine, "
        "which does not see lengths"
    )
    hint = (
        'a store that compares otherwise returns others: say metric = "dot" or "l2" in [models.NAME], '
        'or metric = "cosine" where that is what it does'
    )
    severity = Severity.WARNING if high > low * UNLIKE else Severity.NOTICE
    return [Finding("EK357", severity, problem, (str(table.path),), hint)]


def _swapped(table: VectorTable, other: VectorTable, role: Role, absent: list[str]) -> ModelError:
    """Return the error where the other role's file holds what is missing."""
    names = f"{table.path.name} and {other.path.name}"
    return ModelError(
        f"no vector for {count(len(absent), *NOUNS[role])}: {other.ids_path.name} holds {absent[0]}, "
        f"{table.ids_path.name} does not",
        places=(place(table.ids_path, (), table.ids), place(other.ids_path, (), other.ids)),
        hint=f"are {names} under each other's names? rename them with their ids",
        code="EK341",
    )


def _absent(table: VectorTable, texts: Texts, role: Role, absent: list[str]) -> ModelError:
    """Return the error that names what either side lacks, and how the two may mean the same."""
    known = set(texts.ids)
    strangers = [identity for identity in table.ids if identity not in known]
    alike = likeness(absent, strangers)
    places = [place(table.path, (), absent)]
    if strangers:
        where = place(table.ids_path, (), [visible(identity) for identity in strangers])
        places.append(f"{where}: {count(len(strangers), 'vector')} of no {NOUNS[role][0]} here")
    elif table.ids_path != table.path:
        places.append(str(table.ids_path))
    advice = f"{alike}; write the ids alike" if alike else "embed them too, or use the same ids on both sides"
    if table.numbered:
        stem = "queries" if role is Role.query else "corpus"
        advice = (
            f"{table.path.name} states no ids, so that rows are numbered from 0; write {stem}.ids beside it"
        )
    return ModelError(
        f"no vector for {count(len(absent), *NOUNS[role])} of {len(texts)}",
        places=tuple(places),
        hint=advice,
        code="EK341",
    )
