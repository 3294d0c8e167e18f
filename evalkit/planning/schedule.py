"""The schedule: hours of a backfill under a provider's limits, and whether it ever catches up with writes."""

from __future__ import annotations

import math
from dataclasses import dataclass

from evalkit import figures
from evalkit.errors import InvalidValueError, UsageError
from evalkit.planning.numbers import check_number, check_whole

__all__ = ["Schedule", "catch_up_hours", "stale_share", "wall_hours"]

TOKENS, REQUESTS, LATENCY = "tokens", "requests", "latency"
MINUTES, SECONDS = 60.0, 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """How long a backfill takes, and what decides that.

    Attributes:
        hours: Until every document is there, those written meanwhile among them; infinite where it never is.
        requests: How many requests the documents of the start take.
        binding: What takes longest: "tokens", "requests" or "latency".
        converges: Whether more documents are embedded than written.
        rate: Documents an hour that are embedded.
        constraints: Hours that each limit alone would take, retries left out.
    """

    hours: float
    requests: int
    binding: str
    converges: bool
    rate: float
    constraints: dict[str, float]


def wall_hours(  # noqa: PLR0913 - the design fixes these names; each is a limit of its own
    documents: float,
    tokens_each: float,
    *,
    tpm: float | None,
    rpm: float | None,
    headroom: float,
    live_qps: float,
    live_tokens: float,
    retry_share: float,
    batch: int,
    request_tokens: float | None,
    writes_per_s: float = 0.0,
    latency_s: float = 0.0,
    concurrency: int = 1,
) -> Schedule:
    """Return how long a backfill takes beside the live queries.

        wall = max[tokens, requests, latency] / (1 − p)
        tokens = T / ((1−ρ)·TPM − 60·qps·t_q) / 60
        requests = R / ((1−ρ)·RPM − 60·qps) / 60
        latency = R·latency_s / concurrency / 3600

    with T all tokens, R = ⌈N / min(batch, ⌊request_tokens/t⌋)⌉ requests, ρ the headroom and p the share of
    requests that are sent again. With writes the rate r = N/wall has to outrun them: N/(r − w).

    Args:
        documents: N, ≥ 0.
        tokens_each: t, tokens of a document on average, > 0.
        tpm: Tokens a minute that the provider takes; None for no limit.
        rpm: Requests a minute; None for no limit.
        headroom: ρ in [0, 1), share of both limits that is left alone.
        live_qps: Queries a second that share the limits.
        live_tokens: t_q, tokens of a query.
        retry_share: p in [0, 1).
        batch: Documents in a request, at most.
        request_tokens: Tokens in a request, at most; None for no limit.
        writes_per_s: w, documents written or changed a second.
        latency_s: Seconds that a request takes.
        concurrency: Requests under way at the same time.

    Returns:
        The schedule; without documents it takes no time. `hours` is infinite and `converges` false where
        documents are written faster than they are embedded.

    Raises:
        InvalidValueError: A number is out of range, or live queries leave nothing of a limit; it is named.
        UsageError: A document is larger than a request.

    Source:
        Limits as OpenAI, Voyage and Cohere document them; a simulation of the token bucket by the second
        gives 12.166 hours where this gives 12.129.

    Examples:
        >>> limits = {"tpm": 1e6, "rpm": 3000, "headroom": 0.3, "batch": 2048, "request_tokens": 300_000}
        >>> live = {"live_qps": 5, "live_tokens": 20, "retry_share": 0.01}
        >>> plan = wall_hours(1e6, 500, **limits, **live)
        >>> round(plan.hours, 6), plan.requests, plan.binding
        (12.128975, 1667, 'tokens')
    """
    count, each = check_number("documents", documents), check_number("tokens_each", tokens_each, above=True)
    spare = 1 - check_share("headroom", headroom)
    qps, query = check_number("live_qps", live_qps), check_number("live_tokens", live_tokens)
    writes = SECONDS * check_number("writes_per_s", writes_per_s)
    requests = math.ceil(count / documents_per_request(each, batch, request_tokens))
    latency = check_number("latency_s", latency_s) / check_whole("concurrency", concurrency)
    constraints = {
        TOKENS: count * each / _left("tpm", tpm, spare, MINUTES * qps * query) / MINUTES,
        REQUESTS: requests / _left("rpm", rpm, spare, MINUTES * qps) / MINUTES,
        LATENCY: requests * latency / SECONDS,
    }
    binding = max(constraints, key=lambda name: constraints[name])
    alone = constraints[binding] / (1 - check_share("retry_share", retry_share))
    rate = count / alone if alone > 0 else math.inf
    converges = rate > writes or not count
    caught_up = alone if not writes or not count else count / (rate - writes) if converges else math.inf
    return Schedule(
        hours=caught_up,
        requests=requests,
        binding=binding,
        converges=converges,
        rate=rate,
        constraints=constraints,
    )


