"""Chunk names: runs that name chunks of documents, whose ids are cut at a separator or looked up in a map."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from evalkit.errors import RunError, UsageError
from evalkit.findings import place
from evalkit.golden.goldenset import GoldenSet
from evalkit.golden.reading.columns import folded
from evalkit.golden.reading.records import Sheet, fenced
from evalkit.golden.reading.tables import READERS, suffix_of, table_rows
from evalkit.opening import read_whole
from evalkit.parsing import NotationError, parse_json

CHUNK_OPTIONS = {"chunk_separator": str, "chunk_map": str}
SEPARATORS = ("#", "::", "|", "@", "~", "/", "_", "-", ":", ".", "$")
OPTION, MAP_OPTION = "--chunk-separator", "--chunk-map"
PAIR = 2
CHUNKS = ("chunk", "chunkid", "passage", "passageid", "pid", "part", "partid", "_id", "id")
DOCUMENTS = (
    *("document", "documentid", "doc", "docid", "docno", "corpusid", "parent", "parentid", "page", "pageid"),
    "source",
)


@dataclass(frozen=True, slots=True)
class ChunkNames:
    """How the id of a chunk names its document.

    Attributes:
        separator: What stands between the id of a document and the number of its chunk; "" for none.
        documents: Id of a chunk → id of its document.
    """

    separator: str = ""
    documents: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether anything is said about chunks."""
        return bool(self.separator or self.documents)

    @classmethod
    def of(cls, separator: str | None, path: Path | None) -> ChunkNames:
        """Return what a user says: a separator, or a file that maps chunks to documents.

        Raises:
            UsageError: Both are said, or the separator is empty.
            RunError: The file cannot be read.
        """
        if separator is not None and path is not None:
            problem, hint = f"{OPTION} and {MAP_OPTION} both say which chunk is whose", "say one of the two"
            raise UsageError(problem, hint=hint, code="EK697")
        if separator is not None and not separator.strip():
            hint = f"such as  {OPTION} '#'  where chunks are called KB-77#1, KB-77#2"
            raise UsageError(f"{OPTION} {separator!r} parts nothing", hint=hint, code="EK697")
        return cls(separator or "", {} if path is None else read_chunk_map(path))

    def candidates(self, identity: str, known: Container[str]) -> list[str]:
        """Return the documents that the id of a chunk may name; more than one leaves two readings."""
        if identity in self.documents:
            return [self.documents[identity]] if self.documents[identity] in known else []
        return [name for name in heads(identity, self.separator) if name in known]

    def parts_it(self, identity: str) -> bool:
        """Return whether the separator stands inside an id."""
        return bool(self.separator) and identity.rfind(self.separator) > 0

    def document(self, identity: str, known: Container[str]) -> str:
        """Return the document that a result is, or is a chunk of, where only some documents are known.

        Args:
            identity: A result.
            known: The documents that are known, such as those that were judged: they are never cut.

        Raises:
            RunError: It may be a chunk of two documents.
        """
        if identity in known:
            return identity
        if identity in self.documents:
            return self.documents[identity]
        found = self.candidates(identity, known) or list(heads(identity, self.separator))
        if len(found) > 1:
            raise RunError(
                f"{identity!r} may be a chunk of {' or '.join(map(repr, found))}",
                hint="say which chunk is whose:  chunk_map={chunk: document}",
                code="EK699",
            )
        return found[0] if found else identity

    def best(
        self, results: Mapping[str, Mapping[str, float]], known: Container[str]
    ) -> dict[str, dict[str, float]]:
        """Return results by document, query id → document id → score: that of its best chunk."""
        found: dict[str, dict[str, float]] = {}
        for query, inner in results.items():
            documents = found.setdefault(query, {})
            for identity, score in inner.items():
                name = self.document(identity, known)
                documents[name] = max(score, documents.get(name, score))
        return found


@dataclass(frozen=True, slots=True)
class Documents:
    """The ids of a golden set's documents, as a container."""

    golden: GoldenSet

    def __contains__(self, identity: object) -> bool:
        """Return whether a document is called so."""
        return isinstance(identity, str) and self.golden.corpus.row(identity) >= 0


