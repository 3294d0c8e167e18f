"""Ray: the only module that imports it."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evalkit.errors import MissingExtraError, ProviderError
from evalkit.scaling.job import Answer, Job, perform
from evalkit.scaling.localengine import ATTEMPTS, died
from evalkit.scaling.target import Target

LOOPBACK = "127.0.0.1"
FORK_FAILED = "Starting Ray client server failed"
STORE_BYTES = 100_000_000  # answers alone pass through the object store


@dataclass(slots=True)
class RayEngine:
    """Jobs as tasks of Ray's core, which gives those of a dead worker or machine to another one."""

    slots: int
    _ray: Any
    _remote: Any
    _running: dict[Any, int] = field(default_factory=dict)

    @classmethod
    def opened(cls, target: Target, folder: Path) -> RayEngine:
        """Return an engine on a running cluster, or on one of this machine that ends with it.

        Raises:
            MissingExtraError: Ray is not installed.
            ProviderError: The cluster does not answer.
        """
        del folder  # Ray's own folder must have a short name
        ray = _loaded()
        try:
            _begin(ray, _settings(target))
        except (ConnectionError, OSError, RuntimeError, ValueError) as error:
            raise ProviderError(
                f"--on ray{'://' + target.address if target.address else ''}: no cluster answers",
                places=(str(error).strip().splitlines()[0],) if str(error).strip() else (),
                hint="start it: ray start --head --ray-client-server-port=10001, and name that port; where "
                "~/.ray/auth_token exists it asks for that token, which RAY_AUTH_MODE=token sends",
                code="EK765",
            ) from error
        slots = max(1, int(ray.cluster_resources().get("CPU", 1)))
        return cls(slots, ray, ray.remote(max_retries=ATTEMPTS)(perform))

    def submit(self, key: int, job: Job) -> None:
        """Give a job to the cluster."""
        self._running[self._remote.remote(job)] = key

    def answer(self) -> tuple[int, Answer]:
        """Wait for any job to end."""
        (ended, *_), _ = self._ray.wait(list(self._running), num_returns=1)
        key = self._running.pop(ended)
        try:
            value: Answer = self._ray.get(ended)
        except (self._ray.exceptions.RayError, ConnectionError) as error:
            return key, Answer.refusing(died(f"ray gave a job up: {type(error).__name__}"))
        return key, value

    def close(self) -> None:
        """Leave the cluster; end it where it was started here."""
        self._running.clear()
        self._ray.shutdown()


def _begin(ray: Any, settings: Mapping[str, Any]) -> None:  # noqa: ANN401 - a library without strict types
    """Begin, again where a cluster could not fork the server of this client, which happens by chance.

    gRPC's handlers of forks meet its threads there; `GRPC_ENABLE_FORK_SUPPORT=0` at the cluster avoids it.
    """
    for attempt in range(ATTEMPTS):
        try:
            ray.init(**settings)
        except ConnectionError as error:
            if FORK_FAILED not in str(error) or attempt == ATTEMPTS - 1:
                raise
            ray.shutdown()
        else:
            return


def _settings(target: Target) -> dict[str, Any]:
    """Return how Ray is begun: without a dashboard, a log in the terminal, or an open port elsewhere."""
    quiet = {"logging_level": logging.ERROR, "log_to_driver": False}
    if target.address:
        return {"address": f"ray://{target.address}", **quiet}
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    if os.environ.get("RAY_ADDRESS"):  # as Ray reads it
        return quiet
    return {
        "address": "local",
        "num_cpus": target.workers,
        "include_dashboard": False,
        "object_store_memory": STORE_BYTES,
        "_node_ip_address": LOOPBACK,
        **quiet,
    }


def _loaded() -> Any:  # noqa: ANN401 - a library without strict types
    try:
        import ray  # noqa: PLC0415 - an extra, and heavy
    except ImportError as error:
        raise MissingExtraError.for_extra("ray", "--on ray") from error
    return ray
