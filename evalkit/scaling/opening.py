"""Opening: what `--on` names becomes an executor, which ends with the command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from evalkit.scaling.deviceengine import DeviceEngine
from evalkit.scaling.executor import Engine, Executor
from evalkit.scaling.localengine import LocalEngine
from evalkit.scaling.scratch import FOLDER, Scratch
from evalkit.scaling.target import CUDA, LOCAL, RAY, Target


@contextmanager
def opened(where: str | None, folder: Path) -> Iterator[Executor | None]:
    """Give the executor that a text names; None where none does, and this process works as a whole.

    Args:
        where: "local", "local:4", "ray", "ray://HOST:PORT", "dask", "dask://HOST:PORT", "cuda" or "cuda:1".
        folder: What driver and workers share: on a cluster, one that all machines mount.

    Raises:
        UsageError: The text names no place.
        MissingExtraError: The engine is not installed.
        ProviderError: The cluster does not answer, or there is no such GPU.
    """
    if where is None:
        yield None
        return
    target = Target.parse(where)
    scratch = Scratch.inside(folder / FOLDER)
    try:
        device = target.address if target.engine == CUDA else ""
        executor = Executor(_engine(target, scratch), scratch, device=device)
    except BaseException:
        scratch.close()
        raise
    try:
        yield executor
    finally:
        executor.close()


def _engine(target: Target, scratch: Scratch) -> Engine:
    if target.engine == LOCAL:
        return LocalEngine(target.workers)
    if target.engine == CUDA:
        return DeviceEngine.opened(target.address)
    if target.engine == RAY:
        from evalkit.scaling.rayengine import RayEngine  # noqa: PLC0415 - an extra

        return RayEngine.opened(target, scratch.folder)
    from evalkit.scaling.daskengine import DaskEngine  # noqa: PLC0415 - an extra

    return DaskEngine.opened(target, scratch.folder)
