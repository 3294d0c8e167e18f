"""Tool export: judgements as the search tools read them; each form is one that golden import reads, too."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

from evalkit.errors import GoldenSetError, UsageError
from evalkit.findings import Finding, Severity, place
from evalkit.golden.reading.records import Draft, Judgement, TextRecord
from evalkit.golden.writing.export import Files, csv_lines

TOOLS = ("opensearch", "elasticsearch", "quepid", "label-studio", "ubi")
BY_TEXT = ("opensearch", "quepid")  # which know a query by its words alone
CONTROL = "grade"
CUTOFF = 10


@dataclass(frozen=True, slots=True)
class ToolForm:
    """What an export is for.

    Attributes:
        tool: One of `TOOLS`.
        name: How the judgement list is called.
        index: The index that documents stand in, which rank_eval names with each of them.
    """

    tool: str
    name: str
    index: str = ""


def tool_files(draft: Draft, form: ToolForm) -> Files:
    """Return the judgements of a golden set as files of a tool, by their names inside the folder.

    Queries without a judgement are left out: these forms have no place for them.

    Raises:
        UsageError: rank_eval names no index.
        GoldenSetError: The tool cannot tell two queries apart, or takes whole ratings alone.
    """
    if (form.tool == "elasticsearch") != bool(form.index):
        problem = "rank_eval names the index of each document, and none is said"
        if form.index:
            problem = f"--index {form.index} says nothing to {form.tool}"
        raise UsageError(problem, hint="--to elasticsearch --index NAME", code="EK385")
    if problems := _unfit(draft, form):
        raise GoldenSetError.of(problems)
    return WRITERS[form.tool](draft, form)


def _unfit(draft: Draft, form: ToolForm) -> list[Finding]:
    """Return errors on what a tool's form would confuse."""
    path, errors = draft.qrels.path, []
    if form.tool in BY_TEXT:
        times = Counter(record.body for record, _ in _judged(draft))
        twice = [record.identity for record, _ in _judged(draft) if times[record.body] > 1]
        if twice:
            problem = f"{form.tool} knows queries by their words, and {len(twice)} queries share theirs"
            hint = "give them words of their own, or take  --to elasticsearch  or  --to label-studio"
            errors.append(Finding("EK385", Severity.ERROR, problem, (place(path, (), twice),), hint))
    if form.tool == "elasticsearch" and any(item.gain is not None for item in draft.qrels.judgements):
        problem = "rank_eval takes whole ratings, and these judgements are gains"
        hint = "write grades, and say what they gain in golden.toml; or take  --to opensearch"
        errors.append(Finding("EK385", Severity.ERROR, problem, (str(path),), hint))
    return errors


def _judged(draft: Draft) -> Iterator[tuple[TextRecord, list[Judgement]]]:
    """Yield each query that has judgements, with these."""
    by_query: dict[str, list[Judgement]] = {}
    for item in draft.qrels.judgements:
        by_query.setdefault(item.query, []).append(item)
    for record in draft.queries.records:
        if record.identity in by_query:
            yield record, by_query[record.identity]


def _opensearch(draft: Draft, form: ToolForm) -> Files:
    """Return a judgement list of OpenSearch's Search Relevance Workbench, as its API imports one."""
    rated = [
        {"query": record.body, "ratings": [{"docId": item.document, "rating": item.text} for item in items]}
        for record, items in _judged(draft)
    ]
    whole = {
        "name": form.name,
        "description": draft.card.description,
        "type": "IMPORT_JUDGMENT",
        "judgmentRatings": rated,
    }
    return {"judgments.json": _json(whole)}


def _elasticsearch(draft: Draft, form: ToolForm) -> Files:
    """Return a body of rank_eval, for Elasticsearch and OpenSearch; its requests match the field `text`."""
    requests = [
        {
            "id": record.identity,
            "request": {"query": {"match": {"text": record.body}}},
            "ratings": [{"_index": form.index, "_id": item.document, "rating": item.grade} for item in items],
        }
        for record, items in _judged(draft)
    ]
    metric = {"dcg": {"k": CUTOFF, "normalize": True}}
    return {"rank_eval.json": _json({"requests": requests, "metric": metric})}


def _quepid(draft: Draft, _form: ToolForm) -> Files:
    rows = ((record.body, item.document, item.text) for record, items in _judged(draft) for item in items)
    return {"ratings.csv": csv_lines(("query", "docid", "rating"), rows)}


def _label_studio(draft: Draft, _form: ToolForm) -> Files:
    """Return annotated tasks of Label Studio, and the labelling interface that shows them."""
    texts = {record.identity: record for record in draft.corpus.records}
    tasks = [_task(record, item, texts) for record, items in _judged(draft) for item in items]
    labels = dict.fromkeys(sorted({item.text for item in draft.qrels.judgements}, key=float))
    return {"tasks.json": _json(tasks), "config.xml": _interface(labels).encode()}


def _task(query: TextRecord, item: Judgement, texts: Mapping[str, TextRecord]) -> dict[str, object]:
    document = texts.get(item.document)
    shown = {"title": document.title, "text": document.text} if document else {"title": "", "text": ""}
    data = {"query_id": item.query, "query": query.body, "doc_id": item.document, **shown}
    chosen = {"from_name": CONTROL, "to_name": "text", "type": "choices", "value": {"choices": [item.text]}}
    return {"data": data, "annotations": [{"was_cancelled": False, "result": [chosen]}]}


def _interface(labels: Mapping[str, None]) -> str:
    choices = "".join(f"    <Choice value={quoteattr(label)}/>\n" for label in labels)
    return (
        '<View>\n  <Header value="$query"/>\n  <Text name="title" value="$title"/>\n'
        f'  <Text name="text" value="$text"/>\n  <Choices name="{CONTROL}" toName="text" choice="single">\n'
        f"{choices}  </Choices>\n</View>\n"
    )


def _ubi(draft: Draft, form: ToolForm) -> Files:
    """Return searches and events of User Behavior Insights: one event for each judgement, "grade_2"."""
    asked, done = [], []
    for record, items in _judged(draft):
        documents = [item.document for item in items]
        search = {"application": form.name, "query_id": record.identity, "user_query": record.body}
        asked.append({**search, "query_response_hit_ids": documents})
        done += [
            {
                "application": form.name,
                "action_name": f"grade_{item.text}",
                "query_id": record.identity,
                "event_attributes": {"object": {"object_id": item.document, "object_id_field": "_id"}},
            }
            for item in items
        ]
    return {"ubi_queries.jsonl": _lines(asked), "ubi_events.jsonl": _lines(done)}


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()


def _lines(rows: Sequence[Mapping[str, object]]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


WRITERS: dict[str, Callable[[Draft, ToolForm], Files]] = {
    "opensearch": _opensearch,
    "elasticsearch": _elasticsearch,
    "quepid": _quepid,
    "label-studio": _label_studio,
    "ubi": _ubi,
}
