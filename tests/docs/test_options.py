"""Every option of every provider stands on the page of the configuration, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from evalkit.config import NO_MODELS
from evalkit.embedding.modelspec import FACTORIES, KINDS, known_options

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "config.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("provider", sorted({*FACTORIES, *NO_MODELS}))
def test_the_page_names_the_options_of_a_provider(provider: str) -> None:
    known = NO_MODELS.get(provider, known_options(provider)) or {}
    section = PAGE.split(f"### `{provider}/`\n")[1].split("\n### ")[0]

    told = dict(re.findall(r"^\| `(\w+)` \| ([^|]+?) \|", section, flags=re.MULTILINE))
    assert told == {name: KINDS[kind] for name, kind in known.items()}
