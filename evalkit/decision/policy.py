"""The policy: the question a verdict answers, fixed before any score is seen."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from evalkit import figures
from evalkit.defaults import MARGIN, MIN_GAIN, PRIMARY
from evalkit.errors import UsageError
from evalkit.scoring.measure import Measure

__all__ = ["Guardrail", "Judge", "Kind", "Objective", "Policy"]

EVERY_SEGMENT = "*"
PLANNED_GAIN = 0.02
SEGMENT_FACTOR = 2

LEAST_LEVEL = 1e-9  # below it no number of queries that anybody has decides


class Objective(enum.StrEnum):
    """What the change is for: better results, or something else at no loss of results."""

    IMPROVE = "improve"
    MAINTAIN = "maintain"


class Judge(enum.StrEnum):
    """Whose grades a verdict rests on: people's alone, or a model's corrected by people's."""

    PEOPLE = "people"
    PPI = "ppi"


class Kind(enum.StrEnum):
    """What a guardrail demands."""

    NO_HARM = "no_harm"
    PROVEN = "proven"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class Guardrail:
    """Something beside the primary measure that must not get worse.

    Attributes:
        measure: What is watched, None for the primary measure.
        segment: Where, None for the whole set, "*" for each segment of at least 20 effective queries.
        kind: `no_harm` stops only on harm that is shown; `proven` demands that a loss beyond the limit is
            excluded; `critical` makes each query of the segment one that must not lose its hit.
        limit: The loss that is accepted, None for twice the policy's margin.
    """

    measure: Measure | None = None
    segment: str | None = None
    kind: Kind = Kind.NO_HARM
    limit: float | None = None

    def __post_init__(self) -> None:
        """Check the kind and the limit."""
        if self.kind not in set(Kind):
            raise UsageError(
                f"a guardrail cannot be of kind {self.kind!r}",
                hint=f"choose from {', '.join(Kind)}",
                code="EK121",
            )
        if self.limit is not None:
            _check_share("limit", self.limit)


DEFAULT_PRIMARY = Measure.parse(PRIMARY)
DEFAULT_GUARDRAILS = (Guardrail(Measure("Recall", 10)), Guardrail(segment=EVERY_SEGMENT))


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What must hold for a candidate to replace the baseline.

    Attributes:
        objective: "improve" asks for a gain, "maintain" for no loss beyond the margin.
        primary: The one measure that decides.
        min_gain: The smallest gain that is worth a migration, asked for under "improve".
        margin: The loss that is accepted; it also says how much harm is harm.
        guardrails: What else must not get worse.
        critical_losses_allowed: How many critical queries may lose their hit.
        waivers: Id of a critical query → the reason why its loss is accepted.
        use_weights: Whether queries count by their traffic.
        alpha: Two-sided level; every one-sided claim is made at half of it.
        power: Chance of showing the planned effect, for "how many more queries".
        resamples: Random sign patterns, None for the number that suits the size of the set.
        looks: How often the same question will be asked of a growing golden set.
        judge: "people": no grade of a model counts. "ppi": a model's grades of all queries count as far as
            people's grades of a random sample bear them out (prediction-powered inference).
    """

    objective: Objective = Objective.IMPROVE
    primary: Measure = DEFAULT_PRIMARY
    min_gain: float = MIN_GAIN
    margin: float = MARGIN
    guardrails: tuple[Guardrail, ...] = DEFAULT_GUARDRAILS
    critical_losses_allowed: int = 0
    waivers: Mapping[str, str] = field(default_factory=dict)
    use_weights: bool = False
    alpha: float = 0.05
    power: float = 0.8
    resamples: int | None = None
    looks: int = 1
    judge: Judge = Judge.PEOPLE

    def __post_init__(self) -> None:
        """Check every setting and freeze the waivers."""
        if self.objective not in set(Objective):
            raise UsageError(
                f"no objective is called {self.objective!r}",
                hint=f"choose from {', '.join(Objective)}",
                code="EK120",
            )
        self._check_judge()
        for name in ("min_gain", "margin"):
            _check_share(name, getattr(self, name))
        for name in ("alpha", "power"):
            if not 0 < getattr(self, name) < 1:
                raise _wrong(name, getattr(self, name), "lie strictly between 0 and 1")
        for name, least in (("critical_losses_allowed", 0), ("looks", 1), ("resamples", 1)):
            value = getattr(self, name)
            if value is not None and value < least:
                raise _wrong(name, value, f"be at least {least}")
        if self.level < LEAST_LEVEL:
            problem = f"leave each of {self.looks} looks a level of at least {figures.as_set(LEAST_LEVEL)}"
            raise _wrong("alpha", self.alpha, problem)
        _check_primary(self.primary)
        for query, reason in self.waivers.items():
            if not reason.strip():
                raise _wrong(f"waivers[{query!r}]", reason, "say why the loss is accepted")
        object.__setattr__(self, "waivers", MappingProxyType(dict(self.waivers)))

    def _check_judge(self) -> None:
        if self.judge not in set(Judge):
            raise _wrong("judge", self.judge, f"be one of {', '.join(Judge)}")
        if self.judge == Judge.PPI and self.use_weights:
            raise UsageError(
                "judge = 'ppi' counts every query alike, and use_weights does not",
                hint="leave one of the two out",
                code="EK679",
            )

    @property
    def improving(self) -> bool:
        """Whether a gain is asked for."""
        return self.objective == Objective.IMPROVE

    @property
    def level(self) -> float:
        """One-sided level of every claim: half of alpha, shared out over the looks."""
        return self.alpha / 2 / self.looks

    @property
    def worthwhile(self) -> float | None:
        """The gain below which a change is not worth making, None where no gain is asked for."""
        return self.min_gain if self.improving else None

    @property
    def segment_margin(self) -> float:
        """The loss that is accepted in a segment and by guardrails without a limit of their own."""
        return min(1.0, SEGMENT_FACTOR * self.margin)

    @property
    def threshold(self) -> float:
        """What the true delta must be shown to exceed."""
        return 0.0 if self.improving else -self.margin

    @property
    def planned_effect(self) -> float:
        """The true delta that queries are planned for; never the one observed."""
        return min(1.0, self.min_gain + PLANNED_GAIN) if self.improving else 0.0

    @property
    def measures(self) -> tuple[Measure, ...]:
        """The measures that must be scored for a verdict, each once, the primary first."""
        watched = [rail.measure for rail in self.guardrails if rail.kind != Kind.CRITICAL]
        return tuple(dict.fromkeys([self.primary, *(measure for measure in watched if measure)]))


def _check_primary(primary: Measure) -> None:
    if primary.definition.apart:
        problem = f"the primary measure is {primary}, which is taken on queries without an answer"
        hint = "watch it as a guardrail; queries with an answer decide"
        raise UsageError(problem, hint=hint, code="EK122")


def _check_share(name: str, value: float) -> None:
    if not 0 <= value <= 1:
        raise _wrong(name, value, "lie in [0, 1], where measures lie")


def _wrong(name: str, value: object, rule: str) -> UsageError:
    return UsageError(f"{name} must {rule}, not {value!r}", hint="see docs/statistics.md", code="EK122")
