"""The sizes of the work: as the page states them, or a tenth of it for a quick look."""

from __future__ import annotations

import os

QUICK = "EVALKIT_BENCH_QUICK"


def is_quick() -> bool:
    """Return whether only a quick look is wanted, which proves that things run and nothing else."""
    return os.environ.get(QUICK) == "1"


def scaled(size: int) -> int:
    """Return the size, or a tenth of it."""
    return max(1, size // 10) if is_quick() else size