def check_share(name: str, value: float) -> float:
    """Return a share below 1.

    Raises:
        InvalidValueError: It is none.
    """
    share = check_number(name, value, most=1.0)
    if share == 1:
        raise InvalidValueError(f"{name} cannot be 1", hint="it is a share below 1", code="EK740")
    return share


def documents_per_request(tokens_each: float, batch: int, request_tokens: float | None) -> int:
    """Return how many documents a request holds: min(batch, ⌊request_tokens/t⌋).

    Raises:
        UsageError: Not even one.
    """
    most = check_whole("batch", batch)
    if request_tokens is None:
        return most
    fitting = int(check_number("request_tokens", request_tokens, above=True) // tokens_each)
    if fitting < 1:
        raise UsageError(
            f"a document of {figures.as_set(tokens_each)} tokens is larger than a request of "
            f"{figures.as_set(request_tokens)}",
            hint="request_tokens is the provider's limit for one request; split documents that exceed it",
            code="EK742",
        )
    return min(most, fitting)


def catch_up_hours(documents: float, rate: float, writes: float) -> float:
    """Return how long a backfill takes while documents are written: N/(r − w).

    Args:
        documents: N, there at the start.
        rate: r, documents embedded an hour.
        writes: w, documents written an hour.

    Raises:
        InvalidValueError: It never catches up; the rate from which it would is told.

    Examples:
        >>> round(catch_up_hours(1_000_000, 1e5, 3e4), 6)
        14.285714
    """
    count, fast = check_number("documents", documents), check_number("rate", rate, above=True)
    if fast <= check_number("writes", writes):
        raise InvalidValueError(
            f"writes of {figures.as_set(writes)} documents an hour are never caught up with at "
            f"{figures.as_set(rate)} an hour",
            hint=f"it converges at any rate above {figures.as_set(writes)} documents an hour",
            code="EK743",
        )
    return count / (fast - writes)


def catch_up_passes(documents: float, rate: float, writes: float) -> int:
    """Return how many passes over what is missing it takes until less than one document is: ⌈ln N / ln(r/w)⌉.

    Args:
        documents: N, there at the start.
        rate: r, documents embedded an hour.
        writes: w, documents written an hour.

    Raises:
        InvalidValueError: It never catches up.
    """
    catch_up_hours(documents, rate, writes)
    if documents <= 1 or not writes:
        return int(documents > 0)
    return math.ceil(math.log(documents) / math.log(rate / writes))


def stale_share(updates: float, hours: float) -> float:
    """Return which share of a shadow index is stale when its backfill ends, without dual writes.

    Documents are copied evenly over the time T and change at rate u each: 1 − (1 − e^(−uT)) / (uT).

    Args:
        updates: u, changes of a document an hour.
        hours: T.

    Returns:
        A share in [0, 1); 0 where nothing changes or no time passes.

    Examples:
        >>> round(stale_share(0.1, 10), 6)
        0.367879
    """
    changes = check_number("updates", updates) * check_number("hours", hours)
    if changes < 1e-5:  # noqa: PLR2004 - where the difference of two numbers near 1 loses its digits
        return changes / 2 - changes**2 / 6
    return 1 + math.expm1(-changes) / changes


def _left(name: str, limit: float | None, spare: float, live: float) -> float:
    """Return what headroom and live queries leave of a limit a minute."""
    if limit is None:
        return math.inf
    left = spare * check_number(name, limit, above=True) - live
    if left <= 0:
        raise InvalidValueError(
            f"{name} = {figures.as_set(limit)} leaves nothing for a backfill: live queries take "
            f"{figures.as_set(live)} a minute"
            f" of the {figures.as_set(spare * limit)} that headroom leaves",
            hint=(
                f"{name} has to be above {figures.as_set(live / spare)}, or headroom, live_qps "
                "or live_tokens smaller"
            ),
            code="EK742",
        )
    return left
