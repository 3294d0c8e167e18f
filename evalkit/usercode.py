"""User code: a function of the user's own may fail in any way, and its failure is an error like any other."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import NoReturn

from evalkit.errors import EvalkitError

STDOUT, STDERR = 1, 2


@contextlib.contextmanager
def guarded(failure: Callable[[BaseException], EvalkitError]) -> Iterator[None]:
    """Run the user's code inside: whatever it raises becomes an error, what it prints goes to stderr.

    `sys.exit()`, `os._exit()` and a KeyboardInterrupt that nobody pressed are its failures too: a process
    that ends in the middle has no verdict. Errors of this package pass as they are.

    Args:
        failure: Makes the error from what was raised.

    Raises:
        EvalkitError: What `failure` made.
        KeyboardInterrupt: Somebody pressed it.
    """
    with _interrupts_noted() as pressed, _ending_noted(), _printing_to_stderr():
        try:
            yield
        except EvalkitError:
            raise
        except KeyboardInterrupt as stop:
            if pressed:
                raise
            raise failure(stop) from stop
        except BaseException as error:
            raise failure(error) from error


def described(error: BaseException) -> str:
    """Return what was raised, with what it says."""
    if isinstance(error, SystemExit):
        return f"ended the process: SystemExit({error.code if error.code is not None else ''})"
    told = str(error)
    return f"raised {type(error).__name__}" + (f": {told}" if told else "")


@contextlib.contextmanager
def _interrupts_noted() -> Iterator[list[int]]:
    """Give a list that is filled when somebody interrupts.

    Interrupts reach the main thread alone, and no program that ignores them, as one in the background does.
    """
    pressed: list[int] = []
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield pressed
        return

    def note(number: int, frame: FrameType | None) -> None:
        pressed.append(number)
        before(number, frame)

    signal.signal(signal.SIGINT, note)
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def _ending_noted() -> Iterator[None]:
    """Let `os._exit` be an exception in this process; processes that are forked inside end by it as ever."""
    here, ending = os.getpid(), os._exit

    def noted(status: int) -> NoReturn:
        if os.getpid() != here:
            ending(status)
        raise SystemExit(status)

    os._exit = noted
    try:
        yield
    finally:
        os._exit = ending


@contextlib.contextmanager
def _printing_to_stderr() -> Iterator[None]:
    """Let what is printed inside go to stderr, by Python and by libraries: stdout is for results."""
    with contextlib.ExitStack() as stack:
        if sys.stderr is not None:
            stack.enter_context(contextlib.redirect_stdout(sys.stderr))
        try:
            kept = os.dup(STDOUT)
            os.dup2(STDERR, STDOUT)
        except OSError:  # one of them is closed
            yield
            return
        stack.callback(os.close, kept)
        stack.callback(os.dup2, kept, STDOUT)
        yield
