"""evalkit golden import: golden sets out of what people bring."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalkit.cli.once import OnceCommand
from evalkit.cli.options import Decorator, labels_option, split_list, split_pairs
from evalkit.cli.printing import print_lines, print_text
from evalkit.cli.storefiles import FileOrStore, as_files

if TYPE_CHECKING:
    from evalkit.cli.session import Session
    from evalkit.golden.card import Card
    from evalkit.golden.reading.grades import Labels
    from evalkit.golden.reading.records import Draft, Sheet
    from evalkit.golden.sources import Sources

NOT_WITH_INTO = {
    "qrels_map": "--map",
    "queries_map": "--queries-map",
    "corpus_map": "--corpus-map",
    "repairs": "--fix",
    "self_hits": "--self-hits",
    "missing_documents": "--missing-documents",
    "gains": "--gains",
    "annotator": "--annotator",
    **{name: f"--{name}" for name in ("queries", "corpus", "qrels", "name", "split", "force")},
}
FILES_SHOWN = 4
existing = click.Path(path_type=Path)


def _map_option(name: str, target: str, what: str) -> Decorator:
    return click.option(
        name,
        target,
        multiple=True,
        callback=split_pairs,
        metavar="ROLE=COLUMN",
        help=f"Which column of {what}.",
    )


def _files_option(name: str, what: str) -> Decorator:
    return click.option(name, type=existing, multiple=True, metavar="FILE", help=what)


@click.command(
    "import", cls=OnceCommand, short_help="Bring queries, documents and judgements in another form."
)
@click.argument("paths", nargs=-1, type=existing, metavar="SOURCE...")
@click.option("-o", "--output", type=existing, metavar="FOLDER", help="The golden set to write.")
@click.option("--into", metavar="GOLDEN", help="Add the judgements of a graded worklist to this golden set.")
@_files_option("--queries", "The queries, where SOURCE does not hold them; repeat it for several files.")
@click.option(
    "--corpus",
    type=FileOrStore(),
    multiple=True,
    metavar="FILE|STORE",
    help="The documents, likewise; or the texts of a store of vectors, such as chroma://FOLDER#docs.",
)
@_files_option("--qrels", "The judgements, likewise.")
@_map_option("--map", "qrels_map", "the judgements is what: query=question,doc=page_id,grade=label,segment=…")
@_map_option("--queries-map", "queries_map", "the queries is what: id=…,text=…")
@_map_option("--corpus-map", "corpus_map", "the documents is what: id=…,text=…,title=…")
@labels_option(
    'Which grade a label means: "E=3,S=2,C=1,I=0". yes, no, true and false are known; '
    "a label without a grade is left unjudged."
)
@click.option(
    "--gains",
    is_flag=True,
    help='The judgements are gains, decimals too: 0.25, 1. The card then says grades = "gains".',
)
@click.option(
    "--annotator",
    metavar="ID",
    help="Whose annotations count in an export of Label Studio: an id or e-mail of completed_by.",
)
@click.option(
    "--fix",
    "repairs",
    multiple=True,
    callback=split_list,
    metavar="NAME|CODE",
    help="Repair what is safe to repair, as golden check --fix does: dangling, grades, repeats … or all.",
)
@click.option("--name", help="How reports call the set. [default: the folder's name]")
@click.option("--split", help="Which judgements to take where there are several. [default: test]")
@click.option(
    "--self-hits",
    type=click.Choice(["remove", "keep"]),
    help="Where a query is itself a document: take it out of its results, or leave it there.",
)
@click.option(
    "--missing-documents",
    type=click.Choice(["error", "drop"]),
    help="What to do with judgements of documents that the corpus lacks.",
)
@click.option("--force", is_flag=True, help="Let a folder that is there make way; it is renamed and kept.")
@click.pass_obj
def import_(session: Session, /, **options: Any) -> int:  # noqa: ANN401 - click's own dictionary of options
    """Write a golden set from what you have: a BEIR or TREC folder, CSV, TSV, Parquet or JSON lines.

    SOURCE is a folder, or files; one table of questions and documents is enough, beside a corpus or with the
    documents' texts in it. With --into, SOURCE is a worklist.csv whose grades people have filled in.

    \b
    Examples:
      evalkit golden import scifact/ -o goldensets/scifact
      evalkit golden import clicks.csv --map query=question,doc=page,grade=label --corpus pages.csv -o pages
      evalkit golden import judged.csv --map segment=kind --grades "good=2,fair=1,bad=0" -o judged
      evalkit golden import --queries q.csv --corpus docs.jsonl --qrels judged.tsv -o support
      evalkit golden import --queries q.csv --corpus 'chroma://db#docs' --qrels judged.tsv -o support
      evalkit golden import reports/support/worklist.csv --into support
    """
    from evalkit.errors import UsageError

    paths, output, into = options["paths"], options["output"], options["into"]
    if (output is None) == (into is None):
        hint = "-o FOLDER writes a new golden set, --into GOLDEN adds graded rows to one"
        raise UsageError("golden import needs either -o or --into", hint=hint, code="EK276")
    if into is None:
        with as_files(options["corpus"]) as (files, stores):
            return _write_imported({**options, "corpus": files, "stores": stores})
    if len(paths) != 1:
        problem = f"--into takes one worklist, not {len(paths)} files"
        raise UsageError(problem, hint="evalkit golden import worklist.csv --into GOLDEN", code="EK276")
    read_alone = [option for name, option in NOT_WITH_INTO.items() if options[name]]
    if read_alone:
        problem = f"{read_alone[0]} says nothing of a worklist"
        hint = "--into takes  --grades  alone beside the worklist; other options make a new set with -o"
        raise UsageError(problem, hint=hint, code="EK276")
    return _add_graded(paths[0], into, session, options["labels"])


def _write_imported(options: dict[str, Any]) -> int:
    """Read, check and write a golden set; tell what was read and everything that was found."""
    from evalkit.errors import UsageError
    from evalkit.golden.card import GAINS
    from evalkit.golden.folder import checked
    from evalkit.golden.naming import NAME_HINT, name_for, wrong_with_name
    from evalkit.golden.reading.formats import ReadingOptions
    from evalkit.golden.reading.grades import parse_labels
    from evalkit.golden.sources import read_sources
    from evalkit.golden.writing.importing import imported_files
    from evalkit.golden.writing.mending import mended
    from evalkit.golden.writing.repair import chosen
    from evalkit.golden.writing.replacing import write_new_folder
    from evalkit.reporting.pages.golden import headline

    repairs, output = chosen(options["repairs"]), options["output"]
    if options["name"] is not None and (wrong := wrong_with_name(options["name"])):
        problem = f"--name {options['name']!r} {wrong}"
        raise UsageError(problem, hint=NAME_HINT, code="EK248")
    sources, card = _sources(options)
    labels = parse_labels(options["labels"], gains=card.grades == GAINS)
    reading = ReadingOptions(
        labels=labels, drops_repeats="repeats" in repairs, annotator=options["annotator"] or ""
    )
    draft = read_sources(sources, card, reading)
    print_lines(*_read_lines(draft))
    told = [finding for sheet in draft.sheets for finding in sheet.findings()]
    if repairs:
        draft, repaired = mended(draft, repairs, output)
        print_lines(*repaired)
    _tell_unmet(labels)
    golden = checked(draft, name=name_for(draft.card.name, output))
    for finding in dict.fromkeys([*(told if repairs else ()), *golden.findings]):
        print_text(str(finding))
    files = imported_files(draft, golden.name, _origins(options))
    kept = write_new_folder(output, files, force=options["force"])
    print_lines(headline(golden))
    print_lines(f"written to {output}" + (f"; what was there is kept in {kept}" if kept else ""))
    return 0


def _tell_unmet(labels: Labels) -> None:
    """Tell of labels that --grades explains and no cell holds: one may be misspelt."""
    from evalkit.findings import Finding, Severity

    if labels.unmet:
        problem = f"--grades explains what no cell holds: {', '.join(labels.unmet)}"
        print_text(str(Finding("EK192", Severity.WARNING, problem, hint="is it spelt as in the table?")))


def _sources(options: dict[str, Any]) -> tuple[Sources, Card]:
    """Return what is read, and the card that it is read by."""
    from dataclasses import replace

    from evalkit.golden.card import GAINS
    from evalkit.golden.sources import Sources, card_of

    files = {"queries": options["queries"], "corpus": options["corpus"], "judgements": options["qrels"]}
    maps = {
        "queries": options["queries_map"],
        "corpus": options["corpus_map"],
        "judgements": options["qrels_map"],
    }
    sources = Sources.of(options["paths"], files, maps)
    keys = ("name", "split", "self_hits", "missing_documents")
    stated: dict[str, Any] = {key: options[key] for key in keys if options[key]}
    stated |= {"grades": GAINS} if options["gains"] else {}
    return sources, replace(card_of(sources), **stated)


def _origins(options: dict[str, Any]) -> list[str]:
    """Return how the set came about, a line for each thing that was named: files by their names alone."""
    named = {key: [path.name for path in options[key]] for key in ("paths", "queries", "corpus", "qrels")}
    said = {
        "--map": options["qrels_map"],
        "--queries-map": options["queries_map"],
        "--corpus-map": options["corpus_map"],
        "--grades": options["labels"],
        "--gains": [""] * options["gains"],
        "--annotator": [options["annotator"]] if options["annotator"] else [],
        "--fix": options["repairs"],
    }
    named["corpus"] = options["stores"] or named["corpus"]
    files = ", ".join(name for names in named.values() for name in names)
    told = (f"{key} {','.join(words)}".strip() for key, words in said.items() if words)
    return [f"imported from {files}", *told]


def _add_graded(path: Path, into: str, session: Session, labels: Sequence[str]) -> int:
    """Add the judgements of a worklist to a golden set; its file of judgements is kept as it was."""
    from evalkit.golden.card import GAINS
    from evalkit.golden.folder import checked, read_draft
    from evalkit.golden.naming import name_for
    from evalkit.golden.reading.grades import parse_labels
    from evalkit.golden.writing.replacing import keep_files, write_into
    from evalkit.judging.grading import read_graded, with_judgements
    from evalkit.reporting.pages.golden import headline

    folder = session.config.golden_folder(into)
    draft = read_draft(folder)
    name = name_for(draft.card.name, folder)
    checked(draft, name=name)
    graded = read_graded(path, draft, parse_labels(labels, gains=draft.card.grades == GAINS))
    count = f"{len(graded.fresh)} judgement{'s' if len(graded.fresh) != 1 else ''}"
    print_lines(f"{count} added, {graded.known} there already, {graded.blank} rows without a grade")
    if not graded.fresh:
        return 0
    draft, content = with_judgements(draft, graded)
    golden = checked(draft, name=name)
    kept = keep_files(folder, [draft.qrels.path])
    write_into(draft.qrels.path, content)
    print_lines(headline(golden))
    print_lines(f"written to {draft.qrels.path}; the judgements as they were are kept in {kept}")
    return 0


def _read_lines(draft: Draft) -> Sequence[str]:
    """Return one line for each piece that was read: how much of what, and where it came from."""
    from evalkit.golden.card import ASSUMED
    from evalkit.golden.reading.telling import count

    chunks = draft.chunks.records if draft.chunks is not None else []
    searched = f" in {len(chunks)} texts that are searched" if chunks else ""
    guessed = ", each read as grade 1: there is no column of grades" if draft.card.grades == ASSUMED else ""
    queries = count(len(draft.queries.records), "query", "queries")
    documents = count(len(draft.corpus.records), "document")
    judgements = count(len(draft.qrels.judgements), "judgement")
    return (
        f"read {queries} from {_files_of(draft.queries)}",
        f"     {documents}{searched} from {_files_of(draft.corpus)}",
        f"     {judgements} from {_files_of(draft.qrels)}{guessed}",
    )


def _files_of(sheet: Sheet) -> str:
    """Return the file of a sheet; of several the first few, or their folder where it says more."""
    names = [str(part.path) for part in sheet.parts]
    return ", ".join(names) if 0 < len(names) <= FILES_SHOWN else str(sheet.path)
