"""Processes on this machine: one worker for each slot, started again where it dies."""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from typing import IO, Any

from evalkit.errors import ProviderError
from evalkit.scaling.job import Answer, Job
from evalkit.scaling.target import processors

ATTEMPTS = 3  # of one job
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
HEAD = 8  # bytes that say how long a message is


@dataclass(slots=True)
class LocalEngine:
    """Worker processes that read jobs from a pipe; they end with the pipe, whatever ends this process."""

    slots: int
    _jobs: queue.SimpleQueue[tuple[int, Job] | None] = field(default_factory=queue.SimpleQueue)
    _answers: queue.SimpleQueue[tuple[int, Answer]] = field(default_factory=queue.SimpleQueue)
    _keepers: list[_Keeper] = field(default_factory=list)

    def submit(self, key: int, job: Job) -> None:
        """Begin a job; the workers start with the first one."""
        while len(self._keepers) < self.slots:
            self._keepers.append(_Keeper(self._jobs, self._answers, max(1, processors() // self.slots)))
        self._jobs.put((key, job))

    def answer(self) -> tuple[int, Answer]:
        """Wait for any job to end."""
        return self._answers.get()

    def close(self) -> None:
        """End the workers."""
        for keeper in self._keepers:
            keeper.end()
        for _ in self._keepers:
            self._jobs.put(None)
        for keeper in self._keepers:
            keeper.thread.join()
        self._keepers.clear()


class _Keeper:
    """A thread that keeps one worker process at work."""

    def __init__(self, jobs: Any, answers: Any, threads: int) -> None:  # noqa: ANN401 - queues have no types at run time
        self._jobs, self._answers, self._threads = jobs, answers, threads
        self._worker: subprocess.Popen[bytes] | None = None
        self._ended = False
        self.thread = threading.Thread(target=self._keep, daemon=True)
        self.thread.start()

    def end(self) -> None:
        """Let the worker go, in the middle of a job if need be."""
        self._ended = True
        worker = self._worker  # which the thread may let go at any time
        if worker is not None:
            worker.kill()

    def _keep(self) -> None:
        while (found := self._jobs.get()) is not None and not self._ended:
            try:
                self._answers.put((found[0], self._answer(found[1])))
            except Exception as error:  # noqa: BLE001 - else its driver would wait for ever
                self._answers.put((found[0], Answer(error=error)))
        self._let_go()

    def _let_go(self) -> None:
        """End the worker, where there is one, and close its pipes."""
        worker, self._worker = self._worker, None
        if worker is None:
            return
        worker.kill()
        for pipe in (worker.stdin, worker.stdout):
            with contextlib.suppress(OSError):  # what was to be sent goes nowhere
                _pipe(pipe).close()
        worker.wait()

    def _answer(self, job: Job) -> Answer:
        for _ in range(ATTEMPTS):
            worker = self._started()
            with contextlib.suppress(OSError, EOFError):
                send(_pipe(worker.stdin), job)
                answer: Answer = receive(_pipe(worker.stdout))
                return answer
            self._let_go()
            if self._ended:
                break
        return Answer.refusing(died(f"a worker process ended {ATTEMPTS} times in one job"))

    def _started(self) -> subprocess.Popen[bytes]:
        if self._worker is None:
            environment = {**os.environ, **dict.fromkeys(THREADS, str(self._threads))}
            environment["PYTHONPATH"] = os.pathsep.join(part or os.getcwd() for part in sys.path)  # noqa: PTH109 - as Python reads it
            command = [sys.executable, "-m", "evalkit.scaling.worker"]
            self._worker = subprocess.Popen(  # noqa: S603 - this interpreter
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
            )
        return self._worker


def died(problem: str) -> ProviderError:
    """Return the error of workers that do not survive their work."""
    return ProviderError(
        problem,
        hint="was memory too little for them? fewer workers need less; what was finished is kept",
        code="EK768",
    )


def send(pipe: IO[bytes], value: object) -> None:
    """Write a value with its length."""
    packed = pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
    pipe.write(len(packed).to_bytes(HEAD, "little"))
    pipe.write(packed)
    pipe.flush()


def receive(pipe: IO[bytes]) -> Any:  # noqa: ANN401 - what was sent
    """Read a value.

    Raises:
        EOFError: The other side is gone.
    """
    head = pipe.read(HEAD)
    if len(head) < HEAD:
        raise EOFError
    packed = pipe.read(int.from_bytes(head, "little"))
    if len(packed) < int.from_bytes(head, "little"):
        raise EOFError
    return pickle.loads(packed)  # noqa: S301 - our own process at the other end


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise EOFError
    return pipe
