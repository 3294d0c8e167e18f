"""evalkit stamp: what writes a model's name beside vectors that were shown to be of it; nothing is run."""

from __future__ import annotations

import contextlib
import dataclasses
from typing import TYPE_CHECKING, Any

import click

from evalkit import figures
from evalkit.cli.auditquestion import file_of, question_of, with_lengths
from evalkit.cli.once import OnceCommand
from evalkit.cli.options import code_option, map_option
from evalkit.cli.printing import print_lines, print_text
from evalkit.quoting import visible

if TYPE_CHECKING:
    from evalkit.auditing.stamping import Unstated
    from evalkit.cli.session import Session

FOREIGN, UNCERTAIN = 1, 3
_UNASKED = ("claims", "suspects", "same", "at_most", "audit_file", "today")


@click.command(cls=OnceCommand)
@click.argument("store")
@click.option("--model", "expect", required=True, metavar="MODEL", help="The model that made them.")
@click.option("--golden", metavar="SET", help="Where the texts are. [default: in the store]")
@click.option("--sample", type=int, metavar="N", help="How many vectors to make again. [default: 1 % is met]")
@map_option("Which column is id, vector, text, digest, version, date, tenant.")
@click.option("--seed", type=int, metavar="N", help="By what records are drawn. [default: today's date]")
@click.option("--send-texts", is_flag=True, help="Let drawn texts be sent to a provider's server.")
@code_option
@click.pass_obj
def stamp(session: Session, /, **options: Any) -> int:  # noqa: ANN401 - click's own dictionary of options
    """Print the statements that write a model's name into the records of STORE that state none.

    First some of their vectors are made again; where one is not of the model, nothing is printed. The
    statements are printed and never run: read them, and run them as somebody who may write.

    \b
    Examples:
      evalkit stamp vectors/prod --model st/all-MiniLM-L6-v2 --golden helpdesk
      evalkit stamp 'pgvector://reader@db/app#chunks' --model prod > stamp.sql

    Exits with 0 where statements are printed, 1 where vectors are of another model, 3 where nothing showed
    whose they are.
    """
    from evalkit.auditing.audit import stated_model
    from evalkit.auditing.stamping import examine_unstated
    from evalkit.auditing.statements import statements
    from evalkit.auditing.stores.opening import open_store

    file = file_of({**dict.fromkeys(_UNASKED), "show_tenants": False, **options})
    question = question_of(file, {**options, "today": None}, session)
    with contextlib.closing(open_store(options["store"], file.map)) as store:
        described = store.describe()
        with session.progress() as progress:
            asked = dataclasses.replace(with_lengths(question, described), progress=progress)
            found = examine_unstated(store, asked)
    fingerprint = question.expected.fingerprint
    told = _told(found, options["expect"])
    if told or fingerprint is None:
        print_lines(*told, err=True)
        return FOREIGN if found.bound.found else UNCERTAIN if found.count else 0
    session.say(_shown(found, options["expect"]))
    print_text(statements(described, fingerprint, stated_model(fingerprint)))
    return 0


def _told(found: Unstated, model: str) -> list[str]:
    """Return why no statement is printed; nothing where one is."""
    if not found.count:
        return ["every record states its model: there is nothing to stamp"]
    if found.attribution is None:
        return ["nothing showed whose vectors they are: name where the texts are, by --golden or --map text="]
    if not found.bound.found:
        return []
    examined = figures.plain(figures.counted(found.bound.examined, "vector"))
    first = f"{figures.count(found.bound.found)} of {examined} are not of {model}: nothing is stamped"
    causes = [
        f"  {figures.count(cause.count)}  {visible(cause.name)}: {', '.join(map(visible, cause.ids[:5]))}"
        for cause in found.attribution.causes
    ]
    return [first, *causes]


def _shown(found: Unstated, model: str) -> str:
    from evalkit.auditing.rules import upper

    examined = figures.plain(figures.counted(found.bound.examined, "vector"))
    records = figures.plain(figures.counted(found.count, "record"))
    return (
        f"{records} state no model; {examined} of theirs are of {model}, so that at most "
        f"{upper(found.bound.high)} of them are not. Read this, then run it as somebody who may write:"
    )
