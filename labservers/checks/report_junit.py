"""Reports, as in report_json.py, as JUnit XML: a test suite a program, a test case a probe.

Only what must be mended is a failure, as for the exit code. Other findings are in system-out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree

from labservers.observe.text import printable

Json = dict[str, Any]


def junit(many: Sequence[Json]) -> str:
    """The file's text."""
    suites = ElementTree.Element("testsuites")
    for said in many:
        suites.append(_suite(said))
    ElementTree.indent(suites)
    body = ElementTree.tostring(suites, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'


def _suite(said: Json) -> ElementTree.Element:
    suite = ElementTree.Element("testsuite", name=_clean(said["program"]), time=str(said["took_s"]))
    cases = [_case(said, probe) for probe in said["probes"]]
    if said["verdict"] == "cannot run":
        cases = [_element("testcase", name="starts", classname=_clean(said["program"]))]
        cases[0].append(_element("error", _clean(said["reason"]), message=_clean(said["reason"])))
    suite.extend(cases)
    suite.set("tests", str(len(cases)))
    for kind, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(kind, str(len(suite.findall(f"testcase/{tag}"))))
    return suite


def _case(said: Json, probe: Json) -> ElementTree.Element:
    program = _clean(said["program"])
    case = _element("testcase", name=f"{probe['id']}: {_clean(probe['title'])}", classname=program)
    if probe["outcome"] == "not tried":
        case.append(_element("skipped", message=_clean(probe["why"])))
    for finding in said["findings"]:
        if probe["id"] not in finding["probes"]:
            continue
        words = _clean(_words(finding))
        if finding["level"] == "must":
            title = _clean(finding["title"])
            case.append(_element("failure", words, message=title, type=finding["id"]))
        else:
            case.append(_element("system-out", words))
    return case


def _words(finding: Json) -> str:
    place = f"{finding['line']}  {finding['source'] or ''}" if finding["line"] else ""
    parts = (finding["title"], place, finding["evidence"], finding["why"], finding["next_step"])
    return "\n".join(part.rstrip() for part in parts if part)


def _element(tag: str, text: str | None = None, **attributes: str) -> ElementTree.Element:
    element = ElementTree.Element(tag, attributes)
    element.text = text
    return element


def _clean(text: str) -> str:
    """Without characters that XML 1.0 (section 2.2) does not have, surrogates among them."""
    return printable(text, kept="\n")
