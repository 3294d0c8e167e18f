"""Renders the example reports of the shipped golden sets, and the picture that the README shows.

    python reports/render.py        about three minutes the first time, then seconds

The example of python-stdlib names its documents by id alone: docstrings belong to Python, not to this
repository. Pictures need a Chromium on the machine; without one they stay as they are.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
EXAMPLES = HERE / "examples"
PICTURE = ROOT / "docs" / "images" / "report.png"
KEPT = {"report.html", "summary.html", "summary.md", "runbook.md"}
VERDICTS = {0, 1, 3}
WIDTH, HEIGHT = 1280, 720
COMMANDS = {
    "helpdesk": [
        *("compare", "goldensets/helpdesk", "--baseline", "lsa/384", "--candidate", "st/all-MiniLM-L6-v2"),
        *("-o", "reports/examples/helpdesk"),
    ],
    "helpdesk-plan": [
        *("plan", "goldensets/helpdesk", "--old", "lsa/384", "--new", "st/all-MiniLM-L6-v2"),
        *("--documents", "40e6", "--price", "0.02@2026-11-01", "-o", "reports/examples/helpdesk-plan"),
    ],
    "python-stdlib": ["demo", "--redact-text", "-o", "reports/examples/python-stdlib"],
}


def render(name: str, arguments: list[str]) -> None:
    """Run one command of evalkit and keep the page and the summary that it writes."""
    shutil.rmtree(EXAMPLES / name, ignore_errors=True)
    done = subprocess.run([sys.executable, "-m", "evalkit.cli.main", *arguments], cwd=ROOT, check=False)
    if done.returncode not in VERDICTS:
        sys.exit(done.returncode)
    for path in (EXAMPLES / name).iterdir():
        if path.name not in KEPT:
            path.unlink()


def take_picture(page: Path) -> None:
    """Photograph the first screen of a report."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        print(f"no chromium on this machine: {PICTURE.name} stays as it is")
        return
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only where there is a browser

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        tab.goto(page.as_uri())
        tab.screenshot(path=PICTURE)
        browser.close()
    print(f"{page.relative_to(ROOT)} is on {PICTURE.relative_to(ROOT)}")


if __name__ == "__main__":
    for name, arguments in COMMANDS.items():
        render(name, arguments)
    take_picture(EXAMPLES / "helpdesk" / "report.html")
