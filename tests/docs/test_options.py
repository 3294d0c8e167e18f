"""Every option of every provider stands on the page of the configuration, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from evalkit.embedding.modelspec import FACTORIES, KINDS, known_options
from evalkit.retrieval.retriever import KNOWN_OPTIONS

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "config.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("provider", sorted({*FACTORIES, *KNOWN_OPTIONS}))
def test_the_page_names_the_options_of_a_provider(provider: str) -> None:
    known = KNOWN_OPTIONS.get(provider, known_options(provider)) or {}
    section = PAGE.split(f"### `{provider}/`\n")[1].split("\n### ")[0]

    told = dict(re.findall(r"^\| `(\w+)` \| ([^|]+?) \|", section, flags=re.MULTILINE))
    kinds = {dict: "a table", object: "as its adapter says", **KINDS}
    assert told == {name: kinds[kind] for name, kind in known.items()}
