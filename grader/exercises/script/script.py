"""Exercises of scripts: one ordinary run, and a slice of each gradient proven alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

from msgspec.structs import replace
from safetensors.torch import save

from grader.analysis.effort import TooIntricateError
from grader.analysis.study import Study, run_request, starter_cells
from grader.assignment import Assignment
from grader.cleanroom.inspection import Inspection
from grader.cleanroom.networks import Networks
from grader.cleanroom.room import CleanRoom
from grader.exercises.script.account import cells, obstacles, slips
from grader.exercises.script.candidate import Choice, chosen
from grader.exercises.script.computed_keys import kept_elsewhere
from grader.exercises.script.edit_search import LineSearch
from grader.exercises.script.examiner import Examiner
from grader.exercises.script.executed import executed
from grader.exercises.script.explanation import Reasons
from grader.marking import observation
from grader.marking.answers import Answers, NotRun
from grader.marking.attempt import Attempt
from grader.marking.forward_pass import JudgedPass
from grader.marking.notes import forged
from grader.marking.observation import Trace
from grader.marking.points import Judgement
from grader.notebook import Unreadable
from grader.protocol import CellCode, RunRequest
from grader.protocol.conduct import breaches
from grader.records.comparison import Comparison
from grader.reference import Network, Oracle
from grader.reference.examination import examined
from grader.sandbox import RunOutcome, Sandbox, WorkerLostError
from grader.submission import Submission


class Script:
    """Gradients under names at the top of a notebook or module, or returned by one function."""

    def __init__(
        self,
        assignment: Assignment,
        sandbox: Sandbox,
        data: Path,
        *,
        outputs: bool = False,
        templates: bool = True,
    ) -> None:
        self.assignment = assignment = examined(assignment)
        self.sandbox = sandbox
        self.data = data
        self.oracle = Oracle(assignment)
        self.outputs = outputs
        self.starter = starter_cells(assignment) if templates else []

    def answers(self, submission: Submission) -> list[Answers | NotRun]:
        """Read, understand, run, compare: each file that may be an answer."""
        return [self._of(choice) for choice in chosen(submission, self.assignment)]

    def _of(self, choice: Choice) -> Answers | NotRun:
        if isinstance(choice.study, Unreadable):
            return NotRun(source=choice.source, reason=choice.study.reason, notes=choice.notes)
        try:
            return self._answers(choice, choice.study, self.starter)
        except WorkerLostError:  # in mid-run: its template has ended, it needs none
            return self._answers(choice, choice.study, [])

    def _answers(self, choice: Choice, study: Study, starter: Sequence[CellCode]) -> Answers:
        request = self._request(choice, study, starter)
        with self.sandbox.open(request, self._example if request.entry else b"") as session:
            outcome = session.outcome
        seen = observation.decode(outcome.events)
        with CleanRoom(self.sandbox, study.formulas, request) as room:
            found = self.judged(choice, study, outcome, seen, room)
        return replace(
            found, integrity=[*found.integrity, *forged(breaches(outcome.events, request))]
        )

    def judged(
        self, choice: Choice, study: Study, outcome: RunOutcome, seen: Trace, room: CleanRoom
    ) -> Answers:
        """What was seen of a run, held against the reference; its steps in the clean room."""
        inspection = self._inspected(study, seen, room, self.networks(choice.source.sha256))
        passes = inspection.judged_passes()
        differing = obstacles(inspection, passes)
        return Answers(
            source=choice.source,
            outcome=outcome,
            attempts=self._attempts(study, seen, passes, inspection),
            unanswered=dict(_unanswered(self.assignment, study, passes)),
            explained=self.reasons(inspection, room),
            obstacles=differing,
            notes=[*choice.notes, *slips(inspection), *differing, *seen.notes],
            integrity=seen.integrity,
            cells=list(cells(study, outcome, seen)),
            executed=executed(study.notebook, seen) if self.outputs else None,
        )

    def _request(self, choice: Choice, study: Study, starter: Sequence[CellCode]) -> RunRequest:
        """What the sandbox is to run; functions are called with an example."""
        request = run_request(
            study,
            self.assignment,
            data=str(self.data),
            outputs=self.outputs,
            starter=starter,
            files=choice.beside.files,
            scripts=choice.beside.scripts,
        )
        limits = replace(
            request.limits,
            cell_seconds=request.limits.cell_seconds * choice.share,
            total_seconds=request.limits.total_seconds * choice.share,
        )
        return replace(request, limits=limits)

    def networks(self, sha256: str) -> Networks:
        """Fresh networks for one submission."""
        return Networks(self.oracle, sha256)

    def reasons(self, inspection: Inspection, room: CleanRoom) -> Callable[[Attempt], Attempt]:
        """What says why steps of one submission are wrong."""
        return Reasons(inspection, LineSearch(inspection, room)).explained

    def _inspected(
        self, study: Study, seen: Trace, room: CleanRoom, networks: Networks
    ) -> Inspection:
        """Every gradient's slice in the clean room."""
        inspection = Inspection(self.assignment, self.oracle, networks, study, seen, room)
        try:
            inspection.run()
        except (RecursionError, TooIntricateError):  # no derivation of anybody's is so long
            inspection.give_up()
        return inspection

    def _attempts(
        self, study: Study, seen: Trace, passes: dict[int, JudgedPass], inspection: Inspection
    ) -> list[Attempt]:
        """Every value against autograd at its own forward pass, with what the clean room says
        of its step.
        """
        examiner = Examiner(study, inspection, passes, self.assignment.spec.tolerance)
        attempts = examiner.attempts(seen)
        attempts += examiner.unvalued(attempts)
        return attempts

    @cached_property
    def _example(self) -> bytes:
        """Leaves and forward tensors for functions that want them as arguments."""
        network = self.oracle.example_network
        if not isinstance(network, Network):
            return b""
        tensors = network.inputs | network.tensors
        blob: bytes = save(
            {name: value.clone().contiguous() for name, value in tensors.items()}  # no views
        )
        return blob


def _unanswered(
    assignment: Assignment, study: Study, passes: Mapping[int, JudgedPass]
) -> Iterator[tuple[tuple[str, str], Judgement]]:
    """For each target what is to be said where it has no value: does a statement for it stand
    somewhere?
    """
    network = next((p.network for p in passes.values() if isinstance(p.network, Network)), None)
    for exercise in assignment.spec.exercises:
        elsewhere = kept_elsewhere(study, exercise.id)
        for target in exercise.targets:
            lives = [
                life
                for life in study.program.lifetimes
                if life.target == target and life.exercise == exercise.id
            ]
            comparison = Comparison(
                verdict="missing" if lives or elsewhere is None else "unjudged",
                expected_shape=list(network.gradients[target].shape) if network else None,
                note="its line was never reached, or raised an error" if lives else elsewhere,
            )
            lines = study.lines(lives[-1]) if lives else ()
            yield (
                (exercise.id, target),
                Judgement(target=target, comparison=comparison, lines=lines),
            )
