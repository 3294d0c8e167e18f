"""A GPU of this machine: jobs are done in this process, and searches on the device. The one door to torch."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from evalkit.errors import MissingExtraError, ProviderError
from evalkit.scaling.job import Answer, Job, perform

DEVICE = re.compile(r"cuda(:[0-9]{1,3})?")


@dataclass(slots=True)
class DeviceEngine:
    """Jobs one after another in this process: a device is shared by nobody."""

    slots: int = 1
    _waiting: deque[tuple[int, Job]] = field(default_factory=deque)

    @classmethod
    def opened(cls, device: str) -> DeviceEngine:
        """Return an engine whose searches a device does.

        Raises:
            MissingExtraError: torch is not installed.
            ProviderError: There is no such device.
        """
        torch_with(device)
        return cls()

    def submit(self, key: int, job: Job) -> None:
        """Note a job; it is done when its answer is asked for."""
        self._waiting.append((key, job))

    def answer(self) -> tuple[int, Answer]:
        """Do the next job."""
        key, job = self._waiting.popleft()
        return key, perform(job)

    def close(self) -> None:
        """Forget what is left."""
        self._waiting.clear()


def torch_with(device: str) -> Any:  # noqa: ANN401 - a library that is not at hand
    """Return torch, which has found the device.

    Args:
        device: "cuda", "cuda:1" …, or "cpu", on which the same code computes.

    Raises:
        MissingExtraError: torch is not installed.
        ProviderError: There is no such device.
    """
    try:
        import torch  # noqa: PLC0415 - an extra, and heavy
    except ImportError as error:
        raise MissingExtraError.for_extra("cuda", f"--on {device}") from error
    found = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if DEVICE.fullmatch(device) and int(device.partition(":")[2] or 0) >= found:
        seen = f"torch {torch.__version__} finds {found or 'no'} GPU{'s' if found > 1 else ''} here"
        raise ProviderError(
            f"--on {device}: {seen}",
            hint="nvidia-smi shows whether the driver sees one; a torch built for it is needed, too; "
            "--on local needs none",
            code="EK774",
        )
    return torch
