"""The portrait of a golden set as text: its make-up, and what it can resolve."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence

from evalkit import figures
from evalkit.comparison.resolution import Resolution
from evalkit.digests import short
from evalkit.golden.goldenset import GoldenSet
from evalkit.golden.portrait import Portrait, Spread

LABEL = 22


def headline(golden: GoldenSet) -> str:
    """Return one line: name, version, digest and sizes."""
    relevant = int((golden.qrels.grades >= 1).sum())
    version = f" {golden.version}" if golden.version else ""
    return (
        f"{golden.name}{version} · golden {short(golden.digest)} · {len(golden.queries)} queries, "
        f"{int(golden.counted.sum())} with a relevant document · {len(golden.corpus)} documents · "
        f"{len(golden.qrels)} judgements, {relevant} of them relevant"
    )


def portrait_lines(portrait: Portrait, judging: str) -> Iterator[str]:
    """Yield how a golden set is made up: spreads of its numbers, grades, groups and critical queries.

    Args:
        portrait: The numbers.
        judging: How it was judged, as its card says.
    """
    yield f"{'':<{LABEL}}{'least':>9}{'median':>9}{'mean':>9}{'95 %':>9}{'largest':>9}"
    spreads = {
        "relevant per query": portrait.relevant_per_query,
        "judged per query": portrait.judged_per_query,
        "words per query": portrait.query_words,
        "words per document": portrait.document_words,
        "weight": portrait.weights,
    }
    for label, spread in spreads.items():
        if spread is not None:
            yield f"{label:<{LABEL}}{_spread(spread)}"
    grades = "   ".join(f"{number} of grade {grade}" for grade, number in portrait.grades.items())
    yield f"{'judgements':<{LABEL}}{grades}"
    yield f"{'judgments':<{LABEL}}{judging}"
    groups = f"{portrait.groups} of more than one query, the largest of {portrait.largest_group}"
    yield f"{'groups':<{LABEL}}{groups if portrait.groups else 'each query is its own'}"
    yield f"{'critical queries':<{LABEL}}{portrait.critical or 'none'}"


def resolution_lines(
    rows: Sequence[Resolution], needed: Mapping[float, tuple[int, int]], *, origin: str
) -> Iterator[str]:
    """Yield what each set of queries can resolve, and how many queries a planned effect takes.

    Args:
        rows: The whole set and its segments.
        needed: Effect → effective queries that show such a gain, and that exclude such a loss.
        origin: Where the standard deviation comes from.
    """
    width = max(LABEL, *(len(row.segment or "") + 2 for row in rows))
    yield f"what it can resolve with 95 % intervals and a chance of 80 %, if {origin}"
    yield f"{'':<{width}}{'queries':>9}{'effective':>11}{'sd':>8}{'smallest gain':>15}{'excluded loss':>15}"
    for row in rows:
        numbers = f"{row.queries:>9}{figures.number(row.effective_queries, 1):>11}{_number(row.sd):>8}"
        yield f"{row.segment or 'whole set':<{width}}{numbers}{_number(row.gain):>15}{_number(row.loss):>15}"
    yield "effective queries that it takes"
    yield f"{'':<{width}}{'to show such a gain':>21}{'to exclude such a loss':>24}"
    for effect, (gain, loss) in needed.items():
        yield f"{figures.as_set(effect):<{width}}{figures.count(gain):>21}{figures.count(loss):>24}"


def describe_portrait(
    portrait: Portrait, rows: Sequence[Resolution], needed: Mapping[float, tuple[int, int]]
) -> dict[str, object]:
    """Return the same as JSON objects: `portrait`, `resolution`, `needed`."""
    return {
        "portrait": dataclasses.asdict(portrait),
        "resolution": [dataclasses.asdict(row) for row in rows],
        "needed": [
            {"effect": effect, "to_show": gain, "to_exclude": loss} for effect, (gain, loss) in needed.items()
        ],
    }


def _spread(spread: Spread) -> str:
    numbers = (spread.low, spread.median, spread.mean, spread.p95, spread.high)
    return "".join(f"{figures.spread(number):>9}" for number in numbers)


def _number(value: float | None) -> str:
    return figures.number(value)
