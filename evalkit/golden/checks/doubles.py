"""Doubles: documents and queries that a golden set holds twice, word for word or nearly."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from evalkit.findings import Finding, Severity
from evalkit.golden.checks.resemblance import connected, letter_shingles, resembling, word_shingles, words
from evalkit.golden.reading.records import Draft, Judgement, TextRecord
from evalkit.golden.reading.telling import count, told

NEAR_DOCUMENTS = 0.8
NEAR_QUERIES = 0.75


@dataclass(frozen=True, slots=True)
class Doubles:
    """The records that repeat another, with the one that each repeats, and the groups they form.

    `groups` hold every record of a group in file order; `repeats` all but the first of each group, each
    with that first one.
    """

    groups: tuple[tuple[TextRecord, ...], ...]

    @property
    def repeats(self) -> list[tuple[TextRecord, TextRecord]]:
        """Each record that repeats an earlier one, with the earliest of its group."""
        return [(record, group[0]) for group in self.groups for record in group[1:]]


def double_findings(draft: Draft) -> list[Finding]:
    """Return findings on documents and queries that stand twice, and on what that does to judgements.

    Documents are identical when they agree but for case and white space, near-duplicates when at least
    eight in ten of their runs of three words are common to both; queries when at least three in four runs
    of three letters are and their numbers agree. Queries of one group may resemble each other, and
    so may chunks, of which it is the documents that are compared.
    """
    identical = same_texts(draft.corpus.records)
    near = near_documents(draft.corpus.records, identical)
    findings = _told_documents(draft, identical, near)
    findings += _twins_findings(draft, identical, near)
    return findings + _told_queries(draft)


def same_texts(records: Iterable[TextRecord]) -> Doubles:
    """Return the groups of records whose bodies, if any, agree but for case and white space."""
    by_text: dict[str, list[TextRecord]] = defaultdict(list)
    for record in records:
        by_text[" ".join(record.body.casefold().split())].append(record)
    return Doubles(tuple(tuple(group) for text, group in by_text.items() if text and len(group) > 1))


def near_documents(records: Sequence[TextRecord], identical: Doubles) -> Doubles:
    """Return the groups of documents that nearly agree; of identical ones only the first is looked at."""
    copies = {id(record) for record, _ in identical.repeats}
    kept = [record for record in records if id(record) not in copies]
    return _near(kept, word_shingles, NEAR_DOCUMENTS, lambda _first, _second: True)


def near_queries(records: Sequence[TextRecord]) -> Doubles:
    """Return the groups of queries outside one group that agree, nearly or word for word."""
    return _near(
        records,
        letter_shingles,
        NEAR_QUERIES,
        lambda a, b: not _of_one_group(a, b) and _numbers(a) == _numbers(b),
    )


def _near(
    records: Sequence[TextRecord],
    features: Callable[[str], Iterable[str]],
    threshold: float,
    counts: Callable[[TextRecord, TextRecord], bool],
) -> Doubles:
    pairs = resembling([record.body for record in records], features, threshold=threshold)
    links = [(p.first, p.second) for p in pairs if counts(records[p.first], records[p.second])]
    return Doubles(tuple(tuple(records[position] for position in group) for group in connected(links)))


def _of_one_group(first: TextRecord, second: TextRecord) -> bool:
    return first.fields.get("group") is not None and first.fields.get("group") == second.fields.get("group")


def _numbers(record: TextRecord) -> set[str]:
    """Return the words with a digit in them: error 404 is not error 500, however alike the rest."""
    return {word for word in words(record.body) if any(character.isdigit() for character in word)}


def _told_documents(draft: Draft, identical: Doubles, near: Doubles) -> list[Finding]:
    same, alike = identical.repeats, near.repeats
    return [
        *told(
            "EK240",
            Severity.WARNING,
            f"{count(len(same), 'document repeats', 'documents repeat')} another word for word",
            draft.corpus,
            [copy for copy, _ in same],
            hint="a model cannot tell copies apart, and their order is settled by id; keep one of each",
            details=[f"{copy.identity} = {first.identity}" for copy, first in same],
        ),
        *told(
            "EK241",
            Severity.NOTICE,
            f"{count(len(alike), 'document nearly repeats', 'documents nearly repeat')} another",
            draft.corpus,
            [copy for copy, _ in alike],
            hint="where one is relevant, judge the others too; old versions are best taken out",
            details=[f"{copy.identity} ~ {first.identity}" for copy, first in alike],
        ),
    ]


def _twins_findings(draft: Draft, identical: Doubles, near: Doubles) -> list[Finding]:
    same = _twins(draft, identical, settled_from=1)
    alike = _twins(draft, near, settled_from=0)
    hint = "finding the double counts for nothing, which punishes whoever finds it; judge both alike"
    return [
        *told(
            "EK242",
            Severity.WARNING,
            f"{count(len(same), 'relevant document has a copy', 'relevant documents have a copy')} "
            "that is not judged relevant to the same query",
            draft.qrels,
            [judgement for judgement, _ in same],
            hint=hint,
            details=[f"{judgement.query} {judgement.document} = {twin}" for judgement, twin in same],
        ),
        *told(
            "EK242",
            Severity.NOTICE,
            f"{count(len(alike), 'relevant document has', 'relevant documents have')} a near-duplicate "
            "that was never judged for the same query",
            draft.qrels,
            [judgement for judgement, _ in alike],
            hint="if they answer it too, " + hint,
            details=[f"{judgement.query} {judgement.document} ~ {twin}" for judgement, twin in alike],
        ),
    ]


def _twins(draft: Draft, doubles: Doubles, *, settled_from: int) -> list[tuple[Judgement, str]]:
    """Return each relevant judgement whose document has a double that the query leaves open.

    Args:
        draft: The golden set.
        doubles: Documents that say the same.
        settled_from: The lowest grade of the double that settles the matter: 0 where they may differ.
    """
    group_of = {record.identity: group for group in doubles.groups for record in group}
    graded = {(item.query, item.document): item.grade for item in draft.qrels.judgements}
    found = []
    for item in draft.qrels.judgements:
        others = (record.identity for record in group_of.get(item.document, ()))
        twin = next((other for other in others if graded.get((item.query, other), -1) < settled_from), None)
        if item.grade >= 1 and twin is not None:
            found.append((item, twin))
    return found


def _told_queries(draft: Draft) -> list[Finding]:
    repeats = near_queries(draft.queries.records).repeats
    split = _judged_apart(draft)
    return [
        *told(
            "EK243",
            Severity.WARNING,
            f"{count(len(repeats), 'query resembles', 'queries resemble')} another outside one group",
            draft.queries,
            [copy for copy, _ in repeats],
            hint='they succeed and fail together and count as independent; give them one "group"',
            details=[f"{copy.identity} ~ {first.identity}" for copy, first in repeats],
        ),
        *told(
            "EK244",
            Severity.WARNING,
            f"{count(len(split), 'judgement')} of one question under two ids "
            f"{'disagrees' if len(split) == 1 else 'disagree'}",
            draft.qrels,
            [item for item, _ in split],
            hint="the same words want the same grade; settle it, and give the queries one group",
            details=[
                f"{item.query} {item.document} {item.text}, {first.query} {first.text}"
                for item, first in split
            ],
        ),
    ]


def _judged_apart(draft: Draft) -> list[tuple[Judgement, Judgement]]:
    """Return judgements that differ from an earlier one of the document for a query of the same words."""
    first_of = {
        record.identity: group[0].identity
        for group in same_texts(draft.queries.records).groups
        for record in group
    }
    seen: dict[tuple[str, str], Judgement] = {}
    apart = []
    for item in draft.qrels.judgements:
        if item.query in first_of:
            first = seen.setdefault((first_of[item.query], item.document), item)
            if first.stated != item.stated:
                apart.append((item, first))
    return apart
