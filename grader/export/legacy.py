"""Payload of GitHub Classroom's reporter action, which still runs: one runner an exercise.

The action shows two totals. Its table counts tests, `passed / all × max_score`; its notice
adds up `score`. They agree only if all tests of a runner weigh the same and each earns all
or nothing. So a gradient that is worth several units, or earned a part of one, becomes
several tests.
"""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any, Final

from grader.errors import UsageError
from grader.export import target_text
from grader.export.exporter import ExportOptions, Format
from grader.export.log_text import loggable
from grader.records.scorecard import ExerciseScore, Scorecard, TargetScore

MAX_TESTS: Final = 250
"""Of one exercise: the payload travels in an environment variable."""


def write(cards: Sequence[Scorecard], _options: ExportOptions) -> str:
    """Id → variable → payload in base64; null for the ungraded, which have no points."""
    each = {card.id: variables(card) if card.status == "graded" else None for card in cards}
    return json.dumps(each, indent=2, ensure_ascii=True) + "\n"


def runner_name(exercise: str) -> str:
    """The exercise's id in letters, digits and dashes: the name of an environment variable."""
    return re.sub(r"[^A-Za-z0-9]+", "-", exercise).strip("-") or "exercise"


def variable(runner: str) -> str:
    """Where the action looks for the results of a runner."""
    return f"{runner.upper()}_RESULTS"


def variables(card: Scorecard) -> dict[str, str]:
    """The environment of the action for a graded submission."""
    return {
        variable(runner_name(exercise.id)): encoded(payload(exercise))
        for exercise in card.exercises
        if exercise.max_score > 0  # the action would show a point that nobody can earn
    }


def encoded(document: dict[str, Any]) -> str:
    """JSON in base64: one line without a character that a shell or a log could mistake."""
    return base64.b64encode(json.dumps(document, ensure_ascii=True).encode()).decode()


def payload(exercise: ExerciseScore) -> dict[str, Any]:
    """What one runner reports; the exercise must be worth something.

    Raises UsageError for points too uneven to be counted out.
    """
    unit = _unit(exercise.targets)
    tests = [test for target in exercise.targets for test in _tests(target, unit)]
    passed = all(test["status"] == "pass" for test in tests)
    errors = any(test["status"] == "error" for test in tests)
    return {
        "version": 1,
        "status": "pass" if passed else "error" if errors else "fail",
        "max_score": float(unit * len(tests)),
        "tests": tests,
    }


def _unit(targets: Sequence[TargetScore]) -> Fraction:
    """The greatest weight that divides all maxima and, if `MAX_TESTS` allows, all scores."""
    maxima = [_fraction(target.max_score) for target in targets]
    whole = _common(maxima)
    most = sum(maxima, Fraction()) / whole
    if most > MAX_TESTS:
        raise UsageError(
            f"github-legacy: the points of an exercise make {int(most)} equal parts, more than "
            f"{MAX_TESTS}: give its targets rounder points in assignment.toml"
        )
    finest = max(1, MAX_TESTS // max(1, int(most)))
    for parts in range(1, finest + 1):
        unit = whole / parts
        if all((_fraction(target.score) / unit).denominator == 1 for target in targets):
            return unit
    return whole / finest


def _common(numbers: Sequence[Fraction]) -> Fraction:
    positive = [number for number in numbers if number > 0] or [Fraction(1)]
    denominator = math.lcm(*(number.denominator for number in positive))
    return Fraction(math.gcd(*(int(number * denominator) for number in positive)), denominator)


def _fraction(number: float) -> Fraction:
    return Fraction(number).limit_denominator(10_000)


def _tests(target: TargetScore, unit: Fraction) -> Iterator[dict[str, Any]]:
    """Equal parts of a gradient; a score between two parts goes to the nearer one."""
    parts = int(_fraction(target.max_score) / unit)
    earned = round(_fraction(target.score) / unit)
    unjudged = target.verdict == "unjudged"
    for part in range(1, parts + 1):
        name = target.name if parts == 1 else f"{target.name}, part {part} of {parts}"
        if part <= earned:
            yield _test(name, "pass", float(unit))
        else:
            message = _message(target) if part == earned + 1 else ""
            yield _test(name, "error" if unjudged else "fail", 0.0, message, target.line)


def _test(
    name: str, status: str, score: float, message: str = "", line: int | None = None
) -> dict[str, Any]:
    return {
        "name": loggable(name, limit=120),
        "status": status,
        "score": score,
        "message": loggable(message),
        "test_code": "",
        "filename": "",
        "line_no": line or 0,
        "execution_time": "0s",
    }


def _message(target: TargetScore) -> str:
    parts = [target_text.label(target), target_text.place(target), *target_text.reasons(target)]
    return ". ".join(part.rstrip(".") for part in parts if part)


FORMAT = Format("GitHub Classroom's reporter action: base64 for each exercise", write)
