"""Lint: what an evaluation must know about a golden set, whoever reads it, as findings with stable codes."""

from __future__ import annotations

import re
from collections import Counter

from evalkit.arrays import increasing
from evalkit.findings import Finding, Severity, place
from evalkit.golden.card import ASSUMED, CARD
from evalkit.golden.checks.dangling import dangling_findings, judged_documents
from evalkit.golden.checks.worth import worth_findings
from evalkit.golden.reading.lines import names_findings
from evalkit.golden.reading.queryfields import ANSWER, field_findings, is_nothing
from evalkit.golden.reading.records import Draft, Sheet, TextRecord
from evalkit.golden.reading.telling import count, told
from evalkit.golden.texts import is_same_text

# Tabs and everything that some reader takes for the end of a line; and what no terminal shows.
BREAKS = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029]")


def essential_findings(draft: Draft, *, allow_unreachable: bool) -> list[Finding]:
    """Return what an evaluation must know: everything that would break it or bend its numbers.

    Args:
        draft: The golden set as read.
        allow_unreachable: Whether judged documents that the corpus lacks may stay in the denominators.
    """
    findings = _empty_sheets(draft)
    findings += _repeated_ids(draft.queries) + _repeated_ids(draft.corpus)
    findings += unfit_ids(draft.queries) + unfit_ids(draft.corpus)
    findings += _empty_texts(draft.queries) + _empty_texts(draft.corpus)
    findings += field_findings(draft.queries) + _assumed_grades(draft) + _unstated_judging(draft)
    findings += worth_findings(draft)
    findings += _names(draft)
    findings += dangling_findings(draft, allow_unreachable=allow_unreachable)
    findings += _queries_without_relevant(draft) + _self_hits(draft)
    return findings


def query_findings(queries: Sheet) -> list[Finding]:
    """Return what must be known about queries alone, judged or not."""
    return [
        *_nothing_in(queries, "queries"),
        *_repeated_ids(queries),
        *unfit_ids(queries),
        *_empty_texts(queries),
        *field_findings(queries),
        *names_findings(queries),
    ]


def _names(draft: Draft) -> list[Finding]:
    """Return findings on first lines that may be names of columns; whoever is judged is none."""
    queries, documents = (draft.queries, draft.corpus)
    asked = {item.query for item in draft.qrels.judgements}
    judged = {item.document for item in draft.qrels.judgements}
    return names_findings(queries, asked) + names_findings(documents, judged)


def _empty_sheets(draft: Draft) -> list[Finding]:
    things = ("queries", "documents", "judgements")
    return [
        finding
        for sheet, what in zip(draft.sheets, things, strict=True)
        for finding in _nothing_in(sheet, what)
    ]


def _nothing_in(sheet: Sheet, things: str) -> list[Finding]:
    if sheet.records or sheet.judgements or sheet.findings():
        return []
    hint = f"add {things}, one a line"
    return [Finding("EK213", Severity.ERROR, f"the file holds no {things}", (str(sheet.path),), hint)]


def _repeated_ids(sheet: Sheet) -> list[Finding]:
    if increasing([record.identity for record in sheet.records]):  # as most files are, and millions of rows
        return []
    counts = Counter(record.identity for record in sheet.records)
    repeated = [record for record in sheet.records if counts[record.identity] > 1]
    return told(
        "EK202",
        Severity.ERROR,
        f"{count(len(repeated), 'line')} share an id with another",
        sheet,
        repeated,
        hint="ids are unique in their file; rename or drop the copies",
    )


def unfit_ids(sheet: Sheet) -> list[Finding]:
    """Return the finding on ids with a tab, a line break or a control character, which no file can carry."""
    unfit: list[TextRecord] = [record for record in sheet.records if BREAKS.search(record.identity)]
    return told(
        "EK257",
        Severity.ERROR,
        f"{count(len(unfit), 'id holds', 'ids hold')} a tab, a line break or another control character",
        sheet,
        unfit,
        hint="tables and run files part columns and lines by these; rename the ids, in the judgements too",
    )


