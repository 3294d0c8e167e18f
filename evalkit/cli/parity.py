"""evalkit parity: does the new store hold what the old one holds, and is all of it up to date?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalkit import defaults
from evalkit.cli.once import OnceCommand
from evalkit.cli.options import map_option, now, open_golden, provenance, views_option
from evalkit.cli.printing import print_json, print_text
from evalkit.cli.views import check_outputs, write_views

if TYPE_CHECKING:
    from evalkit.cli.session import Session


@click.command(cls=OnceCommand)
@click.argument("old")
@click.argument("new")
@click.option("--corpus", metavar="SET|FILE", help="The texts as they are now, to tell stale vectors by.")
@map_option("Which column of it is what.")
@click.option(
    "--sample",
    type=click.IntRange(min=1),
    metavar="N",
    help="Look at the vectors of N documents drawn at random, with bounds for all; ids are compared whole.",
)
@click.option("--seed", default=defaults.SEED, show_default=True, help="Which documents are drawn.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object on stdout.")
@views_option(".html or .json file, or both")
@click.pass_obj
def parity(session: Session, /, **options: Any) -> int:  # noqa: ANN401 - click's own dictionary of options
    """Hold a new store of vectors against the old one, document by document.

    OLD and NEW are vectors/FOLDER or a folder (of `evalkit embed`, too), a Parquet file, faiss://INDEX with
    its ids in INDEX.ids, or a live store, which is only read: pgvector://DSN#table, qdrant://URL#collection,
    chroma://PATH#collection, lancedb://PATH#table, sqlite-vec://FILE#table. Told are ids that one side lacks,
    vectors of older texts (by text_digest or updated_at beside them, or by --corpus), and vectors of another
    model than the store's.

    \b
    Examples:
      evalkit parity vectors/old vectors/new
      evalkit parity old.parquet shards --corpus support --json
      evalkit parity 'pgvector://db/prod#docs' 'qdrant://host:6333#docs' --sample 598

    Exits with 0 where nothing differs, else 1.
    """
    from evalkit.auditing.parity import compare_stores
    from evalkit.auditing.side import open_side, open_sides
    from evalkit.reporting.pages.parity import parity_page
    from evalkit.reporting.views.html import html
    from evalkit.reporting.views.terminal import terminal
    from evalkit.results.parity import result_of_parity

    started_at = now()
    check_outputs(options["outputs"], (".html", ".json"))
    names, texts = (options["old"], options["new"]), _texts(options, session)
    if options["sample"] is None:
        (old, new), sample = (open_side(names[0]), open_side(names[1])), None
    else:
        (old, new), sample = open_sides(names, options["sample"], options["seed"])
    session.tell((*old.findings, *new.findings))
    found = compare_stores(old, new, texts, sample)
    result = result_of_parity(found, provenance(started_at))
    write_views(options["outputs"], {".json": result.text, ".html": lambda: html(parity_page(result))})
    if options["as_json"]:
        print_json(result.text())
    else:
        print_text(terminal(parity_page(result)))
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
