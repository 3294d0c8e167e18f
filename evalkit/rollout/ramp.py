"""The ramp: the stages in which a canary's share grows, each of them a gate, read from `ramp.toml`."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from pathlib import Path
from typing import Any

import numpy as np

from evalkit import figures
from evalkit.arrays import Floats, Ints
from evalkit.errors import UsageError
from evalkit.opening import read_toml
from evalkit.rollout.timestamps import parse_moment

__all__ = ["one_stage"]

HOURS, USERS = 24.0, 100
_KEYS = ("share", "started", "hours", "users")
_HINT = "[[stages]] with share = 0.05, and as needed started = 2026-03-01T00:00:00Z, hours = 24, users = 100"


@dataclass(frozen=True, slots=True)
class Stage:
    """A share of the users, and what has to be seen before the next one.

    Attributes:
        share: The canary's share, in (0, 1].
        started: Seconds since 1970 at which it began; −inf for "from the first event on", None for not yet.
        hours: For how long it has to last.
        users: How many canary users have to be counted in it.
    """

    share: float
    started: float | None = -np.inf
    hours: float = HOURS
    users: int = USERS


def one_stage(share: float) -> tuple[Stage, ...]:
    """Return a ramp that stays at one share."""
    return (Stage(share),)


def stages_of(stages: Sequence[Stage], times: Floats) -> Ints:
    """Return for each of (n,) times the row of the stage that was in force."""
    starts = [stage.started for stage in stages if stage.started is not None]
    found = np.searchsorted(np.array(starts), times, side="right") - 1
    return np.maximum(found, 0).astype(np.int64)


def read_ramp(path: Path, *, zone: tzinfo | None = None) -> tuple[Stage, ...]:
    """Read the stages of a ramp.

    Raises:
        UsageError: The file cannot be read, or its stages are none that one could climb.
    """
    written = read_toml(path, hint=_HINT, code="EK469")
    stages = written.get("stages")
    if set(written) != {"stages"} or not isinstance(stages, list) or not stages:
        raise _wrong(path, "it holds something else than a list of stages")
    found = tuple(_stage(path, number, item, zone) for number, item in enumerate(stages, 1))
    for number, (before, after) in enumerate(itertools.pairwise(found), 2):
        if after.share <= before.share:
            raise _wrong(
                path,
                f"stage {number} has share {figures.as_set(after.share)}, not more than the one before it",
            )
        if after.started is not None and (before.started is None or after.started <= before.started):
            raise _wrong(path, f"stage {number} has started, and the one before it not earlier")
    return found


def _stage(path: Path, number: int, item: object, zone: tzinfo | None) -> Stage:
    if not isinstance(item, Mapping) or not set(item) <= set(_KEYS) or "share" not in item:
        raise _wrong(path, f"stage {number} is no table of {', '.join(_KEYS)}")
    share, hours, users = item["share"], item.get("hours", HOURS), item.get("users", USERS)
    sound = all(_is_number(value) for value in (share, hours, users)) and 0 < share <= 1
    if not sound or hours < 0 or users < 0 or users != int(users):
        raise _wrong(path, f"stage {number} has share {share!r}, hours {hours!r}, users {users!r}")
    began = -np.inf if number == 1 else None
    if "started" in item:
        began = _moment(path, number, item["started"], zone)
    return Stage(float(share), began, float(hours), int(users))


def _moment(path: Path, number: int, value: Any, zone: tzinfo | None) -> float:  # noqa: ANN401 - as TOML holds it
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=zone or UTC)).timestamp()
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=zone or UTC).timestamp()
    if isinstance(value, str):
        return parse_moment(value, zone=zone)
    raise _wrong(path, f"stage {number} started at {value!r}")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _wrong(path: Path, problem: str) -> UsageError:
    return UsageError(f"{path} is no ramp: {problem}", hint=_HINT, code="EK469")
