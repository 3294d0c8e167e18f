"""The small form of the campaign: no misfortune gives another number, loses data or ends in a bug."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

CAMPAIGN = Path(__file__).parent / "campaign.py"
PAGE = CAMPAIGN.parent.parent.parent / "docs" / "reliability.md"


@pytest.mark.attack
def test_everything_that_a_small_campaign_tries_holds() -> None:
    """In a process of its own, which forks before anything starts a thread."""
    done = subprocess.run([sys.executable, CAMPAIGN, "--small"], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def test_the_page_shows_no_figure_of_a_misfortune_that_did_not_hold() -> None:
    inside = PAGE.read_text(encoding="utf-8").partition("<!-- figures: begin -->")[2]
    rows = [line.split(" | ") for line in inside.partition("<!-- figures: end -->")[0].splitlines()[3:]]

    assert rows
    assert all(tried == held != "0" for _, _, tried, held, *_ in rows)
