"""Importing: the files of a golden set that was brought in, with a card that states what is known of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace

from evalkit.golden.card import CARD, Card, card_text
from evalkit.golden.reading.records import Draft
from evalkit.golden.writing.export import exported_files

UNSTATED = {
    "version": ('"1"', "raise it with every change, and lock the set:  evalkit golden lock"),
    "judgments": (
        '"complete"',
        'every relevant document is judged; "pooled": the tops of some systems; "sparse": one known answer',
    ),
    "pooled_from": ('["lsa/384"]', "the systems whose results were judged"),
    "self_hits": ('"remove"', 'where a query is itself a document; or "keep"'),
    "language": ('"en"', "what the texts are written in"),
    "license": ('"CC-BY-4.0"', "who may use them"),
    "description": ('"…"', "where queries and judgements come from, and who judged"),
}


def imported_files(draft: Draft, name: str, origins: Sequence[str]) -> dict[str, bytes]:
    """Return the files of a golden set in the native form, by their names inside the folder.

    Args:
        draft: What was read, without errors.
        name: How reports call it.
        origins: How it came about, for the card.
    """
    named = replace(draft, card=replace(draft.card, name=draft.card.name or name))
    files = exported_files(named, "native")
    return {**files, CARD: statement(replace(named.card, corpus=""), origins).encode()}


def statement(card: Card, origins: Sequence[str]) -> str:
    """Return the text of `golden.toml`: what is known, and as comments what its author should state.

    Args:
        card: What is known.
        origins: Where it comes from, a line each.
    """
    unsaid = {item.name for item in fields(Card) if getattr(card, item.name) == getattr(Card(), item.name)}
    asked = [f"# {key} = {value}  # {what}" for key, (value, what) in UNSTATED.items() if key in unsaid]
    known = card_text(replace(card, segments={}))
    told = "".join(f"# {_one_line(line)}\n" for line in origins)
    questions = "\n# What only you can know; take away the # where it is so.\n" if asked else ""
    segments = card_text(replace(Card(), segments=card.segments))
    return told + known + questions + "".join(f"{line}\n" for line in asked) + segments


def _one_line(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text)
