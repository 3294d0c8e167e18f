"""`evalkit compare` on 100,000 documents from a warm cache: what each stage takes, and the peak in memory."""

from __future__ import annotations

import importlib
import os
import time
from collections.abc import Callable
from typing import Any

from clock import Clock, run
from folders import SCRATCH, command, write_golden
from sizes import scaled
from worlds import Vectors, queries_near, unit_vectors

DOCUMENTS = scaled(100_000)
HOME = SCRATCH / "compare"
MANY, FEW = scaled(5_000), scaled(1_000)
# Stage → the functions that are it. A stage inside another is taken off the outer one.
STAGES = {
    "read the golden set": ["evalkit.cli.compare:open_golden"],
    "read, check and lint the vectors": ["evalkit.evaluation:open_encoder", "evalkit.evaluation:embed"],
    "index and search": ["evalkit.evaluation:search"],
    "join and score": ["evalkit.scoring.judged:_grades", "evalkit.evaluation:score_retrieved"],
    "comparisons: tests and intervals": ["evalkit.experiment:compare"],
    "unjudged documents and worklist": ["evalkit.experiment:examine_holes", "evalkit.experiment:worklist"],
    "mixed-index lab, 101 shares": ["evalkit.lab:curves_between"],
    "result as data": ["evalkit.results.compare:result_of"],
    "report files": ["evalkit.reporting.files:outcome_files", "evalkit.reporting.files:write_folder"],
}


CONFIG = """\
[models.old]
spec = "st/all-MiniLM-L6-v2"

[models.new]
spec = "st/all-MiniLM-L6-v2"
query_prompt = "query: "
document_prompt = "passage: "
"""


def prepare(clock: Clock) -> None:
    """Write two golden sets on one corpus, and fill the cache with vectors of two models.

    The vectors are made up, near those of their relevant documents, and kept under the fingerprints of a
    transformer with and without prompts: what a comparison takes does not depend on who made them.
    """
    with clock:
        write_golden(HOME / "few", FEW, DOCUMENTS)
        relevant = write_golden(HOME / "many", MANY, DOCUMENTS)
        (HOME / "evalkit.toml").write_text(CONFIG)
        for name, seed in (("old", 1), ("new", 2)):
            corpus = unit_vectors(DOCUMENTS, seed)
            _fill_cache(name, queries_near(corpus, relevant, seed, 9), corpus)
        # Keeps the matrix of the corpus, counts long texts and embeds the stand-in queries of the lab.
        command(Clock(), *_command("few"))
        command(Clock(), *_command("many"), "--no-mix")


def _fill_cache(name: str, queries: Vectors, corpus: Vectors) -> None:
    from evalkit.config import find_config  # noqa: PLC0415 - loaded before the clock starts
    from evalkit.digests import digest_text  # noqa: PLC0415 - the same
    from evalkit.embedding.cache import VectorCache  # noqa: PLC0415 - the same
    from evalkit.embedding.encoder import Role  # noqa: PLC0415 - the same
    from evalkit.embedding.modelspec import open_encoder  # noqa: PLC0415 - the same
    from evalkit.golden.folder import read_golden  # noqa: PLC0415 - the same

    golden, cache = read_golden(HOME / "many"), VectorCache(HOME / "cache")
    system = find_config(HOME, str(HOME / "evalkit.toml")).system(name)
    space = open_encoder(system.spec, golden, system.options).fingerprint
    for role, texts, vectors in (
        (Role.query, golden.queries, queries),
        (Role.document, golden.corpus, corpus),
    ):
        digests = [digest_text(space.prompt(role) + body) for body in texts.bodies]
        cache.write(space, role, dict(zip(digests, vectors, strict=True)))


def stages(clock: Clock) -> None:
    """Run the whole command in this process, each stage timed, 101 shares in the lab."""
    from evalkit.cli.main import run as run_evalkit  # noqa: PLC0415 - loaded before the clock starts

    spent: dict[str, float] = {}
    importlib.import_module("evalkit.lab")
    importlib.import_module("evalkit.reporting.files")
    importlib.import_module("evalkit.cli.compare")
    for stage, places in STAGES.items():
        for place in places:
            _time(place, stage, spent)
    _hundred_shares()
    with clock:
        code = run_evalkit(["-q", *_command("many")])
    clock.note(exit_code=float(code), **{f"stage {name}": seconds for name, seconds in spent.items()})


def memory(clock: Clock) -> None:
    """Run the command as it is on 1,000 queries."""
    command(clock, *_command("few"))


def _command(name: str) -> list[str]:
    os.environ["EVALKIT_CACHE"] = str(HOME / "cache")
    asked = ["--config", str(HOME / "evalkit.toml"), "compare", str(HOME / name)]
    sides = ["--baseline", "old", "--candidate", "new"]
    return [*asked, *sides, "-o", str(HOME / f"report-{name}"), "--force"]


def _time(place: str, stage: str, spent: dict[str, float]) -> None:
    """Replace a function by one that adds its seconds to a stage, less those of the stages inside it."""
    module_name, name = place.split(":")
    module = importlib.import_module(module_name)
    inner: Callable[..., Any] = getattr(module, name)

    def timed(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever the function takes and gives
        before, started = sum(spent.values()), time.perf_counter()
        try:
            return inner(*arguments, **named)
        finally:
            inside = sum(spent.values()) - before
            spent[stage] = spent.get(stage, 0.0) + time.perf_counter() - started - inside

    setattr(module, name, timed)


def _hundred_shares() -> None:
    """Let the lab look at 101 shares; the command itself looks at fewer."""
    import functools  # noqa: PLC0415 - small

    from evalkit import lab  # noqa: PLC0415 - loaded before the clock starts

    lab.Plan = functools.partial(lab.Plan, shares=101)  # type: ignore[misc,assignment] # a stand-in for this run


if __name__ == "__main__":
    run({"prepare": prepare, "stages": stages, "memory": memory})
