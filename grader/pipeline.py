"""How a submission becomes a scorecard: the whole story on one screen."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import msgspec
from safetensors.torch import save

from grader import card, trace
from grader.analysis.study import Study, run_request, starter_cells
from grader.assignment import Assignment
from grader.attempt import Attempt, Examiner
from grader.audit import SEED, Auditor, applied
from grader.candidate import Choice, choose
from grader.errors import InfrastructureError
from grader.judge import Judge
from grader.model import IntegrityNote, Scorecard
from grader.notebook import Unreadable
from grader.passes import JudgedPass, judge_pass
from grader.plausible import forged
from grader.reference import Network, Oracle
from grader.sandbox import Sandbox, Session, WorkerLostError
from grader.submission import Submission
from grader.trace import Trace
from grader.wire import CellCode, RunRequest


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
        seed: int = SEED,
        templates: bool = True,
    ) -> None:
        self.assignment = assignment
        self.sandbox = sandbox
        self.data = data
        self.oracle = Oracle(assignment)
        self.outputs = outputs
        self.seed = seed
        self.starter = starter_cells(assignment) if templates else []

    def grade(self, submission: Submission) -> Graded:
        """Read, understand, run, compare, mark.

        What a student handed in never raises; what the machine failed to do is `ungraded`.
        """
        try:
            choice = choose(submission, self.assignment)
            if isinstance(choice.study, Unreadable):
                return Graded(card.not_run(submission, choice, self.assignment))
            try:
                return self._graded(submission, choice, choice.study, self.starter)
            except WorkerLostError:  # in mid-run: its template has ended, it needs none
                return self._graded(submission, choice, choice.study, [])
        except InfrastructureError as error:
            return Graded(card.ungraded(submission, str(error), self.assignment))

    def _graded(
        self, submission: Submission, choice: Choice, study: Study, starter: Sequence[CellCode]
    ) -> Graded:
        request = self._request(study, starter)
        with self.sandbox.open(request, self._example if request.entry else b"") as session:
            outcome, seen = session.outcome, trace.decode(session.outcome.events)
            passes = {n: judge_pass(self.oracle, each) for n, each in seen.passes.items()}
            auditor = self._auditor(request, choice, session)
            attempts, noted = self._attempts(study, seen, passes, auditor)
        judge = Judge(self.assignment, study, seen, attempts, passes)
        noted = forged(outcome.events, request) + noted
        scorecard = card.graded(
            submission, choice, self.assignment, outcome, seen, passes, judge.exercises(), noted
        )
        return Graded(scorecard, study, seen)

    def _request(self, study: Study, starter: Sequence[CellCode]) -> RunRequest:
        """What the sandbox is to run; functions are called with an example."""
        return run_request(
            study,
            self.assignment,
            data=str(self.data),
            outputs=self.outputs,
            starter=starter,
        )

    def _auditor(self, request: RunRequest, choice: Choice, session: Session) -> Auditor:
        """Probes differ from file to file, so that no file can hold the answers to them."""
        seed = self.seed + int(choice.source.sha256[:8], 16)
        return Auditor(self.assignment, self.oracle, session, request, self.sandbox.run, seed=seed)

    def _attempts(
        self, study: Study, seen: Trace, passes: dict[int, JudgedPass], auditor: Auditor
    ) -> tuple[list[Attempt], list[IntegrityNote]]:
        """Every value against autograd at its own forward pass, every step on its own merits;
        and what was noted of the audits.
        """
        examiner = Examiner(study, passes, self.assignment.spec.tolerance)
        attempts = examiner.attempts(seen)
        findings = auditor.audit(study.program, seen, passes, attempts)
        return applied(attempts, findings, study.program), findings.integrity

    @cached_property
    def _example(self) -> bytes:
        """Leaves and forward tensors for functions that want them as arguments."""
        network = self.oracle.example_network
        if not isinstance(network, Network):
            return b""
        tensors = network.inputs | network.tensors
        blob: bytes = save({name: value.clone() for name, value in tensors.items()})  # no views
        return blob
