"""The measure: a value that prints, parses, hashes and computes itself."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evalkit.arrays import Floats
from evalkit.errors import EvalkitError, UnknownNameError, UsageError, nearest
from evalkit.scoring.definition import DEFINITIONS, Definition
from evalkit.scoring.judged import JudgedRun
from evalkit.usercode import described

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

ENTRY_POINTS = "evalkit.measures"
_ALIASES = {alias: known.name for known in DEFINITIONS.values() for alias in known.aliases}
_FORM = re.compile(r"(?P<name>[^@]+?)(?:[@_](?P<cutoff>\d+))?")


@dataclass(frozen=True, slots=True, order=True)
class Measure:
    """A formula by its name and how many ranks it looks at; `Measure.parse(str(m)) == m`.

    Attributes:
        name: The printed name, "nDCG".
        cutoff: Ranks looked at, ≥ 1; None for the whole run.
    """

    name: str
    cutoff: int | None = None

    def __post_init__(self) -> None:
        """Check that the formula exists and that the cutoff is at least 1."""
        definition_of(self.name)
        if self.cutoff is not None and self.cutoff < 1:
            raise UsageError(
                f"{self.name}@{self.cutoff} looks at nothing",
                hint="a cutoff is 1 or more, such as nDCG@10",
                code="EK111",
            )

    @classmethod
    def parse(cls, text: str) -> Measure:
        """Return the measure that `text` names: "nDCG@10", "ndcg_cut_10", "R@100", "recip_rank".

        Raises:
            UnknownNameError: Nothing is called so; the nearest name is offered.

        Examples:
            >>> str(Measure.parse("ndcg_cut_10")), str(Measure.parse("recip_rank"))
            ('nDCG@10', 'MRR')
        """
        match = _FORM.fullmatch("".join(text.split()))
        if match is None:
            raise _unknown(text)
        cutoff = match["cutoff"]
        return cls(_canonical(match["name"], text), int(cutoff) if cutoff else None)

    def __str__(self) -> str:
        return self.name if self.cutoff is None else f"{self.name}@{self.cutoff}"

    @property
    def definition(self) -> Definition:
        """All that is known of it."""
        return definition_of(self.name)

    def values(self, judged: JudgedRun) -> Floats:
        """Return (Q,) the measure's value for each query, in [0, 1]."""
        return self.definition.formula(judged, self.cutoff)


def parse_measures(names: Iterable[str | Measure]) -> tuple[Measure, ...]:
    """Return the measures named, each once, in the order given."""
    parsed = (name if isinstance(name, Measure) else Measure.parse(name) for name in names)
    return tuple(dict.fromkeys(parsed))


def definition_of(name: str) -> Definition:
    """Return the definition of a printed name, one registered by another package included.

    Raises:
        UnknownNameError: Nothing is called so; the nearest name is offered.
        UsageError: What another package registered under the name is no measure.
    """
    if name in DEFINITIONS:
        return DEFINITIONS[name]
    for point in _registered():
        if point.name == name:
            return _loaded(point)
    raise _unknown(name)


def words_of(name: str) -> str:
    """Return what a measure says, for people; "" where nobody says or nothing is called so here."""
    try:
        return definition_of(name).words
    except EvalkitError:
        return ""


@functools.cache
def _loaded(point: EntryPoint) -> Definition:
    """Return what another package registered: a definition, or a function that is the formula alone."""
    try:
        found = point.load()
    except Exception as error:
        raise UsageError(
            f"measure {point.name} cannot be loaded: {described(error)}",
            places=(f"{point.dist.name if point.dist else ''}   {point.value}".strip(),),
            hint="mend the package that registers it, or uninstall it",
            code="EK110",
        ) from error
    if isinstance(found, Definition) and found.name == point.name:
        found.check()
        return found
    if isinstance(found, Definition) or not callable(found):
        what = f"a definition of {found.name}" if isinstance(found, Definition) else type(found).__name__
        raise UsageError(
            f"measure {point.name} is registered as {what}",
            places=(point.value,),
            hint="register a Definition of that name, or a function (JudgedRun, cutoff) -> (Q,) values",
            code="EK110",
        )
    return Definition(name=point.name, formula=found)


def _canonical(name: str, text: str) -> str:
    folded = name.casefold()
    if folded in _ALIASES:
        return _ALIASES[folded]
    alike = {known.casefold(): known for known in DEFINITIONS}
    if folded not in alike:
        alike = {point.name.casefold(): point.name for point in _registered()}
    if folded not in alike:
        raise _unknown(text)
    return alike[folded]


def _registered() -> list[EntryPoint]:
    """Return the measures of other packages; looking for them takes as long as scoring does."""
    from importlib.metadata import entry_points  # noqa: PLC0415 - importing it takes as long as scoring

    return list(entry_points(group=ENTRY_POINTS))


def _unknown(text: str) -> UnknownNameError:
    """Return the error that offers the nearest measure, with the cutoff that was written, if any."""
    known = [*DEFINITIONS, *(point.name for point in _registered())]
    match = _FORM.fullmatch(text)
    near = nearest(match["name"] if match else text.partition("@")[0], (*known, *_ALIASES))
    cutoff = (match["cutoff"] if match else None) or "10"
    choice = (
        f"did you mean {_ALIASES.get(near, near)}@{cutoff}?" if near else f"choose from {', '.join(known)}"
    )
    return UnknownNameError(
        f"no measure is called {text!r}",
        hint=f"{choice}; measures take a cutoff, such as nDCG@10 or Recall@100",
    )
