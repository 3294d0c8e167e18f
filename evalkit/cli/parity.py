"""evalkit parity: does the new store hold what the old one holds, and is all of it up to date?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalkit import figures
from evalkit.cli.once import OnceCommand
from evalkit.cli.options import now, open_golden, provenance, split_list
from evalkit.cli.printing import print_json, print_lines
from evalkit.output import write_file
from evalkit.quoting import visible

if TYPE_CHECKING:
    from evalkit.cli.session import Session
    from evalkit.results.parity import ParityResult

_SHOWN = 5
_PARTS = {
    "missing_in_new": "missing in the new store",
    "missing_in_old": "missing in the old store",
    "stale": "stale in the new store",
    "foreign": "foreign in the new store",
}


@click.command(cls=OnceCommand, short_help="Does a new store hold what the old one holds, up to date?")
@click.argument("old")
@click.argument("new")
@click.option("--corpus", metavar="SET|FILE", help="The texts as they are now, to tell stale vectors by.")
@click.option(
    "--map",
    "columns",
    multiple=True,
    callback=split_list,
    metavar="ROLE=COLUMN",
    help="Which column of it is what.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object on stdout.")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Write the JSON there.")
@click.pass_obj
def parity(session: Session, /, **options: Any) -> int:  # noqa: ANN401 - click's own dictionary of options
    """Hold a new store of vectors against the old one, document by document.

    OLD and NEW are vectors/FOLDER or a folder (of `evalkit embed`, too), a Parquet file, or faiss://INDEX
    with its ids in INDEX.ids. Told are ids that one side lacks, vectors of older texts (by text_digest or
    updated_at beside them, or by --corpus), and vectors of another model than the store's.

    \b
    Examples:
      evalkit parity vectors/old vectors/new
      evalkit parity old.parquet shards --corpus support --json

    Exits with 0 where nothing differs, else 1.
    """
    from evalkit.auditing.parity import compare_stores
    from evalkit.auditing.side import open_side
    from evalkit.results.parity import result_of_parity

    started_at = now()
    old, new = (open_side(options[name]) for name in ("old", "new"))
    found = compare_stores(old, new, texts=_texts(options, session))
    result = result_of_parity(found, provenance(started_at))
    if options["output"]:
        write_file(options["output"], result.text().encode())
    if options["as_json"]:
        print_json(result.text())
    else:
        _print(result)
    return 0 if found.holds else 1


def _texts(options: dict[str, Any], session: Session) -> dict[str, str] | None:
    """Return the digests of the texts as they are now, by id."""
    if not options["corpus"]:
        return None
    from evalkit.embedding.backfill.documents import documents_of, stream_documents
    from evalkit.embedding.backfill.filling import text_digest
    from evalkit.golden.reading.columns import DOCUMENTS, parse_map
    from evalkit.opening import is_file

    if is_file(options["corpus"]):
        source = stream_documents(Path(options["corpus"]), parse_map(options["columns"], DOCUMENTS))
    else:
        source = documents_of(open_golden(options["corpus"], session).corpus)
    return {item.id: text_digest(item.body) for item in source()}


def _print(result: ParityResult) -> None:
    for name, side in (("old", result.old), ("new", result.new)):
        space = f"fingerprint {side.fingerprint[:6]}" if side.fingerprint else "no fingerprint stated"
        documents = figures.plain(figures.counted(side.documents, "document"))
        print_lines(f"{name}  {visible(side.store)} · {documents} · {side.dims} dimensions · {space}")
    for name, words in _PARTS.items():
        part = getattr(result, name)
        shown = ", ".join(visible(identity) for identity in part.ids[:_SHOWN])
        more = f" and {part.count - _SHOWN} more" if part.count > _SHOWN else ""
        why = f"   {'; '.join(visible(text) for text in part.why[:_SHOWN])}" if part.why else ""
        print_lines(f"  {words:<26}{figures.count(part.count):>9}{f'   {shown}{more}' if shown else ''}{why}")
    if result.lag_s:
        print_lines(f"  the new store is up to {figures.plain(figures.duration(result.lag_s))} behind")
    print_lines(f"  told by: {'; '.join(result.checked)}")
    print_lines(f"{result.verdict}")
