"""Layout: which files of a folder hold the queries, the corpus and the judgements, by the names in use."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from evalkit.errors import GoldenSetError
from evalkit.findings import Finding, Severity, place
from evalkit.golden.links import refuse_leaving
from evalkit.golden.reading.jsonrows import holds_whole_set
from evalkit.opening import have_one_content, is_file, is_folder, kind_of_place
from evalkit.packing import bare

TABLES = ("jsonl", "parquet", "csv", "tsv")
HOMES = ("queries", "topics", "corpus", "docs", "documents", "collection", "qrels", "default", "data")
SPLITS = {"train", "dev", "validation", "valid", "val", "test", "eval"}
SHARD = re.compile(r"\d+-of-\d+")
PARQUET = ".parquet"
SHARED = ("default", "data")  # homes of all pieces
SHOWN = 5
OPTIONS_OF = {"queries": "--queries", "corpus": "--corpus", "judgements": "--qrels"}
IGNORED = (".*", "*~", "*.old", "readme*", "license*", "*.md", "*.toml", "*.lock", "*.py", "*.npy", "*.ids")


@dataclass(frozen=True, slots=True)
class Piece:
    """One of the three things that a golden set is made of.

    Attributes:
        name: What it is.
        ranks: Patterns of paths inside the folder, in small letters, without .gz and the like; the first
            rank that a file fits is taken. "SPLIT" stands for the split.
        several: Whether all files that fit a pattern are taken, as parts of one collection.
    """

    name: str
    ranks: tuple[tuple[str, ...], ...]
    several: bool = False


QUERIES = Piece(
    "queries",
    (
        tuple(f"queries.{kind}" for kind in TABLES),
        ("queries/*", "topics/*"),
        ("topics*", "queries*", "*topics*"),
    ),
)
CORPUS = Piece(
    "corpus",
    (
        tuple(f"corpus.{kind}" for kind in TABLES),
        ("corpus/*", "docs/*", "documents/*", "collection/*"),
        ("corpus*", "docs*", "documents*", "collection*"),
    ),
    several=True,
)
QRELS = Piece(
    "judgements",
    (
        ("qrels/SPLIT.tsv",),
        ("qrels/*",),
        (*(f"qrels.{kind}" for kind in TABLES), "default.parquet", "default.jsonl"),
        tuple(f"{home}/*.{kind}" for home in ("default", "data") for kind in ("parquet", "jsonl")),
        ("qrels*", "*qrels*", "*qrel*", "*judgements*", "*judgments*"),
        tuple(f"SPLIT.{kind}" for kind in TABLES),
    ),
)


PIECES = (QUERIES, CORPUS, QRELS)


def find_pieces(folder: Path, pieces: Sequence[Piece], split: str) -> list[list[Path]]:
    """Return the files of each piece: of native, BEIR and Hugging Face folders, tables and TREC collections.

    Args:
        folder: Where to look; folders in it are searched where their names are in use for a piece.
        pieces: What to look for.
        split: Which judgements, and which queries where they are split too, such as "test".

    Raises:
        GoldenSetError: A piece is missing, or several files could be it; all pieces are told at once.
    """
    try:
        names = {path.relative_to(folder).as_posix(): path for path in _files(folder)}
    except OSError as error:
        raise GoldenSetError(
            f"{folder} cannot be looked into: {error.strerror}", hint="may you read it?", code="EK201"
        ) from error
    chosen, problems = [], []
    for piece in pieces:
        groups = _candidates(piece, names, split)
        of_split = {pattern: _of_split(piece, group, split) for pattern, group in groups.items()}
        fitting = {pattern: group for pattern, group in of_split.items() if group}
        if len(fitting) == 1 and (piece.several or _are_one(*fitting.values())):
            chosen.append([names[name] for group in fitting.values() for name in group])
        else:
            problems.append(_problem(piece, folder, groups, fitting, split))
        problems += _packed_otherwise(piece, names, groups)
    if len(problems) == len(pieces) and (whole := _whole_set(names)):
        return [[whole] for _ in pieces]
    if problems:
        raise GoldenSetError.of(problems)
    for path in dict.fromkeys(path for paths in chosen for path in paths):
        refuse_leaving(path, folder)
    return chosen


def _whole_set(names: Mapping[str, Path]) -> Path | None:
    """Return the one JSON file of a folder that holds queries, corpus and judgements at once."""
    found = [path for name, path in names.items() if _inner(name).endswith(".json") and holds_whole_set(path)]
    return found[0] if len(found) == 1 else None


def piece_of(path: Path) -> Piece | None:
    """Return which piece a file's name says it holds, None when it says none."""
    inner = _inner(path.name)
    for piece in (QRELS, QUERIES, CORPUS):
        if any(fnmatchcase(inner, pattern) for rank in piece.ranks for pattern in rank if "/" not in pattern):
            return piece
    return None


