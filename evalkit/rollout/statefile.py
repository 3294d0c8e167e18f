"""The state file: what a canary remembers between looks, so that no event is ever counted twice."""

from __future__ import annotations

import dataclasses
import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from evalkit.errors import UsageError
from evalkit.findings import Finding, Severity
from evalkit.opening import ARCHIVE_FAULTS, ARRAY_FAULTS, fault, read_whole
from evalkit.output import write_file
from evalkit.parsing import parse_json
from evalkit.rollout.band import ArmTotals
from evalkit.rollout.blocks import Waiting
from evalkit.rollout.canary import CanaryQuestion, CanaryState, Crossing
from evalkit.rollout.ledger import Ledger
from evalkit.rollout.rows import Source
from evalkit.rollout.sequential import Bet

VERSION = 1
_ARRAYS = ("keys", "arms", "firsts", "counted", "open_rows", "open_times", "open_values")
_DTYPES = ("<u8", "|i1", "<f8", "|b1", "<i8", "<f8", "<f8")
_PLAIN = ("blocks", "events", "late", "outside", "naive", "zoned")


@dataclass(frozen=True, slots=True)
class Added:
    """A file whose events have been added: its name, how long it was and the digest of its bytes."""

    name: str
    size: int
    digest: str


def asked(question: CanaryQuestion) -> dict[str, Any]:
    """Return what must not change between looks; stages may be added to a ramp, and given their start."""
    fixed = dataclasses.asdict(question)
    fixed["stages"] = [stage.share for stage in question.stages]
    return fixed


def read_state(path: Path, question: CanaryQuestion) -> tuple[CanaryState, tuple[Added, ...]]:
    """Return what a state file remembers; nothing where there is no such file yet.

    Raises:
        UsageError: It is no state file, or of another question.
    """
    if not path.exists():
        return CanaryState(), ()
    try:
        with np.load(io.BytesIO(read_whole(path)), allow_pickle=False) as stored:
            head = parse_json(stored["head"].tobytes())
            arrays = {name: stored[name].astype(dtype) for name, dtype in zip(_ARRAYS, _DTYPES, strict=True)}
        state, sources, before = _state(head, arrays)
    except (*ARRAY_FAULTS, *ARCHIVE_FAULTS) as error:
        raise UsageError(
            f"{path} is no state of a canary: {fault(error)}",
            hint="name the file that --state wrote; to begin anew, name one that is not there",
            code="EK467",
        ) from error
    now = asked(question)
    stages = now["stages"][: len(before.get("stages", []))]
    changed = [key for key in now if key != "stages" and before.get(key) != now[key]]
    changed += ["share"] if before.get("stages") not in (stages, now["stages"]) else []
    if changed:
        told = ", ".join(f"{key} {before.get('stages' if key == 'share' else key)}" for key in changed)
        raise UsageError(
            f"{path} is of another question: there it was {told}",
            hint="ask as before; a new question starts a new canary with a state file of its own",
            code="EK467",
        )
    return state, sources


def write_state(path: Path, question: CanaryQuestion, state: CanaryState, sources: Sequence[Added]) -> None:
    """Write a state file whole or not at all.

    Raises:
        OutputError: It cannot be written.
    """
    head = {
        "version": VERSION,
        "question": asked(question),
        "sources": [dataclasses.asdict(source) for source in sources],
        "until": None if math.isinf(state.ledger.until) else state.ledger.until,
        **{name: getattr(state, name) for name in _PLAIN},
        **{
            name: dataclasses.asdict(getattr(state, name))
            for name in ("waiting", "ok", "harm", "canary", "control")
        },
        **{name: (at := getattr(state, name)) and dataclasses.asdict(at) for name in ("ok_at", "harm_at")},
        "trail": state.trail,
    }
    written = io.BytesIO()
    arrays = {
        name: getattr(state.ledger, name).astype(dtype) for name, dtype in zip(_ARRAYS, _DTYPES, strict=True)
    }
    np.savez(written, head=np.frombuffer(json.dumps(head).encode(), np.uint8), **arrays)
    write_file(path, written.getvalue(), hint="name another file by --state")


def new_sources(
    sources: Sequence[Source], added: Sequence[Added]
) -> tuple[tuple[Source, ...], tuple[Added, ...], tuple[Finding, ...]]:
    """Return the files, or what of them is new, all that has then been added, and what is left out.

    A file that was added before is left out; one that has grown since gives its new lines alone.

    Raises:
        UsageError: A file has been changed since it was added.
    """
    fresh, repeated = [], []
    known = {source.digest for source in added}
    by_name = {source.name: source for source in added}
    for source in sources:
        if source.digest in known:
            repeated.append(source.name)
            continue
        before = by_name.get(source.name)
        fresh.append(source if before is None else _grown(source, before))
        known.add(source.digest)
        by_name[source.name] = Added(source.name, len(source.data), source.digest)
    replaced = {source.name for source in fresh}
    kept = [source for source in added if source.name not in replaced]
    every = (*kept, *(by_name[name] for name in dict.fromkeys(source.name for source in fresh)))
    return tuple(fresh), every, (_left_out(repeated),) if repeated else ()


def _grown(source: Source, before: Added) -> Source:
    head = dataclasses.replace(source, data=source.data[: before.size])
    whole = head.data.endswith(b"\n") or source.data[before.size : before.size + 1] in (b"\n", b"\r")
    if source.is_parquet or len(source.data) < before.size or head.digest != before.digest or not whole:
        raise UsageError(
            f"{source.name} was added before, and has been changed since",
            hint="write each day's events into a file of their own, or append lines to one CSV file",
            code="EK467",
        )
    return dataclasses.replace(source, skipped=before.size)


def _left_out(names: Sequence[str]) -> Finding:
    return Finding(
        "EK468",
        Severity.NOTICE,
        f"{len(names)} file{'s were' if len(names) > 1 else ' was'} added before: nothing counts twice",
        tuple(names[:5]),
        "nothing, if that is meant",
    )


def _state(
    head: Mapping[str, Any], arrays: Mapping[str, Any]
) -> tuple[CanaryState, tuple[Added, ...], Mapping[str, Any]]:
    if head["version"] != VERSION:
        raise ValueError(f"it is of version {head['version']}, this is {VERSION}")
    rows = len(arrays["keys"])
    sound = all(len(arrays[name]) == rows for name in ("arms", "firsts", "counted"))
    if not sound or not np.all((arrays["open_rows"] >= 0) & (arrays["open_rows"] < max(rows, 1))):
        raise ValueError("its parts do not fit together")
    until = -math.inf if head["until"] is None else float(head["until"])
    waiting = head["waiting"]
    state = CanaryState(
        ledger=Ledger(**arrays, until=until),
        waiting=Waiting(tuple(waiting["canary"]), tuple(waiting["control"]), waiting["stage"]),
        ok=Bet(**head["ok"]),
        harm=Bet(**head["harm"]),
        canary=ArmTotals(**head["canary"]),
        control=ArmTotals(**head["control"]),
        ok_at=Crossing(**head["ok_at"]) if head["ok_at"] else None,
        harm_at=Crossing(**head["harm_at"]) if head["harm_at"] else None,
        trail=tuple(map(tuple, head["trail"])),
        **{name: head[name] for name in _PLAIN},
    )
    return state, tuple(Added(**source) for source in head["sources"]), head["question"]
