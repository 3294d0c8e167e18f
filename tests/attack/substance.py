"""The substance of what a command wrote: its files without the moment and the speed of their making."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pyarrow.parquet as pq

from evalkit.results.seal import KEY, seal_findings

# What differs between two runs of one command: when it ran, how long it took, what it found in the cache,
# and which runs there were before.
MOMENTS = {
    "history",
    "created",
    "encoded",
    "encode_s",
    "search_p50_ms",
    "search_p95_ms",
    "updated",
    "stored",
    KEY,  # over all of these, too; that it fits is looked at
}
SPEEDS = re.compile(
    r">created<|<bdi>Flat</bdi>|timestamp_seconds|last_success|\| created|\| Flat \|"
    r"|EK468|the checks noticed nothing|^<ul class=.findings|^</ul>"  # a canary that sees its events again
    r"|EK360|findings? of the checks"  # a cache that had gone, and its finding counted
)
# What happened night by night: a night that was killed is one more.
NIGHTS = re.compile(
    r'\s*<section id="history".*?</section>|\s*<li[^>]*>\s*<a href="#history".*?</li>', re.DOTALL
)
BASES = (".sqlite", ".sqlite-wal", ".sqlite-shm", "history.jsonl")  # bases, and a log of every run


def substance(folder: Path, names: tuple[str, ...]) -> dict[str, object]:
    """Return file → what it says, for files and folders of a place; drafts are no files yet."""
    found: dict[str, object] = {}
    for name in names:
        top = folder / name
        for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
            if path.is_file() and not path.name.endswith((*BASES, ".part")):
                found[str(path.relative_to(folder))] = _told(path)
    return found


def _told(path: Path) -> object:
    data = path.read_bytes()
    try:
        if path.suffix == ".json":
            value = json.loads(data)
            return _without_moments(value) if not seal_findings(value, path.name) else "a broken seal"
        if path.suffix == ".parquet":
            return pq.read_table(path).to_pylist()
        if path.suffix == ".gz":
            return gzip.decompress(data)
        text = NIGHTS.sub("", data.decode())
    except Exception as error:  # noqa: BLE001 - whatever is wrong with a half-written file
        return f"{type(error).__name__}: {len(data)} bytes" if path.suffix != ".state" else data
    return "\n".join(line for line in text.split("\n") if not SPEEDS.search(line))


def _without_moments(value: object) -> object:
    if isinstance(value, dict):
        return {key: _without_moments(inner) for key, inner in value.items() if key not in MOMENTS}
    if isinstance(value, list):
        return [_without_moments(inner) for inner in value if not _is_repeated(inner)]
    return value


def _is_repeated(value: object) -> bool:
    """Return whether a finding says that a canary has seen these events before, or that a cache had gone."""
    return isinstance(value, dict) and value.get("code") in ("EK468", "EK360")
