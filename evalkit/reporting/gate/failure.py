"""The failure: what a gate leaves behind where it could not be asked, so that a build says why."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from evalkit.reporting.markdown import code, plain
from evalkit.results.gatepart import ERROR
from evalkit.results.result import Result


def failure_markdown(result: Result) -> str:
    """Return the errors as a step summary."""
    known = result.readable()
    lines = [f"## 🚫 {ERROR}: {plain(_what(known))}", "", "No verdict: the gate could not be asked.", ""]
    for item in known.findings:
        lines.append(f"- **{item.code}** {plain(item.problem)}")
        lines += [f"  - {code(where)}" for where in item.places]
        lines += [f"  - hint: {plain(item.hint)}"] if item.hint else []
    return "\n".join([*lines, "", f"Again: {code(known.gate.reproduce)}"]) + "\n"


def failure_junit(result: Result) -> ET.Element:
    """Return the errors as a suite whose test cases are all in error."""
    known = result.readable()
    name, count = f"evalkit.gate.{known.golden.name}", str(len(known.findings))
    root = ET.Element("testsuites", name=f"evalkit gate {known.golden.name}")
    suite = ET.SubElement(
        root, "testsuite", name=_what(known), tests=count, failures="0", errors=count, skipped="0"
    )
    for item in known.findings:
        case = ET.SubElement(suite, "testcase", classname=name, name=item.code)
        told = [*item.places, *([f"hint: {item.hint}"] if item.hint else []), known.gate.reproduce]
        ET.SubElement(case, "error", type=item.code, message=item.problem).text = "\n".join(told)
    return root


def failure_annotations(result: Result) -> list[tuple[str, str]]:
    """Return the title of the annotations with the sentence of each."""
    known = result.readable()
    return [
        (
            f"evalkit gate: {_what(known)}",
            "; ".join(filter(None, (f"{item.code}: {item.problem}", *item.places, item.hint))),
        )
        for item in known.findings
    ]


def _what(known: Result) -> str:
    return f"{known.gate.system} on {known.golden.name}"
