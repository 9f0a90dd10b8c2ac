"""How a submission becomes a scorecard: the whole story on one screen."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import msgspec
from safetensors.torch import save

from grader.analysis.effort import TooIntricateError
from grader.analysis.study import Study, run_request, starter_cells
from grader.assignment import Assignment
from grader.cleanroom.inspection import Inspection
from grader.cleanroom.networks import Networks
from grader.cleanroom.room import CleanRoom
from grader.errors import InfrastructureError
from grader.exercises.script.candidate import Choice, answers
from grader.exercises.script.explanation import explained
from grader.marking import card, observation
from grader.marking.attempt import Attempt, Examiner
from grader.marking.forward_pass import JudgedPass
from grader.marking.notes import guessed, remarks
from grader.marking.observation import Trace
from grader.marking.selection import Judge
from grader.marking.several import together
from grader.notebook import Unreadable
from grader.protocol import CellCode, RunRequest
from grader.protocol.conduct import forged
from grader.records.scorecard import Scorecard
from grader.reference import Network, Oracle
from grader.sandbox import Sandbox, WorkerLostError
from grader.submission import Submission


class Graded(msgspec.Struct, frozen=True):
    """A scorecard, and the run behind it for those who render the notebook."""

    card: Scorecard
    study: Study | None = None
    trace: Trace | None = None


class Grader:
    """Grades submissions of one assignment in one sandbox."""

    def __init__(
        self,
        assignment: Assignment,
        sandbox: Sandbox,
        data: Path,
        *,
        outputs: bool = False,
        templates: bool = True,
    ) -> None:
        self.assignment = assignment
        self.sandbox = sandbox
        self.data = data
        self.oracle = Oracle(assignment)
        self.outputs = outputs
        self.starter = starter_cells(assignment) if templates else []

    def grade(self, submission: Submission) -> Graded:
        """Read, understand, run, compare, mark.

        What a student handed in never raises; what the machine failed to do is `ungraded`.
        """
        try:
            graded = [self._of(submission, each) for each in answers(submission, self.assignment)]
        except InfrastructureError as error:
            return Graded(card.ungraded(submission, str(error), self.assignment))
        whole, counted = together([each.card for each in graded])
        return msgspec.structs.replace(graded[counted], card=whole)

    def _of(self, submission: Submission, choice: Choice) -> Graded:
        """One file of a submission."""
        if isinstance(choice.study, Unreadable):
            return Graded(card.not_run(submission, choice, self.assignment))
        try:
            return self._graded(submission, choice, choice.study, self.starter)
        except WorkerLostError:  # in mid-run: its template has ended, it needs none
            return self._graded(submission, choice, choice.study, [])

    def _graded(
        self, submission: Submission, choice: Choice, study: Study, starter: Sequence[CellCode]
    ) -> Graded:
        request = self._request(choice, study, starter)
        with self.sandbox.open(request, self._example if request.entry else b"") as session:
            outcome = session.outcome
        seen = observation.decode(outcome.events)
        with CleanRoom(self.sandbox, study.formulas, request) as room:
            networks = Networks(self.oracle, choice.source.sha256)
            inspection = Inspection(self.assignment, self.oracle, networks, study, seen, room)
            try:
                inspection.run()
            except (RecursionError, TooIntricateError):  # no derivation of anybody's is so long
                inspection.give_up()
        passes = inspection.judged_passes()
        attempts = self._attempts(study, seen, passes, inspection)
        judge = Judge(self.assignment, study, attempts, passes)
        scorecard = card.graded(
            submission,
            choice,
            self.assignment,
            outcome,
            seen,
            passes,
            judge.exercises(),
            noted=[*forged(outcome.events, request), *guessed(attempts, self.assignment)],
            remarks=remarks(inspection),
        )
        return Graded(scorecard, study, seen)

    def _request(self, choice: Choice, study: Study, starter: Sequence[CellCode]) -> RunRequest:
        """What the sandbox is to run; functions are called with an example."""
        return run_request(
            study,
            self.assignment,
            data=str(self.data),
            outputs=self.outputs,
            starter=starter,
            files=choice.beside.files,
            scripts=choice.beside.scripts,
        )

    def _attempts(
        self, study: Study, seen: Trace, passes: dict[int, JudgedPass], inspection: Inspection
    ) -> list[Attempt]:
        """Every value against autograd at its own forward pass, with what the clean room says
        of its step, and the reason where that is wrong.
        """
        examiner = Examiner(study, inspection, passes, self.assignment.spec.tolerance)
        attempts = examiner.attempts(seen)
        attempts += examiner.unvalued(attempts)
        return [explained(attempt, inspection) for attempt in attempts]

    @cached_property
    def _example(self) -> bytes:
        """Leaves and forward tensors for functions that want them as arguments."""
        network = self.oracle.example_network
        if not isinstance(network, Network):
            return b""
        tensors = network.inputs | network.tensors
        blob: bytes = save({name: value.clone() for name, value in tensors.items()})  # no views
        return blob
