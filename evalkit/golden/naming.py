"""Naming: a golden set's name is a name, since folders, files and reports are called by it."""

from __future__ import annotations

import unicodedata
from pathlib import Path

from evalkit.errors import UsageError
from evalkit.opening import resolved

LONGEST = 120
UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}
NAME_HINT = 'a name such as "support-2026": no slash, no line break, not . or .., at most 120 characters'


def wrong_with_name(name: str) -> str:
    """Return what keeps a text from being a golden set's name, "" where nothing does."""
    cases = (
        (not name.strip(), "is empty"),
        (not name.strip("."), "is the way to a folder, not a name"),
        ("/" in name or "\\" in name, "is a path, not a name"),
        (any(unicodedata.category(char) in UNSEEN for char in name), "holds what cannot be seen or written"),
        (name != name.strip() or name.endswith("."), "begins or ends with a space or a point"),
        (name.partition(".")[0].casefold() in RESERVED, "is a device on some systems"),
        (len(name) > LONGEST, "is too long"),
    )
    return next((wrong for holds, wrong in cases if holds), "")


def name_for(stated: str, folder: Path) -> str:
    """Return the name of a golden set: what its card states, else that of its folder.

    Raises:
        UsageError: The folder's name, or the one that was given, is no name.
    """
    name = stated or resolved(folder).name
    wrong = wrong_with_name(name)
    if wrong:
        source = "the name" if stated else "no name is stated, and that of the folder"
        hint = f"say name = … in golden.toml, or --name where you import: {NAME_HINT}"
        raise UsageError(f"{source} {name!r} {wrong}", hint=hint, code="EK248")
    return name
