"""The provenance: how, when and with which versions a result came about."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

from evalkit.results.seal import KEY


def provenance(started_at: str, command: str = "") -> dict[str, object]:
    """Return how a result came about: command, time, the versions of what computed it, and room for a seal.

    Args:
        started_at: When the work began, as `now` gives it.
        command: The command that was typed, "" for a study from Python.
    """
    names = (
        "retrieval-evalkit",
        "numpy",
        "scipy",
        "faiss-cpu",
        "scikit-learn",
        "sentence-transformers",
        "torch",
    )
    versions = {"python": platform.python_version()}
    for name in names:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:  # an extra that is not installed computed nothing
            continue
    machine = platform.platform()
    return {"command": command, "created": started_at, "versions": versions, "platform": machine, KEY: ""}


def now() -> str:
    """Return the time as an ISO text in UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")
