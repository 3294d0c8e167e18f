"""Run JSON: {query: {document: score}}, lists of results for each query, and lists of records."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from evalkit.errors import RunError
from evalkit.findings import place
from evalkit.golden.reading.columns import folded
from evalkit.golden.reading.records import unpacked
from evalkit.opening import line_end_of
from evalkit.parsing import NotationError, parse_json
from evalkit.retrieval.rundraft import RunDraft, RunRow
from evalkit.retrieval.runtables import ALIASES, add_table, said

LISTS = (
    *("results", "hits", "documents", "docs", "retrieved", "ranking", "ranked", "predictions", "candidates"),
    *("retrieveddocs", "retrieveddocuments", "retrievedids", "retrieveddocids", "docids", "documentids"),
    *("corpusids", "passages", "ctxs", "contexts", "topk", "ids"),
)
SCORE_LISTS = ("scores", "score", "similarities")
DISTANCE_LISTS = ("distances", "distance")
META = "mteb_model_meta"
PAIR = 2
FORMS = "{query: {document: score}}, {query: [[document, score], …]} or records of query_id, doc_id, score"
Results = Iterator[tuple[object, object, object]]


def add_json(draft: RunDraft, stated: Mapping[str, str]) -> None:
    """Add what a JSON file or JSON lines hold to a draft.

    Args:
        draft: What takes the results.
        stated: Role → key of the records, as the user says.

    Raises:
        RunError: It is not JSON, or in no form that is known.
    """
    found = _parsed(draft)
    if isinstance(found, list):
        records = [record for record in found if isinstance(record, dict)]
        if not records or len(records) < len(found):
            raise _unknown(draft, found)
        lists = stated.get("document", "") or next(filter(_is_in(LISTS), records[0]), "")
        if not isinstance(records[0].get(lists), list):
            add_table(draft, enumerate(records, 1), stated)
            return
        found = _by_query(draft, records, lists, stated)
    found = _unwrapped(draft, found)
    for number, (query, results) in enumerate(found.items(), 1):
        draft.asked(query, number)
        for document, score, rank in _results(draft, results):
            draft.add(RunRow(number, query, said(document), score, rank))


def _parsed(draft: RunDraft) -> Any:  # noqa: ANN401 - whatever the file holds
    """Return what a file holds: one value, or a list of those in its lines.

    Raises:
        RunError: It is not JSON.
    """
    path = draft.sheet.path
    try:
        data = unpacked(path)
        text = data.decode("utf-8-sig")
        return parse_json(text, pairs=lambda pairs: _once(draft, pairs))
    except NotationError as error:
        if str(error).startswith("Extra data"):
            return _lines(draft, text.split(line_end_of(data).decode()))
        raise RunError(
            f"{path.name} is not valid JSON: {error}",
            places=(f"{path}:{error.line}" if error.line else str(path),),
            hint="write it again, and whole",
            code="EK454",
        ) from error
    except UnicodeDecodeError as error:
        raise RunError(
            f"{path.name} cannot be read as JSON: {type(error).__name__}",
            places=(str(path),),
            hint="write it as UTF-8 text",
            code="EK454",
        ) from error


def _lines(draft: RunDraft, lines: Sequence[str]) -> list[Any]:
    found = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            found.append(parse_json(line))
        except NotationError:
            draft.sheet.report(
                "EK454", "{n} line{s} not valid JSON", number, line[:40], hint="one record a line"
            )
    return found


def _once(draft: RunDraft, pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    """Return an object; a key that stands twice in it is reported, since the last would silently win."""
    made = dict(pairs)
    if len(made) < len(pairs):
        keys = [key for key, _ in pairs]
        repeated = next(key for key in keys if keys.count(key) > 1)
        draft.sheet.report("EK434", "{n} key{s} repeated", 0, repeated, hint="each query and document once")
    return made


def _is_in(names: Sequence[str]) -> Callable[[str], bool]:
    """Return whether a key is one of these, however it is spelt."""
    return lambda key: folded(key) in names


def _by_query(
    draft: RunDraft, records: Sequence[Mapping[str, Any]], lists: str, stated: Mapping[str, str]
) -> dict[str, object]:
    """Return query → its results, of records that hold a list of ids and perhaps a list of scores beside it.

    Raises:
        RunError: A query has two records, or its lists are not equally long.
    """
    found: dict[str, object] = {}
    for number, record in enumerate(records, 1):
        query = said(record[stated["query"]]) if stated.get("query") in record else _query_of(draft, record)
        results = record.get(lists) or []
        beside = stated.get("score") or next(filter(_is_in((*SCORE_LISTS, *DISTANCE_LISTS)), record), "")
        scores = record.get(beside)
        if isinstance(scores, list) and not any(isinstance(item, dict | list) for item in results):
            if len(scores) != len(results):
                raise _unknown(draft, record)
            away = _is_in(DISTANCE_LISTS)(beside) and all(isinstance(score, int | float) for score in scores)
            results = [[name, -score if away else score] for name, score in zip(results, scores, strict=True)]
        if query in found:
            draft.sheet.report("EK434", "{n} key{s} repeated", number, query, hint="each query once")
        found[query] = results
    return found


def _unwrapped(draft: RunDraft, found: dict[str, Any]) -> dict[str, Any]:
    """Return the run inside of predictions that MTEB wrote, by subset and split beside its model's card.

    Raises:
        RunError: There are several, and nobody says which is meant.
    """
    if isinstance(found.get("hits"), dict):
        raise _unknown(draft, found, "an answer to one search does not name its query: ")
    if META not in found:
        return found
    runs = {
        f"{subset}/{split}": run
        for subset, splits in found.items()
        if subset != META and isinstance(splits, dict)
        for split, run in splits.items()
    }
    if len(runs) == 1:
        return dict(next(iter(runs.values())))
    raise RunError(
        f"{draft.sheet.path.name} holds {len(runs)} runs of MTEB: {', '.join(runs) or 'none'}",
        places=(str(draft.sheet.path),),
        hint="write the one that is meant to a file of its own, {query: {document: score}}",
        code="EK455",
    )


def _query_of(draft: RunDraft, record: Mapping[str, object]) -> str:
    names = [key for key in record if folded(key) in (*ALIASES["query"], "_id", "id")]
    if not names:
        raise _unknown(draft, record)
    return said(record[min(names, key=lambda key: (*ALIASES["query"], "_id", "id").index(folded(key)))])


def _results(draft: RunDraft, results: object) -> Results:
    """Yield document, score and rank of one query's results; a list of ids alone is in the order of ranks."""
    if isinstance(results, dict):
        inner = [value for key, value in results.items() if _is_in(LISTS)(key) and isinstance(value, list)]
        if len(inner) == 1 and any(isinstance(item, dict) for item in inner[0]):  # as Pyserini writes them
            yield from _results(draft, inner[0])
            return
        if any(isinstance(score, dict | list) for score in results.values()):
            raise _unknown(draft, results)
        yield from ((document, score, None) for document, score in results.items())
        return
    if not isinstance(results, list):
        raise _unknown(draft, results)
    for rank, item in enumerate(results, 1):
        if isinstance(item, str | int) and not isinstance(item, bool):
            yield item, None, rank
        elif isinstance(item, list) and len(item) == PAIR:
            yield item[0], "" if item[1] is None else item[1], rank
        elif isinstance(item, dict):
            yield _record(draft, item, rank)
        else:
            raise _unknown(draft, item)


def _record(draft: RunDraft, item: Mapping[str, object], place_in_list: int) -> tuple[object, object, object]:
    keys = {folded(key): key for key in item}
    document = next((keys[name] for name in (*ALIASES["document"], "_id", "id") if name in keys), None)
    score = next((keys[name] for name in (*ALIASES["score"], "_score") if name in keys), None)
    rank = next((keys[name] for name in ALIASES["rank"] if name in keys), None)
    if document is None:
        raise _unknown(draft, item)
    return (
        item[document],
        None if score is None else item[score] if item[score] is not None else "",
        place_in_list if rank is None else item[rank],
    )


def _unknown(draft: RunDraft, found: object, why: str = "") -> RunError:
    return RunError(
        f"{draft.sheet.path.name} is JSON in no form of run that is known",
        places=(place(draft.sheet.path, (), [json.dumps(found, ensure_ascii=False)[:60]]),),
        hint=f"{why}write {FORMS}",
        code="EK455",
    )
