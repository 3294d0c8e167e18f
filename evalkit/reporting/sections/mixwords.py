"""The words on a mixed index: what its numbers mean to someone who never heard of one."""

from __future__ import annotations

from collections.abc import Sequence

from evalkit import figures
from evalkit.reporting.sections.strategies import CARELESS, KEEPS_OLD, listed, strategy_of
from evalkit.results.curves import CurveSummary, LineSummary

WHAT = (
    "A new model needs a new vector for every document. Until the last one is made the index is mixed: some "
    "documents are described in the old model's language, the others in the new one's, and a query is "
    "written in only one of the two."
)
COHORTS_COUNT = (
    "(These two count every relevant document alike, the average every query alike: their ends may differ.)"
)
_CONTROLS = {
    "rotated": (
        "The same model, coordinates turned",
        (
            "A control: the old and the new index come from one model, the new one with its coordinates "
            "turned at random. Both are equally good, so whatever is lost on the way is lost to mixing alone"
        ),
    ),
    "float16": (
        "The same model, half precision",
        (
            "A control: the old and the new index come from one model, the new one in half precision. Both "
            "speak one language, so that mixing them should cost nothing"
        ),
    ),
}
_NOTHING = 0.0005
_ALMOST_NEVER = 0.1
_FAR_LESS = 0.5
_LESS = 0.9


def control_of(curve: CurveSummary) -> str:
    """Return which control a curve is, "" for a true migration."""
    return next((kind for kind in _CONTROLS if curve.new == f"{curve.old}, {kind}"), "")


def control_title(kind: str) -> str:
    """Return what a control is, in a few words."""
    return _CONTROLS[kind][0]


def control_words(kind: str, lines: Sequence[LineSummary]) -> str:
    """Return what a control stands for, and what it found."""
    told = _line(lines, CARELESS)
    if told is None:
        return f"{_CONTROLS[kind][1]}."
    return f"{_CONTROLS[kind][1]}. With queries switched first, {told.measure} is {journey(told)}."


def sentences(
    curve: CurveSummary, lines: Sequence[LineSummary], dims: tuple[int, int] | None
) -> tuple[str, ...]:
    """Return what carelessness costs and what is safe, one sentence or two for each.

    Args:
        curve: The curve's summary.
        lines: Its lines in one measure.
        dims: Lengths of the two models' vectors where they differ, else None.
    """
    told, said = _line(lines, CARELESS), []
    if told is not None:
        said.append(_careless(told, curve))
        if told.blackout:
            said.append(
                f"Half way, {figures.percent(told.blackout)} of the relevant documents that the old index "
                "finds can no longer be found."
            )
    elif dims is not None:
        said.append(
            f"The vectors of {curve.old} have {dims[0]} numbers, those of {curve.new} {dims[1]}: no "
            "column can hold both, so that the halves have to be searched one by one."
        )
    return (*said, _safe(lines, curve.margin))


def within(margin: float) -> str:
    """Return what a claim never to fall below the old index leaves open, "" where that is nothing."""
    return f" by more than {figures.as_set(margin)}" if margin else ""


def short(lines: Sequence[LineSummary], margin: float) -> str:
    """Return the same in one line for those who know the strategies' names.

    Args:
        lines: The lines of a curve in one measure.
        margin: The loss against the old index that is accepted.
    """
    told, parts = _line(lines, CARELESS), []
    if told is not None:
        worst = (
            ""
            if told.worst is None
            else (
                f", {figures.number(told.worst, 2)} at worst on the way "
                f"({figures.percent(told.worst_share)} moved)"
            )
        )
        parts.append(
            f"{CARELESS}: {figures.number(told.start, 2)} when nothing has moved yet, "
            f"{figures.number(told.half, 2)} half way{worst}"
        )
    safe = [line.strategy for line in lines if line.never_below]
    verb = "falls" if len(safe) == 1 else "fall"
    said = "" if safe == [KEEPS_OLD] else within(margin)  # the old index is itself: it needs no margin
    parts.append(
        f"{'only ' if len(safe) == 1 else ''}{listed(safe)} never {verb} below the old index{said}"
        if safe
        else f"no strategy is shown never to fall below the old index{within(margin)}"
    )
    return "; ".join(parts)


def journey(line: LineSummary) -> str:
    """Return a line from end to end: "0.012 when nothing has moved, 0.310 half way, 0.512 at the end"."""
    start, half, end = map(figures.number, (line.start, line.half, line.end))
    return f"{start} when nothing has moved, {half} half way, {end} when everything has"


def break_even(share: float | None) -> str:
    """Return from when on a strategy is no worse than the old index."""
    if share is None:
        return "never"
    return {0.0: "from the start", 1.0: "at the end"}.get(share, f"from {figures.percent(share)}")


def blackout(moved: float | None, unmoved: float | None) -> str:
    """Return how unlike the two halves of a corpus fare when half has moved.

    Args:
        moved: What is found of the documents that have moved, in [0, 1].
        unmoved: The same of those that have not.
    """
    if moved is None or unmoved is None:
        return "Documents that have moved beside those that have not."
    if max(moved, unmoved) <= 0:
        return "Neither kind of document is found half way."
    names = ("that have not moved", "that have moved")
    worse, better = names if unmoved <= moved else names[::-1]
    ratio = min(moved, unmoved) / max(moved, unmoved)
    if ratio < _ALMOST_NEVER:
        return f"Documents {worse} are found almost never: the average hides a blackout."
    if ratio < _LESS:
        far = "far " if ratio < _FAR_LESS else ""
        return f"Documents {worse} are found {far}less often than those {better}: the average hides that."
    return "Documents that have moved and those that have not are found about equally well."


def _careless(line: LineSummary, curve: CurveSummary) -> str:
    new, measure, old = curve.new, line.measure, figures.number(line.old)
    start = f"If queries switch to {new} before its documents are ready"
    if line.never_below:
        return f"{start}, {measure} is shown never to fall below the old index ({old}){within(curve.margin)}."
    within_loss = f" of more than {figures.as_set(curve.margin)}" if curve.margin else ""
    lowest = min(value for value in (line.start, line.worst) if value is not None)
    if line.old - lowest < _NOTHING:
        return (
            f"{start}, {measure} does not fall below the old index ({old}) on average, but these queries "
            f"cannot exclude a loss{within_loss} on the way."
        )
    back = (
        "is still below that when everything has moved"
        if line.break_even is None
        else "is back only when everything has moved"
        if line.break_even == 1
        else f"is back only when {figures.percent(line.break_even)} of the documents have moved"
    )
    return f"{start}, {measure} falls from {old} to {figures.number(lowest)} and {back}."


def _safe(lines: Sequence[LineSummary], margin: float) -> str:
    others = [line.strategy for line in lines if line.never_below and line.strategy != KEEPS_OLD]
    kept = _line(lines, KEEPS_OLD) is not None
    if others:
        named = listed([f"“{strategy_of(name).label}” ({name})" for name in others])
        verb = "is" if len(others) == 1 else "are"
        also = " So is the old index, kept whole until the new one is complete." if kept else ""
        return f"{named} {verb} shown never to fall below the old index{within(margin)}.{also}"
    none = f"No way to search the mixture is shown never to fall below the old index{within(margin)}"
    return (
        f"{none}; safe is to keep the old index whole until the new one is complete." if kept else f"{none}."
    )


def _line(lines: Sequence[LineSummary], strategy: str) -> LineSummary | None:
    return next((line for line in lines if line.strategy == strategy), None)
