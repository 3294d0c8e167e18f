"""The demo corpus: docstrings of the running interpreter's standard library, read at run time."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from evalkit.errors import GoldenSetError
from evalkit.golden.reading.records import Judgement, Sheet, TextRecord
from evalkit.golden.shipped import docstrings
from evalkit.golden.shipped.docstrings import MODULES
from evalkit.parsing import parse_json


def read_stdlib_corpus(card_path: Path) -> tuple[Sheet, dict[str, str]]:
    """Build the corpus: one document for each public module, class, function and method with a docstring.

    Args:
        card_path: The card that asked for it; findings name it as their place.

    Returns:
        The documents, ids such as "atexit.register", and the aliases: where several objects carry one
        docstring, the id in the module that defines it, else the shortest, keeps it; the others map to that.
    """
    owners: dict[str, dict[str, bool]] = {}
    for identity, text, at_home in _told_by_a_fresh_interpreter():
        owners.setdefault(text, {})[identity] = at_home
    sheet = Sheet(card_path)
    aliases = {}
    for text, identities in owners.items():
        ranked = sorted(
            (not at_home, name.count("."), len(name), name) for name, at_home in identities.items()
        )
        kept, *others = [name for _, _, _, name in ranked]
        sheet.records.append(TextRecord(kept, f"{kept}\n{text}", {"module": _module_of(kept)}, 0))
        aliases.update(dict.fromkeys(others, kept))
    return sheet, aliases


def under_kept_names(qrels: Sheet, aliases: Mapping[str, str]) -> Sheet:
    """Put judgements under the ids that their documents kept; where two names meet, the higher grade stands.

    Which objects share a docstring differs between versions of Python, so the names that a golden set judges
    apart may be one document here.

    Args:
        qrels: The judgements; changed in place.
        aliases: The other names of documents, as `read_stdlib_corpus` returns them.

    Returns:
        `qrels`, each query and document once.
    """
    best: dict[tuple[str, str], Judgement] = {}
    for read in qrels.judgements:
        judgement = replace(read, document=aliases.get(read.document, read.document))
        known = best.setdefault((judgement.query, judgement.document), judgement)
        if judgement.grade > known.grade:
            best[judgement.query, judgement.document] = judgement
    qrels.judgements[:] = best.values()
    return qrels


def _told_by_a_fresh_interpreter() -> list[tuple[str, str, bool]]:
    """Return id, docstring and whether the defining module lists it, as `docstrings.py` prints them."""
    command = [sys.executable, "-I", "-S", "-X", "utf8", str(docstrings.__file__)]
    try:
        told = subprocess.run(command, capture_output=True, check=True, stdin=subprocess.DEVNULL).stdout  # noqa: S603 - our own script
        return [(identity, text, at_home) for identity, text, at_home in parse_json(told)]
    except (OSError, subprocess.CalledProcessError, ValueError) as error:
        raise GoldenSetError(
            f"the standard library's docstrings cannot be read: {error}",
            hint="the interpreter that runs evalkit must be able to start itself",
            code="EK227",
        ) from error


def _module_of(identity: str) -> str:
    parts = identity.split(".")
    for length in range(len(parts), 0, -1):
        if ".".join(parts[:length]) in MODULES:
            return ".".join(parts[:length])
    return parts[0]
