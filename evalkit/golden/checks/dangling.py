"""Dangling: judgements of queries and documents that are not there, and what their ids may mean."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from evalkit.findings import Finding, Severity, place
from evalkit.golden.reading.entries import as_id
from evalkit.golden.reading.likeness import Likeness, first_few, likeness
from evalkit.golden.reading.records import Draft, Judgement, Sheet
from evalkit.golden.reading.telling import count

MANY = 0.5  # of the judgements: where so many would go, dropping them is no advice
NEARLY_ALL = 0.9  # where so many would go, they are not dropped either
SWAPPED = (
    "the columns are swapped: documents stand where queries should; exchange them, or name them with --map"
)
ALIKE = "write the ids alike on both sides"


def dangling_findings(draft: Draft, *, allow_unreachable: bool) -> list[Finding]:
    """Return findings on judgements whose query or document does not exist.

    A side that could not be read says nothing about the other: what it lacks then is its own finding.
    """
    return [*_of_queries(draft), *_of_documents(draft, allow_unreachable=allow_unreachable)]


def may_drop(dangling: Sequence[Judgement], of: Sequence[Judgement], alike: Likeness | None) -> bool:
    """Return whether judgements may be dropped: some would be left, and nothing says that ids are misread."""
    if len(dangling) == len(of):
        return False
    return not (alike is not None and alike.explains and len(dangling) >= NEARLY_ALL * len(of))


def judged_documents(draft: Draft) -> set[str]:
    """Return the ids of the documents in the corpus that somebody judged; a corpus may hold millions."""
    judged = {judgement.document for judgement in draft.qrels.judgements}
    return {record.identity for record in draft.corpus.records if record.identity in judged}


def likeness_of_documents(draft: Draft, dangling: Sequence[Judgement]) -> Likeness | None:
    """Return what documents of the corpus the dangling judgements may mean."""
    return likeness((item.document for item in dangling), _ids(draft.corpus))


def _of_queries(draft: Draft) -> list[Finding]:
    known = {record.identity for record in draft.queries.records}
    dangling = [item for item in draft.qrels.judgements if item.query not in known]
    strangers = dict.fromkeys(item.query for item in dangling)
    if not dangling or _is_unread(draft.queries, strangers):
        return []
    alike = likeness(strangers, known)
    where = place(draft.qrels.path, [item.line for item in dangling], list(strangers))
    problem = f"{count(len(dangling), 'judgement')} of queries that are not in {draft.queries.path.name}"
    hint = _hint(
        dangling,
        draft,
        alike,
        dropping="add the queries, or drop their judgements with --fix dangling",
        there=f"{draft.queries.path.name} has {first_few(sorted(known))}",
    )
    hint = SWAPPED if _are_swapped(draft) else hint
    return [Finding("EK204", Severity.ERROR, problem, (where,), hint)]


def _of_documents(draft: Draft, *, allow_unreachable: bool) -> list[Finding]:
    known = judged_documents(draft)
    dangling = [item for item in draft.qrels.judgements if item.document not in known]
    strangers = dict.fromkeys(item.document for item in dangling)
    if not dangling or _is_unread(draft.corpus, strangers):
        return []
    where = place(draft.qrels.path, [item.line for item in dangling], list(strangers))
    problem = f"{count(len(dangling), 'judgement')} of documents that are not in the corpus"
    alike = likeness_of_documents(draft, dangling)
    field = _field_of_chunks(draft, strangers)
    if draft.card.missing_documents == "drop" and may_drop(dangling, draft.qrels.judgements, alike):
        hint = 'dropped, as the card says: missing_documents = "drop"' + (f"; {alike}" if alike else "")
        grave = alike is not None or len(dangling) >= MANY * len(draft.qrels.judgements)
        severity = Severity.WARNING if grave else Severity.NOTICE
        return [Finding("EK226", severity, f"dropped {problem}", (where,), hint)]
    if allow_unreachable and len(dangling) < len(draft.qrels.judgements):
        hint = "they stay in the denominators, as --allow-unreachable says" + (f"; {alike}" if alike else "")
        return [Finding("EK203", Severity.WARNING, problem, (where,), hint)]
    dropping = (
        'correct the ids, say missing_documents = "drop" in golden.toml, or count them as lost with '
        "--allow-unreachable"
    )
    there = f"the corpus has {first_few(_ids(draft.corpus))}"
    hint = _hint(dangling, draft, alike, dropping=dropping, there=there)
    if _are_swapped(draft):
        hint = SWAPPED
    elif field:
        hint = f'documents call these their {field!r}: say chunks_of = "{field}" in golden.toml'
    return [Finding("EK203", Severity.ERROR, problem, (where,), hint)]


def _hint(
    dangling: Sequence[Judgement], draft: Draft, alike: Likeness | None, *, dropping: str, there: str
) -> str:
    """Return what to do: nothing is offered to be dropped where most of the judgements would go."""
    if alike is not None and alike.explains:
        return f"{alike}; {ALIKE}"
    most = len(dangling) >= MANY * len(draft.qrels.judgements)
    said = f"{there}; are these judgements of another version? {ALIKE}" if most else dropping
    return f"{alike}; {said}" if alike is not None else said


def _are_swapped(draft: Draft) -> bool:
    """Return whether what is judged are the queries, and what is asked the documents."""
    queries = {record.identity for record in draft.queries.records}
    documents = set(_ids(draft.corpus))
    judged = draft.qrels.judgements
    crossed = sum(item.document in queries and item.query in documents for item in judged)
    straight = sum(item.query in queries and item.document in documents for item in judged)
    return not straight and 2 * crossed > len(judged)


def _field_of_chunks(draft: Draft, strangers: Collection[str]) -> str:
    """Return the metadata field by which documents name most of the ids that are missed, "" for none."""
    if draft.card.chunks_of:
        return ""
    named: dict[str, set[str]] = {}
    for record in draft.corpus.records:
        for name, value in record.fields.items():
            if isinstance(value, str | int) and (said := as_id(value)) in strangers:
                named.setdefault(name, set()).add(said)
    field = max(named, key=lambda name: len(named[name]), default="")
    return field if field and len(named[field]) >= MANY * len(strangers) else ""


def _is_unread(sheet: Sheet, strangers: Collection[str]) -> bool:
    """Return whether what is missed may stand in rows that could not be read, which are told already."""
    return not sheet.records or len(strangers) <= sheet.unread


def _ids(sheet: Sheet) -> list[str]:
    return [record.identity for record in sheet.records]