def _files(folder: Path) -> Iterator[Path]:
    """Yield the files that may hold a piece, in the order of their names."""
    for path in sorted(folder.iterdir()):
        name = path.name.casefold()
        if any(fnmatchcase(name, pattern) for pattern in IGNORED):
            continue
        if path.is_file():
            yield path
        elif name in HOMES and path.is_dir():
            refuse_leaving(path, folder)
            yield from (inner for inner in sorted(path.rglob("*")) if inner.is_file() and _is_wanted(inner))


def _is_wanted(path: Path) -> bool:
    return not any(fnmatchcase(path.name.casefold(), pattern) for pattern in IGNORED)


def _candidates(piece: Piece, names: dict[str, Path], split: str) -> dict[str, list[str]]:
    """Return pattern → names for the first rank that any name fits; each name stands under one pattern."""
    for rank in piece.ranks:
        groups: dict[str, list[str]] = {}
        for name in names:
            if str(bare(Path(name))) != name and str(bare(Path(name))) in names:
                continue  # the same file, packed
            pattern = next((pattern for pattern in rank if _fits(name, pattern, split)), None)
            if pattern is not None and (pattern.split("/")[0] not in SHARED or _may_be(piece, name)):
                groups.setdefault(pattern, []).append(name)
        if groups:
            return groups
    return {}


def _may_be(piece: Piece, name: str) -> bool:
    """Return whether the name of a file does not say that it holds another piece."""
    return piece_of(Path(name)) in (None, piece)


def _fits(name: str, pattern: str, split: str) -> bool:
    """Return whether a name fits; a pattern without a folder fits files beside the card only."""
    if "/" in name and "/" not in pattern:
        return False
    if "SPLIT" in pattern:
        return _inner(name) == pattern.replace("SPLIT", split.casefold())
    return fnmatchcase(_inner(name), pattern)


def _inner(name: str) -> str:
    return str(bare(Path(name.casefold())))


def _packed_otherwise(
    piece: Piece, names: Mapping[str, Path], groups: Mapping[str, Sequence[str]]
) -> list[Finding]:
    """Return an error for each file beside which another one, packed, has its name and other content."""
    findings = []
    for name in (name for group in groups.values() for name in group):
        for other, path in names.items():
            if other != name and str(bare(Path(other))) == name and not have_one_content(names[name], path):
                problem = f"{names[name].name} and {path.name} hold different {piece.name}"
                places = (str(names[name]), str(path))
                hint = "keep the one that is meant in the folder"
                findings.append(Finding("EK280", Severity.ERROR, problem, places, hint))
    return findings


def _of_split(piece: Piece, group: list[str], split: str) -> list[str]:
    """Return the names of a split; those that name no split belong to every split.

    A corpus is split in Parquet folders alone: elsewhere "test" in the name of a document says nothing.
    """
    if piece.several and not all(_inner(name).endswith(PARQUET) for name in group):
        return group
    own = [name for name in group if split.casefold() in _words(name)]
    free = [name for name in group if not _words(name) & SPLITS]
    return own or free or (group if piece.several else [])


def _words(name: str) -> set[str]:
    return set(re.split(r"[^a-z0-9]+", Path(_inner(name)).name))


def _is_for_training(split: str) -> tuple[bool, str]:
    return split == "train", split


