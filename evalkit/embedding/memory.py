"""Memory: how much there is under a limit of the system, and what is said where it is too little."""

from __future__ import annotations

import contextlib
import resource
from collections.abc import Iterator
from pathlib import Path

from evalkit.errors import ModelError

MEGABYTE = 1_000_000


def room_bytes() -> int | None:
    """Return how much more memory this program may address; None where nothing limits it."""
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit == resource.RLIM_INFINITY:
        return None
    with contextlib.suppress(OSError, ValueError, IndexError):  # only Linux tells it so
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        return max(0, limit - pages * resource.getpagesize())
    return None


def check_room(purpose: str, needed_bytes: int) -> None:
    """Raise where less memory is left than something needs that would not survive the lack of it.

    Raises:
        ModelError: There is a limit, and too little under it.
    """
    room = room_bytes()
    if room is not None and room < needed_bytes:
        raise _too_little(
            f"{purpose} needs about {needed_bytes / MEGABYTE:,.0f} MB of memory, and the program's limit "
            f"leaves {room / MEGABYTE:,.0f}"
        )


@contextlib.contextmanager
def within_memory(purpose: str) -> Iterator[None]:
    """Say what memory was too little for, where it was.

    Raises:
        ModelError: Memory ran out meanwhile.
    """
    try:
        yield
    except MemoryError as error:
        told = f": {error}" if str(error) else ""
        raise _too_little(f"{purpose} does not fit into the memory at hand{told}") from error


def _too_little(problem: str) -> ModelError:
    return ModelError(
        problem,
        hint="raise the limit (ulimit -v, the container's), or save vectors as float16 .npy, read in blocks",
        code="EK377",
    )
