"""The state file: what a canary remembers between looks, so that no event is ever counted twice."""

from __future__ import annotations

import dataclasses
import io
import json
import math
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import TypeAdapter, ValidationError

from evalkit.errors import UsageError
from evalkit.findings import Finding, Severity
from evalkit.opening import ARCHIVE_FAULTS, ARRAY_FAULTS, fault, read_whole
from evalkit.output import write_file
from evalkit.packing import check_members
from evalkit.parsing import parse_json
from evalkit.rollout.band import ArmTotals
from evalkit.rollout.blocks import Waiting
from evalkit.rollout.canary import CanaryQuestion, CanaryState, Crossing
from evalkit.rollout.ledger import Ledger
from evalkit.rollout.rows import Source
from evalkit.rollout.sequential import Bet

VERSION = 1
_NAMED = 4
_LARGEST = 1e15  # no count, no sum of values between 0 and 1, and no number of seconds is larger
_LAST_S = 253_402_300_799.0  # the end of the last year that a date has
_ARRAYS = ("keys", "arms", "firsts", "counted", "open_rows", "open_times", "open_values")
_DTYPES = ("<u8", "|i1", "<f8", "|b1", "<i8", "<f8", "<f8")
_PLAIN = ("blocks", "events", "late", "outside", "naive", "zoned")


@dataclass(frozen=True, slots=True)
class Added:
    """A file whose events have been added: its name, how long it was and the digest of its bytes."""

    name: str
    size: int
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    """What a state says beside its arrays, as it is written."""

    version: int
    question: dict[str, Any]
    sources: tuple[Added, ...]
    until: float | None
    blocks: int
    events: int
    late: int
    outside: int
    naive: bool
    zoned: bool
    waiting: Waiting
    ok: Bet
    harm: Bet
    canary: ArmTotals
    control: ArmTotals
    ok_at: Crossing | None
    harm_at: Crossing | None
    trail: tuple[tuple[float, float, float], ...]


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
        data = read_whole(path)
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            check_members(archive)
        with np.load(io.BytesIO(data), allow_pickle=False) as stored:
            head = _head(stored["head"].tobytes())
            arrays = {name: stored[name].astype(dtype) for name, dtype in zip(_ARRAYS, _DTYPES, strict=True)}
        state, sources, before = _state(head, arrays)
    except (*ARRAY_FAULTS, *ARCHIVE_FAULTS) as error:
        raise UsageError(
            f"{path} is no state of a canary: {fault(error)}",
            hint="name the file that --state wrote; to begin anew, name one that is not there",
            code="EK467",
        ) from error
    now = asked(question)
    shares = before.get("stages")
    stages = now["stages"][: len(shares)] if isinstance(shares, list) else None
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


def _head(data: bytes) -> _Head:
    """Return what a state says beside its arrays, each part of the kind that is written.

    Raises:
        ValueError: It is of another version, or a part is missing or of another kind.
    """
    said = parse_json(data, unique=True, finite=True)
    if said["version"] != VERSION:
        raise ValueError(f"it is of version {said['version']}, this is {VERSION}")
    if any(abs(number) > _LARGEST for number in _numbers(said)):
        raise ValueError("a number is larger than can be")
    try:
        head: _Head = TypeAdapter(_Head).validate_json(data, strict=True)
    except ValidationError as error:
        named = ", ".join(".".join(map(str, item["loc"])) for item in error.errors()[:_NAMED])
        raise ValueError(f"{named} missing or of another kind") from error
    counts = (head.blocks, head.events, head.late, head.outside, head.canary.users, head.control.users)
    if min(counts) < 0:
        raise ValueError("a count is negative")
    times = [at.seconds for at in (head.ok_at, head.harm_at) if at] + [head.until or 0.0]
    if max(map(abs, times)) > _LAST_S:
        raise ValueError("a time is beyond the year 9999")
    return head


def _numbers(value: object) -> Iterator[float]:
    """Yield every number of a JSON value."""
    if isinstance(value, int | float):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _numbers(inner)


def _state(
    head: _Head, arrays: Mapping[str, np.ndarray[Any, Any]]
) -> tuple[CanaryState, tuple[Added, ...], Mapping[str, Any]]:
    rows, open_ones = len(arrays["keys"]), len(arrays["open_rows"])
    sound = all(arrays[name].shape == (rows,) for name in _ARRAYS[:4])
    sound &= all(arrays[name].shape == (open_ones,) for name in _ARRAYS[4:])
    sound = sound and bool(np.all(arrays["keys"][1:] > arrays["keys"][:-1]))
    if not sound or not np.all((arrays["open_rows"] >= 0) & (arrays["open_rows"] < max(rows, 1))):
        raise ValueError("its parts do not fit together")
    until = -math.inf if head.until is None else head.until
    parts = ("waiting", "ok", "harm", "canary", "control", "ok_at", "harm_at", "trail", *_PLAIN)
    state = CanaryState(ledger=Ledger(**arrays, until=until), **{name: getattr(head, name) for name in parts})
    return state, head.sources, head.question
