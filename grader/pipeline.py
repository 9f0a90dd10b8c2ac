"""How a submission becomes a scorecard: the whole story on one screen."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import msgspec
from safetensors.torch import save

from grader import card, trace
from grader.analysis.study import Study, run_request
from grader.assignment import Assignment
from grader.attempt import Examiner
from grader.candidate import choose
from grader.errors import InfrastructureError
from grader.judge import Judge
from grader.model import ExerciseScore, Scorecard
from grader.notebook import Unreadable
from grader.passes import JudgedPass, judge_pass
from grader.reference import Network, Oracle
from grader.sandbox import RunOutcome, Sandbox
from grader.submission import Submission
from grader.trace import Trace


class Graded(msgspec.Struct, frozen=True):
    """A scorecard, and the run behind it for those who render the notebook."""

    card: Scorecard
    study: Study | None = None
    trace: Trace | None = None


class Grader:
    """Grades submissions of one assignment in one sandbox."""

    def __init__(
        self, assignment: Assignment, sandbox: Sandbox, data: Path, *, outputs: bool = False
    ) -> None:
        self.assignment = assignment
        self.sandbox = sandbox
        self.data = data
        self.oracle = Oracle(assignment)
        self.outputs = outputs

    def grade(self, submission: Submission) -> Graded:
        """Read, understand, run, compare, mark.

        What a student handed in never raises; what the machine failed to do is `ungraded`.
        """
        try:
            choice = choose(submission, self.assignment)
            if isinstance(choice.study, Unreadable):
                return Graded(card.not_run(submission, choice, self.assignment))
            outcome = self.run(choice.study)
        except InfrastructureError as error:
            return Graded(card.ungraded(submission, str(error), self.assignment))
        seen = trace.decode(outcome.events)
        passes = {number: judge_pass(self.oracle, each) for number, each in seen.passes.items()}
        exercises = self.judge(choice.study, seen, passes)
        scorecard = card.graded(
            submission, choice, self.assignment, outcome, seen, passes, exercises
        )
        return Graded(scorecard, choice.study, seen)

    def run(self, study: Study) -> RunOutcome:
        """Run the student's code in the sandbox; functions are called with an example."""
        request = run_request(study, self.assignment, data=str(self.data), outputs=self.outputs)
        return self.sandbox.run(request, self._example if request.entry else b"")

    def judge(
        self, study: Study, seen: Trace, passes: dict[int, JudgedPass]
    ) -> list[ExerciseScore]:
        """Compare every value with autograd at its own forward pass, and mark."""
        examiner = Examiner(study.program, passes, self.assignment.spec.tolerance)
        attempts = examiner.attempts(seen)
        return Judge(self.assignment, study, seen, attempts, passes).exercises()

    @cached_property
    def _example(self) -> bytes:
        """Leaves and forward tensors for functions that want them as arguments."""
        network = self.oracle.network(self.oracle.example())
        if not isinstance(network, Network):
            return b""
        tensors = network.inputs | network.tensors
        blob: bytes = save({name: value.clone() for name, value in tensors.items()})  # no views
        return blob
