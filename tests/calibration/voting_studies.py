"""Calibration of divisions and votes: C13's sample ratio, and C20 on interleaving, with their controls."""

import itertools
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from simulator import Floats
from study import Row, rate, repetitions

from evalkit.rollout.interleaving import NEW, OLD, team_draft
from evalkit.rollout.sequential import ENOUGH, sample_ratio_e_value, sign_e_value

OLD_BEGINS = True
SHARE, ARRIVALS, K = 0.05, 10_000, 100
VOTERS, DEPTH, DOCUMENTS = 300, 6, 12
CHI_SQUARE_95 = 3.841


def wrong_divisions(share: float) -> list[Row]:
    """C13: how often users who are divided as stated are ever said not to be, looked at after each one."""
    runs, few = repetitions(2_000, share), repetitions(500, share)
    alarms = rate(ever_divided_wrongly(run, SHARE) for run in range(runs))
    found = rate(ever_divided_wrongly(run, 0.06) for run in range(few))
    peeked = rate(ever_by_chi_square(run) for run in range(few))
    return [
        Row("C13", "a division as stated is ever called wrong", alarms, 0.0, 0.05, runs),
        Row("C13", "6 % rather than 5 % of 10,000 users are noticed", found, 0.8, 1.0, few),
        Row("C13", "a chi-square test that is peeked at", peeked, 0.2, 1.0, few, control=True),
    ]


def arrivals(run: int, p: float) -> Floats:
    """Return (n,) how many canary users there are after each user."""
    return np.cumsum(np.random.default_rng([1_310, run]).random(ARRIVALS) < p)


def ever_divided_wrongly(run: int, p: float) -> bool:
    """Return whether the evidence is ever enough: by the chances of each next user.

    The evidence after n users is a product over users, so that a whole way costs one sum; the function itself
    gives the same.
    """
    canary = arrivals(run, p)
    n = np.arange(ARRIVALS)
    before = np.concatenate(([0], canary[:-1]))
    mine = np.diff(canary, prepend=0) > 0
    chance = (K * SHARE + before) / (K + n)
    logs = np.cumsum(np.where(mine, np.log(chance / SHARE), np.log((1 - chance) / (1 - SHARE))))
    if run < 3:
        for at in (10, 500, ARRIVALS):
            counts = [int(canary[at - 1]), at - int(canary[at - 1])]
            assert np.isclose(np.exp(logs[at - 1]), sample_ratio_e_value(counts, [SHARE, 1 - SHARE]))
    return bool((logs >= np.log(ENOUGH)).any())


def ever_by_chi_square(run: int) -> bool:
    """Return whether a test at 5 %, looked at after every user from the hundredth on, ever objects."""
    canary, n = arrivals(run, SHARE), np.arange(1, ARRIVALS + 1)
    wanted = n * SHARE
    statistic = (canary - wanted) ** 2 / (wanted * (1 - SHARE))
    return bool((statistic[100:] > CHI_SQUARE_95).any())


Draft = Callable[[Sequence[str], Sequence[str], Iterator[bool]], tuple[Sequence[str], str]]


def fair(old: Sequence[str], new: Sequence[str], coins: Iterator[bool]) -> tuple[Sequence[str], str]:
    """Return the list that the package drafts."""
    return team_draft(old, new, coins, depth=DEPTH)


def old_first(old: Sequence[str], new: Sequence[str], coins: Iterator[bool]) -> tuple[Sequence[str], str]:
    """Return a list in which the old system always begins, as without a coin."""
    del coins
    return team_draft(old, new, itertools.repeat(OLD_BEGINS), depth=DEPTH)


def preferences(share: float) -> list[Row]:
    """C20: equally good systems, and better ones, under people who read from the top and stop at a click."""
    runs, few = repetitions(400, share), repetitions(100, share)
    worth = enough_at(VOTERS)
    equal = [first_verdict(votes(run, 0.0, fair), worth) for run in range(runs)]
    better = [first_verdict(votes(run, 3.0, fair), worth) for run in range(few)]
    biased = [first_verdict(votes(run, 0.0, old_first), worth) for run in range(few)]
    bursts = [first_verdict(np.repeat(votes(run, 0.0, fair)[:30], 10), worth) for run in range(few)]
    new, old = (rate(x == side for x in equal) for side in (1, -1))
    gained, lost = (rate(x == side for x in better) for side in (1, -1))
    first, alike = rate(x == -1 for x in biased), rate(x != 0 for x in bursts)
    return [
        Row("C20", "of equal systems the new one is ever preferred", new, 0, 0.05, runs),
        Row("C20", "of equal systems the old one is ever preferred", old, 0, 0.05, runs),
        Row("C20", "a better system is preferred within 300 users", gained, 0.9, 1, few),
        Row("C20", "a better system is rejected", lost, 0, 0.05, few),
        Row("C20", "no coin: the old system begins", first, 0.2, 1, few, control=True),
        Row("C20", "clicks as units, ten of a user", alike, 0.2, 1, few, control=True),
    ]


def enough_at(most: int) -> Floats:
    """Return (n+1, n+1) the evidence for wins by wins and losses."""
    found = np.zeros((most + 1, most + 1))
    for wins in range(most + 1):
        for losses in range(most + 1 - wins):
            found[wins, losses] = sign_e_value(wins, losses)
    return found


def votes(run: int, gain: float, draft: Draft) -> Floats:
    """Return (n,) +1 for each user whose clicks are for the new system, −1 for the old, 0 for neither.

    Each user asks one question. Both systems see the relevance of its documents through noise of the same
    size; the new one less of it where `gain` is above 0. People read from the top, click what they find
    relevant, and go.
    """
    rng = np.random.default_rng([1_800, run])
    names = [f"d{row}" for row in range(DOCUMENTS)]
    found = np.zeros(VOTERS)
    for user in range(VOTERS):
        worth = rng.standard_normal(DOCUMENTS)
        noise = rng.standard_normal((2, DOCUMENTS)) * np.array([[2.0], [2.0 / (1 + gain)]])
        old, new = ([names[row] for row in np.argsort(-side)] for side in worth + noise)
        coins = iter((rng.random(DEPTH) < 0.5).tolist())
        shown, teams = draft(old, new, coins)
        for document, team in zip(shown, teams, strict=True):
            if rng.random() < 1 / (1 + np.exp(1.0 - 2.0 * worth[int(document[1:])])):
                found[user] = {NEW: 1, OLD: -1}[team]
                break
    return found


def first_verdict(cast: Floats, worth: Floats) -> int:
    """Return 1 or −1 for the side that first has enough evidence, looked at after each vote; 0 for none."""
    wins, losses = np.cumsum(cast > 0), np.cumsum(cast < 0)
    new, old = worth[wins, losses] >= ENOUGH, worth[losses, wins] >= ENOUGH
    either = np.flatnonzero(new | old)
    return 0 if not either.size else 1 if new[either[0]] else -1
