"""Worth: whether the card says what every judgement gains, where it says what any does."""

from __future__ import annotations

from evalkit.findings import Finding, Severity, place
from evalkit.golden.card import CARD, GAINS, GAINS_HINT
from evalkit.golden.gains import alike, unstated
from evalkit.golden.reading.records import Draft
from evalkit.golden.reading.telling import count, told


def worth_findings(draft: Draft) -> list[Finding]:
    """Return errors on judgements whose grade has no gain, or whose gain is that of no grade or of two."""
    card, judgements = draft.card, draft.qrels.judgements
    if same := alike(card):
        problem = (
            f"grades {same[0]} and {same[1]} have one gain, and judgements that are gains do not tell which"
        )
        hint = 'give each grade a gain of its own; or write grades into the file, without  grades = "gains"'
        return [Finding("EK695", Severity.ERROR, problem, (place(draft.queries.path.parent / CARD),), hint)]
    strange = [judgements[row] for row in unstated([item.stated for item in judgements], card)]
    what = "whose gain is that of no grade" if card.grades == GAINS else "whose grade has no gain"
    return told(
        "EK694",
        Severity.ERROR,
        f"{count(len(strange), 'judgement')} {what} in golden.toml",
        draft.qrels,
        strange,
        hint=f"state it there:  {GAINS_HINT}",
        details=[f"{item.query} {item.document} {item.text}" for item in strange],
    )
