"""A real browser for the report: Chromium where there is one, else a skip that says so."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

sys.path.insert(
    0, str(Path(__file__).parents[1] / "reporting")
)  # for the results that reports are drawn from


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Start the machine's Chromium once."""
    program = shutil.which("chromium")
    if program is None and os.environ.get("EVALKIT_NEEDS_CHROMIUM"):
        pytest.fail("no chromium, where the build asks for these tests")
    if program is None:
        pytest.skip(
            "how a page looks can only be asked of a browser, and this machine has no Chromium, a package of "
            "the system (Debian: apt-get install chromium); .ci/run installs it, and fails where it lacks"
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()
