"""Real clusters, and a store of objects, on loopback, started by tests and ended by process id."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent
# As on a desktop: else Ray takes the address of the host for that of loopback, and listens there.
LOOPBACK_ALONE = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", "RAY_USAGE_STATS_ENABLED": "0"}
# Else a cluster asks for a token wherever ~/.ray/auth_token happens to exist, and a client sends none.
NO_TOKEN = {"RAY_AUTH_MODE": "disabled"}
# Else one in six or so of the servers that are forked for clients dies; a driver begins again, but late.
PLAIN_FORKS = {"GRPC_ENABLE_FORK_SUPPORT": "0"}


def environment() -> dict[str, str]:
    """Return that of workers, who find the package and the models of these tests."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE), *filter(None, sys.path)])}


@contextmanager
def dask_cluster(folder: Path, workers: int = 2) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """Give HOST:PORT of a scheduler, and its workers."""
    log = folder / "scheduler.log"
    started = []
    try:
        with log.open("wb") as told:
            quiet = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-jupyter"]
            started.append(_program("distributed.cli.dask_scheduler", quiet, folder, told))
        port = _told(log, re.compile(r"Scheduler at:\s+tcp://127\.0\.0\.1:(\d+)"))
        for _ in range(workers):
            options = [f"tcp://127.0.0.1:{port}", "--nworkers", "1", "--nthreads", "1", "--no-nanny"]
            options += ["--host", "127.0.0.1", "--no-dashboard", "--local-directory", str(folder)]
            started.append(_program("distributed.cli.dask_worker", options, folder, subprocess.DEVNULL))
        yield f"127.0.0.1:{port}", started[1:]
    finally:
        for process in reversed(started):
            process.kill()
            process.wait()


@contextmanager
def ray_cluster(folder: Path, workers: int = 2, settings: Mapping[str, str] | None = None) -> Iterator[str]:
    """Give HOST:PORT where a Ray of this machine answers clients, on loopback alone.

    Args:
        folder: Where it writes; Ray's own paths must be short.
        workers: How many tasks run at a time.
        settings: Further variables of its workers, who see none of a driver.
    """
    gcs, port = _free_port(), _free_port()
    options = ["start", "--head", "--block", "--node-ip-address", "127.0.0.1", "--port", str(gcs)]
    options += ["--ray-client-server-port", str(port), "--num-cpus", str(workers), "--disable-usage-stats"]
    options += [
        "--include-dashboard",
        "false",
        "--object-store-memory",
        "100000000",
        "--temp-dir",
        str(folder),
    ]
    code = "from ray.scripts.scripts import main; main()"
    # Whoever has imported ray hands on by RAY_CLIENT_MODE that nobody may be a client.
    clean = {name: value for name, value in environment().items() if not name.startswith("RAY_")}
    log = folder / "ray.log"
    with log.open("wb") as told:
        cluster = subprocess.Popen(
            [sys.executable, "-c", code, *options],
            cwd=folder,
            env={**clean, **LOOPBACK_ALONE, **NO_TOKEN, **PLAIN_FORKS, **(settings or {})},
            stdout=told,
            stderr=told,
            start_new_session=True,  # so that what it starts ends with it
        )
    try:
        _told(log, re.compile(r"(will now block forever)"), seconds=120)
        yield f"127.0.0.1:{port}"
    finally:
        os.killpg(cluster.pid, signal.SIGKILL)
        cluster.wait()


@contextmanager
def s3_server(folder: Path, **settings: str) -> Iterator[str]:
    """Give the address of a server that speaks as S3 does, on loopback."""
    log = folder / "s3.log"
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
    with log.open("wb") as told:
        server = subprocess.Popen(
            command, cwd=folder, env={**os.environ, **settings}, stdout=told, stderr=told
        )
    try:
        yield f"http://127.0.0.1:{_told(log, re.compile(r'127[.]0[.]0[.]1:([0-9]+)'))}"
    finally:
        server.kill()
        server.wait()


def _program(module: str, options: list[str], folder: Path, told: object) -> subprocess.Popen[bytes]:
    code = f"from {module} import main; main()"
    return subprocess.Popen(  # type: ignore[call-overload,no-any-return] # a file or a number
        [sys.executable, "-c", code, *options], cwd=folder, env=environment(), stdout=told, stderr=told
    )


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _told(log: Path, wanted: re.Pattern[str], *, seconds: float = 60) -> str:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = wanted.search(log.read_text(encoding="utf-8"))
        if found:
            return found[1]
        time.sleep(0.05)
    raise TimeoutError(log.read_text(encoding="utf-8"))
