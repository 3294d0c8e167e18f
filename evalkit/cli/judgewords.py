"""What golden judge says of a model's grades: what they will cost, what they are, how far people agree."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from evalkit import figures
from evalkit.cli.merge import model_lines
from evalkit.judging.modelagreement import ModelAgreement
from evalkit.judging.modeljudge import Estimate, Flag, ModelJudged

WORST = 5  # queries on which model and people differ most


def cost_first(estimate: Estimate, judged: int) -> str:
    """Return what asking will take; `judged` pairs are left out because people have judged them."""
    parts = [figures.counted(estimate.pairs, "pair"), f"{figures.count(estimate.known)} answered before"]
    parts += [f"{figures.count(judged)} left out that people have judged"] if judged else []
    tokens = figures.counted(estimate.tokens_in + estimate.tokens_out, "token")
    cost = "no price stated" if estimate.cost is None else f"about {figures.number(estimate.cost, 4)}"
    ask = figures.count(estimate.pairs - estimate.known)
    return " · ".join([*parts, f"{ask} to ask, at most about {tokens}", cost])


def record_of(judged: ModelJudged, estimate: Estimate) -> dict[str, object]:
    """Return what a model said of each pair, and what that took, as a JSON object."""
    pairs = [
        {
            "query": item.pair.query,
            "document": item.pair.document,
            "grade": item.grade,
            "said": item.said,
            "flag": str(item.flag),
            "date": item.date,
        }
        for item in judged.graded
    ]
    return {
        "judged_by": judged.model,
        "endpoint": judged.place,
        "prompt": {"digest": judged.prompt.digest, "text": judged.prompt.text},
        "pairs": pairs,
        "requests": judged.requests,
        "tokens_in": judged.tokens_in,
        "tokens_out": judged.tokens_out,
        "cost": judged.cost,
        "left": judged.count(Flag.LEFT),
        "flagged": judged.count(Flag.ADDRESSES),
        "without_grade": judged.count(Flag.NO_GRADE),
        "refused": judged.count(Flag.REFUSED),
        "estimate": asdict(estimate),
    }


def lines_of(judged: ModelJudged, output: Path | None) -> list[str]:
    """Return what a model was told and said, what that cost, and what is left."""
    grades, left = judged.grades, judged.count(Flag.LEFT)
    spread = ", ".join(f"{figures.count(grades[grade])} × {grade}" for grade in sorted(grades))
    given = figures.counted(sum(grades.values()), "grade")
    lines = [
        f"{judged.model} was told (prompt {judged.prompt.digest[:12]}):",
        *(f"  {line}" for line in judged.prompt.text.splitlines()),
        f"{figures.counted(judged.requests, 'request')} answered now; {given}{spread and ': '}{spread}",
    ]
    cost = "" if judged.cost is None else f", cost {figures.number(judged.cost, 4)}"
    tokens = figures.count(judged.tokens_in), figures.count(judged.tokens_out)
    lines.append(f"{tokens[0]} tokens sent and {tokens[1]} answered in all{cost}")
    if left:
        lines.append(
            f"the budget ends here: {figures.counted(left, 'pair')} are left; raise --budget and run it again"
        )
    if output is not None:
        lines.append(f"written to {output}; no grade of a model counts as a judgement")
    return lines


def agreement_told(found: ModelAgreement | None) -> list[str]:
    """Return how far model and people agree, over all and where they differ most."""
    if found is None:
        return []
    worst = sorted(found.queries.items(), key=lambda item: (item[1][1], item[0]))[:WORST]
    return [
        *model_lines([found]),
        *(
            f"  {query}: {figures.counted(pairs, 'pair')}, {figures.percent(share)} the same, "
            f"the model's grades {figures.signed(apart)} on average"
            for query, (pairs, share, apart) in worst
            if share < 1
        ),
    ]
