"""P8: `evalkit --help` and `import evalkit` as whole processes, beside a Python that does nothing."""

from __future__ import annotations

import subprocess
import sys

from clock import Clock, run

HEAVY = ("torch", "faiss", "scipy", "pandas", "numba")


def help_text(clock: Clock) -> None:
    """Ask for help."""
    _timed(clock, "-m", "evalkit.cli.main", "--help")


def package(clock: Clock) -> None:
    """Import the package, and tell which heavy libraries came with it."""
    _timed(clock, "-c", "import evalkit")
    told = f"import sys, evalkit; print(*[name for name in {HEAVY} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)  # noqa: S603 - our own
    clock.note(heavy=found.stdout.strip())


def library(clock: Clock) -> None:
    """Import click, which takes the command line apart."""
    _timed(clock, "-c", "import click")


def nothing(clock: Clock) -> None:
    """Start and stop."""
    _timed(clock, "-c", "")


def _timed(clock: Clock, *arguments: str) -> None:
    command = [sys.executable, *arguments]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)  # noqa: S603 - our own, once to warm the disk
    with clock:
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)  # noqa: S603 - our own


if __name__ == "__main__":
    run({"help": help_text, "package": package, "library": library, "nothing": nothing})
