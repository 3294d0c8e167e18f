"""evalkit golden merge: what several people judged becomes the judgements of a golden set."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalkit.cli.once import OnceCommand
from evalkit.cli.options import split_pairs
from evalkit.cli.printing import print_json, print_lines
from evalkit.output import write_file

if TYPE_CHECKING:
    from evalkit.cli.session import Session
    from evalkit.judging.merging import Agreement, Merged

GIVEN = "judged_by.csv"
DISPUTED = "disputed.csv"
HEADER = ("query", "document", "judge", "grade", "date")


@click.command(cls=OnceCommand, short_help="Join what several people judged, and tell how far they agree.")
@click.argument("folder", metavar="GOLDEN")
@click.argument("judged", nargs=-1, required=True, metavar="JUDGED...", type=click.Path(path_type=Path))
@click.option("--senior", default="", metavar="JUDGE", help="Whose grade holds where no majority does.")
@click.option(
    "--grades",
    "labels",
    multiple=True,
    callback=split_pairs,
    metavar="LABEL=GRADE",
    help='Which grade a label means: "E=3,S=2,C=1,I=0".',
)
@click.option("--dry-run", is_flag=True, help="Tell how far they agree; write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")
@click.pass_obj
def merge(session: Session, /, folder: str, judged: tuple[Path, ...], **options: Any) -> int:  # noqa: ANN401 - click's own dictionary of options
    """Add to GOLDEN what several people judged: tables with query, document and grade, one for each judge.

    A judge is named by his file. The majority's grade holds, else that of --senior. What stays open is left
    out and written to disputed.csv, whose column grade somebody fills in for  golden import --into.
    judged_by.csv beside the judgements keeps who gave which grade, and when.

    \b
    Examples:
      evalkit golden merge support ann.tsv bo.tsv --dry-run
      evalkit golden merge support ann.tsv bo.tsv cy.tsv --senior ann
    """
    from evalkit.golden.folder import checked, read_draft
    from evalkit.golden.naming import name_for
    from evalkit.golden.reading.grades import parse_labels
    from evalkit.golden.writing.replacing import keep_files
    from evalkit.judging.grading import Graded, read_graded, with_judgements
    from evalkit.judging.merging import adjudication
    from evalkit.judging.merging import merge as merged_of
    from evalkit.results.record import json_text

    place = session.config.golden_folder(folder)
    draft = read_draft(place)
    name = name_for(draft.card.name, place)
    labels = parse_labels(options["labels"])
    graded = {judge: read_graded(path, draft, labels) for judge, path in _judges(judged).items()}
    merged = merged_of({judge: found.fresh for judge, found in graded.items()}, senior=options["senior"])
    known = sum(found.known for found in graded.values())
    if not options["dry_run"] and merged.given:
        write_file(place / GIVEN, _given(place / GIVEN, merged), named=False)
        if merged.open:
            write_file(place / DISPUTED, adjudication(merged.open, merged.judges), named=False)
    if not options["dry_run"] and merged.judgements:
        grown, content = with_judgements(draft, Graded(merged.judgements, known, 0))
        checked(grown, name=name)
        keep_files(place, [draft.qrels.path])
        write_file(draft.qrels.path, content, named=False)
    if options["as_json"]:
        print_json(json_text(_record(merged, known)))
        return 0
    print_lines(*_told(merged, known, written=not options["dry_run"]))
    return 0


def _record(merged: Merged, known: int) -> dict[str, object]:
    return {
        "judges": merged.judges,
        "added": len(merged.judgements),
        "known": known,
        "agreement": asdict(merged.agreement),
        "disputed": [{**asdict(item), "grades": dict(item.grades)} for item in merged.disputed],
    }


def _judges(paths: tuple[Path, ...]) -> dict[str, Path]:
    """Return the files by the names of their judges, their stems.

    Raises:
        UsageError: Two files name one judge.
    """
    from evalkit.errors import UsageError

    twice = [stem for stem, times in Counter(path.stem for path in paths).items() if times > 1]
    if twice:
        raise UsageError(
            f"two files are of the judge {twice[0]}",
            hint="a judge is named by his file; put one judge's grades into one file, or rename one",
            code="EK138",
        )
    return {path.stem: path for path in paths}


def _given(path: Path, merged: Merged) -> bytes:
    """Return the table of who gave which grade, with what it held before."""
    from evalkit.judging.merging import table_of

    today = datetime.now(UTC).date().isoformat()
    fresh = table_of(HEADER, ((*row, today) for row in merged.given))
    if not path.exists():
        return fresh
    return path.read_bytes() + fresh.split(b"\r\n", 1)[1]


def _told(merged: Merged, known: int, *, written: bool) -> list[str]:
    from evalkit import figures

    lines = [f"{figures.counted(len(merged.judges), 'judge')}: {', '.join(merged.judges)}"]
    lines += _agreement(merged.agreement)
    verb = "added" if written else "would be added"
    settled = len(merged.disputed) - len(merged.open)
    lines.append(
        f"{figures.counted(len(merged.judgements), 'judgement')} {verb}, {known} there already, "
        f"{settled} settled by majority or seniority, {len(merged.open)} left open"
    )
    if merged.open and written:
        lines.append(f"what is open stands in {DISPUTED}; fill in its column grade for  golden import --into")
    return lines


def _agreement(found: Agreement) -> list[str]:
    from evalkit import figures

    if found.share is None:
        return ["no pair was judged by more than one of them: how far they agree is not known"]
    lines = [
        f"{figures.counted(found.pairs, 'pair')} judged by several: {figures.percent(found.share)} the same"
    ]
    values = {
        "Cohen's κ": found.kappa,
        "with linear weights": found.weighted,
        "Krippendorff's α (ordinal)": found.alpha,
    }
    told = [f"{name} {figures.number(value)}" for name, value in values.items() if value is not None]
    return [*lines, ", ".join(told)] if told else lines
