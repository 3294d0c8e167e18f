"""The baseline file: JSON with one line for each query, so that a change can be read in a review."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from evalkit.errors import EvalkitError, UsageError
from evalkit.output import write_file
from evalkit.regression.baseline import Baseline, Noise
from evalkit.regression.canary import Canary
from evalkit.scoring.measure import Measure

SCHEMA = 1
FOLDER = "baselines"
STAMP = ("spec", "fingerprint", "index", "depth", "golden", "policy", "libraries")
IN_STAMP = {"golden": ("name", "judgements_digest"), "fingerprint": ("provider", "model")}
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def baseline_path(folder: Path, golden: str, system: str) -> Path:
    """Return baselines/GOLDEN/SYSTEM.json under a folder; what no file name should hold becomes "-"."""
    return folder / FOLDER / _safe(golden) / f"{_safe(system)}.json"


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
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["schema"] != SCHEMA:
            raise ValueError(f"schema {content['schema']}, this version reads {SCHEMA}")  # noqa: TRY301 - one place tells
        return _parsed(content)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, EvalkitError) as error:
        raise UsageError(
            f"{path} is not a baseline: {error}",
            hint="changed by hand or by a merge? take the committed one, or store it again with --update",
            code="EK152",
        ) from error


def write_baseline(path: Path, baseline: Baseline) -> None:
    """Write a baseline, whole or not at all.

    Raises:
        OutputError: It cannot be written.
    """
    write_file(path, baseline_text(baseline).encode(), hint="name another file with --baseline")


def baseline_text(baseline: Baseline) -> str:
    """Return the JSON text of a baseline; every value has all its digits."""
    noise = {
        "runs": baseline.noise.runs,
        "repeated": baseline.noise.repeated,
        "variance": {str(measure): value for measure, value in baseline.noise.variance.items()},
    }
    head = {
        "schema": SCHEMA,
        "system": baseline.system,
        **{name: baseline.stamp[name] for name in STAMP},
        "noise": noise,
        "measures": [str(measure) for measure in baseline.measures],
    }
    values = zip(baseline.query_ids, baseline.values.T.tolist(), strict=True)
    canaries = ([item.role, item.text, item.digest, item.packed] for item in baseline.canaries)
    parts = [
        *(f"{_json(name)}: {_json(value, indent=1)}" for name, value in head.items()),
        f'"queries": {{\n{_lines(f"{_json(query)}: {_json(row)}" for query, row in values)}\n}}',
        f'"canaries": [\n{_lines(map(_json, canaries))}\n]',
    ]
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _parsed(content: dict[str, Any]) -> Baseline:
    measures = tuple(Measure.parse(name) for name in content["measures"])
    noise, queries = content["noise"], content["queries"]
    variance = {Measure.parse(name): float(value) for name, value in noise["variance"].items()}
    if set(variance) != set(measures):
        raise ValueError("its noise is of other measures")
    return Baseline(
        system=str(content["system"]),
        stamp=_checked_stamp({name: content[name] for name in STAMP}),
        noise=Noise(runs=int(noise["runs"]), repeated=str(noise["repeated"]), variance=variance),
        measures=measures,
        query_ids=tuple(queries),
        values=np.array(list(queries.values()), dtype=np.float64).reshape(len(queries), -1).T,
        canaries=tuple(Canary.unpacked(*canary) for canary in content["canaries"]),
    )


def _checked_stamp(stamp: dict[str, Any]) -> dict[str, Any]:
    """Return a stamp that says what was measured, and on what."""
    for part, needed in IN_STAMP.items():
        absent = [name for name in needed if name not in stamp[part]]
        if absent:
            raise ValueError(f"its {part} has no {absent[0]}")
    return stamp


def _json(value: object, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=indent)


def _lines(items: Iterable[str]) -> str:
    return ",\n".join(f" {item}" for item in items)


def _safe(name: str) -> str:
    return _UNSAFE.sub("-", name).strip(".-") or "-"
