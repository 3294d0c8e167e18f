"""TREC markup: topics and documents between tags, which look like XML and seldom are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from evalkit.golden.reading.records import Sheet, TextRecord, whole_lines
from evalkit.parsing import NotationError, parse_json

BLOCK = re.compile(r"<(top|topic|doc)\b([^<>]*)>(.*?)(?:</\1>|(?=<\1\b)|\Z)", re.IGNORECASE | re.DOTALL)
FIELD = re.compile(r"<([A-Za-z][\w-]*)[^<>]*>([^<]*(?:<(?![A-Za-z/])[^<]*)*)")
TAG = re.compile(r"</?[A-Za-z][^<>]*>")
NUMBER = re.compile(r"""\b(?:number|num|id)\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
# Classic topics repeat in words what their tags say: "<num> Number: 301", "<desc> Description:".
LABELS = {"num": "number:", "title": "topic:", "desc": "description:"}
REFERENCE = re.compile(r"&(?:#([0-9]+)|#[xX]([0-9A-Fa-f]+)|(amp|lt|gt|quot|apos));")
LAYOUT = " \t\r\n\f\v"
ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
LAST_CODE_POINT = 0x10FFFF
LONGEST_NUMBER = 9  # digits, zeros before it included
HALVES = range(0xD800, 0xE000)  # of character pairs, which alone are no characters
TOPIC_IDS = ("num", "number", "identifier", "id", "qid")
TOPIC_TEXTS = ("title", "query", "text", "question", "desc", "description")
DOCUMENT_IDS = ("docno", "docid", "id")
DOCUMENT_TITLES = ("title", "headline", "hl", "head", "ti")
METADATA = "metadata"


def read_topics(sheet: Sheet) -> None:
    """Add the queries of a topics file: classic `<top>` with `<num>` and `<title>`, or `<topic number="…">`.

    The text of a query is its title, else its query, else its description. White space is layout and counts
    as one space; character references are text.
    """
    for line, attributes, inner in _blocks(sheet, ("top", "topic")):
        fields = _fields(inner)
        number = NUMBER.search(attributes)
        identity = unescaped(number[1] or number[2] or "") if number else _first(fields, TOPIC_IDS)
        text = _first(fields, TOPIC_TEXTS) if fields else _content(inner)
        if not identity.strip() or not (text or fields.keys() & set(TOPIC_TEXTS)):
            what = "number" if not identity.strip() else "text"
            hint = "a topic has a number and a title: <num> and <title>, or <topic number=…> and <query>"
            sheet.report("EK288", f"{{n}} topic{{s}} without a {what}", line, identity, hint=hint)
            continue
        sheet.records.append(TextRecord(identity, text, _metadata(fields), line))


def read_marked_documents(sheet: Sheet) -> None:
    """Add the documents of a file of `<DOC>` blocks: the id from `<DOCNO>`, the text from all `<TEXT>`.

    Without `<TEXT>`, the text is everything but the id and the title. Tags inside are dropped.
    """
    for line, _, inner in _blocks(sheet, ("doc",)):
        identity, title = _element(inner, DOCUMENT_IDS), _element(inner, DOCUMENT_TITLES)
        if not identity.strip():
            sheet.report("EK288", "{n} document{s} without a DOCNO", line, hint="each <DOC> has a <DOCNO>")
            continue
        texts = [found[1] for found in _elements(inner, "text")] or [
            _without(inner, (*DOCUMENT_IDS, *DOCUMENT_TITLES, "dochdr"))
        ]
        text = unescaped("\n".join(TAG.sub(" ", text).strip() for text in texts))
        sheet.records.append(TextRecord(identity, f"{title}\n{text}" if title else text, {}, line, title))


def topics_text(records: list[TextRecord]) -> str:
    """Return queries as XML topics, from which `read_topics` reads the same ids, texts and metadata."""
    lines = ["<topics>"]
    for record in records:
        metadata = json.dumps(dict(record.fields)) if record.fields else ""
        told = f"<{METADATA}>{escaped(metadata)}</{METADATA}>" if metadata else ""
        lines.append(
            f'<topic number="{escaped(record.identity)}"><query>{escaped(record.body)}</query>{told}</topic>'
        )
    return "\n".join([*lines, "</topics>", ""])


