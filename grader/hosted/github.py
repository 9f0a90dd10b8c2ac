"""Inside a workflow of GitHub Actions: summary, annotations, scorecard, legacy payload.

python -I -m grader.hosted.github --assignment DIR --checkout DIR --out DIR
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from grader.assignment import find_assignment, load_assignment
from grader.errors import GraderError, InfrastructureError
from grader.export import legacy, target_text
from grader.export.log_text import command, loggable, no_commands, step_output
from grader.export.markdown import page
from grader.hosted.annotations import annotated
from grader.hosted.checkout import find_submission
from grader.hosted.grading import grade_one
from grader.protocol import determinism
from grader.records.scorecard import Scorecard


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 graded, whatever the marks; 1 not graded."""
    parser = argparse.ArgumentParser(prog="grader.hosted.github")
    parser.add_argument("--assignment", required=True, help="its folder, or a bundled one's name")
    parser.add_argument("--checkout", type=Path, required=True, help="the student's repository")
    parser.add_argument("--out", type=Path, required=True, help="folder for the scorecard")
    options = parser.parse_args(arguments)
    determinism.apply()
    try:
        return _run(options.assignment, options.checkout, options.out)
    except GraderError as error:
        print(command("error", loggable(str(error))))
    except OSError as error:
        print(command("error", loggable(f"{error.filename}: {error.strerror}")))
    return 1


def _run(named: str, checkout: Path, out: Path) -> int:
    assignment = load_assignment(find_assignment(named))
    student = os.environ.get("GITHUB_REPOSITORY", "student").rpartition("/")[2]
    submission = find_submission(checkout, assignment, student)
    with no_commands():
        card = grade_one(submission, assignment, out)
    if card.status == "ungraded":
        raise InfrastructureError(f"not graded: {card.reason}")
    for line in annotated(card, checkout):
        print(line)
    _append("GITHUB_STEP_SUMMARY", page(card))
    _append("GITHUB_OUTPUT", _outputs(card))
    print(f"grader: {loggable(target_text.headline(card))}")
    return 0


def _outputs(card: Scorecard) -> str:
    """Points, and each exercise's payload under the name that the workflow gives the reporter."""
    totals = {"score": f"{card.score:g}", "max-score": f"{card.max_score:g}"}
    payloads = {
        legacy.runner_name(exercise.id): legacy.encoded(legacy.payload(exercise))
        for exercise in card.exercises
        if exercise.max_score > 0
    }
    return "".join(step_output(name, text) for name, text in (totals | payloads).items())


def _append(variable: str, text: str) -> None:
    """To the file that GitHub names in `variable`; elsewhere there is none."""
    path = os.environ.get(variable)
    if path:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(text)


if __name__ == "__main__":
    sys.exit(main())
