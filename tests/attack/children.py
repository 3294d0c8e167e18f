"""Children: commands in processes that are forked from this one, so that many may be killed in minutes."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import pkgutil
import resource
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import evalkit

STUCK_S = 60.0


@dataclass(frozen=True, slots=True)
class Told:
    """How a command ended: its exit code (-9 killed, None stuck) and what it wrote."""

    code: int | None
    out: str
    err: str

    @property
    def is_clear_error(self) -> bool:
        """Whether it stopped with a message that says what is wrong, and is no bug."""
        return self.code in (2, 4, 5) and "error[EK" in self.err and "EK900" not in self.err


@dataclass
class Child:
    """A command in a process of its own, in a folder.

    Attributes:
        folder: Where it runs.
        arguments: What follows `evalkit`.
        cache: Its cache.
        environment: Variables beside it.
        largest_file: Where a file may grow no further, as on a disk that is full.
        memory: How many bytes of addresses it may have beyond those it begins with.
        number: The process, once it has started.
    """

    folder: Path
    arguments: tuple[str, ...]
    cache: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    largest_file: int | None = None
    memory: int | None = None
    number: int = 0

    def start(self) -> Child:
        """Fork; the child never returns."""
        sys.stdout.flush()
        self.number = os.fork()
        if self.number == 0:
            with contextlib.suppress(BaseException):
                os._exit(self._become())
            os._exit(99)
        return self

    def wait(self) -> Told:
        """Return how it ended; one that is stuck is killed."""
        over = time.monotonic() + STUCK_S
        while time.monotonic() < over:
            ended, status = os.waitpid(self.number, os.WNOHANG)
            if ended:
                return self._told(os.waitstatus_to_exitcode(status))
            time.sleep(0.002)
        os.kill(self.number, signal.SIGKILL)
        os.waitpid(self.number, 0)
        return self._told(None)

    def kill_after(self, seconds: float) -> Told:
        """Kill it without notice after some time, unless it has ended before."""
        over = time.monotonic() + seconds
        while time.monotonic() < over:
            ended, status = os.waitpid(self.number, os.WNOHANG)
            if ended:
                return self._told(os.waitstatus_to_exitcode(status))
            time.sleep(0.001)
        os.kill(self.number, signal.SIGKILL)
        _, status = os.waitpid(self.number, 0)
        return self._told(os.waitstatus_to_exitcode(status))

    def run(self) -> Told:
        """Return how it ends undisturbed."""
        return self.start().wait()

    def _become(self) -> int:
        from evalkit.cli import main  # noqa: PLC0415 - loaded before the fork

        os.chdir(self.folder)
        os.environ.update(self.environment, EVALKIT_CACHE=str(self.cache))
        for descriptor, name in ((1, "out"), (2, "err")):
            os.dup2(os.open(self._streams(name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC), descriptor)
        sys.stdout, sys.stderr = (os.fdopen(number, "w", encoding="utf-8") for number in (1, 2))
        if self.largest_file is not None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (self.largest_file, self.largest_file))
        if self.memory is not None:
            pages = int(Path("/proc/self/statm").read_text().split()[0])
            most = pages * resource.getpagesize() + self.memory
            resource.setrlimit(resource.RLIMIT_AS, (most, most))
        code = main.run(self.arguments)
        sys.stdout.flush()
        sys.stderr.flush()
        return code

    def _streams(self, name: str) -> Path:
        """Return where its output goes: beside its folder, which may be full, read-only or gone."""
        return self.folder.parent / f"{name}.{self.number or os.getpid()}"

    def _told(self, code: int | None) -> Told:
        texts = []
        for name in ("out", "err"):
            path = self._streams(name)
            texts.append(path.read_text(errors="replace") if path.exists() else "")
            path.unlink(missing_ok=True)
        return Told(code, *texts)


def load() -> None:
    """Load all of the package, and what it loads late, before it starts a thread: a child starts at once."""
    for module in pkgutil.walk_packages(evalkit.__path__, "evalkit."):
        if "starter" not in module.name and module.name != "evalkit.pytest_plugin":
            with contextlib.suppress(ImportError):  # an extra that is not here
                importlib.import_module(module.name)
    for slow in ("faiss", "pandas", "scipy.stats", "pyarrow.parquet", "jinja2"):  # loaded where needed
        importlib.import_module(slow)


def told(text: str) -> object:
    """Return what a command printed, without when, how fast and with what remarks it came about."""
    try:
        result = json.loads(text)
    except ValueError:
        return text
    left_out = ("provenance", "findings", "costs", "created")
    return {key: value for key, value in result.items() if key not in left_out}


def numbers(text: str) -> object:
    """Return the measures of all systems in a result, None where it is none."""
    try:
        result = json.loads(text)
        return {name: system["measures"] for name, system in result["systems"].items()}
    except (ValueError, KeyError, TypeError):
        return None
