"""The native folder: queries.jsonl, corpus.jsonl, qrels/test.tsv and a card, which is also a BEIR folder."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from evalkit.errors import GoldenSetError, MissingExtraError, UnknownNameError
from evalkit.findings import Severity
from evalkit.golden.assembly import assemble
from evalkit.golden.card import read_card
from evalkit.golden.goldenset import GoldenSet
from evalkit.golden.lint import essential_findings
from evalkit.golden.lock import lock_findings
from evalkit.golden.records import Draft, Judgement, Record, Sheet, numbered_lines
from evalkit.golden.stdlib import read_stdlib_corpus

QRELS_COLUMNS = 3
QRELS_HEADERS = ("query-id", "query_id", "qid")
BUILT_CORPORA = {"python-stdlib": read_stdlib_corpus}


def read_golden(folder: str | Path, *, allow_unreachable: bool = False) -> GoldenSet:
    """Read and check a golden set.

    Args:
        folder: The folder that holds queries, corpus, judgements and, best, `golden.toml`.
        allow_unreachable: Let judged documents that the corpus lacks stay in the denominators.

    Returns:
        The golden set; what was noticed and is no error stands in its `findings`.

    Raises:
        GoldenSetError: A file is missing or something in it is wrong; all problems are told at once,
            each with file and line.
    """
    draft = read_draft(Path(folder))
    findings = [finding for sheet in draft.sheets for finding in sheet.findings()]
    findings += essential_findings(draft, allow_unreachable=allow_unreachable)
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    if errors:
        raise GoldenSetError.of(errors)
    golden = assemble(draft, name=draft.card.name or Path(folder).resolve().name, findings=tuple(findings))
    changed = lock_findings(Path(folder), draft, golden)
    return replace(golden, findings=(*golden.findings, *changed)) if changed else golden


def read_draft(folder: Path) -> Draft:
    """Read the files of a golden-set folder without checking them against each other."""
    if not folder.is_dir():
        raise GoldenSetError(
            f"{folder} is not a folder",
            hint="name a folder with queries.jsonl, corpus.jsonl and qrels/test.tsv",
            code="EK201",
        )
    card = read_card(folder / "golden.toml")
    corpus, aliases = _read_corpus(folder, card.corpus)
    qrels = read_qrels(_existing(folder / "qrels", f"{card.split}.tsv"), aliases)
    return Draft(card, read_records(_existing(folder, "queries.jsonl")), corpus, qrels)


def find_golden(name: str) -> Path:
    """Return the folder that `name` means: a path, or a golden set shipped with the package.

    Raises:
        UnknownNameError: It is neither; the shipped names are offered.
    """
    path = Path(name)
    if path.is_dir():
        return path
    shipped = {
        folder.name: folder for home in _shipped_homes() for folder in home.glob("*/") if folder.is_dir()
    }
    if name in shipped:
        return shipped[name]
    raise UnknownNameError.among("golden set", name, shipped, hint="or name a folder that exists")


def read_records(path: Path) -> Sheet:
    """Read queries or documents from JSON lines: `_id`, `text`, and where known `title` and `metadata`."""
    sheet = Sheet(path)
    for number, line in numbered_lines(sheet):
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            sheet.report(
                "EK205", "{n} line{s} not valid JSON", number, error.msg, hint="one JSON object a line"
            )
            continue
        if isinstance(row, dict):
            _add_record(sheet, row, number)
        else:
            sheet.report("EK205", "{n} line{s} not a JSON object", number, row, hint="one JSON object a line")
    return sheet


def read_qrels(path: Path, aliases: dict[str, str]) -> Sheet:
    """Read judgements from tab-separated lines: query-id, corpus-id, score; a header is optional.

    Args:
        path: The file.
        aliases: Document ids that stand for another; judgements of both must agree and count once.
    """
    sheet = Sheet(path)
    seen: dict[tuple[str, str], Judgement] = {}
    for number, line in numbered_lines(sheet):
        cells = [cell.strip() for cell in line.split("\t")]
        if not sheet.judgements and not seen and cells[0].casefold() in QRELS_HEADERS:
            continue
        judgement = _judgement(sheet, cells, number)
        if judgement is None:
            continue
        kept = aliases.get(judgement.document)
        if kept is not None:
            judgement = Judgement(judgement.query, kept, judgement.grade, number)
        first = seen.setdefault((judgement.query, judgement.document), judgement)
        if first is judgement:
            sheet.judgements.append(judgement)
        elif kept is None or first.grade != judgement.grade:
            _report_repeat(sheet, first, judgement)
    return sheet


def _read_corpus(folder: Path, built: str) -> tuple[Sheet, dict[str, str]]:
    if built:
        if built not in BUILT_CORPORA:
            raise UnknownNameError.among("run-time corpus", built, BUILT_CORPORA)
        return BUILT_CORPORA[built](folder / "golden.toml")
    if (folder / "corpus.parquet").exists():
        return _read_parquet(folder / "corpus.parquet"), {}
    return read_records(_existing(folder, "corpus.jsonl")), {}


def _read_parquet(path: Path) -> Sheet:
    try:
        import pyarrow as pa  # noqa: PLC0415 - an extra
        import pyarrow.parquet as pq  # noqa: PLC0415 - the same
    except ImportError:
        raise MissingExtraError.for_extra("parquet", f"reading {path.name}") from None
    sheet = Sheet(path)
    try:
        rows = pq.read_table(path).to_pylist()
    except (OSError, pa.ArrowException) as error:
        raise GoldenSetError(
            f"{path.name} is not a Parquet file: {error}", places=(str(path),), code="EK201"
        ) from error
    for number, row in enumerate(rows, start=1):
        known = {key: row.pop(key) for key in ("_id", "title", "text", "metadata") if key in row}
        known["metadata"] = {**row, **(known.get("metadata") or {})}
        _add_record(sheet, known, number)
    return sheet


def _add_record(sheet: Sheet, row: dict[str, Any], number: int) -> None:
    identity, text, title = row.get("_id"), row.get("text"), row.get("title") or ""
    fields = row.get("metadata") or {}
    if isinstance(identity, int) and not isinstance(identity, bool):
        identity = str(identity)
    if not isinstance(identity, str) or not identity.strip():
        sheet.report("EK206", "{n} line{s} without an _id", number, hint='give each line "_id": "…"')
    elif not isinstance(text, str) or not isinstance(title, str):
        sheet.report(
            "EK206", "{n} line{s} without a text", number, identity, hint='give each line "text": "…"'
        )
    elif not isinstance(fields, dict):
        sheet.report("EK206", "{n} metadata not an object", number, identity, hint='"metadata": {"key": …}')
    else:
        sheet.records.append(Record(identity, f"{title}\n{text}" if title else text, fields, number))


def _judgement(sheet: Sheet, cells: list[str], number: int) -> Judgement | None:
    if len(cells) != QRELS_COLUMNS or not all(cells):
        hint = "three columns with a tab between: query-id, corpus-id, score"
        sheet.report("EK212", "{n} line{s} without three columns", number, "\t".join(cells), hint=hint)
        return None
    query, document, grade = cells
    try:
        return Judgement(query, document, _checked_grade(int(grade)), number)
    except ValueError:
        negative = grade.startswith("-")
        code, problem = ("EK210", "negative") if negative else ("EK209", "not whole")
        hint = "grades are whole numbers: 0 not relevant, 1 relevant, 2 and more for better"
        sheet.report(code, f"{{n}} grade{{s}} {problem}", number, grade, hint=hint)
        return None


def _checked_grade(grade: int) -> int:
    if grade < 0:
        raise ValueError
    return grade


def _report_repeat(sheet: Sheet, first: Judgement, again: Judgement) -> None:
    same = first.grade == again.grade
    problem = "{n} judgement{s} repeated" if same else "{n} judgement{s} repeated with another grade"
    detail = f"{again.query} {again.document} (first on line {first.line})"
    sheet.report("EK211", problem, again.line, detail, hint="keep one line for each query and document")


def _existing(folder: Path, name: str) -> Path:
    """Return the file, or its gzipped form where only that exists."""
    packed = folder / f"{name}.gz"
    return packed if packed.exists() and not (folder / name).exists() else folder / name


def _shipped_homes() -> list[Path]:
    """Return where shipped golden sets lie: inside the wheel, or beside the package in a checkout."""
    package = Path(__file__).parent.parent
    return [home for home in (package / "goldensets", package.parent / "goldensets") if home.is_dir()]
