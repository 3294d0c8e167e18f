"""Links: the files of a golden set lie in its folder; a link that leads elsewhere is refused."""

from __future__ import annotations

from pathlib import Path

from evalkit.errors import GoldenSetError
from evalkit.findings import place
from evalkit.opening import leaves


def refuse_leaving(path: Path, folder: Path) -> None:
    """Raise where a file of a golden set is a link to a place outside of its folder.

    Raises:
        GoldenSetError: It is; what it points at may be anybody's.
    """
    try:
        target = leaves(path, folder)
    except (OSError, RuntimeError) as error:  # links in a circle
        raise GoldenSetError(
            f"{path.name} is a link that leads nowhere: {error}",
            places=(str(path),),
            hint="put the file itself there",
            code="EK249",
        ) from error
    if target is not None:
        raise GoldenSetError(
            f"{path.name} is a link out of its golden set",
            places=(place(path, (), [f"→ {target}"]),),
            hint="copy the file itself there, with  cp -L; a set from strangers could show any file of yours",
            code="EK249",
        )
