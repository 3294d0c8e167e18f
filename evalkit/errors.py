"""The errors that evalkit raises, one tree; each says what, where and what to do next.

EvalkitError                      exit code   codes
├─ UsageError                     2           EK1xx   a command, an option, a name, a setting
│  ├─ UnknownNameError            2           EK1xx   no such measure, model or file; the nearest is offered
│  └─ MissingExtraError           2           EK1xx   an optional package is not installed
├─ GoldenSetError                 2           EK2xx   queries, corpus, judgements or their card
├─ ModelError                     2           EK3xx   a model or vectors that cannot be used
├─ RunError                       2           EK4xx   an index or a run that cannot be used
├─ InvalidValueError              2           EK5xx   an array or number that breaks a rule of its type
├─ OutputError                    2           EK6xx   a file or folder that cannot be written
├─ ProviderError                  4           EK7xx   a provider or store that failed after retries
└─ NothingToEvaluateError         5           EK8xx   no query is left to score
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from evalkit.findings import Finding, Severity


class EvalkitError(Exception):
    """A problem that the user can act on: one or several findings, told together."""

    code = "EK100"
    exit_code = 2

    def __init__(
        self, problem: str, *, hint: str = "", places: Sequence[str] = (), code: str | None = None
    ) -> None:
        """Make an error of one finding.

        Args:
            problem: One sentence with the offending value.
            hint: What to do next, best a command.
            places: Where it was found, "file:line   detail" each.
            code: The stable code; the class's own when left out.
        """
        finding = Finding(code or self.code, Severity.ERROR, problem, tuple(places), hint)
        super().__init__(str(finding))
        self.findings: tuple[Finding, ...] = (finding,)

    @classmethod
    def of(cls, findings: Sequence[Finding]) -> EvalkitError:
        """Return one error that tells all `findings`, which must not be empty."""
        first = findings[0]
        error = cls(first.problem, hint=first.hint, places=first.places, code=first.code)
        error.findings = tuple(findings)
        error.args = ("\n".join(str(finding) for finding in findings),)
        return error

    @property
    def hint(self) -> str:
        """What to do about the first finding."""
        return self.findings[0].hint


class UsageError(EvalkitError):
    """A command, an option, a name or a setting is wrong."""

    code = "EK101"


class UnknownNameError(UsageError):
    """A name that nothing bears."""

    code = "EK102"

    @classmethod
    def among(cls, kind: str, name: str, known: Iterable[str], *, hint: str = "") -> UnknownNameError:
        """Return the error for `name`, with the nearest of the `known` names in its hint."""
        names = sorted(known)
        near = nearest(name, names)
        choice = f"did you mean {near}?" if near else f"choose from {', '.join(names)}" if names else ""
        return cls(f"no {kind} is called {name!r}", hint="; ".join(part for part in (choice, hint) if part))


class MissingExtraError(UsageError):
    """An optional package is needed and absent."""

    code = "EK103"

    @classmethod
    def for_extra(cls, extra: str, purpose: str) -> MissingExtraError:
        """Return the error that names the install command which brings `extra`."""
        return cls(
            f"{purpose} needs the extra {extra!r}, which is not installed",
            hint=f"pip install 'retrieval-evalkit[{extra}]'",
        )


class GoldenSetError(EvalkitError):
    """Queries, corpus, judgements or their card are not usable."""

    code = "EK200"


class ModelError(EvalkitError):
    """A model, its vectors or its options are not usable."""

    code = "EK300"


class RunError(EvalkitError):
    """An index or a run is not usable."""

    code = "EK400"


class InvalidValueError(EvalkitError, ValueError):
    """An array or a number breaks a rule of its type."""

    code = "EK500"


class OutputError(EvalkitError):
    """A file or folder cannot be written."""

    code = "EK600"


class ProviderError(EvalkitError):
    """A provider or a store failed, retries included; finished work is kept."""

    code = "EK700"
    exit_code = 4


class NothingToEvaluateError(EvalkitError):
    """No query is left to score."""

    code = "EK800"
    exit_code = 5


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the member of `known` that looks most like `name`, or "" when none does."""
    import difflib  # noqa: PLC0415 - only a misspelt name needs it

    by_folded = {candidate.casefold(): candidate for candidate in known}
    matches = difflib.get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.5)
    return by_folded[matches[0]] if matches else ""
