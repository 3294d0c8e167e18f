"""Grouping: the lines of a queries file with one group written for each thread."""

from __future__ import annotations

import json
from collections import defaultdict

from evalkit.golden.checks.threads import threads_of
from evalkit.golden.reading.records import Draft
from evalkit.parsing import parse_json


def grouped_lines(lines: list[bytes], draft: Draft) -> list[bytes]:
    """Return the lines of queries.jsonl with `group` in the metadata of each query of a thread without one.

    A query that names a group keeps it, and lends it to its thread; other lines keep their bytes.
    """
    answers: dict[str, set[str]] = defaultdict(set)
    for item in draft.qrels.judgements:
        if item.grade >= 1:
            answers[item.query].add(item.document)
    records = draft.queries.records
    rows = {row: frozenset(answers[r.identity]) for row, r in enumerate(records) if answers[r.identity]}
    group: dict[int, str] = {}
    for block in threads_of(rows, lambda row: records[row].body):
        stated = [str(records[row].fields["group"]) for row in block if "group" in records[row].fields]
        name = stated[0] if stated else f"like {min(records[row].identity for row in block)}"
        group |= {records[row].line: name for row in block if "group" not in records[row].fields}
    return [_with_group(line, group.get(number)) for number, line in enumerate(lines, start=1)]


def _with_group(line: bytes, group: str | None) -> bytes:
    if group is None:
        return line
    content = parse_json(line)
    content["metadata"] = {**(content.get("metadata") or {}), "group": group}
    return json.dumps(content, ensure_ascii=False).encode()
