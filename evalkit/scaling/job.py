"""The job: one call of a pure function, small enough to be sent; what is large lies in the scratch folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from evalkit.errors import EvalkitError, ModelError
from evalkit.findings import Finding
from evalkit.scaling.scratch import load


@dataclass(frozen=True, slots=True)
class Job:
    """A function, what all its calls share, and what this one is asked.

    Attributes:
        function: A function of a module, called with both.
        shared: The file that holds what is shared.
        task: What this call is about.
        made_by: The versions that the driver works with.
    """

    function: Callable[[Any, Any], Any]
    shared: str
    task: Any
    made_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a job gave: a value, or why there is none.

    Attributes:
        value: What the function gave.
        refused: The class and the findings of an error that people are to read.
        error: Any other, a bug.
    """

    value: Any = None
    refused: tuple[type[EvalkitError], tuple[Finding, ...]] | None = None
    error: Exception | None = None

    @classmethod
    def refusing(cls, error: EvalkitError) -> Answer:
        """Return the answer that makes the driver raise this; engines pickle exceptions each in its way."""
        return cls(refused=(type(error), error.findings))

    def given(self) -> Any:  # noqa: ANN401 - what the function gave
        """Return the value, or raise what there is in its place."""
        if self.refused is not None:
            kind, findings = self.refused
            raise kind.of(findings)
        if self.error is not None:
            raise self.error
        return self.value


def perform(job: Job) -> Answer:
    """Return what a job gives; a fault of the input or of this worker is an answer, too.

    Whoever calls it may have begun the same job before, and died of it.
    """
    try:
        check_versions(job.made_by)
        return Answer(job.function(load(job.shared), job.task))
    except EvalkitError as error:
        return Answer.refusing(error)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told where people look
        return Answer(error=error)


def versions() -> tuple[str, ...]:
    """Return the versions that numbers depend on, as texts."""
    return tuple(f"{name} {_version(name)}" for name in ("retrieval-evalkit", "numpy", "faiss-cpu"))


def check_versions(driver: tuple[str, ...]) -> None:
    """Raise where this process works with other versions than the driver.

    Raises:
        ModelError: It does: what it computes might differ.
    """
    here = versions()
    if here != driver:
        raise ModelError(
            "a worker has other versions than the machine that the command was typed on",
            places=tuple(
                f"{theirs}   there {mine}"
                for mine, theirs in zip(here, driver, strict=True)
                if mine != theirs
            ),
            hint="install the same versions on all machines",
            code="EK766",
        )


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"
