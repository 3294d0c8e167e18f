"""The executor: calls a pure function for many tasks, wherever an engine runs, and gives the answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Protocol, TypeVar

from evalkit.scaling.job import Answer, Job, versions
from evalkit.scaling.scratch import Scratch

S = TypeVar("S")
T = TypeVar("T")
R = TypeVar("R")
TASKS_A_SLOT = 4  # so that a slow worker, or one that dies, costs little
SHARD_BYTES = 128_000_000  # of vectors in float32, the most that a worker holds at a time


class Engine(Protocol):
    """What runs jobs; it alone knows how. A job whose worker dies is done again."""

    slots: int

    def submit(self, key: int, job: Job) -> None:
        """Begin a job, now or when a worker is free."""

    def answer(self) -> tuple[int, Answer]:
        """Wait for any job to end, and return its key and answer.

        Raises:
            ProviderError: Its workers die again and again, or the cluster is gone.
        """

    def close(self) -> None:
        """Let everything go that was started."""


@dataclass(slots=True)
class Executor:
    """An engine, and the folder through which it and this process share what is large.

    Attributes:
        engine: Who runs jobs.
        scratch: The folder.
        device: On which vectors are searched, as torch names it; "" for the processor.
    """

    engine: Engine
    scratch: Scratch
    device: str = ""
    _begun: int = 0
    _open: dict[int, Any] = field(default_factory=dict)

    @property
    def slots(self) -> int:
        """How many jobs run at a time."""
        return self.engine.slots

    def partition(self, rows: int, row_bytes: int) -> list[range]:
        """Return shards of a table that lie side by side; which they are changes no result."""
        fitting = max(1, SHARD_BYTES // max(1, row_bytes))
        count = max(1, min(rows, max(self.slots * TASKS_A_SLOT, -(-rows // fitting))))
        edges = [rows * at // count for at in range(count + 1)]
        return [range(start, stop) for start, stop in pairwise(edges)]

    def map(self, function: Callable[[S, T], R], shared: S, tasks: Sequence[T]) -> Iterator[tuple[T, R]]:
        """Yield each task with what the function gives for it, in the order in which they end.

        Args:
            function: A function of a module, without side effects.
            shared: What all calls are given first.
            tasks: What each is given second; small.
        """
        path = self.scratch.put(shared)
        try:
            yield from self.stream(function, path, tasks, ahead=len(tasks))
        finally:
            self.scratch.drop(path)

    def stream(
        self, function: Callable[[Any, T], R], path: str, tasks: Iterable[T], *, ahead: int
    ) -> Iterator[tuple[T, R]]:
        """Do the same with a value that was put down before, no more than `ahead` tasks begun at a time.

        Raises:
            EvalkitError: A call raised it.
        """
        made_by = versions()
        try:
            for task in tasks:
                while len(self._open) >= max(1, ahead):
                    yield self._next()
                self._begun += 1
                self._open[self._begun] = task
                self.engine.submit(self._begun, Job(function, path, task, made_by))
            while self._open:
                yield self._next()
        finally:
            self._open.clear()  # what still runs is answered to nobody

    def _next(self) -> tuple[Any, Any]:
        while True:
            key, answer = self.engine.answer()
            if key not in self._open:
                continue
            task = self._open.pop(key)
            return task, answer.given()

    def close(self) -> None:
        """End the engine, and take the folder away."""
        try:
            self.engine.close()
        finally:
            self.scratch.close()
