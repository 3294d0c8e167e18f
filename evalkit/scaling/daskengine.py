"""Dask: the only module that imports it."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evalkit.errors import MissingExtraError, ProviderError
from evalkit.scaling.job import Answer, Job, perform
from evalkit.scaling.localengine import ATTEMPTS, died
from evalkit.scaling.target import Target

LOOPBACK = "127.0.0.1"
TIMEOUT_S = 15


@dataclass(slots=True)
class DaskEngine:
    """Jobs as futures of a scheduler, which gives those of a dead worker to another one."""

    slots: int
    _client: Any
    _cluster: Any
    _ended: Any
    _keys: dict[str, int] = field(default_factory=dict)

    @classmethod
    def opened(cls, target: Target, folder: Path) -> DaskEngine:
        """Return an engine on a running cluster, or on one of this machine that ends with it.

        Raises:
            MissingExtraError: Dask is not installed.
            ProviderError: No scheduler answers, or it has no worker.
        """
        distributed = _loaded()
        cluster = None
        if not target.address:
            cluster = distributed.LocalCluster(
                n_workers=target.workers,
                threads_per_worker=1,
                host=LOOPBACK,
                dashboard_address=None,
                local_directory=str(folder),
            )
        where = cluster or f"tcp://{target.address}"
        try:
            client = distributed.Client(where, timeout=TIMEOUT_S, set_as_default=False)
            client.wait_for_workers(1, timeout=TIMEOUT_S)
        except (OSError, TimeoutError) as error:
            raise ProviderError(
                f"dask://{target.address}: no scheduler with a worker answers",
                places=(str(error).splitlines()[0],) if str(error) else (),
                hint="start them: dask scheduler --host HOST, then on each machine dask worker HOST:8786",
                code="EK765",
            ) from error
        threads = sum(client.nthreads().values())
        return cls(threads, client, cluster, distributed.as_completed(loop=client.loop))

    def submit(self, key: int, job: Job) -> None:
        """Give a job to the scheduler."""
        future = self._client.submit(perform, job, pure=False, retries=ATTEMPTS)
        self._keys[future.key] = key
        self._ended.add(future)

    def answer(self) -> tuple[int, Answer]:
        """Wait for any job to end."""
        future = next(self._ended)
        key = self._keys.pop(future.key)
        error = future.exception() if future.status != "cancelled" else None
        if future.status == "finished":
            value: Answer = future.result()
            return key, value
        told = type(error).__name__ if error is not None else "its scheduler is gone"
        return key, Answer.refusing(died(f"dask gave a job up: {told}"))

    def close(self) -> None:
        """Leave the cluster; end it where it was started here."""
        self._client.close()
        if self._cluster is not None:
            self._cluster.close()


def _loaded() -> Any:  # noqa: ANN401 - a library without strict types
    try:
        import distributed  # noqa: PLC0415 - an extra, and heavy
    except ImportError as error:
        raise MissingExtraError.for_extra("dask", "--on dask") from error
    # A dead worker is no news: its work is done again.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    return distributed
