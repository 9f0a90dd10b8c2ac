"""Grade one submission and write its report."""

from __future__ import annotations

import os
from pathlib import Path

from grader.assignment import Assignment
from grader.execution.session import GradingSession
from grader.marking import card
from grader.marking.answers import NotRun
from grader.records.scorecard import Scorecard, Source
from grader.report import Reports
from grader.submission import Submission

NOTHING = "no notebook (.ipynb) or module (.py) was handed in: add yours and hand it in again"

NO_SANDBOX = "GRADER_NO_SANDBOX"
"""Set to 1 by an instructor who takes the service's own container for wall enough."""


def grade_one(submission: Submission, assignment: Assignment, out: Path) -> Scorecard:
    """The scorecard, also written to `out/<id>/`. Nothing handed in is a zero with a reason;
    what the machine failed to do is `ungraded`.
    """
    reports = Reports(out)
    if not submission.candidates:
        source = Source(path=submission.origin, sha256="", format="unknown")
        nothing = NotRun(source=source, reason=NOTHING)
        empty = card.not_run(submission, nothing, assignment)
        reports.write_scorecard(empty)
        return empty
    required = os.environ.get(NO_SANDBOX) != "1"
    with GradingSession(assignment, required=required, reports=reports) as session:
        return session.grade(submission).card
