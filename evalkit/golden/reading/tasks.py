"""Tasks: Label Studio's export, whose labels stand in lists of annotations, becomes one row for each."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from evalkit.errors import GoldenSetError
from evalkit.findings import Severity
from evalkit.golden.reading.records import Sheet

OPTION = "--annotator"
Row = dict[str, object]
Rows = Iterator[tuple[int, Row]]
VALUES = ("choices", "rating", "number", "text")  # of controls that may hold a grade


def is_task(row: Mapping[str, object]) -> bool:
    """Return whether a record is a task of Label Studio."""
    return isinstance(row.get("data"), dict) and isinstance(row.get("annotations"), list)


def task_rows(sheet: Sheet, rows: Iterable[tuple[int, Row]]) -> Rows:
    """Yield a row for each task that somebody annotated: its data, and the value of each control by its name.

    Records that are no tasks are given as they are. Annotations that were cancelled, and tasks without any,
    are unjudged. Where annotators differ on a task, and nobody says whose annotations count, that is an
    error; where they agree, the task counts once.

    Raises:
        GoldenSetError: There are tasks, and none of them is annotated.
    """
    tasks = annotated = 0
    for line, row in rows:
        if not is_task(row):
            yield line, row
            continue
        tasks += 1
        found = _labels(sheet, line, row)
        if found is not None:
            annotated += 1
            yield line, {**_of(row["data"]), **found}
    if tasks and not annotated and not sheet.unread:
        by = f" by {sheet.annotator}" if sheet.annotator else ""
        raise GoldenSetError(
            f"{sheet.path.name} holds {tasks} tasks of Label Studio, and none that is annotated{by}",
            places=(str(sheet.path),),
            hint=f"export tasks with their annotations; {OPTION} takes an id or an e-mail of completed_by",
            code="EK382",
        )


def _labels(sheet: Sheet, line: int, task: Row) -> Row | None:
    """Return what the annotators of a task say, None where nobody says anything that counts."""
    given = [_of(item) for item in task["annotations"]] if isinstance(task["annotations"], list) else []
    by = [item for item in given if not sheet.annotator or sheet.annotator in _names(item)]
    said = [_values(sheet, line, item) for item in by if not item.get("was_cancelled")]
    distinct = {json.dumps(found, sort_keys=True, default=str): found for found in said if found}
    if not distinct:
        if not sheet.unread:
            problem = "{n} task{s} without an annotation, left out as unjudged"
            hint = "annotate it to count it"
            sheet.report("EK238", problem, line, task.get("id", ""), hint=hint, severity=Severity.NOTICE)
        return None
    if len(distinct) > 1:
        who = sorted({name for item in by for name in _names(item)[:1]})
        hint = f"say whose count:  {OPTION} {who[0] if who else 'ID'}; or import each and  golden merge  them"
        shown = f"{task.get('id', '')}: {' / '.join(distinct)}"
        sheet.report("EK382", "{n} task{s} on which annotators differ", line, shown, hint=hint)
        return None
    return next(iter(distinct.values()))


def _values(sheet: Sheet, line: int, annotation: Mapping[str, Any]) -> Row:
    """Return the value of each control that holds one, by its name."""
    found: Row = {}
    for result in annotation.get("result") or []:
        control, value = str(result.get("from_name", "")), _of(result.get("value"))
        kind = next((kind for kind in VALUES if kind in value), "")
        if not kind:
            continue
        chosen = value[kind]
        if isinstance(chosen, list) and len(chosen) > 1 and kind == "choices":
            hint = "a document has one grade for a query: choose one, or make the choice single"
            sheet.report("EK382", "{n} task{s} with several choices at once", line, chosen, hint=hint)
            continue
        found[control] = " ".join(map(str, chosen)) if isinstance(chosen, list) else chosen
    return found


def _names(annotation: Mapping[str, Any]) -> list[str]:
    """Return what an annotator is called: an id, and an e-mail where that is exported."""
    who = annotation.get("completed_by")
    parts = [who.get("id"), who.get("email")] if isinstance(who, dict) else [who]
    return [str(part) for part in parts if part is not None]


def _of(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
