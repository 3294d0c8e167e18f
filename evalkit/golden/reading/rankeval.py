"""rank_eval: the requests with ratings by which Elasticsearch and OpenSearch evaluate rankings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from evalkit.errors import GoldenSetError
from evalkit.golden.reading.columns import folded
from evalkit.golden.reading.records import Sheet

Row = dict[str, object]
RATED = ("docid", "documentid", "_id", "id", "doc", "document")
MATCHING = ("match", "match_phrase", "match_phrase_prefix", "match_bool_prefix", "term", "semantic")
# What a request calls the words that are looked for, in whatever query they stand.
ASKED_IN = ("query", "query_string", "query_text", "value")


def query_in(request: Mapping[str, Any]) -> Row:
    """Return the query of one request; its text is None where the request looks for none, or for several."""
    return {"_id": request.get("id"), "text": _words(request)}


def judged_in(request: Mapping[str, Any]) -> Iterator[Row | None]:
    """Yield the judgements of one request with its words; None where one _id is rated in two indexes."""
    ratings = [rating for rating in request.get("ratings") or [] if isinstance(rating, dict)]
    pairs = {(str(rating.get("_index")), str(rating.get("_id"))) for rating in ratings}
    if len({document for _, document in pairs}) < len(pairs):
        yield None
    for rating in ratings:
        yield {
            "query_id": request.get("id"),
            "query": _words(request),
            "document_id": rating.get("_id"),
            "grade": rating.get("rating"),
        }


def lists_apart(sheet: Sheet, rows: Iterable[tuple[int, Row]]) -> Iterator[tuple[int, Row]]:
    """Yield the queries of a judgement list that OpenSearch gives as a hit; other rows as they are.

    Raises:
        GoldenSetError: There are several lists, and nobody says which is meant.
    """
    names: list[object] = []
    for line, row in rows:
        rated = row.get("judgmentRatings")
        if not isinstance(rated, list):
            yield line, row
            continue
        names.append(row.get("name", row.get("_id", "")))
        if len(names) > 1:
            raise GoldenSetError(
                f"{sheet.path.name} holds several judgement lists: {names[0]}, {names[1]}",
                places=(f"{sheet.path}:{line}",),
                hint="export one of them:  GET _plugins/_search_relevance/judgments/ID",
                code="EK247",
            )
        yield from ((line, query) for query in rated if isinstance(query, dict))


def rated_apart(row: Row) -> Iterator[Row]:
    """Yield a row for each rating in a query's row (OpenSearch, Quepid), else the row itself."""
    ratings = row.get("ratings")
    if not isinstance(ratings, dict | list) or not ratings:
        yield row
        return
    rest = {name: value for name, value in row.items() if name != "ratings"}
    pairs = list(ratings.items()) if isinstance(ratings, dict) else [_rating(item) for item in ratings]
    if any(pair is None or isinstance(pair[1], dict | list) for pair in pairs):
        yield row
        return
    yield from ({**rest, "document_id": pair[0], "grade": pair[1]} for pair in pairs if pair is not None)


def _rating(item: object) -> tuple[object, object] | None:
    if not isinstance(item, dict):
        return None
    names = {folded(name): name for name in item}
    document = next((names[name] for name in RATED if name in names), None)
    return (item[document], item["rating"]) if document and "rating" in item else None


def _words(request: Mapping[str, Any]) -> object:
    texts = dict.fromkeys(_texts([{"": request.get("params")}, {"": request.get("request")}]))
    return next(iter(texts)) if len(texts) == 1 else None


def _texts(parts: Iterable[object]) -> Iterator[str]:
    for part in parts:
        if isinstance(part, list):
            yield from _texts(part)
        elif isinstance(part, dict):
            for name, value in part.items():
                if name in MATCHING:
                    yield from _matched(value)
                elif name in ASKED_IN and isinstance(value, str):
                    yield value
                else:
                    yield from _texts([value])


def _matched(value: object) -> Iterator[str]:
    """Yield the words of {"text": "words"} and of {"text": {"query": "words", …}}."""
    for inner in value.values() if isinstance(value, dict) else ():
        if isinstance(inner, str):
            yield inner
        elif isinstance(inner, dict):
            yield from (inner[name] for name in ASKED_IN if isinstance(inner.get(name), str))
