"""Disturbances: every command that writes is stopped on its way, and what lies there afterwards is whole."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from children import Told, numbers
from lines import LINES, WRITING, Line
from place import Place, Tally
from substance import substance

SETS = ("imported", "exported", "drawn", "set", "broken")
RUN = LINES["run"].words
# How each file of a gate tells that it could not be asked.
FAILED = {
    "junit.xml": "<error",
    "report.html": "<title>ERROR:",
    "summary.md": "🚫 ERROR:",
    "result.json": "'verdict': 'ERROR'",
}
Disturb = Callable[[Place, "Course"], Told | None]


@dataclass(frozen=True)
class Course:
    """A line, what the place holds before it, and what it holds once the line has run undisturbed."""

    name: str
    line: Line
    start: dict[str, object]
    end: dict[str, object]
    numbers: object
    seconds: float


def disturbed(place: Place, count: int, disturb: Disturb, *, lost: bool = False) -> Tally:
    """Disturb each line `count` times, half over nothing and half over another outcome.

    Two things are held each time: that what lies there is all old or all new, and a command that came to an
    end has said so; and that the same command then ends as it always does, with the same files and numbers.
    Where something was `lost` that it needs, a clear error will do the second time.
    """
    tally = Tally()
    kept = place.folder.with_name("kept-aside")
    for name in place.drawn(list(WRITING)):
        line = WRITING[name]
        for turn, other in enumerate(dict.fromkeys((line.other, ""))):
            times = count // 2 + (count % 2 if turn == 0 else 0) if line.other else count
            if not times:
                continue
            course = _undisturbed(place, name, line, other, kept)
            for _ in range(times):
                _restore(place, kept)
                told = disturb(place, course)
                wrong = _torn(place, course, lost=lost) or _lied(place, course, told)
                tally.note(not wrong, f"{name} over {other[:20]!r}: {wrong}")
                wrong = _again(place, course, kept, lost=lost)
                tally.note(not wrong, f"{name} again: {wrong}")
            shutil.rmtree(kept)
    return tally


def killed(place: Place, course: Course) -> None:
    """Kill it without notice at a random moment."""
    moment = place.chance.uniform(0.02, 1.05) * course.seconds
    place.child(*course.line.words).start().kill_after(moment)


def vanishing(place: Place, course: Course) -> Told:
    """Take the cache away on the way, or what is written."""
    child = place.child(*course.line.words).start()
    time.sleep(place.chance.uniform(0.02, 0.9) * course.seconds)
    place.take_away(place.chance.choice((place.cache.name, *course.line.writes)))
    return child.wait()


def _undisturbed(place: Place, name: str, line: Line, other: str, kept: Path) -> Course:
    place.again()
    place.clear(place.cache.name)
    for words in (LINES[line.before].line if line.before else "", other):
        if words:
            place.run(*words.split())
    start = substance(place.folder, line.writes)
    shutil.copytree(place.folder, kept, symlinks=True)
    began = time.monotonic()
    told = place.run(*line.words)
    seconds = time.monotonic() - began
    if told.code != line.code:
        raise AssertionError(f"{name} ends with {told.code}: {told.err}")
    return Course(name, line, start, substance(place.folder, line.writes), _right(place, line), seconds)


def _right(place: Place, line: Line) -> object:
    return numbers(place.run(*(line.same.split() or RUN)).out)


def _restore(place: Place, kept: Path, names: tuple[str, ...] = ()) -> None:
    for name in names or [path.name for path in place.folder.iterdir()]:
        place.clear(name)
    for name in names or [path.name for path in kept.iterdir()]:
        copy = shutil.copytree if (kept / name).is_dir() else shutil.copy2
        copy(kept / name, place.folder / name)


def _torn(place: Place, course: Course, *, lost: bool) -> str:
    """Return what is neither as before nor as after, "" where all is one of them.

    Where something was `lost`, a folder in which a gate tells throughout that it could not be asked is right,
    too.
    """
    found = substance(place.folder, course.line.writes)
    failed = [name for name, told in found.items() if lost and _is_failure(name, told)]
    beside = [name for name in found if failed and name not in failed]
    if beside:
        return f"two outcomes in one folder: {failed}, {beside}"
    found = {name: told for name, told in found.items() if name not in failed}
    if course.line.same:  # a folder that is filled piece by piece; its numbers are looked at
        return ""
    for name, told in found.items():
        if name not in course.start and name not in course.end:
            return f"{name} is left over"
        if told != course.start.get(name) and told != course.end.get(name):
            return f"{name} is neither old nor new"
    if found not in (course.start, course.end) and found and course.line.writes[0] in SETS:
        return "half of a set"
    olds, news = (
        [name for name in found if found[name] == one.get(name) != other.get(name)]
        for one, other in ((course.start, course.end), (course.end, course.start))
    )
    folders = {Path(name).parent for name in olds} & {Path(name).parent for name in news}
    return f"two outcomes in one folder: {olds}, {news}" if folders else ""


def _is_failure(name: str, told: object) -> bool:
    mark = FAILED.get(Path(name).name)
    return mark is not None and mark in str(told)


def _lied(place: Place, course: Course, told: Told | None) -> str:
    """Return what is wrong with how it ended: it did neither what was asked nor say why not."""
    if told is None or told.is_clear_error:
        return ""
    if told.code != course.line.code:
        return f"ended with {told.code}: {told.err[-400:]}"
    if course.line.same or "gone" in told.err:
        return ""
    wrong = [name for name in course.line.writes if not _is_done(place, course, name)]
    return f"says that all is well, and files are missing: {wrong}" if wrong else ""


def _is_done(place: Place, course: Course, name: str) -> bool:
    """Return whether what was written under a name is as it should be, or went once it was."""
    found = substance(place.folder, (name,))
    asked = {path: told for path, told in course.end.items() if path == name or path.startswith(f"{name}/")}
    return not found or found == asked


def _again(place: Place, course: Course, kept: Path, *, lost: bool) -> str:
    """Return what is wrong once the same command has run again, "" where all is right."""
    gone = tuple(name for name in ("set", "broken") if not (place.folder / name).exists())
    if course.line.afresh or gone:
        _restore(place, kept, tuple({*course.line.afresh, *gone}))
    told = place.run(*course.line.words)
    if lost and told.is_clear_error:
        return ""
    if told.code != course.line.code:
        return f"{told.code} {told.err[-400:]}"
    if _right(place, course.line) != course.numbers:
        return "other numbers"
    if course.line.same:  # how many shards there are depends on where it was stopped
        return ""
    found = substance(place.folder, course.line.writes)
    wrong = [name for name in {**found, **course.end} if found.get(name) != course.end.get(name)]
    return f"other files: {wrong}" if wrong else ""
