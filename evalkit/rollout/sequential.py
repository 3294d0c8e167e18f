"""Evidence that may be looked at after every user: e-values, an e-process, and sample sizes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np

from evalkit.arrays import Floats
from evalkit.errors import InvalidValueError

__all__ = ["e_process", "planned_users", "sample_ratio_e_value", "sign_e_value"]

ENOUGH = 20.0  # E >= 1/alpha at alpha = .05
LARGEST_LOG = 700.0  # exp of more than that is no number any more
_STEADY = 0.25  # what is added to the second moment before anything is known of it


@dataclass(frozen=True, slots=True)
class Bet:
    """What an e-process has to remember between two values.

    Attributes:
        first: Sum of x − theta.
        second: Sum of its squares.
        log_e: ln E so far.
        log_peak: The largest ln E so far.
    """

    first: float = 0.0
    second: float = 0.0
    log_e: float = 0.0
    log_peak: float = 0.0

    @property
    def value(self) -> float:
        """E, at most e^700."""
        return math.exp(min(self.log_e, LARGEST_LOG))

    @property
    def peak(self) -> float:
        """The largest E so far: by Ville's inequality it exceeds 1/a with a chance of at most a."""
        return math.exp(min(self.log_peak, LARGEST_LOG))


def e_process(x: Sequence[float] | Floats, *, theta: float) -> Floats:
    """Return the evidence against "the mean is at most theta" after each value; it may be watched all day.

    E_0 = 1, E_t = E_{t−1} (1 + b_t (x_t − theta)), where the bet b_t is known before x_t is:
    b_1 = 0, b_{t+1} = clip(S_t / (0.25 + V_t), 0, 0.5 / (1 + |theta|)) with S_t the sum and V_t the sum of
    squares of x − theta so far. Where the mean of each value, given those before it, is at most theta, the
    chance that E ever reaches 1/a is at most a (Ville).

    Args:
        x: (n,) values in [−1, 1], in the order in which they came.
        theta: The mean that is to be exceeded, in [−1, 1].

    Returns:
        (n,) E after each value, at most e^700; empty for no value.

    Raises:
        InvalidValueError: A value or theta lies outside [−1, 1], or is no number.

    Source:
        Waudby-Smith and Ramdas (2024), "Estimating means of bounded random variables by betting",
        doi:10.1093/jrsssb/qkad009.

    Examples:
        >>> e_process([1, 0, 1, -1], theta=0.0).tolist()
        [1.0, 1.0, 1.5, 0.75]
    """
    logs, _ = continued(Bet(), x, theta=theta)
    return np.exp(np.minimum(logs, LARGEST_LOG))


def continued(bet: Bet, x: Sequence[float] | Floats, *, theta: float) -> tuple[Floats, Bet]:
    """Return ln E after each of further values, and what to remember for those that follow.

    Args:
        bet: What the values before left; `Bet()` where there were none.
        x: (n,) further values in [−1, 1].
        theta: As for `e_process`; the same for all values.

    Returns:
        (n,) ln E, and the bet after the last value: the same as if all had come at once.

    Raises:
        InvalidValueError: As for `e_process`.
    """
    values = _within("x", x)
    _within("theta", [theta])
    if not len(values):
        return np.zeros(0), bet
    away = values - theta
    # A sum that starts from the remembered one adds in the order of one long sum: equal to the bit.
    first = np.cumsum(np.concatenate(([bet.first], away)))
    second = np.cumsum(np.concatenate(([bet.second], away**2)))
    bets = stakes(first[:-1], second[:-1], theta)
    logs = np.cumsum(np.concatenate(([bet.log_e], np.log1p(bets * away))))[1:]
    peak = max(bet.log_peak, float(logs.max()))
    return logs, Bet(float(first[-1]), float(second[-1]), float(logs[-1]), peak)


def stakes(first: Floats, second: Floats, theta: float) -> Floats:
    """Return the bets on the next values, of the shape of the sums of x − theta and of its squares so far."""
    bets: Floats = np.clip(first / (_STEADY + second), 0.0, 0.5 / (1.0 + abs(theta)))
    return bets


def sign_e_value(wins: int, losses: int) -> float:
    """Return the evidence that wins are more likely than losses, ties left out.

    E = 2^{n+1} B(w+1, l+1) I_{1/2}(l+1, w+1): the coin's chance of a win is spread evenly over (1/2, 1) and
    held against 1/2. Computed for one growing count it is an e-process.

    Args:
        wins: How often the new system won, at least 0.
        losses: How often it lost, at least 0.

    Returns:
        E, at most e^700; 1 where nothing is decided yet.

    Raises:
        InvalidValueError: A count is negative or not whole.

    Examples:
        >>> round(sign_e_value(8, 2), 5)
        4.00202
    """
    from scipy.special import betainc, betaln  # noqa: PLC0415 - half of the time that a short command takes

    w, l = _counts("wins and losses", [wins, losses])  # noqa: E741 - the letters of the formula
    tail = float(betainc(l + 1, w + 1, 0.5))
    if tail <= 0:  # wins are so few that nothing of the mass lies above one half
        return 0.0
    log_e = (w + l + 1) * math.log(2) + float(betaln(w + 1, l + 1)) + math.log(tail)
    return math.exp(min(log_e, LARGEST_LOG))


