"""The rules of the systems that read what is exported, as they apply them."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import report_cards as cards

from grader.records.scorecard import ExerciseScore, Scorecard

INTEGER = {"type": "integer", "minimum": 0}
TEXT = {"type": "string", "minLength": 1}
INSTANT = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"}
CLASSROOM50: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": [
        "schema",
        "classroom",
        "assignment",
        "assignment_type",
        "owner",
        "submission",
        "commit",
        "release",
        "review",
        "datetime",
        "score",
        "max-score",
        "tests",
    ],
    "properties": {
        "schema": {"const": "classroom50/result/v1"},
        "assignment_type": {"enum": ["individual", "group"]},
        "submission": {"type": "string", "pattern": "^submit/"},
        **dict.fromkeys(["classroom", "assignment", "owner", "commit", "release", "review"], TEXT),
        **dict.fromkeys(["datetime", "graded_at"], INSTANT),
        **dict.fromkeys(["score", "max-score"], INTEGER),
        "submitted_by": {
            "type": "object",
            "additionalProperties": False,
            "required": ["username"],
            "properties": {"username": TEXT, "id": {"type": ["integer", "null"]}},
        },
        "tests": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["test-name", "passed", "score", "max-score"],
                "properties": {
                    "test-name": TEXT,
                    "passed": {"type": "boolean"},
                    "score": INTEGER,
                    "max-score": INTEGER,
                },
            },
        },
    },
}
_FORMATS = {"enum": ["text", "html", "simple_format", "md", "ansi"]}
_VISIBILITY = {"enum": ["hidden", "after_due_date", "after_published", "visible"]}
GRADESCOPE: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["score", "tests"],
    "properties": {
        "score": {"type": "number"},
        "execution_time": {"type": "number"},
        "output": {"type": "string"},
        **dict.fromkeys(["output_format", "test_output_format", "test_name_format"], _FORMATS),
        **dict.fromkeys(["visibility", "stdout_visibility"], _VISIBILITY),
        "extra_data": {"type": "object"},
        "leaderboard": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["name", "value"],
                "properties": {"order": {"enum": ["asc", "desc"]}},
            },
        },
        "tests": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["score", "max_score", "status", "name", "output"],
                "properties": {
                    "score": {"type": "number"},
                    "max_score": {"type": "number"},
                    "status": {"enum": ["passed", "failed"]},
                    "name": TEXT,
                    "number": {"type": "string"},
                    "output": {"type": "string"},
                    **dict.fromkeys(["output_format", "name_format"], _FORMATS),
                    "tags": {"type": "array", "items": {"type": "string"}},
                    "visibility": _VISIBILITY,
                    "extra_data": {"type": "object"},
                },
            },
        },
    },
}

HOSTILE = [
    "\n::error::pwned\r\n::set-output name=score::100",
    "##[error]pwned ##[endgroup]",
    "=cmd|' /C calc'!A0",
    "\x00\x07\x1b[31m\x7f\x9b and \u202e reversed",
    "x" * 300,
    "</details><script>alert(1)</script>]]><img src=x onerror=alert(2)>",
    "lone \udc80 surrogate \ud800",
    "| a | `b` @everyone #1 [x](javascript:alert(1)) ![i](http://e/x.png) $x$ *b* _i_\n\n# H\n- l",
    "https://evil.example/ www.evil.example <!-- ",
]


def hostile_card(text: str) -> Scorecard:
    """A scorecard in which whatever a student can choose is `text`."""
    card = cards.hostile()
    (part,) = card.exercises
    own = msgspec.structs.replace(part.targets[0], name=cards.TRAP, root_cause=None)
    part = msgspec.structs.replace(part, targets=[*part.targets, own], max_score=2)
    card = msgspec.structs.replace(card, exercises=[part])
    plain = json.loads(msgspec.json.encode(card))
    swapped = _swapped(plain, cards.TRAP, text)
    return msgspec.convert(swapped, Scorecard)


def _swapped(value: Any, old: str, new: str) -> Any:
    if isinstance(value, str):
        return value.replace(old, new).replace(old.replace("/", "∕"), new)
    if isinstance(value, list):
        return [_swapped(item, old, new) for item in value]
    if isinstance(value, dict):
        return {key: _swapped(item, old, new) for key, item in value.items()}
    return value


def check_classroom50(document: dict[str, Any]) -> None:
    """The schema, the published one too where it is at hand, and what no schema can say."""
    jsonschema.Draft202012Validator(CLASSROOM50).validate(document)
    if published := os.environ.get("CLASSROOM50_RESULT_SCHEMA"):
        jsonschema.Draft202012Validator(json.loads(Path(published).read_text())).validate(document)
    assert document["score"] <= document["max-score"]
    assert all(test["score"] <= test["max-score"] for test in document["tests"])
    assert sum(test["score"] for test in document["tests"]) == document["score"]
    assert sum(test["max-score"] for test in document["tests"]) == document["max-score"]
    assert all(type(test["score"]) is int for test in document["tests"])


def check_gradescope(document: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator(GRADESCOPE).validate(document)


def reporter_totals(variables: dict[str, str]) -> tuple[float, float, float]:
    """What the reporter action shows: the table's total, the notice's, and the maximum."""
    table = notice = maximum = 0.0
    for name, encoded in variables.items():
        assert name == name.upper()
        assert name.endswith("_RESULTS")
        results = json.loads(base64.b64decode(encoded, validate=True))
        assert results["status"] in {"pass", "fail", "error"}
        assert results["tests"], "an empty list of tests makes NaN"
        for test in results["tests"]:
            assert test["status"] in {"pass", "fail", "error"}
            assert isinstance(test["score"], float)
            assert isinstance(test["line_no"], int)
            for key in ("name", "message", "test_code", "filename"):
                assert commands_in(test[key]) == []
                assert test[key].isprintable()
        passed = sum(test["status"] == "pass" for test in results["tests"])
        table += passed / len(results["tests"]) * (results["max_score"] or 1)
        notice += sum(test["score"] for test in results["tests"])
        maximum += results["max_score"]
    return table, notice, maximum


def commands_in(log: str) -> list[str]:
    """The lines of a log that GitHub's runner obeys."""
    obeyed, waiting_for = [], None
    for line in log.replace("\r", "\n").split("\n"):
        text = line.strip()
        if waiting_for is not None:
            waiting_for = None if text == f"::{waiting_for}::" else waiting_for
        elif text.startswith("::stop-commands::"):
            waiting_for = text.removeprefix("::stop-commands::")
        elif text.startswith("::") or "##[" in text:
            obeyed.append(text)
    return obeyed


def outputs_of(path: Path) -> dict[str, str]:
    """The outputs of a step, as the runner reads the file behind GITHUB_OUTPUT."""
    outputs, lines = {}, iter(path.read_text(encoding="utf-8").split("\n"))
    for line in lines:
        if not line:
            continue
        heredoc, equals = line.find("<<"), line.find("=")
        if heredoc >= 0 and (equals < 0 or heredoc < equals):
            name, _, delimiter = line.partition("<<")
            value = []
            for inner in lines:
                if inner == delimiter:
                    break
                value.append(inner)
            outputs[name] = "\n".join(value)
        else:
            name, _, outputs[name] = line.partition("=")
    return outputs


def exercise_of(*points: tuple[float, float]) -> ExerciseScore:
    """An exercise with gradients of these scores and maxima."""
    targets = [
        cards.target(f"t{i}", [1], [(i, "x")], score=score, max_score=most)
        for i, (score, most) in enumerate(points, 1)
    ]
    return ExerciseScore(
        id="ex 1",
        title="One",
        score=sum(score for score, _ in points),
        max_score=sum(most for _, most in points),
        targets=targets,
    )
