"""The folder of a golden set: found by name, read in any layout that is in use, checked as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from evalkit.errors import GoldenSetError, UnknownNameError
from evalkit.findings import Finding, Severity
from evalkit.golden.assembly import assemble
from evalkit.golden.card import CARD, Card, read_card
from evalkit.golden.checks.bearing import bearing_findings
from evalkit.golden.checks.lint import essential_findings
from evalkit.golden.goldenset import GoldenSet
from evalkit.golden.lock import lock_findings
from evalkit.golden.naming import name_for
from evalkit.golden.reading.behavior import with_searches_joined
from evalkit.golden.reading.chunks import with_chunks_apart
from evalkit.golden.reading.formats import (
    ReadingOptions,
    of_card,
    read_documents,
    read_judgements,
    read_queries,
)
from evalkit.golden.reading.layout import CORPUS, QRELS, QUERIES, find_pieces
from evalkit.golden.reading.records import Draft, Sheet
from evalkit.golden.shipped.stdlib import read_stdlib_corpus, under_kept_names
from evalkit.opening import is_folder

NOTHING_IN, NO_ANSWER = "EK213", "EK224"
BUILT_CORPORA = {"python-stdlib": read_stdlib_corpus}


def read_golden(folder: str | Path, *, allow_unreachable: bool = False) -> GoldenSet:
    """Read and check a golden set.

    The folder may be native, a BEIR or Hugging Face folder, hold CSV or Parquet tables, or be a TREC
    collection; the names of its files tell.

    Args:
        folder: The folder that holds queries, corpus, judgements and, best, `golden.toml`; or the name of a
            golden set that comes with the package, "helpdesk" or "python-stdlib".
        allow_unreachable: Let judged documents that the corpus lacks stay in the denominators.

    Returns:
        The golden set; what was noticed and is no error stands in its `findings`.

    Raises:
        GoldenSetError: A file is missing or something in it is wrong; all problems are told at once,
            each with file and line.

    Examples:
        >>> golden = read_golden("helpdesk")
        >>> len(golden.queries), len(golden.corpus)
        (301, 332)
    """
    path = Path(folder)
    if not is_folder(path):  # a folder of one's own wins over a shipped set of its name
        path = _shipped().get(str(folder), path)
    draft = read_draft(path)
    name = name_for(draft.card.name, path)
    golden = checked(draft, name=name, allow_unreachable=allow_unreachable)
    changed = lock_findings(path, draft, golden)
    return replace(golden, findings=(*golden.findings, *changed)) if changed else golden


def read_unjudged(folder: str | Path) -> GoldenSet:
    """Read a golden set that may hold no judgement yet, to be searched and judged, not to be measured on.

    Raises:
        GoldenSetError: A file is missing or something else in it is wrong.
    """
    path = Path(folder)
    draft = read_draft(path)
    name = name_for(draft.card.name, path)
    if draft.qrels.judgements or draft.qrels.findings():
        return checked(draft, name=name)
    findings = [finding for finding in draft_findings(draft) if not _is_of_judgements(finding, draft)]
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    if errors:
        raise GoldenSetError.of(errors)
    return assemble(draft, name=name, findings=tuple(findings))


def _is_of_judgements(finding: Finding, draft: Draft) -> bool:
    """Return whether a finding says that there are no judgements, or that queries have no answer."""
    return finding.code == NO_ANSWER or (
        finding.code == NOTHING_IN and finding.places == (str(draft.qrels.path),)
    )


def checked(draft: Draft, *, name: str, allow_unreachable: bool = False) -> GoldenSet:
    """Return the golden set of a draft.

    Raises:
        GoldenSetError: Something in it is wrong; all problems are told at once.
    """
    findings = draft_findings(draft, allow_unreachable=allow_unreachable)
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    if errors:
        raise GoldenSetError.of(errors)
    golden = assemble(draft, name=name, findings=tuple(findings))
    return replace(golden, findings=(*findings, *bearing_findings(draft, golden)))


def draft_findings(draft: Draft, *, allow_unreachable: bool = False) -> list[Finding]:
    """Return what reading noticed and what an evaluation must know."""
    findings = [finding for sheet in draft.sheets for finding in sheet.findings()]
    return findings + essential_findings(draft, allow_unreachable=allow_unreachable)


def read_draft(folder: Path, card: Card | None = None, reading: ReadingOptions | None = None) -> Draft:
    """Read the files of a golden-set folder without checking them against each other.

    Args:
        folder: Where it lies.
        card: What to go by in place of its own `golden.toml`.
        reading: What the user says on how the files are to be read, where it is imported.
    """
    if not is_folder(folder):
        raise GoldenSetError(
            f"{folder} is not a folder",
            hint="name a folder with queries.jsonl, corpus.jsonl and qrels/test.tsv",
            code="EK201",
        )
    card = card or read_card(folder / CARD)
    reading = of_card(reading or ReadingOptions(folder=folder), card)
    if card.corpus:
        if card.corpus not in BUILT_CORPORA:
            raise UnknownNameError.among("run-time corpus", card.corpus, BUILT_CORPORA)
        queries, qrels = find_pieces(folder, (QUERIES, QRELS), card.split)
        corpus, aliases = BUILT_CORPORA[card.corpus](folder / CARD)
        asked, judged = _each_read(reading, (read_queries, queries), (read_judgements, qrels))
        return Draft(card, asked, corpus, under_kept_names(judged, aliases))
    queries, documents, qrels = find_pieces(folder, (QUERIES, CORPUS, QRELS), card.split)
    sheets = _each_read(
        reading, (read_queries, queries), (read_documents, documents), (read_judgements, qrels)
    )
    return with_chunks_apart(with_searches_joined(Draft(card, *sheets)))


def _each_read(
    reading: ReadingOptions, *pieces: tuple[Callable[[list[Path], ReadingOptions], Sheet], list[Path]]
) -> list[Sheet]:
    """Return the sheet of each piece.

    Raises:
        GoldenSetError: Files that are wrong as a whole, all of them told at once.
    """
    sheets: list[Sheet] = []
    problems: list[Finding] = []
    for read, paths in pieces:
        try:
            sheets.append(read(paths, reading))
        except GoldenSetError as error:
            problems += error.findings
    if problems:
        raise GoldenSetError.of(list(dict.fromkeys(problems)))
    return sheets


def find_golden(name: str, *, named: Iterable[str] = ()) -> Path:
    """Return the folder that `name` means: a path, or a golden set shipped with the package.

    Args:
        name: The path or name.
        named: Other names that could have been meant, such as those in a configuration.

    Raises:
        UnknownNameError: It is neither; the names that exist are offered.
    """
    path = Path(name)
    if is_folder(path):
        return path
    shipped = _shipped()
    if name in shipped:
        return shipped[name]
    known = {*shipped, *named}
    raise UnknownNameError.among("golden set", name, known, hint="or name a folder that exists")


def _shipped() -> dict[str, Path]:
    """Return the shipped golden sets by name: inside the wheel, or beside the package in a checkout."""
    package = Path(__file__).parent.parent
    homes = (package / "goldensets", package.parent / "goldensets")
    return {card.parent.name: card.parent for home in homes for card in home.glob(f"*/{CARD}")}