def _empty_texts(sheet: Sheet) -> list[Finding]:
    empty = [record for record in sheet.records if not record.body.strip()]
    return told(
        "EK208",
        Severity.WARNING,
        f"{count(len(empty), 'text')} empty",
        sheet,
        empty,
        hint="an empty text has no vector worth searching; write it or drop it",
    )


def _assumed_grades(draft: Draft) -> list[Finding]:
    """Return what the card keeps of judgements that came without grades; a table without any tells itself."""
    if draft.card.grades != ASSUMED or any(found.code == "EK287" for found in draft.qrels.findings()):
        return []
    problem = (
        f"{count(len(draft.qrels.judgements), 'judgement')} that came without grades, each read as grade 1"
    )
    hint = "as the card says; where grades are known, import them and take  grades  out of golden.toml"
    return [Finding("EK287", Severity.NOTICE, problem, (str(draft.qrels.path),), hint)]


def _unstated_judging(draft: Draft) -> list[Finding]:
    """Return what must be known where nobody says how the set was judged and documents are left unjudged."""
    pairs = len(draft.queries.records) * len(draft.corpus.records)
    if draft.card.judgments or len(draft.qrels.judgements) >= pairs:
        return []
    problem = "judgments is not stated: what nobody judged counts as not relevant, whether or not it is"
    hint = (
        'say in golden.toml how it was judged: judgments = "complete" (every relevant document is known), '
        '"pooled" (what some systems found) or "sparse" (one known answer or a few)'
    )
    return [Finding("EK521", Severity.NOTICE, problem, (place(draft.queries.path.parent / CARD),), hint)]


def _queries_without_relevant(draft: Draft) -> list[Finding]:
    answered = {judgement.query for judgement in draft.qrels.judgements if judgement.grade >= 1}
    if draft.card.missing_documents == "drop":
        known = judged_documents(draft)
        answered = {j.query for j in draft.qrels.judgements if j.grade >= 1 and j.document in known}
    silent = [record for record in draft.queries.records if is_nothing(record.fields.get(ANSWER))]
    quiet = {record.identity for record in silent}
    without = [r for r in draft.queries.records if r.identity not in answered and r.identity not in quiet]
    return _silent(draft, silent, answered) + told(
        "EK224",
        Severity.NOTICE,
        f"{count(len(without), 'query', 'queries')} without a relevant document",
        draft.queries,
        without,
        hint="left out of means and tests on both sides; judge more documents for them",
    )


def _silent(draft: Draft, silent: list[TextRecord], answered: set[str]) -> list[Finding]:
    """Return what is told of queries whose right answer is nothing; an error where one has a document."""
    torn = [record for record in silent if record.identity in answered]
    quiet = [record for record in silent if record.identity not in answered]
    return [
        *told(
            "EK387",
            Severity.ERROR,
            f"{count(len(torn), 'query', 'queries')} whose answer is none and which have a relevant document",
            draft.queries,
            torn,
            hint='take "answer": "none" out, or judge that document 0',
        ),
        *told(
            "EK388",
            Severity.NOTICE,
            f"{count(len(quiet), 'query', 'queries')} whose right answer is nothing",
            draft.queries,
            quiet,
            hint="in the mean of no other measure:  --measure Silent@10  tells how often nothing is returned",
        ),
    ]


def _self_hits(draft: Draft) -> list[Finding]:
    asked = {record.identity for record in draft.queries.records}
    texts = {record.identity: record.body for record in draft.corpus.records if record.identity in asked}
    named_alike = [record for record in draft.queries.records if record.identity in texts]
    same = [record for record in named_alike if is_same_text(record.body, texts[record.identity])]
    if same and not draft.card.self_hits:
        return told(
            "EK214",
            Severity.ERROR,
            f"{count(len(same), 'query is itself a document', 'queries are themselves documents')}",
            draft.queries,
            same,
            hint='say self_hits = "remove" or "keep" in golden.toml: should a query find itself?',
        )
    other = [record for record in named_alike if record not in same]
    return told(
        "EK215",
        Severity.NOTICE,
        f"{count(len(other), 'query shares', 'queries share')} an id with another text in the corpus",
        draft.queries,
        other,
        hint="taken for a collision of numbering; nothing is removed",
    )
