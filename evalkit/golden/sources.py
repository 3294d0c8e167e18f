"""Sources: what people bring, a folder or single files with their own columns, read as one draft."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from evalkit.errors import UsageError
from evalkit.golden.card import ASSUMED, CARD, Card, read_card
from evalkit.golden.folder import read_draft
from evalkit.golden.reading.asked import ABOUT_QUERIES, OF_DOCUMENTS, read_asked
from evalkit.golden.reading.behavior import with_searches_joined
from evalkit.golden.reading.chunks import with_chunks_apart
from evalkit.golden.reading.columns import ASKED, DOCUMENTS, JUDGEMENTS, METADATA, QUERIES, parse_map
from evalkit.golden.reading.formats import (
    PLAIN,
    ReadingOptions,
    of_card,
    read_documents,
    read_judgements,
    read_queries,
)
from evalkit.golden.reading.jsonrows import holds_whole_set
from evalkit.golden.reading.layout import CORPUS, PIECES, QRELS, find_pieces, piece_of
from evalkit.golden.reading.layout import QUERIES as QUERIES_PIECE
from evalkit.golden.reading.records import Draft
from evalkit.opening import is_folder, is_there, resolved

WANTED = (
    "name a folder, or --queries, --corpus and --qrels; or one table of questions and documents with --corpus"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where the pieces of a golden set are.

    Attributes:
        folder: A folder in any layout that is read by path alone, None where all are files.
        files: Name of a piece → its files; these win over what the folder holds.
        maps: Name of a piece → "ROLE=COLUMN" texts, for tables whose column names do not tell.
    """

    folder: Path | None = None
    files: Mapping[str, Sequence[Path]] = field(default_factory=dict)
    maps: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @classmethod
    def of(
        cls, paths: Sequence[Path], files: Mapping[str, Sequence[Path]], maps: Mapping[str, Sequence[str]]
    ) -> Sources:
        """Return the sources that a user named.

        Args:
            paths: One folder, or files whose names say which piece they are; one that does not say is a
                table of judgements.
            files: Name of a piece → the files that were named for it.
            maps: Name of a piece → "ROLE=COLUMN" texts.

        Raises:
            UsageError: A path does not exist, or two of them are the same piece.
        """
        named = {name: list(chosen) for name, chosen in files.items() if chosen}
        files_given = set(named)
        folders = [path for path in paths if is_folder(path)]
        absent = [
            path
            for path in (*paths, *(path for chosen in named.values() for path in chosen))
            if not is_there(path)
        ]
        if absent or len(folders) > 1:
            problem = f"{absent[0]} does not exist" if absent else f"{len(folders)} folders are named"
            raise UsageError(problem, hint=WANTED, code="EK276")
        for name, chosen in named.items():
            twice = [
                path for path in chosen if sum(resolved(path) == resolved(other) for other in chosen) > 1
            ]
            if twice:
                problem, hint = f"{twice[0]} is named twice for the {name}", "name each file once"
                raise UsageError(problem, hint=hint, code="EK276")
        for path in paths:
            name = (piece_of(path) or QRELS).name
            if path in folders:
                continue
            if name in named and not (name == CORPUS.name and name not in files_given):
                problem = f"{named[name][0]} and {path} would both be the {name}"
                hint = f"{WANTED}; --corpus, --queries and --qrels may each name several files"
                raise UsageError(problem, hint=hint, code="EK276")
            named.setdefault(name, []).append(path)
        if len(paths) == 1 and not folders and len(named) == 1 and holds_whole_set(paths[0]):
            named = {piece.name: [paths[0]] for piece in PIECES}
        return cls(folder=folders[0] if folders else None, files=named, maps=maps)


def card_of(sources: Sources) -> Card:
    """Return the card in the folder, or that of sources which say nothing about themselves."""
    return Card() if sources.folder is None else read_card(sources.folder / CARD)


def read_sources(sources: Sources, card: Card, reading: ReadingOptions = PLAIN) -> Draft:
    """Read a golden set from what people bring; nothing is checked yet.

    Args:
        sources: A folder, files, or both.
        card: What the set says about itself, and which split to take.
        reading: How grades and repeats are read.

    Returns:
        A draft whose card says so where the judgements state no grades.

    Raises:
        GoldenSetError: A piece is missing or a file cannot be read.
        UsageError: A map of columns says nothing that can be used.
    """
    folder, reading = sources.folder, of_card(reading, card)
    if folder is None and QRELS.name not in sources.files:
        missing = next(name for name in (CORPUS.name, QRELS.name) if name not in sources.files)
        raise UsageError(f"nothing names the {missing}", hint=WANTED, code="EK276")
    if folder is not None and not sources.files and not any(sources.maps.values()):
        draft = read_draft(folder, card, reading)
    else:
        paths = {name: list(files) for name, files in sources.files.items()}
        if folder is not None:
            wanted = [piece for piece in PIECES if piece.name not in paths]
            found = find_pieces(folder, wanted, card.split)
            paths |= {piece.name: files for piece, files in zip(wanted, found, strict=True)}
        draft = with_chunks_apart(with_searches_joined(_read(paths, sources.maps, card, reading)))
    assumed = any(finding.code == "EK287" for finding in draft.qrels.findings())
    return replace(draft, card=replace(draft.card, grades=ASSUMED)) if assumed else draft


def _refuse_fields(stated: Mapping[str, str]) -> None:
    """Raise where a map of the judgements names what belongs to queries or documents, which have files."""
    for role, column in stated.items():
        if role in ABOUT_QUERIES or role.startswith(METADATA):
            name = role.removeprefix(METADATA)
            problem = f"--map {name}={column} names no part of a judgement, and the queries have a file"
            hint = (
                f"put the column into that file and say --queries-map {name}={column} (--corpus-map for one "
                "of the documents); without --queries, a table may hold questions and their fields"
            )
            raise UsageError(problem, hint=hint, code="EK290")


def _read(
    paths: Mapping[str, list[Path]], maps: Mapping[str, Sequence[str]], card: Card, reading: ReadingOptions
) -> Draft:
    wide = CORPUS.name not in paths or QUERIES_PIECE.name not in paths
    corpus_map = parse_map(maps.get(CORPUS.name, ()), DOCUMENTS, option="--corpus-map")
    queries_map = parse_map(maps.get(QUERIES_PIECE.name, ()), QUERIES, option="--queries-map")
    judged = replace(reading, stated=parse_map(maps.get(QRELS.name, ()), ASKED if wide else JUDGEMENTS))
    if QUERIES_PIECE.name in paths:
        _refuse_fields(judged.stated)
    if wide:
        documents = CORPUS.name not in paths
        if said := [role for role in OF_DOCUMENTS if role in judged.stated and not documents]:
            problem = f"--map {said[0]}={judged.stated[said[0]]} speaks of documents, and these have a file"
            raise UsageError(problem, hint="use --corpus-map for the columns of that file", code="EK290")
        questions = QUERIES_PIECE.name not in paths
        queries, corpus, qrels = read_asked(
            paths[QRELS.name], judged, documents=documents, questions=questions
        )
    else:
        qrels = read_judgements(paths[QRELS.name], judged)
    if CORPUS.name in paths:
        corpus = read_documents(paths[CORPUS.name], replace(reading, stated=corpus_map))
    if QUERIES_PIECE.name in paths:
        queries = read_queries(paths[QUERIES_PIECE.name], replace(reading, stated=queries_map))
    return Draft(card, queries, corpus, qrels)
