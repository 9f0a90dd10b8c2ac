"""Classroom 50's `result.json`, `classroom50/result/v1`: whole points, one test a gradient."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from grader.errors import UsageError
from grader.export import target_text
from grader.export.exporter import ExportOptions, Format
from grader.export.whole_points import WholePoints, whole_points
from grader.printable import printable
from grader.records.scorecard import Scorecard

SCHEMA: Final = "classroom50/result/v1"
NEEDED = ("CLASSROOM", "ASSIGNMENT", "SUBMISSION_TAG", "COMMIT_URL", "RELEASE_URL")
"""Variables that the service's runner sets for every submission."""


def write(cards: Sequence[Scorecard], options: ExportOptions) -> str:
    """One result, or an object of results by the submission's id; without the ungraded."""
    graded = [card for card in cards if card.status == "graded"]
    if len(cards) == 1 and graded:
        return encoded(result(cards[0], options.environment))
    each = {
        card.id: result(card, {**options.environment, "OWNER": card.id, "USERNAME": card.id})
        for card in graded
    }
    return encoded(each)


def encoded(document: Mapping[str, Any]) -> str:
    """JSON in ASCII: nothing in it can be more than data."""
    return json.dumps(document, indent=2, ensure_ascii=True) + "\n"


def result(card: Scorecard, environment: Mapping[str, str]) -> dict[str, Any]:
    """The document for a graded submission.

    Raises UsageError where a variable of `NEEDED` is absent or cannot be right.
    """
    assert card.status == "graded", "an ungraded submission has no result"
    _check(environment)
    tests, points = _tests(card)
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    kind = environment.get("ASSIGNMENT_TYPE")
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "classroom": environment["CLASSROOM"],
        "assignment": environment["ASSIGNMENT"],
        "assignment_type": kind if kind in ("group", "team") else "individual",
        "owner": environment.get("OWNER") or environment.get("USERNAME") or card.id,
        "submission": environment["SUBMISSION_TAG"],
        "commit": environment["COMMIT_URL"],
        "release": environment["RELEASE_URL"],
        "review": environment.get("REVIEW_URL") or environment["COMMIT_URL"],
        "datetime": now,
        "graded_at": now,
        "score": points.score,
        "max-score": points.maximum,
        "tests": tests,
    }
    if actor := environment.get("GITHUB_ACTOR"):
        number = environment.get("GITHUB_ACTOR_ID", "")
        identity = int(number) if number.isdecimal() else None
        document["submitted_by"] = {"username": actor, "id": identity}
    return document


def points_note(card: Scorecard) -> str:
    """What to say where whole points differ from the scorecard's; empty where they do not."""
    points = _points(card)
    if points.factor > 1:
        return (
            f"Classroom 50 counts whole points, so all points are multiplied by {points.factor} "
            f"there: {points.score} / {points.maximum}."
        )
    if points.score != card.score:
        return f"Classroom 50 counts whole points: {points.score} / {points.maximum}."
    return ""


def _check(environment: Mapping[str, str]) -> None:
    missing = [name for name in NEEDED if not environment.get(name)]
    if missing:
        raise UsageError(
            f"classroom50: {', '.join(missing)} must be set, as the runner of Classroom 50 does"
        )
    if not environment["SUBMISSION_TAG"].startswith("submit/"):
        raise UsageError("classroom50: SUBMISSION_TAG must begin with submit/")


def _points(card: Scorecard) -> WholePoints:
    rows = [(row.score, row.max_score) for _, row in target_text.targets_of(card)]
    return whole_points(rows or [(card.score, card.max_score)])


def _tests(card: Scorecard) -> tuple[list[dict[str, Any]], WholePoints]:
    points = _points(card)
    tests = [
        {
            "test-name": printable(f"{exercise.id}: {target.name}", limit=200),
            "passed": target_text.is_passed(target),
            "score": score,
            "max-score": maximum,
            "verdict": target.verdict,
            "points": target.score,
            "message": _message(target_text.place(target), *target_text.reasons(target)),
        }
        for (exercise, target), score, maximum in zip(
            target_text.targets_of(card), points.scores, points.maxima, strict=False
        )
    ]
    if not tests:
        tests = [
            {
                "test-name": "the submission can be read",
                "passed": False,
                "score": points.score,
                "max-score": points.maximum,
                "message": _message(card.reason or card.run),
            }
        ]
    return tests, points


def _message(*parts: str) -> str:
    return printable(" ".join(part for part in parts if part), limit=300)


FORMAT = Format("Classroom 50's result.json; reads the variables of its runner", write)
