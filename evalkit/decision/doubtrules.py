"""The rows of doubt: what withholds a verdict that other rows have given."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.decision.bound import ASSUMED
from evalkit.decision.case import Case
from evalkit.decision.verdict import Reason, Ruled
from evalkit.decision.wording import percent
from evalkit.ruling.rule import About, Unit


def unjudged_documents(case: Case) -> Iterator[Ruled]:
    """Row 8: labels of unjudged documents must not be able to turn a GO or a NO-GO, else it is withheld."""
    known = case.evidence.sensitivity
    if known is None:
        return
    baseline, candidate, relevant = (
        percent(share) for share in (known.judged_baseline, known.judged_candidate, known.relevant_share)
    )
    assumed = (
        "as often as judged ones"
        if known.rate_known
        else f"at most as often as its known ones allow, given that {ASSUMED} (no grades 0 tell the rate)"
    )
    tipping = "no rate" if known.tipping is None else f"a rate of {percent(known.tipping)}"
    # Who finds no more of the known answers than a random order would is not excused by unknown ones.
    may_turn = not known.stable and not case.evidence.at_chance
    excuse = (
        " The candidate finds no more of the known answers than a random order: labels do not excuse that."
        if case.evidence.at_chance and not known.stable
        else ""
    )
    yield Ruled(
        row="8",
        about=About.UNJUDGED,
        unit=Unit.SHARE,
        term="unjudged",
        name="unjudged documents",
        words=(
            f"{baseline} of the baseline's and {candidate} of the candidate's results that are looked at are "
            "judged. "
            + ("The verdict holds" if known.stable else "The verdict may turn")
            + f" if unjudged documents are relevant {assumed} ({relevant}); "
            + f"{tipping} makes it turn."
            + (" Judge the documents on the worklist first." if may_turn else excuse)
        ),
        passed=not may_turn,
        observed=known.tipping,
        limit=known.relevant_share,
        reason=Reason.UNJUDGED if may_turn else Reason.OK,
    )


def source_of_answers(case: Case) -> Iterator[Ruled]:
    """Row 8b: known answers that come, or may come, from the baseline speak against no candidate."""
    if not case.evidence.source_doubtful:
        return
    words = (
        "The known answers come from the baseline's own results, which favours it: nothing counts against "
        "the candidate before answers from another source are added."
        if case.evidence.source_stated
        else "Nobody says where the known answers come from; if from the baseline's own results, they favour "
        "it: nothing counts against the candidate before that is known. Say in golden.toml where they come "
        "from (pooled_from)."
    )
    yield Ruled(
        row="8b",
        about=About.SOURCE,
        term="judging",
        name="source of the known answers",
        words=words,
        passed=False,
        reason=Reason.PROVENANCE,
    )


def order_of_copies(case: Case) -> Iterator[Ruled]:
    """Row 8c: the order of identical documents that are judged differently makes no GO and no NO-GO."""
    other = case.evidence.in_any_order
    if not other:
        return
    yield Ruled(
        row="8c",
        about=About.COPIES,
        term="ties",
        name="identical documents",
        words=(
            "Identical documents are judged differently, and their order decides: counted in every order "
            f"alike, the verdict would be {other}. Judge every copy alike, or ask again with --ties expected."
        ),
        passed=False,
        reason=Reason.COPIES,
    )
