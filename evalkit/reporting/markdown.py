"""The Markdown view: a comment on a pull request, short enough to be read there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from evalkit.quoting import shortened
from evalkit.reporting.document import Document
from evalkit.reporting.sections.effects import CandidateEffects
from evalkit.reporting.sections.mixture import Migration
from evalkit.reporting.sections.queries import CandidateQueries
from evalkit.reporting.sections.rules import CandidateRules
from evalkit.results.result import Result

_SIGNS = {"good": "✅", "bad": "❌", "open": "❔"}
_WORST = 3
_TEXT_SHOWN = 100
_PUNCTUATION = re.compile(r"([\\`*_{}\[\]#|~<>&]|(?<=:)/|(?<=:/)/|(?<=www)\.)")
_MENTION = re.compile(r"(?<!\w)@")


def summary_markdown(result: Result) -> str:
    """Return the verdict, the table of measures, the failing rules and the worst three queries.

    Args:
        result: The result, as `result.json` holds it.

    Returns:
        GitHub-flavoured Markdown, in which texts of the golden set can neither format, link nor notify.
    """
    document = Document.of(result)
    return "\n".join(_lines(document)).replace("\N{NO-BREAK SPACE}", " ").strip() + "\n"


def migration_markdown(way: Migration) -> str:
    """Return what the lab found as a few sentences and a table of strategies."""
    headings = [
        "",
        "nothing moved",
        "half way",
        "worst",
        "as good as the old index",
        "blackout half way",
        "searches",
        "",
    ]
    rows = [
        (
            line.label,
            line.start,
            line.half,
            line.worst,
            line.break_even,
            line.blackout,
            line.searches,
            f"never below the old index{way.within}" if line.safe else "",
        )
        for line in way.lines
    ]
    first, *others = map(plain, way.sentences)
    title = f"Mixed index, {plain(way.old)} → {plain(way.new)}, {plain(way.measure)}"
    table = "\n".join(_table(headings, rows))
    return (
        f"### {title}\n\n**{first}** {' '.join(others)}\n\n{table}".replace("\N{NO-BREAK SPACE}", " ").strip()
        + "\n"
    )


def code(text: str) -> str:
    """Return foreign text as a code span that nothing in it can end, fit for a table cell."""
    cleaned = text.replace("|", "\\|") or " "
    longest = max((len(run) for run in re.findall("`+", cleaned)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if cleaned.startswith("`") or cleaned.endswith("`") else ""
    return f"{fence}{pad}{cleaned}{pad}{fence}"


def plain(text: str) -> str:
    """Return foreign text with every sign escaped that formats or links, and mentions broken."""
    return _MENTION.sub("@\N{WORD JOINER}", _PUNCTUATION.sub(r"\\\1", text))


def _lines(document: Document) -> Iterator[str]:
    opening = document.opening
    title = f"{_SIGNS[opening.tone]} {opening.verdict}" if opening else "Scores"
    yield f"## {title}: evalkit on {plain(document.name)}"
    yield ""
    if opening:
        yield f"**{plain(opening.summary)}** {plain(opening.asked)}"
        yield ""
    yield f"{plain(' · '.join(document.facts))}"
    yield ""
    if opening is None:
        systems = document.measures.systems
        yield from _table([column.heading for column in systems.columns], [row.cells for row in systems.rows])
        yield from _mixed(document)
        return
    rules = {block.candidate: block for block in document.rules}
    queries = {block.candidate: block for block in document.queries.candidates} if document.queries else {}
    for decision, effects in zip(opening.decisions, document.measures.candidates, strict=True):
        if len(opening.decisions) > 1:
            yield f"### {_SIGNS[decision.tone]} {decision.verdict}: {plain(decision.candidate)}"
            yield ""
        yield from _measures(document, effects)
        yield from _rules(rules[decision.candidate])
        if decision.candidate in queries:
            yield from _worst(queries[decision.candidate])
        if decision.without_critical:
            yield plain(decision.without_critical)
            yield ""
    yield from _mixed(document)
    yield f"**Next:** {plain(opening.next_step.words)}"
    for note in opening.notes:
        yield ""
        yield f"Note: {plain(note)}"


def _measures(document: Document, effects: CandidateEffects) -> Iterator[str]:
    headings = [
        "",
        document.baseline,
        effects.candidate,
        "Δ",
        f"{document.confidence} interval",
        "p",
        "won/tied/lost",
        "",
    ]
    rows = [
        (line.label, line.baseline, line.candidate, line.delta, line.interval, line.p, line.record, line.says)
        for line in effects.lines
    ]
    rows += [
        (line.label, line.baseline, line.candidate, "", "", "", "", line.says) for line in effects.judged
    ]
    yield from _table(headings, rows)


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(map(plain, headings))} |"
    yield f"|{'|'.join(['---', *['--:'] * (len(headings) - 2), '---'])}|"
    for row in rows:
        yield f"| {' | '.join(map(plain, row))} |"
    yield ""


def _rules(block: CandidateRules) -> Iterator[str]:
    if not block.failing:
        return
    yield "Rules that fail:"
    yield ""
    for rule in block.failing:
        decides = " (decides)" if rule.decides else ""
        yield f"- **{plain(rule.name)}**{decides}: {plain(rule.words)}"
    yield ""


def _mixed(document: Document) -> Iterator[str]:
    for way in document.mixture:
        yield f"**Mixed index**, {plain(way.old)} → {plain(way.new)}: {plain(way.short)}"
        yield ""


def _worst(block: CandidateQueries) -> Iterator[str]:
    worst = [line for line in block.lines if line.tone == "bad"][:_WORST]
    if not worst:
        return
    yield f"Greatest losses in {plain(block.measure)}:"
    yield ""
    for line in worst:
        text = f": {code(shortened(line.text, _TEXT_SHOWN))}" if line.text else ""
        yield f"- {line.delta} ({line.baseline_score} → {line.candidate_score}) {code(line.id)}{text}"
    yield ""
