"""The judges: what several files bring, by who judged, and the table of who said what, and when."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from evalkit.errors import UsageError
from evalkit.findings import place
from evalkit.judging.grading import Graded, Pair, Remark
from evalkit.opening import fault
from evalkit.parsing import csv_table
from evalkit.quoting import harmless

__all__ = ["GIVEN", "joined_by_judge", "provenance_table"]

GIVEN = "judged_by.csv"
HEADER = ("query", "document", "judge", "grade", "date", "note", "cannot_say")
YES = "yes"
NOTHING_SAID = Remark("", "", cannot_say=False)


def joined_by_judge(files: Sequence[tuple[Path, Mapping[str, Graded]]]) -> dict[str, Graded]:
    """Return what each judge gave, over all files.

    Args:
        files: Each file, and what it holds of each judge.

    Raises:
        UsageError: Two files are named after one judge, or two of one judge say different grades.
    """
    joined: dict[str, Graded] = {}
    homes: dict[str, Path] = {}
    for path, found in files:
        for judge, graded in found.items():
            if judge in joined:
                graded = _joined(judge, (homes[judge], joined[judge]), (path, graded))  # noqa: PLW2901 - the same judge, with more
            joined[judge], homes[judge] = graded, path
    return joined


def provenance_table(before: bytes | None, judges: Mapping[str, Graded], today: str) -> bytes | None:
    """Return the table of who gave which grade, when, and what was said beside it; None where nothing is new.

    Args:
        before: The table as it was; its rows stay.
        judges: What each judge gave.
        today: The date of grades that come without one.

    Raises:
        UsageError: The table as it was cannot be read.
    """
    old = [] if before is None else _rows_before(before)
    fresh = [tuple(str(harmless(cell)) for cell in row) for row in _rows(judges, today)]
    added = [row for row in dict.fromkeys(fresh) if row not in set(old)]
    if not added:
        return None
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(HEADER)
    writer.writerows([*old, *added])
    return text.getvalue().encode()


def _rows_before(table: bytes) -> list[tuple[str, ...]]:
    try:
        _, rows = csv_table(table.decode("utf-8-sig"), ",")
    except ValueError as error:
        raise UsageError(
            f"{GIVEN} cannot be read: {fault(error)}",
            hint="it keeps who gave which grade: mend it, or set it aside and it is begun anew",
            code="EK140",
        ) from error
    names = rows[0] if rows else []
    kept = [dict(zip(names, row, strict=False)) for row in rows[1:] if row]
    return [tuple(row.get(name, "") for name in HEADER) for row in kept]


def _rows(judges: Mapping[str, Graded], today: str) -> Iterator[tuple[str, ...]]:
    """Yield the rows of what is new to the set, pair by pair, and of what its judge said by name."""
    fresh = {
        judge: {(item.query, item.document) for item in graded.fresh} for judge, graded in judges.items()
    }
    pairs = dict.fromkeys(
        pair
        for judge, graded in judges.items()
        for pair in (*graded.remarks, *_in_order(graded, fresh[judge]))
    )
    for pair in pairs:
        for judge, graded in judges.items():
            if pair in fresh[judge] or pair in graded.remarks:
                said = graded.remarks.get(pair, NOTHING_SAID)
                grade = graded.given[pair].text if pair in graded.given else ""
                yield (*pair, judge, grade, said.date or today, said.note, YES if said.cannot_say else "")


def _in_order(graded: Graded, fresh: set[Pair]) -> list[Pair]:
    return [pair for pair in graded.given if pair in fresh]


def _joined(judge: str, first: tuple[Path, Graded], again: tuple[Path, Graded]) -> Graded:
    """Return what two files hold of one judge.

    Raises:
        UsageError: A file does not say by name that it is this judge's, or they differ.
    """
    (one, before), (two, after) = first, again
    if not all(graded.given.keys() <= graded.remarks.keys() for graded in (before, after)):
        raise UsageError(
            f"two files are of the judge {judge}",
            hint="a judge is named by his file; put one judge's grades into one file, or rename one",
            code="EK138",
        )
    both = before.given.keys() & after.given.keys()
    differing = [pair for pair in both if before.given[pair].stated != after.given[pair].stated]
    if differing:
        raise UsageError(
            f"two files of the judge {judge} say different grades of {len(differing)} pairs",
            places=(place(two, (), [" ".join(pair) for pair in sorted(differing)]), place(one)),
            hint="an export holds everything so far: leave the older one out",
            code="EK655",
        )
    fresh = {(item.query, item.document): item for item in (*before.fresh, *after.fresh)}
    given = {**before.given, **after.given}
    remarks = dict(before.remarks)
    for pair, said in after.remarks.items():
        remarks[pair] = max(remarks.get(pair, said), said, key=lambda remark: remark.date)
    return Graded(tuple(fresh.values()), len(given) - len(fresh), before.blank + after.blank, given, remarks)