def _are_one(group: list[str]) -> bool:
    """Return whether names are one file, or the numbered shards of one table."""
    return len(group) == 1 or (
        all(SHARD.search(name) for name in group) and len({SHARD.sub("", name) for name in group}) == 1
    )


def _no_files(piece: Piece, folder: Path, split: str) -> list[Path]:
    """Return what bears the name of a piece's file and is none: a pipe, a device, a folder, a broken link."""
    homes = [path for path in folder.iterdir() if path.is_dir() and path.name.casefold() in HOMES]
    places = [path for home in (folder, *homes) for path in home.iterdir() if path not in homes]
    patterns = [pattern for rank in piece.ranks for pattern in rank]
    return [
        path
        for path in places
        if not is_file(path) and any(_fits(path.relative_to(folder).as_posix(), p, split) for p in patterns)
    ]


def _problem(
    piece: Piece, folder: Path, groups: dict[str, list[str]], fitting: dict[str, list[str]], split: str
) -> Finding:
    if fitting:
        names = [name for group in fitting.values() for name in group]
        where = place(folder, (), names)
        problem = f"{len(names)} files could be the {piece.name}"
        hint = "keep one of them in the folder, or name the files with  evalkit golden import"
        return Finding("EK280", Severity.ERROR, problem, (where,), hint)
    if groups:
        names = [name for group in groups.values() for name in group]
        splits = sorted({word for name in names for word in _words(name) & SPLITS}, key=_is_for_training)
        problem = f"no {piece.name} of the split {split!r}"
        hint = f'say split = "{splits[0]}" in golden.toml, or import with --split {splits[0]}'
        return Finding("EK281", Severity.ERROR, problem, (place(folder, (), names),), hint)
    if odd := [path for path in _no_files(piece, folder, split) if not is_folder(path)]:
        problem = f"{odd[0].name} is no regular file: {kind_of_place(odd[0])}"
        hint = "put the file itself there, as it is or packed"
        return Finding("EK201", Severity.ERROR, problem, (str(odd[0]),), hint)
    wanted = ", ".join(pattern.replace("SPLIT", split) for rank in piece.ranks for pattern in rank)
    problem = f"{folder} holds no {piece.name}"
    hint = f"{_instead(piece, folder, split)}looked for {wanted}"
    return Finding("EK201", Severity.ERROR, problem, (str(folder),), hint)


def _instead(piece: Piece, folder: Path, split: str) -> str:
    """Return what the folder holds in place of a piece, and how to name it; "" where it holds nothing."""
    inner = [path for path in sorted(folder.iterdir()) if is_folder(path) and path.name not in IGNORED]
    whole = [path for path in inner if _holds(piece, path, split)]
    if whole:
        return f"did you mean the folder {whole[0]}? else "
    option = OPTIONS_OF[piece.name]
    below = {path.relative_to(folder).as_posix(): path for path in _below(folder)}
    alike = [path for name, path in below.items() if option[2:6] in name.casefold()]
    there = [path for path in below.values() if piece_of(path) is None or path in alike]
    if not there:
        return ""
    shown = ", ".join(path.relative_to(folder).as_posix() for path in there[:SHOWN])
    more = f" and {len(there) - SHOWN} more" if len(there) > SHOWN else ""
    file = shlex.quote(str((alike or there)[0])) if len(alike or there) == 1 else "FILE"
    said = f"evalkit golden import … {option} {file} -o NEW"
    return f"it holds {shown}{more}; if one of them is that, name it:  {said}; "


def _holds(piece: Piece, folder: Path, split: str) -> bool:
    try:
        names = {path.relative_to(folder).as_posix(): path for path in _files(folder)}
    except OSError:
        return False
    return bool(_candidates(piece, names, split)) and len(_candidates(QUERIES, names, split)) > 0


def _below(folder: Path) -> list[Path]:
    """Return the files of a folder and of those in it that may hold a piece."""
    homes = [folder, *(path for path in sorted(folder.iterdir()) if is_folder(path) and _is_wanted(path))]
    return [path for home in homes for path in sorted(home.iterdir()) if is_file(path) and _is_wanted(path)]
