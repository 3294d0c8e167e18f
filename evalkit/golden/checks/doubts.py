"""Doubts: what the judgements of a golden set say that deserves a second look."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np

from evalkit.findings import Finding, Severity, place
from evalkit.golden.card import CARD
from evalkit.golden.goldenset import GoldenSet
from evalkit.golden.reading.records import Draft, Judgement
from evalkit.golden.reading.telling import count, told

SHARE_OF_CORPUS = 0.5
SHARE_OF_QUERIES = 0.05
FEWEST_QUERIES = 10


def doubt_findings(draft: Draft, golden: GoldenSet) -> list[Finding]:
    """Return findings on relevant documents that nobody can find and on judgements of an unlikely kind."""
    findings = _unreachable(draft, golden) + _only_positive(draft, golden) + _too_many_answers(draft, golden)
    return findings + _one_answer_for_many(draft) + _pool_of_nobody(draft)


def _unreachable(draft: Draft, golden: GoldenSet) -> list[Finding]:
    empty = {record.identity for record in draft.corpus.records if not record.body.strip()}
    own = set()
    if draft.card.self_hits == "remove":
        own = {golden.queries.ids[row] for row in np.flatnonzero(golden.self_hits >= 0)}
    lost = [
        item
        for item in draft.qrels.judgements
        if item.grade >= 1 and (item.document in empty or (item.query == item.document and item.query in own))
    ]
    return told(
        "EK250",
        Severity.WARNING,
        f"{count(len(lost), 'relevant document', 'relevant documents')} cannot be found by any system",
        draft.qrels,
        lost,
        hint="they have no text, or are the query itself, which is removed; drop these judgements",
    )


def _only_positive(draft: Draft, golden: GoldenSet) -> list[Finding]:
    judged = golden.qrels
    if golden.card.judgments != "complete" or np.any(judged.grades == 0) or len(judged) >= _pairs(golden):
        return []
    problem = (
        'no document is judged not relevant, yet judgments = "complete" takes every unjudged one as '
        "not relevant"
    )
    hint = 'say judgments = "sparse" (known answers) or "pooled" in golden.toml, unless all were looked at'
    return [Finding("EK251", Severity.NOTICE, problem, (place(draft.qrels.path),), hint)]


def _pairs(golden: GoldenSet) -> int:
    return len(golden.queries) * len(golden.corpus)


def _too_many_answers(draft: Draft, golden: GoldenSet) -> list[Finding]:
    relevant = golden.qrels.relevant_per_query(len(golden.queries))
    wide = {
        golden.queries.ids[row]: int(relevant[row])
        for row in np.flatnonzero(relevant > SHARE_OF_CORPUS * len(golden.corpus))
    }
    records = [record for record in draft.queries.records if record.identity in wide]
    return told(
        "EK252",
        Severity.WARNING,
        f"{count(len(records), 'query finds', 'queries find')} more than half of the corpus relevant",
        draft.queries,
        records,
        hint="any order of the documents scores well there; keep what answers the question",
        details=[f"{record.identity} {wide[record.identity]}" for record in records],
    )


def _one_answer_for_many(draft: Draft) -> list[Finding]:
    """Return a notice on documents that alone answer many queries, which then win and lose together."""
    answers: dict[str, list[Judgement]] = defaultdict(list)
    for item in draft.qrels.judgements:
        if item.grade >= 1:
            answers[item.query].append(item)
    # As the set is put together: whatever a group is, its text names it.
    group_of = {
        record.identity: str(record.fields["group"])
        for record in draft.queries.records
        if "group" in record.fields
    }
    sole = [items[0] for items in answers.values() if len(items) == 1]
    groups = {(item.document, group_of.get(item.query, (item.query,))) for item in sole}
    asked = Counter(document for document, _ in groups)
    limit = max(FEWEST_QUERIES, SHARE_OF_QUERIES * len(draft.queries.records))
    many = {document: number for document, number in asked.items() if number >= limit}
    records = [record for record in draft.corpus.records if record.identity in many]
    return told(
        "EK253",
        Severity.NOTICE,
        f"{count(len(records), 'document is', 'documents are')} the only answer to many queries",
        draft.corpus,
        records,
        hint="whoever misses it loses them all: give such queries one group, or ask about more",
        details=[f"{record.identity} {many[record.identity]}" for record in records],
    )


def _pool_of_nobody(draft: Draft) -> list[Finding]:
    if draft.card.judgments != "pooled" or draft.card.pooled_from:
        return []
    problem = 'judgments = "pooled" without pooled_from: nobody can tell whom the pool favours'
    hint = 'name the systems whose results were judged: pooled_from = ["bm25", "lsa/384"]'
    where = (place(draft.queries.path.parent / CARD),)
    return [Finding("EK254", Severity.NOTICE, problem, where, hint)]
