"""Company: several processes on one cache, one folder of shards, one baseline; all find the same."""

from __future__ import annotations

import itertools
import shutil

from children import numbers, told
from lines import EMBED, LINES
from place import Place, Tally

RUN = LINES["run"].words
GATE = "gate set --model hash/64 --json"
COMPARE = "compare set --baseline hash/16 --candidate hash/64 --no-mix --json -o rep --force"
AT_ONCE = (RUN, tuple(GATE.split()), tuple(COMPARE.split()), (*RUN, "--index", "HNSW8"))


def together(place: Place, count: int) -> Tally:
    """Open one new cache with 2, 4 and 8 processes at once, of one kind and of several."""
    tally = Tally()
    place.run(*LINES["gate --update"].words)
    right = [place.run(*line) for line in AT_ONCE]
    wanted = [(one.code, numbers(one.out) or told(one.out)) for one in right]
    for turn, size, kinds in itertools.product(range(count), (2, 4, 8), (1, len(AT_ONCE))):
        cache = place.folder / f"new-{turn}-{size}-{kinds}" / "kept"
        cache.parent.mkdir()
        children = [place.child(*AT_ONCE[n % kinds], cache=cache).start() for n in range(size)]
        for number, found in enumerate([child.wait() for child in children]):
            same = (found.code, numbers(found.out) or told(found.out)) == wanted[number % kinds]
            tally.note(same, f"{size} at once: {AT_ONCE[number % kinds][0]} {found.code} {found.err[-300:]}")
        shutil.rmtree(cache.parent)
    for size in (2, 4, 8) * count:
        _one_folder(place, size, tally, numbers(right[0].out))
    return tally


def _one_folder(place: Place, size: int, tally: Tally, right: object) -> None:
    """Fill one folder of shards with several processes: one does it, the others do, too, or say who does."""
    place.clear("shards")
    children = [place.child(*EMBED.split()).start() for _ in range(size)]
    for found in [child.wait() for child in children]:
        tally.note(found.code == 0 or found.is_clear_error, f"{size} embed: {found.code} {found.err[-300:]}")
    place.run(*EMBED.split())
    found = place.run("run", "set", "--model", "vectors/shards", "--json")
    same = list((numbers(found.out) or {}).values()) == list((right or {}).values())  # type: ignore[attr-defined] # both are dictionaries
    tally.note(same, f"{size} embed, then: {found.code} {found.err[-300:]}")
