"""The machine: what the numbers were measured on, without saying whose it is."""

from __future__ import annotations

import os
import platform
import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

LIBRARIES = (
    "retrieval-evalkit",
    "numpy",
    "scipy",
    "faiss-cpu",
    "pytrec-eval-terrier",
    "ir-measures",
    "ranx",
    "numba",
    "torch",
    "transformers",
    "sentence-transformers",
    "onnxruntime",
    "openvino",
)


def machine() -> str:
    """Return processor, cores, memory and system in one line."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    model = _found("/proc/cpuinfo", r"model name\s*:\s*(.+)") or platform.processor() or platform.machine()
    memory = _found("/proc/meminfo", r"MemTotal:\s+(\d+) kB")
    told = f", {int(memory) / 1e6:.0f} GB of memory" if memory else ""
    return f"{model}, {cores} cores{told}, {platform.system()} on {platform.machine()}"


def versions() -> str:
    """Return Python and the libraries that took part, with their versions."""
    told = [f"Python {platform.python_version()}"]
    for name in LIBRARIES:
        try:
            told.append(f"{name} {version(name)}")
        except PackageNotFoundError:  # a peer that is not installed takes no part
            continue
    return ", ".join(told)


def load() -> float:
    """Return how many processes have wanted a core in the last minute, 0 where the system does not tell."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0


def _found(path: str, pattern: str) -> str:
    file = Path(path)
    match = re.search(pattern, file.read_text(encoding="utf-8")) if file.exists() else None
    return match[1].strip() if match else ""
