"""The target: what `--on` names, read and checked before anything begins."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from evalkit.errors import UsageError
from evalkit.scaling.deviceengine import DEVICE

LOCAL, RAY, DASK, CUDA = "local", "ray", "dask", "cuda"
FORMS = "local, local:4, ray, ray://HOST:PORT, dask, dask://HOST:PORT, cuda, cuda:1"
_MOST = 1024
_ADDRESS = re.compile(r"(?P<host>\[[0-9A-Fa-f:.%]+\]|[^\s:/@\[\]]+):(?P<port>[0-9]{1,5})/?")
_PORTS = range(1, 65_536)


@dataclass(frozen=True, slots=True)
class Target:
    """Where work is done.

    Attributes:
        engine: "local", "ray", "dask" or "cuda".
        address: HOST:PORT of a cluster; "" for one that is started here. Of a GPU, torch's name for it.
        workers: How many processes; of a cluster that runs already it says for itself, and this is 0.
    """

    engine: str
    address: str = ""
    workers: int = 0

    @classmethod
    def parse(cls, text: str) -> Target:
        """Return the target that a text names.

        Raises:
            UsageError: It names none.
        """
        engine, separator, rest = text.partition(":")
        if engine == LOCAL and not separator:
            return cls(LOCAL, workers=processors())
        if engine == LOCAL and rest.isascii() and rest.isdecimal() and 1 <= int(rest) <= _MOST:
            return cls(LOCAL, workers=int(rest))
        if engine in (RAY, DASK) and not separator:
            return cls(engine, workers=processors())
        if DEVICE.fullmatch(text):
            return cls(CUDA, text, workers=1)
        found = _ADDRESS.fullmatch(rest.removeprefix("//")) if rest.startswith("//") else None
        if engine in (RAY, DASK) and found and int(found["port"]) in _PORTS:
            return cls(engine, f"{found['host']}:{found['port']}")
        raise UsageError(f"--on {text} names no place to work on", hint=f"one of {FORMS}", code="EK764")


def processors() -> int:
    """Return how many processors this process may use."""
    return max(1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
