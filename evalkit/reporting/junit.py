"""The JUnit view: one test case for each rule, so that build servers show a verdict as they show tests."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from evalkit.reporting.document import Document
from evalkit.reporting.sections.rules import CandidateRules, RuleLine
from evalkit.results.result import Result


def junit_xml(result: Result) -> str:
    """Return the rules as test suites, one for each candidate.

    Args:
        result: The result, as `result.json` holds it.

    Returns:
        XML in which a rule that fails is a failure and a rule that cannot tell is skipped; without any
        decision, no suite.
    """
    document = Document.of(result)
    root = ET.Element("testsuites", name=f"evalkit {document.name}".strip())
    for block in document.rules:
        _suite(root, document, block)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=False).join((_DECLARATION, "\n"))


_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


def _suite(root: ET.Element, document: Document, block: CandidateRules) -> None:
    silent = sum(rule.state == "silent" for rule in block.rules)
    suite = ET.SubElement(
        root,
        "testsuite",
        name=f"{block.candidate} against {document.baseline}",
        tests=str(len(block.rules)),
        failures=str(len(block.failing)),
        errors="0",
        skipped=str(silent),
    )
    decisions = document.opening.decisions if document.opening else ()
    properties = ET.SubElement(suite, "properties")
    for decision in decisions:
        if decision.candidate == block.candidate:
            ET.SubElement(properties, "property", name="verdict", value=decision.verdict)
            ET.SubElement(properties, "property", name="why", value=decision.headline)
    for rule in block.rules:
        _case(suite, document.name, rule)


def _case(suite: ET.Element, name: str, rule: RuleLine) -> None:
    case = ET.SubElement(suite, "testcase", classname=f"evalkit.{name}", name=rule.name)
    if rule.state == "fails":
        ET.SubElement(case, "failure", type=rule.says or "doubt", message=rule.words)
    elif rule.state == "silent":
        ET.SubElement(case, "skipped", message=rule.words)
    else:
        ET.SubElement(case, "system-out").text = rule.words
