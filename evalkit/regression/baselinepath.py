"""Where a baseline lies: one file for each name, and never outside the folder that was named."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from evalkit.errors import OutputError
from evalkit.opening import resolved
from evalkit.parsing import parse_json

FOLDER = "baselines"
LONGEST = 120
_PLAIN = re.compile(r"[A-Za-z0-9_-](?:[A-Za-z0-9._-]*[A-Za-z0-9_-])?")
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_SPEC = re.compile(r"[A-Za-z0-9_-]+/.+", re.DOTALL)
_KEPT = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
_LOWER = frozenset("abcdefghijklmnopqrstuvwxyz0123456789._")
_TEXT = r'("(?:[^"\\]|\\.)*")'
_SYSTEM = re.compile(rf'"system"\s*:\s*{_TEXT}')
_GOLDEN = re.compile(rf'"golden"\s*:\s*{{\s*"name"\s*:\s*{_TEXT}')


def baseline_path(folder: Path, golden: str, system: str) -> Path:
    """Return the file of a system's baseline: baselines/GOLDEN/SYSTEM.json under a folder.

    A name of letters, digits, ".", "_" and "-" is the name of its file; a spec has "-" for what no such name
    should hold. Any other name is percent-encoded, and so is one whose file holds the baseline of another
    name, or differs from another file in capitals alone. An older file that says that it is of this
    very system and golden set stays where it is.
    """
    home = folder / FOLDER
    older = home / _flat(golden) / f"{_flat(system)}.json"
    if owner(older) == (golden, system):
        return older
    inside = _free(home, golden, _written(golden))
    stem = _flat(system) if _SPEC.fullmatch(system) and len(system) <= LONGEST else _written(system)
    usual = inside / f"{stem}.json"
    if owner(usual) not in (None, (golden, system)):
        return inside / f"{_spelt(system)}.json"
    return usual if usual.exists() else _free(inside, system, f"{stem}.json", ".json")


def owner(path: Path) -> tuple[str, str] | None:
    """Return the names of golden set and system whose baseline lies there; None where none can be read."""
    try:
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        found = [pattern.search(text) for pattern in (_GOLDEN, _SYSTEM)]
        golden, system = (str(parse_json(match[1])) for match in found if match)
    except (OSError, ValueError):
        return None
    return golden, system


def check_inside(path: Path, folder: Path) -> None:
    """Raise where a link would lead what is written for `path` out of `folder`.

    Raises:
        OutputError: It would; nothing is written.
    """
    target = resolved(path)
    if not target.is_relative_to(resolved(folder)):
        raise OutputError(
            f"{path} leads through a link to {target}, outside {resolved(folder)}: nothing is written there",
            hint="put a file or folder of its own in the link's place, or name that file with --baseline",
            code="EK163",
        )


def _free(folder: Path, name: str, usual: str, suffix: str = "") -> Path:
    """Return the usual place of a name, or its spelt one beside what differs in capitals alone."""
    there = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    alike = [other for other in there if other != usual and other.casefold() == usual.casefold()]
    return folder / (f"{_spelt(name)}{suffix}" if alike and usual not in there else usual)


def _flat(name: str) -> str:
    """Return a name as it was always written: "-" for whatever no file name should hold."""
    return _UNSAFE.sub("-", name).strip(".-") or "-"


def _written(name: str) -> str:
    """Return a plain name as it is, any other with what is not plain percent-encoded."""
    plain = _PLAIN.fullmatch(name) and not _RESERVED.fullmatch(name)
    return _shortened(name if plain else _encoded(name, _KEPT), name)


def _spelt(name: str) -> str:
    """Return a name that no plain name equals, not even with other capitals."""
    return _shortened(_encoded(name, _LOWER), name)


def _encoded(name: str, kept: frozenset[str]) -> str:
    """Return a name percent-encoded but for the characters kept; dots at its ends are encoded too."""
    shown = [
        "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "surrogatepass"))
        if character not in kept or (character == "." and place in (0, len(name) - 1))
        else character
        for place, character in enumerate(name)
    ]
    first = shown[0] if shown else "%"
    hidden = kept is _LOWER or _RESERVED.fullmatch(name)
    return "".join([f"%{ord(first):02X}" if hidden and len(first) == 1 else first, *shown[1:]])


def _shortened(text: str, name: str) -> str:
    """Return text short enough for a file's name; what is cut off leaves its digest."""
    if len(text) <= LONGEST:
        return text
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"{text[: LONGEST - len(digest) - 1]}~{digest}"
