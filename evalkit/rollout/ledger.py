"""The ledger: who was seen in which arm, and whose window is over; nothing is ever recounted."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from evalkit.arrays import Bools, Floats, Ints
from evalkit.rollout.events import Events

Keys = npt.NDArray[np.uint64]
CONTROL_BIT, CANARY_BIT = 1, 2
BOTH = CONTROL_BIT | CANARY_BIT
LONG = 64  # characters; longer names are digested before
_START, _PRIME, _MIX = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3), np.uint64(0xBF58476D1CE4E5B9)


@dataclass(frozen=True, slots=True, eq=False)
class Ledger:
    """Every user who was seen, and the events of those whose window is still open.

    Attributes:
        keys: (U,) digests of the users' names, ascending.
        arms: (U,) bits: 1 control, 2 canary, 3 both.
        firsts: (U,) seconds of each user's first event.
        counted: (U,) whether a user's value has been taken.
        open_rows: (n,) rows of users with open windows, one for each of their events.
        open_times: (n,) seconds of these events.
        open_values: (n,) their metric.
        until: Up to when windows have been closed; −inf at the beginning.
    """

    keys: Keys = field(default_factory=lambda: np.zeros(0, np.uint64))
    arms: npt.NDArray[np.int8] = field(default_factory=lambda: np.zeros(0, np.int8))
    firsts: Floats = field(default_factory=lambda: np.zeros(0))
    counted: Bools = field(default_factory=lambda: np.zeros(0, np.bool_))
    open_rows: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    open_times: Floats = field(default_factory=lambda: np.zeros(0))
    open_values: Floats = field(default_factory=lambda: np.zeros(0))
    until: float = -np.inf

    @property
    def latest(self) -> float:
        """Seconds of the last event of an open window; −inf for none."""
        return float(self.open_times.max(initial=-np.inf))


@dataclass(frozen=True, slots=True, eq=False)
class Closed:
    """(n,) users whose window is over, in the order in which it ended, and what was left out.

    Attributes:
        canary: Whether each is of the canary arm.
        values: The mean of each user's metric over the window.
        firsts: Seconds of the first event.
        outside: How many events came after the window of their user.
    """

    canary: Bools
    values: Floats
    firsts: Floats
    outside: int = 0


def add_events(ledger: Ledger, events: Events) -> tuple[Ledger, int]:
    """Return the ledger with more events, in any order, and how many were of users who had been counted."""
    names, rows = _named(events.users)
    keys, place = np.unique(names, return_inverse=True)
    rows = place.reshape(-1)[rows]
    merged = np.union1d(ledger.keys, keys)
    old, new = np.searchsorted(merged, ledger.keys), np.searchsorted(merged, keys)[rows]
    arms = np.zeros(len(merged), np.int8)
    arms[old] = ledger.arms
    np.bitwise_or.at(arms, new, np.where(events.canary, CANARY_BIT, CONTROL_BIT).astype(np.int8))
    counted = np.zeros(len(merged), np.bool_)
    counted[old] = ledger.counted
    firsts = np.full(len(merged), np.inf)
    firsts[old] = ledger.firsts
    fresh = ~counted[new]
    np.minimum.at(firsts, new[fresh], events.times[fresh])
    return (
        Ledger(
            merged,
            arms,
            firsts,
            counted,
            np.concatenate((old[ledger.open_rows], new[fresh])),
            np.concatenate((ledger.open_times, events.times[fresh])),
            np.concatenate((ledger.open_values, events.values[fresh])),
            ledger.until,
        ),
        int((~fresh).sum()),
    )


def close_windows(ledger: Ledger, window_s: float, until: float) -> tuple[Ledger, Closed]:
    """Take the value of every user of one arm whose window is over.

    Args:
        ledger: The users.
        window_s: How long a user is looked at from the first event on.
        until: What time it is.

    Returns:
        The ledger without the events of those users, and the users in the order in which their windows ended.
    """
    over = ~ledger.counted & (ledger.arms != BOTH) & (ledger.firsts + window_s <= until)
    within = ledger.open_times < ledger.firsts[ledger.open_rows] + window_s
    mine = over[ledger.open_rows]
    size = len(ledger.keys)
    # Added in the order of time, so that files in another order give the same sums to the bit.
    order = np.lexsort((ledger.open_values, ledger.open_times))
    taken = order[(mine & within)[order]]
    rows = ledger.open_rows[taken]
    sums = np.bincount(rows, weights=ledger.open_values[taken], minlength=size)
    numbers = np.bincount(rows, minlength=size)
    users = np.flatnonzero(over)
    users = users[np.lexsort((ledger.keys[users], ledger.firsts[users]))]
    kept = ~mine
    left = replace(
        ledger,
        counted=ledger.counted | over,
        open_rows=ledger.open_rows[kept],
        open_times=ledger.open_times[kept],
        open_values=ledger.open_values[kept],
        until=max(ledger.until, until),
    )
    canary = ledger.arms[users] == CANARY_BIT
    return left, Closed(
        canary, sums[users] / numbers[users], ledger.firsts[users], int((mine & ~within).sum())
    )


def _named(users: list[str]) -> tuple[Keys, Ints]:
    """Return the keys of the distinct names, and for each event the row of its name among them."""
    rows: dict[str, int] = {}
    found = np.fromiter((rows.setdefault(user, len(rows)) for user in users), np.int64, len(users))
    names = list(rows)
    keys = _keys([name if len(name) <= LONG else hashlib.sha256(name.encode()).hexdigest() for name in names])
    return keys, found


def _keys(names: list[str]) -> Keys:
    """Return 64 bits for each name: FNV-1a over its characters, mixed; all names at once."""
    if not names:
        return np.zeros(0, np.uint64)
    letters = np.array(names)
    codes = letters.view("<u4").reshape(len(names), -1)
    keys = np.full(len(names), _START, np.uint64)
    for column in codes.T:  # over the characters of the longest name, not over names
        keys = np.where(column != 0, (keys ^ column) * _PRIME, keys)
    keys ^= keys >> np.uint64(32)
    keys *= _MIX
    return keys ^ (keys >> np.uint64(29))
