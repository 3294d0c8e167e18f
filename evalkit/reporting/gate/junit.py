"""The JUnit view of a gate: one test case for each check."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from evalkit.reporting.gate.failure import failure_junit
from evalkit.reporting.gate.story import CheckLine, Story
from evalkit.reporting.gate.terminal import gate_text
from evalkit.results.gatefailure import is_failure
from evalkit.results.result import Result

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


def gate_junit(result: Result) -> str:
    """Return XML in which a check that fails is a failure; a warning stands in a case's output.

    Where the gate could not be asked, each reason is a case in error.
    """
    if is_failure(result):
        return _text(failure_junit(result))
    story = Story.of(result)
    failures = sum(check.verdict == "FAIL" for check in story.checks)
    root = ET.Element("testsuites", name=f"evalkit gate {story.golden}".strip())
    suite = ET.SubElement(
        root,
        "testsuite",
        name=f"{story.system} against its baseline",
        tests=str(len(story.checks)),
        failures=str(failures),
        errors="0",
        skipped="0",
    )
    properties = ET.SubElement(suite, "properties")
    for name, value in story.numbers.items():
        ET.SubElement(properties, "property", name=name, value=str(value))
    for item in story.drift:
        ET.SubElement(properties, "property", name="drifted", value=item)
    for check in story.checks:
        _case(suite, story, check)
    ET.SubElement(suite, "system-out").text = gate_text(result)
    return _text(root)


def _text(root: ET.Element) -> str:
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=False).join((_DECLARATION, "\n"))


def _case(suite: ET.Element, story: Story, check: CheckLine) -> None:
    case = ET.SubElement(suite, "testcase", classname=f"evalkit.gate.{story.golden}", name=check.name)
    if check.verdict == "FAIL":
        ET.SubElement(case, "failure", type=check.verdict, message=check.words).text = story.reproduce
    else:
        ET.SubElement(case, "system-out").text = f"{check.verdict} {check.words}".strip()
