"""Endpoints: they lie, cut, drip, fail, redirect, flood; right vectors or an error, nothing else is kept."""

from __future__ import annotations

import gzip
import itertools
import json
import random
from collections.abc import Callable, Iterator

from children import numbers
from endpoint_by_hand import Endpoint, Payload, Reply, endpoint, reply
from place import Place, Tally

Answer = Callable[[Payload], Reply]
SETTINGS = """
[models.m]
spec = "openai/m"
base_url = "{url}"
max_retries = 0
timeout_s = 3
"""
RUN = ("run", "set", "--model", "m", "--json")
EMBED = ("embed", "set", "--model", "m", "-o", "shards", "--shard-rows", "50")
SHARDS = ("run", "set", "--model", "vectors/shards", "--json")


def endpoints(place: Place, count: int) -> Tally:
    """Ask an endpoint that answers well once and then badly, by run and by embed; then ask it again."""
    tally = Tally()
    with endpoint() as served, endpoint() as elsewhere:
        (place.folder / "evalkit.toml").write_text(SETTINGS.format(url=served.url))
        right = _values(place, RUN)
        lies = _lies(served, elsewhere, place.chance)
        for (name, lie), turn in zip(itertools.cycle(lies.items()), range(count), strict=False):
            place.clear(place.cache.name, "shards")
            served.always, served.next = (lie, []) if turn % 2 else (None, [served.well, lie])
            for asked, read in ((RUN, RUN), (EMBED, SHARDS)):
                told = place.run(*asked)
                held = told.is_clear_error or (told.code == 0 and _values(place, read) == right)
                tally.note(held and right, f"{name} {asked[0]}: {told.code} {told.err[-300:]}")
            served.always, served.next = None, []
            same = _values(place, RUN) == right and place.run(*EMBED).code == 0
            tally.note(same and _values(place, SHARDS) == right, f"{name}, then well: other numbers")
        tally.note(not elsewhere.requests, f"{len(elsewhere.requests)} requests followed a redirect")
    return tally


def _values(place: Place, line: tuple[str, ...]) -> list[object]:
    return list((numbers(place.run(*line).out) or {}).values())  # type: ignore[attr-defined] # a dictionary


def _lies(served: Endpoint, elsewhere: Endpoint, chance: random.Random) -> dict[str, Answer]:
    return {**dict(_false(served)), **dict(_broken(served, chance)), **dict(_led(elsewhere))}


def _false(served: Endpoint) -> Iterator[tuple[str, Answer]]:
    """Yield answers in which one thing is not as it should be."""

    def changed(change: Callable[[list[Payload]], object]) -> Answer:
        def lie(request: Payload) -> Reply:
            told = json.loads(served.well(request).body)
            change(told["data"])
            return reply(told["data"])

        return lie

    yield "one too few", changed(lambda data: data.pop())
    yield "one twice", changed(lambda data: data.append(data[0]))
    yield "index as text", changed(lambda data: data[0].update(index="0"))
    yield "index as a float", changed(lambda data: data[0].update(index=0.0))
    yield "index true", changed(lambda data: data[0].update(index=True))
    yield "index beyond", changed(lambda data: data[0].update(index=10**9))
    yield "index below", changed(lambda data: data[0].update(index=-1))
    yield "two indexes alike", changed(lambda data: data[-1].update(index=0))
    yield "another dimension", changed(lambda data: data[0].update(embedding=[1.0]))
    yield "null", changed(lambda data: data[0].update(embedding=None))
    yield "not a number", changed(lambda data: data[0].update(embedding=[float("nan")] * served.dims))
    yield "text", changed(lambda data: data[0].update(embedding="not numbers"))
    yield "zeros", changed(lambda data: data[0].update(embedding=[0.0] * served.dims))


def _broken(served: Endpoint, chance: random.Random) -> Iterator[tuple[str, Answer]]:
    """Yield answers that are none."""
    packed = gzip.compress(b" " * 2**24, 9) * 32
    yield "cut", lambda request: Reply(body=served.well(request).body[: chance.randrange(1, 200)])
    yield "deep", lambda _: Reply(body=b"[" * 50_000)
    yield "empty", lambda _: Reply()
    yield "a page", lambda _: Reply(body=b"<html>\x1b[31m::error::x</html>")
    yield "refused", lambda _: Reply(400, b'{"error": {"message": "\\u001b]0;x\\u0007 ::error::x"}}')
    yield "a fault", lambda _: Reply(500, b"", {"retry-after-ms": "1"})
    yield "too many", lambda _: Reply(429, b"{}", {"retry-after": "999999"})
    yield "drips", lambda request: Reply(body=served.well(request).body, drips=True)
    yield "silent", lambda _: Reply(hangs=True)
    yield "gone", lambda _: Reply(leaves=True)
    yield "a bomb", lambda _: Reply(body=packed, headers={"content-encoding": "gzip"})
    packing = {"content-encoding": "gzip"}
    yield "packed by nobody", lambda request: Reply(body=served.well(request).body, headers=packing)


def _led(elsewhere: Endpoint) -> Iterator[tuple[str, Answer]]:
    """Yield answers that lead to another server."""
    for status in (301, 302, 303, 307, 308):
        yield (
            f"elsewhere by {status}",
            _moved(Reply(status, b"", {"location": f"{elsewhere.url}/embeddings"})),
        )


def _moved(there: Reply) -> Answer:
    return lambda _: there
