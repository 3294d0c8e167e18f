"""Texts and names: what steers terminals, commands build servers, leads elsewhere or names nothing."""

from __future__ import annotations

import json
import os
import random

from hostile_texts import STEERING, harms
from lines import LINES
from place import Place, Tally
from words import words

MODEL = "hash/64"
RUN, COMPARE = LINES["run"].words, LINES["compare"].words
ASKED = (
    ("golden", "check", "set"),
    ("golden", "stats", "set"),
    RUN,
    COMPARE,
    ("report", "rep", "-o", "-"),
    ("diff", "set", "--old", "hash/16", "--new", MODEL),
    ("interleave", "draft", "set", "--old", "hash/16", "--new", MODEL, "-o", "lists.jsonl"),
    ("embed", "set", "--model", "hash/8", "-o", "steered"),
    ("parity", "steered", "steered"),
)
NAMES = {
    "5,000 characters": "x" * 5_000,
    "255 characters": "y" * 255,
    "a folder": "lying-folder",
    "a file": "lying-file",
    "a pipe": "lying-pipe",
    "a device": "/dev/zero",
    "below a file": "lying-file/x",
    "a loop of links": "lying-loop",
    "no UTF-8": "bad\udcff",
    "nothing": "",
    "a line break": "a\nb",
    "nobody's home": "~nobody-at-all/x",
    "5,000 digits": "9" * 5_000,
    "above": "../../../../../../etc/passwd",
    "a colour": "\x1b[31mred",
    "NUL": "a\0b",
}
MOST_S = 30.0


def steering(place: Place, count: int) -> Tally:
    """Let versions, queries, ids and metadata hold what steers; nothing of it is printed."""
    tally = Tally()
    for name, text in list(STEERING.items())[: max(3, count)]:
        place.again()
        _steer(place, text)
        for command in (*ASKED, ("run", text, "--model", MODEL), ("run", "set", "--model", text), (text,)):
            told = place.run(*command)
            held = not harms(told.out) and not harms(told.err) and told.code in (0, 1, 2, 3)
            tally.note(held, f"{name} in {' '.join(command)[:60]!r}: {told.code} {told.err[-200:]}")
    return tally


def _steer(place: Place, text: str) -> None:
    stated = json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
    (place.folder / "set" / "golden.toml").write_text(f"version = {stated}\n", encoding="utf-8")
    for file, before in (
        ("queries.jsonl", "question about"),
        ("corpus.jsonl", "answer on"),
        ("queries.jsonl", "mail"),
    ):
        path = place.folder / "set" / file
        path.write_text(path.read_text().replace(before, json.dumps(text)[1:-1]), encoding="utf-8")


def names(place: Place, count: int) -> Tally:
    """Put every hostile name in the place of every word of every command, or of some by chance."""
    tally = Tally()
    lines = [
        (word.name, name, line)
        for word in words()
        for name, text in NAMES.items()
        for line in word.lines(text)
    ]
    chance = random.Random(place.chance.random())  # noqa: S311 - chance that can be repeated
    for before in ("compare", "embed", "gate --update"):
        place.run(*LINES[before].words)
    _lay(place)
    for word, name, line in lines if count >= len(lines) else chance.sample(lines, count):
        told = place.run(*line)
        held = told.code in (0, 1, 3) or told.is_clear_error or (told.code == 2 and "error" in told.err)
        tally.note(held and "EK900" not in told.err, f"{word} = {name}: {told.code} {told.err[-300:]}")
        lying = place.folder / "lying-file"
        untouched = lying.is_file() and lying.read_bytes() == b"x\n"
        if not untouched and not _named_for_writing(line):
            tally.fallen.append(f"{word} = {name}: the file that lay there is gone")
        _lay(place)
    return tally


def _named_for_writing(line: tuple[str, ...]) -> bool:
    """Return whether somebody named the file as what is to be written."""
    return any(word in ("-o", "--output", "--state", "--baseline") for word in line)


def _lay(place: Place) -> None:
    folder = place.folder
    if not (folder / "lying-folder").is_dir():
        place.clear("lying-folder")
        (folder / "lying-folder").mkdir()
    if not (folder / "lying-file").is_file() or (folder / "lying-file").read_bytes() != b"x\n":
        place.clear("lying-file")
        (folder / "lying-file").write_bytes(b"x\n")
    if not (folder / "lying-pipe").exists():
        os.mkfifo(folder / "lying-pipe")
    if not (folder / "lying-loop").is_symlink():
        (folder / "lying-loop").symlink_to("lying-loop")
