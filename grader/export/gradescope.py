"""Gradescope's `results.json`: one test a gradient."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from typing import Any

from grader.assignment.spec import Gradescope
from grader.export import target_text
from grader.export.exporter import ExportOptions, Format
from grader.printable import printable
from grader.records.scorecard import Scorecard, TargetScore
from grader.report.figures import points
from grader.report.visible_text import cut, visible


def write(cards: Sequence[Scorecard], options: ExportOptions) -> str:
    """One result, or an object of results by the submission's id; without the ungraded."""
    graded = {
        card.id: results(card, options.gradescope) for card in cards if card.status == "graded"
    }
    if len(cards) == 1 and graded:
        return encoded(next(iter(graded.values())))
    return encoded(graded)


def encoded(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=True) + "\n"


def results(card: Scorecard, settings: Gradescope) -> dict[str, Any]:
    """The document for a graded submission."""
    assert card.status == "graded", "an ungraded submission has no result"
    style = settings.output_format
    tests = [
        _test(f"{i}.{j}", target, settings)
        for i, exercise in enumerate(card.exercises, 1)
        for j, target in enumerate(exercise.targets, 1)
    ]
    document = {
        "score": round(card.score, 4),
        "execution_time": round(sum(cell.seconds for cell in card.cells), 3),
        "output": _said([target_text.headline(card), card.reason or "", *card.notes], style),
        "output_format": style,
        "test_output_format": style,
        "test_name_format": "text",
        "visibility": settings.visibility,
        "stdout_visibility": settings.stdout_visibility,
        "extra_data": {"assignment": card.assignment, "sha256": card.source.sha256},
        "tests": tests,
    }
    if settings.leaderboard:
        score = round(card.score, 4)
        document["leaderboard"] = [{"name": "Points", "value": score, "order": "desc"}]
    return document


def _test(number: str, target: TargetScore, settings: Gradescope) -> dict[str, Any]:
    style = settings.output_format
    return {
        "score": round(target.score, 4),
        "max_score": round(target.max_score, 4),
        "status": "passed" if target_text.is_passed(target) else "failed",
        "name": printable(target.name, limit=200),
        "name_format": "text",
        "number": number,
        "output": _output(target, style),
        "output_format": style,
        "tags": [target.verdict],
        "visibility": settings.visibility,
        "extra_data": {"step": target.step, "basis": target.basis},
    }


def _output(target: TargetScore, style: str) -> str:
    place = target_text.place(target)
    earned = f"{points(target.score)} / {points(target.max_score)} points"
    first = f"{target_text.label(target)}{f', {place}' if place else ''}: {earned}"
    said = _said([first, *target_text.reasons(target)], style)
    lines = target_text.code_lines(target) if not target_text.is_passed(target) else ""
    if not lines:
        return said
    return f"{said}<pre>{_html(lines)}</pre>" if style == "html" else f"{said}\n\n{_clean(lines)}"


def _said(texts: Sequence[str], style: str) -> str:
    kept = [text for text in texts if text]
    if style == "html":
        return "".join(f"<p>{_html(text)}</p>" for text in kept)
    return "\n".join(map(_clean, kept))


def _html(text: str) -> str:
    return html.escape(_clean(text))


def _clean(text: str) -> str:
    shown: str = visible(cut(text, 4000))
    return shown.encode("utf-8", "backslashreplace").decode()


FORMAT = Format("Gradescope's results.json", write, reads_assignment=True)
