"""The next step: what to do after a verdict, and where the page shows why."""

from __future__ import annotations

from dataclasses import dataclass, replace

from evalkit import figures
from evalkit.decision.policy import PLANNED_GAIN
from evalkit.decision.reading import CLAIM
from evalkit.reporting.blocks import Link
from evalkit.reporting.sections.fewest import fewest_judgements
from evalkit.reporting.sections.source import baseline_of
from evalkit.results.parts import DecisionPart, UnjudgedPart
from evalkit.results.result import Result

_OPEN = ("SMALL_N", "PRIMARY_UNRESOLVED", "GAIN_BELOW_MIN", "GUARDRAIL_UNPROVEN")


@dataclass(frozen=True, slots=True)
class NextStep:
    """What to do, and the part of the page that shows where."""

    words: str
    anchor: str
    see: str

    @property
    def link(self) -> Link:
        """The part of the page."""
        return Link(self.anchor, self.see)


def next_step(result: Result, decision: DecisionPart) -> NextStep:
    """Return what to do next after a decision."""
    baseline, reason = baseline_of(result), _leading_reason(result, decision)
    known = result.unjudged.get(decision.candidate, UnjudgedPart())
    keep = f"Keep {baseline}."
    steps = {
        "OK": _replace(result, baseline, decision.candidate),
        "CRITICAL": NextStep(
            f"{keep} Look at each lost query; accept a loss by a waiver with its reason, if you can.",
            "critical",
            "the queries lost",
        ),
        "GUARDRAIL_HARM": NextStep(f"{keep} Look at where it gets worse.", "segments", "the segments"),
        "NO_WORTHWHILE_GAIN": NextStep(
            f"{keep} If you must move for other reasons (price, size, an end of support), ask whether "
            "quality is kept: --objective maintain.",
            "measures",
            "the measures",
        ),
        "PRIMARY_HARM": NextStep(f"{keep} Look at what was lost.", "queries", "the queries"),
        "UNJUDGED": NextStep(
            fewest_judgements(known.settling)
            or f"Judge the {figures.counted(known.unjudged, 'unjudged document')} that the systems rank "
            "highest, those on the worklist first, and compare again.",
            "trust",
            "what the doubt is",
        ),
        "COPIES": NextStep(
            "Judge every copy of a document alike, or keep one of each (golden check names them), then "
            "compare again; --ties expected counts every order of copies alike.",
            "trust",
            "what the doubt is",
        ),
        "PROVENANCE": NextStep(
            _other_answers(result),
            "trust",
            "what the doubt is",
        ),
    }
    step = _mend_input(result, decision) or steps.get(reason) or _judge_more(result, decision)
    if decision.reason in _OPEN and known.settling.fewest:
        return replace(step, words=f"{step.words} Or: {fewest_judgements(known.settling)}")
    return step


def _other_answers(result: Result) -> str:
    """Return what to do where known answers come from the baseline, or where nobody says where from."""
    if result.golden.pooled_from:
        return "Add known answers from another source than the baseline's results, and compare again."
    return (
        "Say in golden.toml where the known answers come from (pooled_from); where that is the baseline, add "
        "answers from another source. Then compare again."
    )


def _leading_reason(result: Result, decision: DecisionPart) -> str:
    """Return the reason that the next step answers: of a NO-GO the primary measure's, where it has one."""
    rules = (rule for rule in result.rules if rule.candidate == decision.candidate)
    primary = next((rule.reason for rule in rules if rule.row in ("3i", "3m") and rule.verdict), "")
    return primary if primary and decision.verdict == "NO-GO" else decision.reason


def _mend_input(result: Result, decision: DecisionPart) -> NextStep | None:
    """Return the step where a candidate finds no more than chance would, None where it finds more."""
    about = f"{decision.candidate} finds "
    told = (item for item in result.findings if item.code == "EK520")
    hint = next((item.hint for item in told if item.problem.startswith(about)), "")
    words = f"Mend the input of {decision.candidate} and compare again: {hint.rstrip('.?')}."
    return NextStep(words, "trust", "what was found") if hint else None


def _replace(result: Result, baseline: str, candidate: str) -> NextStep:
    """Return the step after a GO; only where two models are known do their vectors have to be kept apart."""
    spaces = [(result.systems[name].fingerprint or {}).get("digest") for name in (baseline, candidate)]
    words = f"Replace {baseline} by {candidate}"
    if None in spaces or len(set(spaces)) == 1:
        return NextStep(f"{words}.", "measures", "the measures")
    return NextStep(
        f"{words}: embed the whole corpus anew before queries are switched over, since the two models' "
        "vectors do not mix.",
        "cost",
        "what it costs",
    )


def _judge_more(result: Result, decision: DecisionPart) -> NextStep:
    needed = decision.queries_needed
    have = power.queries if (power := result.power.get(decision.candidate)) else 0
    if needed is None or needed <= have:
        return NextStep(
            f"Keep {baseline_of(result)} for now: more queries of this kind are not known to be the cure.",
            "trust",
            "what this golden set can show",
        )
    chance, keep = figures.percent(result.power_asked), baseline_of(result)
    least = decision.reason == "SMALL_N" and _planned(result, decision) != needed
    settle = "" if least else f", which settle it with a chance of {chance} {_true_effect(result, decision)},"
    return NextStep(
        f"Judge {'at least ' if least else ''}{figures.counted(needed - have, 'more query')} "
        f"({figures.count(needed)} in all){settle} and compare again; until then keep {keep}.",
        "trust",
        "what this golden set can show",
    )


def _planned(result: Result, decision: DecisionPart) -> int | None:
    """Return how many queries settle the primary claim, where that is known and more than there are."""
    rules = (rule for rule in result.rules if rule.candidate == decision.candidate)
    return next((rule.queries_needed for rule in rules if rule.row == CLAIM), None)


def _true_effect(result: Result, decision: DecisionPart) -> str:
    """Return the effect at which so many queries settle the question, "if nDCG@10 truly rises by 0.02"."""
    asked = result.comparing
    if decision.reason == "GUARDRAIL_UNPROVEN":
        return "if nothing is lost there"
    if asked.objective != "improve":
        return f"if {asked.primary} truly does not change"
    effect = figures.setting(min(1.0, asked.min_gain + PLANNED_GAIN)).removeprefix("+")
    return f"if {asked.primary} truly rises by {effect}"
