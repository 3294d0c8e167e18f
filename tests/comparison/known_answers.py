"""The known answers of tests/data/statistics.json, each computed in two independent ways."""

import json
from pathlib import Path
from typing import Any

_FILE = json.loads((Path(__file__).parents[1] / "data" / "statistics.json").read_text(encoding="utf-8"))
_BY_ID = {entry["id"]: entry for entry in _FILE["vectors"]}

D40: list[float] = _FILE["data"]["d40"]


def given(identity: str) -> Any:
    """Return the input of one known answer."""
    return _BY_ID[identity]["input"]


def expected(identity: str) -> Any:
    """Return what comes out of it."""
    return _BY_ID[identity]["expected"]
