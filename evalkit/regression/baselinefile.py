"""The baseline file: JSON with one line for each query, so that a change can be read in a review."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from evalkit.errors import EvalkitError, UsageError
from evalkit.golden.disguises import disguise
from evalkit.output import write_file
from evalkit.regression import baselineparts as parts
from evalkit.regression.baseline import Baseline
from evalkit.regression.baselinepath import check_inside

SCHEMAS = (1, 2)
DAMAGE = (
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    MemoryError,
    EvalkitError,
)
STAMP = ("spec", "fingerprint", "index", "depth", "golden", "policy", "libraries")


def read_baseline(path: Path) -> Baseline:
    """Read a baseline.

    Raises:
        UsageError: There is none, or the file is none that this version reads.
    """
    if not path.is_file():
        raise UsageError(
            f"{path} is not there: nothing has been accepted yet",
            hint="store what the system finds now with --update, and commit the file",
            code="EK151",
        )
    try:
        return _parsed(parts.parse_json(path.read_text(encoding="utf-8")))
    except DAMAGE as error:
        told = f"it has no {error}" if isinstance(error, KeyError) else str(error) or type(error).__name__
        told = "it is nested too deeply" if isinstance(error, RecursionError) else told
        raise UsageError(
            f"{path} is not a baseline: {told}",
            hint=disguise(path)
            or "changed by hand or by a merge? take the committed one, or store it again with --update",
            code="EK152",
        ) from error


def write_baseline(path: Path, baseline: Baseline, *, within: Path | None = None) -> None:
    """Write a baseline, whole or not at all, never through a link that leads elsewhere.

    Args:
        path: Its file.
        baseline: What it holds.
        within: The folder that no link may lead out of; the file's own when left out.

    Raises:
        OutputError: It cannot be written, or a link leads out of the folder.
    """
    check_inside(path, path.parent if within is None else within)
    write_file(path, baseline_text(baseline).encode(), hint="name another file with --baseline", named=False)


def baseline_text(baseline: Baseline) -> str:
    """Return the JSON text of a baseline; every value has all its digits."""
    noise = {
        "runs": baseline.noise.runs,
        "repeated": baseline.noise.repeated,
        "variance": {str(measure): value for measure, value in baseline.noise.variance.items()},
        **({"first": asdict(baseline.noise.first)} if baseline.noise.first else {}),
    }
    head = {
        "schema": max(SCHEMAS) if baseline.asked else min(SCHEMAS),
        "system": baseline.system,
        **{name: baseline.stamp[name] for name in STAMP},
        "noise": noise,
        "measures": [str(measure) for measure in baseline.measures],
    }
    values = zip(baseline.query_ids, baseline.values.T.tolist(), strict=True)
    canaries = ([item.role, item.text, item.digest, item.packed] for item in baseline.canaries)
    told = [
        *(f"{_json(name)}: {_json(value, indent=1)}" for name, value in head.items()),
        f'"queries": {{\n{_lines(f"{_json(query)}: {_json(row)}" for query, row in values)}\n}}',
        *(_second_form(baseline) if baseline.asked else ()),
        f'"canaries": [\n{_lines(map(_json, canaries))}\n]',
    ]
    return "{\n" + ",\n".join(told) + "\n}\n"


def _second_form(baseline: Baseline) -> Iterator[str]:
    """Yield what files of the first form lack: what was asked, what was found, and in which corpus."""
    asked = (
        _json([query, item.text, item.judgements, dict(item.relevant), item.shown])
        for query, item in baseline.asked.items()
    )
    yield f'"asked": [\n{_lines(asked)}\n]'
    known = baseline.corpus
    yield f'"corpus": {_json(known and {"documents": known.documents, "filter": known.packed})}'


def _parsed(content: dict[str, Any]) -> Baseline:
    if content["schema"] not in SCHEMAS or isinstance(content["schema"], bool):
        raise ValueError(f"schema {content['schema']}, this version reads {' and '.join(map(str, SCHEMAS))}")
    measures = parts.read_measures(content["measures"])
    queries = parts.read_values(content["queries"], measures)
    values = np.array(list(queries.values()), dtype=np.float64).reshape(len(queries), len(measures)).T
    means = {measure: values[row].tolist() for row, measure in enumerate(measures)}
    second = content["schema"] > 1
    return Baseline(
        system=parts.the(str, content["system"], '"system"'),
        stamp=parts.read_stamp(content, STAMP),
        noise=parts.read_noise(content["noise"], means, repeated=second),
        measures=measures,
        query_ids=tuple(queries),
        values=values,
        canaries=parts.read_canaries(content["canaries"]),
        asked=parts.read_asked(content["asked"], list(queries)) if second else {},
        corpus=parts.read_corpus(content["corpus"]) if second and content["corpus"] is not None else None,
    )


def _json(value: object, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=indent)


def _lines(items: Iterable[str]) -> str:
    return ",\n".join(f" {item}" for item in items)
