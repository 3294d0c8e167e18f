"""plan: six paths for helpdesk and forty million documents, from cached vectors, with page and runbook."""

from __future__ import annotations

import os

from clock import Clock, run
from folders import SCRATCH, command

HOME = SCRATCH / "plan"


def prepare(clock: Clock) -> None:
    """Embed helpdesk with both models."""
    os.environ["EVALKIT_CACHE"] = str(HOME / "cache")
    command(clock, *_plan("first"))


def evalkit(clock: Clock) -> None:
    """Plan, warm."""
    os.environ["EVALKIT_CACHE"] = str(HOME / "cache")
    command(clock, *_plan("again"))


def _plan(folder: str) -> list[str]:
    models = ("--old", "lsa/384", "--new", "st/all-MiniLM-L6-v2")
    return ["plan", "helpdesk", *models, "--documents", "40e6", "-o", str(HOME / folder), "--force", "--json"]


if __name__ == "__main__":
    run({"prepare": prepare, "evalkit": evalkit})
