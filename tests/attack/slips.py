"""Slips: members of archives, names and links that lead out of their folder; nothing is done there."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from place import Place, Tally

Lay = Callable[[Path], object]


def slips(place: Place, count: int) -> Tally:
    """Let members, names and links lead out of their folder: nothing is written or read there."""
    del count
    tally = Tally()
    outside = place.folder.parent / "outside"
    for name, lay, line in _slips(outside):
        place.again()
        outside.write_text("q000\td000\t1\nsecret\td001\t1\n")
        lay(place.folder)
        told = place.run(*line.split())
        kept = outside.read_text() == "q000\td000\t1\nsecret\td001\t1\n"
        silent = "secret" not in told.out + told.err
        tally.note(kept and silent and told.code in (0, 2, 3), f"{name}: {told.code} {told.err[-300:]}")
    outside.unlink()
    return tally


def _slips(outside: Path) -> Iterator[tuple[str, Lay, str]]:
    def linked(name: str) -> Lay:
        def lay(folder: Path) -> None:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).unlink(missing_ok=True)
            (folder / name).symlink_to(outside)

        return lay

    def slipping(folder: Path) -> None:
        (folder / "v").mkdir()
        for role in ("corpus", "queries"):
            with zipfile.ZipFile(folder / "v" / f"{role}.npz", "w") as archive:
                for member in ("../../outside.npy", "/tmp/outside.npy"):  # noqa: S108 - where a slip would lead
                    content = io.BytesIO()
                    np.save(content, np.zeros((2, 2), np.float32))
                    archive.writestr(member, content.getvalue())

    yield "members of an npz", slipping, "run set --model vectors/v --json"
    yield "judgements", linked("set/qrels/test.tsv"), "golden check set"
    yield "queries", linked("set/queries.jsonl"), "golden check set"
    yield "a card", linked("set/golden.toml"), "golden stats set"
    yield "a lock", linked("set/golden.lock"), "golden lock set"
    yield "a baseline", linked("baselines/set/hash-64.json"), "gate set --model hash/64 --update"
    yield (
        "a page",
        linked("rep/report.html"),
        "compare set --baseline hash/8 --candidate hash/64 -o rep --force",
    )
    yield "shards", linked("shards/shard-00000.parquet"), "embed set --model hash/64 -o shards"
    yield "a fingerprint", linked("shards/fingerprint.json"), "embed set --model hash/64 -o shards"
    yield (
        "a result of a canary",
        linked("watched/result.json"),
        "canary events.csv --margin 0.9 --share 0.5 -o watched",
    )
