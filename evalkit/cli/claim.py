"""The claim: what would be refused at the end is refused before any work, but after usage mistakes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from evalkit.errors import OutputError

if TYPE_CHECKING:
    from evalkit.evaluation import System
    from evalkit.golden.goldenset import GoldenSet


def claim(
    output: str, golden: GoldenSet, systems: Sequence[System], question: Mapping[str, object], *, force: bool
) -> None:
    """Raise where a result could not be written into a folder.

    A misspelt model is told before that: who mends the name may well ask another question.

    Args:
        output: The folder.
        golden: The golden set.
        systems: What is asked about.
        question: What the result will be known by, beside the golden set and the systems.
        force: Whether another experiment may be overwritten.

    Raises:
        EvalkitError: A system is not what its name says.
        OutputError: Something else lies there, or nothing can be written.
    """
    from evalkit.reporting.files import claim_folder
    from evalkit.results.ownership import asked_of

    try:
        claim_folder(Path(output), asked_of(golden, systems, question), force=force)
    except OutputError:
        for system in systems:
            system.check(golden)
        raise
