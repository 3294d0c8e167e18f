"""evalkit audit: are the vectors of a live store those of the model that is expected?"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalkit import figures
from evalkit.cli.auditquestion import file_of, parse_day, question_of, with_lengths
from evalkit.cli.once import OnceCommand
from evalkit.cli.options import code_option, map_option, now, provenance, split_list
from evalkit.cli.printing import print_json, print_text, width_of_terminal
from evalkit.errors import EvalkitError, OutputError, ProviderError
from evalkit.output import check_folder, write_together

if TYPE_CHECKING:
    from evalkit.auditing.audit import Audit
    from evalkit.auditing.auditfile import AuditFile
    from evalkit.auditing.history import Night
    from evalkit.auditing.question import AuditQuestion
    from evalkit.cli.session import Session
    from evalkit.embedding.storespec import StoreSpec
    from evalkit.results.audit import AuditResult

TABLE_WIDTH = 110
RESULT, PAGE, SUMMARY, GAUGES = "result.json", "report.html", "summary.md", "audit.prom"


@click.command(cls=OnceCommand)
@click.argument("store", required=False)
@click.option("--expect", metavar="MODEL", help="The model that is said to have made them.")
@click.option("--sample", type=int, metavar="N", help="How many vectors to make again; 0 for none.")
@click.option(
    "--audit",
    "audit_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="audit.toml: store, model, window of a migration; options win over it.",
)
@click.option("--golden", metavar="SET", help="Where the texts are. [default: in the store]")
@click.option(
    "--claim",
    "claims",
    multiple=True,
    callback=split_list,
    metavar="TEXT",
    help="What records state that means this model, such as v3.",
)
@click.option(
    "--suspect",
    "suspects",
    multiple=True,
    metavar="MODEL",
    help="A model that may have made foreign vectors; those of evalkit.toml that run here are tried anyway.",
)
@click.option(
    "--bank",
    "banks",
    multiple=True,
    metavar="MODEL=STORE",
    help="Vectors of a model on texts of this store, 25 or more, for a hint where none can be made.",
)
@map_option("Which column is id, vector, text, digest, version, date, tenant.")
@click.option("--at-most", type=float, metavar="SHARE", help="The foreign share to be met. [default: 0.01]")
@click.option("--same", type=float, metavar="COSINE", help="From when on vectors are one. [default: 0.9999]")
@click.option("--seed", type=int, metavar="N", help="By what records are drawn. [default: today's date]")
@click.option(
    "--today",
    callback=lambda _context, _option, text: parse_day(text) if text else None,
    metavar="DAY",
    help="The day that a window is looked at. [default: that of the clock, in UTC]",
)
@click.option("--send-texts", is_flag=True, help="Let drawn texts be sent to a provider's server.")
@code_option
@click.option("--show-tenants", is_flag=True, help="Name tenants; else digests stand for them.")
@click.option("--hash-ids", is_flag=True, help="Name foreign records by digests of their ids.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object on stdout.")
@click.option("--force", is_flag=True, help="Overwrite the result of something else.")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="DIR", help="Where its files go.")
@click.pass_obj
def audit(session: Session, /, **options: Any) -> int:  # noqa: ANN401 - click's own dictionary of options
    """Count which model the records of a store state, and make some of their vectors again to see.

    STORE is pgvector://DSN#table, qdrant://URL#collection, chroma://PATH#collection, lancedb://PATH#table,
    sqlite-vec://FILE#table, faiss://INDEX, vectors/FOLDER or a Parquet file. It is read and never written.
    Of 299 vectors drawn evenly, none is foreign with a chance below 5 % where 1 % of all are.

    \b
    Examples:
      evalkit audit vectors/prod --expect st/all-MiniLM-L6-v2 --golden helpdesk
      evalkit audit 'pgvector://reader@db/app#chunks' --expect prod --sample 299 -o audits/chunks
      evalkit audit --audit audit.toml -o audits/chunks

    Exits with 0 on SOUND, 1 on DRIFT, 3 on UNKNOWN (nothing could be certified), 4 where the store failed.
    """
    from evalkit.auditing.rules import EXIT_CODES
    from evalkit.embedding.storespec import StoreSpec
    from evalkit.results.audit import night_of, result_of_audit

    started_at = now()
    file = file_of(options)
    spec = StoreSpec.parse(str(file.store))
    folder: Path | None = options["output"]
    if folder is not None:
        check_folder(folder)
        _check_own(folder, spec.shown, force=options["force"])
    with _noting_failure(folder, spec.shown, str(file.expect), started_at):
        question = question_of(file, options, session)
        history = _history(folder, spec.shown)
        found = _asked(spec, file, question, session, history, banks=options["banks"])
    night = night_of(found, started_at)
    result = result_of_audit(
        found, provenance(started_at), history=(*history, night), hash_ids=options["hash_ids"]
    )
    session.tell(found.findings)
    if folder is not None:
        _write(folder, result, night)
    _show(result, as_json=options["as_json"], folder=folder)
    return EXIT_CODES[found.verdict]


def _asked(
    spec: StoreSpec,
    file: AuditFile,
    question: AuditQuestion,
    session: Session,
    history: Sequence[Night],
    *,
    banks: Sequence[str],
) -> Audit:
    from evalkit.auditing.audit import audit_store
    from evalkit.auditing.bank import names_of
    from evalkit.auditing.stores.opening import open_store

    known = [night.share for night in history if night.share is not None and night.expect == file.expect]
    with contextlib.ExitStack() as opened:
        store = opened.enter_context(contextlib.closing(open_store(spec, file.map)))
        candidates = {
            name: opened.enter_context(contextlib.closing(open_store(place)))
            for name, place in names_of(banks).items()
        }
        progress = opened.enter_context(session.progress())
        described = store.describe()
        asked = dataclasses.replace(with_lengths(question, described), progress=progress)
        count = asked.drawn(described.count)
        if count:
            session.say(f"making {figures.plain(figures.counted(count, 'vector'))} of {file.expect} again")
        before = known[-1] if known else None
        return audit_store(store, asked, before=before, candidates=candidates)


def _history(folder: Path | None, store: str) -> tuple[Night, ...]:
    from evalkit.auditing.history import read_history

    return read_history(folder, store) if folder is not None else ()


@contextlib.contextmanager
def _noting_failure(folder: Path | None, store: str, expect: str, started_at: str) -> Iterator[None]:
    """Note in the history that an audit failed, so that a failed night is none that looks clean.

    What was typed wrongly before the first night is no night.
    """
    from evalkit.auditing.history import FAILED, FILE, Night, note_night

    try:
        yield
    except Exception as error:
        failed = not isinstance(error, EvalkitError) or error.exit_code == ProviderError.exit_code
        if folder is not None and (failed or (folder / FILE).is_file()):
            note_night(folder, Night(time=started_at, verdict=FAILED, expect=expect, store=store))
        raise


def _check_own(folder: Path, store: str, *, force: bool) -> None:
    """Raise where the folder holds the result of something else.

    Raises:
        OutputError: It does.
    """
    from evalkit.opening import read_json

    path = folder / RESULT
    if force or not path.exists():
        return
    try:
        lying = read_json(path)
        same = lying["kind"] == "audit" and lying["store"]["name"] == store
    except (OSError, ValueError, KeyError, TypeError):
        same = False
    if not same:
        raise OutputError(
            f"{folder} holds what is not of this store",
            hint="name another folder with -o, or overwrite it with --force",
            code="EK612",
        )


def _write(folder: Path, result: AuditResult, night: Night) -> None:
    """Write the result and its views whole, then the line of the history."""
    from evalkit.auditing.history import note_night
    from evalkit.reporting.files import drawn_page
    from evalkit.reporting.pages.audit import audit_page

    page = audit_page(result)
    views = [drawn_page(page, name) for name in (PAGE, SUMMARY, GAUGES)]
    files = {RESULT: result.text().encode(), **{name: data for view in views for name, data in view.items()}}
    write_together(folder, files)
    with contextlib.suppress(OSError):  # on a file system without modes
        (folder / GAUGES).chmod(0o644)  # a collector runs as somebody else
    note_night(folder, night)


def _show(result: AuditResult, *, as_json: bool, folder: Path | None) -> None:
    if as_json:
        print_json(result.text())
        return
    from evalkit.reporting.pages.audit import audit_page
    from evalkit.reporting.views.terminal import terminal

    print_text(
        terminal(
            audit_page(result),
            report=str(folder / PAGE) if folder else None,
            width=width_of_terminal(TABLE_WIDTH),
        )
    )