def names_of(options: Mapping[str, object]) -> ChunkNames:
    """Return what the options of a run file or a search say on chunks.

    Raises:
        UsageError: Two things say which chunk is whose.
        RunError: The map cannot be read.
    """
    separator, path = options.get("chunk_separator"), options.get("chunk_map")
    where = None if path is None else Path(str(options.get("base", "")), str(path))
    return ChunkNames.of(None if separator is None else str(separator), where)


def heads(identity: str, separator: str) -> Iterator[str]:
    """Yield what stands before each separator of an id, the longest first."""
    end = len(identity)
    while separator and (end := identity.rfind(separator, 0, end)) > 0:
        yield identity[:end]


def likely_separator(strangers: list[str], known: Container[str]) -> str:
    """Return what parts all of some unknown ids into a known document and a rest; "" for nothing."""
    for separator in SEPARATORS:
        if all(any(name in known for name in heads(identity, separator)) for identity in strangers):
            return separator
    return ""


def read_chunk_map(path: Path) -> dict[str, str]:
    """Read a map of chunks: a table of two columns, or one JSON object, chunk → document.

    Columns are told by their names; without names in common use, the first is the chunk.

    Raises:
        RunError: There is no such file, it has other columns, or a chunk stands in two documents.
    """
    if not path.is_file():
        raise RunError(f"{path} is not a file", hint=f"name a map of chunks with {MAP_OPTION}", code="EK698")
    found: dict[str, str] = {}
    for number, chunk, document in _pairs(path):
        if found.setdefault(chunk, document) != document:
            raise RunError(
                f"the chunk {chunk!r} is a part of {found[chunk]!r} and of {document!r}",
                places=(place(path, [number] if number else []),),
                hint="a chunk is a part of one document: keep one of the two",
                code="EK698",
            )
    if not found:
        raise _unfit(path, "holds no chunk")
    return found


def _pairs(path: Path) -> Iterator[tuple[int, str, str]]:
    """Yield (line, chunk, document)."""
    if suffix_of(path) == ".json" and (whole := _object(path)) is not None:
        yield from ((0, chunk, str(document)) for chunk, document in whole.items())
        return
    sheet = Sheet(path)
    form = "" if suffix_of(path) in READERS else ".tsv"
    roles: tuple[str, str] | None = None
    for number, row in table_rows(sheet, form):
        if roles is None:
            roles = _roles(path, tuple(row))
            if not _is_named(tuple(row)):  # the first line is a row
                yield number - 1, *roles
        chunk, document = (_text(row.get(name)) for name in roles)
        if not chunk or not document:
            raise _unfit(path, f"has a line without a chunk or a document: {number}")
        yield number, chunk, document
    if problems := sheet.findings():
        raise RunError.of(problems)


def _object(path: Path) -> dict[str, object] | None:
    """Return the one JSON object of texts that a file holds, None where it holds rows."""
    with fenced(path):
        text = read_whole(path)
    try:
        whole = parse_json(text, unique=True)
    except NotationError:
        return None
    is_map = isinstance(whole, dict) and all(isinstance(value, str | int) for value in whole.values())
    return whole if is_map and not _is_named(tuple(whole)) else None


def _roles(path: Path, names: tuple[str, ...]) -> tuple[str, str]:
    """Return the columns of the chunk and of its document."""
    if not _is_named(names):
        if len(names) == PAIR:
            return names[0], names[1]
        raise _unfit(path, f"has {len(names)} columns, none of which is surely the chunk")
    chunks = [name for wanted in CHUNKS for name in names if folded(name) == wanted]
    documents = [name for wanted in DOCUMENTS for name in names if folded(name) == wanted]
    return chunks[0], documents[0]


def _is_named(names: tuple[str, ...]) -> bool:
    known = {folded(name) for name in names}
    return bool(known & {*CHUNKS}) and bool(known & {*DOCUMENTS})


def _text(value: object) -> str:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value.strip() if isinstance(value, str) else str(value) if whole else ""


def _unfit(path: Path, what: str) -> RunError:
    return RunError(
        f"{path.name} {what}",
        places=(str(path),),
        hint="two columns, chunk and document, in CSV, TSV, JSON lines or Parquet; or JSON {chunk: document}",
        code="EK698",
    )
