"""evalkit golden export: a golden set in the form that other tools read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalkit.cli.once import OnceCommand
from evalkit.cli.printing import print_lines

if TYPE_CHECKING:
    from evalkit.cli.session import Session
    from evalkit.golden.reading.records import Draft

FORMS = ("native", "beir", "trec", "csv")
TOOLS = ("opensearch", "elasticsearch", "quepid", "label-studio", "ubi")
existing = click.Path(path_type=Path)


@click.command(cls=OnceCommand, short_help="Write a golden set in the form that other tools read.")
@click.argument("folder", metavar="GOLDEN")
@click.option("-o", "--output", required=True, type=existing, metavar="DIR", help="Where to.")
@click.option("--format", "form", type=click.Choice(FORMS), default=None, help="[default: native]")
@click.option("--to", "tool", type=click.Choice(TOOLS), default=None, help="Judgements as a tool reads them.")
@click.option("--index", metavar="NAME", help="With --to elasticsearch: the index that documents stand in.")
@click.option("--allow-unreachable", is_flag=True, help="Let judged documents be absent from the corpus.")
@click.option("--force", is_flag=True, help="Let a folder that is there make way; it is renamed and kept.")
@click.pass_obj
def export(session: Session, /, **options: Any) -> int:  # noqa: ANN401 - click's own dictionary of options
    """Write GOLDEN as files of another form; importing them again gives the same golden set.

    \b
    native, beir   queries.jsonl, corpus.jsonl, qrels/test.tsv, and a card that BEIR tools pass over
    trec           topics.xml, documents.jsonl (id, contents), qrels.txt
    csv            queries.csv, corpus.csv, qrels.csv

    With --to, the judgements alone, as a tool reads them; golden import reads them back:

    \b
    opensearch     judgments.json of the Search Relevance Workbench
    elasticsearch  rank_eval.json, with --index NAME
    quepid         ratings.csv
    label-studio   tasks.json with their annotations, and config.xml
    ubi            ubi_queries.jsonl and ubi_events.jsonl, an event for each judgement
    """
    from evalkit.errors import UsageError
    from evalkit.golden.folder import checked, read_draft
    from evalkit.golden.naming import name_for
    from evalkit.golden.writing.export import exported_files
    from evalkit.golden.writing.replacing import write_new_folder

    tool, output = options["tool"], options["output"]
    if tool and options["form"]:
        problem = f"--format {options['form']} and --to {tool} each name a form"
        raise UsageError(problem, hint="say one of the two", code="EK385")
    path = session.config.golden_folder(options["folder"])
    draft = read_draft(path)
    name = name_for(draft.card.name, path)
    golden = checked(draft, name=name, allow_unreachable=options["allow_unreachable"])
    session.tell(golden.findings)
    if tool or options["index"]:
        return _export_to(draft, name, options)
    write_new_folder(output, exported_files(draft, options["form"] or "native"), force=options["force"])
    print_lines(f"written to {output}, with the same content digest: {golden.digest[:6]}")
    return 0


def _export_to(draft: Draft, name: str, options: dict[str, Any]) -> int:
    """Write the judgements as a tool reads them; tell what has no place there."""
    from evalkit.golden.reading.telling import count
    from evalkit.golden.writing.replacing import write_new_folder
    from evalkit.golden.writing.toolexport import ToolForm, tool_files

    form = ToolForm(options["tool"] or "native", name, options["index"] or "")
    files = tool_files(draft, form)
    write_new_folder(options["output"], files, force=options["force"])
    judged = {item.query for item in draft.qrels.judgements}
    left_out = len(draft.queries.records) - len(judged)
    told = count(len(draft.qrels.judgements), "judgement")
    queries = f"{count(len(judged), 'query', 'queries')} in {', '.join(files)}"
    print_lines(f"written to {options['output']}: {told} of {queries}")
    without = count(left_out, "query", "queries")
    print_lines(f"left out: {without} without a judgement, all metadata, and the rest of the card")
    return 0
