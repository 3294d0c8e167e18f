"""evalkit golden merge: what several people judged becomes the judgements of a golden set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalkit.cli.once import OnceCommand
from evalkit.cli.options import labels_option
from evalkit.cli.printing import print_json, print_lines

if TYPE_CHECKING:
    from evalkit.cli.session import Session
    from evalkit.golden.reading.grades import Labels
    from evalkit.golden.reading.records import Draft
    from evalkit.judging.grading import Graded
    from evalkit.judging.merging import JudgeAgreement, Merged
    from evalkit.judging.modelagreement import ModelAgreement

DISPUTED = "disputed.csv"


@click.command(cls=OnceCommand, short_help="Join what several people judged, and tell how far they agree.")
@click.argument("folder", metavar="GOLDEN")
@click.argument("judged", nargs=-1, required=True, metavar="JUDGED...", type=click.Path(path_type=Path))
@click.option("--senior", default="", metavar="JUDGE", help="Whose grade holds where no majority does.")
@labels_option('Which grade a label means: "E=3,S=2,C=1,I=0".')
@click.option("--dry-run", is_flag=True, help="Tell how far they agree; write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")
@click.pass_obj
def merge(session: Session, /, folder: str, judged: tuple[Path, ...], **options: Any) -> int:  # noqa: ANN401 - click's own dictionary of options
    """Add to GOLDEN what several people judged: tables with query, document and grade.

    A judge is named by the column judged_by, as in what a page of  golden pool  exports, else by his file.
    The majority's grade holds, else that of --senior. What stays open is left out and written to
    disputed.csv, whose column grade somebody fills in for  golden import --into. judged_by.csv beside the
    judgements keeps who said what, and when: grades, notes, and of which pairs somebody could not say. What
    golden judge wrote is told apart: how far the model agrees with people is said, and none of its grades
    becomes a judgement.

    \b
    Examples:
      evalkit golden merge support ann.tsv bo.tsv --dry-run
      evalkit golden merge support ann.tsv bo.tsv cy.tsv --senior ann
    """
    from evalkit.errors import UsageError
    from evalkit.golden.card import GAINS
    from evalkit.golden.folder import checked, read_draft
    from evalkit.golden.naming import name_for
    from evalkit.golden.reading.grades import parse_labels
    from evalkit.golden.writing.replacing import keep_files, write_into
    from evalkit.judging.grading import Graded, read_judges, with_judgements
    from evalkit.judging.judges import joined_by_judge
    from evalkit.judging.merging import merge as merged_of
    from evalkit.results.record import json_text

    place = session.config.golden_folder(folder)
    draft = read_draft(place)
    name = name_for(draft.card.name, place)
    if draft.card.grades == GAINS:
        raise UsageError(
            f"the judgements of {name} are gains, and judges are compared by their grades",
            hint="say in golden.toml what each grade gains, and write grades:  gains = {0 = 0.0, 1 = 0.25}",
            code="EK696",
        )
    labels = parse_labels(options["labels"])
    people, machines = _apart(judged)
    graded = joined_by_judge([(path, read_judges(path, draft, labels)) for path in people])
    merged = merged_of({judge: found.fresh for judge, found in graded.items()}, senior=options["senior"])
    models = _models(machines, draft, merged, labels)
    known = sum(found.known for found in graded.values())
    if not options["dry_run"]:
        given = _provenance(place, graded)  # read before anything is written
        if merged.judgements:
            grown, content = with_judgements(draft, Graded(merged.judgements, known, 0))
            checked(grown, name=name)
            keep_files(place, [draft.qrels.path])
            write_into(draft.qrels.path, content)
        _keep(place, given, merged)
    if options["as_json"]:
        print_json(json_text({**_record(merged, known), "models": [asdict(found) for found in models]}))
        return 0
    if people:
        print_lines(*_told(merged, known, written=not options["dry_run"]), *_beside(graded))
    print_lines(*model_lines(models))
    return 0


def _apart(paths: tuple[Path, ...]) -> tuple[list[Path], dict[str, Path]]:
    """Return the tables of people, and those of models by the models' names.

    Raises:
        UsageError: Two tables are of one model.
    """
    from evalkit.errors import UsageError
    from evalkit.judging.modelgrades import model_of

    people, machines = [], dict[str, Path]()
    for path in paths:
        name = model_of(path)
        if not name:
            people.append(path)
        elif name in machines:
            raise UsageError(
                f"two files are of the model {name}", hint="leave the older one out", code="EK138"
            )
        else:
            machines[name] = path
    return people, machines


def _provenance(place: Path, judges: Mapping[str, Graded]) -> bytes | None:
    """Return the table of who gave which grade, as it will be; None where nothing is new."""
    from evalkit.judging.judges import GIVEN, provenance_table
    from evalkit.opening import read_regular

    path = place / GIVEN
    before = read_regular(path) if path.exists() else None
    return provenance_table(before, judges, datetime.now(UTC).date().isoformat())


def _keep(place: Path, given: bytes | None, merged: Merged) -> None:
    """Write who said what beside the judgements, and the list of what is still open."""
    from evalkit.golden.writing.replacing import write_into
    from evalkit.judging.judges import GIVEN
    from evalkit.judging.merging import adjudication

    if given is not None:
        write_into(place / GIVEN, given)
    if merged.open:
        write_into(place / DISPUTED, adjudication(merged.open, merged.judges))


def _models(machines: dict[str, Path], draft: Draft, merged: Merged, labels: Labels) -> list[ModelAgreement]:
    """Return how far each model agrees with what people judged, now and before."""
    from dataclasses import replace

    from evalkit.judging.grading import read_graded
    from evalkit.judging.modelagreement import graded, model_agreement

    unjudged = replace(draft, qrels=replace(draft.qrels, judgements=[]))
    judged = {**graded(draft.qrels.judgements), **graded(merged.judgements)}
    said = {name: graded(read_graded(path, unjudged, labels).fresh) for name, path in machines.items()}
    return [model_agreement(name, grades, judged) for name, grades in said.items()]


def model_lines(models: Sequence[ModelAgreement]) -> list[str]:
    """Return how far models agree with people, and that none of their grades counts as a judgement."""
    from evalkit import figures

    lines = []
    for found in models:
        lines.append(
            f"{found.model} is a model: {figures.counted(found.grades, 'grade')}, none of them a judgement"
        )
        if not found.agreement.pairs:
            lines.append("people judged none of these pairs: how far it agrees with them is not known")
            continue
        shares = figures.percent(found.above or 0.0), figures.percent(found.below or 0.0)
        lines += [f"people and {found.model}: {line}" for line in agreement_lines(found.agreement)]
        lines.append(f"it graded higher than people in {shares[0]} of them, lower in {shares[1]}")
    return lines


def _record(merged: Merged, known: int) -> dict[str, object]:
    return {
        "judges": merged.judges,
        "added": len(merged.judgements),
        "known": known,
        "agreement": asdict(merged.agreement),
        "disputed": [{**asdict(item), "grades": dict(item.grades)} for item in merged.disputed],
    }


def _told(merged: Merged, known: int, *, written: bool) -> list[str]:
    from evalkit import figures

    lines = [f"{figures.counted(len(merged.judges), 'judge')}: {', '.join(merged.judges)}"]
    lines += agreement_lines(merged.agreement)
    verb = "added" if written else "would be added"
    settled = len(merged.disputed) - len(merged.open)
    lines.append(
        f"{figures.counted(len(merged.judgements), 'judgement')} {verb}, {known} there already, "
        f"{settled} settled by majority or seniority, {len(merged.open)} left open"
    )
    if merged.open and written:
        lines.append(f"what is open stands in {DISPUTED}; fill in its column grade for  golden import --into")
    return lines


def _beside(judges: Mapping[str, Graded]) -> list[str]:
    """Return what is told of notes, and of pairs of which somebody could not say how relevant they are."""
    from evalkit import figures
    from evalkit.judging.judges import GIVEN

    said = [remark for graded in judges.values() for remark in graded.remarks.values()]
    unsure, notes = sum(remark.cannot_say for remark in said), sum(bool(remark.note) for remark in said)
    told = [figures.counted(unsure, "time") + " somebody could not say"] if unsure else []
    told += [figures.counted(notes, "note")] if notes else []
    return [f"{', '.join(told)}: in {GIVEN}"] if told else []


def agreement_lines(found: JudgeAgreement) -> list[str]:
    """Return how far judges agree."""
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
