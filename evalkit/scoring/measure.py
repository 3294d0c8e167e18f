"""The measure: a value that prints, parses, hashes and computes itself."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evalkit.arrays import Floats
from evalkit.errors import UnknownNameError, UsageError, nearest
from evalkit.scoring.formulas import FORMULAS, Formula
from evalkit.scoring.judged import JudgedRun

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

ALIASES = {
    "ndcg_cut": "nDCG",
    "ndcg_burges": "nDCG(exp)",
    "r": "Recall",
    "r_cap": "RecallCap",
    "p": "Precision",
    "rr": "MRR",
    "recip_rank": "MRR",
    "ap": "MAP",
    "map_cut": "MAP",
    "success": "Hit",
    "hit_rate": "Hit",
}
ENTRY_POINTS = "evalkit.measures"
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
        formula_of(self.name)
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

    def values(self, judged: JudgedRun) -> Floats:
        """Return (Q,) the measure's value for each query, in [0, 1]."""
        return formula_of(self.name)(judged, self.cutoff)


def parse_measures(names: Iterable[str | Measure]) -> tuple[Measure, ...]:
    """Return the measures named, each once, in the order given."""
    parsed = (name if isinstance(name, Measure) else Measure.parse(name) for name in names)
    return tuple(dict.fromkeys(parsed))


def formula_of(name: str) -> Formula:
    """Return the formula of a printed name, one registered by another package included."""
    if name in FORMULAS:
        return FORMULAS[name]
    for point in _registered():
        if point.name == name:
            formula: Formula = point.load()
            return formula
    raise _unknown(name)


def _canonical(name: str, text: str) -> str:
    folded = name.casefold()
    if folded in ALIASES:
        return ALIASES[folded]
    alike = {known.casefold(): known for known in FORMULAS}
    if folded not in alike:
        alike = {point.name.casefold(): point.name for point in _registered()}
    if folded not in alike:
        raise _unknown(text)
    return alike[folded]


def _registered() -> list[EntryPoint]:
    """Return the measures of other packages; looking for them takes as long as scoring does."""
    from importlib.metadata import entry_points  # noqa: PLC0415 - see above

    return list(entry_points(group=ENTRY_POINTS))


def _unknown(text: str) -> UnknownNameError:
    """Return the error that offers the nearest measure, with the cutoff that was written, if any."""
    known = [*FORMULAS, *(point.name for point in _registered())]
    match = _FORM.fullmatch(text)
    near = nearest(match["name"] if match else text.partition("@")[0], (*known, *ALIASES))
    cutoff = (match["cutoff"] if match else None) or "10"
    choice = (
        f"did you mean {ALIASES.get(near, near)}@{cutoff}?" if near else f"choose from {', '.join(known)}"
    )
    return UnknownNameError(
        f"no measure is called {text!r}",
        hint=f"{choice}; measures take a cutoff, such as nDCG@10 or Recall@100",
    )
