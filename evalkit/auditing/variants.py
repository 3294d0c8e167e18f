"""The variants: what else may have been done to a text before it became a vector, to be tried."""

from __future__ import annotations

import copy
import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from evalkit import figures
from evalkit.embedding.encoder import Encoder, Role, Varying
from evalkit.embedding.modelspec import known_options

PREFIXES = (
    "passage: ",
    "query: ",
    "search_document: ",
    "search_query: ",
    "Represent this sentence for searching relevant passages: ",
    "title: none | text: ",
)
CHARACTERS = (500, 1_000, 2_000, 4_000, 8_000)
WORDS = (64, 128, 256, 512)
_TAG = re.compile(r"<[^<>]{1,200}>")
Rewrite = Callable[[str], str]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Variant:
    """One way to make vectors of texts.

    Attributes:
        name: What it is, as a cause is told.
        encoder: What encodes.
        role: What the texts are to the model.
        rewrite: What becomes of a text before; texts that stay as they are tell nothing.
    """

    name: str
    encoder: Encoder
    role: Role = Role.document
    rewrite: Rewrite = str


def variants_of(encoder: Encoder) -> Iterator[Variant]:
    """Give ways in which the expected model may have been used, other than the expected one.

    Args:
        encoder: The expected model.
    """
    prompts = dict(encoder.fingerprint.prompts)
    if prompts.get(Role.query, "") != prompts.get(Role.document, ""):
        yield Variant(name="encoded as queries", encoder=encoder, role=Role.query)
    yield from _prompted(encoder)
    for name, rewrite in _rewritings():
        yield Variant(name=name, encoder=encoder, rewrite=rewrite)
    if isinstance(encoder, Varying):
        for name, varied in encoder.varied():
            yield Variant(name=name, encoder=varied)


def _prompted(encoder: Encoder) -> Iterator[Variant]:
    """Give other prompts: in place of the model's own where it has one, else before the text."""
    own = encoder.fingerprint.prompt(Role.document)
    if "document_prompt" not in (known_options(encoder.fingerprint.provider) or {}):
        for prefix in PREFIXES:
            yield Variant(name=f"with the prompt {prefix!r}", encoder=encoder, rewrite=prefix.__add__)
        return
    for prefix in ("", *PREFIXES):
        if prefix != own:
            name = f"with the prompt {prefix!r}" if prefix else f"without the prompt {own!r}"
            yield Variant(name=name, encoder=_with_prompt(encoder, prefix))


def _with_prompt(encoder: Encoder, prompt: str) -> Encoder:
    """Return a twin that puts another text before documents; it shares what is loaded already."""
    kept = tuple(pair for pair in encoder.fingerprint.prompts if pair[0] != Role.document)
    prompts = (*kept, *(((str(Role.document), prompt),) if prompt else ()))
    twin = copy.copy(encoder)
    # Every adapter keeps its fingerprint as an attribute, some in a frozen dataclass.
    object.__setattr__(twin, "fingerprint", replace(encoder.fingerprint, prompts=tuple(sorted(prompts))))
    return twin


def _rewritings() -> Iterator[tuple[str, Rewrite]]:
    yield "the title left out", lambda text: text.partition("\n")[2] or text
    yield "the title alone", lambda text: text.partition("\n")[0]
    yield "HTML taken out", _without_html
    yield "white space collapsed", lambda text: " ".join(text.split())
    yield "in lower case", str.lower
    for count in CHARACTERS:
        yield f"cut after {figures.count(count)} characters", _cut(count)
    for count in WORDS:
        yield f"cut after {count} words", _cut_words(count)


def _cut(count: int) -> Rewrite:
    return lambda text: text[:count]


def _cut_words(count: int) -> Rewrite:
    """Return what keeps so many words, and the white space between them."""
    beginning = re.compile(rf"(?:\s*\S+){{1,{count}}}")

    def cut(text: str) -> str:
        found = beginning.match(text)
        return found[0] if found else text

    return cut


def _without_html(text: str) -> str:
    return html.unescape(_TAG.sub("", text)) if _TAG.search(text) else text