def sample_ratio_e_value(counts: Sequence[int], shares: Sequence[float], *, k: float = 100) -> float:
    """Return the evidence that users are not divided as they should be.

    E is the chance of the counts under shares drawn from a Dirichlet distribution around the intended ones,
    over their chance under the intended ones themselves. Computed for growing counts it is an e-process.

    Args:
        counts: (arms,) users seen in each arm, at least 0.
        shares: (arms,) intended shares, above 0, adding up to 1.
        k: How closely the alternative lies around the intended shares, above 0.

    Returns:
        E, at most e^700; 1 for no user.

    Raises:
        InvalidValueError: The counts or shares are none, or are not one for each arm.

    Source:
        Lindon and Malek (2022), "Anytime-valid inference for multinomial count data", arXiv 2011.03567.

    Examples:
        >>> round(sample_ratio_e_value([500, 9500], [0.05, 0.95]), 6)
        0.097873
    """
    seen = _counts("counts", counts)
    wanted = [float(share) for share in shares]
    sound = all(0 < share < 1 for share in wanted) and math.isclose(math.fsum(wanted), 1.0, abs_tol=1e-9)
    if len(seen) != len(wanted) or len(seen) < 2 or not sound:  # noqa: PLR2004 - a ratio has two sides
        raise InvalidValueError(
            f"shares {wanted} do not divide {len(seen)} arms",
            hint="one share above 0 for each arm, adding up to 1",
            code="EK553",
        )
    if not (math.isfinite(k) and k > 0):
        raise InvalidValueError(
            f"k = {k} is not above 0", hint="100 is what the rule was tried with", code="EK553"
        )
    log_e = math.lgamma(k) - math.lgamma(k + sum(seen))
    for number, share in zip(seen, wanted, strict=True):
        log_e += math.lgamma(k * share + number) - math.lgamma(k * share) - number * math.log(share)
    return math.exp(min(log_e, LARGEST_LOG))


def planned_users(p: float, *, delta: float, share: float, alpha: float = 0.05, power: float = 0.8) -> int:
    """Return how many canary users a test of fixed size would need, looked at once and at both sides.

    n = (z_{1−alpha/2} + z_power)² p (1 − p) (1 + share/(1 − share)) / delta². A test of one side at level a
    is that of two sides at 2a. Watching all the time costs more: see `evalkit canary --plan`.

    Args:
        p: The metric's mean in the control arm, in (0, 1).
        delta: The difference that is to be noticed, in (0, 1].
        share: The canary's share of the users, in (0, 1).
        alpha: Error rate of both sides together, in (0, 1).
        power: The chance of noticing the difference, in (0, 1).

    Returns:
        Canary users, rounded up; all users together are `share` of them the other way round.

    Raises:
        InvalidValueError: A number lies outside its range.

    Examples:
        >>> planned_users(0.3, delta=0.02, share=0.05), planned_users(0.3, delta=0.02, share=0.05, alpha=0.1)
        (4338, 3417)
    """
    return math.ceil(_planned(p, delta=delta, share=share, alpha=alpha, power=power) - 1e-9)


def planned_total(p: float, *, delta: float, share: float, alpha: float = 0.05, power: float = 0.8) -> int:
    """Return how many users of both arms together go with `planned_users`, rounded up."""
    users = _planned(p, delta=delta, share=share, alpha=alpha, power=power)
    return math.ceil(users / share - 1e-9)


def _planned(p: float, *, delta: float, share: float, alpha: float, power: float) -> float:
    for name, value in (("p", p), ("share", share), ("alpha", alpha), ("power", power)):
        if not 0 < value < 1:
            raise InvalidValueError(
                f"{name} = {value} does not lie between 0 and 1",
                hint="give it as a fraction, 0.05",
                code="EK553",
            )
    if not 0 < delta <= 1:
        raise InvalidValueError(
            f"delta = {delta} does not lie in (0, 1]", hint="the difference to notice, as 0.02", code="EK553"
        )
    normal = NormalDist()
    reach = normal.inv_cdf(1 - alpha / 2) + normal.inv_cdf(power)
    return reach**2 * p * (1 - p) * (1 + share / (1 - share)) / delta**2


def _within(name: str, values: Any) -> Floats:  # noqa: ANN401 - whatever becomes an array
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidValueError(
            f"{name} holds what is no number", hint="numbers in [−1, 1]", code="EK553"
        ) from error
    if array.ndim != 1:
        raise InvalidValueError(
            f"{name} has {array.ndim} axes, not one", hint="one list of numbers", code="EK553"
        )
    bad = np.flatnonzero(~(np.abs(array) <= 1.0))  # not a number is not within, either
    if len(bad):
        raise InvalidValueError(
            f"{name} = {array[bad[0]]} at position {bad[0]} lies outside [−1, 1]",
            hint="scale a metric to [0, 1] first",
            code="EK553",
        )
    return array


def _counts(name: str, counts: Sequence[int]) -> list[int]:
    whole = [int(number) for number in counts if math.isfinite(number)]
    if len(whole) != len(counts) or any(a != b or a < 0 for a, b in zip(whole, counts, strict=True)):
        raise InvalidValueError(
            f"{name} {list(counts)} are no counts", hint="whole numbers from 0 on", code="EK553"
        )
    return whole