def escaped(text: str) -> str:
    """Return text in which nothing can be taken for markup or layout: such characters become references."""
    inner = "".join(
        char if char.isprintable() and char not in "&<>\"'" else f"&#{ord(char)};" for char in text
    )
    return re.sub(r"^ | $|(?<= ) ", "&#32;", inner)


def unescaped(text: str) -> str:
    """Return text with its character references resolved; names other than XML's five stay as they are."""

    def character(reference: re.Match[str]) -> str:
        decimal, hexadecimal, name = reference.groups()
        if name:
            return ENTITIES[name]
        digits = decimal or hexadecimal
        if len(digits) > LONGEST_NUMBER:
            return reference[0]
        code = int(digits) if decimal else int(digits, 16)
        return chr(code) if code <= LAST_CODE_POINT and code not in HALVES else reference[0]

    return REFERENCE.sub(character, text)


def _blocks(sheet: Sheet, names: tuple[str, ...]) -> Iterator[tuple[int, str, str]]:
    """Yield (line, attributes, inner text) of each block; one that is not closed is reported."""
    text = "".join(whole_lines(sheet)).replace("\r\n", "\n")
    line, at, found = 1, 0, False
    for block in BLOCK.finditer(text):
        if block[1].casefold() not in names:
            continue
        line, at, found = line + text.count("\n", at, block.start()), block.start(), True
        if not block[0].casefold().endswith(f"</{block[1].casefold()}>"):
            hint = f"the file is cut, or </{block[1]}> is missing"
            sheet.report("EK289", f"{{n}} <{block[1]}> not closed", line, hint=hint)
            continue
        yield line, block[2], block[3]
    if not found and text.strip():
        hint = f"expected {' or '.join(f'<{name}>…</{name}>' for name in names)}"
        sheet.report("EK289", "no block that could be read", 1, hint=hint)


def _fields(inner: str) -> dict[str, str]:
    """Return tag → content up to the next tag, the first of each name that says something."""
    fields: dict[str, str] = {}
    for tag, content in FIELD.findall(inner):
        name = tag.casefold()
        label, text = LABELS.get(name, ""), content.strip(LAYOUT)
        said = text[len(label) :] if text.casefold().startswith(label) else text
        fields[name] = fields.get(name) or _content(said)
    return fields


def _content(text: str) -> str:
    return unescaped(re.sub(f"[{LAYOUT}]+", " ", TAG.sub(" ", text)).strip(" "))


def _first(fields: dict[str, str], names: tuple[str, ...]) -> str:
    return next((fields[name] for name in names if fields.get(name)), "")


def _element(inner: str, names: tuple[str, ...]) -> str:
    """Return the content of the first element of these names that there is, its tags dropped."""
    for name in names:
        element = next(_elements(inner, name), None)
        if element and (content := _content(element[1])):
            return content
    return ""


def _elements(inner: str, name: str) -> Iterator[re.Match[str]]:
    """Yield the elements of a name that are closed, each up to its first end.

    Only what stands before the last end is searched: a file of 40,000 beginnings without an end would
    otherwise be read to its own end 40,000 times.
    """
    ends = [end.end() for end in re.finditer(rf"</{name}>", inner, re.IGNORECASE)]
    if ends:
        pattern = rf"<{name}\b[^<>]*>(.*?)</{name}>"
        yield from re.compile(pattern, re.IGNORECASE | re.DOTALL).finditer(inner, 0, ends[-1])


def _without(inner: str, names: tuple[str, ...]) -> str:
    for name in names:
        parts, at = [], 0
        for element in _elements(inner, name):
            parts.append(inner[at : element.start()])
            at = element.end()
        inner = " ".join([*parts, inner[at:]])
    return inner


def _metadata(fields: dict[str, str]) -> dict[str, Any]:
    try:
        stated = parse_json(fields.get(METADATA) or "{}")
    except NotationError:
        return {}
    return stated if isinstance(stated, dict) else {}
