"""What a kind of exercise is to the pipeline."""

from __future__ import annotations

from typing import Protocol

from grader.marking.answers import Answers, NotRun
from grader.submission import Submission


class Kind(Protocol):
    """Gets gradients out of submissions, and finds out what each is to be judged by."""

    def answers(self, submission: Submission) -> list[Answers | NotRun]:
        """Read, understand, run, compare: each file that may be an answer, at least one.

        What a student handed in never raises; InfrastructureError for what the machine failed
        to do.
        """
