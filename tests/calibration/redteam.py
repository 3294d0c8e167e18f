"""The red team: foreign vectors of each kind at seeded places of an index; how often an audit meets one.

Prints the table of docs/how-to-audit.md; `--write` puts it there. A test holds the page against it.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from audit_studies import (
    EXPECTED,
    OTHER,
    RECORDS,
    SAMPLE,
    draws,
    kinds_of,
    model_of,
    passing,
    sampled_of,
    topic_halves,
    worded,
)

from evalkit.arrays import Bools, Floats
from evalkit.auditing.attribution import attribute
from evalkit.auditing.causes import Cause
from evalkit.auditing.explaining import References
from evalkit.auditing.making import Ruler, Sampled, make_vectors

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to-audit.md"
BEGIN, END = "<!-- red team: begin -->", "<!-- red team: end -->"
SHARES = (0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5)
MIXTURES, TOPICS, NAMED = 400, 200, 40
LAX = 0.9
WORDS = {  # of kinds, as a reader knows them
    "with the prompt 'passage: '": "a prompt too many, `passage: `",
    "with the prompt 'query: '": "the prompt of queries, `query: `",
    "the title left out": "the title left out",
    "the title alone": "the title alone",
    "another model": "another model of the same width",
    "the model in other coordinates": "the model in other coordinates",
    "of another record": "vectors that changed places",
    "of an older text": "vectors of older texts",
}


def places() -> tuple[Bools, Mapping[float, list[np.ndarray]]]:
    """Return (400, 3,000) which records each draw takes, and of each share where each mixture is foreign.

    All kinds lie in the same places, so that what differs between them is the kind.
    """
    drawn = np.zeros((MIXTURES, RECORDS), dtype=np.bool_)
    ids = sampled_of(("",) * RECORDS).ids
    for number, rows in enumerate(draws(ids, MIXTURES)):
        drawn[number, rows[:SAMPLE]] = True
    foreign = {
        share: [
            np.random.default_rng([17, round(1_000 * share), seed]).choice(
                RECORDS, round(share * RECORDS), replace=False
            )
            for seed in range(MIXTURES)
        ]
        for share in SHARES
    }
    return drawn, foreign


def met(drawn: Bools, foreign: list[np.ndarray], passes: Bools) -> int:
    """Return in how many mixtures a foreign vector is drawn that does not pass for the expected model's."""
    return sum(bool((taken[rows] & ~passes[rows]).any()) for taken, rows in zip(drawn, foreign, strict=True))


def computed(share: float) -> float:
    """Return the probability that one of so many is drawn at all."""
    count = round(share * RECORDS)
    return 1 - math.comb(RECORDS - count, SAMPLE) / math.comb(RECORDS, SAMPLE)


def told_as(sampled: Sampled, vectors: Floats) -> Cause:
    """Return what an audit calls vectors of one kind, where it may try the other model, too."""
    rows = np.arange(NAMED)
    some = Sampled(
        **{
            **{name: getattr(sampled.rows(rows), name) for name in ("ids", "texts", "claims", "outdated")},
            "vectors": vectors[rows].astype(np.float32),
        }
    )
    expected, other = (model_of(spec, sampled.texts) for spec in (EXPECTED, OTHER))
    return attribute(some, References(expectations=(expected,), suspects=(other,))).causes[0]


def table() -> Iterator[str]:
    """Yield the lines of the table, and what was found where nothing was foreign."""
    sampled = sampled_of(worded(np.random.default_rng(18), RECORDS))
    encoder = model_of(EXPECTED, sampled.texts).encoder
    assert encoder is not None
    right = make_vectors(sampled, encoder)
    drawn, foreign = places()
    yield "| put in | told as | " + " | ".join(f"{100 * share:g} %" for share in SHARES) + " |"
    yield "|---|---|" + "---:|" * len(SHARES)
    kinds = kinds_of(sampled, right)
    for name, vectors in kinds.items():
        passes, cause = passing(right, vectors, Ruler()), told_as(sampled, vectors)
        found = (f"{met(drawn, foreign[share], passes) / MIXTURES:.1%}" for share in SHARES)
        said = cause.name if cause.shown else cause.name.partition(":")[0]
        yield f"| {WORDS[name]} | {said} | " + " | ".join(_percent(text) for text in found) + " |"
    yield (
        "| (probability that one is drawn) | | "
        + " | ".join(_percent(f"{computed(share):.1%}") for share in SHARES)
        + " |"
    )
    yield ""
    rounded = {
        "half precision": right.astype(np.float16).astype(np.float64),
        "eight bits": np.round(right * 127) / 127,
        "four decimals": np.round(right, 4),
    }
    alarms = [met(drawn, foreign[0.5], passing(right, vectors, Ruler())) for vectors in rounded.values()]
    lax = met(drawn, foreign[0.01], passing(right, kinds["with the prompt 'passage: '"], Ruler(same=LAX)))
    turned = [*topic_halves(TOPICS)]
    yield (
        f"Alarms where nothing is foreign: {sum(alarms)} of {len(rounded) * MIXTURES:,} mixtures in which "
        f"half of the vectors are rounded ({', '.join(rounded)}), {sum(alarm for alarm, _ in turned)} of "
        f"{TOPICS} stores whose topics turn from one half to the other. Controls: with `--same {LAX}` a "
        f"prompt too many is found in {lax} of {MIXTURES} mixtures at 1 %; a test of two means calls the "
        f"turn of topics a change in {sum(shift for _, shift in turned)} of {TOPICS}."
    )


def _percent(text: str) -> str:
    return text.replace(".0%", " %").replace("%", " %").replace("  ", " ")


def with_table(page: str) -> str:
    """Return a page with the table as it is today."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    lines = "\n".join(table())
    return f"{before}{BEGIN}\n{lines}\n{END}{after}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="rewrite docs/how-to-audit.md")
    if parser.parse_args().write:
        PAGE.write_text(with_table(PAGE.read_text("utf-8")), "utf-8")
    else:
        sys.stdout.write("\n".join(table()) + "\n")
