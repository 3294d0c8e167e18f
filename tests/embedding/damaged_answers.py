"""Answers of an embeddings endpoint with one or two of the faults that servers have."""

from __future__ import annotations

import base64
import random
from typing import Any

import numpy as np

Items = list[dict[str, Any]]


def damaged(items: Items, random_: random.Random) -> object:  # noqa: C901, PLR0912 - a branch a fault
    """Return items after one or two of the faults that servers have."""
    for _ in range(random_.randint(0, 2)):
        at = random_.randrange(len(items)) if items else 0
        fault = random_.randrange(12)
        if fault == 0:
            random_.shuffle(items)
        elif fault == 1:
            items = [{**item, "index": str(item.get("index"))} for item in items]
        elif fault == 2:
            items = [
                {**item, "index": float(index) if isinstance(index := item.get("index"), int) else index}
                for item in items
            ]
        elif fault == 3:
            items = [{k: v for k, v in item.items() if k != "index" or v} for item in items]
        elif fault == 4 and items:
            items = [*items, dict(items[at])]
        elif fault == 5 and items:
            items = items[:at] + items[at + 1 :]
        elif fault == 6 and items:
            items[at] = {**items[at], "index": random_.choice([-1, 99, True, None, "x", 0, [], 1e99])}
        elif fault == 7 and items:
            items[at] = {**items[at], "embedding": random_.choice([[1.0], [], None, "AAAA", [[1.0]], "x"])}
        elif fault == 8 and items:
            items[at] = {**items[at], "embedding": [float("nan"), "1", True, None][: random_.randint(1, 4)]}
        elif fault == 9:
            packed = [np.array(item.get("embedding"), dtype=object) for item in items]
            items = [
                {**item, "embedding": base64.b64encode(row.astype("<f4").tobytes()).decode()}
                if row.shape == (3,) and all(isinstance(number, float) for number in row)
                else item
                for item, row in zip(items, packed, strict=True)
            ]
        elif fault == 10:
            items = [{**item, "embedding": [item.get("embedding")]} for item in items]
        elif fault == 11:
            return random_.choice([None, {}, "data", [1], [None]])
    return items
