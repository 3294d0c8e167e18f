"""Functions for workers: they compute, print, fail, and die as they are told."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import numpy as np

from evalkit.arrays import Floats
from evalkit.errors import ModelError


def total(shared: Floats, task: range) -> float:
    print("what a function prints is no answer")  # noqa: T201 - that is the point
    return float(np.asarray(shared)[task.start : task.stop].sum())


def who(shared: object, task: object) -> tuple[int, Any]:
    del shared
    return os.getpid(), task


def die_once(marks: Path, task: int) -> int:
    """Kill the worker that is given task 3 the first time."""
    mark = Path(marks) / f"died-{task}"
    if task == 3 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return task * task


def die(shared: object, task: object) -> None:
    del shared, task
    os.kill(os.getpid(), signal.SIGKILL)


def refuse(shared: object, task: int) -> int:
    del shared
    raise ModelError(f"task {task} cannot be done", places=("here",), hint="do another", code="EK300")


def stumble(shared: object, task: int) -> float:
    del shared
    return 1 / (task - task)
