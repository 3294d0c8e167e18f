"""The JUnit view: one test case for each rule or check, which build servers show as they show tests."""

from __future__ import annotations

from collections import Counter
from xml.etree import ElementTree as ET

from evalkit.reporting.blocks import Check, Checks
from evalkit.reporting.page import Page
from evalkit.reporting.views.terminal import terminal

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


def junit(page: Page) -> str:
    """Return the rules and checks of a page as test suites.

    Returns:
        XML in which a rule that fails is a failure, one that cannot tell is skipped, and what stopped a study
        is an error; without any decision, no suite.
    """
    root = ET.Element("testsuites", name=f"{page.tool} {page.name}".strip())
    for block in page.checks:
        _suite(root, page, block)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=False).join((_DECLARATION, "\n"))


def _suite(root: ET.Element, page: Page, block: Checks) -> None:
    counts = Counter(check.state for check in block.checks)
    suite = ET.SubElement(
        root,
        "testsuite",
        name=block.subject,
        tests=str(len(block.checks)),
        failures=str(counts["fails"]),
        errors=str(counts["errs"]),
        skipped=str(counts["silent"]),
    )
    if block.numbers:
        properties = ET.SubElement(suite, "properties")
        for name, value in block.numbers:
            ET.SubElement(properties, "property", name=name, value=value)
    classname = f"{page.tool.replace(' ', '.')}.{page.name}"
    for check in block.checks:
        _case(ET.SubElement(suite, "testcase", classname=classname, name=check.name), check, block.again)
    if block.log:
        ET.SubElement(suite, "system-out").text = terminal(page)


def _case(element: ET.Element, check: Check, again: str) -> None:
    match check.state:
        case "fails":
            failure = ET.SubElement(element, "failure", type=check.says or "doubt", message=check.words)
            failure.text = again or None
        case "errs":
            told = "\n".join([*check.places, again])
            ET.SubElement(element, "error", type=check.says, message=check.words).text = told
        case "silent":
            ET.SubElement(element, "skipped", message=check.words)
        case "warns":
            ET.SubElement(element, "system-out").text = f"{check.says} {check.words}"
        case _:
            ET.SubElement(element, "system-out").text = check.words
