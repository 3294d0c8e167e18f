"""Own records: results of what has no golden set, read from their files by their kind."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from evalkit.errors import UsageError
from evalkit.opening import read_json
from evalkit.results.reading import RESULT, marked
from evalkit.results.record import Record
from evalkit.results.schemas import RECORDS


def read_record(path: Path) -> Record | None:
    """Return the record in a file; None where the file is of another kind, or unreadable.

    Where it is not what was written, by its seal, it says so among its findings (EK123).

    Args:
        path: A `result.json`, or the folder of one.

    Raises:
        UsageError: The record is not whole.
    """
    path = path / RESULT if path.is_dir() else path
    try:
        written = read_json(path)
    except (OSError, ValueError):
        return None  # whoever reads results says what is wrong
    record = RECORDS.get(str(written.get("kind"))) if isinstance(written, dict) else None
    if record is None:
        return None
    try:
        return marked(record.of(written), written, path)
    except ValidationError as error:
        lacking = ", ".join(".".join(map(str, item["loc"])) for item in error.errors()[:8])
        raise UsageError(
            f"{path} is not a whole result of evalkit: {lacking} missing or of another kind",
            hint="cut off, or changed by hand? run the command again",
            code="EK118",
        ) from error
