"""evalkit demo: the main job on real documents that are already on the machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from evalkit import figures
from evalkit.cli.once import OnceCommand
from evalkit.cli.options import cache_option, code_option, page_options

if TYPE_CHECKING:
    from evalkit.cli.session import Session

GOLDEN = "python-stdlib"
BASELINE, CANDIDATE = "lsa/384", "st/all-MiniLM-L6-v2"


@click.command(cls=OnceCommand)
@click.option("-o", "--output", metavar="DIR", help="Folder of the report. [default: reports/python-stdlib]")
@cache_option
@code_option
@page_options
@click.option("--force", is_flag=True, help="Overwrite the result of another experiment.")
@click.pass_obj
def demo(session: Session, /, cache: str | None, **delivery: Any) -> int:  # noqa: ANN401 - click's own dictionary of options
    """Decide whether all-MiniLM-L6-v2 should replace LSA in a search of Python's own documentation.

    Documents: the docstrings of this interpreter's standard library. Queries and judgements: the shipped
    golden set python-stdlib. Models: TF-IDF with a truncated SVD, and a real sentence-transformers model
    that comes with the extra "demo". The first time takes about two minutes, then seconds.

    Exits with 0 once it reached a verdict, whichever it is.
    """
    from evalkit.cli.compare import Delivery, conduct
    from evalkit.cli.options import open_golden, system_of
    from evalkit.experiment import Experiment

    golden = open_golden(GOLDEN, session)
    session.say(
        f"{figures.plain(figures.counted(len(golden.corpus), 'document'))}, "
        f"{figures.plain(figures.counted(len(golden.queries), 'query'))}; "
        "embedding them takes about two minutes the first time"
    )
    experiment = Experiment(
        golden=golden,
        baseline=system_of(BASELINE, "Flat", session),
        candidates=(system_of(CANDIDATE, "Flat", session),),
        cache=session.open_cache(cache),
    )
    conduct(experiment, session, Delivery(**delivery, controls=("float16", "rotated")))
    return 0
