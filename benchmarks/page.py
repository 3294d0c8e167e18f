"""The page: what was measured, as Markdown."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from items import Aim, Item
from measuring import Outcome

TEMPLATE = Path(__file__).parent / "page.md"
STAGE = "stage "
MISSED = "**no**"

Outcomes = Mapping[str, Outcome]


def page(items: Sequence[Item], outcomes: Outcomes, about: Mapping[str, str]) -> str:
    """Return the whole page: `page.md` with the numbers in their places."""
    parts = {
        **about,
        "table": table(items, outcomes),
        "missed": missed(items, outcomes),
        "details": details(items, outcomes),
        "line": line(outcomes.get("P10")),
        "stages": stages(outcomes.get("compare")),
        "backends": backends(outcomes.get("backends")),
        "failures": failures(items, outcomes),
    }
    text = TEMPLATE.read_text(encoding="utf-8")
    for name, part in parts.items():
        text = text.replace(f"{{{{ {name} }}}}", part)
    return text


def table(items: Sequence[Item], outcomes: Outcomes) -> str:
    """Return the main table: one row for each aim."""
    rows = [
        [item.key, item.work, aim.text, *_verdict(aim, outcomes[item.key])]
        for item in items
        for aim in item.aims
    ]
    return _markdown(["#", "work", "aim", "measured", "met"], rows)


def missed(items: Sequence[Item], outcomes: Outcomes) -> str:
    """Return where the time of those items goes that miss an aim."""
    told = [
        f"- **{item.key}**: {' '.join(item.profile) or 'no profile was made'}"
        for item in items
        if any(_verdict(aim, outcomes[item.key])[1] == MISSED for aim in item.aims)
    ]
    return "\n".join(told) or "No aim is missed."


def details(items: Sequence[Item], outcomes: Outcomes) -> str:
    """Return the times of everyone: median, spread, processor time and peak."""
    rows = [
        [item.key, contender.name, *_times(outcomes[item.key].rounds.get(contender.name, []))]
        for item in items
        for contender in item.contenders
    ]
    head = ["#", "who", "rounds", "median", "least – most", "processor time", "peak"]
    notes = [f"{item.key}: {note}" for item in items for note in item.notes]
    return "\n".join([_markdown(head, rows), "", *notes])


def line(outcome: Outcome | None) -> str:
    """Return how cost grows with the documents."""
    rows = []
    for found in (rounds[0] for rounds in (outcome.rounds.values() if outcome else ()) if rounds):
        if "documents" not in found:  # a peer, of one size
            continue
        documents, seconds = float(found["documents"]), float(found["seconds"])
        per_million = seconds / documents * 1e6
        rows.append(
            [f"{documents:,.0f}", f"{seconds:.1f} s", f"{per_million:.1f} s", f"{found['peak_mb']:,.0f} MB"]
        )
    return _markdown(["documents", "seconds", "seconds per million documents", "peak"], rows)


def stages(outcome: Outcome | None) -> str:
    """Return what each stage of `compare` takes."""
    rounds = [found for many in (outcome.rounds.values() if outcome else ()) for found in many]
    told = next((found for found in rounds if any(name.startswith(STAGE) for name in found)), None)
    if told is None:
        return "not measured"
    whole = float(told["seconds"])
    spent = {name.removeprefix(STAGE): float(value) for name, value in told.items() if name.startswith(STAGE)}
    spent["everything else: imports, progress, printing"] = whole - sum(spent.values())
    rows = [[name, f"{seconds:.1f} s", f"{seconds / whole:.0%}"] for name, seconds in spent.items()]
    return _markdown(["stage", "seconds", "part"], [*rows, ["whole", f"{whole:.1f} s", "100%"]])


def backends(outcome: Outcome | None) -> str:
    """Return texts per second of each backend, and how near its vectors are to torch's."""
    rows = []
    for name, rounds in (outcome.rounds if outcome else {}).items():
        if not rounds:
            rows.append([name, "–", "–", "–"])
            continue
        texts = statistics.median(found["texts"] / found["seconds"] for found in rounds)
        rows.append(
            [name, f"{texts:.0f}", str(rounds[0].get("cosine", "–")), str(rounds[0].get("fingerprint", "–"))]
        )
    return _markdown(["who", "texts per second", "least cosine with torch", "backend in fingerprint"], rows)


def failures(items: Sequence[Item], outcomes: Outcomes) -> str:
    """Return what could not be measured, and why."""
    told = [f"- {item.key}, {failure}" for item in items for failure in outcomes[item.key].failures]
    return "\n".join(told) or "Everything could be measured."


def _verdict(aim: Aim, outcome: Outcome) -> list[str]:
    try:
        number = aim.value(outcome)
    except (LookupError, ValueError, ZeroDivisionError) as error:
        return [f"not measured ({error})", "–"]
    return [aim.form.format(number), "yes" if aim.is_met(number) else MISSED]


def _times(rounds: Sequence[Mapping[str, Any]]) -> list[str]:
    if not rounds:
        return ["0", "–", "–", "–", "–"]
    seconds = sorted(float(found["seconds"]) for found in rounds)
    processor = statistics.median(float(found["processor_s"]) for found in rounds)
    peak = max(float(found["peak_mb"]) for found in rounds)
    return [
        str(len(rounds)),
        f"{statistics.median(seconds):.3f} s",
        f"{seconds[0]:.3f} – {seconds[-1]:.3f} s",
        f"{processor:.2f} s",
        f"{peak:,.0f} MB",
    ]


def _markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
