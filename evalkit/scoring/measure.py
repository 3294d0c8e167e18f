"""The measure: a value that prints, parses, hashes and computes itself."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from evalkit.arrays import Floats
from evalkit.errors import EvalkitError, UnknownNameError, UsageError, nearest
from evalkit.scoring.definition import DEFINITIONS, Definition
from evalkit.scoring.formulas import Formula
from evalkit.scoring.judged import JudgedRun
from evalkit.usercode import described, guarded

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

ENTRY_POINTS = "evalkit.measures"
_ALIASES = {alias: known.name for known in DEFINITIONS.values() for alias in known.aliases}
_FORM = re.compile(r"(?P<name>[^@]+?)(?:[@_.](?P<cutoff>\d+))?")
_STATED = re.compile(r"(?P<name>[^()]+)\((?P<stated>\w+=[^()]*)\)")
_DCG = {"log2": "nDCG", "exp-log2": "nDCG(exp)"}  # what ir_measures calls the two gains


@dataclass(frozen=True, slots=True, order=True)
class Measure:
    """A formula by its name and how many ranks it looks at; `Measure.parse(str(m)) == m`.

    Attributes:
        name: The printed name, "nDCG".
        cutoff: Ranks looked at, ≥ 1; None for the whole run.
        rel: The least grade that counts as relevant, ≥ 1.
        stated: Its other parameters that are not as usual, by name, in order.
    """

    name: str
    cutoff: int | None = None
    rel: int = 1
    stated: tuple[tuple[str, float], ...] = ()

    def __post_init__(self) -> None:
        """Check that the formula exists, that the cutoff is at least 1 and that parameters fit."""
        known = definition_of(self.name)
        if self.rel != 1 and (known.graded or self.rel < 1):
            raise _wrong(f"{self.name} takes no rel={self.rel}", known)
        for name, value in self.stated:
            if name not in dict(known.defaults) or not 0 < value < 1:
                raise _wrong(f"{self.name} takes no {name}={value}", known)
        if self.cutoff is not None and self.cutoff < 1:
            raise UsageError(
                f"{self.name}@{self.cutoff} looks at nothing",
                hint="a cutoff is 1 or more, such as nDCG@10",
                code="EK111",
            )

    @classmethod
    def parse(cls, text: str) -> Measure:
        """Return the measure that `text` names, in the spelling of trec_eval or of ir_measures.

        Raises:
            UnknownNameError: Nothing is called so; the nearest name is offered.
            UsageError: A parameter is none of the measure's, or outside its range.

        Examples:
            >>> [str(Measure.parse(name)) for name in ("ndcg_cut_10", "map_cut.100", "recip_rank")]
            ['nDCG@10', 'MAP@100', 'MRR']
            >>> [str(Measure.parse(name)) for name in ("R(rel=2)@100", "nDCG(dcg='exp-log2')@10")]
            ['Recall(rel=2)@100', 'nDCG(exp)@10']
        """
        match = _FORM.fullmatch("".join(text.split()))
        if match is None:
            raise _unknown(text)
        cutoff = int(match["cutoff"]) if match["cutoff"] else None
        with_parameters = _STATED.fullmatch(match["name"])
        if with_parameters is None:
            return cls(_canonical(match["name"], text), cutoff)
        name = _canonical(with_parameters["name"], text)
        given = dict(item.partition("=")[::2] for item in with_parameters["stated"].casefold().split(","))
        if "dcg" in given and name == "nDCG":
            name = _DCG.get(given.pop("dcg").strip("'\""), name)
        rel, stated = _parameters(name, given)
        return cls(name, cutoff, rel, stated)

    def __str__(self) -> str:
        stated = [f"rel={self.rel}"] if self.rel != 1 else []
        stated += [f"{key}={value}" for key, value in self.stated]
        name = f"{self.name}({','.join(stated)})" if stated else self.name
        return name if self.cutoff is None else f"{name}@{self.cutoff}"

    @property
    def definition(self) -> Definition:
        """All that is known of it, with its parameters as they are stated."""
        known = definition_of(self.name)
        return _with_parameters(known, self.rel, self.stated) if self.rel != 1 or self.stated else known

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
        return Measure.parse(name).definition.words
    except EvalkitError:
        return ""


@functools.cache
def _with_parameters(known: Definition, rel: int, stated: tuple[tuple[str, float], ...]) -> Definition:
    if stated and known.stated is not None:
        known = known.stated(**dict((*known.defaults, *stated)))
    return known if rel == 1 else known.at_least(rel)


def _parameters(name: str, given: Mapping[str, str]) -> tuple[int, tuple[tuple[str, float], ...]]:
    """Return the threshold of relevance and the other parameters that differ from the usual."""
    known = definition_of(name)
    numbers: dict[str, float] = {}
    for key, text in given.items():
        try:
            numbers[key] = float(text)
        except ValueError:
            raise _wrong(f"{name} takes no {key}={text}", known) from None
    rel = numbers.pop("rel", 1.0)
    if not rel.is_integer():
        raise _wrong(f"{name} takes no rel={rel}", known)
    return int(rel), tuple(sorted(set(numbers.items()) - set(known.defaults)))


def _wrong(problem: str, known: Definition) -> UsageError:
    """Return the error about a parameter that a measure lacks, or that lies outside its range."""
    takes = [] if known.graded else ["rel, a grade of 1 or more"]
    takes += [f"{key}, between 0 and 1" for key, _ in known.defaults]
    hint = f"{known.name} takes {' and '.join(takes) or 'no parameter: it weighs grades itself'}"
    return UsageError(problem, hint=hint, code="EK134")


@functools.cache
def _loaded(point: EntryPoint) -> Definition:
    """Return what another package registered: a definition, or a function that is the formula alone."""
    with guarded(lambda error: _failed(point, f"cannot be loaded: {described(error)}")):
        found = point.load()
    if isinstance(found, Definition) and found.name == point.name:
        with guarded(lambda error: _failed(point, described(error))):
            found.check()
        return replace(found, formula=_guarded(point, found.formula))
    if isinstance(found, Definition) or not callable(found):
        what = f"a definition of {found.name}" if isinstance(found, Definition) else type(found).__name__
        raise UsageError(
            f"measure {point.name} is registered as {what}",
            places=(point.value,),
            hint="register a Definition of that name, or a function (JudgedRun, cutoff) -> (Q,) values",
            code="EK110",
        )
    return Definition(name=point.name, formula=_guarded(point, found))


def _guarded(point: EntryPoint, formula: Formula) -> Formula:
    """Return a formula of another package whose failures are errors, whatever it does."""

    def run(judged: JudgedRun, cutoff: int | None) -> Floats:
        with guarded(lambda error: _failed(point, described(error))):
            return formula(judged, cutoff)

    return run


def _failed(point: EntryPoint, told: str) -> UsageError:
    return UsageError(
        f"measure {point.name} {told}",
        places=(f"{point.dist.name if point.dist else ''}   {point.value}".strip(),),
        hint="mend the package that registers it, or uninstall it",
        code="EK110",
    )


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
