"""JUnit's XML: a suite for each submission, a case for each gradient."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from grader.export import target_text
from grader.export.exporter import ExportOptions, Format
from grader.records.scorecard import Scorecard, TargetScore
from grader.report.figures import points
from grader.report.visible_text import cut, visible

_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold, not even as a reference: lone surrogates among them."""


def write(cards: Sequence[Scorecard], _options: ExportOptions) -> str:
    """A gradient that did not earn all of its points is a failure, one that a person has to
    look at is skipped, an ungraded submission is an error: neither of these is a zero.
    """
    root = ET.Element("testsuites")
    for card in cards:
        root.append(_suite(card))
    for name in ("tests", "failures", "errors", "skipped"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    ET.indent(root, " ")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _suite(card: Scorecard) -> ET.Element:
    suite = ET.Element("testsuite", name=_text(card.id))
    properties = ET.SubElement(suite, "properties")
    facts = {"assignment": card.assignment, "status": card.status, "run": card.run}
    if card.status == "graded":
        facts |= {"score": points(card.score), "max_score": points(card.max_score)}
    for name, value in facts.items():
        ET.SubElement(properties, "property", name=name, value=_text(value))
    if card.status == "ungraded":
        case = ET.SubElement(suite, "testcase", name="graded", classname=_text(card.assignment))
        ET.SubElement(case, "error", type="ungraded", message=_text(card.reason or "ungraded"))
    elif not card.exercises:
        case = ET.SubElement(suite, "testcase", name="readable", classname=_text(card.assignment))
        ET.SubElement(case, "failure", type=card.run, message=_text(card.reason or card.run))
    for exercise, target in target_text.targets_of(card):
        suite.append(_case(f"{card.assignment}.{exercise.id}", target))
    _count(suite)
    suite.set("time", f"{sum(cell.seconds for cell in card.cells):.3f}")
    return suite


def _case(classname: str, target: TargetScore) -> ET.Element:
    case = ET.Element("testcase", name=_text(target.name), classname=_text(classname))
    said = list(target_text.reasons(target))
    if target.verdict == "unjudged":
        ET.SubElement(case, "skipped", message=_text(" ".join(["Not judged.", *said])))
    elif not target_text.is_passed(target):
        where = target_text.place(target)
        message = f"{target_text.label(target)}{f' at {where}' if where else ''}"
        failure = ET.SubElement(case, "failure", type=target.verdict, message=_text(message))
        earned = f"{points(target.score)} / {points(target.max_score)} points"
        failure.text = _text("\n".join([earned, *said, target_text.code_lines(target)]).rstrip())
    return case


def _count(suite: ET.Element) -> None:
    cases = suite.findall("testcase")
    suite.set("tests", str(len(cases)))
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(name, str(sum(case.find(tag) is not None for case in cases)))


def _text(text: str) -> str:
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", cut(visible(text), 4000))


FORMAT = Format("JUnit's XML, a suite for each submission", write)
