"""A worker process: reads jobs from its input, does them, writes what they give; ends with its input."""

from __future__ import annotations

import os
import sys

from evalkit.scaling.job import perform
from evalkit.scaling.localengine import receive, send


def main() -> None:
    """Work until the driver is gone."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what somebody's code prints is no answer
    while True:
        try:
            job = receive(sys.stdin.buffer)
        except EOFError:
            return
        send(answers, perform(job))


if __name__ == "__main__":
    try:
        main()
    except (BrokenPipeError, KeyboardInterrupt):  # the driver has ended
        os._exit(1)
